"""A frame in bits as text, as the RFC draws it (§5.2): the terminal's form of `frame_figure`.

      0                   1                   2                   3
      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     +-+-+-+-+-------+-+-------------+-------------------------------+
     |F|R|R|R|opcode |M| Payload len |          Masking-key          |
     |I|S|S|S|  (4)  |A|     (7)     |             (32)              |
     |N|V|V|V|       |S|             |                               |
     | |1|2|3|       |K|             |                               |
   0 |      81       |      85       |   37 key[0]       fa key[1]   |
     |1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|0 0 1 1 0 1 1 1 1 1 1 1 1 0 1 0|
     +-+-+-+-+-------+-+-------------+-------------------------------+

Each row of bits has its bytes in hex above it, and the names of the fields that begin there. A byte of a masked payload
is shown with its key: wire ^ key = plain. An illegal field has × before its name. All other signs are ASCII, as in the
RFC, so that every terminal and every locale has them. A line is made of runs, each with its field, so that a terminal
can give them tints. As much of a payload is drawn as in `frame_figure`.

Left out: colours (`cli.terminal`), and what a field means (`explain.anatomy`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap
from typing import NamedTuple

from wslab.explain.anatomy import Anatomy, Field, Part
from wslab.explain.narration import size_in_words
from wslab.widgets.frame_layout import FrameLayout
from wslab.widgets.strip import PAYLOAD, first_payload_byte, is_masked, letter, spans

__all__ = ["Run", "frame_lines", "plain_lines"]

GUTTER = 5
WIDTHS = {bits: GUTTER + 2 * bits + 1 for bits in (32, 16)}
"""Columns that a figure takes, by the bits of a row."""


class Run(NamedTuple):
    """A piece of a line, and the field that it belongs to; None for lines, numbers and the hex of several fields."""

    text: str
    field: Field | None = None


def frame_lines(anatomy: Anatomy, part: Part, width: int) -> Iterator[list[Run]]:
    """A frame's figure in lines of at most `width` columns: 32 bits a row, or 16; nothing where not even 16 fit."""
    bits = next((bits for bits, columns in WIDTHS.items() if columns <= width), 0)
    if not bits or part.kind.id == "http" or part.fields[0].name != "FIN":
        return
    layout = FrameLayout.of(part)
    rows = [_Row(anatomy, part, layout.drawn[at : at + bits // 8]) for at in range(0, len(layout.drawn), bits // 8)]
    yield from _ruler(bits)
    edges: set[int] = set()
    for row in rows:
        yield [Run(_border(edges | row.edges))]
        yield from row.lines()
        edges = row.edges
    yield [Run(_border(edges))]
    for words in _rest(part, layout):
        yield from ([Run(f"{'':{GUTTER}}{line}")] for line in wrap(words, width - GUTTER))


def plain_lines(anatomy: Anatomy, part: Part, width: int = 96) -> list[str]:
    """The figure without runs."""
    return ["".join(run.text for run in line).rstrip() for line in frame_lines(anatomy, part, width)]


def _ruler(bits: int) -> Iterator[list[Run]]:
    for line in (
        (str(bit // 10) if bit % 10 == 0 else " " for bit in range(bits)),
        (str(bit % 10) for bit in range(bits)),
    ):
        yield [Run(f"{'':{GUTTER + 1}}{' '.join(line)}".rstrip())]


def _border(edges: set[int]) -> str:
    """The line between two rows, with a + wherever a field begins above or below."""
    last = max(edges)
    signs = "".join("+" if column in edges else "-" for column in range(last + 1))
    return f"{'':{GUTTER}}{signs}"


def _rest(part: Part, layout: FrameLayout) -> Iterator[str]:
    if layout.left_out:
        yield f"… {size_in_words(layout.left_out)} more"
    if part.missing > 0:
        yield f"{part.missing_words} still to come: the frame is cut off here"


@dataclass(frozen=True)
class _Row:
    anatomy: Anatomy
    part: Part
    indices: range

    @property
    def segments(self) -> list[tuple[Field, int, int]]:
        """The fields of the row, each with its first bit here and the bit behind its last."""
        pieces = [piece for index in self.indices for piece in spans(self.part, index)]
        joined = [list(group) for _, group in groupby(pieces, lambda piece: piece[0])]
        return [(group[0][0], group[0][1], group[-1][2]) for group in joined]

    @property
    def edges(self) -> set[int]:
        """The columns at which fields begin and end, from the left border on."""
        begin = self.indices.start * 8
        return {2 * (bit - begin) for _, first, last in self.segments for bit in (first, last)}

    def lines(self) -> Iterator[list[Run]]:
        """Names, hex and bits."""
        for names in self._names():
            yield self._line([Run(name, field) for name, (field, _, _) in zip(names, self.segments, strict=True)])
        yield self._line(self._hex(), f"{self.indices.start - self.part.start // 8:>4} ")
        yield self._line([Run(self._bits(first, last), field) for field, first, last in self.segments])

    def _line(self, runs: Sequence[Run], gutter: str = " " * GUTTER) -> list[Run]:
        found = [Run(f"{gutter}|")]
        for run in runs:
            found += [run, Run("|")]
        return found

    def _names(self) -> Iterator[list[str]]:
        """The lines of names: upright where a field has one bit, as in the RFC; none where every field goes on."""
        begins = [first == field.start for field, first, _ in self.segments]
        if not any(begins):
            return
        upright = [len(_upright(field)) for field, first, last in self.segments if last - first == 1]
        for line in range(max([1, *upright])):
            yield [_name(field, first, last, line) for field, first, last in self.segments]

    def _hex(self) -> list[Run]:
        """The bytes in hex: those of one field together, a byte of several fields by itself."""
        shown: list[Run] = []
        for field, indices in groupby(self.indices, self._only_field):
            cells = [f"{self._byte(index):^15}" for index in indices]
            shown += [Run(" ".join(cells), field)] if field is not None else [Run(cell) for cell in cells]
        return shown

    def _only_field(self, index: int) -> Field | None:
        fields = [field for field, _, _ in spans(self.part, index)]
        return fields[0] if len(fields) == 1 else None

    def _byte(self, index: int) -> str:
        wire, field = self.anatomy.data[index], self._only_field(index)
        if field is not None and field.name == "Masking-key":
            return f"{wire:02x} key[{index - field.start // 8}]"
        if field is None or field.name not in PAYLOAD:
            return f"{wire:02x}"
        plain = self.part.plain[index - first_payload_byte(self.part)]
        masked = f"{wire:02x} ^ {wire ^ plain:02x} = " if is_masked(self.part) else ""
        return f"{masked}{plain:02x} {letter(plain) if field.name != 'Close code' else ''}".rstrip()

    def _bits(self, first: int, last: int) -> str:
        return " ".join(f"{self.anatomy.data[bit // 8] >> 7 - bit % 8 & 1}" for bit in range(first, last))


def _name(field: Field, first: int, last: int, line: int) -> str:
    """One line of a field's name in its columns: upright for one bit, else with the count of its bits below."""
    room = 2 * (last - first) - 1
    if room == 1:
        return _upright(field)[line : line + 1] or " "
    words = _words(field, goes_on=first > field.start)
    size = f"({field.size})" if first == field.start else ""
    return f"{next(each for each in words if len(each) <= room) if line == 0 else size if line == 1 else '':^{room}}"


def _upright(field: Field) -> str:
    return f"{'×' if field.rule else ''}{field.name}"


def _words(field: Field, *, goes_on: bool) -> tuple[str, ...]:
    """A field's name, the longest form first."""
    name = f"{'× ' if field.rule else ''}{field.name}"
    return (f"{name} (continued)", "(continued)", "…") if goes_on else (name, name.replace("× ", "×"), "×", "…")
