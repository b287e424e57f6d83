"""What is shown of an exchange to break: one change at a time, its way back, a guess and its points."""

from __future__ import annotations

import pytest

from wslab.course.peers.attempt import MOST_UNDO, BreakState, Guess, answers_for, rules_for
from wslab.course.peers.changes import Change, surprises
from wslab.course.peers.exchanges import EXCHANGES
from wslab.course.peers.find import Judged, Peers
from wslab.course.peers.in_wslab import InWslab
from wslab.course.peers.judging import Outcome
from wslab.protocol import RULES

TEXT = EXCHANGES["text"]
LEGAL = BreakState.of_exchange(TEXT, 7)


def judged(state: BreakState) -> Judged:
    assert state.change is not None
    return Peers((InWslab(),)).judge(state.exchange, state.change)


# --- changes ------------------------------------------------------------------------------------


def test_one_byte_at_most_is_changed_and_it_is_the_picked_one() -> None:
    state = LEGAL.flip(2, 8).flip(3, 16)
    assert state.change == Change(3, 2, 0xDA)
    assert state.data(2) == TEXT.sent[2].data
    assert state.data(3) != TEXT.sent[3].data
    assert (state.picked[2], state.picked[3]) == (1, 2)


def test_undo_takes_back_one_after_the_other_and_then_nothing() -> None:
    state = LEGAL.flip(2, 8).flip(2, 9).flip(3, 0)
    seen = []
    for _ in range(5):
        seen.append(state.change)
        state = state.undone()
    assert seen == [Change(3, 0, 0x01), Change(2, 1, 0x45), Change(2, 1, 0x05), None, None]


def test_the_way_back_to_legal_can_be_undone_too() -> None:
    state = LEGAL.flip(2, 8).with_change(None)
    assert state.change is None
    assert state.undone().change == Change(2, 1, 0x05)


def test_what_can_be_undone_has_a_bound() -> None:
    state = LEGAL
    for _ in range(MOST_UNDO + 20):
        state = state.flip(2, 8)
    assert len(state.undo) == MOST_UNDO


@pytest.mark.parametrize(("text", "value"), [("00", 0), ("0xFF", 255), (" 7f ", 127)])
def test_a_byte_is_typed_in_hex(text: str, value: int) -> None:
    assert LEGAL.type_byte(2, 1, text).change == Change(2, 1, value)


def test_the_legal_value_typed_again_is_no_change() -> None:
    assert LEGAL.type_byte(2, 1, "00").type_byte(2, 1, "85").change is None


@pytest.mark.parametrize("text", ["", "8", " f"])
def test_a_byte_of_which_one_digit_is_typed_is_neither_changed_nor_wrong(text: str) -> None:
    state = LEGAL.flip(2, 8).type_byte(2, 1, "zz").type_byte(2, 1, text)
    assert (state.change, state.problem) == (Change(2, 1, 0x05), None)


@pytest.mark.parametrize(("text", "words"), [("123", "half a byte"), ("zz", "no hex digit"), ("0102", "2 bytes")])
def test_a_byte_that_cannot_be_read_changes_nothing_and_is_told(text: str, words: str) -> None:
    state = LEGAL.flip(2, 8).type_byte(2, 1, text)
    assert state.change == Change(2, 1, 0x05)
    assert state.problem is not None
    assert state.problem[0] == text
    assert words in state.problem[1]
    assert state.flip(2, 9).problem is None


def test_a_byte_that_is_not_there_is_refused() -> None:
    for place, byte in ((6, 0), (-1, 0), (2, 11)):
        with pytest.raises(ValueError, match="no byte"):
            LEGAL.pick(place, byte)


# --- surprises ----------------------------------------------------------------------------------


def test_surprises_follow_the_seeds_order_and_never_come_twice() -> None:
    state, found = LEGAL, []
    for _ in range(200):
        state = state.surprise()
        found.append(state.change)
    assert found == list(surprises("text", 7)[:200])
    assert len(set(found)) == 200
    assert state.drawn == 200


def test_another_seed_begins_anew() -> None:
    state = LEGAL.surprise().surprise().reseeded(8)
    assert (state.seed, state.drawn) == (8, 0)
    assert state.surprise().change == surprises("text", 8)[0]


# --- guesses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guess", "points"),
    [
        (Guess(), []),
        (Guess(Outcome.ACCEPTS), [False]),
        (Guess(Outcome.REFUSES), [True]),
        (Guess(Outcome.REFUSES, "Close 1002"), [True, True]),
        (Guess(Outcome.REFUSES, "Close 1007", "client-masks"), [True, False, True]),
        (Guess(Outcome.REFUSES, "", "reserved-bits"), [True, False]),
        (Guess(Outcome.WAITS, "Close 1002", "client-masks"), [False]),
    ],
)
def test_each_part_that_was_said_is_a_point(guess: Guess, points: list[bool]) -> None:
    state = LEGAL.flip(2, 8).guessed(guess)
    told = state.with_verdicts(judged(state))
    assert [right for _, right in guess.points(told.told.ours if told.told else judged(state).ours)] == points
    assert (told.right, told.of) == (sum(points), len(points))


def test_a_guess_is_for_one_change_and_stands_once_the_verdict_is_told() -> None:
    state = LEGAL.flip(2, 8).guessed(Guess(Outcome.WAITS))
    told = state.with_verdicts(judged(state))
    assert told.guessed(Guess(Outcome.REFUSES)).guess == Guess(Outcome.WAITS)
    assert told.flip(2, 9).guess == Guess()
    assert told.flip(2, 9).told is None
    assert (told.flip(2, 9).right, told.flip(2, 9).of) == (0, 1)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("name", ["text", "close", "compressed"])
def test_what_wslab_can_say_is_among_the_choices(name: str, place: int) -> None:
    legal = BreakState.of_exchange(EXCHANGES[name], 7)
    answers, rules = answers_for(legal.exchange, place), {rule.id for rule in rules_for(legal.exchange, place)}
    for bit in range(len(legal.data(place)) * 8):
        ours = judged(legal.flip(place, bit)).ours
        if ours.error is not None:
            assert ours.error.rule.id in rules
            guess = Guess(Outcome.REFUSES, rule=ours.error.rule.id)
            assert guess.points(ours)[-1] == (ours.error.rule.text, True)
        if ours.refusal is not None:
            assert any(Guess(Outcome.REFUSES, answer).points(ours)[-1][1] for answer in answers)


def test_the_choices_do_not_point_at_the_right_one() -> None:
    assert len(rules_for(TEXT, 2)) > 15
    assert all(not rule.is_local and rule.in_head for rule in rules_for(TEXT, 0))
    assert RULES["client-masks"] not in rules_for(TEXT, 3)
    assert len(answers_for(TEXT, 2)) > 4


def test_of_an_answer_that_fits_another_key_both_sides_guess_right() -> None:
    key = TEXT.sent[0].data.index(b"dGhl")
    state = LEGAL.flip(0, key * 8 + 2)
    ours = judged(state).ours
    for outcome, right in ((Outcome.ACCEPTS, True), (Outcome.REFUSES, True), (Outcome.WAITS, False)):
        assert [found for _, found in Guess(outcome).points(ours)] == [right]
