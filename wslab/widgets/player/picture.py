"""The player as HTML and as text: the question, the timeline under it, and what explains it at the foot.

All is in the page at once: the question with the beginning of the run, and the whole run, which shows once something
is chosen. So the player needs no Python to ask, to step and to explain; only another run does.

Left out: the timeline (`timeline.picture`), the question (`ask`), and the explanation (`parts`).
"""

from __future__ import annotations

from collections.abc import Sequence

import htpy as h
from htpy import Node

from wslab.scenarios.interventions import as_code
from wslab.widgets import components
from wslab.widgets.components import prose
from wslab.widgets.player import ask, pair
from wslab.widgets.player.foot.step import sentences
from wslab.widgets.player.home.menu import menu
from wslab.widgets.player.marks import seekers
from wslab.widgets.player.parts import parts
from wslab.widgets.player.state import PlayerState
from wslab.widgets.timeline import picture as timeline
from wslab.widgets.timeline.drawer import opened
from wslab.widgets.timeline.forks import line
from wslab.widgets.timeline.header import empty, tools
from wslab.widgets.timeline.state import Span
from wslab.widgets.timeline.text import rows
from wslab.widgets.timeline.text import text as timeline_text

__all__ = ["regions", "text"]

HELP = (
    "First the question: choose what you expect, or see what happens. "
    "Then step: by the buttons, the slider, the arrow keys or Space, and with F, C and D to the next frame, Close and "
    "difference (with Shift to the one before; + and − change the speed). "
    "“This step” drops, delays, edits, flips or cuts it, and Backspace goes back; "
    "“Values” plays with other values, and “Fixed” shows what helps."
)


def regions(state: PlayerState, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    now = state.timeline
    shown = now.within(steps)
    spans = now.spans(shown)
    runs = _pair(state, steps) or _one(state, shown, spans)
    return {
        "header": _header(state),
        "question": ask.question(state),
        "fork": runs.get("fork"),
        "picture": runs["picture"],
        "verdict": runs.get("verdict"),
        "caption": sentences(now, spans, pair.meanwhile(state.beside, now)),
        "controls": h.div(".wsl-playrow")[timeline.controls(now, shown) if shown else None, seekers(now)],
        "parts": None if now.inspected else parts(state, spans),
        "inspector": opened(now) if shown else None,
        "ask": None if state.said else ask.ask(state),
    }


def _header(state: PlayerState) -> Node:
    given = ", ".join(f"{name}={as_code(value)}" for name, value in state.played.call.parameters.items())
    return components.header(
        state.played.scenario.name,
        HELP,
        h.span(".wsl-tools.wsl-later")[tools(state.timeline, told(state), menu(state))],
        components.do_button("All scenarios", "gallery", title="Go to the gallery of all scenarios"),
        about=[
            given or state.played.scenario.group,
            ask.score(state) and h.b(".wsl-score.wsl-later")[ask.score(state)],
        ],
    )


# ---- which run


def _runs(state: PlayerState) -> Node:
    """Above the wire: the run as it is, and the fixed one."""
    fix = state.played.scenario.fix
    if not fix:
        return None
    given = ", ".join(f"{name}={as_code(value)}" for name, value in fix.items())
    return h.span(".wsl-row.wsl-runs", role="group", aria_label="Which run")[
        _run("As it is", "plain", pressed=not state.is_fixed),
        _run(f"Fixed: {given}", "fixed", pressed=state.is_fixed),
    ]


def _run(words: str, name: str, *, pressed: bool) -> Node:
    return h.button(
        ".wsl-button",
        type="button",
        data_do="run",
        data_arg=name,
        data_key=f"which-{name}",
        aria_pressed=str(pressed).lower(),
        title=words,
    )[words]


def _one(state: PlayerState, shown: Sequence[int], spans: Sequence[Span]) -> dict[str, Node]:
    """What is drawn of a run that stands alone."""
    now = state.timeline
    if not shown:
        return {"picture": empty(now)}
    return {
        "fork": line(now.story, now.connection),
        "picture": timeline.one_run(now, shown, spans, middle=_runs(state)),
        "verdict": timeline.verdicts(now, spans),
    }


def _pair(state: PlayerState, steps: range) -> dict[str, Node]:
    """What is drawn of two runs side by side; nothing where one stands alone."""
    base, now = state.beside, state.timeline
    if base is None or now.story is None:
        return {}
    return {
        "fork": pair.banner(now.story, now.connection, prose(state.played.fix)),
        "picture": pair.picture(base, now, steps),
        "verdict": pair.verdicts(base, now, steps),
    }


def text(state: PlayerState) -> str:
    """As plain text: the question with the beginning of the run, and all of it only once something was said."""
    if state.said:
        return told(state)
    begins = "" if state.scene is None else f"\n\nSo it begins:\n\n{rows(state.scene)}"
    return f"{ask.asked_text(state)}{begins}\n\nWhat follows, and why, shows once you have answered."


def told(state: PlayerState) -> str:
    """The question with its answers, the run and what explains it, as plain text."""
    return f"{ask.answers_text(state)}\n\n{timeline_text(state.timeline)}\n\n{state.explanation}"
