"""What the present step is: its sentence, which is always in sight, and in the foot its way, its bytes, what to change.

Left out: what both sides believe then (`states`), and the line of code that did it (`story`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import htpy as h
from htpy import Node

from wslab.widgets import components
from wslab.widgets.timeline.drawer import inside, journey, misled, unfold
from wslab.widgets.timeline.forks import buttons
from wslab.widgets.timeline.state import Span, TimelineState

__all__ = ["sentences", "step"]

LONG = 120
"""Letters of a sentence that may have no room in the two lines above the controls: a longer one is in the foot, too."""


def sentences(state: TimelineState, spans: Sequence[Span], more: Mapping[int, str]) -> Node:
    """The sentence of each step, which a screen reader reads when it becomes the present one; then `more`."""
    return h.div(".wsl-told")[
        (
            h.p(components.during(state.step, first, last))[
                components.mark(state.entries[index].kind), " ", _sentence(state, index, more)
            ]
            for index, first, last in spans
        )
    ]


def _sentence(state: TimelineState, index: int, more: Mapping[int, str]) -> Node:
    return h.span(data_caption=True)[h.b[f"Step {state.entries[index].number}."], " ", _said(state, index, more)]


def _said(state: TimelineState, index: int, more: Mapping[int, str]) -> str:
    entry = state.entries[index]
    return " ".join(filter(None, [state.sentence(entry), *misled(state, index), more.get(entry.number)]))


def step(state: TimelineState, spans: Sequence[Span], more: Mapping[int, str]) -> Node:
    """For each step: which way it goes and when, what can be changed, and its bytes."""
    return [
        h.div(".wsl-dstep", components.during(state.step, first, last))[_step(state, index, more)]
        for index, first, last in spans
    ]


def _step(state: TimelineState, index: int, more: Mapping[int, str]) -> Node:
    entry = state.entries[index]
    if index in state.folds:
        return unfold(entry)
    said = _said(state, index, more)
    apart = components.do_button("Take it apart", "inspect", str(entry.number)) if entry.data else None
    return [
        h.div(".wsl-dsaid")[h.span(".wsl-note")[journey(state, entry)], buttons(state.story, entry), apart],
        len(said) > LONG and h.p[said],
        inside(state, entry),
    ]
