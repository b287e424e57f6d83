"""Every scenario ends as it says: states, codes and beliefs of both sides."""

from __future__ import annotations

import re

import pytest

import wslab
from wslab.lab import Entry
from wslab.protocol import State
from wslab.scenarios import SCENARIOS, UnknownScenario, play

ENDS = {
    "clean-close": ((State.CLOSED, 1000), (State.CLOSED, 1000)),
    "cut": ((State.CLOSED, 1006), (State.CLOSED, 1006)),
    "half-open": ((State.CLOSED, 1006), (State.OPEN, None)),
}

each_scenario = pytest.mark.parametrize("name", SCENARIOS)


def beliefs(entry: Entry) -> tuple[tuple[State, int | None], ...]:
    assert entry.client is not None
    assert entry.server is not None
    return tuple((belief.state, belief.code) for belief in (entry.client, entry.server))


@each_scenario
async def test_a_scenario_ends_with_the_beliefs_that_it_is_about(name: str) -> None:
    tape = await play(name)
    assert beliefs(tape[-1]) == ENDS[name]


@each_scenario
async def test_the_tape_ends_with_the_story_and_not_with_the_end_of_the_lab(name: str) -> None:
    tape = await play(name)
    assert "the lab" not in str(tape)
    assert len(tape) == len(tape.copy())


async def test_a_clean_close_has_two_close_frames_and_the_server_closes_tcp_first() -> None:
    tape = await play("clean-close")
    assert [entry.sender for entry in tape if entry.kind == "close"] == ["client", "server"]
    fins = [entry.sender for entry in tape if "FIN" in entry.sentence]
    assert fins[0] == "server"


async def test_nothing_that_a_cut_cable_shows_is_a_close_frame() -> None:
    tape = await play("cut")
    assert "close" not in [entry.kind for entry in tape]
    assert any("RST to both sides" in entry.sentence for entry in tape)


async def test_what_is_sent_into_a_silent_cable_is_lost_and_the_server_keeps_a_zombie() -> None:
    tape = await play("half-open")
    lost = [entry.kind for entry in tape if entry.fate == "lost" and entry.kind in ("text", "ping")]
    assert lost == ["text", "ping"]


async def test_the_same_seed_gives_the_same_keys() -> None:
    keys = []
    for _ in range(2):
        tape = await play("clean-close", seed=7)
        keys.append([entry.frame.mask for entry in tape if entry.frame is not None and entry.sender == "client"])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == len(keys[0])


async def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownScenario, match=r"There is no scenario 'halfopen': did you mean 'half-open'\?"):
        await play("halfopen")
    with pytest.raises(UnknownScenario, match="there are clean-close, cut, half-open"):
        await play("zzz")


@each_scenario
def test_a_scenario_asks_explains_and_cites(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.sentence.endswith(".")
    assert scenario.question.endswith("?")
    assert re.search(r"§\d", scenario.explanation)


def test_play_is_a_public_name_that_loads_no_widget() -> None:
    assert wslab.play is play
