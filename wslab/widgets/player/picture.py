"""The player as HTML and as text: the question, the timeline under it, and what explains it at the foot.

All is in the page at once: the question with the beginning of the run, and the whole run, which shows once something
is chosen. So the player needs no Python to ask, to step and to explain; only another run does.

Left out: the timeline (`timeline.picture`), and the explanation (`parts`).
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.scenarios.interventions import as_code
from wslab.widgets import components
from wslab.widgets.components import prose
from wslab.widgets.player.parts import parts
from wslab.widgets.player.state import SEEN, PlayerState, said_name
from wslab.widgets.timeline import picture as timeline
from wslab.widgets.timeline.forks import proof
from wslab.widgets.timeline.header import tools
from wslab.widgets.timeline.state import SIDES
from wslab.widgets.timeline.text import rows
from wslab.widgets.timeline.text import text as timeline_text

__all__ = ["regions", "text"]

HELP = (
    "First the question: choose what you expect, or see what happens. "
    "Then step through the run with the buttons, the slider or the arrow keys; the ribbons show what each side "
    "believes. At a step (“This step”) you can drop, delay, flip or cut it, and see the run fork; “Fixed” shows the "
    "same with the fix."
)


def regions(state: PlayerState, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    drawn = timeline.regions(state.timeline, steps, middle=_runs(state))
    drawer = drawn.pop("drawer", None)
    return {
        "header": _header(state),
        "question": _question(state),
        "fork": drawn.get("fork") or _fixed(state),
        "picture": drawn["picture"],
        "verdict": drawn.get("verdict"),
        "controls": drawn.get("controls"),
        "parts": None if state.timeline.inspected else parts(state, drawer),
        "inspector": drawn.get("inspector"),
        "ask": None if state.said else _ask(state),
    }


def _header(state: PlayerState) -> Node:
    given = ", ".join(f"{name}={as_code(value)}" for name, value in state.played.call.parameters.items())
    return components.header(
        state.played.scenario.name,
        HELP,
        h.span(".wsl-tools.wsl-later")[tools(state.timeline, told(state))],
        about=given or state.played.scenario.group,
    )


# ---- the question


def _question(state: PlayerState) -> Node:
    return h.div(".wsl-question")[
        h.p(".wsl-asked")[prose(state.played.scenario.question)],
        _answer(state, state.said) if state.said else [_answer(state, name) for name in _names(state)],
    ]


def _names(state: PlayerState) -> list[str]:
    return [said_name(number) for number in range(len(state.choices))]


def _answer(state: PlayerState, name: str) -> Node:
    """What there is to say of a choice, which is shown once it was made."""
    names = dict(zip(_names(state), state.choices, strict=True))
    if name not in names:
        return None
    right = names[name] == state.right
    words = f"You said {names[name]}, and so does the run." if right else f"You said {names[name]}: the run says "
    shown: components.Attributes = {} if state.said else {"data-show": name, "hidden": state.selected != name}
    return h.p(shown, class_=f"wsl-answer {'is-right' if right else 'is-wrong'}", role="status")[
        h.b["✓ " if right else "≠ "], words, not right and [h.b[state.right], "."]
    ]


def _ask(state: PlayerState) -> Node:
    """The choices and the beginning of the run, while nothing is chosen."""
    scene = state.scene
    return h.div(".wsl-ask", data_show="", hidden=state.selected != "")[
        h.div(".wsl-choices")[
            h.span(".wsl-label")["In the end, client and server believe:" if state.choices else ""],
            h.div(".wsl-row", role="group", aria_label="What do client and server believe in the end?")[
                (_chip(choice, said_name(number)) for number, choice in enumerate(state.choices))
            ],
            _chip("See what happens", SEEN),
        ],
        scene is not None and h.div(".wsl-scene", inert=True)[timeline.beginning(scene)],
        h.div(".wsl-tverdict", aria_hidden="true")[
            (h.span(class_=f"wsl-thalf is-{side}")[h.span[side, " ", h.b["?"]]] for side in SIDES)
        ],
    ]


def _chip(words: str, name: str) -> Node:
    # an input, because the focus alone chooses a button
    return h.input(".wsl-button", type="button", value=words, data_select=name, data_key=f"choose-{name}")


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


def _fixed(state: PlayerState) -> Node:
    """What is other in the fixed run."""
    if not state.is_fixed:
        return None
    story = state.timeline.story
    back = components.do_button("Back", "run", "plain", title="Back to the run as it is")
    return h.div(".wsl-tfork", role="status")[
        h.p[h.b["Fixed. "], prose(state.played.fix)],
        story is not None and proof(story, state.timeline.connection, back),
    ]


def text(state: PlayerState) -> str:
    """As plain text: the question with the beginning of the run, and all of it only once something was said."""
    if state.said:
        return told(state)
    begins = "" if state.scene is None else f"\n\nSo it begins:\n\n{rows(state.scene)}"
    return f"{_asked(state)}{begins}\n\nWhat follows, and why, shows once you have answered."


def _asked(state: PlayerState) -> str:
    """The question, and what there is to choose from."""
    choices = "".join(f"\n  ( ) {choice}" for choice in state.choices)
    return f"{state.played.scenario.question}" + (choices and f"\nIn the end, client and server believe:{choices}")


def told(state: PlayerState) -> str:
    """The question, what was said, the run and what explains it, as plain text."""
    said = dict(zip(_names(state), state.choices, strict=True)).get(state.said)
    answer = "" if said is None else f"\n{_judged(state, said)}"
    return f"{state.played.scenario.question}{answer}\n\n{timeline_text(state.timeline)}\n\n{state.explanation}"


def _judged(state: PlayerState, said: str) -> str:
    if said == state.right:
        return f"✓ You said {said}, and so does the run."
    return f"≠ You said {said}: the run says {state.right}."
