"""The life of a connection is one table, and the table is sound."""

from __future__ import annotations

import pytest

from wslab.protocol import TRANSITIONS, Happening, State
from wslab.protocol.states import after

ORDER = [State.CONNECTING, State.OPEN, State.CLOSING, State.CLOSED]


@pytest.mark.parametrize(("state", "happening"), TRANSITIONS)
def test_no_life_goes_backwards(state: State, happening: Happening) -> None:
    assert ORDER.index(after(state, happening)) >= ORDER.index(state)


def test_nothing_happens_to_what_is_closed() -> None:
    assert not [happening for happening in Happening if (State.CLOSED, happening) in TRANSITIONS]


@pytest.mark.parametrize("state", ORDER[:-1])
def test_tcp_may_end_at_any_time(state: State) -> None:
    assert after(state, Happening.TCP_CLOSED) is State.CLOSED


def test_every_state_is_reached_from_the_first() -> None:
    reached = {State.CONNECTING}
    for _ in State:
        reached |= {then for (state, _), then in TRANSITIONS.items() if state in reached}
    assert reached == set(State)


def test_every_happening_has_its_place() -> None:
    assert {happening for _, happening in TRANSITIONS} == set(Happening)


def test_what_cannot_happen_is_a_bug_of_ours() -> None:
    with pytest.raises(KeyError):
        after(State.CLOSED, Happening.CLOSE_SENT)
