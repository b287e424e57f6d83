"""A prediction to make before the run: native radio buttons, and the comparison once both are there.

`wslab.course.Prediction` holds the question and compares; this shows it. The answer stays hidden here until something
is chosen, so that a notebook which was run from top to bottom still asks. Nothing waits for a choice.

Left out: what is right, which only the run knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import htpy as h
import traitlets
from htpy import Node

from wslab.course.predictions import Answer, Prediction
from wslab.widgets.view import View

__all__ = ["Predict", "PredictState", "regions", "story"]


@dataclass(frozen=True, slots=True)
class PredictState:
    """What is shown: `group` is the name that binds the radio buttons together on their page."""

    question: str
    choices: tuple[str, ...]
    chosen: str | None = None
    answer: Answer | None = None
    group: str = "predict"


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
    said = state.chosen == choice
    right = state.answer is not None and state.chosen is not None and state.answer.actual == choice
    return h.label(class_=["wsl-choice", said and "is-chosen", right and "is-right"])[
        button, h.span[choice], " ", right and h.b(".wsl-yes")["the run says so"]
    ]


def _result(state: PredictState) -> Node:
    if state.chosen is None:
        return h.p(".wsl-note")["Choose one, then run on. Nothing waits for you, and nobody counts."]
    if state.answer is None:
        return h.p(".wsl-line", role="status")[f"You said {state.chosen}. Click the next cell and run it to see."]
    sign = "✓" if state.answer.right else "≠"
    return h.p(".wsl-line", role="status")[h.b(aria_hidden="true")[f"{sign} "], state.answer.sentence]


def story(state: PredictState) -> str:
    """The same as plain text."""
    told = [f"Predict first: {state.question}"]
    told += [f"  ({'•' if choice == state.chosen else ' '}) {choice}" for choice in state.choices]
    if state.answer is not None and state.chosen is not None:
        told.append(state.answer.sentence)
    return "\n".join(told)


class Predict(View):
    """A question to answer before the run, with `choices` (shown as text), answered by `resolve`.

    `because` is what there is to learn. `chosen` is a trait, "" while nothing is chosen. Raises ValueError for fewer
    than two choices, two that read the same, and for choosing one that is not offered.

    >>> question = Predict("Which code?", [1000, 1006], because="Nobody sent a Close frame.")
    >>> question.chosen = "1000"
    >>> question.resolve(1006)
    You said 1000; the run says 1006. Nobody sent a Close frame.
    """

    title: ClassVar[str] = "Prediction"
    redraws_on: ClassVar[tuple[str, ...]] = ("chosen",)

    chosen = traitlets.Unicode("", help="The choice, or empty.").tag(sync=True)

    def __init__(self, question: str, choices: Sequence[object], *, because: str = "", **traits: Any) -> None:
        self.prediction = Prediction(question, choices, because=because)
        self._actual: tuple[object, ...] = ()
        self._group = f"predict-{secrets.token_hex(4)}"
        super().__init__(**traits)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: Any) -> str:
        self.prediction.choose(proposal["value"] or None)
        return str(proposal["value"])

    def resolve(self, actual: object) -> Answer:
        """Compare the choice with what the run really gave; the view shows it too once something is chosen."""
        self._actual = (actual,)
        self.redraw()
        return self.prediction.resolve(actual)

    @property
    def state(self) -> PredictState:
        """What the view shows now."""
        asked = self.prediction
        answer = asked.resolve(self._actual[0]) if self._actual else None
        return PredictState(asked.question, asked.choices, asked.chosen, answer, self._group)

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def text(self) -> str:
        """The question, the choices and the answer as plain text."""
        return story(self.state)

    def do_choose(self, arg: str, value: str) -> None:
        """Take a choice by its number."""
        self.chosen = self.prediction.choices[int(arg)]
