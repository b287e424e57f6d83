"""The image of masking: the payload, the key under the present bytes, and the result so far, with the present byte.

Of a long payload the bytes around the present one are drawn.

Left out: the bits of the present byte.
"""

from __future__ import annotations

from collections.abc import Iterator

from htpy import Node

from wslab.explain.kinds import TINTS
from wslab.widgets.image.shapes import INK, PAPER, QUIET, image, rect, words
from wslab.widgets.masking.state import MaskingState
from wslab.widgets.strip import letter

__all__ = ["drawn"]

NAMES, CELL, MOST = 76, 44, 16
"""Pixels of the names at the left and of a byte, and bytes that are drawn."""

LINES = (24, 56, 36, 36)
"""Heights of the rows: the numbers, the bytes with their letters, the key, and the bytes that come of it."""

HEIGHT = sum(LINES) + 40


def drawn(state: MaskingState, said: str) -> Node:
    """The image at the present byte, with its sentence below."""
    group = max(0, min(state.step, len(state.payload) - 1) // 4 * 4 - MOST // 2)
    shown = range(group, min(len(state.payload), group + MOST))
    parts = [_names(state), (_column(state, index, NAMES + CELL * place) for place, index in enumerate(shown))]
    return image(800, HEIGHT, said, [parts, _key(state, shown), words(2, HEIGHT - 12, said, size=13)])


def _names(state: MaskingState) -> Iterator[Node]:
    y = 0
    for name, height in zip(("byte", state.names[0], "key", state.names[1]), LINES, strict=True):
        yield words(2, y + height / 2 + 4, name, bold=name != "byte")
        y += height


def _column(state: MaskingState, index: int, x: float) -> Iterator[Node]:
    tint, now = TINTS["payload"], index == state.step
    top, bottom = LINES[0], sum(LINES[:3])
    yield words(x + CELL / 2, 16, str(index), ink=INK if now else QUIET, anchor="middle", bold=now)
    yield rect(x, top, CELL, LINES[1], fill=tint.fill, edge=tint.edge)
    yield words(x + CELL / 2, top + 24, f"{state.source[index]:02x}", size=16, anchor="middle", bold=True, code=True)
    yield words(x + CELL / 2, top + 46, letter((state.result if state.unmask else state.source)[index]), size=16,
                anchor="middle", bold=True)  # fmt: skip
    yield rect(x, bottom, CELL, LINES[3], fill=PAPER, edge=tint.edge)
    done = f"{state.result[index]:02x}" if index <= state.step else "··"
    yield words(x + CELL / 2, bottom + 24, done, size=16, anchor="middle", bold=True, code=True)


def _key(state: MaskingState, shown: range) -> Iterator[Node]:
    """The four bytes of the key under the present ones, and those under the earlier ones in pale ink."""
    tint, y = TINTS["key"], LINES[0] + LINES[1]
    present = range(state.step // 4 * 4, state.step // 4 * 4 + 4)
    for index in range(shown.start, max(shown.stop, present.stop) if len(shown) else 0):
        x, is_now = NAMES + CELL * (index - shown.start), index in present
        if is_now:
            yield rect(x, y + 4, CELL, LINES[2] - 8, fill=tint.fill, edge=tint.edge)
        if is_now or index < present.start:
            yield words(x + CELL / 2, y + 24, f"{state.key[index % 4]:02x}", size=16, anchor="middle", code=True,
                        bold=is_now, ink=INK if is_now else QUIET)  # fmt: skip
