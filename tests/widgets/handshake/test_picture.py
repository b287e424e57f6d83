"""The handshake stepper as HTML and text: every line and every check is a step, and a break says who refuses."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look
from wslab.protocol import Role
from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.exchange import Exchange
from wslab.widgets.handshake.picture import regions, text
from wslab.widgets.handshake.state import HandshakeState
from wslab.widgets.page import html_of


def everything(state: HandshakeState) -> str:
    return "".join(html_of(node) for node in regions(state).values())


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_every_line_check_and_stage_is_one_step_with_a_sentence(name: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    captions = look(regions(state)["caption"]).having("data-caption")
    assert len(captions) == state.last + 1
    exchange = state.exchange
    steps = len(state.request_lines) + len(exchange.server_checks) + len(state.response_lines)
    steps += len(exchange.client_checks) + (0 if exchange.refusal else 4) + 1
    assert state.last == steps


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_all_checks_are_listed_passed_and_failed(name: str) -> None:
    exchange = Exchange(broken=name)
    picture = look(regions(HandshakeState(exchange))["picture"])
    marks = [
        each.get("aria-label") for each in picture.having("role") if each.get("aria-label") in ("passed", "failed")
    ]
    wanted = ["passed" if check.passed else "failed" for check in [*exchange.server_checks, *exchange.client_checks]]
    assert marks == wanted


@pytest.mark.parametrize("name", sorted(set(BREAKS) - {"request-upgrade-twice", "request-connection-twice"}))
def test_the_outcome_tells_who_which_rule_where_and_how_to_fix_it(name: str) -> None:
    exchange = Exchange(broken=name)
    assert exchange.decision is not None
    rule = exchange.decision.rule
    told = look(regions(HandshakeState(exchange))["caption"]).text.rpartition("× ")[2]
    assert f"at byte {exchange.decision.offset.byte}" in told
    assert rule.fix.replace("`", "") in told
    assert rule.text.replace("`", "")[1:] in told
    if exchange.by is Role.SERVER:
        assert f"The server refuses with {rule.http_status} " in told
    else:
        assert "The client fails the connection" in told
        assert "the server still believes OPEN" in told


def test_the_broken_line_is_named_from_the_step_of_its_check_on() -> None:
    state = HandshakeState(Exchange(broken="request-post"), step=3)
    marks = look(regions(state)["picture"]).of_class("wsl-hillegal")
    assert [mark["data-from"] for mark in marks] == [str(state.decided)]
    assert state.moments[state.decided - 1] == ("server", 2)


def test_beliefs_follow_the_steps_and_a_misled_server_is_told() -> None:
    whole = look(regions(HandshakeState(Exchange(), step=len(HandshakeState(Exchange()).moments)))["picture"])
    assert [each["class"] for each in whole.of_class("wsl-pill") if "is-false" in (each["class"] or "")] == []
    misled = html_of(regions(HandshakeState(Exchange(broken="response-accept-hex")))["picture"])
    assert "believes OPEN" in misled


def test_lines_ahead_of_the_step_are_next_and_those_behind_are_past() -> None:
    lines = look(regions(HandshakeState(Exchange(), step=2))["picture"]).of_class("wsl-hline")
    assert [(each["class"] or "").split()[-1] for each in lines[:3]] == ["is-past", "is-now", "is-next"]


@pytest.mark.parametrize("place", ["path", "origin", "key"])
def test_values_are_data_in_every_region(place: str) -> None:
    value = "/<img/src=x/onerror=alert(1)>" if place == "path" else EVIL
    state = HandshakeState(Exchange(**{place: value}))
    html = everything(state)
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_text_form_tells_lines_checks_stages_and_the_outcome() -> None:
    told = text(HandshakeState(Exchange(broken="request-version-8")))
    assert "128  Sec-WebSocket-Version: 8   <- changed" in told
    assert "FAIL  Sec-WebSocket-Version is 13 (§4.1): `8`" in told
    assert "The server refuses with 426 Upgrade Required" in told
    assert "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in text(HandshakeState(Exchange()))
