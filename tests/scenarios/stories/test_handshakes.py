"""Openings: states, codes and beliefs of both sides, as they are and fixed, and what each is about."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, Ends, Stories, ends, stories_end
from wslab.lab import Tape
from wslab.protocol import HandshakeRequest, HandshakeResponse, State
from wslab.scenarios import play

NEVER = (CLOSED, None)  # it ended before it was open: there is no code
CLEAN: Ends = ((CLOSED, 1000), (CLOSED, 1000))

AS_IT_IS: Stories = {
    "handshake-refused": (NEVER, NEVER),
    "upgrade-stripped": (NEVER, NEVER),
    "handshake-unanswered": (NEVER, (CLOSED, 1006)),
    "first-frame-glued": CLEAN,
    "wrong-subprotocol": (NEVER, (CLOSED, 1006)),
    "cross-site-origin": CLEAN,
}
FIXED: Stories = {
    "handshake-refused": (1, CLEAN),
    "upgrade-stripped": (1, CLEAN),
    "handshake-unanswered": (2, CLEAN),
    "first-frame-glued": (1, CLEAN),
    "wrong-subprotocol": (1, CLEAN),
    "cross-site-origin": (2, (NEVER, NEVER)),
}


def heads(tape: Tape, connection: int = 1) -> list[bytes]:
    return [entry.data for entry in tape.entries(connection) if entry.kind == "http"]


def status(tape: Tape, connection: int = 1) -> int:
    return HandshakeResponse.parse(heads(tape, connection)[1])[0].status


def sent(tape: Tape, connection: int, sender: str) -> list[bytes]:
    return [each.frame.payload for each in tape.frames(side=sender, connection=connection) if each.frame]


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (400, "Sec-WebSocket-Key"),
        (401, "Say who you are"),
        (403, "https://elsewhere.example"),
        (426, "Sec-WebSocket-Version must be 13"),
        (503, "Every place is taken"),
    ],
)
def test_each_refusal_has_its_status_and_says_why(code: int, says: str) -> None:
    tape = play("handshake-refused", status=code)
    assert status(tape) == code
    assert says in next(entry.sentence for entry in tape if "refuses" in entry.sentence)
    assert ends(tape) == (NEVER, NEVER)
    assert tape.frames() == []


@pytest.mark.parametrize(
    ("code", "header", "value"), [(426, "Sec-WebSocket-Version", "13"), (401, "WWW-Authenticate", "")]
)
def test_a_refusal_names_what_would_do(code: int, header: str, value: str) -> None:
    response = HandshakeResponse.parse(heads(play("handshake-refused", status=code))[1])[0]
    assert (response.header(header) or "").startswith(value or "Bearer")


def test_the_client_that_is_stripped_of_its_upgrade_asked_rightly() -> None:
    tape = play("upgrade-stripped")
    HandshakeRequest.parse(heads(tape)[0])[0].check()
    assert status(tape) == 400
    assert "An intermediary takes the header Upgrade out of the request." in str(tape)


def test_a_client_without_an_answer_gives_up_after_its_patience_while_the_server_believes_open() -> None:
    tape = play("handshake-unanswered", timeout=7.0)
    answer = next(entry for entry in tape if "agrees" in entry.sentence)
    assert answer.fate == "lost"
    assert answer.client is not None
    assert answer.server is not None
    assert (answer.client.state, answer.server.state) == (State.CONNECTING, State.OPEN)
    assert next(entry for entry in tape if "RST" in entry.sentence).time == pytest.approx(7.0, abs=0.01)


def test_the_second_try_comes_after_a_random_while() -> None:
    starts = [play("handshake-unanswered", fixed=True, seed=seed).entries(2)[0].time for seed in range(3)]
    assert len(set(starts)) == 3
    assert all(10 <= start <= 15.1 for start in starts)


def test_the_greeting_that_came_with_the_head_is_lost_and_fixed_it_arrives() -> None:
    fates = [play("first-frame-glued", fixed=fixed).frames(side="server")[0].fate for fixed in (False, True)]
    assert fates == ["lost", "arrived"]


def test_a_server_without_a_subprotocol_is_legal() -> None:
    assert ends(play("wrong-subprotocol", answer="none")) == CLEAN


def test_the_client_tells_why_it_takes_a_101_for_no_answer() -> None:
    assert "Found `chat.v1`" in str(play("wrong-subprotocol"))


def test_the_strangers_page_comes_with_the_same_cookie_and_is_told_the_same_until_the_origin_is_looked_at() -> None:
    tape = play("cross-site-origin")
    cookies = [HandshakeRequest.parse(heads(tape, each)[0])[0].header("Cookie") for each in (1, 2)]
    assert cookies == ["session=anna"] * 2
    assert sent(tape, 1, "server")[0] == sent(tape, 2, "server")[0] == b"Anna has 1,200 euros"
    fixed = play("cross-site-origin", fixed=True)
    assert (status(fixed, 1), status(fixed, 2)) == (101, 403)
    assert ends(fixed, 1) == CLEAN


def test_a_certificate_for_another_name_ends_it_before_a_byte_of_the_handshake() -> None:
    (told,) = play("tls-name-mismatch")
    assert "is for shop.example, not for localhost" in told.sentence


def test_fixed_the_same_messages_travel_inside_tls() -> None:
    assert ends(play("tls-name-mismatch", fixed=True)) == CLEAN
