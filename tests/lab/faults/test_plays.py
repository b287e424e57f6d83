"""Every fault on both clocks: the same events in the same order at both ends, and the same beliefs."""

from __future__ import annotations

import pytest

from tests.lab.faults.plays import PLAYS, Play, played
from wslab.lab import Lab
from wslab.lab.faults.manual import Gate, Insert
from wslab.lab.faults.names import NAMES


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
async def test_a_fault_does_the_same_on_both_clocks(play: Play) -> None:
    virtual = Lab(clock="virtual", timeout=play.timeout, seed=3)
    in_memory, believed = virtual.run(played(play, virtual))
    real = Lab(timeout=play.timeout, seed=3)
    on_sockets, believed_too = await played(play, real)
    assert play.tells in " ".join(in_memory)
    assert believed == play.ends
    assert (on_sockets, believed_too) == (in_memory, believed)


def test_every_fault_is_played() -> None:
    played = {type(fault) for play in PLAYS for fault in play.faults}
    assert {*NAMES.values(), Insert} - played == {Gate}  # which has tests of its own
