"""What the timeline shows: the entries of one connection, the step, and what each side believes there.

A step is an entry: step n means that the first n entries have happened.

Left out: which entries there are (`tape.follow`), where arrows lie (`layout`), and how it looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wslab.tape.entry import Belief, Entry
from wslab.tape.text import is_outdated
from wslab.widgets.inspector.state import InspectorState

__all__ = ["SIDES", "TimelineState", "travels"]

SILENCE_S = 0.5
"""Seconds without an entry from which on the picture shows a silence."""

SIDES = ("client", "server")


@dataclass(frozen=True)
class TimelineState:
    """What the picture shows: the entries of one connection. Step n: entry n - 1 is the last that has happened.

    `cut` is the index from which on TCP carries nothing; `inspected` the number of an entry and its open inspector;
    `dropped` how many entries of the connection came earlier and are no longer kept.
    """

    entries: Sequence[Entry]
    cut: int | None = None
    step: int = 0
    selected: str = ""
    connection: int = 0
    connections: tuple[int, ...] = ()
    all_entries: int = 0
    can_watch: bool = False
    live: bool = False
    inspected: tuple[int, InspectorState] | None = None
    dropped: int = 0

    @property
    def last(self) -> int:
        """The last step: everything has happened."""
        return len(self.entries)

    def belief(self, index: int, side: str) -> tuple[Belief | None, bool]:
        """What a side believes once entry `index` has happened, and whether that is still true."""
        if index < 0:
            return None, True
        entry = self.entries[index]
        mine, other = (entry.client, entry.server) if side == "client" else (entry.server, entry.client)
        return mine, not is_outdated(mine, other, cut=self.cut is not None and index >= self.cut)

    def silence(self, index: int) -> float:
        """Seconds of silence before an entry; 0 where it is short."""
        if index == 0:
            return 0.0
        passed = self.entries[index].time - self.entries[index - 1].time
        return passed if passed >= SILENCE_S else 0.0


def travels(entry: Entry) -> bool:
    """Whether it goes from one side to the other; notes and what happens on the wire do not."""
    return entry.sender != "wire" and (bool(entry.data) or entry.kind == "tcp")
