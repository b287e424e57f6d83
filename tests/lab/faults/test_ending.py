"""Faults that end a connection, while the faults of its link change."""

from __future__ import annotations

import asyncio

import pytest

from tests.lab.faults.plays import TICK, on_either
from wslab.lab import ConnectionClosed, Lab, echo
from wslab.lab.faults.ending import Cut, IdleTimer, MaxAge
from wslab.lab.faults.timing import Delay


async def test_a_fault_that_stays_goes_on_as_it_was() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo), Cut(at_frame=3, of="server"))
        client = await lab.connect(link)
        await client.send("1")
        await client.recv()
        link.faults = (*link.faults, Delay(0.01))
        await client.send("2")
        await client.recv()
        await client.send("3")
        with pytest.raises(ConnectionClosed):
            await client.recv()

    await on_either(story)


async def test_a_connection_that_swallowed_bytes_stays_silent_and_a_new_one_is_whole() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        first = await lab.connect(link)
        link.silence()
        await first.send("lost")
        with pytest.raises(TimeoutError):  # while the fault is there, a new connection is silent, too
            await lab.connect(link, timeout=TICK)
        link.faults = ()
        with pytest.raises(TimeoutError):
            await first.ping(timeout=TICK)
        second = await lab.connect(link)
        assert await second.ping() < 2

    await on_either(story)


@pytest.mark.parametrize("how", ["forget", "silent"])
@pytest.mark.parametrize("after", [0.0, TICK])
async def test_a_connection_that_was_given_up_stays_so_when_other_faults_change(how: str, after: float) -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo), IdleTimer(TICK, how, after=after))
        client = await lab.connect(link)
        await asyncio.sleep(TICK * 3)
        link.faults = (*link.faults, Delay(0.0))
        with pytest.raises((ConnectionClosed, TimeoutError)):
            await client.ping(timeout=TICK)

    await on_either(story)


async def test_an_age_counts_from_the_beginning_and_ends_nothing_before_its_fault_acts() -> None:
    lab = Lab(clock="virtual")

    async def ended(fault: MaxAge) -> float:
        link = await lab.link(await lab.serve(echo), fault)
        began = lab.now
        await (await lab.connect(link)).wait_closed()
        return lab.now - began

    assert lab.run(ended(MaxAge(5))) == pytest.approx(5, abs=0.1)
    assert lab.run(ended(MaxAge(5, after=2))) == pytest.approx(5, abs=0.1)
    assert lab.run(ended(MaxAge(5, after=10))) == pytest.approx(10, abs=0.1)
    lab.run(lab.close())
