"""A prediction as HTML and as text: the choices as chips in one row, and after the run two reasons side by side.

The chips are native radio buttons. The answer stays hidden until something is chosen, so that a notebook that was run
from top to bottom still asks. What there is to say of each choice is rendered ahead: so a prediction works in a page
without Python, too. The chips look the same before and after, so that nothing moves.

Left out: which choice is right, which only the run knows.
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.course.predictions import Answer
from wslab.widgets import components
from wslab.widgets.predict.state import PredictState

__all__ = ["regions", "text", "token"]

HELP = (
    "Choose what you expect before you run on: with a click, or with the arrow keys; Shift+Enter runs on. "
    "After the run you see the result, and reasons where the question has some. "
    "Nothing waits for you, no score is kept, and until the run you may change your mind."
)


def token(number: int) -> str:
    """The name by which a choice is `selected`."""
    return f"choice-{number}"


def regions(state: PredictState) -> dict[str, Node]:
    """All regions of the view."""
    moment = "after the run" if state.answers else "before you run on"
    return {
        "header": components.header(
            "Predict",
            HELP,
            components.copy_button("Copy as text", text(state), picture="copy"),
            components.do_button("Save as a page", "save", picture="save"),
            about=moment,
        ),
        "picture": _question(state),
        "caption": _results(state),
    }


def _question(state: PredictState) -> Node:
    look = "is-answered" if state.answers and state.chosen is not None else ""
    return h.fieldset(class_=f"wsl-predict {look}".strip(), data_asks=not state.answers)[
        h.legend[components.prose(state.question)],
        h.div(".wsl-chips", style=f"--chips:{len(state.choices)}")[
            (_choice(state, number, choice) for number, choice in enumerate(state.choices))
        ],
    ]


def _choice(state: PredictState, number: int, choice: str) -> Node:
    is_right = bool(state.answers) and state.answers[0].offered and state.answers[0].actual == choice
    button = h.input(
        type="radio",
        name=state.group,
        value=str(number),
        checked=choice == state.chosen,
        data_select=token(number),
        data_key=f"choose-{number}",
    )
    classes = ["wsl-choice", state.chosen == choice and "is-chosen", is_right and "is-right"]
    return h.label(class_=classes, data_link=token(number))[
        button, h.b(".wsl-csign", aria_hidden="true"), h.span[choice], h.b(".wsl-cyou", aria_hidden="true")["you"]
    ]


def _results(state: PredictState) -> Node:
    """What there is to say of each choice, of which that of the chosen one is shown."""
    chosen = "" if state.chosen is None else token(state.choices.index(state.chosen))
    told: dict[str, Node] = {"": "Choose one, then run on. Nothing waits for you, and no score is kept."}
    told |= {token(n): _said(state, n, choice) for n, choice in enumerate(state.choices)}
    return h.div(".wsl-cresults")[
        (h.div(data_show=name, hidden=name != chosen, role="status")[node] for name, node in told.items())
    ]


def _said(state: PredictState, number: int, choice: str) -> Node:
    if not state.answers:
        return h.p[f"You said {choice}. Run the next cell to see. Until then you may change your mind."]
    answer = state.answers[number]
    if not answer.offered:
        return h.p[components.prose(answer.sentence)]
    reasons = [_why(answer), _why_not(answer)] if answer.right is False else [_why(answer)]
    chosen_first = choice in state.choices[: state.choices.index(answer.actual)]
    return h.div(".wsl-reasons")[reasons[::-1] if chosen_first else reasons]  # each below its chip, of two chips


def _why(answer: Answer) -> Node:
    return h.div(".wsl-reason.is-right")[h.b[_right(answer)], answer.because and h.p[components.prose(answer.because)]]


def _why_not(answer: Answer) -> Node:
    return h.div(".wsl-reason.is-wrong")[h.b[_wrong(answer)], answer.why_not and h.p[components.prose(answer.why_not)]]


def _right(answer: Answer) -> str:
    return f"✓ The run says: {answer.actual}" + (", and so did you" if answer.right else "")


def _wrong(answer: Answer) -> str:
    return f"≠ You said: {answer.chosen}"


def text(state: PredictState) -> str:
    """The same as plain text."""
    lines = [f"Predict first: {state.question}"]
    lines += [f"  ({'•' if choice == state.chosen else ' '}) {choice}" for choice in state.choices]
    answer = state.answer
    if answer is None:
        return "\n".join(lines)
    if not answer.offered:
        return "\n".join([*lines, answer.sentence])
    reasons = [_right(answer), answer.because]
    reasons += [_wrong(answer), answer.why_not] if answer.right is False else []
    return "\n".join([*lines, *filter(None, reasons)])
