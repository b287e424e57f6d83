"""The answers to each scenario's question: one right, some wrong, and each wrong one with a reason of its own."""

from __future__ import annotations

import re

import pytest

from wslab import play
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.outcomes import outcomes

MOST_LETTERS, LONGEST_REASON = 56, 180
"""What fits on a button, and into two lines under the question."""

CODE = re.compile(r"\b1\d{3}\b")


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_question_has_one_right_answer_and_others_with_reasons(name: str) -> None:
    answers = SCENARIOS[name].answers
    offered = [answers.right, *answers.wrong]
    assert 3 <= len(offered) <= 4
    assert len({each.casefold() for each in offered}) == len(offered)
    assert all(0 < len(each) <= MOST_LETTERS and each[-1] != "." for each in offered)
    reasons = list(answers.wrong.values())
    assert len(set(reasons)) == len(reasons)
    assert all(len(each) <= LONGEST_REASON and each[-1] == "." for each in reasons)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_code_in_the_right_answer_is_one_of_the_run(name: str) -> None:
    tape = play(name)
    seen = {str(belief.code) for end in outcomes(tape) for _, belief in end.beliefs} | {
        code for entry in tape if entry.kind == "close" for code in CODE.findall(entry.sentence)
    }
    assert set(CODE.findall(SCENARIOS[name].answers.right)) <= seen


@pytest.mark.parametrize("name", ["network-change", "reconnect"])
def test_the_news_in_the_right_answer_are_those_that_the_client_never_got(name: str) -> None:
    (seen,) = (entry.sentence for entry in play(name) if " has seen " in entry.sentence)
    got = set(re.findall(r"\b[1-8]\b", re.split(r"items: |news |; ", seen, maxsplit=1)[1].partition(";")[0]))
    assert set(re.findall(r"\b[1-8]\b", SCENARIOS[name].answers.right)) == set("12345678") - got


def test_each_topic_has_scenarios_and_each_scenario_one_topic() -> None:
    assert {each.topic for each in SCENARIOS.values()} == set(Topic)
