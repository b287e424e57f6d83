"""A server whose loop is blocked reads and accepts nothing, and the code that blocked it goes on first."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import Endpoint, Lab, echo
from wslab.protocol import Opcode


def test_what_comes_to_a_blocked_server_waits_until_it_is_free() -> None:
    lab = Lab(clock="virtual")

    async def story() -> float:
        server = await lab.serve(echo)
        client = await lab.connect(server)
        async with asyncio.TaskGroup() as both:
            both.create_task(lab.block(server, 7))
            asked = lab.now
            await client.send("are you there?")
            await client.recv()
        return lab.now - asked

    assert lab.run(story()) == pytest.approx(7, abs=0.01)


def test_a_client_waits_for_a_blocked_server_to_accept() -> None:
    lab = Lab(clock="virtual")

    async def story() -> float:
        server = await lab.serve(echo)
        async with asyncio.TaskGroup() as both:
            both.create_task(lab.block(server, 3))
            await asyncio.sleep(1)
            await lab.connect(server)
        return lab.now

    assert lab.run(story()) == pytest.approx(3, abs=0.01)


def test_the_handler_that_blocked_goes_on_before_its_loop_reads() -> None:
    lab = Lab(clock="virtual")

    async def story() -> None:
        async def compute(connection: Endpoint) -> None:
            async for _ in connection:
                await lab.block(server, 5)
                await connection.send("done")

        server = await lab.serve(compute)
        client = await lab.connect(server)
        await client.send("compute")
        await asyncio.sleep(1)
        await client.ping(timeout=10)
        assert await client.recv() == "done"

    lab.run(story())
    answers = [entry.opcode for entry in lab.tape.frames((Opcode.TEXT, Opcode.PONG), side="server")]
    assert answers == [Opcode.TEXT, Opcode.PONG]


def test_on_the_real_clock_nothing_can_be_blocked() -> None:
    lab = Lab()

    async def story() -> None:
        async with lab, await lab.serve(echo) as server:
            await lab.block(server, 1)

    with pytest.raises(ValueError, match="clock='virtual'"):
        lab.run(story())
