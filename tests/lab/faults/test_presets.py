"""Presets: each says what it is in life, and does what its faults do."""

from __future__ import annotations

import pytest

from tests.lab.faults.plays import talk_until_it_ends
from wslab.lab import Lab, echo
from wslab.lab.faults.presets import MEANINGS, PRESETS


@pytest.mark.parametrize("preset", PRESETS)
async def test_every_preset_lets_a_short_talk_pass_or_ends_it_by_its_rule(preset: str) -> None:
    lab = Lab(clock="virtual", timeout=5)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo), preset)
        await talk_until_it_ends(lab, link)

    lab.run(story())
    assert len(lab.tape) > 2


def test_every_preset_says_what_it_is_in_life() -> None:
    assert list(MEANINGS) == list(PRESETS)
    assert all(words.endswith(".") for words in MEANINGS.values())
