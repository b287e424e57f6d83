"""The chart of a claim as SVG: bars, curves, boxes, or arrows between the two sides.

How it works: every mark has its looks as attributes, and all ink is `currentColor`, the page's own; so one picture is
right on light and on dark paper. The three colours are readable on both, and each comes with a sign, a dash or a word.
What the picture says stands in its label, for a screen reader: it is the chart's own text.

Left out: the figures (`wslab.course.claims`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import htpy as h
from htpy import Node

from wslab.course.claims.charts import Arrow, Arrows, Bars, Boxes, Chart, Curve, short
from wslab.widgets.image.shapes import circle, head, line, rect, words

__all__ = ["drawn"]

WIDTH = 560
"""What a page of 700 px has room for, so that nothing is drawn smaller there."""
INK = "currentColor"
LOOKS = {"good": ("#2b8a3e", "✓"), "bad": ("#d1453b", "×"), "other": ("#3b7dd8", "○")}
"""The colour and the sign of each look."""
LINES = (("#3b7dd8", ""), ("#c2571a", "7 4"), ("#2b8a3e", "2 3"))
"""The colour and the dashes of the first, second and third line."""
LETTER = 7.0
"""Pixels that a letter of 12 takes, or a bit more."""


def drawn(chart: Chart) -> Node:
    """The chart as an image that stands by itself."""
    match chart:
        case Bars():
            height, parts = _bars(chart)
        case Curve():
            height, parts = _curve(chart)
        case Boxes():
            height, parts = _boxes(chart)
        case Arrows():
            height, parts = _arrows(chart)
    size = {"width": str(WIDTH), "height": f"{height:.0f}", "viewBox": f"0 0 {WIDTH} {height:.0f}"}
    look = {"style": "max-width: 100%; height: auto", "role": "img", "aria-label": chart.text()}
    return h.svg(size, look, xmlns="http://www.w3.org/2000/svg")[
        words(2, 16, chart.title, ink=INK, size=14, bold=True), list(parts)
    ]


# ---- bars


def _bars(chart: Bars) -> tuple[float, Iterable[Node]]:
    left = 14 + min(320.0, LETTER * max(len(name) for name, _ in chart.rows))
    most = max((value for _, value in chart.rows), default=0) or 1
    room = WIDTH - left - 110
    return 34 + 26 * len(chart.rows), [
        _bar(name, value, chart.unit, left, 30 + 26 * n, room * value / most)
        for n, (name, value) in enumerate(chart.rows)
    ]


def _bar(name: str, value: float, unit: str, left: float, y: float, width: float) -> Node:
    return [
        words(left - 8, y + 14, name, ink=INK, anchor="end", most=46),
        rect(left, y + 1, max(1.5, width), 18, fill=LINES[0][0]),
        words(left + max(1.5, width) + 6, y + 14, f"{short(value)} {unit}".strip(), ink=INK),
    ]


# ---- curves

LEFT, TOP, RIGHT, BOTTOM = 70, 54, 540, 200


def _curve(chart: Curve) -> tuple[float, Iterable[Node]]:
    points = [point for _, own in chart.lines for point in own]
    far = max((x for x, _ in points), default=0) or 1
    high = max((y for _, y in points), default=0) or 1
    lines = [
        _line([(LEFT + (RIGHT - LEFT) * x / far, BOTTOM - (BOTTOM - TOP) * y / high) for x, y in own], n)
        for n, (_, own) in enumerate(chart.lines)
    ]
    return BOTTOM + 36, [_axes(chart, far, high), lines, list(_legend_of(chart))]


def _line(points: list[tuple[float, float]], number: int) -> Node:
    colour, dash = LINES[number % len(LINES)]
    if len(points) == 1:
        return circle(*points[0], 3, fill=colour)
    return line(*points, ink=colour, thick=2, dash=dash)


def _axes(chart: Curve, far: float, high: float) -> Node:
    return [
        line((LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM), ink=INK, thick=1),
        words(LEFT - 6, TOP + 6, short(high), ink=INK, anchor="end"),
        words(LEFT - 6, TOP + 22, chart.y, ink=INK, anchor="end", most=10),
        words(LEFT - 6, BOTTOM + 4, "0", ink=INK, anchor="end"),
        words(RIGHT, BOTTOM + 18, f"{short(far)} {chart.x}".strip(), ink=INK, anchor="end"),
    ]


def _legend_of(chart: Curve) -> Iterator[Node]:
    x = float(LEFT)
    for number, (name, _) in enumerate(chart.lines):
        yield _line([(x, 34), (x + 28, 34)], number)
        yield words(x + 34, 38, name, ink=INK)
        x += 50 + LETTER * len(name)


# ---- boxes


def _boxes(chart: Boxes) -> tuple[float, Iterable[Node]]:
    width = max(30.0, 26 + LETTER * max(len(label) for label, _ in chart.boxes))
    a_row = max(1, int((WIDTH - 2) // (width + 4)))
    down = 30 * ((len(chart.boxes) - 1) // a_row + 1)
    boxes = [
        _box(label, look, 2 + (width + 4) * (n % a_row), 28 + 30 * (n // a_row), width)
        for n, (label, look) in enumerate(chart.boxes)
    ]
    return down + 54, [boxes, list(_legend(chart, down + 44))]


def _box(label: str, look: str, x: float, y: float, width: float) -> Node:
    colour, sign = LOOKS[look]
    return [
        rect(x, y, width, 25, edge=colour, thick=2, round_=3, dash="4 3" if look == "other" else ""),
        words(x + 6, y + 17, sign, ink=colour, size=13, bold=True),
        words(x + 20, y + 17, label, ink=INK),
    ]


def _legend(chart: Boxes, y: float) -> Iterator[Node]:
    x = 4.0
    used = {look for _, look in chart.boxes}
    for look, said in chart.looks:
        if look in used:
            yield words(x, y, LOOKS[look][1], ink=LOOKS[look][0], size=13, bold=True)
            yield words(x + 16, y, said, ink=INK)
            x += 40 + LETTER * len(said)


# ---- arrows

SIDES = {"client": 100.0, "server": 460.0}
APART = 24.0


def _arrows(chart: Arrows) -> tuple[float, Iterable[Node]]:
    """Time goes down, with a row for each end of an arrow: not to scale."""
    ends = [(each.sent, n, 0) for n, each in enumerate(chart.arrows)]
    ends += [(each.arrived, n, 1) for n, each in enumerate(chart.arrows) if each.arrived is not None]
    rows = {(n, end): 58 + APART * row for row, (_, n, end) in enumerate(sorted(ends))}
    low = 58 + APART * len(rows)
    sides = [
        (words(x, 40, name, ink=INK, anchor="middle", bold=True), line((x, 46), (x, low), ink=INK, thick=1))
        for name, x in SIDES.items()
    ]
    return low + 6, [sides, [_arrow(each, rows[n, 0], rows.get((n, 1))) for n, each in enumerate(chart.arrows)]]


def _arrow(arrow: Arrow, top: float, low: float | None) -> Node:
    """An arrow that begins at the height `top`; one that has no end is lost half-way."""
    begin, away = SIDES[arrow.sender], SIDES["server" if arrow.sender == "client" else "client"]
    way = 1 if away > begin else -1
    end = top + APART / 2 if low is None else low
    at = begin + way * 90, top + (end - top) * (0.4 if low is None else 0.2) - 6  # above the line there
    when = words(begin - way * 8, top + 4, f"{short(arrow.sent)} s", ink=INK, anchor="end" if way > 0 else "start")
    if low is None:
        middle, colour = (begin + away) / 2, LOOKS["bad"][0]
        cross = words(middle, end + 5, "×", ink=colour, size=15, bold=True, anchor="middle")
        shaft = line((begin, top), (middle, end), ink=colour, thick=2, dash="5 4")
        return [shaft, cross, words(*at, f"{arrow.label}, lost", ink=INK, anchor="middle"), when]
    colour = LOOKS["other"][0]
    shaft = line((begin, top), (away, low), ink=colour, thick=2)
    return [shaft, head(away, low, way, 0, colour), words(*at, arrow.label, ink=INK, anchor="middle"), when]
