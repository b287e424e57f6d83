"""The strip: a frame as one row of bytes, each a cell in the tint of its field.

Views use it wherever a frame is shown small: under the opcodes, in the details of an arrow. A name stands above each
field, the hex in the cell, and below it what the byte says: the character of a payload (unmasked), `key[0]`, the
number of a length or of a close code. The first two bytes hold several fields each; there a tint covers exactly its
bits, and a border runs between the two hex digits, because a digit is four bits. An illegal field is hatched and
named. Long payloads are cut; the last cell says how many bytes follow. `wire_lines` shows an HTTP head as its lines.

Names that link a field's bits, bytes and words are its *tokens*; `tokens` makes them, and `spans` says which fields a
byte holds. `frame_figure` and `hexdump` use the same.

Left out: single bits, and changing them (`frame_figure`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Anatomy, Field, Part
from wslab.explain.kinds import tint_of
from wslab.explain.narration import size_in_words
from wslab.explain.words import opcode_name

__all__ = ["PAYLOAD", "first_payload_byte", "is_masked", "letter", "spans", "strip", "tokens", "wire_lines"]

PAYLOAD = ("Payload data", "Status code", "Reason")
"""The fields of a frame's payload; all others belong to its header."""

MOST = 24
"""Cells that a strip draws of a payload, unless it is told otherwise."""

_SHORT = {"Payload len": "len", "Extended payload length": "extended len", "Status code": "Close code"}


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
class _Strip:
    anatomy: Anatomy
    part: Part
    names: Mapping[int, str]
    most: int
    cut: bool

    @property
    def begin(self) -> int:
        return self.part.start // 8

    @property
    def indices(self) -> range:
        """The bytes that are drawn."""
        return range(self.begin, min(self.part.end // 8, first_payload_byte(self.part) + self.most))


def strip(anatomy: Anatomy, part: Part, *, most: int = MOST, cut: bool = False, classes: str = "") -> Node:
    """A frame as cells: its header whole, and at most `most` bytes of its payload.

    With `cut` the anatomy has only the beginning of a frame that is there whole: what it misses is left out, and not
    still to come. `classes` are more classes of the strip: `is-tall` is larger.
    """
    drawn = _Strip(anatomy, part, tokens(anatomy), most, cut)
    heads = (_head_cell(drawn, index) for index in drawn.indices[:2])
    groups = [list(group) for _, group in groupby(drawn.indices[2:], lambda index: next(spans(part, index))[0])]
    words = ", ".join(f"{field.name} {field.value}" for field in part.fields)
    return h.div(class_=f"wsl-strip wsl-k-{part.kind.id} {classes}".strip(), role="img", aria_label=words)[
        h.div(".wsl-sgroup.is-head")[heads],
        (_group(drawn, indices) for indices in groups),
        _behind(drawn) if not groups else None,
    ]


def _head_cell(drawn: _Strip, index: int) -> Node:
    """A byte of several fields: each tint covers exactly its bits."""
    found = list(spans(drawn.part, index))
    value = f"{drawn.anatomy.data[index]:02x}"
    return h.div(".wsl-scell.is-wide")[
        h.span(".wsl-snames")[_head_names([field for field, _, _ in found])],
        h.span(".wsl-shex")[
            (_bits_of(drawn, field, first % 8 + 1, last - first) for field, first, last in found),
            h.code[h.b[value[0]], h.b[value[1]]],
        ],
        h.span(".wsl-sunder")[_head_words(drawn, index)],
    ]


def _head_names(fields: list[Field]) -> Node:
    """What is illegal by its name, else the first and the last field; there is room for two words."""
    shown = [field for field in fields if field.rule is not None][:1] or [fields[0], fields[-1]]
    return [_name(field) for field in shown]


def _name(field: Field) -> Node:
    words = _SHORT.get(field.name, field.name)
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
        style=f"--before:{indices[0] - drawn.begin - 2}",
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
    return h.div(".wsl-scell")[
        h.span(".wsl-shex")[h.code[f"{drawn.anatomy.data[index]:02x}"]],
        h.span(".wsl-sunder")[_under(drawn, field, index)],
    ]


def _under(drawn: _Strip, field: Field, index: int) -> Node:
    place = index - field.start // 8
    if field.name == "Masking-key":
        return f"key[{place}]"
    if field.name in ("Status code", "Extended payload length"):
        return field.value if place == 0 else None
    return h.b(".wsl-schar")[letter(drawn.part.plain[index - first_payload_byte(drawn.part)])]


def _behind(drawn: _Strip) -> Node:
    """What is not drawn, and what has not come yet."""
    missing = max(0, drawn.part.missing)
    left_out = drawn.part.end // 8 - drawn.indices.stop + (missing if drawn.cut else 0)
    words = [f"{size_in_words(left_out)} more"] if left_out else []
    words += [f"{size_in_words(missing)} to come"] if missing and not drawn.cut else []
    return h.span(".wsl-sbehind")["… " + ", ".join(words)] if words else None


def wire_lines(head: bytes) -> Node:
    """The head of a request or a response as its lines; a long line breaks behind its colon."""
    return h.div(".wsl-lines")[(_line(line) for line in head.decode("latin-1").splitlines() if line)]


def _line(line: str) -> Node:
    name, colon, value = line.partition(": ")
    if not colon:
        return h.code(".wsl-wline")[line]
    return h.code(".wsl-wline")[h.span[name + ":"], " ", h.b[value]]
