"""When a side changes its belief, and because of what; and what a link still holds."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from wslab import Lab, echo, play
from wslab.lab.faults.manual import Gate
from wslab.tape.entry import BeliefChange
from wslab.tape.tape import Tape


def changes(tape: Tape) -> list[tuple[str, str, int | None, bool]]:
    """Who believes what, because of which entry, and whether that arrived (or departed)."""
    every: list[BeliefChange] = [change for entry in tape for change in entry.changes]
    return [(each.side, str(each.belief), each.entry, each.arrived) for each in every]


def test_a_side_changes_its_belief_by_what_it_sends_or_receives() -> None:
    assert changes(play("clean-close")) == [
        ("server", "CONNECTING", 0, True),
        ("client", "CONNECTING", 0, False),
        ("server", "OPEN", 2, False),
        ("client", "OPEN", 2, True),
        ("client", "CLOSING", 5, False),
        ("server", "CLOSING", 5, True),
        ("client", "CLOSING", 6, True),
        ("client", "CLOSED 1000", 7, True),
        ("server", "CLOSED 1000", 8, True),
    ]


def test_a_belief_that_changes_by_nothing_sent_or_received_has_a_time_of_its_own() -> None:
    tape = play("cut")
    last = [change for entry in tape for change in entry.changes][-2:]
    assert [(change.entry, change.belief is not None and change.belief.code) for change in last] == [(None, 1006)] * 2
    assert all(change.time > tape[-1].time for change in last)


def test_each_change_stands_between_its_entry_and_the_next() -> None:
    tape = play("close-in-flight")
    for entry, after in pairwise(tape):
        assert all(entry.time <= change.time <= after.time for change in entry.changes)


def test_the_last_changes_are_what_both_believe_in_the_end() -> None:
    for name in ("half-open", "simultaneous-close", "keepalive"):
        tape = play(name)
        last = {change.side: change.belief for entry in tape for change in entry.changes}
        assert (last["client"], last["server"]) == (tape[-1].client, tape[-1].server)


def test_a_frame_at_a_gate_is_held_until_it_is_let_through() -> None:
    lab = Lab(clock="virtual", seed=1)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        ws = await lab.connect(link)
        link.faults = (Gate(of="client"),)
        await ws.send("Hello")
        await asyncio.sleep(1)
        frame = lab.tape[-1]
        assert (frame.kind, frame.held, frame.fate) == ("text", True, "on the way")
        assert [entry.held for entry in lab.tape[:-1]] == [False] * 3
        link.held[0].release()
        assert await ws.recv() == "Hello"
        assert (frame.held, frame.fate) == (True, "on the way")  # an entry is completed when the tape is looked at
        assert lab.tape[3] is frame
        assert (frame.held, frame.fate) == (False, "arrived")

    lab.run(story())
