"""Where the arrows of the timeline lie: rows, heights and the places of labels, before anything is HTML.

Time is drawn by order, not to scale. Every entry has a row of its own, so two departures are never drawn at one height.
An arrival is placed between the departures that it came between, in proportion, so an arrow falls further the more
happened while it was on its way. `arrows` computes this for the rows that are rendered.

A label is in the middle of its arrow. Where an earlier arrow that is still on its way would cross it there, it moves
towards its sender, by the first of a few distances that is free.

Left out: what is shown (`state`), the words on an arrow (`tape.text`), and how it looks (`picture`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wslab.tape.entry import Entry
from wslab.tape.text import label
from wslab.widgets.timeline.state import TimelineState

__all__ = ["DEPARTS", "ROW", "Arrow", "arrows"]

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


@dataclass(frozen=True, slots=True)
class Arrow:
    """How the arrow of an entry lies in its row.

    `falls`: how far its end lies below its begin, in pixels. `middle`: where its label stands, in per cent of the wire.
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
    """Where a label's middle stands, in per cent: in the middle, or nearer to its sender where an arrow passes there.

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
    """The height at which a moment stands, in proportion between the departures around it."""
    after = bisect_left(times, time)  # a departure at that very moment may be the answer
    if after == len(times):
        return tops[after - 1] + 12
    passed = (time - times[after - 1]) / (times[after] - times[after - 1])
    return tops[after - 1] + passed * (tops[after] - tops[after - 1])
