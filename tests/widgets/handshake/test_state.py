"""The steps of a handshake: which is what, and where it ends."""

from __future__ import annotations

import pytest

from wslab.protocol import Role
from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.exchange import Exchange
from wslab.widgets.handshake.state import HandshakeState


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_each_step_has_a_number_of_its_own_and_the_last_is_the_outcome(name: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    assert [state.when(step) for step in state.steps] == list(range(1, state.last + 1))
    assert state.steps[-1] == "end"


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_every_line_and_every_check_has_a_step(name: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    for side, shown in ((Role.CLIENT, state.request_lines), (Role.SERVER, state.response_lines)):
        steps = [state.step_of(side, line) for line in shown]
        assert set(steps) <= set(range(1, state.last + 1))
        assert all(1 <= step <= state.last for _, step in state.checks(side))


def test_a_whole_handshake_has_twelve_steps() -> None:
    steps = "line upgrade key server guid sha1 base64 status accept client compare end"
    assert " ".join(HandshakeState(Exchange()).steps) == steps


def test_a_refused_request_has_no_accept_value() -> None:
    assert HandshakeState(Exchange(broken="request-post")).steps[3:] == ("server", "status", "end")


def test_values_are_compared_only_where_the_checks_before_have_passed() -> None:
    assert "compare" not in HandshakeState(Exchange(broken="response-status-200")).steps
    assert HandshakeState(Exchange(broken="response-accept-hex")).steps[-2:] == ("compare", "end")


@pytest.mark.parametrize(
    ("name", "step"),
    [("request-post", "server"), ("response-status-200", "client"), ("response-accept-hex", "compare")],
)
def test_the_decision_stands_at_the_check_that_failed(name: str, step: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    assert state.steps[state.decided - 1] == step


def test_without_a_failed_check_the_decision_is_the_outcome() -> None:
    state = HandshakeState(Exchange())
    assert state.decided == state.last
