"""The image of a frame as a strip: each byte a cell in the tint of its field, its name above, what it says below.

`frame` draws a frame with a line of words above it, `checked` a learner's bytes as a check shows them. They say what
`strip` says, in rows of one width.

Left out: single bits, which the picture shows (`frame_figure`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from htpy import Node

from wslab.course.comparison import CheckedCell, Comparison
from wslab.explain.anatomy import Anatomy, Field, Part
from wslab.explain.kinds import KINDS, TINTS, tint_of
from wslab.explain.narration import size_in_words
from wslab.explain.words import opcode_name
from wslab.widgets.image.shapes import INK, PAPER, QUIET, STRONG, image, line, rect, words
from wslab.widgets.strip import PAYLOAD, first_payload_byte, letter, short_name, spans

__all__ = ["checked", "frame"]

WIDTH, HEAD, CELL, ROW, TITLE = 800, 80, 44, 84, 32
"""Pixels: an image, a byte of several fields, any other byte, a row of cells, and the line of words above."""

MOST = 32
"""Bytes that are drawn; the last words say how many there are more."""

YES, NO = KINDS["binary"].light, KINDS["close"].light


@dataclass(frozen=True, slots=True)
class _Cell:
    """A byte: its text, the tints of its parts (from and to, of 8), the names above it, and the words below.

    One that holds several fields is `wide`.
    """

    text: str
    tints: Sequence[tuple[str, int, int]]
    names: Sequence[str] = ()
    under: str = ""
    look: str = ""
    wide: bool = False

    @property
    def width(self) -> int:
        """Pixels."""
        return HEAD if self.wide else CELL


def frame(anatomy: Anatomy, part: Part, said: str) -> Node:
    """A frame, with `said` above it."""
    every = range(part.start // 8, part.end // 8)
    shown = [_cell(anatomy, part, index) for index in islice(every, MOST)]
    more = len(every) - len(shown) + max(0, part.missing)
    return _image(said, shown, f"… {'at least ' * part.at_least}{size_in_words(more)} more" if more else "")


def _cell(anatomy: Anatomy, part: Part, index: int) -> _Cell:
    found = list(spans(part, index))
    tints = [(tint_of(field.name).id, first - index * 8, last - index * 8) for field, first, last in found]
    begins = [field for field, first, _ in found if first == field.start]
    names = [_name(field) for field in (begins[:1] + begins[-1:] if len(begins) > 1 else begins)]
    under = _under(anatomy, part, index, found[0][0])
    return _Cell(f"{anatomy.data[index]:02x}", tints, names, under, wide=len(found) > 1)


def _name(field: Field) -> str:
    return f"{'' if field.rule is None else '× '}{short_name(field)}"


def _under(anatomy: Anatomy, part: Part, index: int, field: Field) -> str:
    place = index - part.start // 8
    if place == 0:
        return opcode_name(anatomy.data[index] & 15)
    if place == 1:
        return size_in_words(anatomy.data[index] & 127) if anatomy.data[index] & 127 < 126 else ""
    if field.name == "Masking-key":
        return f"key[{index - field.start // 8}]"
    if field.name not in PAYLOAD or field.name == "Close code":
        return field.value if index == field.start // 8 else ""
    return letter(part.plain[index - first_payload_byte(part)])


def checked(comparison: Comparison, said: str) -> Node:
    """A learner's bytes or characters: those that are right, the first that differs in a ring, and what follows it."""
    groups = ((name, list(own)) for name, own in groupby(comparison.cells[:MOST], lambda cell: cell.field))
    shown = [_checked(cell, name, is_first=cell is own[0], alone=len(own) == 1) for name, own in groups for cell in own]
    more = len(comparison.cells) - len(shown) + comparison.behind
    return _image(said, shown, f"… {more} more" if more else "")


def _checked(cell: CheckedCell, name: str, *, is_first: bool, alone: bool) -> _Cell:
    tints, names = [(tint_of(name.split()[-1] if alone else name).id, 0, 8)], [name] if is_first else []
    return _Cell(cell.yours or "__", tints, names, cell.sign, cell.look, wide=alone and cell.wanted != "")


# ---- cells in rows


def _image(said: str, cells: Sequence[_Cell], more: str) -> Node:
    rows = list(_rows(cells))
    height = TITLE + ROW * len(rows)
    drawn = [_row(row, TITLE + ROW * number) for number, row in enumerate(rows)]
    end = sum(cell.width for cell in rows[-1]) if rows else 0
    tail = words(end + 12, height - ROW + 44, more, ink=QUIET) if more else None
    return image(WIDTH, height, said, [words(2, 20, said, size=15, bold=True, most=90), drawn, tail])


def _rows(cells: Sequence[_Cell]) -> Iterator[list[_Cell]]:
    row: list[_Cell] = []
    for cell in cells:
        if sum(each.width for each in row) + cell.width > WIDTH - 100:
            yield row
            row = []
        row.append(cell)
    if row:
        yield row


def _row(row: Sequence[_Cell], y: float) -> Iterator[Node]:
    x = 2
    for cell in row:
        yield _byte(cell, x, y)
        x += cell.width


def _byte(cell: _Cell, x: float, y: float) -> Iterator[Node]:
    middle, later = x + cell.width / 2, cell.look in ("later", "extra", "missing")
    for tint, first, last in cell.tints:
        left, width = x + cell.width * first / 8, cell.width * (last - first) / 8
        yield rect(left, y + 20, width, 36, fill=PAPER if later else TINTS[tint].fill, edge=TINTS[tint].edge)
    yield _names(cell, x, y)
    if cell.look == "first":
        yield rect(middle - 18, y + 24, 36, 28, edge=NO, thick=3, fill=PAPER, round_=14)
    ink = QUIET if later else INK
    yield words(middle, y + 44, cell.text, size=16, anchor="middle", bold=not later, code=True, ink=ink)
    yield words(middle, y + 74, cell.under, anchor="middle", ink=_ink(cell.under))


def _ink(under: str) -> str:
    return YES if under.startswith("✓") else NO if under.startswith("≠") else INK


def _names(cell: _Cell, x: float, y: float) -> Node:
    if len(cell.names) < 2:
        return [words(x + 2, y + 14, name) for name in cell.names]
    first, last = cell.names[0], cell.names[-1]
    tick = line((x, y + 16), (x, y + 20), ink=STRONG, thick=1)
    return [tick, words(x + 2, y + 14, first), words(x + cell.width - 4, y + 14, last, anchor="end")]
