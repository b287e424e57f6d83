"""Mistakes in the code around a connection: what each does to a client that has done nothing wrong."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Stories, stories_end
from wslab.lab import Tape
from wslab.scenarios import play

AS_IT_IS: Stories = {
    "forgotten-task": ((OPEN, None), (OPEN, None)),
    "wrong-thread": ((CLOSED, 1000), (CLOSED, 1000)),
    "cancelled-close": ((CLOSED, 1006), (CLOSED, 1006)),
    "loop-running": ((CLOSED, 1011), (CLOSED, 1011)),
}
FIXED: Stories = {
    "forgotten-task": ((CLOSED, 1011), (CLOSED, 1011)),
    "wrong-thread": ((CLOSED, 1000), (CLOSED, 1000)),
    "cancelled-close": ((CLOSED, 1013), (CLOSED, 1013)),
    "loop-running": ((CLOSED, 1000), (CLOSED, 1000)),
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


def sent_at(tape: Tape, text: bytes) -> float:
    return next(entry.time for entry in tape.frames(1, "server") if entry.plain == text)


def test_a_forgotten_task_leaves_an_open_connection_on_which_nothing_comes() -> None:
    tape = play("forgotten-task")
    assert [entry.plain for entry in tape.frames(1, "server")] == [b"price 41.50", b"price 41.75"]
    assert tape[-1].time > 60, "the client has waited for a minute since"


def test_what_a_thread_hands_to_the_loop_waits_until_the_loop_wakes() -> None:
    assert sent_at(play("wrong-thread"), b"the report") == pytest.approx(10, abs=0.1)
    assert sent_at(play("wrong-thread", fixed=True), b"the report") == pytest.approx(2, abs=0.1)


def test_a_handler_that_is_cancelled_twice_sends_half_a_message_and_no_close() -> None:
    tape = play("cancelled-close")
    assert [entry.frame.fin for entry in tape.frames(side="server") if entry.frame] == [False]
    fixed = play("cancelled-close", fixed=True)
    assert [entry.kind for entry in fixed.frames(side="server")] == ["text", "close"]


def test_a_loop_inside_the_loop_is_an_error_of_the_handler() -> None:
    assert not play("loop-running").frames(1, "server")
    assert [entry.plain for entry in play("loop-running", fixed=True).frames(1, "server")] == [b"Ada lives in Vienna"]
