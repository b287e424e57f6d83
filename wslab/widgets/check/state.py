"""What a check's report shows, as plain data: the result, how many helps were asked for, and where the bits stand.

The bits of the first byte that differs open under its cell, with a line from each of its corners. That is so where the
strip fits in one row; where it wraps, the bits stand at the left. Lengths are in pixels.

Left out: HTML (`picture`), and the comparison itself (`wslab.course`).
"""

from __future__ import annotations

from dataclasses import dataclass

from wslab.course.comparison import Comparison
from wslab.course.report import CheckResult
from wslab.explain.anatomy import Part

__all__ = ["CheckState", "Zoom"]

HEAD, TALL, LOW = 80, 56, 44
"""Widths of a byte that holds several fields, of another byte where there is room, and of one where there is little."""

ROOM, NARROW_ROOM = 764, 480
"""Widths that the strip has in a view of 853 and of 569."""

NAME = 100
"""Width of the words beside the bits."""


@dataclass(frozen=True, slots=True)
class Zoom:
    """Where the bits stand: under the middle of a cell, at so many pixels and so many widths of a cell.

    `narrow` says whether this holds in a narrow view, too. With `right` the words stand at the right of the bits.
    """

    pixels: int
    cells: float
    narrow: bool
    right: bool


@dataclass(frozen=True)
class CheckState:
    """A result, and `step`, the number of helps that were asked for."""

    result: CheckResult
    step: int = 0

    @property
    def last(self) -> int:
        """How many helps there are."""
        return len(self.result.helps)

    @property
    def comparison(self) -> Comparison | None:
        """The learner's bytes or characters beside the right ones."""
        return self.result.comparison

    @property
    def part(self) -> Part | None:
        """The frame that the first shown byte belongs to; None for a text, and for the head of a handshake."""
        if self.comparison is None or self.comparison.anatomy is None:
            return None
        first = self.comparison.cells[0].index * 8
        parts = self.comparison.anatomy.parts
        found = next((part for part in parts if part.start <= first < part.end), parts[-1])
        return None if found.kind.id == "http" else found

    @property
    def heads(self) -> int:
        """How many of the cells hold several fields each, and are wide."""
        if self.comparison is None or self.part is None:
            return 0
        return sum(cell.index < self.part.start // 8 + 2 for cell in self.comparison.cells)

    def fits(self, cell: int, room: int = ROOM) -> bool:
        """Whether cells of this width are one row."""
        shown = 0 if self.comparison is None else len(self.comparison.cells)
        return HEAD * self.heads + cell * (shown - self.heads) <= room

    @property
    def zoom(self) -> Zoom | None:
        """Where the bits of the first byte that differs stand; None where the strip wraps."""
        if self.comparison is None or self.comparison.first is None or not self.fits(LOW):
            return None
        place = self.comparison.cells.index(self.comparison.first)
        is_head = place < self.heads
        pixels = HEAD * place + HEAD // 2 if is_head else HEAD * self.heads
        cells = 0 if is_head else place - self.heads + 0.5
        return Zoom(pixels, cells, self.fits(LOW, NARROW_ROOM), pixels + cells * LOW < NAME)

    @property
    def is_tall(self) -> bool:
        """Whether there is room for large cells."""
        return self.fits(TALL)
