"""Bytes in hex: sixteen a row, with offset and text; under the bytes of a masked payload the plain ones.

Each byte links to its fields by the tokens of `strip`. Long data is cut in the middle, and the gap says how much
is left out; `whole` gives all of it as plain text in a box that scrolls. `lines` is the dump as text.

Left out: changing bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import htpy as h
from htpy import Node

from wslab.explain.anatomy import Anatomy
from wslab.widgets import components
from wslab.widgets.strip import first_payload_byte, letter, tokens

__all__ = ["dump", "lines"]

SHOWN_ROWS = 8
"""Rows that are shown of longer data."""

WHOLE_LIMIT = 65536
"""Bytes that are shown when all are asked for; the page says how many follow."""


def dump(anatomy: Anatomy, *, whole: bool = False) -> Node:
    """The bytes of the data, linked with their fields."""
    size = len(anatomy.data)
    if not size:
        return h.p(".wsl-note")["There are no bytes."]
    if whole and size > SHOWN_ROWS * 16:
        return _whole(anatomy)
    head, tail, left_out = components.cut_middle(range(-(-size // 16)), SHOWN_ROWS)
    near = [range(row * 16, min(size, row * 16 + 16)) for row in (*head, *tail)]
    plain, links = _plain(anatomy, near), _links(anatomy, near)
    return h.div(".wsl-dump", data_roving=True, role="group", aria_label=f"The {size:,} bytes in hex")[
        (_row(anatomy.data, row, plain, links) for row in head),
        left_out > 0 and _cut(size, left_out * 16),
        (_row(anatomy.data, row, plain, links) for row in tail),
    ]


def _cut(size: int, left_out: int) -> Node:
    return h.div(".wsl-cut")[
        f"… {left_out:,} of {size:,} bytes are left out here … ", components.do_button("Show all", "whole", "yes")
    ]


def _whole(anatomy: Anatomy) -> Node:
    text = "\n".join(lines(anatomy.data[:WHOLE_LIMIT]))
    more = len(anatomy.data) - WHOLE_LIMIT
    return h.div[
        h.pre(
            ".wsl-whole",
            tabindex="0",
            data_scroll="whole",
            data_key="whole-dump",
            role="group",
            aria_label="All bytes in hex",
        )[text],
        more > 0 and h.p(".wsl-note")[f"The first {WHOLE_LIMIT:,} bytes; {more:,} follow. Copy as hex gives all."],
        components.do_button("Show less", "whole", "no"),
    ]


def lines(data: bytes) -> list[str]:
    """The dump as plain text, one line for sixteen bytes."""
    rows = (data[at : at + 16] for at in range(0, len(data), 16))
    return [
        f"{n * 16:04x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  {_letters(row)}" for n, row in enumerate(rows)
    ]


def _letters(row: bytes) -> str:
    return "".join(letter(value) for value in row)


def _plain(anatomy: Anatomy, near: Sequence[range]) -> Mapping[int, int]:
    """The plain byte under each byte of a masked payload, in these rows."""
    found: dict[int, int] = {}
    for part in anatomy.parts:
        if any(field.name == "Masking-key" for field in part.fields):
            begin = first_payload_byte(part)
            found.update((index, part.plain[index - begin]) for index in _shared(near, range(begin, part.end // 8)))
    return found


def _links(anatomy: Anatomy, near: Sequence[range]) -> Mapping[int, str]:
    """The tokens of the fields that each byte holds, in these rows."""
    names = tokens(anatomy)
    found: dict[int, list[str]] = {}
    for field in anatomy.fields:
        for index in _shared(near, field.bytes):
            found.setdefault(index, []).append(names[field.start])
    return {index: " ".join(each) for index, each in found.items()}


def _shared(near: Sequence[range], span: range) -> Iterator[int]:
    for row in near:
        yield from range(max(row.start, span.start), min(row.stop, span.stop))


def _row(data: bytes, row: int, plain: Mapping[int, int], links: Mapping[int, str]) -> Node:
    indices = range(row * 16, min(len(data), row * 16 + 16))
    under = any(index in plain for index in indices)
    halves = (indices[:8], indices[8:])
    return [
        h.div(".wsl-drow")[
            h.span(".wsl-doffset")[f"{row * 16:04x}"],
            (h.span(".wsl-dhex")[(_byte(data[index], index, links[index]) for index in half)] for half in halves),
            (h.span(".wsl-dtext")[(_letter(data[index], links[index]) for index in half)] for half in halves),
        ],
        under
        and h.div(".wsl-drow.is-plain")[
            h.span(".wsl-doffset")["plain"],
            (h.span(".wsl-dhex")[(_under(plain.get(index), links[index]) for index in half)] for half in halves),
            (h.span(".wsl-dtext")[(_letter(plain.get(index), links[index]) for index in half)] for half in halves),
        ],
    ]


def _byte(value: int, index: int, link: str) -> Node:
    return h.button(
        ".wsl-dbyte",
        type="button",
        data_key=f"byte-{index}",
        data_link=link,
        data_select=link.split(" ")[-1],
        aria_label=f"byte {index}: {value:02x}",
    )[f"{value:02x}"]


def _under(value: int | None, link: str) -> Node:
    if value is None:
        return h.span(".wsl-dbyte")["  "]
    return h.span(".wsl-dbyte", data_link=link)[f"{value:02x}"]


def _letter(value: int | None, link: str) -> Node:
    return h.span(data_link=link)[" " if value is None else letter(value)]
