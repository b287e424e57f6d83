"""500 random changes: what is shown is what the peers do, run apart."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.npm import WS, npm_package
from tests.peers.programs import PROGRAMS, Program
from wslab.course.peers.changes import Change, surprises
from wslab.course.peers.exchanges import EXCHANGES, Exchange
from wslab.course.peers.find import find_peers
from wslab.course.peers.judging import Outcome, Verdict

from .apart import check, check_wsproto

SEED = 6455
EACH = 100  # changes of each of the five exchanges
AT_ONCE = 16

Case = tuple[Exchange, Change, Verdict]


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    """Every verdict that is shown, by peer."""
    package = npm_package(WS)
    assert package is not None, f"{WS} could not be installed: this needs Node.js, npm and npm's registry"
    peers = find_peers(package)
    assert peers.missing == ()
    found: dict[str, list[Case]] = {peer.name: [] for peer in peers.here}
    for exchange in EXCHANGES.values():
        for change in surprises(exchange.name, SEED)[:EACH]:
            for verdict in peers.judge(exchange, change).verdicts:
                found[verdict.peer].append((exchange, change, verdict))
    return found


def told(case: Case, what: str) -> str:
    exchange, change, verdict = case
    refusal = verdict.refusal
    return f"{exchange.name} {change}: shown {verdict.outcome.value} {refusal.answer if refusal else ''}, but {what}"


async def differences(program: Program, cases: list[Case]) -> list[str]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> str:
        async with places:
            return await check(program, *case)

    found = await asyncio.gather(*map(one, cases))
    return [told(case, what) for case, what in zip(cases, found, strict=True) if what]


@pytest.mark.parametrize("name", ["wslab", "websockets", "ws"])
async def test_the_verdicts_on_500_random_bits_are_those_of_the_program_on_a_socket(
    name: str, cases: dict[str, list[Case]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    assert len(cases[name]) == 5 * EACH
    async with PROGRAMS[name]() as program:
        assert await differences(program, cases[name]) == []


def test_the_verdicts_of_wsproto_are_those_of_its_reader(cases: dict[str, list[Case]]) -> None:
    found = [told(case, what) for case in cases["wsproto"] if (what := check_wsproto(*case))]
    assert len(cases["wsproto"]) == 5 * EACH
    assert found == []


@pytest.mark.parametrize("name", ["wslab", "websockets", "wsproto", "ws"])
def test_every_outcome_is_among_them(name: str, cases: dict[str, list[Case]]) -> None:
    for outcome in Outcome:
        assert sum(verdict.outcome is outcome for _, _, verdict in cases[name]) > 10
