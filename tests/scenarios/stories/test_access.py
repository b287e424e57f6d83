"""Who may come in and for how long: tokens that expire or leak, and a browser that refuses."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Stories, ends, stories_end
from wslab.lab import Tape
from wslab.scenarios import play

AS_IT_IS: Stories = {
    "token-expires": (4, ((CLOSED, None), (CLOSED, None))),
    "token-in-url": (2, ((OPEN, None), (OPEN, None))),
}
FIXED: Stories = {
    "token-expires": (2, ((OPEN, None), (OPEN, None))),
    "token-in-url": (2, ((CLOSED, None), (CLOSED, None))),
    "browser-says-no": (1, ((OPEN, None), (OPEN, None))),
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


def statuses(tape: Tape) -> list[str]:
    """The status of each of the server's answers."""
    return [entry.data.split(b" ")[1].decode() for entry in tape if entry.kind == "http" and entry.sender == "server"]


def test_news_goes_on_after_the_token_has_expired_and_then_the_client_is_locked_out() -> None:
    tape = play("token-expires")
    assert [entry.time > 3600 for entry in tape.frames(1, "server")] == [False, True, True]
    assert statuses(tape) == ["101", "401", "401", "401"]


def test_a_server_that_looks_at_the_clock_ends_the_connection_with_3000() -> None:
    tape = play("token-expires", fixed=True)
    assert ends(tape, 1) == ((CLOSED, 3000), (CLOSED, 3000))
    assert statuses(tape) == ["101", "101"]


@pytest.mark.parametrize(
    ("where", "stranger"),
    [("query", "101"), ("cookie", "401"), ("subprotocol", "401"), ("ticket", "401")],
)
def test_what_a_reader_of_the_access_log_can_do_with_it(where: str, stranger: str) -> None:
    assert statuses(play("token-in-url", where=where)) == ["101", stranger]


def test_a_token_in_the_first_message_keeps_a_stranger_out_after_the_handshake() -> None:
    tape = play("token-in-url", where="first message")
    assert ends(tape, 2) == ((CLOSED, 1008), (CLOSED, 1008))


@pytest.mark.parametrize("reason", ["mixed content", "content policy", "local network"])
def test_where_the_browser_refuses_no_byte_is_on_the_tape(reason: str) -> None:
    tape = play("browser-says-no", reason=reason)
    assert not any(entry.data for entry in tape)
    assert tape.connection_numbers == []
