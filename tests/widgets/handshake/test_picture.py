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
def test_every_step_has_a_sentence(name: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    captions = look(regions(state)["caption"]).having("data-caption")
    assert len(captions) == state.last + 1
    assert state.last <= 12


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_all_checks_are_dots_passed_and_failed(name: str) -> None:
    exchange = Exchange(broken=name)
    picture = look(regions(HandshakeState(exchange))["picture"])
    marks = [(each["aria-label"] or "").partition(":")[0] for each in picture.of_class("wsl-hdot")]
    wanted = ["passed" if check.passed else "failed" for check in [*exchange.client_checks, *exchange.server_checks]]
    assert marks == wanted
    titles = [each["title"] or "" for each in picture.of_class("wsl-hdot")]
    assert all(check.rule.text in title for check, title in zip([*exchange.client_checks], titles, strict=False))


@pytest.mark.parametrize("name", sorted(set(BREAKS) - {"request-upgrade-twice", "request-connection-twice"}))
def test_the_last_steps_tell_who_which_rule_where_and_how_to_fix_it(name: str) -> None:
    exchange = Exchange(broken=name)
    assert exchange.decision is not None
    rule = exchange.decision.rule
    told = look(regions(HandshakeState(exchange))["caption"]).text
    failing, _, outcome = told.rpartition("× ")
    assert f"at byte {exchange.decision.offset.byte}" in failing
    assert rule.text.replace("`", "") in failing
    assert rule.fix.replace("`", "") in outcome
    assert rule.why[1:] in outcome
    if exchange.by is Role.SERVER:
        assert f"The server refuses with {rule.http_status} " in outcome
    else:
        # §4.1: with another status than 101 the client handles the response per HTTP, and fails nothing
        is_http = rule.id == "response-status"
        says = "takes the answer as HTTP" if is_http else "fails the connection"
        assert f"The client {says}: it closes TCP and sends no frame" in outcome
        assert "Until that reaches the server, it believes OPEN" in outcome


@pytest.mark.parametrize(
    ("values", "name", "words"),
    [
        ({"subprotocols": "soap"}, "response-subprotocol-unasked", "a subprotocol that was not asked for"),
        ({"subprotocols": "chat, soap"}, "response-subprotocol-unasked", "a subprotocol that was not asked for"),
        ({"key": "AAAAAAAAAAAAAAAAAAAAAA=="}, "response-accept-other", "the accept value of another key"),
        ({"origin": "https://stranger.example"}, "request-origin-foreign", "Origin is a foreign site"),
        ({"origin": ""}, "request-origin-missing", "Origin is missing"),
    ],
)
def test_a_break_that_these_values_make_right_is_said_to_be_none(values: dict[str, str], name: str, words: str) -> None:
    state = HandshakeState(Exchange(broken=name, **values))
    told = f"Accepted: with these values “{words}” is no mistake. Both sides are OPEN."
    assert told in look(regions(state)["caption"]).text
    assert told in text(state)
    assert "Broken on purpose" not in look(regions(state)["caption"]).text


@pytest.mark.parametrize("name", ["request-upgrade-twice", "request-connection-twice"])
def test_a_break_that_breaks_no_rule_is_said_to_break_none(name: str) -> None:
    state = HandshakeState(Exchange(broken=name))
    assert "breaks no rule that is checked" in look(regions(state)["caption"]).text
    assert "Broken on purpose" in look(regions(state)["caption"]).text


def test_what_a_line_is_for_stays_true_where_it_is_broken() -> None:
    def told(name: str) -> str:
        return look(regions(HandshakeState(Exchange(broken=name)))["caption"]).text

    assert "This value is to prove that the server read this very key" in told("response-accept-other")
    assert "The key should be 16 fresh random bytes" in told("request-key-short")


def test_the_broken_line_is_illegal_from_the_step_of_its_check_on() -> None:
    state = HandshakeState(Exchange(broken="request-post"), step=3)
    (mark,) = look(regions(state)["picture"]).of_class("wsl-hillegal")
    assert (mark["data-at"], mark["class"]) == (f"{state.decided}-{state.last}", "wsl-hillegal is-next")
    assert state.steps[state.decided - 1] == "server"


@pytest.mark.parametrize("name", ["", *BREAKS])
def test_nothing_gives_the_outcome_away_before_its_step(name: str) -> None:
    state = HandshakeState(Exchange(broken=name), step=3)
    tags = look(regions(state)["picture"])
    hidden = [each for each in tags.having("data-from") if each["data-from"] == str(state.when("compare"))]
    assert all("hidden" in each for each in hidden)
    assert len(hidden) == ("accept" in state.steps)
    answered = [each for each in tags.of_class("wsl-hhead") if "is-server" in (each["class"] or "")]
    assert all("is-next" in (each["class"] or "") for each in answered)


@pytest.mark.parametrize(
    ("name", "sign"), [("", "is-equal"), ("response-accept-other", "is-unequal"), ("response-accept-hex", "is-unequal")]
)
def test_the_journey_ends_in_a_sign(name: str, sign: str) -> None:
    tags = look(regions(HandshakeState(Exchange(broken=name), step=12))["picture"])
    assert len(tags.of_class(sign)) == 1
    assert ("≠" in tags.text) == (sign == "is-unequal")


def test_a_refused_request_never_begins_the_journey() -> None:
    state = HandshakeState(Exchange(broken="request-post"), step=6)
    boxes = look(regions(state)["picture"]).of_class("wsl-hbox")
    assert len(boxes) == 4
    assert all("is-next" in (box["class"] or "") for box in boxes)


def test_beliefs_follow_the_steps_and_a_misled_server_is_told() -> None:
    whole = html_of(regions(HandshakeState(Exchange(), step=12))["picture"])
    assert "is-false" not in whole
    misled = html_of(regions(HandshakeState(Exchange(broken="response-accept-hex")))["picture"])
    assert "believes OPEN" in misled
    assert ">CLOSED<" in misled  # no code, as on a tape of the same


def test_lines_ahead_of_the_step_are_next_and_those_behind_are_past() -> None:
    lines = look(regions(HandshakeState(Exchange(), step=2))["picture"]).of_class("wsl-hline")
    times = [(each["class"] or "").split()[-1] for each in lines[:5]]
    assert times == ["is-past", "is-past", "is-now", "is-now", "is-next"]


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
    assert "× version: Sec-WebSocket-Version must be 13 (§4.1); found `8`" in told
    assert "The server refuses with 426 Upgrade Required" in told
    assert "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in text(HandshakeState(Exchange()))
