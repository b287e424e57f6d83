"""The handshake stepper: every line and every check is a step, and a break tells who refuses and how to fix it."""

from __future__ import annotations

import pytest

from tests.widgets.helpers import EVIL, look, press, shown
from wslab.protocol import LocalProtocolError, Role
from wslab.widgets.handshake.exchange import BREAKS, Exchange
from wslab.widgets.handshake.picture import regions, story
from wslab.widgets.handshake.state import Handshake
from wslab.widgets.handshake.widget import HandshakeStepper
from wslab.widgets.page import html_of


def everything(state: Handshake) -> str:
    return "".join(html_of(node) for node in regions(state).values())


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_every_line_check_and_stage_is_one_step_with_a_sentence(name: str) -> None:
    state = Handshake(Exchange(broken=name))
    captions = look(regions(state)["caption"]).having("data-caption")
    assert len(captions) == state.last + 1
    exchange = state.exchange
    steps = len(state.request_lines) + len(exchange.server_checks) + len(state.response_lines)
    steps += len(exchange.client_checks) + (0 if exchange.refusal else 4) + 1
    assert state.last == steps


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_all_checks_are_listed_passed_and_failed(name: str) -> None:
    exchange = Exchange(broken=name)
    picture = look(regions(Handshake(exchange))["picture"])
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
    told = look(regions(Handshake(exchange))["caption"]).text.rpartition("× ")[2]
    assert f"at byte {exchange.decision.offset.byte}" in told
    assert rule.fix.replace("`", "") in told
    assert rule.says.replace("`", "")[1:] in told
    if exchange.by is Role.SERVER:
        assert f"The server refuses with {rule.http_status} " in told
    else:
        assert "The client fails the connection" in told
        assert "the server still believes OPEN" in told


def test_the_broken_line_is_named_from_the_step_of_its_check_on() -> None:
    state = Handshake(Exchange(broken="request-post"), step=3)
    marks = look(regions(state)["picture"]).of_class("wsl-hillegal")
    assert [mark["data-from"] for mark in marks] == [str(state.decided)]
    assert state.moments[state.decided - 1] == ("server", 2)


def test_beliefs_follow_the_steps_and_a_misled_server_is_told() -> None:
    whole = look(regions(Handshake(Exchange(), step=len(Handshake(Exchange()).moments)))["picture"])
    assert [each["class"] for each in whole.of_class("wsl-pill") if "is-false" in (each["class"] or "")] == []
    misled = html_of(regions(Handshake(Exchange(broken="response-accept-hex")))["picture"])
    assert "believes OPEN" in misled


def test_lines_ahead_of_the_step_are_next_and_those_behind_are_past() -> None:
    lines = look(regions(Handshake(Exchange(), step=2))["picture"]).of_class("wsl-hline")
    assert [(each["class"] or "").split()[-1] for each in lines[:3]] == ["is-past", "is-now", "is-next"]


@pytest.mark.parametrize("place", ["path", "origin", "key"])
def test_values_are_data_in_every_region(place: str) -> None:
    value = "/<img/src=x/onerror=alert(1)>" if place == "path" else EVIL
    state = Handshake(Exchange(**{place: value}))
    html = everything(state)
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_text_form_tells_lines_checks_stages_and_the_outcome() -> None:
    told = story(Handshake(Exchange(broken="request-version-8")))
    assert "128  Sec-WebSocket-Version: 8   <- changed" in told
    assert "FAIL  Sec-WebSocket-Version is 13 (§4.1): `8`" in told
    assert "The server refuses with 426 Upgrade Required" in told
    assert "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in story(Handshake(Exchange()))


def test_the_first_view_is_the_outcome_of_a_whole_exchange() -> None:
    view = HandshakeStepper()
    assert view.step == view.last
    assert "Both sides are OPEN" in shown(view)


def test_choosing_a_break_shows_its_outcome_and_fixing_goes_back() -> None:
    view = HandshakeStepper(step=3)
    press(view, "break", value="request-post")
    assert (view.broken, view.step) == ("request-post", view.last)
    assert "The server refuses with 405 Method Not Allowed" in shown(view)
    assert b"POST /chat" in view.request
    assert b"405" in view.response
    press(view, "break")
    assert view.broken == ""
    assert "Fix it" not in shown(view)


def test_a_break_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean 'request-post'"):
        HandshakeStepper(broken="request-pots")


def test_traits_can_be_set_from_python_and_redraw() -> None:
    view = HandshakeStepper()
    view.key = "AAAAAAAAAAAAAAAAAAAAAA=="
    assert "ICX+Yqv66kxgM0FcWaLWlFLwTAI=" in shown(view)
    view.path = "/other"
    assert b"GET /other HTTP/1.1" in view.request


def test_a_key_of_ones_own_is_sent_even_if_wrong_and_a_fresh_one_is_right() -> None:
    view = HandshakeStepper()
    press(view, "key", value="abc")
    assert "The server refuses with 400" in shown(view)
    press(view, "fresh")
    assert "Both sides are OPEN" in shown(view)


def test_what_cannot_stand_in_a_head_is_told_at_its_field_and_the_picture_stays() -> None:
    view = HandshakeStepper()
    before = view.request
    press(view, "path", value="/a b")
    assert view.request == before
    assert "local-header" not in shown(view)
    assert "a header of the handshake is a token".lower() in shown(view).lower()
    assert '"/a b"' in view.regions["inputs"]
    press(view, "path", value="/ab")
    assert view.path == "/ab"
    assert "wsl-problem" not in view.regions["inputs"]


@pytest.mark.parametrize("name", ["path", "subprotocols"])
def test_a_value_that_is_refused_is_shown_as_data(name: str) -> None:
    view = HandshakeStepper()
    press(view, name, value=EVIL)
    assert "<img" not in "".join(view.regions.values())
    assert "&lt;img" in view.regions["inputs"]


def test_setting_it_from_python_raises() -> None:
    with pytest.raises(LocalProtocolError):
        HandshakeStepper(path="/a\r\nX: y")


def test_the_still_page_has_every_step_and_the_heads_to_copy() -> None:
    view = HandshakeStepper()
    page = look(view._repr_html_())
    assert len(page.having("data-caption")) == view.last + 1
    copies = [each["data-copy"] or "" for each in page.having("data-copy")]
    assert any(copy.startswith("b'GET /chat HTTP/1.1\\r\\n") for copy in copies)
    assert any(copy.startswith("b'HTTP/1.1 101 ") for copy in copies)
