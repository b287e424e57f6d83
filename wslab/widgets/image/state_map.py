"""The image of the map of states: four boxes, the ways between them, and where the side stands at the present step.

Left out: what leads along each way, which the words have.
"""

from __future__ import annotations

from collections.abc import Iterator

from htpy import Node

from wslab.widgets.image.shapes import INK, PAPER, STRONG, head, image, path, rect, words
from wslab.widgets.state_map.state import ARROWS, BOXES, HEIGHT, LINE, WIDTH, Arrow, Move, StateMapState, arrow_name

__all__ = ["drawn"]


def drawn(state: StateMapState, said: str) -> Node:
    """The image at the present step, with its sentence below."""
    move = state.moves[state.place(state.step)] if state.moves else None
    parts = [(_arrow(arrow, move) for arrow in ARROWS), _boxes(move), words(10, HEIGHT + 24, said, size=13)]
    return image(max(WIDTH, 800), HEIGHT + 36, said, parts)


def _arrow(arrow: Arrow, move: Move | None) -> Iterator[Node]:
    taken = move is not None and move.arrow == arrow_name(arrow.before, arrow.then)
    ink = INK if taken else STRONG
    yield [path(arrow.path, ink=ink, thick=5 if taken else 1.5), head(*arrow.end, ink)]
    for number, said in enumerate(arrow.label.lines):
        yield words(arrow.label.x, arrow.label.y + LINE * number, said, size=13, anchor=arrow.label.anchor)


def _boxes(move: Move | None) -> Iterator[Node]:
    after = None if move is None else move.after
    for state, box in BOXES.items():
        is_now = after is not None and after.state is state
        said = str(after) if is_now else state.value
        yield rect(box.x, box.y, box.width, box.height, fill=INK if is_now else PAPER, edge=INK if is_now else STRONG,
                   thick=1.5, round_=4)  # fmt: skip
        yield words(box.x + box.width / 2, box.y + 27, said, size=13, ink=PAPER if is_now else INK, anchor="middle",
                    bold=True)  # fmt: skip
