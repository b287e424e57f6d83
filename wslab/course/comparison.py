"""A learner's bytes or characters beside the right ones, cell by cell, and how that looks as text.

            FIN opcode  MASK len  Payload data
    yours    81          06        63    61    66   (e9)   21    __
             ✓           ✓         ✓ c   ✓ a   ✓ f   ≠           missing

    yours  e9  1  1 (1) 0  1  0  0  1
    wanted c3  1  1 [0] 0  0  0  1  1
    bit 2 is the first that differs

What is right comes first, then the first that differs, and what follows is not judged. The lower lines show once a
hint was asked for. Of a long comparison the cells
around the first that differs are made. The widget of a check draws the same cells, in the same words and order.

Left out: the words of the verdict (`report`), and the right bytes, which the caller has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from wslab.explain.anatomy import Anatomy

__all__ = ["CheckedCell", "Comparison", "Reading", "compare", "drawn", "first_difference"]

MOST_CELLS, BEFORE = {"byte": 24, "character": 48}, 16
"""Cells that are shown of a comparison, and how many of them at most before the first that differs."""

WIDTH = 76
"""Columns that the text form takes."""

_LABEL, _CELLS = 8, {"byte": 6, "character": 3}  # columns of the name of a line, and of a cell


@dataclass(frozen=True, slots=True)
class CheckedCell:
    """One byte or character: the learner's and the right one, empty where there is none, and the name of its field.

    `look` is `right`, `first` (that differs), `later` (not judged), `missing` or `extra`. `sign` stands under it.
    """

    index: int
    yours: str
    wanted: str
    look: str
    field: str = ""
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The cells that are shown, and how many more there are before and behind them. `unit` is `byte` or `character`.

    `anatomy` has the fields of the right bytes, None for a text.
    """

    cells: Sequence[CheckedCell]
    unit: str = "byte"
    before: int = 0
    behind: int = 0
    anatomy: Anatomy | None = None

    @property
    def first(self) -> CheckedCell | None:
        """The first cell that differs."""
        return next((cell for cell in self.cells if cell.look != "right"), None)

    @property
    def bits(self) -> tuple[str, str, int] | None:
        """The bits of the first byte that differs, those that it should have, and the first bit that differs."""
        cell = self.first
        if self.unit != "byte" or cell is None or cell.look != "first":
            return None
        yours, wanted = (f"{int(each, 16):08b}" for each in (cell.yours, cell.wanted))
        return yours, wanted, next(n for n in range(8) if yours[n] != wanted[n])

    @property
    def groups(self) -> Iterator[tuple[str, list[CheckedCell]]]:
        """The cells of one field together, under its name."""
        for name, cells in groupby(self.cells, lambda cell: cell.field):
            yield name, list(cells)

    @property
    def left_out(self) -> tuple[str, str]:
        """What comes before the cells that are shown, and what follows, in words; empty where there is nothing."""
        before = f"… {self.before} right before" if self.before else ""
        return before, f"… {self.behind} more" if self.behind else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of a comparison are shown: one value as text, and the field of a place and what it stands for.

    `unit` is what is compared one by one, `byte` or `character`.
    """

    shown: Callable[[Any], str]
    about: Callable[[int], tuple[str, str]]
    anatomy: Anatomy | None = None
    unit: str = "character"


def compare(mine: Sequence[object], expected: Sequence[object], reading: Reading, *, begin: int = 0) -> Comparison:
    """The cells around the first difference; those before `begin` are given and not shown."""
    at, end = first_difference(mine, expected), max(len(mine), len(expected))
    most = MOST_CELLS[reading.unit]
    start = max(begin, min(at - BEFORE, end - most))
    shown = range(start, min(end, start + most))
    cells = [_cell(index, at, mine, expected, reading) for index in shown]
    return Comparison(cells, reading.unit, start - begin, end - shown.stop, reading.anatomy)


def first_difference(mine: Sequence[object], expected: Sequence[object]) -> int:
    """The first place at which they differ; where one ends, if not before."""
    pairs = enumerate(zip(mine, expected, strict=False))
    return next((place for place, (one, two) in pairs if one != two), min(len(mine), len(expected)))


def _cell(index: int, at: int, mine: Sequence[object], expected: Sequence[object], reading: Reading) -> CheckedCell:
    yours = reading.shown(mine[index]) if index < len(mine) else ""
    wanted = reading.shown(expected[index]) if index < len(expected) else ""
    field, note = reading.about(index) if wanted else ("too many", "")
    look = _look(index, at, yours, wanted)
    sign = f"✓ {note}".rstrip() if look == "right" else _SIGNS.get((look, index == max(at, len(mine))), "")
    return CheckedCell(index, yours, wanted, look, field, "≠" if index == at and yours else sign)


_SIGNS = {("missing", True): "missing"}


def _look(index: int, at: int, yours: str, wanted: str) -> str:
    if index < at:
        return "right"
    if not yours:
        return "missing"
    if not wanted:
        return "extra"
    return "first" if index == at else "later"


# ---- as text


class _Piece(NamedTuple):
    """Cells of one field in a row, and the columns of each."""

    name: str
    cells: Sequence[CheckedCell]
    cell: int

    @property
    def columns(self) -> int:
        """The columns that they take with their name."""
        return max(self.cell * len(self.cells), len(self.name) + 2)


def drawn(comparison: Comparison, *, wanted: bool = True) -> Iterator[str]:
    """The comparison as lines of text; without `wanted` the right byte is not told."""
    before, behind = comparison.left_out
    if before:
        yield f"{'':{_LABEL}}{before}"
    for number, row in enumerate(_rows(comparison)):
        if number:
            yield ""
        yield from _row(row)
    if behind:
        yield f"{'':{_LABEL}}{behind}"
    if wanted:
        yield from _wanted(comparison)


def _rows(comparison: Comparison) -> Iterator[list[_Piece]]:
    """The groups in rows that fit, a long group cut."""
    row: list[_Piece] = []
    for piece in _pieces(comparison):
        if row and _LABEL + sum(each.columns for each in row) + piece.columns > WIDTH:
            yield row
            row = []
        row.append(piece)
    yield row


def _pieces(comparison: Comparison) -> Iterator[_Piece]:
    cell = _CELLS[comparison.unit]
    most = (WIDTH - _LABEL) // cell
    for name, cells in comparison.groups:
        yield from (_Piece(name, cells[at : at + most], cell) for at in range(0, len(cells), most))


def _row(pieces: list[_Piece]) -> Iterator[str]:
    names, yours, signs = " " * _LABEL, f"{'yours':<{_LABEL}}", ""
    for piece in pieces:
        begin = len(yours)
        names = names.ljust(begin) + piece.name
        for place, cell in enumerate(piece.cells):
            signs = signs.ljust(begin + place * piece.cell + 1) + cell.sign
            yours += _text(cell).ljust(piece.cell)
        yours = yours.ljust(begin + piece.columns)
    yield from (line.rstrip() for line in (names, yours, signs) if line.strip())


def _text(cell: CheckedCell) -> str:
    shown = cell.yours or "_" * len(cell.wanted)
    return f"({shown})" if cell.look == "first" else f" {shown}"


def _wanted(comparison: Comparison) -> Iterator[str]:
    """The first cell that differs, and what it should be."""
    first, bits = comparison.first, comparison.bits
    if first is None or first.look != "first":
        return
    yield ""
    if bits is None:
        yield f"yours  {first.yours}"
        yield f"wanted {first.wanted}"
        return
    yours, wanted, bit = bits
    yield f"yours  {first.yours} {_bits(yours, bit, '()')}"
    yield f"wanted {first.wanted} {_bits(wanted, bit, '[]')}"
    yield f"bit {bit} is the first that differs"


def _bits(bits: str, at: int, ring: str) -> str:
    return "".join(f"{ring[0]}{each}{ring[1]}" if n == at else f" {each} " for n, each in enumerate(bits)).rstrip()
