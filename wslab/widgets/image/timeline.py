"""The image of a timeline: the picture at one width, at one step.

It is drawn from the same layout as the picture (`timeline.layout`), at the width that most views have. What follows the
present step is pale, and beliefs end where the present does.

Left out: the drawer, and what a mouse or a key may change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from htpy import Node

from wslab.explain.kinds import KINDS
from wslab.protocol.states import State
from wslab.tape.text import label
from wslab.widgets.image.shapes import (
    INK,
    PALE,
    PAPER,
    QUIET,
    STRONG,
    circle,
    hatch,
    head,
    image,
    line,
    rect,
    words,
)
from wslab.widgets.timeline.layout import SILENCE, USUAL, Arrow, Layout, layout
from wslab.widgets.timeline.picture import clock, names_of_beliefs
from wslab.widgets.timeline.ribbons import Ribbon
from wslab.widgets.timeline.state import SIDES, TimelineState
from wslab.widgets.timeline.tags import HIGH, WIRES, Line
from wslab.widgets.timeline.text import Half, half, sign_between
from wslab.widgets.timeline.words import duration

__all__ = ["drawn"]

TIME, SIDE, RIB, WIRE = 84, 104, 14, WIRES[USUAL]
"""Widths: of the times, of the beliefs' names at either side, of a ribbon, and of the wire."""

LEFT = TIME + SIDE + RIB
WIDTH = LEFT + WIRE + RIB + SIDE
TOP, FOOT = 24, 56
"""Heights of the names above the picture, and of the line below it."""

DIFFER, DIFFER_LITE, DIFFER_EDGE, PANEL, SILENT = "#fde7bd", "#fef6e4", "#b98422", "#f6f6f6", "#9a9a9a"


def drawn(state: TimelineState) -> Node:
    """The image at the present step; None without entries."""
    if not state.shown:
        return None
    shown = state.within(state.window(state.step, 8))
    index = state.shown[state.place(state.nearest(state.step))]
    found = layout(state, shown)
    present = _present(state, found)
    height = TOP + found.height + FOOT
    name = f"A timeline at step {state.entries[index].number}: {label(state.entries[index])}"
    return image(WIDTH, height, name, _parts(state, found, present, index))


def _present(state: TimelineState, found: Layout) -> float:
    """How far down the present reaches: to where the first entry behind the step departs."""
    return min((arrow.line.y0 - 3 for arrow in found.arrows if arrow.entry.number > state.step), default=found.height)


def _parts(state: TimelineState, found: Layout, present: float, index: int) -> Iterator[Node]:
    yield _heads(state)
    yield from _bands(found, present)
    yield from (_time(state, *each) for each in clock(state, found))
    yield from (_gap(gap.top, gap.bottom, gap.seconds) for gap in found.gaps)
    yield from (_ribbon(ribbon, present) for ribbon in found.ribbons if ribbon.top < present)
    yield from (_beliefs(found, side, present) for side in SIDES)
    yield from (_arrow(state, arrow) for arrow in found.arrows)
    yield from (_end(each, "arrives", _ink(state, each.number, "tcp"), KINDS["tcp"].dash) for each in found.ends)
    yield from (_tag(state, arrow) for arrow in found.arrows)
    yield _verdict(half(state, index, "client"), half(state, index, "server"), TOP + found.height + 8)


def _heads(state: TimelineState) -> Node:
    wire = f"connection {state.connection}" if len(state.connections) > 1 else "wire"
    return [
        words(LEFT, 15, "Client", size=13, bold=True, anchor="end"),
        words(LEFT + WIRE / 2, 15, wire, size=13, ink=QUIET, anchor="middle"),
        words(LEFT + WIRE, 15, "Server", size=13, bold=True),
    ]


def _bands(found: Layout, present: float) -> Iterator[Node]:
    """Where the two differ, and the silence."""
    for band in found.bands:
        if band.top < present:
            fill, bottom = DIFFER if band.lasting else DIFFER_LITE, min(band.bottom, present)
            yield rect(LEFT, TOP + band.top, WIRE, bottom - band.top, fill=fill)
    if found.silence is not None and found.silence < present:
        x, width = LEFT + SILENCE[0] * WIRE, (SILENCE[1] - SILENCE[0]) * WIRE
        y, height = TOP + found.silence, min(present, found.height) - found.silence
        yield [rect(x, y, width, height, fill=PAPER, edge=STRONG), hatch(x, y, width, height, ink=SILENT)]


def _time(state: TimelineState, top: float, said: str, step: int | None, shown: bool) -> Node:
    if step is not None and step == state.step:
        box = rect(0, TOP + top - 10, TIME - 8, HIGH, fill=INK, round_=4)
        return [box, words(TIME - 12, TOP + top + 4, said, ink=PAPER, anchor="end", bold=True)]
    return shown and words(TIME - 12, TOP + top + 4, said, ink=QUIET, anchor="end")


def _gap(top: float, bottom: float, seconds: float) -> Node:
    y, x = TOP + (top + bottom) / 2, TIME - 4
    clock_face = [
        circle(14, y, 6, fill=PAPER, edge=QUIET, thick=1.5),
        line((14, y - 4), (14, y), (17, y), ink=QUIET, thick=1.5),
    ]
    brace = line((x - 4, TOP + top + 6), (x, TOP + top + 6), (x, TOP + bottom - 6), (x - 4, TOP + bottom - 6),
                 ink=STRONG, thick=1, dash="3 2")  # fmt: skip
    return [clock_face, brace, words(24, y + 4, duration(seconds), bold=True)]


# ---- beliefs


def _ribbon(ribbon: Ribbon, present: float) -> Node:
    x = TIME + SIDE if ribbon.side == "client" else LEFT + WIRE
    y, height = TOP + ribbon.top, min(ribbon.bottom, present) - ribbon.top
    if ribbon.belief.state is State.CLOSED:
        rails = [line((each, y), (each, y + height), ink=STRONG, thick=1) for each in (x, x + RIB)]
        return [rails, ribbon.new and rect(x - 4, y - 1.5, RIB + 8, 3, fill=INK)]
    dash = "" if ribbon.true else "4 2"
    outline = rect(x + 1, y, RIB - 2, height, fill=PAPER, edge=INK, thick=2, dash=dash)
    return [outline, _fill(ribbon, x, y, height)]


def _fill(ribbon: Ribbon, x: float, y: float, height: float) -> Node:
    """All of it while OPEN, the outer half while CLOSING; lines where it is no longer true."""
    if ribbon.belief.state is State.CONNECTING:
        return None
    is_half = ribbon.belief.state is State.CLOSING
    width = RIB / 2 if is_half else RIB
    left = x + RIB / 2 if is_half and ribbon.side == "server" else x
    return rect(left, y, width, height, fill=INK) if ribbon.true else hatch(left, y, width, height, ink=INK, apart=7)


def _beliefs(found: Layout, side: str, present: float) -> Iterator[Node]:
    for name in names_of_beliefs(found, side):
        x, anchor = (TIME + SIDE - 8, "end") if side == "client" else (LEFT + WIRE + RIB + 8, "start")
        if name.top < present:
            ink = INK if name.new else QUIET
            yield words(x, TOP + name.top + 12, name.words, ink=ink, anchor=anchor, bold=name.new)


# ---- the wire


def _ink(state: TimelineState, number: int, kind: str) -> str:
    return PALE if number > state.step else KINDS[kind].light


def _at(x: float, y: float) -> tuple[float, float]:
    return LEFT + x * WIRE, TOP + y


def _arrow(state: TimelineState, arrow: Arrow) -> Node:
    ink, shape = _ink(state, arrow.entry.number, arrow.entry.kind), arrow.shape
    if shape in ("wire", "fold"):
        return line(*(_at(*point) for point in arrow.line.points), ink=ink, dash="1 4")
    x, y = _at(arrow.line.x0, arrow.line.y0)
    if shape == "local":
        return rect(x - 4, y - 4, 8, 8, fill=ink)
    thick = 3.5 if arrow.entry.number == state.step else 2
    return [_end(arrow.line, shape, ink, KINDS[arrow.entry.kind].dash, thick), circle(x, y, 3, fill=ink)]


def _end(way: Line, shape: str, ink: str, dash: str, thick: float = 2) -> Node:
    """A line and what is at its end: a head, a cross where it was lost, a ring while it is on its way."""
    points = [_at(*point) for point in way.points]
    x, y = points[-1]
    drawn_line = line(*points, ink=ink, thick=thick, dash=dash)
    if shape == "lost":
        cross = [line((x - 6, y - d), (x + 6, y + d), ink=KINDS["fault"].light, thick=3) for d in (6, -6)]
        return [drawn_line, cross]
    if shape in ("held", "flying"):
        ring = circle(x, y, 8 if shape == "held" else 4, fill=PAPER, edge=ink, thick=2.5)
        bars = [rect(x + d, y - 4, 2, 8, fill=ink) for d in (-3, 1)] if shape == "held" else None
        return [drawn_line, ring, bars]
    return [drawn_line, shape == "arrives" and head(x, y, 1 if way.x1 > way.x0 else -1, 0, ink)]


def _tag(state: TimelineState, arrow: Arrow) -> Node:
    tag, entry = arrow.tags[USUAL], arrow.entry
    ink, now = _ink(state, entry.number, entry.kind), entry.number == state.step
    x, y = _at(tag.x, tag.y)
    dash = "3 2" if arrow.shape == "wire" else ""
    said = [KINDS[entry.kind].mark]
    if tag.words < len(arrow.line.words):
        said = [str(entry.number), *said, arrow.line.words[tag.words]]
    return [
        rect(
            x - tag.width / 2, y - HIGH / 2, tag.width, HIGH, fill=ink if now else PAPER, edge=ink, dash=dash, round_=4
        ),
        words(x, y + 4, " ".join(filter(None, said)), ink=PAPER if now else ink, anchor="middle", bold=now),
    ]


# ---- what both believe


def _verdict(client: Half, server: Half, y: float) -> Sequence[Node]:
    sign = sign_between(client, server)
    fill, edge = (DIFFER, DIFFER_EDGE) if sign == "≠" else (PANEL, PALE)
    middle = WIDTH / 2
    return [
        rect(0.5, y, WIDTH - 1, FOOT - 9, fill=fill, edge=edge, round_=4),
        words(middle, y + 32, sign, size=28, anchor="middle", bold=True),
        _half(client, "client", middle - 24, y, "end"),
        _half(server, "server", middle + 24, y, "start"),
    ]


def _half(shown: Half, side: str, x: float, y: float, anchor: str) -> Node:
    if not shown.belief:
        return words(x, y + 22, f"{side} {shown.why}", size=13, anchor=anchor)
    believed = words(x, y + 22, f"{side} {shown.belief}", size=18, anchor=anchor, bold=True)
    return [believed, words(x, y + 40, shown.why, anchor=anchor, bold=not shown.true)]
