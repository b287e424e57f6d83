"""What is asked before a run: the scenario's own question, or what both sides believe, and why the others are wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from wslab import play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.outcomes import outcomes
from wslab.widgets.player.question import CHOICES, choices_of, question_of
from wslab.widgets.timeline.forks import ending

SOME = ("half-open", "clean-close", "killed", "tunnel", "zombie-user", "handshake-refused", "simultaneous-close")


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_asks_its_own_question_with_reasons_for_all_answers_but_one(name: str) -> None:
    scenario, question = SCENARIOS[name], question_of(play(name), 1)
    assert question.text == scenario.question
    assert question.right == scenario.answers.right
    assert {each.words: each.why for each in question.choices if each.why} == scenario.answers.wrong
    assert len(question.choices) == 1 + len(scenario.answers.wrong)


def test_the_place_of_an_answer_tells_nothing() -> None:
    questions = [question_of(play(name), 1) for name in SCENARIOS]
    places = Counter([each.words for each in one.choices].index(one.right) for one in questions)
    assert len(places) == 4
    assert max(places.values()) < 0.45 * len(SCENARIOS)


def test_with_other_parameters_it_asks_what_both_sides_believe() -> None:
    question = question_of(play("half-open", ping_interval=3), 1)
    assert question.text == "With `ping_interval=3`: what do client and server believe in the end?"
    assert question.right == "CLOSED 1006 = CLOSED 1006"
    reasons = {each.words: each.why for each in question.choices}
    assert reasons["OPEN = OPEN"] == (
        "The client believes CLOSED 1006 from step 11 on (no Close came: TCP was reset by this side (RST)). "
        "The server believes CLOSED 1006 from step 19 on (failed the connection: no Pong came in time)."
    )
    assert [each.words for each in question.choices] == sorted(reasons)


def test_a_parameter_at_its_default_changes_nothing_and_a_seed_does() -> None:
    assert question_of(play("half-open", timeout=10.0), 1).text == SCENARIOS["half-open"].question
    assert question_of(play("in-order", seed=3), 1).text.startswith("With `seed=3`: what")


def test_of_several_connections_it_names_the_one_that_is_shown() -> None:
    question = question_of(play("zombie-user", ping_interval=200), 2)
    assert question.text.startswith("With `ping_interval=200`: what do client and server of connection 2 believe")
    wrong = next(each for each in question.choices if each.words == "CLOSED 1006 ≠ OPEN")
    assert wrong.why == "The client believes OPEN from step 5 on, and nothing has told it otherwise."


def test_a_process_that_was_killed_believes_nothing_any_more() -> None:
    wrong = next(each for each in question_of(play("killed", seed=1), 1).choices if "= CLOSED 1006" in each.words)
    assert wrong.why == "The server believes nothing any more."


@pytest.mark.parametrize("name", SOME)
def test_a_reason_that_is_made_names_the_step_from_which_on_the_side_believes_it(name: str) -> None:
    tape = play(name, seed=1)
    question = question_of(tape, 1)
    assert len(question.choices) == CHOICES
    assert question.right == ending(tape, 1)
    last = outcomes(tape, alike=False)[0]
    for choice in question.choices:
        for side in ("client", "server") if choice.why else ():
            if f"The {side} believes" in choice.why and f"The {side} believes nothing" not in choice.why:
                step = int(choice.why.partition(f"The {side} believes ")[2].partition("from step ")[2].split()[0])
                believed = [str(getattr(entry, side)) for entry in tape.entries(1) if entry.number >= step]
                before = [str(getattr(entry, side)) for entry in tape.entries(1) if entry.number < step]
                assert set(believed) == {str(getattr(last, side))}
                assert before[-1:] != believed[:1]


@pytest.mark.parametrize(
    ("right", "offered"),
    [
        ("CLOSED 1006 ≠ OPEN", {"OPEN ≠ CLOSED 1006", "CLOSED 1006 = CLOSED 1006", "OPEN = OPEN"}),
        ("OPEN = OPEN", {"CLOSED 1000 = CLOSED 1000", "CLOSED 1006 = CLOSED 1006", "CLOSED 1006 ≠ OPEN"}),
    ],
)
def test_the_other_answers_are_made_from_the_right_one(right: str, offered: set[str]) -> None:
    assert set(choices_of(right)) == {right} | offered


def test_a_run_without_a_connection_has_no_choices() -> None:
    assert choices_of("without a connection") == ()
    assert question_of(play("browser-says-no", reason="local network"), 0).choices == ()
