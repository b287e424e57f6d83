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


def test_the_answer_is_the_runs_even_where_no_choice_offered_it() -> None:
    prediction = Prediction("Which code?", CODES)
    prediction.choose(1000)
    assert "the run says 4000" in str(prediction.resolve(4000))


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
    prediction = Prediction("?", ["<b>", "c"])
    prediction.choose("<b>")
    assert (
        prediction.resolve("<img src=x>")._repr_html_() == "<p>You said &lt;b&gt;; the run says &lt;img src=x&gt;.</p>"
    )


def test_it_shows_its_state_in_a_cell() -> None:
    prediction = Prediction("Why?", ["a", "b"])
    prediction.choose("a")
    assert repr(prediction) == "Prediction('Why?', ['a', 'b'], chosen='a')"
