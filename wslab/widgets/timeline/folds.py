"""Keepalive, folded: a run of Pings that were all answered is one line, which can be unfolded.

Only what says nothing new is folded: Pings and Pongs in a row, each Ping answered and nothing lost, while neither side
changes what it believes. A Ping without a Pong is what a picture is about, and stays.

Left out: whether folding is on (`state`), and how the line is drawn (`layout`, `picture`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from wslab.tape.entry import ARRIVED, Entry
from wslab.widgets.timeline.words import duration, moment

__all__ = ["KEEPALIVE", "Fold", "folds"]

KEEPALIVE = ("ping", "pong")

FEWEST = 4
"""Entries that are worth a fold."""


@dataclass(frozen=True)
class Fold:
    """A run of Pings and Pongs: the indices of its entries, how many Pings, and when it begins and ends."""

    indices: range
    pings: int
    begins: float
    ends: float

    @property
    def ways_to_say(self) -> tuple[str, ...]:
        """What it is, in fewer and fewer words; the last way is no words."""
        count = f"{self.pings} Pings"
        return (f"{count} in {duration(self.ends - self.begins)}, all answered", f"{count}, all answered", count, "")

    def sentence(self, began: float) -> str:
        """What it is, as a sentence; times count from `began`."""
        first, last = moment(self.begins - began), moment(self.ends - began)
        return f"{self.pings} Pings and as many Pongs, from {first} to {last}: each Ping was answered."


def folds(entries: Sequence[Entry], indices: Sequence[int]) -> Iterator[Fold]:
    """The runs of Pings and Pongs among these entries, which are given by index."""
    for quiet, group in groupby(indices, key=lambda index: _is_quiet(entries, index)):
        run = list(group)
        kinds = [entries[index].kind for index in run]
        if quiet and len(run) >= FEWEST and kinds.count("ping") == kinds.count("pong"):
            ends = max(entries[index].arrived or entries[index].time for index in run)
            yield Fold(range(run[0], run[-1] + 1), kinds.count("ping"), entries[run[0]].time, ends)


def _is_quiet(entries: Sequence[Entry], index: int) -> bool:
    entry, before = entries[index], entries[max(0, index - 1)]
    same = (str(entry.client), str(entry.server)) == (str(before.client), str(before.server))
    return entry.kind in KEEPALIVE and entry.fate == ARRIVED and entry.error is None and same
