"""What the timeline knows of each step, without a picture."""

from __future__ import annotations

from tests.widgets.tapes import half_open
from wslab.tape.follow import TapeView
from wslab.widgets.timeline.state import TimelineState, travels


def half_open_state() -> TimelineState:
    view = TapeView(half_open())
    return TimelineState(view.entries(1), view.cut(1))


def test_only_what_goes_from_one_side_to_the_other_travels() -> None:
    assert [travels(entry) for entry in half_open_state().entries[-3:]] == [False, True, True]


def test_a_belief_turns_false_at_the_cut() -> None:
    state = half_open_state()
    assert state.cut is not None
    assert [state.belief(index, "client")[1] for index in (state.cut - 1, state.cut)] == [True, False]


def test_only_a_long_pause_is_a_silence() -> None:
    state = half_open_state()
    assert [state.silence(index) > 0 for index in (0, 1, 6, 7)] == [False, False, True, True]
