"""The numbers of the cases are the suite's, and patterns choose them."""

from __future__ import annotations

import pytest
from kosoku import run_fuzzingserver

from wslab import Lab
from wslab.conformance.cases import CASES, GROUPS, UNDECIDED, batches, choose, group_of


async def test_our_numbers_are_the_suite_s() -> None:
    async with run_fuzzingserver(port=0) as suite, Lab(tape=False) as lab:
        ws = await lab.connect(f"ws://127.0.0.1:{suite.port}/getCaseCount")
        assert int(await ws.recv()) == len(CASES) == 517
        await ws.close_quietly(1000)
    async with run_fuzzingserver(list(CASES), port=0) as suite:  # it refuses a number that it does not know
        assert suite.port > 0


def test_every_case_has_a_group_and_every_group_a_case() -> None:
    assert list(dict.fromkeys(map(group_of, CASES))) == list(GROUPS)
    assert set(UNDECIDED) <= set(CASES)


@pytest.mark.parametrize(
    ("wanted", "unwanted", "cases"),
    [
        (["3.*"], ["3.1", "3.[4-7]"], ("3.2", "3.3")),
        (["2.11", "2.2"], [], ("2.2", "2.11")),
        ([], ["[2-9].*", "1?.*"], tuple(case for case in CASES if case.startswith("1."))),
    ],
)
def test_cases_are_chosen_by_patterns_and_stay_in_order(
    wanted: list[str], unwanted: list[str], cases: tuple[str, ...]
) -> None:
    assert choose(wanted, unwanted) == cases


def test_a_client_is_started_by_group_and_in_slow_groups_by_series() -> None:
    assert batches(["1.1.1", "1.2.1", "9.1.1", "9.2.1", "9.2.2"]) == [
        ("1.1.1", "1.2.1"),
        ("9.1.1",),
        ("9.2.1", "9.2.2"),
    ]
