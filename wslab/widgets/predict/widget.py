"""`Predict`, the widget: a question to answer before the run.

`wslab.course.Prediction` holds the question and compares; the widget has the choice as a trait and shows both. Nothing
waits for a choice.

Left out: which choice is right, which only the run knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.course.predictions import Answer, Prediction
from wslab.widgets.predict.picture import regions, text
from wslab.widgets.predict.state import PredictState
from wslab.widgets.view import View

__all__ = ["Predict"]


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
        return text(self.state)

    def do_choose(self, arg: str, value: str) -> None:
        """Take a choice by its number."""
        self.chosen = self.prediction.choices[int(arg)]
