"""What the map of states shows: boxes, arrows, and the beliefs of one side, step by step.

The arrows are made from `TRANSITIONS`, the table that the protocol itself runs on: one arrow for each pair of states,
with every happening that leads along it. So the map cannot differ from the code. Where a box stands and how an arrow
runs is written here once; a test holds that each arrow of the table has a place and that no label meets a
box or another label.

Left out: how it looks (`picture`), and where entries come from (`widget`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import hypot
from textwrap import wrap

from wslab.protocol.codes import Role
from wslab.protocol.states import TRANSITIONS, Happening, State
from wslab.tape.entry import Belief, Entry

__all__ = [
    "ARROWS",
    "BOXES",
    "HEIGHT",
    "LINE",
    "WIDTH",
    "Arrow",
    "Box",
    "Label",
    "Move",
    "StateMapState",
    "arrow_name",
    "moves_of",
]

WIDTH, HEIGHT = 490, 312
"""The size of the picture in its own pixels."""

LINE = 17
"""Pixels from one line of a label to the next."""

_LETTER = 7.2  # pixels of a letter at 13 px: more than any font of the page takes


@dataclass(frozen=True, slots=True)
class Box:
    """A state's box: its upper left corner and its size."""

    x: int
    y: int
    width: int = 116
    height: int = 44


BOXES: Mapping[State, Box] = {
    State.CONNECTING: Box(10, 24),
    State.OPEN: Box(250, 24),
    State.CLOSING: Box(250, 216),
    State.CLOSED: Box(10, 216),
}


@dataclass(frozen=True, slots=True)
class Label:
    """The lines of an arrow: where the first one stands (its baseline), and how they are anchored there."""

    x: int
    y: int
    anchor: str
    lines: tuple[str, ...]

    @property
    def spans(self) -> Iterator[tuple[float, float, float, float]]:
        """Left, top, right and bottom of each line, estimated generously."""
        for number, line in enumerate(self.lines):
            width, bottom = len(line) * _LETTER, self.y + number * LINE
            left = {"start": self.x, "middle": self.x - width / 2}[self.anchor]
            yield left, bottom - 13, left + width, bottom + 3


@dataclass(frozen=True, slots=True)
class Arrow:
    """The way from one state to another: its points, and every happening that leads along it."""

    before: State
    then: State
    points: tuple[tuple[int, int], ...]
    label: Label
    happenings: tuple[Happening, ...]

    @property
    def path(self) -> str:
        """Its way in SVG: a straight line, or a curve where it has four points."""
        (x, y), *others = self.points
        return f"M{x} {y}{'L' if len(others) == 1 else 'C'}{' '.join(f'{x} {y}' for x, y in others)}"

    @property
    def end(self) -> tuple[float, float, float, float]:
        """Where it ends, and the direction from which it comes there, of length 1."""
        (x0, y0), (x, y) = self.points[-2:]
        length = hypot(x - x0, y - y0)
        return x, y, (x - x0) / length, (y - y0) / length


_PLACES: Mapping[tuple[State, State], tuple[tuple[tuple[int, int], ...], int, int, str, int]] = {
    # points, place and anchor of its first line, and the letters that fit into a line
    (State.CONNECTING, State.OPEN): (((126, 46), (242, 46)), 185, 22, "middle", 16),
    (State.CONNECTING, State.CLOSED): (((68, 68), (68, 208)), 76, 98, "start", 18),
    (State.OPEN, State.CLOSING): (((308, 68), (308, 208)), 316, 122, "start", 20),
    (State.OPEN, State.CLOSED): (((250, 66), (130, 210)), 206, 170, "start", 12),
    (State.CLOSING, State.CLOSED): (((250, 238), (134, 238)), 190, 230, "middle", 16),
    (State.CLOSING, State.CLOSING): (((340, 260), (340, 292), (276, 292), (276, 268)), 308, 304, "middle", 60),
}


def _arrows() -> Iterator[Arrow]:
    rows = sorted(TRANSITIONS.items(), key=lambda row: (list(State).index(row[0][0]), list(State).index(row[1])))
    for (before, then), group in groupby(rows, key=lambda row: (row[0][0], row[1])):
        happenings = tuple(happening for (_, happening), _ in group)
        points, x, y, anchor, letters = _PLACES[before, then]
        words = (
            [", ".join(each.value for each in happenings)] if before is then else [each.value for each in happenings]
        )
        lines = tuple(line for each in words for line in wrap(each, letters))
        yield Arrow(before, then, points, Label(x, y, anchor, lines), happenings)


ARROWS: tuple[Arrow, ...] = tuple(_arrows())
"""One for each pair of states that the protocol's table names."""


def arrow_name(before: State, then: State) -> str:
    """The name by which the page chooses an arrow."""
    return f"{before.value.lower()}-{then.value.lower()}"


@dataclass(frozen=True, slots=True)
class Move:
    """What one side believes after a step, and what it believed before it; None where it believes nothing."""

    before: Belief | None
    after: Belief | None
    entry: Entry

    @property
    def arrow(self) -> str:
        """The name of the arrow that it went along; empty where its state stayed as it was."""
        if self.before is None or self.after is None or self.before.state is self.after.state:
            return ""
        return arrow_name(self.before.state, self.after.state)


@dataclass(frozen=True, slots=True)
class StateMapState:
    """The map of one side. Without `moves` it is the bare map; `step` is the number of the entry that has happened.

    Entries of other connections have numbers, too, so the steps may have gaps, as those of the Timeline.
    """

    role: Role
    moves: tuple[Move, ...] = ()
    step: int = 0
    selected: str = ""

    @property
    def first(self) -> int:
        """The first step."""
        return self.moves[0].entry.number if self.moves else 0

    @property
    def last(self) -> int:
        """The last step."""
        return self.moves[-1].entry.number if self.moves else 0

    def place(self, step: int) -> int:
        """Which of the moves a step shows: the last that has happened by then."""
        return max(0, bisect_right(self.moves, step, key=lambda move: move.entry.number) - 1)

    def within(self, steps: range) -> Sequence[tuple[int, int, Move]]:
        """The moves of these steps, each with the first and the last step at which it is shown."""
        moves = self.moves[self.place(steps.start) : self.place(steps.stop - 1) + 1] if self.moves else ()
        ends = [each.entry.number - 1 for each in moves[1:]] + [each.entry.number for each in moves[-1:]]
        return [(each.entry.number, end, each) for each, end in zip(moves, ends, strict=True)]

    @property
    def chosen(self) -> Arrow | None:
        """The arrow whose happenings are explained."""
        return next((each for each in ARROWS if arrow_name(each.before, each.then) == self.selected), None)

    def state_at(self, step: int) -> State | None:
        """What the side believes at a step; None without a tape, or where it believes nothing."""
        belief = self.moves[self.place(step)].after if self.moves else None
        return None if belief is None else belief.state


def moves_of(entries: Sequence[Entry], role: Role) -> tuple[Move, ...]:
    """What each entry of one connection does to the belief of one side."""
    before: Belief | None = None
    moves = []
    for entry in entries:
        after: Belief | None = getattr(entry, role.value)
        moves.append(Move(before, after, entry))
        before = after
    return tuple(moves)
