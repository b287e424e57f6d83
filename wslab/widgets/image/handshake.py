"""The image of the opening handshake: both heads, and between them the key's way to the accept value.

What follows the present step is pale; the sign at the end of the way shows from its step on.

Left out: each single check; the sentence below says how it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from htpy import Node

from wslab.explain.kinds import KINDS
from wslab.protocol.codes import Role
from wslab.widgets.handshake.layout import BOXES, HEIGHT, ROW, VALUE, Places, head_rows
from wslab.widgets.handshake.picture import TITLES, box_value
from wslab.widgets.handshake.state import HandshakeState
from wslab.widgets.image.shapes import INK, PALE, PAPER, circle, head, image, line, rect, words

__all__ = ["drawn"]

LEFT, MIDDLE, BOX, RIGHT, WIDTH = 2, 252, 280, 592, 840
"""Pixels: where the request, the boxes and the response begin, the width of a box, and of the image."""

TOP = 28
"""Pixels of the names of both sides."""

WAY = KINDS["http"].light


def drawn(state: HandshakeState, said: str) -> Node:
    """The image at the present step, with a sentence below."""
    places = Places.of(state)
    rows = (len(head_rows(state.request_lines, Role.CLIENT)), len(head_rows(state.response_lines, Role.SERVER)))
    height = TOP + max(HEIGHT, ROW * rows[0], places.response + ROW * rows[1]) + 36
    parts = [
        words(LEFT, 16, "client", size=13, bold=True),
        words(WIDTH - 4, 16, "server", size=13, bold=True, anchor="end"),
        _lines(state, Role.CLIENT, LEFT, TOP),
        _lines(state, Role.SERVER, RIGHT, TOP + places.response),
        (_box(state, name, number) for number, name in enumerate(BOXES)) if places.accept is not None else None,
        _ways(state, places),
        words(LEFT, height - 12, said, size=14, bold=True),
    ]
    return image(WIDTH, height, said, parts)


def _lines(state: HandshakeState, side: Role, x: float, y: float) -> Iterator[Node]:
    shown = state.request_lines if side is Role.CLIENT else state.response_lines
    for number, row in enumerate(head_rows(shown, side)):
        travels = row.is_value and row.line.text.lower().startswith(("sec-websocket-key", "sec-websocket-accept"))
        ink = PALE if state.step_of(side, row.line) > state.step else WAY if travels else INK
        left = x + 8 + (14 if row.is_value else 0)
        yield words(left, y + ROW * number + 14, row.text, code=True, ink=ink, bold=travels)


def _box(state: HandshakeState, name: str, number: int) -> Iterator[Node]:
    top, height = BOXES[name]
    is_there = state.when("guid" if name == "key" else name) <= state.step
    yield rect(MIDDLE, TOP + top, BOX, height, fill=PAPER, edge=WAY if is_there else PALE, thick=1.5, round_=4)
    yield words(MIDDLE + 8, TOP + top + 17, TITLES[number], size=13, bold=True, ink=INK if is_there else PALE)
    for place, part in enumerate(box_value(state, number)):
        if is_there:
            yield words(MIDDLE + 8, TOP + top + 36 + 18 * place, part, size=11.5, code=True)


def _ways(state: HandshakeState, places: Places) -> Iterator[Node]:
    if places.accept is None or places.key is None:
        return
    tops = [(TOP + top, height) for top, height in BOXES.values()]
    for (top, height), (below, _) in pairwise(tops):
        middle = MIDDLE + BOX / 2
        yield [line((middle, top + height), (middle, below), ink=WAY), head(middle, below, 0, 1, WAY)]
    key, end = (MIDDLE, TOP + 22), (RIGHT, TOP + VALUE)
    corner = MIDDLE - 16
    yield [line((corner - 8, TOP + places.key), (corner, TOP + places.key), (corner, key[1]), key, ink=WAY)]
    yield [head(*key, 1, 0, WAY), line((MIDDLE + BOX, end[1]), end, ink=WAY), head(*end, 1, 0, WAY)]
    if state.when("compare") <= state.step:
        sign, ink = ("≠", KINDS["close"].light) if state.is_about_accept else ("=", KINDS["binary"].light)
        middle = (MIDDLE + BOX + RIGHT) / 2 - 2
        yield [circle(middle, end[1], 15, fill=PAPER, edge=ink, thick=2.5),
               words(middle, end[1] + 9, sign, size=26, bold=True, ink=ink, anchor="middle")]  # fmt: skip
