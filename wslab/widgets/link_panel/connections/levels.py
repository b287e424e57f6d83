"""How full the buffers of an end were over time, as a small picture.

Bytes to send stand above the line, messages to read below it. Time goes to the right, from the first sample to the
last.
A level stays until the next sample, so the picture is made of steps. Each half has a scale of its own: the highest
level in sight is its edge. The words beside it say the numbers.

Left out: reading the levels (`rows`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import htpy as h
from htpy import Node

from wslab.widgets.link_panel.connections.rows import Sample

__all__ = ["HALF", "WIDTH", "levels_picture", "outline"]

WIDTH, HALF = 72, 8
"""Units of the picture across, and of each half."""


def outline(levels: Sequence[tuple[float, int]]) -> list[tuple[float, float]]:
    """The corners of one half, from (0, 0) to (`WIDTH`, 0); heights are 0 to `HALF`. Nothing where all is empty."""
    most = max((level for _, level in levels), default=0)
    if not most:
        return []
    began, span = levels[0][0], levels[-1][0] - levels[0][0]
    corners = [(0.0, 0.0)]
    for at, level in _changes(levels):
        x = WIDTH * (at - began) / span if span else 0.0
        corners += [(x, corners[-1][1]), (x, HALF * level / most)]
    return [*corners, (float(WIDTH), corners[-1][1]), (float(WIDTH), 0.0)]


def _changes(levels: Sequence[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """The moments at which the level became another one: a flat history is short."""
    before = 0
    for at, level in levels:
        if level != before:
            yield at, level
        before = level


def levels_picture(samples: Sequence[Sample]) -> Node:
    """The picture; what carries it says the numbers."""
    return h.svg(
        ".wsl-llevels",
        viewBox=f"0 0 {WIDTH} {2 * HALF}",
        preserveAspectRatio="none",
        aria_hidden="true",
        focusable="false",
    )[
        _half([(each.at, each.unwritten) for each in samples], "is-out", -1),
        _half([(each.at, each.unread) for each in samples], "is-in", 1),
        h.Element("path")(class_="is-line", d=f"M0 {HALF}H{WIDTH}"),
    ]


def _half(levels: Sequence[tuple[float, int]], name: str, way: int) -> Node:
    corners = " ".join(f"{x:.1f},{HALF + way * y:.1f}" for x, y in outline(levels))
    return bool(corners) and h.Element("polygon")(class_=name, points=corners)
