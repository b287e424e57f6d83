"""Twice the input costs twice the work, not four times."""

from __future__ import annotations

from pathlib import Path

import pytest

from .growth import GROWTHS, MOST, Growth, ratio

TRIES = 3  # at each size: the machine may be busy with other work just then, as the second process of the tests is
SIZES = (1, 2)  # times the size: where a cache or a kept block of memory ends shows at one, work that grows at each

README = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("growth", GROWTHS, ids=lambda growth: growth.name)
def test_twice_the_input_costs_no_more_than_two_and_a_half_times_the_work(growth: Growth) -> None:
    factors: list[float] = []
    for times in SIZES * TRIES:
        factors.append(ratio(growth._replace(size=times * growth.size))[1])
        if factors[-1] <= MOST:
            return
    pytest.fail(f"twice the input costs {factors} times as much")


@pytest.mark.parametrize("growth", GROWTHS, ids=lambda growth: growth.name)
def test_the_readme_has_a_line_for_it(growth: Growth) -> None:
    assert f"| {growth.name} | {growth.size / 1024:,.0f} |" in README
