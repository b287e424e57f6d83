"""A prediction as HTML and text, at each of its moments."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look
from wslab.course.predictions import Prediction
from wslab.widgets.page import html_of
from wslab.widgets.predict.picture import regions, text
from wslab.widgets.predict.state import PredictState


def everything(state: PredictState) -> str:
    return "".join(html_of(node) for node in regions(state).values())


def answered(actual: str, chosen: str | None = None) -> PredictState:
    prediction = Prediction("Q?", {"a": "Why a.", "b": "Why b."})
    answers = tuple(prediction.answer(choice, actual) for choice in prediction.choices)
    return PredictState("Q?", prediction.choices, chosen, answers)


def visible(state: PredictState) -> list[str | None]:
    return [each["data-show"] for each in look(everything(state)).having("data-show") if "hidden" not in each]


def test_before_a_choice_the_answer_is_hidden() -> None:
    assert visible(answered("b")) == [""]
    assert text(answered("b")) == "Predict first: Q?\n  ( ) a\n  ( ) b"


def test_the_choice_and_the_right_answer_are_marked() -> None:
    state = answered("b", "a")
    choices = [(each["class"] or "").split() for each in look(everything(state)).of_class("wsl-choice")]
    assert choices == [["wsl-choice", "is-chosen"], ["wsl-choice", "is-right"]]
    assert visible(state) == ["choice-0"]
    assert text(state).splitlines()[1] == "  (•) a"
    assert text(state).splitlines()[3:] == ["✓ The run says: b", "Why b.", "≠ You said: a", "Why a."]


def test_code_in_a_question_and_in_a_reason_is_shown_as_code() -> None:
    prediction = Prediction("What does `send()` do?", {"a": "Since `b` waits.", "b": "Since `a` waits."})
    answers = tuple(prediction.answer(choice, "b") for choice in prediction.choices)
    page = everything(PredictState(prediction.question, prediction.choices, "a", answers))
    assert "<legend>What does <code>send()</code> do?</legend>" in page
    assert "<p>Since <code>a</code> waits.</p>" in page
    assert "<p>Since <code>b</code> waits.</p>" in page


def test_a_wrong_choice_has_two_reasons_and_a_right_one_has_one() -> None:
    tags = look(everything(answered("b", "a")))
    assert (len(tags.of_class("wsl-reason")), len(tags.of_class("is-wrong"))) == (3, 1)  # of both choices, ahead
    assert "≠ You said: a" in tags.text
    assert "✓ The run says: b, and so did you" in tags.text


@pytest.mark.parametrize(("actual", "chosen", "first"), [("a", "b", "✓ The run says: a"), ("b", "a", "≠ You said: a")])
def test_the_reasons_stand_in_the_order_of_the_choices(actual: str, chosen: str, first: str) -> None:
    told = html_of(regions(answered(actual, chosen))["caption"])
    shown = told.partition(f'data-show="choice-{"ab".index(chosen)}"')[2]
    assert look(shown.partition(">")[2]).text.startswith(first)


def test_what_there_is_to_say_needs_no_python() -> None:
    tags = look(everything(answered("b")))
    assert [each["data-do"] for each in tags.having("data-do")] == ["save"]
    assert [each["data-select"] for each in tags.having("data-select")] == ["choice-0", "choice-1"]


def test_question_and_choices_are_data() -> None:
    assert "<img" not in everything(PredictState(EVIL, (EVIL, "b"), EVIL, group=EVIL))
