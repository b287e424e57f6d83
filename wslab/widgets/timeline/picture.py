"""The timeline as HTML: two lifelines with what each side believes, and between them what they sent.

Time goes down. An arrow leaves its sender's lifeline at one height and reaches the other at its own, lower one; it
ends in a cross where it was lost. Each lifeline is a ribbon of belief: an outline while CONNECTING, solid while OPEN,
half of it while CLOSING, two rails once CLOSED; hatched where the belief is no longer true. A pale band joins the two
where they differ. The large line below says what both believe at the present step, with = or ≠.

All places are computed before (`layout`), in pixels down and in parts of the wire across, so the page can be of any
width. A tag has a place and words for each of four widths; the style sheet chooses. What lies behind the present step
is under a veil: it has not happened yet.

Left out: the drawer with the bytes (`drawer`), the header with the filter (`header`), and all geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import htpy as h
from htpy import Node

from wslab.explain.kinds import KINDS
from wslab.explain.words import counted
from wslab.tape.entry import Belief
from wslab.widgets import components
from wslab.widgets.timeline.drawer import drawer, opened
from wslab.widgets.timeline.forks import line
from wslab.widgets.timeline.header import empty, header
from wslab.widgets.timeline.layout import SILENCE, Arrow, Layout, layout
from wslab.widgets.timeline.ribbons import Ribbon
from wslab.widgets.timeline.state import SIDES, Span, TimelineState
from wslab.widgets.timeline.tags import Line
from wslab.widgets.timeline.text import OUTDATED, Half, dropped_words, half, sign_between
from wslab.widgets.timeline.words import duration, moment

__all__ = [
    "BeliefName",
    "Mark",
    "Time",
    "beginning",
    "box",
    "captions",
    "clock",
    "columns",
    "controls",
    "difference_at",
    "drawing",
    "height_of",
    "names_of_beliefs",
    "one_run",
    "regions",
    "veils",
    "verdicts",
]

ACROSS = 1000
"""Units of the drawing from the client to the server."""

CLOSE_BY = 15
"""Pixels within which a second time, or a second belief, is not written."""

LONG_FALSE = 56
"""Pixels from which on a ribbon that is no longer true says so."""


FIRST = "The first difference"
"""What a mark of it says."""

Beside = Callable[[Layout], Node]
"""What stands beside the lifelines, at heights of the layout."""


def regions(
    state: TimelineState, steps: range, *, middle: Node = None, beside: Beside | None = None
) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead; `middle` stands between the names of the sides."""
    if not state.shown:
        return {"header": header(state), "picture": empty(state)}
    shown = state.within(steps)
    spans = state.spans(shown)
    return {
        "header": header(state),
        "fork": line(state.story, state.connection),
        "picture": one_run(state, shown, spans, middle=middle, beside=beside),
        "verdict": verdicts(state, spans),
        "controls": controls(state, shown),
        "drawer": None if state.inspected else drawer(state, spans),
        "inspector": opened(state),
    }


def controls(state: TimelineState, shown: Sequence[int]) -> Node:
    """The buttons and the slider for the steps, of which these entries are rendered."""
    window = (state.entries[shown[0]].number, state.entries[shown[-1]].number)
    return components.stepper(state.step, state.last, first=state.first, pace=1200, window=window, ends=True)


def beginning(state: TimelineState) -> Node:
    """The picture alone, of few entries."""
    return one_run(state, state.shown, state.spans(state.shown))


def one_run(
    state: TimelineState,
    shown: Sequence[int],
    spans: Sequence[Span],
    *,
    middle: Node = None,
    beside: Beside | None = None,
) -> Node:
    """The picture of these entries; `middle` stands between the names of the sides."""
    found = layout(state, shown)
    more = beside is not None and beside(found)
    canvas = drawing(state, found, mark=difference_at(state, found), veils=[veils(state, found, spans), more])
    return h.div(".wsl-timeline")[columns(state, middle), box(state, spans, canvas)]


def box(state: TimelineState, spans: Sequence[Span], inside: Node) -> Node:
    """What scrolls: the picture, between what says how many steps are not rendered before it and after it."""
    before, after = state.place(spans[0][1]), len(state.shown) - state.place(spans[-1][1]) - 1
    return h.div(
        ".wsl-tbox", data_follow=True, data_scroll="rows", tabindex="0", role="group", aria_label=_summary(state)
    )[
        state.dropped > 0 and h.p(".wsl-tmore")[dropped_words(state)],
        before > 0 and h.p(".wsl-tmore")[f"… {counted(before, 'step')} before"],
        inside,
        after > 0 and h.p(".wsl-tmore")[f"… {counted(after, 'step')} after"],
        [h.p(".wsl-tmore")[f"… {sentence}"] for sentence in state.pending],
    ]


class Mark(NamedTuple):
    """Where the first difference is marked: its height, and the step at which it is brought into sight."""

    top: float
    step: int


def drawing(state: TimelineState, found: Layout, *, mark: Mark | None, veils: Node) -> Node:
    """The picture of a run, without what scrolls it; `mark` is the first difference."""
    return h.div(".wsl-tpic", data_roving=True, style=f"height:{found.height:.0f}px")[
        _sign(state, mark),
        _times(state, found),
        (_gap(gap.top, gap.bottom, gap.seconds) for gap in found.gaps),
        (_ribbon(ribbon) for ribbon in found.ribbons),
        (_beliefs(state, found, side) for side in SIDES),
        _wire(state, found, mark),
        veils,
    ]


def _summary(state: TimelineState) -> str:
    count = counted(len(state.shown), "step")
    return f"{count} of a connection, time goes down. Left and right step, up and down choose."


def captions(state: TimelineState, steps: range) -> Iterator[Node]:
    """The sentence of each step, from its number up to the next that is shown."""
    for index, first, last in state.spans(state.within(steps)):
        entry = state.entries[index]
        yield h.p(components.during(state.step, first, last), data_caption=True, title=entry.sentence)[entry.sentence]


def columns(state: TimelineState, middle: Node) -> Node:
    """The names of the sides, with what stands between them."""
    wire = f"connection {state.connection}" if len(state.connections) > 1 else "wire"
    return h.div(".wsl-tcolumns", aria_hidden=None if middle else "true")[
        h.b(".is-client")["Client"],
        h.span[middle or wire],
        h.b(".is-server")["Server"],
    ]


# ---- times


def _times(state: TimelineState, found: Layout) -> Iterator[Node]:
    """The time of each departure, and of each other row, where there is room and it says something new."""
    for time in clock(state, found):
        if time.step is not None:
            now = components.at(
                state.step, *state.when(time.step), classes=f"wsl-ttime {'' if time.shown else 'is-tight'}"
            )
            yield h.span(now, style=f"top:{time.top:.0f}px")[time.words]
        elif time.shown:
            yield h.span(".wsl-ttime", style=f"top:{time.top:.0f}px")[time.words]


class Time(NamedTuple):
    """A time beside the picture: its height, its words, the step that departs there, and whether there is room."""

    top: float
    words: str
    step: int | None
    shown: bool


def clock(state: TimelineState, found: Layout) -> Iterator[Time]:
    """The times of all rows. Where there is no room, a time is that of the present step only."""
    departures = [(arrow.line.y0, arrow.entry.time, arrow.entry.number) for arrow in found.arrows]
    taken = {time for _, time, _ in departures}
    others = [(top, time, -1) for time, top in found.moments if time not in taken]
    last, base, before = -1.0 * CLOSE_BY, -1.0, ""
    for top, time, number in sorted([*departures, *others]):
        words, base = _time_words(time - state.began, base)
        shown = top - last >= CLOSE_BY and words != before
        if shown:
            last, before = top, words
        yield Time(top, words, number if number >= 0 else None, shown)


def difference_at(state: TimelineState, found: Layout) -> Mark | None:
    """The first step that is not as in the run without changes; None where it is not in the picture."""
    step = None if state.story is None else state.stands_for(state.story.difference(state.connection))
    top = height_of(found, step)
    return None if step is None or top is None else Mark(top, step)


def height_of(found: Layout, step: int | None) -> float | None:
    """The height at which a step departs; None where it is not in the picture."""
    return next((arrow.line.y0 for arrow in found.arrows if arrow.entry.number == step), None)


def _sign(state: TimelineState, mark: Mark | None) -> Node:
    """A sign at the height of the first difference. At its step the picture scrolls to it, too."""
    if mark is None:
        return None
    now = components.at(state.step, mark.step, mark.step, classes="wsl-tdiff")
    return h.span(now, data_mark=True, style=f"top:{mark.top:.0f}px", title=FIRST)["≠"]


def _time_words(time: float, base: float) -> tuple[str, float]:
    """A time, and from which one the next may count: shortly after a late moment the difference says more."""
    if base >= 1 and 0 < time - base < 0.5:
        return f"+{duration(time - base)}", base
    return moment(time), time


def _gap(top: float, bottom: float, seconds: float) -> Node:
    path, circle = h.Element("path"), h.Element("circle")
    clock = h.svg(".wsl-tclock", viewBox="0 0 16 16", aria_hidden="true", focusable="false")[
        circle(cx="8", cy="8", r="6.5"), path(d="M8 4.5V8h3")
    ]
    return h.span(".wsl-tgap", style=f"top:{top:.0f}px;height:{bottom - top:.0f}px")[clock, duration(seconds)]


# ---- beliefs


def _ribbon(ribbon: Ribbon) -> Node:
    state = ribbon.belief.state.value.lower()
    new = "is-new" if ribbon.new else ""
    return h.span(
        class_=f"wsl-trib is-{ribbon.side} is-{state} {'' if ribbon.true else 'is-false'} {new}",
        style=f"top:{ribbon.top:.0f}px;height:{ribbon.bottom - ribbon.top:.0f}px",
    )


def _beliefs(state: TimelineState, found: Layout, side: str) -> Iterator[Node]:
    """The name of each belief beside its ribbon."""
    for name in names_of_beliefs(found, side):
        now = components.at(state.step, *state.when(name.step), classes=f"wsl-tbelief is-{side}")
        yield h.span(now, style=f"top:{name.top:.0f}px")[h.b[name.words] if name.new else name.words]


class BeliefName(NamedTuple):
    """What stands beside a ribbon: its height, its words, the step at which it is true, and whether it is new."""

    top: float
    words: str
    step: int
    new: bool


def names_of_beliefs(found: Layout, side: str) -> Iterator[BeliefName]:
    """What stands beside the ribbons of a side, from where each begins; a short one has no room for its name."""
    own = [ribbon for ribbon in found.ribbons if ribbon.side == side]
    free = -1.0 * CLOSE_BY
    for place, ribbon in enumerate(own):
        last = place == len(own) - 1
        step = _step_at(found, ribbon.top)
        if ribbon.new and (last or own[place + 1].bottom - ribbon.top >= CLOSE_BY):
            top = max(ribbon.top - 3, free)
            free = top + CLOSE_BY
            yield BeliefName(top, str(ribbon.belief), step, new=True)
        if not ribbon.true and ribbon.bottom - ribbon.top >= LONG_FALSE:
            free = max(ribbon.top, free) + CLOSE_BY
            yield BeliefName(free - CLOSE_BY, OUTDATED, step, new=False)


def _step_at(found: Layout, height: float) -> int:
    """The step that has just happened at a height."""
    numbers = [arrow.entry.number for arrow in found.arrows if arrow.line.y0 <= height]
    return max(numbers, default=0)


def verdicts(state: TimelineState, spans: Sequence[Span]) -> Node:
    """What both believe at each step, one line for each run of equal steps."""
    runs: list[tuple[int, int, int]] = []
    for index, first, last in spans:
        if runs and _both(state, runs[-1][0]) == _both(state, index):
            runs[-1] = (index, runs[-1][1], last)
        else:
            runs.append((index, first, last))
    return h.div(".wsl-tverdicts")[
        (_verdict(state, index, components.during(state.step, first, last)) for index, first, last in runs)
    ]


def _both(state: TimelineState, index: int) -> tuple[tuple[Belief | None, bool], ...]:
    return tuple(state.belief(index, side) for side in SIDES)


def _verdict(state: TimelineState, index: int, during: components.Attributes) -> Node:
    client, server = (half(state, index, side) for side in SIDES)
    sign = sign_between(client, server)
    words = {"=": "is equal to", "≠": "differs from"}.get(sign)
    return h.div({"class": f"wsl-tverdict {'is-different' if sign == '≠' else ''}", **during})[
        _half(client, "client"),
        h.span(".wsl-tsign", role="img", aria_label=words)[sign] if words else h.span(".wsl-tsign"),
        _half(server, "server"),
    ]


def _half(shown: Half, side: str) -> Node:
    if not shown.belief:
        return h.span(class_=f"wsl-thalf is-{side}")[h.span[side, " ", h.i[shown.why]]]
    return h.span(class_=f"wsl-thalf is-{side} {'' if shown.true else 'is-false'}")[
        h.span[side, " ", h.b[shown.belief]], bool(shown.why) and h.small[shown.why]
    ]


# ---- the wire


def _wire(state: TimelineState, found: Layout, mark: Mark | None) -> Node:
    return h.div(".wsl-twire")[
        (
            h.span(
                class_=f"wsl-tband {'is-lasting' if band.lasting else ''}",
                style=f"top:{band.top:.0f}px;height:{band.bottom - band.top:.0f}px",
            )
            for band in found.bands
        ),
        found.silence is not None and _silence(found.silence, found.height),
        mark and h.span(".wsl-tparting", style=f"top:{mark.top:.0f}px", title=FIRST),
        h.svg(
            ".wsl-tlines",
            viewBox=f"0 0 {ACROSS} {found.height:.0f}",
            preserveAspectRatio="none",
            style=f"height:{found.height:.0f}px",
            aria_hidden="true",
            focusable="false",
        )[
            (_line(state, arrow) for arrow in found.arrows if arrow.shape != "local"),
            (_path(_end_now(state, line, "wsl-tline"), line, KINDS["tcp"].dash) for line in found.ends),
        ],
        (_head(_end_now(state, line, "wsl-tend is-arrives"), line) for line in found.ends),
        (_ends(state, arrow) for arrow in found.arrows),
        (_tag(state, arrow) for arrow in found.arrows),
    ]


def _silence(top: float, height: float) -> Node:
    left, right = (100 * part for part in SILENCE)
    return h.span(
        ".wsl-tsilent", style=f"top:{top:.0f}px;height:{height - top:.0f}px;left:{left:g}%;width:{right - left:g}%"
    )


def _now(state: TimelineState, arrow: Arrow, classes: str) -> components.Attributes:
    kind = f"{classes} wsl-k-{arrow.entry.kind} is-{arrow.shape}"
    return components.at(state.step, *state.when(arrow.entry.number), classes=kind)


def _end_now(state: TimelineState, line: Line, classes: str) -> components.Attributes:
    """What the cut of a link sends to a side is of TCP, and of the step at which the link is cut."""
    return components.at(state.step, *state.when(line.number), classes=f"{classes} wsl-k-tcp")


def _line(state: TimelineState, arrow: Arrow) -> Node:
    dash = "1 4" if arrow.shape in ("wire", "fold") else KINDS[arrow.entry.kind].dash
    return _path(_now(state, arrow, "wsl-tline"), arrow.line, dash)


def _path(now: components.Attributes, line: Line, dash: str) -> Node:
    way = "L".join(f"{x * ACROSS:.0f} {y:.1f}" for x, y in line.points)
    return h.Element("path")(now, d=f"M{way}", stroke_dasharray=dash or None)


def _ends(state: TimelineState, arrow: Arrow) -> Iterator[Node]:
    """A dot where an arrow departs, and at its end a head, a cross where it was lost, a ring while it is on its way."""
    if arrow.shape in ("wire", "fold"):
        return
    yield h.span(_now(state, arrow, "wsl-tdot"), style=_spot(arrow.line.x0, arrow.line.y0))
    if arrow.shape != "local":
        yield _head(_now(state, arrow, "wsl-tend"), arrow.line)


def _head(now: components.Attributes, line: Line) -> Node:
    way = "to-right" if line.x1 > line.x0 else "to-left"
    return h.span({**now, "class": f"{now['class']} {way}"}, style=_spot(line.x1, line.y1))


def _spot(x: float, y: float) -> str:
    return f"left:{100 * x:.1f}%;top:{y:.1f}px"


def _tag(state: TimelineState, arrow: Arrow) -> Node:
    entry, kind, said = arrow.entry, KINDS[arrow.entry.kind], state.sentence(arrow.entry)
    places = ";".join(f"--x{n}:{100 * tag.x:.2f}%;--y{n}:{tag.y:.1f}px" for n, tag in enumerate(arrow.tags))
    alone = " ".join(f"bare-{n}" for n, tag in enumerate(arrow.tags) if tag.words == len(arrow.line.words))
    dots = " ".join(f"dot-{n}" for n, tag in enumerate(arrow.tags) if not tag.free)
    beside = state.beside is not None
    return h.button(
        _now(state, arrow, f"wsl-ttag {alone} {dots}".rstrip()),
        type="button",
        data_goto=str(state.when(entry.number)[0]),
        data_stop=None if beside else str(entry.number),
        data_key=f"{'beside' if beside else 'entry'}-{entry.number}",
        aria_label=f"Step {entry.number}: {said}",
        title=said,
        style=places,
    )[h.span(".wsl-tnumber")[str(entry.number)], h.span(".wsl-mark")[kind.mark], _words(arrow)]


def _words(arrow: Arrow) -> Iterator[Node]:
    """The words of a tag, with the widths at which they are shown."""
    for way, words in enumerate(arrow.line.words):
        widths = [f"in-{n}" for n, tag in enumerate(arrow.tags) if tag.words == way]
        if words and widths:
            yield h.span(class_=f"wsl-twords {' '.join(widths)}")[words]


def veils(state: TimelineState, found: Layout, spans: Sequence[Span]) -> Iterator[Node]:
    """Over what has not happened yet at each step: from where the next entry departs."""
    departs = [arrow.line.y0 for arrow in found.arrows]
    tops = [max(own + 2, after - 3) for own, after in pairwise(departs)]
    for (_, first, last), top in zip(spans, tops, strict=False):
        yield h.span(".wsl-tveil", components.during(state.step, first, last), style=f"top:{top:.0f}px")
