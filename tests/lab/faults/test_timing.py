"""Faults of time: what waits comes in order, and a narrow path loses nothing."""

from __future__ import annotations

from tests.lab.faults.plays import on_either
from wslab.lab import Lab, echo
from wslab.lab.faults.content import Rechunk
from wslab.lab.faults.timing import Delay, Rate


async def test_faults_can_change_while_it_runs_and_what_was_held_comes_in_order() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Delay(60),)
        for number in range(5):
            await client.send(str(number))
        link.faults = ("byte_by_byte",)
        await client.send("5")
        assert [await client.recv() for _ in range(6)] == list("012345")
        assert link.faults == (Rechunk(1),)

    await on_either(story)


async def test_a_slow_path_holds_back_the_writer_and_loses_nothing() -> None:
    async def story(lab: Lab) -> None:
        message = bytes(400_000)
        link = await lab.link(await lab.serve(echo), Rate(2_000_000, of="server"))
        client = await lab.connect(link)
        await client.send(message)
        assert await client.recv(timeout=10) == message

    await on_either(story)
