"""A prediction as HTML and as text: native radio buttons, and the comparison once a choice and an answer are there.

The answer stays hidden until something is chosen, so that a notebook that was run from top to bottom still asks.

Left out: which choice is right, which only the run knows.
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.widgets.predict.state import PredictState

__all__ = ["regions", "text"]


def regions(state: PredictState) -> dict[str, Node]:
    """All regions of the view."""
    return {"picture": _question(state), "caption": _result(state)}


def _question(state: PredictState) -> Node:
    return h.fieldset(".wsl-predict")[
        h.legend[h.span(".wsl-about")["Predict first"], " ", h.strong[state.question]],
        (_choice(state, number, choice) for number, choice in enumerate(state.choices)),
    ]


def _choice(state: PredictState, number: int, choice: str) -> Node:
    button = h.input(
        type="radio",
        name=state.group,
        value=str(number),
        checked=choice == state.chosen,
        data_do="choose",
        data_arg=str(number),
        data_key=f"choose-{number}",
    )
    is_chosen = state.chosen == choice
    is_right = state.answer is not None and state.chosen is not None and state.answer.actual == choice
    return h.label(class_=["wsl-choice", is_chosen and "is-chosen", is_right and "is-right"])[
        button, h.span[choice], " ", is_right and h.b(".wsl-yes")["the run says so"]
    ]


def _result(state: PredictState) -> Node:
    if state.chosen is None:
        return h.p(".wsl-note")["Choose one, then run on. Nothing waits for you, and no score is kept."]
    if state.answer is None:
        return h.p(".wsl-line", role="status")[f"You said {state.chosen}. Click the next cell and run it to see."]
    sign = "✓" if state.answer.right else "≠"
    return h.p(".wsl-line", role="status")[h.b(aria_hidden="true")[f"{sign} "], state.answer.sentence]


def text(state: PredictState) -> str:
    """The same as plain text."""
    lines = [f"Predict first: {state.question}"]
    lines += [f"  ({'•' if choice == state.chosen else ' '}) {choice}" for choice in state.choices]
    if state.answer is not None and state.chosen is not None:
        lines.append(state.answer.sentence)
    return "\n".join(lines)
