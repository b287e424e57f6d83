"""Keepalive: states, codes and beliefs of both sides, as they are and fixed, and who finds out when."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Ends, Stories, ends, stories_end
from wslab.lab import Entry, Tape
from wslab.protocol import Opcode
from wslab.scenarios import play

ALIVE: Ends = ((OPEN, None), (OPEN, None))
FAILED: Ends = ((CLOSED, 1011), (CLOSED, 1006))  # who fails the connection reads no Close any more (§7.1.7)

AS_IT_IS: Stories = {
    "half-open-server": ALIVE,
    "idle-proxy": ((CLOSED, 1006), (CLOSED, 1006)),
    "keepalive": ALIVE,
    "slow-keepalive": ((OPEN, None), (CLOSED, 1006)),
    "tunnel": FAILED,
    "blocked-loop": ((CLOSED, 1006), (CLOSED, 1006)),
    "pong-lost": FAILED,
    "pong-behind-upload": ((CLOSED, 1011), (CLOSED, 1006)),
    "one-way-heartbeat": ALIVE,
}
FIXED: Stories = {
    "half-open-server": ((CLOSED, 1006), (OPEN, None)),
    "idle-proxy": ALIVE,
    "slow-keepalive": ALIVE,
    "tunnel": ALIVE,
    "blocked-loop": ALIVE,
    "pong-lost": ALIVE,
    "pong-behind-upload": ((CLOSED, 1000), (CLOSED, 1000)),
    "one-way-heartbeat": ((CLOSED, 1006), (OPEN, None)),
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


def told(tape: Tape, words: str) -> Entry:
    """The one entry that says so."""
    (entry,) = [each for each in tape if words in each.sentence]
    return entry


def close_with_1011(tape: Tape) -> Entry:
    """The Close of the side that gives up."""
    first, *_ = tape.frames(Opcode.CLOSE)
    assert first.frame is not None
    assert first.frame.payload == b"\x03\xf3keepalive ping timeout"
    return first


# --- zombies ----------------------------------------------------------------------------


def test_both_sides_of_a_zombie_believe_that_it_lives() -> None:
    tape = play("zombie-user")
    assert (ends(tape, 1), ends(tape, 2)) == (ALIVE, ALIVE)
    assert [entry.fate for entry in tape.frames(Opcode.TEXT, connection=2)] == ["lost", "lost"]
    assert tape[-1].sentence == "The server counts 2 users."


def test_a_server_that_asks_counts_the_zombie_no_longer_and_keeps_the_living() -> None:
    tape = play("zombie-user", fixed=True)
    assert ends(tape, 1) == ALIVE
    assert ends(tape, 2) == ((OPEN, None), (CLOSED, 1006))
    assert close_with_1011(tape).time == pytest.approx(45, abs=0.1)
    assert tape[-1].sentence == "The server counts 1 user."


def test_who_only_listens_to_a_dead_path_never_notices() -> None:
    tape = play("half-open-server")
    assert [entry.fate for entry in tape.frames(Opcode.TEXT)] == ["arrived", "lost", "lost", "lost"]
    assert [entry for entry in tape if entry.sender == "client" and entry.time > 1] == []


@pytest.mark.parametrize("interval", [5.0, 20.0])
def test_who_asks_notices_one_interval_and_one_wait_behind_the_break(interval: float) -> None:
    tape = play("half-open-server", ping_interval=interval)
    silent = told(tape, "goes silent")
    assert close_with_1011(tape).time - silent.time == pytest.approx(interval + 20, abs=0.1)


# --- timers on the way ------------------------------------------------------------------


@pytest.mark.parametrize("idle", [30.0, 60.0])
def test_the_proxy_cuts_exactly_when_its_timer_runs_out(idle: float) -> None:
    tape = play("idle-proxy", idle=idle)
    last = tape.frames(Opcode.TEXT)[-1]
    assert told(tape, "The link ends TCP").time - last.time == pytest.approx(idle, abs=0.01)
    assert tape.frames(Opcode.CLOSE) == []


@pytest.mark.parametrize(("interval", "lives"), [(25.0, True), (59.0, True), (61.0, False)])
def test_a_keepalive_beats_the_timer_only_when_it_is_quicker(interval: float, lives: bool) -> None:
    assert (ends(play("idle-proxy", ping_interval=interval)) == ALIVE) is lives


def test_a_keepalive_of_ten_minutes_takes_384_bytes() -> None:
    beats = play("keepalive").frames((Opcode.PING, Opcode.PONG))
    assert sum(len(entry.data) for entry in beats) == 384


def test_a_slow_ping_finds_the_connection_forgotten_and_only_its_sender_learns_it() -> None:
    tape = play("slow-keepalive")
    (ping,) = tape.frames(Opcode.PING)
    assert (ping.sender, ping.fate) == ("server", "lost")
    assert told(tape, "A reset (RST) reaches the server").time == pytest.approx(75, abs=0.1)


# --- alive, and taken for dead ------------------------------------------------------------


def test_what_comes_out_of_the_tunnel_is_thrown_away_by_a_server_with_a_short_timeout() -> None:
    tape = play("tunnel")
    assert close_with_1011(tape).time == pytest.approx(25, abs=0.1)
    dark = told(tape, "it is dark in here")
    assert dark.arrived == pytest.approx(27, abs=0.1)


def test_with_a_longer_timeout_the_tunnel_is_only_a_delay() -> None:
    tape = play("tunnel", fixed=True)
    question, answer = [entry for entry in tape if "it is dark in here" in entry.sentence]
    assert answer.time > question.time + 10
    assert [entry for entry in tape if entry.fate == "lost"] == []


def test_a_blocked_server_sends_no_pong_and_its_answer_is_lost() -> None:
    tape = play("blocked-loop")
    assert tape.frames(Opcode.PONG) == []
    given_up, answer = close_with_1011(tape), tape.frames(Opcode.TEXT, side="server")[0]
    assert (given_up.sender, answer.fate) == ("client", "lost")
    assert given_up.time == pytest.approx(20, abs=0.1)
    assert answer.time == pytest.approx(60, abs=0.1)


def test_a_server_that_computes_in_a_thread_answers_every_ping() -> None:
    tape = play("blocked-loop", fixed=True)
    assert len(tape.frames(Opcode.PING)) == len(tape.frames(Opcode.PONG)) == 6
    assert tape.frames(Opcode.TEXT, side="server")[0].fate == "arrived"


def test_only_the_pongs_are_lost_and_the_server_ends_a_connection_that_lives() -> None:
    tape = play("pong-lost")
    assert {entry.kind for entry in tape if entry.fate == "lost"} == {"pong"}
    assert {entry.fate for entry in tape.frames(Opcode.TEXT)} == {"arrived"}
    assert close_with_1011(tape).sender == "server"


def test_every_position_arrives_where_messages_count_as_signs_of_life() -> None:
    positions = play("pong-lost", fixed=True).frames(Opcode.TEXT)
    assert [entry.fate for entry in positions] == ["arrived"] * 6


def test_the_pongs_stay_behind_the_file_and_the_file_is_lost() -> None:
    tape = play("pong-behind-upload")
    (file,) = tape.frames(Opcode.BINARY)
    assert file.fate == "lost"
    assert close_with_1011(tape).time == pytest.approx(15, abs=0.1)
    assert all(pong.fate == "lost" for pong in tape.frames(Opcode.PONG))


def test_between_fragments_each_pong_comes_in_time_and_the_file_arrives() -> None:
    tape = play("pong-behind-upload", fixed=True)
    pings, pongs = tape.frames(Opcode.PING), tape.frames(Opcode.PONG)
    assert len(pings) == len(pongs) == 6
    assert all((pong.arrived or 99) - ping.time < 10 for ping, pong in zip(pings, pongs, strict=True))
    assert pongs[0].time < tape.frames(Opcode.CONTINUATION)[-1].time
    assert told(tape, "stored 900000 bytes").fate == "arrived"


def test_unasked_pongs_keep_the_proxy_content_and_learn_nothing() -> None:
    pongs = play("one-way-heartbeat").frames(Opcode.PONG)
    assert [entry.fate for entry in pongs] == ["arrived"] * 3 + ["lost"] * 2


def test_a_ping_learns_of_the_dead_cable_within_its_limit() -> None:
    tape = play("one-way-heartbeat", fixed=True)
    silent, cut = told(tape, "goes silent"), told(tape, "The client resets")
    assert cut.time - silent.time == pytest.approx(10, abs=0.1)


# --- another network ----------------------------------------------------------------------


def test_a_phone_that_changes_its_network_leaves_a_zombie_and_misses_news() -> None:
    tape = play("network-change")
    assert ends(tape, 1) == ((CLOSED, 1006), (OPEN, None))
    assert ends(tape, 2) == ALIVE
    assert "5 of 8 news items: news 1, news 2, news 6, news 7, news 8." in str(tape)
    assert tape[-1].sentence == "The server counts 2 sessions of one user."


def test_a_phone_that_says_what_it_saw_last_misses_nothing_and_has_one_session() -> None:
    tape = play("network-change", fixed=True)
    assert ends(tape, 1) == ((CLOSED, 1006), (CLOSED, 1006))
    assert ends(tape, 2) == ALIVE
    assert "has seen 8 of 8 news items" in str(tape)
    assert tape[-1].sentence == "The server counts 1 session of one user."
