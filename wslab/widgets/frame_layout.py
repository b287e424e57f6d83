"""Where the bytes and names of a frame stand in its figure: rows, heights and names, for two layouts.

Wide, from 640 px on, is the RFC's figure: 32 bits a row (§5.2). Narrow is 16 bits a row; a byte of the payload, which
shows no bits, is then four bits wide, so that both layouts have four payload bytes a row. Both are rendered at once,
and the style shows one. A row has up to four lines: names, hex, bits and a foot (the marks of flips, or `key[0]`).
A row in which a field only goes on has no names.

A figure is at most `MOST_HEIGHT` high in the wide layout. What of a payload does not fit is left out, and the place of
the first byte that is left out says how many there are.

Left out: what is drawn there (`frame_figure`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from wslab.explain.anatomy import Field, Part
from wslab.widgets.strip import PAYLOAD, first_payload_byte, is_masked, spans

__all__ = ["FOOT", "MOST_HEIGHT", "RULER", "FrameLayout", "Name", "Row"]

MOST_HEIGHT = 292
"""Pixels of all rows, so that a view of 620 has room for its verdict, its words and its controls."""

RULER, NAMES, HEX, BITS, FOOT = 16, 20, 28, 24, 24
MASKED, PLAIN, LOW = 68, 44, 16
"""Pixels of a payload byte: wire, key and plain one under the other, or the byte alone; and of a foot that only makes
room for such a byte."""

FEWEST = 1
"""Payload bytes that are drawn of a long payload even where they do not fit."""


@dataclass(frozen=True, slots=True)
class Name:
    """A field's name: the byte of the data and the bit in it above which it begins, and its width in bits."""

    text: str
    field: Field
    byte: int
    bit: int
    size: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its bytes, the height of its lines (names, hex, bits, foot) and its names."""

    bytes: range
    lines: tuple[int, int, int, int]
    names: tuple[Name, ...]

    @property
    def height(self) -> int:
        """Pixels of all its lines."""
        return sum(self.lines)


@dataclass(frozen=True)
class FrameLayout:
    """The figure of one part, with `count` bytes of its payload drawn."""

    part: Part
    count: int

    @classmethod
    def of(cls, part: Part) -> FrameLayout:
        """As much of the payload as fits."""
        whole = cls(part, len(part.plain))
        if len(part.plain) <= 4 * MOST_HEIGHT // PLAIN and whole.height <= MOST_HEIGHT:
            return whole
        # the last place that fits says how many bytes are left out
        too_high = next(n for n in range(1, len(part.plain) + 1) if cls(part, n).height > MOST_HEIGHT)
        return cls(part, min(max(FEWEST, too_high - 2), len(part.plain)))

    @cached_property
    def header(self) -> range:
        """The bytes of the header."""
        return range(self.part.start // 8, first_payload_byte(self.part))

    @cached_property
    def drawn(self) -> range:
        """The bytes that are drawn."""
        return range(self.header.start, self.header.stop + self.count)

    @property
    def left_out(self) -> int:
        """The bytes of the payload that are not drawn."""
        return len(self.part.plain) - self.count

    @property
    def height(self) -> int:
        """Pixels of all rows in the wide layout."""
        return sum(row.height for row in self.wide)

    @cached_property
    def wide(self) -> Sequence[Row]:
        """32 bits a row."""
        return tuple(self._row(self.drawn[at : at + 4], 8) for at in range(0, len(self.drawn), 4))

    @cached_property
    def narrow(self) -> Sequence[Row]:
        """16 bits a row; four bytes of the payload. To be low, only the first row has a foot, the marks of flips."""
        head, load = self.header, range(self.header.stop, self.drawn.stop)
        rows = [self._row(head[at : at + 2], 8) for at in range(0, len(head), 2)]
        rows[1:] = [replace(row, lines=(*row.lines[:3], 0)) for row in rows[1:]]
        return tuple(rows + [self._row(load[at : at + 4], 4) for at in range(0, len(load), 4)])

    def _row(self, indices: range, wide: int) -> Row:
        names = tuple(self._names(indices, wide))
        begins = any(not each.text.endswith(" (continued)") for each in names)
        return Row(indices, self._lines(indices, begins), names if begins else ())

    def _lines(self, indices: range, begins: bool) -> tuple[int, int, int, int]:
        above = NAMES if begins else 0
        if indices.start >= self.header.stop:
            low = MASKED if is_masked(self.part) else PLAIN
            return above, low, 0, 0
        return above, HEX, BITS, self._foot(indices)

    def _foot(self, indices: range) -> int:
        """The line for marks of flips, or for numbers of key bytes; a long header has no such numbers, to save room."""
        fields = [field.name for index in indices for field, _, _ in spans(self.part, index)]
        if indices.start < self.header.start + 2 or (len(self.header) <= 8 and "Masking-key" in fields):
            return FOOT
        return LOW if fields[-1] in PAYLOAD and is_masked(self.part) else 0

    def _names(self, indices: range, wide: int) -> Iterator[Name]:
        """The names above one row; the three RSV bits share one."""
        low, high = indices.start * 8, indices.stop * 8
        for field in self._shown():
            first, last = max(field.start, low), min(field.end, high)
            if first < last:
                size = (last - first) * wide // 8 if field.name in PAYLOAD else last - first
                yield Name(_words(field, goes_on=field.start < low), field, first // 8, first % 8, size)

    def _shown(self) -> Iterator[Field]:
        for field in self.part.fields:
            if field.name not in ("RSV2", "RSV3"):
                yield self._flags() if field.name == "RSV1" else field

    def _flags(self) -> Field:
        """RSV1 to RSV3 as one field for their name: that of the first illegal one, if any."""
        bits = [field for field in self.part.fields if field.name.startswith("RSV")]
        wrong = next((field for field in bits if field.rule is not None), None)
        return replace(wrong or bits[0], name=wrong.name if wrong else "RSV1–3", start=bits[0].start, size=3)


def _words(field: Field, *, goes_on: bool) -> str:
    wrong = "× " if field.rule is not None else ""
    return f"{wrong}{field.name}{' (continued)' if goes_on else ''}"
