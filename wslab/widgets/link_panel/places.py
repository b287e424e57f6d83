"""Where things stand between the two sides: a line for each direction, and on it what is held there.

The upper line is what the client sends, the lower one what the server sends. A frame that is held is an arrow that has
come as far as the bead; its tag stands before the bead, its buttons below, and since when it waits above. Behind the
bead are the faults that the direction meets. Heights are pixels, places across are parts of the wire, as in the
timeline, whose ribbons and tags these are (`timeline.tags`).

Left out: how it looks (`wire`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wslab.protocol import Role
from wslab.widgets.timeline.tags import CROSS, HIGH, WIRES, Line, Tag, place, text_width

__all__ = ["BUTTONS", "HEIGHT", "MOST_SIGNS", "TOPS", "Box", "Placed", "boxes", "place_held"]

HEIGHT = 142
"""Pixels of the whole."""

TOPS: Mapping[Role, float] = {Role.CLIENT: 30.0, Role.SERVER: 100.0}
"""The height of each line, by who sends."""

BEAD = 0.6
"""How far a held frame has come, in parts of the wire."""

DEAD_BEAD = 0.32
"""The same where the link is silent: it stands before the hatched band."""

RING = 20
"""Pixels of the bead."""

ABOVE, BELOW = 28, 14
"""Pixels from a line up to the top of the words above it, and down to the top of the buttons."""

WORDS, BUTTON = 16, 28
"""Pixels that the words and the buttons are high."""

BUTTONS = ("Let through", "Drop", "Edit")

SIGN = 24
"""Pixels of the sign of a fault, with the space beside it."""

MOST_SIGNS = (0, 2, 4, 4)
"""Signs of faults on one line, at each of the timeline's widths of the wire."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What is held first in one direction, placed for each of the timeline's widths of the wire."""

    line: Line
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, with its name."""

    name: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two have a point in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def place_held(sender: Role, words: Sequence[str], number: int, *, dead: bool = False) -> Placed:
    """Where a frame that is held stands, which is said in these words, the fullest first."""
    begin = 0.0 if sender is Role.CLIENT else 1.0
    y = TOPS[sender]
    line = Line(begin, y, abs(begin - (DEAD_BEAD if dead else BEAD)), y, tuple(words), number, ends=CROSS)
    return Placed(line, tuple(place([line], wire)[0] for wire in WIRES))


def boxes(sender: Role, found: Placed, width: int, wire: float, above: str, signs: int) -> Iterator[Box]:
    """All that stands on one line, where the wire is `wire` pixels wide and tags are those of `WIRES[width]`."""
    y, tag = TOPS[sender], found.tags[width]
    middle = found.line.x1 * wire
    yield Box("tag", tag.x * wire - tag.width / 2, y - HIGH / 2, tag.x * wire + tag.width / 2, y + HIGH / 2)
    yield Box("bead", middle - RING / 2, y - RING / 2, middle + RING / 2, y + RING / 2)
    half = _buttons_width() / 2
    yield Box("buttons", wire / 2 - half, y + BELOW, wire / 2 + half, y + BELOW + BUTTON)
    half = text_width(above) / 2
    yield Box("since", wire / 2 - half, y - ABOVE, wire / 2 + half, y - ABOVE + WORDS)
    wide = SIGN * min(signs, MOST_SIGNS[width])
    left = wire - 16 - wide if sender is Role.CLIENT else 16
    yield Box("signs", left, y - HIGH / 2, left + wide, y + HIGH / 2)


def _buttons_width() -> float:
    return sum(text_width(word, 13.0) + 18 for word in BUTTONS) + 4 * (len(BUTTONS) - 1)
