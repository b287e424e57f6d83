"""What the timeline knows of each step, without a picture."""

from __future__ import annotations

import pytest

from tests.widgets.tapes import Recorder, closed, half_open, long
from wslab.lab import Tape
from wslab.tape.follow import TapeView
from wslab.widgets.timeline.heights import travels
from wslab.widgets.timeline.state import Filter, TimelineState


def state_of(tape: Tape, connection: int = 1, chosen: Filter | None = None) -> TimelineState:
    view = TapeView(tape)
    return TimelineState(view.entries(connection), view.cut(connection), filter=chosen or Filter())


def two_connections() -> Tape:
    """Two connections that speak in turn: the second has the steps 3 to 5, 8 and 9."""
    told = Recorder().open()
    other = Recorder(2, told.tape).open()
    told.say("one")
    other.say("two")
    return told.tape


def test_only_what_goes_from_one_side_to_the_other_travels() -> None:
    assert [travels(entry) for entry in state_of(half_open()).entries[-3:]] == [False, True, True]


def test_a_belief_turns_false_at_the_cut() -> None:
    state = state_of(half_open())
    assert state.cut is not None
    assert [state.belief(index, "client")[1] for index in (state.cut - 1, state.cut)] == [True, False]


def test_steps_are_the_numbers_of_entries_also_where_another_connection_has_some_of_them() -> None:
    state = state_of(two_connections(), 2)
    assert [state.number(place) for place in range(5)] == [3, 4, 5, 8, 9]
    assert (state.first, state.last) == (3, 9)
    assert [state.nearest(step) for step in (0, 3, 6, 7, 8, 99)] == [3, 3, 5, 5, 8, 9]


def test_a_window_counts_the_steps_that_are_shown() -> None:
    state = state_of(long(100))
    assert state.window(50, 10) == range(40, 61)
    assert state.window(0, 10) == range(11)
    assert state.window(999, 10) == range(193, 203)
    assert state_of(closed()).window(3, 10) == range(8)
    assert len(state.within(range(40, 61))) == 21


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        (Filter(), [0, 1, 2, 3, 4, 5, 6, 7]),
        (Filter(hidden=frozenset({"tcp", "http"})), [3, 4, 5, 6]),
        (Filter(side="server"), [2, 4, 6, 7]),
        (Filter(words="hello"), [3, 4]),
        (Filter(words="BYE", side="client"), [5]),
        (Filter(words="nothing has this"), []),
    ],
)
def test_a_filter_shows_kinds_sides_and_words(chosen: Filter, shown: list[int]) -> None:
    assert list(state_of(closed(), chosen=chosen).shown) == shown


def test_a_kind_is_hidden_and_shown_again() -> None:
    hidden = Filter(hidden=Filter().toggled("ping"))
    assert hidden.hidden == {"ping"}
    assert Filter(hidden=hidden.toggled("ping")) == Filter()
