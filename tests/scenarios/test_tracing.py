"""The line of its story that caused each entry of a scenario: found without changing the run."""

from __future__ import annotations

import pytest

from wslab import drop, play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.player import Call
from wslab.scenarios.tracing import source_around, traced


def code(name: str, number: int) -> str:
    found = source_around(name, number)
    return found.lines[number - found.first].strip()


def test_what_the_story_did_has_its_own_line_and_the_rest_the_line_at_which_it_waits() -> None:
    tape, lines = traced(Call("half-open"))
    told = [
        (entry.kind, line and line.did_it, line and code("half-open", line.number))
        for entry, line in zip(tape, lines, strict=True)
    ]
    assert told[3:] == [
        ("text", True, 'await client.send("one")'),
        ("text", False, "await client.recv()"),
        ("fault", True, "link.silence()"),
        ("text", True, 'await client.send("two")'),
        ("ping", True, "await client.ping(timeout=timeout)"),
        ("tcp", True, "client.abort()"),
    ]


def test_a_line_of_a_handler_is_that_of_the_handler() -> None:
    _, lines = traced(Call("blocked-loop"))
    assert [code("blocked-loop", line.number) for line in lines[-1:] if line] == ['await connection.send("42")']


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_run_is_the_same_and_each_entry_has_a_line_in_its_story(name: str) -> None:
    tape, lines = traced(Call(name))
    assert not tape.can_fork or tape.digest() == play(name).digest()
    assert len(lines) == len(tape)
    assert any(line is not None and line.did_it for line in lines)
    assert all(code(name, line.number) for line in lines if line is not None)


def test_the_lines_of_a_fork_are_those_of_its_last_run() -> None:
    call = Call("clean-close", do={6: drop})
    tape, lines = traced(call)
    assert tape.digest() == play("clean-close", do={6: drop}).digest()
    assert len(lines) == len(tape)


def test_playing_records_no_lines() -> None:
    assert play("half-open").log.on_record is None
