"""Bytes as a strip of cells: what a frame says, field by field, in one row.

A cell is one byte, in hex; its tint is that of its field. The first two bytes hold several fields each, so their cells
have several tints, cut where the fields are cut. Above the cells stands the field's name, below them what they say: the
opcode, the length, the close code; under each byte of a payload the character that it stands for, unmasked. A field
that breaks a rule is hatched, and its name has a ×. Cells wrap field by field, and never inside a byte.

Only the first bytes of a long payload are shown. `inspector` takes a frame apart whole.

Left out: bits (`frame_figure`), and heads of the handshake, which are read as lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Field, anatomy
from wslab.protocol.codes import Role
from wslab.widgets.frame_figure import letter

__all__ = ["strip"]

TINTS = {
    "FIN": "flags",
    "RSV1": "flags",
    "RSV2": "flags",
    "RSV3": "flags",
    "opcode": "opcode",
    "MASK": "key",
    "Masking-key": "key",
    "Payload len": "length",
    "Extended payload length": "length",
    "Status code": "close",
}
"""The tint of each field by its name; all others are of the payload."""

NAMES = {"Payload len": "length", "Extended payload length": "extended length", "Status code": "close code"}

SEEN = 4096
"""Bytes that are looked at; more would change nothing in the strip."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Some bytes in a row with one name: the fields that they hold, and what stands below."""

    fields: tuple[Field, ...]
    data: bytes
    plain: bytes = b""
    left_out: int = 0


def strip(data: bytes, receiver: Role, *, most: int = 8) -> Node:
    """One frame as a strip; of each field `most` bytes are shown."""
    taken = anatomy(data[:SEEN], receiver, whole_stream=False)
    fields = taken.parts[0].fields
    plain = taken.parts[0].plain
    groups = _groups(fields, data, plain, most)
    return h.div(".wsl-strip")[(_cells(each) for each in groups)]


def _groups(fields: Sequence[Field], data: bytes, plain: bytes, most: int) -> Iterator[Cells]:
    """The fields by bytes: those that share a byte are together."""
    by_byte: dict[int, list[Field]] = {}
    for field in fields:
        by_byte.setdefault(field.bytes.start, []).append(field)
    begin = fields[-1].end // 8 - len(plain)
    for start, shared in by_byte.items():
        stop = len(data) if shared[-1] is fields[-1] else shared[-1].bytes.stop
        shown = data[start : min(stop, start + most)]
        under = plain[max(0, start - begin) :][: len(shown)] if start >= begin else b""
        yield Cells(tuple(shared), shown, under, stop - start - len(shown))


def _cells(cells: Cells) -> Node:
    illegal = any(field.rule for field in cells.fields)
    payload = _tint(cells.fields[0]) == "payload"
    names = " ".join(_name(field) for field in cells.fields if _has_name(field))
    return h.span(class_=f"wsl-sfield {'is-illegal' if illegal else ''}")[
        h.small[h.b[names] if illegal else names],
        h.span(".wsl-scells")[
            (_cell(cells, place) for place in range(len(cells.data))),
            cells.left_out > 0 and h.small[f"… {cells.left_out:,} more"],
        ],
        not payload and h.small(".wsl-ssays")[" ".join(_says(cells.fields))],
    ]


def _cell(cells: Cells, place: int) -> Node:
    tints = [_tint(field) for field in cells.fields]
    name = {"flags": "is-first", "key": "is-second"}[tints[0]] if len(tints) > 1 else f"is-{tints[0]}"
    below = letter(cells.plain[place]) if tints == ["payload"] and place < len(cells.plain) else None
    return h.code(class_=f"wsl-sbyte {name}", data_plain=below)[f"{cells.data[place]:02x}"]


def _tint(field: Field) -> str:
    return TINTS.get(field.name, "payload")


def _has_name(field: Field) -> bool:
    """Bits that are never used have a name only where they break a rule."""
    return not field.name.startswith("RSV") or field.rule is not None or field.value == "1"


def _name(field: Field) -> str:
    name = NAMES.get(field.name, field.name)
    return f"× {name}" if field.rule is not None else name


def _says(fields: Sequence[Field]) -> Iterator[str]:
    """What stands below a header field: the opcode's name, the length, the close code."""
    for field in fields:
        if field.name in ("opcode", "Payload len", "Extended payload length", "Status code"):
            yield field.value.partition(" ")[2] or field.value
