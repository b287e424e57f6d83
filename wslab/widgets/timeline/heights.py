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
from typing import NamedTuple

from wslab.tape.entry import ON_THE_WAY, PEER, UNKNOWN, BeliefChange, Entry

__all__ = [
    "ANSWER",
    "ARRIVES",
    "BELIEVES",
    "DEPARTS",
    "IDLE_S",
    "TOP",
    "Events",
    "Gap",
    "Heights",
    "heights",
    "travels",
]

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


@dataclass(frozen=True, slots=True)
class Events:
    """What one picture places: its entries, its changes of belief, and when each fold ends, by the fold's number."""

    entries: Sequence[Entry]
    changes: Sequence[BeliefChange]
    folded: Mapping[int, float]


def heights(pictures: Sequence[Events], row: float, answer: float = ANSWER) -> list[Heights]:
    """The height of each end of each entry, for each picture; `row` lies between two moments, `answer` above an answer.

    Both are pixels. Pictures that stand side by side have one axis of time: a moment has the same height in all.
    A change of belief is placed only where it stands alone: not where its side has just sent or received something.
    """
    found = [Heights(row, answer) for _ in pictures]
    rows = [_rows(each) for each in pictures]
    for time in sorted({time for each in rows for time in each}):
        present = [each.get(time, []) for each in rows]
        top = max(each.top(time, points) for each, points in zip(found, present, strict=True) if points)
        for each, points in zip(found, present, strict=True):
            each.add_row(time, points, top)
        _level(found)
    return found


def _rows(events: Events) -> dict[float, list[Point]]:
    """The points of each moment, in their order."""
    points = sorted([*_ends(events.entries, events.folded), *_lonely(events.entries, events.changes)])
    return {time: list(row) for time, row in groupby(points, key=lambda point: point.time)}


def _level(found: Sequence[Heights]) -> None:
    bottom = max(each.bottom for each in found)
    for each in found:
        each.bottom = bottom


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
        self._then: float | None = None  # the time of the row before
        self._before: list[Point] = []  # what this picture has there
        self._last: dict[str, Point] = {}  # by side, in this row
        self._wire: float | None = None  # below which all that follows in this row stands

    def top(self, time: float, points: Sequence[Point]) -> float:
        """Where the row of a moment would begin, if this picture stood alone."""
        return self.bottom + self._distance(time, points)

    def add_row(self, time: float, points: list[Point], top: float) -> None:
        """Place what happens at one moment from `top` on, which is below all that was placed before."""
        if self._is_idle(time, points):
            self.gaps.append(Gap(self.bottom, top, time - (self._then or 0.0)))
        self._last, self._wire = {}, None
        self.moments.append((time, top))
        self.bottom = max(self.bottom, top)
        for point in points:
            self.of[point.what, point.number] = height = self._height(point, top)
            self.bottom = max(self.bottom, height)
            self._last[point.side] = point
        self._before, self._then = points, time

    def _is_idle(self, time: float, points: Sequence[Point]) -> bool:
        """Whether nothing happens before this row for long; in a fold it is not idle."""
        in_fold = any(point.side == "wire" and point.what == ARRIVES for point in points)
        return self._then is not None and time - self._then >= IDLE_S and not in_fold

    def _distance(self, time: float, points: Sequence[Point]) -> float:
        if self._then is None:
            return 0.0
        passed = time - self._then
        if passed >= IDLE_S:
            return gap_height(passed)
        if passed < AT_ONCE and self._answers(points):
            return self.answer
        return self.row if any(point.what == DEPARTS for point in (*points, *self._before)) else QUIET

    def _answers(self, points: Sequence[Point]) -> bool:
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
