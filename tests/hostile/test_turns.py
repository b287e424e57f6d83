"""While a hostile peer floods a loop, every other connection on it goes on having its turn."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .turns import FLOODS, TRIP, VICTIMS, Flood, Victim, longest_turn

TRIES = 6  # CPU time, too, is longer on a busy machine

README = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")


PLAYED = [(victim, flood) for victim in VICTIMS.values() for flood in FLOODS]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a victim is asked with a signal")
@pytest.mark.parametrize(("victim", "flood"), PLAYED, ids=[f"{v.name}, {f.name}".replace("`", "") for v, f in PLAYED])
async def test_no_turn_is_so_long_that_others_wait_for_it(victim: Victim, flood: Flood) -> None:
    turns: list[float] = []
    while len(turns) < TRIES and not (turns and turns[-1] <= victim.most):
        turns.append(await longest_turn(victim, flood))
    assert turns[-1] <= victim.most, turns


def test_who_only_looks_on_takes_half_of_a_trip_at_most() -> None:
    assert {each.most for each in VICTIMS.values() if each.is_between} == {TRIP / 2}


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.name)
def test_the_readme_has_a_line_for_it(flood: Flood) -> None:
    assert f"| {flood.name} | " in README
