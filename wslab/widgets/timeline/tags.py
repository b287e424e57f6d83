"""Where the tag of each arrow stands: on its own arrow, near the sender, where it touches nothing else.

A tag is a box around number, mark and words. It slides along its arrow from the sender's side in steps of 4 pixels and
takes the first place that is free: no other arrow, arrowhead, cross or tag lies there. Where no place is free, it says
the same in fewer words, then in none, and then it is the mark alone. Where even that has no room, it is a dot at the
begin of its arrow, or as near as it can be. All is counted in pixels of one width of the wire.

Arrows that fall far cross the places of many tags. Then all arrows of a picture are bent: level from the sender for the
part `BEND` of their way, level again for as much before their end, and steep between. A tag stands on the first part,
which no other arrow crosses, because no two things on a lifeline have one height.

A place is kept as a part of the wire, so that the page needs no arithmetic when it becomes wider: where tags are apart
at one width they are apart at every greater one, because the boxes do not grow with the wire. So four widths are enough
(`WIRES`). How wide words are is not known before a browser draws them: `text_width` is rather too much, that of the
widest font of the common systems.

Left out: where arrows lie (`layout`), and the words themselves (`words`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["HIGH", "WIRES", "Line", "Tag", "place", "text_width"]

WIRES = (110, 215, 480, 735)
"""Widths of the wire in pixels, at which tags are placed: of views from 360, 569, 853 and 1105 pixels on."""

HIGH = 20
"""Height of a tag in pixels."""

STEP, NEAR, APART = 4, 6, 2
"""Pixels: between two places that are tried, from the sender to the first, and what is free around a tag."""

HEAD = 12
"""Pixels at the end of an arrow that belong to its head; `CROSS` of a lost one."""
CROSS = 10

HALF = 0.55
"""Part of the wire in which a tag stands if it can."""

BEND = 0.42
"""Part of its way, from either end, in which a bent arrow is level."""

MOST_NEAR = 40
"""Tags before one that may lie beside it: more have no room."""

MARK_WIDTH, MARK_ALONE, DOT, PADDING, FONT = 18, 22, 10, 12, 12.0
"""Pixels: a mark with its space, a tag that is only a mark, or a dot, what surrounds words, and the size of letters."""


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow as tags see it: from `x0` to `x1` in parts of the wire's width, from `y0` to `y1` in pixels.

    `ends` are pixels at its end that tags keep away from. `words` are those of its tag, the fullest first. `middle`:
    the tag begins in the middle. A line that is not `drawn` is only where a tag may stand, at most `leash` pixels from
    its begin.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    words: tuple[str, ...]
    number: int
    ends: float = HEAD
    middle: bool = False
    drawn: bool = True
    leash: float = 1e9
    bent: bool = False

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Its corners: parts of the wire, and pixels."""
        ends = (self.x0, self.y0), (self.x1, self.y1)
        if not self.bent or self.y0 == self.y1:
            return ends
        first, second = (self.x0 + (self.x1 - self.x0) * part for part in (BEND, 1 - BEND))
        return ends[0], (first, self.y0), (second, self.y1), ends[1]

    def at(self, part: float) -> tuple[float, float]:
        """The point at a part of its way, 0 to 1; of a bent one it is on the level part where it begins."""
        fall = 0.0 if self.bent else self.y1 - self.y0
        return self.x0 + (self.x1 - self.x0) * part, self.y0 + fall * part

    @property
    def tagged(self) -> float:
        """The part of its way on which its tag may stand."""
        return BEND if self.bent and self.y0 != self.y1 else 1.0


@dataclass(frozen=True, slots=True)
class Tag:
    """Which of the words are shown, and the tag's middle: `x` in parts of the wire, `y` in pixels.

    Behind the last of the words comes the mark alone, without the number. `width` is how wide it may become, in pixels.
    Where no place was `free`, it is a dot, and so wide and so high.
    """

    words: int
    x: float
    y: float
    width: float
    free: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two have a point in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def is_crossed(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        """Whether a straight line from one point to the other touches it."""
        first, last = 0.0, 1.0
        for begin, run, low, high in ((x0, x1 - x0, self.left, self.right), (y0, y1 - y0, self.top, self.bottom)):
            if run == 0:
                if not low < begin < high:
                    return False
                continue
            near, far = sorted(((low - begin) / run, (high - begin) / run))
            first, last = max(first, near), min(last, far)
        return first <= last


def text_width(text: str, size: float = FONT) -> float:
    """How wide a text becomes at most, in pixels, in the fonts that a page may use."""
    return size * sum(map(_letter_width, text))


_NARROW = frozenset("iljI.,:;'|![]()/ ft")
_THIN = frozenset('r-·“”*"')
_WIDE = frozenset("mwMW@%#+<=>^~—…≠─▶◀×⚡⇄")


def _letter_width(letter: str) -> float:
    if letter in _NARROW:
        return 0.42
    if letter in _THIN:
        return 0.54
    if letter in _WIDE:
        return 1.12
    if letter < "\u0100":
        return 0.7 if letter.islower() or letter.isdecimal() else 0.82
    if unicodedata.combining(letter):
        return 0.0
    return 1.4 if unicodedata.east_asian_width(letter) in "WF" else 1.0


def tag_width(line: Line, words: int) -> float:
    """How wide a line's tag becomes at most, in pixels."""
    if words == len(line.words):
        return MARK_ALONE
    said = line.words[words]
    shown = text_width(str(line.number)) + MARK_WIDTH + PADDING
    return shown + (text_width(said) + 4 if said else 0)


def place(lines: Sequence[Line], wire: float, *, bare: Sequence[Line] = (), patient: bool = True) -> list[Tag]:
    """The tag of each line, in order, on a wire that is so many pixels wide; `bare` lines have none, and are kept free.

    Not `patient`, it gives up at the first that finds no place: the rest is not placed, and is dots, too.
    """
    placed: list[tuple[Tag, Box]] = []
    scene = _Scene([*lines, *bare], wire)
    for index in range(len(lines)):
        given_up = not patient and bool(placed) and not placed[-1][0].free
        tag = scene.no_place(index) if given_up else scene.tag(index, [box for _, box in placed[-MOST_NEAR:]])
        placed.append((tag, _box(tag, wire)))
    return [tag for tag, _ in placed]


def _box(tag: Tag, wire: float) -> Box:
    middle, half, high = tag.x * wire, tag.width / 2, HIGH / 2 if tag.free else DOT / 2
    return Box(middle - half - APART, tag.y - high - APART, middle + half + APART, tag.y + high + APART)


class _Scene:
    """All lines at one width of the wire."""

    def __init__(self, lines: Sequence[Line], wire: float) -> None:
        self.lines, self.wire = lines, wire
        self.ends = [self._end(line) for line in lines]
        self.legs = [list(self._legs(line)) for line in lines]

    def _end(self, line: Line) -> Box:
        """What lies at the end of a line: a head, which lies in front of it, or a cross around it."""
        x = line.x1 * self.wire
        if line.ends == CROSS:
            return Box(x - CROSS, line.y1 - CROSS, x + CROSS, line.y1 + CROSS)
        left, right = (x - line.ends, x) if line.x1 > line.x0 else (x, x + line.ends)
        return Box(left, line.y1 - 6, right, line.y1 + 6)

    def _legs(self, line: Line) -> Iterator[tuple[float, float, tuple[float, float, float, float]]]:
        """The straight parts of a line in pixels, each with its lower and its upper end."""
        for (x0, y0), (x1, y1) in pairwise(line.points):
            yield max(y0, y1), min(y0, y1), (x0 * self.wire, y0, x1 * self.wire, y1)

    def tag(self, index: int, placed: Sequence[Box]) -> Tag:
        """The tag of a line at the first place that is free."""
        line, others = self.lines[index], self._others(index)
        free = (tag for tag in self._candidates(line) if not self._touches(tag, others, placed))
        dots = (dot for dot in self._dots(line) if not self._touches(dot, others, placed))
        return next(free, None) or next(dots, None) or self.no_place(index)

    def no_place(self, index: int) -> Tag:
        """The tag of a line on which there is not even room for a dot: it touches something."""
        return next(self._dots(self.lines[index]))

    def _dots(self, line: Line) -> Iterator[Tag]:
        """The places of a dot, from the line's begin on; of what happens on the wire, from the middle to both sides."""
        parts, begin = range(0, 101, 5), 50 if line.middle else 0
        for part in sorted(parts, key=lambda part: abs(part - begin)):
            yield Tag(len(line.words), *line.at(part / 100 * line.tagged), DOT, free=False)

    def _candidates(self, line: Line) -> Iterator[Tag]:
        """The places and words that a tag may have, the best first: whole words in the sender's half, and so on."""
        for near, far in ((0.0, HALF), (HALF, 1.0)):
            for words in range(len(line.words) + 1):
                yield from self._places(line, words, near, far)

    def _others(self, index: int) -> list[int]:
        """The lines that come near this one."""
        own = self.lines[index]
        top, bottom = min(own.y0, own.y1) - HIGH, max(own.y0, own.y1) + HIGH
        near = (n for n in range(len(self.lines)) if min(self._heights(n)) <= bottom)
        return [n for n in near if n != index and self.lines[n].drawn and max(self._heights(n)) >= top]

    def _heights(self, index: int) -> tuple[float, float]:
        return self.lines[index].y0, self.lines[index].y1

    def _places(self, line: Line, words: int, near: float, far: float) -> Iterator[Tag]:
        """Where the middle of a tag may stand between two parts of its way, the nearest to the sender first."""
        width = tag_width(line, words)
        length = abs(line.x1 - line.x0) * self.wire
        spare = length * line.tagged - width - (0 if line.bent else line.ends)
        room = min(spare, length * far - width / 2, line.leash)
        for away in self._steps(length * near - width / 2, room, length - width, line.middle):
            x, y = line.at((away + width / 2) / length)
            yield Tag(words, x, y, width)

    def _steps(self, begin: float, room: float, spare: float, middle: bool) -> Iterator[float]:
        """Pixels from the sender to the tag; of what happens on the wire, from the middle to both sides."""
        if not middle:
            yield from range(max(NEAR, int(begin)), int(room) + 1, STEP)
            return
        for away in range(0, int(spare / 2) + 1 if spare >= 0 else 0, STEP):
            yield from {spare / 2 - away, spare / 2 + away}

    def _touches(self, tag: Tag, others: Sequence[int], placed: Sequence[Box]) -> bool:
        """Whether a tag would touch anything."""
        box = _box(tag, self.wire)
        if any(box.meets(other) for other in placed) or any(box.meets(self.ends[index]) for index in others):
            return True
        legs = (leg for index in others for leg in self.legs[index])
        return any(low > box.top and high < box.bottom and box.is_crossed(*leg) for low, high, leg in legs)
