"""Faults that end a connection, while the faults of its link change."""

from __future__ import annotations

import asyncio

import pytest

from tests.lab.faults.plays import TICK, on_either
from wslab.lab import ConnectionClosed, Lab, echo
from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import Cut, IdleTimer, MaxAge, Silence
from wslab.lab.faults.timing import Delay
from wslab.tape.entry import ARRIVED, LOST
from wslab.tape.follow import TapeView
from wslab.tape.records import SilenceEnded, WentSilent


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


@pytest.mark.parametrize("silence", [Silence(), IdleTimer(TICK, "silent")], ids=["silence", "idle"])
async def test_a_silence_that_swallowed_nothing_ends_and_what_comes_then_arrives(silence: Fault) -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (silence,)
        await asyncio.sleep(TICK * 2)
        link.faults = ()
        assert link.silent == []
        await client.send("hello")
        assert await client.recv() == "hello"
        await client.close()
        silences = [each.fact for each in lab.tape if isinstance(each.fact, (WentSilent, SilenceEnded))]
        assert silences == [WentSilent("wire"), SilenceEnded("wire")]
        assert {each.fate for each in lab.tape.frames()} == {ARRIVED}
        assert TapeView(lab.tape).cut(1) is None

    await on_either(story)


async def test_what_comes_to_the_link_when_its_silence_is_over_arrives() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.silence()
        await client.send("in time")
        link.faults = ()  # in the same turn of the loop: the link has not read it yet
        assert await client.recv() == "in time"
        assert {each.fate for each in lab.tape} == {ARRIVED}

    await on_either(story)


async def test_a_silence_that_becomes_one_way_ends_the_other_way() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.silence()
        link.faults = (Silence(of="server"),)
        await client.send("heard")
        await asyncio.sleep(TICK)
        silences = [each.fact for each in lab.tape if isinstance(each.fact, (WentSilent, SilenceEnded))]
        assert silences == [WentSilent("wire"), SilenceEnded("client"), WentSilent("server")]
        assert [each.fate for each in lab.tape.frames()] == [ARRIVED, LOST]

    await on_either(story)


async def test_a_silence_that_swallowed_one_side_stays_for_both() -> None:
    async def story(lab: Lab) -> None:
        server = await lab.serve(echo)
        link = await lab.link(server)
        client = await lab.connect(link)
        link.silence()
        await client.send("lost")
        await asyncio.sleep(TICK)
        link.faults = ()
        assert link.silent == [1]
        await server.connections[0].send("lost as well")
        with pytest.raises(TimeoutError):
            await client.recv(timeout=TICK)
        assert [each.fate for each in lab.tape.frames()] == [LOST, LOST]

    await on_either(story)


async def test_a_connection_whose_syn_was_swallowed_stays_silent() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo), Silence())
        _, writer = await asyncio.open_connection("127.0.0.1", link.port)
        await asyncio.sleep(TICK)
        link.faults = ()
        assert link.silent == [1]
        writer.close()
        assert not any(isinstance(each.fact, SilenceEnded) for each in lab.tape)

    await on_either(story)


async def test_what_a_delay_held_is_not_swallowed_by_a_silence_that_goes_with_it() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Delay(TICK * 5), Silence())
        await client.send("held")
        await asyncio.sleep(TICK)
        link.faults = ()
        await client.send("behind it")
        assert [await client.recv(), await client.recv()] == ["held", "behind it"]
        assert {each.fate for each in lab.tape} == {ARRIVED}

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
