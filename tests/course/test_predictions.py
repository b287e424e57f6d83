"""A prediction compares what was chosen with what the run gave, and never blocks or scolds."""

from __future__ import annotations

import pytest

from wslab.course import Prediction

CODES = [1000, 1001, 1006]


def test_a_wrong_choice_is_told_beside_what_the_run_says() -> None:
    prediction = Prediction("Which code?", CODES, because="Nobody sent a Close frame.")
    prediction.choose(1000)
    answer = prediction.resolve(1006)
    assert answer.right is False
    assert str(answer) == "You said 1000; the run says 1006. Nobody sent a Close frame."


def test_a_right_choice_is_told_in_one_sentence() -> None:
    prediction = Prediction("Which code?", CODES)
    prediction.choose("1006")
    answer = prediction.resolve(1006)
    assert answer.right is True
    assert answer.sentence == "You said 1006, and so does the run."


def test_without_a_choice_the_answer_comes_kindly() -> None:
    answer = Prediction("Which code?", CODES).resolve(1006)
    assert answer.right is None
    assert answer.sentence == "You have not chosen yet. The run says: 1006."


@pytest.mark.parametrize("chosen", [None, *CODES])
def test_a_run_that_gives_none_of_the_choices_proves_nothing(chosen: object) -> None:
    prediction = Prediction("Which code?", CODES)
    prediction.choose(chosen)
    answer = prediction.resolve(4000)
    assert answer.right is None
    assert str(answer).startswith("The run says 4000, which no choice offers: did the cell run twice?")


def test_the_first_run_decides_and_a_second_proves_no_choice_wrong() -> None:
    prediction = Prediction("How many requests?", ["1", "2"])
    prediction.choose("1")
    assert prediction.resolve("1").right is True
    assert prediction.resolve("2").right is True  # the cell ran twice on one tape
    assert str(prediction.resolve("3")) == "You said 1, and so does the run."


def test_a_choice_says_why_it_is_so_or_why_not() -> None:
    prediction = Prediction("Which code?", {1000: "No Close came.", 1006: "TCP ended."}, because="§7.1.5.")
    prediction.choose(1000)
    told = prediction.resolve(1006)
    assert str(told) == "You said 1000; the run says 1006. TCP ended. §7.1.5. No Close came."
    prediction.choose(1006)
    assert str(prediction.resolve(1006)) == "You said 1006, and so does the run. TCP ended. §7.1.5."


def test_a_choice_can_be_taken_back() -> None:
    prediction = Prediction("Which code?", CODES)
    prediction.choose(1000)
    prediction.choose(None)
    assert prediction.resolve(1000).right is None


def test_a_choice_that_is_not_offered_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="'1007' is none of the choices: '1000', '1001', '1006'"):
        Prediction("Which code?", CODES).choose(1007)


@pytest.mark.parametrize(
    ("choices", "words"),
    [([], "at least two"), (["a"], "at least two"), (["a", "a"], "read the same"), ([1, "1"], "read the same")],
)
def test_choices_that_are_no_choice_are_refused(choices: list[object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Prediction("?", choices)


def test_one_text_is_not_taken_for_choices() -> None:
    with pytest.raises(TypeError, match=r"write \['abc', \.\.\.\]"):
        Prediction("?", "abc")


def test_the_answer_is_data_in_html() -> None:
    prediction = Prediction("?", ["<b>", "<img src=x>"])
    prediction.choose("<b>")
    assert (
        prediction.resolve("<img src=x>")._repr_html_() == "<p>You said &lt;b&gt;; the run says &lt;img src=x&gt;.</p>"
    )


def test_it_shows_its_state_in_a_cell() -> None:
    prediction = Prediction("Why?", ["a", "b"])
    prediction.choose("a")
    assert repr(prediction) == "Prediction('Why?', ['a', 'b'], chosen='a')"
