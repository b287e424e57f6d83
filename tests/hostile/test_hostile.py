"""A hostile peer costs the victim a bounded amount of memory and time, and the victim says whose limit was hit."""

from __future__ import annotations

from pathlib import Path

import pytest

from wslab.protocol import RULES, Role

from .attacks import ATTACKS
from .stage import Attack, suffer

README = (Path(__file__).parent / "README.md").read_text()
PLAYED = [(attack, victim) for attack in ATTACKS for victim in attack.victims]


@pytest.mark.parametrize(("attack", "victim"), PLAYED, ids=[f"{a.name}, {v}" for a, v in PLAYED])
async def test_an_attack_stays_within_its_bound_and_is_named(attack: Attack, victim: Role) -> None:
    cost = await suffer(attack, victim)
    assert cost.peak < attack.bound
    words = RULES[attack.says].text if attack.says in RULES else attack.says
    assert words.lower() in cost.told.lower()


@pytest.mark.parametrize(("attack", "victim"), PLAYED, ids=[f"{a.name}, {v}" for a, v in PLAYED])
def test_the_readme_has_a_line_for_it(attack: Attack, victim: Role) -> None:
    assert f"| {attack.name} | {victim} |" in README
    assert f"| {attack.bound // 1024:,} | {attack.limit} |" in README
