"""The strip: a frame as one row of bytes, each a cell in the tint of its field.

Views use it wherever a frame is shown small: under the opcodes, in the details of an arrow. A name stands above each
field, the hex in the cell, and below it what the byte says: the character of a payload (unmasked), `key[0]`, the
number of a length or of a close code. The first two bytes hold several fields each; there a tint covers exactly its
bits, and a border runs between the two hex digits, because a digit is four bits. An illegal field is hatched and
named. Long payloads are cut; the last cell says how many bytes follow. `wire_lines` shows an HTTP head as its lines.

Names that link a field's bits, bytes and words are its *tokens*; `tokens` makes them, and `spans` says which fields a
byte holds. `frame_figure` and `hexdump` use the same.

A check shows a learner's bytes in the cells of the right frame: `marks` says what such a cell shows instead, and how it
looks (`is-right`, `is-first` that differs, `is-later`, `is-missing`). `cells` is a strip of cells without a frame, and
`cell` one of them, from which masking builds its columns.

Left out: single bits, and changing them (`frame_figure`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Anatomy, Field, Part
from wslab.explain.kinds import tint_of
from wslab.explain.narration import size_in_words
from wslab.explain.words import opcode_name

__all__ = [
    "PAYLOAD",
    "Mark",
    "cell",
    "cells",
    "first_payload_byte",
    "is_masked",
    "letter",
    "short_name",
    "spans",
    "strip",
    "tokens",
    "wire_lines",
]

PAYLOAD = ("Payload data", "Close code", "Reason")
"""The fields of a frame's payload; all others belong to its header."""

MOST = 24
"""Cells that a strip draws of a payload, unless it is told otherwise."""

_SHORT = {"Payload len": "len", "Extended payload length": "extended len"}


def tokens(anatomy: Anatomy) -> Mapping[int, str]:
    """A name for each field, by its first bit: `opcode`, in the second frame `opcode-2`. It has no space."""
    found: dict[int, str] = {}
    seen: dict[str, int] = {}
    for field in anatomy.fields:
        name = field.name.lower().replace(" ", "-")
        seen[name] = seen.get(name, 0) + 1
        found[field.start] = name if seen[name] == 1 else f"{name}-{seen[name]}"
    return found


def first_payload_byte(part: Part) -> int:
    """The byte of the data at which a frame's payload begins."""
    return part.end // 8 - len(part.plain)


def letter(value: int) -> str:
    """A byte as one printable ASCII character, or a dot."""
    return chr(value) if 0x20 < value < 0x7F else "·" if value != 0x20 else " "


def is_masked(part: Part) -> bool:
    """Whether a frame carries a masking key."""
    return any(field.name == "Masking-key" for field in part.fields)


def spans(part: Part, index: int) -> Iterator[tuple[Field, int, int]]:
    """The fields of one byte of the data, each with its first bit there and the bit behind its last."""
    for field in part.fields:
        first, last = max(field.start, index * 8), min(field.end, index * 8 + 8)
        if first < last:
            yield field, first, last


@dataclass(frozen=True, slots=True)
class Mark:
    """What a cell shows instead of the frame's own byte: its text, how it looks, and what stands under it."""

    text: str
    look: str
    under: Node = None


@dataclass(frozen=True, slots=True)
class _Strip:
    anatomy: Anatomy
    part: Part
    names: Mapping[int, str]
    most: int
    cut: bool
    marks: Mapping[int, Mark]

    @property
    def begin(self) -> int:
        return self.part.start // 8

    @property
    def indices(self) -> range:
        """The bytes that are drawn: those that are marked, or as many as are shown."""
        if self.marks:
            return range(max(self.begin, min(self.marks)), min(self.part.end // 8, max(self.marks) + 1))
        return range(self.begin, min(self.part.end // 8, first_payload_byte(self.part) + self.most))

    @property
    def split(self) -> tuple[range, range]:
        """The bytes that hold several fields each, and the others."""
        heads = max(0, self.begin + 2 - self.indices.start)
        return self.indices[:heads], self.indices[heads:]

    def before(self, index: int) -> int:
        """How many cells stand before this one, behind the two wide ones; less than 0 where there are no wide ones."""
        heads = len(self.split[0])
        return index - self.indices.start - heads if heads else index - self.indices.start - 3

    def look(self, index: int) -> str:
        """The class of a cell by its mark."""
        return f"is-{self.marks[index].look}" if index in self.marks else ""

    def text(self, index: int) -> str:
        """What stands in a cell."""
        return self.marks[index].text if index in self.marks else f"{self.anatomy.data[index]:02x}"


def strip(
    anatomy: Anatomy,
    part: Part,
    *,
    most: int = MOST,
    cut: bool = False,
    classes: str = "",
    marks: Mapping[int, Mark] | None = None,
    more: Node = None,
) -> Node:
    """A frame as cells: its header whole, and at most `most` bytes of its payload; or only the bytes with `marks`.

    With `cut` the anatomy has only the beginning of a frame that is there whole: what it misses is left out, and not
    still to come. `classes` are more classes of the strip: `is-tall` is larger. `more` stands behind the last cell.
    """
    drawn = _Strip(anatomy, part, tokens(anatomy), most, cut, marks or {})
    first, others = drawn.split
    heads = (_head_cell(drawn, index) for index in first)
    groups = [list(group) for _, group in groupby(others, lambda index: next(spans(part, index))[0])]
    words = ", ".join(f"{field.name} {field.value}" for field in part.fields)
    return h.div(class_=f"wsl-strip wsl-k-{part.kind.id} {classes}".strip(), role="img", aria_label=words)[
        h.div(".wsl-sgroup.is-head")[heads] if first else None,
        (_group(drawn, indices) for indices in groups),
        _behind(drawn) if not groups else None,
        more,
    ]


def _head_cell(drawn: _Strip, index: int) -> Node:
    """A byte of several fields: each tint covers exactly its bits."""
    found = list(spans(drawn.part, index))
    value = drawn.text(index)
    return h.div(class_=["wsl-scell is-wide", drawn.look(index)])[
        h.span(".wsl-snames")[_head_names([field for field, _, _ in found])],
        h.span(".wsl-shex")[
            (_bits_of(drawn, field, first % 8 + 1, last - first) for field, first, last in found),
            h.code[(h.b[digit] for digit in value)],
        ],
        h.span(".wsl-sunder")[drawn.marks[index].under if index in drawn.marks else _head_words(drawn, index)],
    ]


def _head_names(fields: list[Field]) -> Node:
    """What is illegal by its name, else the first and the last field; there is room for two words."""
    shown = [field for field in fields if field.rule is not None][:1] or [fields[0], fields[-1]]
    return [_name(field) for field in shown]


def short_name(field: Field) -> str:
    """A field's name above a cell."""
    return _SHORT.get(field.name, field.name)


def _name(field: Field) -> Node:
    words = short_name(field)
    if field.rule is not None:
        return h.b(".wsl-no", title=field.rule.text)[f"× {words}"]
    return h.span[words]


def _bits_of(drawn: _Strip, field: Field, column: int, size: int) -> Node:
    classes = f"wsl-sbits wsl-t-{tint_of(field.name).id}{' is-illegal' if field.rule else ''}"
    return h.i(
        class_=classes,
        style=f"grid-column:{column}/span {size}",
        data_link=drawn.names[field.start],
        title=f"{field.name} {field.value}: {field.meaning}",
    )


def _head_words(drawn: _Strip, index: int) -> Node:
    if index == drawn.begin:
        return h.b(".wsl-skind")[opcode_name(drawn.anatomy.data[index] & 15)]
    short = drawn.anatomy.data[index] & 127
    return h.span(".wsl-slen")[size_in_words(short)] if short < 126 else None


def _group(drawn: _Strip, indices: list[int]) -> Node:
    """The bytes of one field under its name; behind the last one, what is not drawn."""
    field = next(spans(drawn.part, indices[0]))[0]
    behind = _behind(drawn) if indices[-1] == drawn.indices[-1] else None
    return h.div(
        class_=[
            f"wsl-sgroup wsl-t-{tint_of(field.name).id}",
            field.rule is not None and "is-illegal",
            behind is not None and "is-cut",
        ],
        style=f"--before:{drawn.before(indices[0])}",
        data_link=drawn.names[field.start],
        title=f"{field.name} {field.value}: {field.meaning}",
    )[
        h.span(".wsl-snames")[_name(field)],
        h.div(".wsl-scells")[
            (_cell(drawn, field, index) for index in indices),
            behind,
        ],
    ]


def _cell(drawn: _Strip, field: Field, index: int) -> Node:
    under = drawn.marks[index].under if index in drawn.marks else _under(drawn, field, index)
    return cell(drawn.text(index), under, classes=drawn.look(index))


def cell(text: str, under: Node = None, *, classes: str = "") -> Node:
    """One byte: its hex, and under it what it says. What it stands in gives it its tint."""
    return h.div(class_=f"wsl-scell {classes}".rstrip())[
        h.span(".wsl-shex")[h.code[text]],
        h.span(".wsl-sunder")[under],
    ]


def cells(name: str, marks: Sequence[Mark], tint: str = "payload") -> Node:
    """Cells without a frame, under one name."""
    return h.div(class_=f"wsl-sgroup wsl-t-{tint}")[
        h.span(".wsl-snames")[h.span[name]],
        h.div(".wsl-scells")[(cell(mark.text, mark.under, classes=f"is-{mark.look}") for mark in marks)],
    ]


def _under(drawn: _Strip, field: Field, index: int) -> Node:
    place = index - field.start // 8
    if field.name == "Masking-key":
        return f"key[{place}]"
    if field.name in ("Close code", "Extended payload length"):
        return field.value if place == 0 else None
    return h.b(".wsl-schar")[letter(drawn.part.plain[index - first_payload_byte(drawn.part)])]


def _behind(drawn: _Strip) -> Node:
    """What is not drawn, and what has not come yet; the words of a marked strip are its caller's."""
    if drawn.marks:
        return None
    missing = max(0, drawn.part.missing)
    left_out = drawn.part.end // 8 - drawn.indices.stop + (missing if drawn.cut else 0)
    limit = "at least " if drawn.cut and drawn.part.at_least else ""
    words = [f"{limit}{size_in_words(left_out)} more"] if left_out else []
    words += [f"{drawn.part.missing_words} to come"] if missing and not drawn.cut else []
    return h.span(".wsl-sbehind")["… " + ", ".join(words)] if words else None


def wire_lines(head: bytes) -> Node:
    """The head of a request or a response as its lines; a long line breaks behind its colon."""
    return h.div(".wsl-lines")[(_line(line) for line in head.decode("latin-1").splitlines() if line)]


def _line(line: str) -> Node:
    name, colon, value = line.partition(": ")
    if not colon:
        return h.code(".wsl-wline")[line]
    return h.code(".wsl-wline")[h.span[name + ":"], " ", h.b[value]]
