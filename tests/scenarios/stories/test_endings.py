"""Closing: states, codes and beliefs of both sides, as they are and fixed, and what each story is about."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Ends, Stories, ends, stories_end
from wslab.lab import Tape
from wslab.protocol import Opcode
from wslab.protocol.errors import LocalProtocolError
from wslab.scenarios import play
from wslab.scenarios.stories.endings import CAUSES

FINE: Ends = ((CLOSED, 1000), (CLOSED, 1000))

AS_IT_IS: Stories = {
    "clean-close": FINE,
    "cut": ((CLOSED, 1006), (CLOSED, 1006)),
    "half-open": ((CLOSED, 1006), (OPEN, None)),
    "clean-close-by-server": FINE,
    "simultaneous-close": ((CLOSED, 1001), (CLOSED, 1000)),
    "close-in-flight": FINE,
    "close-without-code": ((CLOSED, 1005), (CLOSED, 1005)),
    "close-code": ((CLOSED, 1008), (CLOSED, 1008)),
    "wrong-close-code": ((CLOSED, 1002), (CLOSED, 1006)),
    "killed": ((CLOSED, 1006), None),  # a dead process believes nothing
    "hasty-reset": ((CLOSED, 1006), (CLOSED, 1006)),
    "close-unanswered": ((CLOSED, 1006), (CLOSED, 1000)),
    "close-answer-lost": ((CLOSED, 1006), (CLOSED, 1000)),
}
FIXED: Stories = {
    "cut": ((CLOSED, 1001), (CLOSED, 1001)),
    "half-open": ((CLOSED, 1006), (CLOSED, 1006)),
    "close-in-flight": FINE,
    "close-without-code": FINE,
    "wrong-close-code": FINE,
    "killed": ((CLOSED, 1001), (CLOSED, 1001)),
    "hasty-reset": FINE,
    "close-unanswered": FINE,
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


def test_the_server_of_a_clean_close_closes_tcp_first() -> None:
    first, second = [entry for entry in play("clean-close") if "FIN" in entry.sentence]
    assert (first.sender, second.sender) == ("server", "client")


def test_no_close_is_on_the_wire_of_a_cut() -> None:
    assert "close" not in [entry.kind for entry in play("cut")]


def test_what_goes_into_a_half_open_link_is_lost() -> None:
    lost = [entry for entry in play("half-open") if entry.fate == "lost"]
    assert [entry.kind for entry in lost] == ["text", "ping", "tcp"]


def farewells(tape: Tape) -> list[tuple[str, str]]:
    """Who sent what at the end: Close, FIN, RST."""
    found = []
    for entry in tape:
        what = [each for each in ("Close", "FIN", "RST") if each in entry.sentence]
        if entry.kind in ("close", "tcp") and what:
            found.append((entry.sender, what[0]))
    return found


def test_the_server_closes_tcp_first_though_it_said_close_first() -> None:
    expected = [("server", "Close"), ("client", "Close"), ("server", "FIN"), ("client", "FIN")]
    assert farewells(play("clean-close-by-server")) == expected


@pytest.mark.parametrize("code", [1000, 1001, 1012])
def test_the_server_may_close_with_each_of_its_codes(code: int) -> None:
    assert ends(play("clean-close-by-server", code=code)) == ((CLOSED, code), (CLOSED, code))


def test_closes_that_cross_depart_before_either_arrives_and_nobody_answers_twice() -> None:
    first, second = play("simultaneous-close").frames(Opcode.CLOSE)
    assert {first.sender, second.sender} == {"client", "server"}
    assert first.arrived is not None
    assert second.time < first.arrived


def test_prices_arrive_behind_the_clients_close_and_before_the_servers() -> None:
    tape = play("close-in-flight", fixed=True)
    ours, theirs = tape.frames(Opcode.CLOSE)
    behind = [entry for entry in tape.frames(Opcode.TEXT) if (entry.arrived or 0) > ours.time]
    assert len(behind) == 5
    assert all((entry.arrived or 0) < (theirs.arrived or 0) for entry in behind)
    assert "reads 5 messages" in tape[-1].sentence
    assert "reads 0 messages" in play("close-in-flight")[-1].sentence


def test_an_empty_close_is_answered_with_an_empty_one() -> None:
    payloads = [entry.frame.payload for entry in play("close-without-code").frames(Opcode.CLOSE) if entry.frame]
    assert payloads == [b"", b""]


def test_the_client_refuses_to_send_a_code_that_must_not_be_sent() -> None:
    with pytest.raises(LocalProtocolError, match="1006"):
        play("close-without-code", code=1006)


@pytest.mark.parametrize("code", CAUSES)
def test_each_code_that_may_be_sent_comes_from_its_cause(code: int) -> None:
    tape = play("close-code", code=code)
    first, *_ = tape.frames(Opcode.CLOSE)
    failed = CAUSES[code].reason is None
    assert first.sender == ("client" if code == 1010 else "server")
    assert first.frame is not None
    assert int.from_bytes(first.frame.payload[:2]) == code
    assert first.frame.payload[2:]
    assert ends(tape) == ((CLOSED, code), (CLOSED, 1006 if failed else code))


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
def test_a_code_that_must_not_be_sent_fails_the_connection_with_1002(code: int) -> None:
    tape = play("wrong-close-code", code=code)
    assert ends(tape) == ((CLOSED, 1002), (CLOSED, 1006))
    assert farewells(tape)[1:3] == [("server", "Close"), ("server", "FIN")]


def test_a_killed_server_sends_fin_at_once_and_no_close() -> None:
    tape = play("killed")
    assert farewells(tape)[0] == ("server", "FIN")
    assert tape.frames(Opcode.CLOSE) == []
    assert tape[-1].time < 0.01


def test_a_hasty_reset_loses_the_last_page_though_it_was_sent() -> None:
    lost = [entry for entry in play("hasty-reset") if entry.fate == "lost"]
    assert ["page 20" in entry.sentence for entry in lost] == [True]
    told = str(play("hasty-reset"))
    assert "has sent 20 pages" in told
    assert "has got 19 pages" in told


def test_a_close_behind_the_report_shows_that_all_of_it_arrived() -> None:
    tape = play("hasty-reset", fixed=True)
    assert [entry for entry in tape if entry.fate == "lost"] == []
    assert "has got 20 pages" in tape[-1].sentence


@pytest.mark.parametrize("timeout", [3.0, 10.0])
def test_the_client_waits_for_the_answer_as_long_as_its_patience_and_then_cuts(timeout: float) -> None:
    tape = play("close-unanswered", timeout=timeout)
    (said, *_) = tape.frames(Opcode.CLOSE)
    (cut,) = [entry for entry in tape if entry.kind == "tcp" and "RST" in entry.sentence]
    assert cut.sender == "client"
    assert cut.time - said.time == pytest.approx(timeout)


def test_the_answer_is_sent_and_lost_and_no_side_can_know() -> None:
    ours, answer = play("close-answer-lost").frames(Opcode.CLOSE)
    assert (ours.sender, ours.fate) == ("client", "arrived")
    assert (answer.sender, answer.fate) == ("server", "lost")
