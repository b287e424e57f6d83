"""A frame in bits, drawn as the RFC draws it (§5.2): 32 bits a row under a ruler, fields in their tints.

One line of hex runs through every row. Under the hex of the header stand its bits, each a button that flips it; a 1 is
on a chip, a 0 is bare, so that the value is seen from afar. A payload byte has no bits: it is one cell with its wire
byte, the key byte that it meets and the plain byte one under the other, and its character, large. Under the first 16
bits stands what flipping each would do, where the caller gives it. A changed bit is ringed, an illegal field hatched
and named.

The tokens that link a field's bits, bytes and words are those of `strip`; where all stands is `frame_layout`.

Left out: the words about a field (`inspector.words`), and all the bytes of a long payload (`hexdump`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cached_property

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Anatomy, Field, Part
from wslab.explain.kinds import tint_of
from wslab.explain.narration import size_in_words
from wslab.widgets.frame_layout import FOOT, FrameLayout, Name, Row
from wslab.widgets.strip import PAYLOAD, is_masked, letter, spans, tokens

__all__ = ["Drawing", "Flip", "figure"]


@dataclass(frozen=True, slots=True)
class Flip:
    """What flipping a bit would do: accepted, refused, or the receiver waits for more (None); `words` say why."""

    accepted: bool | None
    words: str


@dataclass(frozen=True)
class Drawing:
    """What the figure needs: the anatomy, which of its parts, the changed bits of the data, and whether bits flip.

    `flips` is what flipping a bit of the data would do, by its number.
    """

    anatomy: Anatomy
    part: Part
    changed: Collection[int] = ()
    live: bool = True
    flips: Mapping[int, Flip] = attribute(default_factory=dict)

    @cached_property
    def layout(self) -> FrameLayout:
        """Where all stands."""
        return FrameLayout.of(self.part)

    @cached_property
    def names(self) -> Mapping[int, str]:
        """The token of each field, by its first bit."""
        return tokens(self.anatomy)


def figure(drawing: Drawing) -> Node:
    """The whole figure: ruler, rows, what is left out and what is missing."""
    layout = drawing.layout
    return h.div(class_=f"wsl-bits wsl-k-{drawing.part.kind.id}")[
        h.div(".wsl-ruler", aria_hidden="true")[(h.span[str(bit)] for bit in range(32))],
        h.div(
            ".wsl-octs",
            data_roving=True,
            role="group",
            aria_label="The frame in bits: arrow keys move, Enter flips a bit",
        )[
            (_byte(drawing, index, wide, narrow) for index, wide, narrow in _places(layout)),
            _left_out(layout),
        ],
        _missing(drawing.part),
    ]


def _places(layout: FrameLayout) -> Iterator[tuple[int, Row, Row]]:
    """Each byte with its row in both layouts."""
    narrow = {index: row for row in layout.narrow for index in row.bytes}
    return ((index, row, narrow[index]) for row in layout.wide for index in row.bytes)


def _byte(drawing: Drawing, index: int, wide: Row, narrow: Row) -> Node:
    found = list(spans(drawing.part, index))
    is_load = found[0][0].name in PAYLOAD
    firsts = [name for name, row in (("is-first-w", wide), ("is-first-n", narrow)) if row.bytes.start == index]
    return h.div(
        class_=["wsl-oct", is_load and "is-load", *firsts],
        style=f"--w:{_lines(wide)};--n:{_lines(narrow)}",
    )[
        _names(drawing, index, wide, narrow),
        bool(firsts) and h.span(".wsl-offset", aria_hidden="true")[str(index)],
        _load(drawing, index, found[0][0]) if is_load else _header_byte(drawing, index, found),
        not is_load and wide.lines[-1] >= FOOT and _foot(drawing, index, found[0][0]),
    ]


def _lines(row: Row) -> str:
    return " ".join(f"{line}px" for line in row.lines)


def _names(drawing: Drawing, index: int, wide: Row, narrow: Row) -> Iterator[Node]:
    """The names that begin above this byte; those that are the same in both layouts once."""
    here = [{each for each in row.names if each.byte == index} for row in (wide, narrow)]
    for layout, names in (("", here[0] & here[1]), ("in-w", here[0] - here[1]), ("in-n", here[1] - here[0])):
        yield [_name(drawing, each, layout) for each in sorted(names, key=lambda name: name.bit)]


def _name(drawing: Drawing, name: Name, layout: str) -> Node:
    token = drawing.names[name.field.start]
    return h.span(
        class_=["wsl-fname", layout, name.field.rule is not None and "wsl-no"],
        style=f"--at:{name.bit};--size:{name.size}",
        data_link=token,
        data_select=token,
        aria_hidden="true",
    )[name.text]


# ---- a byte of the header


def _header_byte(drawing: Drawing, index: int, found: list[tuple[Field, int, int]]) -> Node:
    value = f"{drawing.anatomy.data[index]:02x}"
    return [
        (_block(drawing, field, first, last) for field, first, last in found),
        h.code(".wsl-ohex", data_link=" ".join(drawing.names[field.start] for field, _, _ in found))[
            h.b[value[0]], h.b[value[1]]
        ],
        (_bit(drawing, field, bit) for field, first, last in found for bit in range(first, last)),
    ]


def _block(drawing: Drawing, field: Field, first: int, last: int) -> Node:
    """The tint of a field, over exactly its bits of this byte."""
    return h.i(
        class_=["wsl-oblock", *_looks(field, first, last)],
        style=f"grid-column:{first % 8 + 1}/span {last - first}",
        data_link=drawing.names[field.start],
        data_select=drawing.names[field.start],
    )


def _looks(field: Field, first: int, last: int) -> Iterator[str]:
    """The classes of a piece of a field: its tint, whether it is illegal, and whether it goes on at either side."""
    yield f"wsl-t-{tint_of(field.name).id}"
    if field.rule is not None:
        yield "is-illegal"
    if field.start < first or field.name in ("RSV2", "RSV3"):
        yield "goes-on"
    if first % 8 == 0:
        yield "at-edge"
    if field.end > last:
        yield "goes-over"


def _bit(drawing: Drawing, field: Field, bit: int) -> Node:
    value = drawing.anatomy.data[bit // 8] >> (7 - bit % 8) & 1
    changed = bit in drawing.changed
    state = ", illegal" if field.rule else ""
    words = f"{field.name}, byte {bit // 8} bit {bit % 8}: {value}{', changed' if changed else ''}{state}"
    token = drawing.names[field.start]
    return h.button(
        class_=[f"wsl-bit wsl-t-{tint_of(field.name).id}", bool(value) and "is-set", changed and "is-changed"],
        type="button",
        style=f"grid-column:{bit % 8 + 1}",
        data_do="flip" if drawing.live else None,
        data_arg=bit,
        data_key=f"bit-{bit}",
        data_select=token,
        data_link=token,
        aria_label=words,
        title=f"{field.name}: bit {bit % 8} of byte {bit // 8}",
    )[str(value)]


def _foot(drawing: Drawing, index: int, field: Field) -> Node:
    if field.name == "Masking-key":
        return h.span(".wsl-ofoot")[f"key[{index - field.start // 8}]"]
    marks = [(bit, drawing.flips[bit]) for bit in range(index * 8, index * 8 + 8) if bit in drawing.flips]
    label = h.span(".wsl-oflip", aria_hidden="true")["flip"] if marks and index == drawing.layout.header.start else None
    return [label, (_flip(bit, flip) for bit, flip in marks)]


_SIGNS = {True: ("✓", "is-yes"), False: ("×", "is-no"), None: ("…", "is-waiting")}


def _flip(bit: int, flip: Flip) -> Node:
    sign, look = _SIGNS[flip.accepted]
    return h.button(
        class_=f"wsl-flip {look}",
        type="button",
        style=f"grid-column:{bit % 8 + 1}",
        data_do="flip",
        data_arg=bit,
        data_key=f"flip-{bit}",
        aria_label=f"Flip bit {bit % 8} of byte {bit // 8}: {flip.words}",
        title=flip.words,
    )[sign]


# ---- a byte of the payload


def _load(drawing: Drawing, index: int, field: Field) -> Node:
    token = drawing.names[field.start]
    return h.div(class_=["wsl-oload", *_looks(field, index * 8, index * 8 + 8)], data_link=token, data_select=token)[
        h.span(".wsl-ostack")[_stack(drawing, index)],
        h.b(class_=["wsl-ochar", field.name == "Close code" and "is-code"])[_character(drawing, index, field)],
    ]


def _stack(drawing: Drawing, index: int) -> Node:
    place = index - drawing.layout.header.stop
    wire, plain = drawing.anatomy.data[index], drawing.part.plain[place]
    if not is_masked(drawing.part):
        return h.code[h.b[f"{plain:02x}"]]
    rows = (("wire", wire), (f"key[{place % 4}]", wire ^ plain), ("plain", plain))
    return [[h.span[name], h.code[f"{value:02x}"]] for name, value in rows]


def _character(drawing: Drawing, index: int, field: Field) -> str:
    if field.name == "Close code":
        return field.value if index * 8 == field.start and field.size == 16 else ""
    value = drawing.part.plain[index - drawing.layout.header.stop]
    return "␣" if value == 0x20 else letter(value)


# ---- what is not there


def _left_out(layout: FrameLayout) -> Node:
    if not layout.left_out:
        return None
    words = f"… {size_in_words(layout.left_out)} more"
    place = FrameLayout(layout.part, layout.count + 1)  # it takes the place of the first byte that is left out
    return h.button(
        class_="wsl-oct is-load wsl-omore",
        type="button",
        data_opens="dump",
        data_key="more",
        title="Show all bytes in hex",
        style=f"--w:{_lines(place.wide[-1])};--n:{_lines(place.narrow[-1])}",
    )[h.span[words]]


def _missing(part: Part) -> Node:
    if part.missing <= 0:
        return None
    return h.div(".wsl-missing")[f"{part.missing_words} still to come: the frame is cut off here"]
