"""A frame in bits, drawn as the RFC draws it (§5.2): four bytes a row, fields as blocks with their names.

Each bit of the header is a button that flips it, unless the figure is not live. A byte of the payload is a block that
holds the byte on the wire and, where it is masked, the plain byte beside it. A narrow page stacks the bytes two and
two, or one by one.

The tokens that link a field's bits, bytes and words are those of `strip`.

Left out: the table of fields (`inspector.picture`), and the bytes in hex (`hexdump`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Anatomy, Field, Part
from wslab.explain.narration import size_in_words
from wslab.widgets import components
from wslab.widgets.strip import PAYLOAD, first_payload_byte, is_masked, letter, spans, tokens

__all__ = ["Drawing", "figure"]

HEAD, TAIL = 20, 4
"""Bytes that the figure draws of a longer frame, at its begin and at its end; whole rows of four."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the figure needs: the anatomy, which of its parts, the changed bits of the data, and whether bits flip."""

    anatomy: Anatomy
    part: Part
    changed: Collection[int] = ()
    live: bool = True


def figure(drawing: Drawing) -> Node:
    """The whole figure: ruler, bytes, what is missing, and what is illegal by name."""
    part = drawing.part
    indices = range(part.start // 8, part.end // 8)
    left_out = max(0, len(indices) - HEAD - TAIL)
    drawn = (indices[:HEAD], indices[-TAIL:]) if left_out else (indices,)
    return h.div(class_=f"wsl-bits wsl-k-{part.kind.id}")[
        _ruler(),
        h.div(
            ".wsl-bytes",
            data_roving=True,
            role="group",
            aria_label="The frame in bits: arrow keys move, Enter flips a bit",
        )[
            h.div(".wsl-octgrid")[(_byte(drawing, index) for index in drawn[0])],
            left_out > 0 and h.div(".wsl-gap")[f"… {left_out:,} bytes of the payload are not drawn …"],
            left_out > 0 and h.div(".wsl-octgrid")[(_byte(drawing, index) for index in drawn[-1])],
            _missing(part),
        ],
        _illegal(drawing),
    ]


def _ruler() -> Node:
    return h.div(".wsl-ruler", aria_hidden="true")[
        (h.span[h.b[str(bit // 10) if bit % 10 == 0 else ""], str(bit % 10)] for bit in range(32))
    ]


def _byte(drawing: Drawing, index: int) -> Node:
    found = list(spans(drawing.part, index))
    if found and found[0][0].name in PAYLOAD:
        return _payload_byte(drawing, index, found[0][0])
    return h.div(".wsl-byte")[
        (_block(drawing, field, first, last) for field, first, last in found),
        h.span(".wsl-foot")[f"byte {index}", h.code[f"{drawing.anatomy.data[index]:02x}"]],
    ]


def _block(drawing: Drawing, field: Field, first: int, last: int) -> Node:
    token = tokens(drawing.anatomy)[field.start]
    size = last - first
    classes = [
        "wsl-block",
        field.name == "Masking-key" and "is-key",
        field.rule is not None and "is-illegal",
        field.start < first and "goes-on",
        field.end > last and "goes-over",
    ]
    return h.div(class_=classes, style=f"grid-column:span {size}", data_link=token)[
        _label(field, first, size),
        h.div(".wsl-bitrow", style=f"grid-template-columns:repeat({size},1fr)")[
            (_bit(drawing, field, token, bit) for bit in range(first, last))
        ],
    ]


def _label(field: Field, first: int, size: int) -> Node:
    wrong = field.rule is not None and h.b(".wsl-no", title="illegal")["✕"]
    if size == 1:
        return h.span(".wsl-blabel.is-tall", aria_hidden="true")[(h.i[each] for each in field.name), wrong]
    words = f"{field.name} ({field.size})" if field.start == first else f"{field.name} (continued)"
    return h.span(".wsl-blabel", aria_hidden="true")[words, " ", wrong]


def _bit(drawing: Drawing, field: Field, token: str, bit: int) -> Node:
    value = drawing.anatomy.data[bit // 8] >> (7 - bit % 8) & 1
    changed = bit in drawing.changed
    state = ", illegal" if field.rule else ""
    words = f"{field.name}, byte {bit // 8} bit {bit % 8}: {value}{', changed' if changed else ''}{state}"
    return h.button(
        class_=["wsl-bit", bool(value) and "is-set", changed and "is-changed"],
        type="button",
        data_do="flip" if drawing.live else None,
        data_arg=bit,
        data_key=f"bit-{bit}",
        data_select=token,
        data_link=token,
        aria_label=words,
        title=f"{field.name}: bit {bit % 8} of byte {bit // 8}",
    )[str(value), h.small[str(bit % 8)]]


def _payload_byte(drawing: Drawing, index: int, field: Field) -> Node:
    begin = first_payload_byte(drawing.part)
    wire, plain = drawing.anatomy.data[index], drawing.part.plain[index - begin]
    token = tokens(drawing.anatomy)[field.start]
    first = field.start == index * 8
    classes = ["wsl-byte wsl-load", field.rule is not None and "is-illegal", field.start // 8 < index and "goes-on"]
    classes += [index * 8 + 8 < field.end and "goes-over"]
    return h.div(class_=classes, data_link=token)[
        h.span(".wsl-blabel")[first and field.name, " ", first and field.rule is not None and h.b(".wsl-no")["✕"]],
        h.span(".wsl-loadbyte")[_load(wire, plain, masked=is_masked(drawing.part))],
        h.span(".wsl-foot")[f"byte {index}", h.code[f"{wire:02x}"]],
    ]


def _load(wire: int, plain: int, *, masked: bool) -> Node:
    shown = h.span(".wsl-plain")[h.code[f"{plain:02x}"], h.b[letter(plain)]]
    if not masked:
        return shown
    return [h.code(".wsl-wire")[f"{wire:02x}"], h.span(".wsl-arrow", aria_label="unmasked")["→"], shown]


def _missing(part: Part) -> Node:
    if part.missing <= 0:
        return None
    return h.div(".wsl-gap.is-missing")[f"{size_in_words(part.missing)} still to come: the frame is cut off here"]


def _illegal(drawing: Drawing) -> Node:
    broken = [field for field in drawing.part.fields if field.rule is not None]
    if not broken:
        return None
    return h.ul(".wsl-broken")[(_sentence(field) for field in broken)]


def _sentence(field: Field) -> Node:
    assert field.rule is not None
    return h.li[h.b(".wsl-no")[f"✕ {field.name}"], f": {field.rule.text} ", components.section(field.rule.section), "."]
