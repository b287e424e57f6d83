"""Heartbeats on three levels, and Pongs that a program holds up itself."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Ends, ends
from wslab.scenarios import play

GONE: Ends = ((CLOSED, 1006), (CLOSED, 1006))
HERE: Ends = ((OPEN, None), (OPEN, None))


@pytest.mark.parametrize(
    ("heartbeat", "stopped", "end"),
    [
        ("TCP keepalive", "process", HERE),
        ("TCP keepalive", "handler", HERE),
        ("Ping", "process", GONE),
        ("Ping", "handler", HERE),
        ("message", "process", GONE),
        ("message", "handler", GONE),
    ],
)
def test_each_heartbeat_finds_what_its_own_level_can_see(heartbeat: str, stopped: str, end: Ends) -> None:
    client, _ = ends(play("three-heartbeats", heartbeat=heartbeat, stopped=stopped))
    assert client == end[0]


def test_a_ping_behind_a_full_queue_gets_no_pong_in_time() -> None:
    tape = play("pong-behind-queue")
    assert ends(tape) == GONE
    asked, answered = tape.frames(9, "server")[0].time, tape.frames(10, "client")[0].time
    assert answered - asked > 20


def test_a_client_that_reads_on_answers_each_ping() -> None:
    tape = play("pong-behind-queue", fixed=True)
    assert ends(tape) == ((CLOSED, 1000), (CLOSED, 1000))
    assert len(tape.frames(9, "server")) == len(tape.frames(10, "client")) == 1
