"""`Predict`, the widget: a question to answer before the run.

`wslab.course.Prediction` holds the question and compares; the widget has the choice as a trait and shows both. Nothing
waits for a choice. In the page a choice is what is `selected`: so a prediction works where no Python is left.

Left out: which choice is right, which only the run knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.course.predictions import Answer, Prediction
from wslab.widgets.predict.picture import regions, text, token
from wslab.widgets.predict.state import PredictState
from wslab.widgets.view import View

__all__ = ["Predict"]


class Predict(View):
    """A question to answer before the run, with `choices` (shown as text), answered by `resolve`.

    As a mapping, `choices` carry reasons: why it is so where the run gives this choice, and why it is not so where it
    does not. `because` is what there is to learn. The first run decides. `chosen` is a trait, "" while nothing is
    chosen. Raises ValueError for fewer than two choices, two that read the same, and for choosing one that is not
    offered.

    >>> question = Predict("Which code?", [1000, 1006], because="Nobody sent a Close frame.")
    >>> question.chosen = "1000"
    >>> question.resolve(1006)
    You said 1000; the run says 1006. Nobody sent a Close frame.
    """

    title: ClassVar[str] = "Prediction"
    redraws_on: ClassVar[tuple[str, ...]] = ("chosen",)

    chosen = traitlets.Unicode("", help="The choice, or empty.").tag(sync=True)

    def __init__(
        self, question: str, choices: Sequence[object] | Mapping[object, str], *, because: str = "", **traits: Any
    ) -> None:
        self.prediction = Prediction(question, choices, because=because)
        self._answer: Answer | None = None
        self._group = f"predict-{secrets.token_hex(4)}"
        super().__init__(**traits)
        self._on_chosen()
        self.observe(self._on_chosen, names=["chosen"])
        self.observe(self._on_selected, names=["selected"])

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: Any) -> str:
        self.prediction.choose(proposal["value"] or None)
        return str(proposal["value"])

    def _on_chosen(self, _change: Any = None) -> None:
        choices = self.prediction.choices
        self.selected = token(choices.index(self.chosen)) if self.chosen else ""

    def _on_selected(self, change: Any) -> None:
        names = {token(number): choice for number, choice in enumerate(self.prediction.choices)}
        self.chosen = names.get(change["new"], "")

    def resolve(self, actual: object) -> Answer:
        """Compare the choice with what the run really gave; the view shows it too once something is chosen."""
        self._answer = self.prediction.resolve(actual)
        self.redraw()
        return self._answer

    @property
    def state(self) -> PredictState:
        """What the view shows now."""
        asked = self.prediction
        return PredictState(asked.question, asked.choices, asked.chosen, self._answers(), self._group)

    def _answers(self) -> tuple[Answer, ...]:
        """What there is to say of each choice, once there was a run."""
        told, asked = self._answer, self.prediction
        if told is None:
            return ()
        if not told.offered:
            return (told,) * len(asked.choices)
        return tuple(asked.answer(choice, told.actual) for choice in asked.choices)

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def text(self) -> str:
        """The question, the choices and the answer as plain text."""
        return text(self.state)

    def do_choose(self, arg: str, value: str) -> None:
        """Take a choice by its number."""
        self.chosen = self.prediction.choices[int(arg)]
