"""`check_judge`: an opinion does not pass, and the figures that it overlooks are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from wslab import check_judge

Judge = Callable[[Mapping[str, float]], object]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda figures: "false", "of a run with “out of order” 12 it says 'false', and the figures say 'true'."),
        (lambda figures: "true", "of the run itself it says 'true', and the figures say 'false'."),
        (lambda figures: figures["out of order"] > 0, "wants one of 'true', 'half true', 'false'"),
        (lambda figures: figures["disorder"], "KeyError"),
    ],
)
def test_a_judge_that_is_wrong_is_told_with_the_figures(mine: Judge, says: str) -> None:
    result = check_judge(mine, "unordered")
    assert result.ok is False
    assert says in result.sentence


def test_an_opinion_is_named() -> None:
    assert check_judge(lambda _: "half true", "opcodes").hint.startswith("Yours says the same whatever the figures are")


@pytest.mark.parametrize(
    ("judge", "word"),
    [
        (lambda figures: "True" if figures["out of order"] else "False", "False"),
        (lambda _: "half", "half"),
        (lambda figures: "yes" if figures["out of order"] else "false", "yes"),
    ],
)
def test_another_word_is_told_with_those_that_count(judge: Judge, word: str) -> None:
    result = check_judge(judge, "unordered")
    assert result.sentence == f"it says {word!r}, which is none of the four verdicts."
    assert (
        result.hint == "The words that count are 'true', 'half true', 'false', 'not a matter of the protocol', "
        "written like that."
    )


def test_one_part_of_two_is_told() -> None:
    half = check_judge(lambda figures: "false" if figures["beside the five"] else "true", "opcodes")
    assert half.hint == "Compare the figures of this run with what the claim says, part by part."


def test_a_claim_without_an_exercise_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(ValueError, match="no exercise on 'sticky': unordered, opcodes, partitions have one"):
        check_judge(lambda figures: "true", "sticky")
