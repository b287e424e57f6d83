"""The moments of a handshake: which step is what."""

from __future__ import annotations

import pytest

from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.exchange import Exchange
from wslab.widgets.handshake.state import STAGES, HandshakeState


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_each_moment_has_a_step_of_its_own_in_the_order_of_the_stages(name: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    assert [state.when(*moment) for moment in state.moments] == list(range(1, state.last + 1))
    order = [list(STAGES).index(stage) for stage, _ in state.moments]
    assert order == sorted(order)
    assert state.moments[-1] == ("end", 0)


def test_a_stage_spans_its_moments() -> None:
    state = HandshakeState(Exchange())
    first, last = state.span("accept")
    assert (last - first, state.moments[first - 1], state.moments[last - 1]) == (3, ("accept", 0), ("accept", 3))


def test_a_refused_request_has_no_accept_value() -> None:
    assert "accept" not in dict(HandshakeState(Exchange(broken="request-post")).moments)


@pytest.mark.parametrize(("name", "stage"), [("request-post", "server"), ("response-accept-hex", "client")])
def test_the_decision_stands_at_the_check_that_failed(name: str, stage: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    assert state.moments[state.decided - 1][0] == stage


def test_without_a_failed_check_the_decision_is_the_outcome() -> None:
    state = HandshakeState(Exchange())
    assert state.decided == state.last
