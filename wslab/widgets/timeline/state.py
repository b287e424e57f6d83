"""What the timeline shows: the entries of one connection, and where the arrow of each lies.

A step is an entry: step n means that the first n entries have happened. Time is drawn by order, not to scale. Every
entry has a row of its own, so two departures are never drawn at one height. An arrival is drawn between the departures
that it came between, in proportion, so an arrow falls further the more happened while it was on its way. `arrows`
computes this for the rows that are rendered.

A label is in the middle of its arrow. Where an earlier arrow that is still on its way would cross it there, it
gives way towards its sender, by the first of a few distances that is free.

Left out: which entries there are (`tape.follow`), the words on an arrow (`tape.text`), and how it looks (`picture`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wslab.tape.entry import Belief, Entry
from wslab.tape.text import is_outdated, label
from wslab.widgets.inspector.state import InspectorState

__all__ = ["DEPARTS", "ROW", "SIDES", "Arrow", "TimelineState", "arrows", "travels"]

ROW = 44
"""Height of a row in CSS pixels; `style.css` has the same."""

GAP = 24
"""Height that a silence adds to its row."""

DEPARTS = 28
"""Where in its row an arrow begins."""

LABEL = 24
"""Height of a label, from its row's top."""

LETTER = 1.7
"""Width of a letter of a label in per cent of the wire's width, on a page of 1100 pixels."""

TOWARDS_SENDER = (0, 10, 18, 26, 32, 38)
"""How far a label gives way to an arrow that passes, in per cent of the wire's width, the nearest first."""

SILENCE_S = 0.5
"""Seconds without an entry from which on the picture shows a silence."""

SIDES = ("client", "server")


@dataclass(frozen=True)
class TimelineState:
    """What the picture shows: the entries of one connection. Step n: entry n - 1 is the last that has happened.

    `cut` is the index from which on TCP carries nothing; `inspected` the number of an entry and its open inspector.
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


# ---- geometry


@dataclass(frozen=True, slots=True)
class Arrow:
    """How the arrow of an entry lies in its row.

    `falls`: how far its end lies below its beginning, in pixels. `middle`: where its label is, in per cent of the wire.
    """

    index: int
    falls: float
    middle: int


def arrows(state: TimelineState, shown: range) -> Iterator[Arrow]:
    """The arrow of each entry that is shown, in order."""
    tops = _tops(state, shown)
    times = [state.entries[index].time for index in shown]
    flights: list[_Flight] = []
    for row, index in enumerate(shown):
        entry, top = state.entries[index], tops[row]
        falls = _fall(entry, top, times, tops)
        yield Arrow(index, falls, _middle(entry, top, flights))
        flights = [each for each in flights if each.top + each.falls > top]
        flights.append(_Flight(top, falls, entry.sender == "client"))


def _fall(entry: Entry, top: float, times: Sequence[float], tops: Sequence[float]) -> float:
    if entry.arrived is None or entry.arrived <= entry.time:
        return 0.0
    return max(6.0, _height(entry.arrived, times, tops) - top)


@dataclass(frozen=True, slots=True)
class _Flight:
    """An arrow: where it departs in pixels, how far it falls, and whether it goes to the right."""

    top: float
    falls: float
    to_right: bool

    def between(self, upper: float, lower: float) -> tuple[float, float] | None:
        """From where to where in per cent of the width it crosses this strip, if it does."""
        upper, lower = max(upper, self.top), min(lower, self.top + self.falls)
        if not self.falls or upper >= lower:
            return None
        ends = [100 * (height - self.top) / self.falls for height in (upper, lower)]
        return (ends[0], ends[1]) if self.to_right else (100 - ends[1], 100 - ends[0])


def _middle(entry: Entry, top: float, flights: Sequence[_Flight]) -> int:
    """Where a label's middle is, in per cent: in the middle, or nearer to its sender where an arrow passes there.

    A label that breaks another arrow's line would read as that arrow's own. Where only arrows from the other side pass,
    it may also give way to the receiver's side, for there they have gone by above it.
    """
    half = LETTER * (len(label(entry)) + 5) / 2
    strip = (top - DEPARTS, top - DEPARTS + LABEL)
    passing = [found for each in flights if (found := each.between(*strip))]
    to_right = entry.sender == "client"
    meeting = all(each.to_right != to_right for each in flights if each.between(*strip))
    ways: tuple[int, ...] = (*TOWARDS_SENDER, -10, -18) if meeting else TOWARDS_SENDER
    for away in ways:
        middle = 50 - away if to_right else 50 + away
        inside = half < middle < 100 - half
        if inside and all(end < middle - half or begin > middle + half for begin, end in passing):
            return middle
    return 50


def _tops(state: TimelineState, shown: range) -> list[float]:
    """Where each arrow departs, in pixels from the first row's top; and the end of the last row."""
    tops, at = [], 0.0
    for index in shown:
        at += GAP if state.silence(index) else 0
        tops.append(at + DEPARTS)
        at += ROW
    return [*tops, at + DEPARTS]


def _height(time: float, times: Sequence[float], tops: Sequence[float]) -> float:
    """The height of a moment, in proportion between the departures around it."""
    after = bisect_left(times, time)  # a departure at that very moment may be the answer
    if after == len(times):
        return tops[after - 1] + 12
    passed = (time - times[after - 1]) / (times[after] - times[after - 1])
    return tops[after - 1] + passed * (tops[after] - tops[after - 1])
