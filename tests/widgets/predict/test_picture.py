"""A prediction as HTML and text, at each of its moments."""

from __future__ import annotations

from tests.widgets.helpers import EVIL, look
from wslab.course.predictions import Prediction
from wslab.widgets.page import html_of
from wslab.widgets.predict.picture import regions, text
from wslab.widgets.predict.state import PredictState


def everything(state: PredictState) -> str:
    return "".join(html_of(node) for node in regions(state).values())


def test_before_a_choice_the_answer_is_hidden() -> None:
    answer = Prediction("Q?", ["a", "b"]).resolve("b")
    state = PredictState("Q?", ("a", "b"), answer=answer)
    assert "the run" not in look(everything(state)).text
    assert text(state) == "Predict first: Q?\n  ( ) a\n  ( ) b"


def test_the_choice_and_the_right_answer_are_marked() -> None:
    prediction = Prediction("Q?", ["a", "b"])
    prediction.choose("a")
    state = PredictState("Q?", ("a", "b"), "a", prediction.resolve("b"))
    choices = [(each["class"] or "").split() for each in look(everything(state)).of_class("wsl-choice")]
    assert choices == [["wsl-choice", "is-chosen"], ["wsl-choice", "is-right"]]
    assert text(state).splitlines()[1] == "  (•) a"


def test_question_and_choices_are_data() -> None:
    assert "<img" not in everything(PredictState(EVIL, (EVIL, "b"), EVIL, group=EVIL))
