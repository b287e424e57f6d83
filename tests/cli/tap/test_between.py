"""`wslab tap` between two of the `websockets` library: what both report of ends and faults, and what it prints."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.lab.peers import in_websockets
from tests.lab.peers.table import Case
from tests.lab.peers.talk import Pair

from .between import ENDINGS, FAULTS, otherwise


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with in_websockets.serving() as server:
        yield Pair("websockets", "websockets", in_websockets.play, *server)


async def test_each_end_is_told_as_the_programs_report_it(pair: Pair) -> None:
    assert await otherwise(pair, ENDINGS) == {}


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case.name)
async def test_a_fault_is_told_as_the_programs_report_it(case: Case, pair: Pair) -> None:
    assert await otherwise(pair, [case], "--fault", case.fault) == {}
