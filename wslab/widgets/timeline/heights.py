"""At which height each thing stands: a departure, an arrival, an event, a new belief; and where time passes idly.

Time goes down, but not to scale. Each moment is a row, and the next moment is the next row; what happens at one moment
on both sides shares its height. On one lifeline an answer departs just below the arrival that it answers, and a second
departure a label's height below the first. From half a second on, time without events is a gap, `FEWEST` to `MOST`
pixels by the logarithm of its length.

The opening of TCP is level: both ends have it, and a client sends nothing before. A system may report to its program
later that it has accepted a connection, and then the moment says nothing.

Left out: which entries there are (`state`), arrows and ribbons (`layout`), and labels (`tags`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from wslab.tape.entry import ON_THE_WAY, PEER, UNKNOWN, BeliefChange, Entry

__all__ = ["ANSWER", "ARRIVES", "BELIEVES", "DEPARTS", "IDLE_S", "TOP", "Gap", "Heights", "heights", "travels"]

TOP = 16
"""Pixels above the first row."""

ANSWER, NOTE, NEXT_ARRIVAL, QUIET = 8, 20, 12, 14
"""Pixels from an arrival to the answer below it, to an event at its side, to the next arrival, and to one a moment
later."""

IDLE_S = 0.5
"""Seconds without an event from which on the picture shows a gap."""

FEWEST, MOST = 24, 96
"""Pixels that a gap is high."""

AT_ONCE = 0.0002
"""Seconds within which a departure answers the arrival before it."""

DEPARTS, ARRIVES, BELIEVES = "departs", "arrives", "believes"


class Point(NamedTuple):
    """One end of an entry, or a new belief: `number` is that of the entry, or of the change among all changes."""

    time: float
    rank: int
    number: int
    what: str
    side: str
    level: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Time without events, from one height to another."""

    top: float
    bottom: float
    seconds: float


def travels(entry: Entry) -> bool:
    """Whether it goes from one side to the other; notes and what happens on the wire do not."""
    return entry.sender != "wire" and (bool(entry.data) or entry.kind == "tcp")


def is_held(entry: Entry) -> bool:
    """Whether a link still has it; where the receiver is not ours, the fate of what a link has is unknown."""
    return entry.held and entry.fate in (ON_THE_WAY, UNKNOWN)


def is_level(entry: Entry) -> bool:
    """Whether it arrives at the height at which it departs."""
    return entry.arrived is not None and (entry.tcp == "connect" or entry.arrived <= entry.time)


def heights(
    entries: Sequence[Entry],
    changes: Sequence[BeliefChange],
    row: float,
    answer: float = ANSWER,
    folded: Mapping[int, float] = MappingProxyType({}),
) -> Heights:
    """The height of each end of each entry; `row` lies between two moments, `answer` above an answer, in pixels.

    `folded` are the numbers of entries that stand for a fold, with the time at which that ends.

    A change of belief is placed only where it stands alone: not where its side has just sent or received something.
    """
    found = Heights(row, answer)
    points = sorted([*_ends(entries, folded), *_lonely(entries, changes)])
    for time, row_points in groupby(points, key=lambda point: point.time):
        found.add_row(time, list(row_points))
    return found


def _ends(entries: Iterable[Entry], folded: Mapping[int, float]) -> Iterator[Point]:
    for entry in entries:
        if entry.number in folded:
            yield Point(entry.time, 1, entry.number, DEPARTS, "wire", local=True)
            yield Point(folded[entry.number], 0, entry.number, ARRIVES, "wire", local=True)
            continue
        yield Point(entry.time, 1, entry.number, DEPARTS, entry.sender, local=not travels(entry))
        if travels(entry) and entry.arrived is not None:
            level = is_level(entry)
            time, rank = (entry.time, 2) if level else (entry.arrived, 0)
            yield Point(time, rank, entry.number, ARRIVES, PEER[entry.sender], level)


def _lonely(entries: Sequence[Entry], changes: Sequence[BeliefChange]) -> Iterator[Point]:
    shown = {entry.number for entry in entries}
    for number, change in enumerate(changes):
        if change.entry not in shown:
            yield Point(change.time, 3, number, BELIEVES, change.side)


class Heights:
    """Heights as they are found, row by row. `of[what, number]` is one; `bottom` is that of the last."""

    def __init__(self, row: float, answer: float = ANSWER) -> None:
        self.row, self.answer = row, answer
        self.of: dict[tuple[str, int], float] = {}
        self.gaps: list[Gap] = []
        self.moments: list[tuple[float, float]] = []  # time and height of each row
        self.bottom = float(TOP)
        self._before: list[Point] = []  # the row before
        self._last: dict[str, Point] = {}  # by side, in this row
        self._wire: float | None = None  # below which all that follows in this row stands

    def add_row(self, time: float, points: list[Point]) -> None:
        """Place what happens at one moment, below all that was placed before."""
        top = self.bottom + self._distance(time, points)
        self._last, self._wire = {}, None
        self.moments.append((time, top))
        for point in points:
            self.of[point.what, point.number] = height = self._height(point, top)
            self.bottom = max(self.bottom, height)
            self._last[point.side] = point
        self._before = points

    def _distance(self, time: float, points: list[Point]) -> float:
        if not self._before:
            return 0.0
        passed = time - self._before[-1].time
        if passed >= IDLE_S:
            high = gap_height(passed)
            if not any(point.side == "wire" and point.what == ARRIVES for point in points):  # in a fold it is not idle
                self.gaps.append(Gap(self.bottom, self.bottom + high, passed))
            return high
        if passed < AT_ONCE and self._answers(points):
            return self.answer
        return self.row if any(point.what == DEPARTS for point in (*points, *self._before)) else QUIET

    def _answers(self, points: list[Point]) -> bool:
        """Whether a row only sends, from where something has just arrived."""
        arrived = {point.side for point in self._before if point.what == ARRIVES and not point.level}
        return all(point.what == DEPARTS and not point.local and point.side in arrived for point in points)

    def _height(self, point: Point, top: float) -> float:
        if point.level:
            return self.of[DEPARTS, point.number]
        if point.side == "wire":
            self._wire = max([top, *(self._height_of(last) + self.row for last in self._last.values())])
            return self._wire
        last = self._last.get(point.side)
        height = top if last is None else self._height_of(last) + self._below(last, point)
        return height if self._wire is None else max(height, self._wire + self.row)

    def _height_of(self, point: Point) -> float:
        return self.of[point.what, point.number]

    def _below(self, last: Point, point: Point) -> float:
        if last.what == ARRIVES and not last.level:
            return NEXT_ARRIVAL if point.what == ARRIVES else NOTE if point.local else self.answer
        return self.answer if point.what == BELIEVES else self.row


def gap_height(seconds: float) -> float:
    """How high time without events is drawn, in pixels."""
    return max(FEWEST, min(MOST, 36 + 20 * math.log10(seconds)))
