"""Many connections at once, and queues that run full: nothing is lost, and nothing comes out of order."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.protocol import Deflate

CONNECTIONS, MESSAGES = 1000, 100


async def test_a_thousand_connections_with_a_hundred_messages_each_on_one_loop() -> None:
    lab = Lab(timeout=60, tape=False)
    server = await lab.serve(echo)
    clients = [await lab.connect(server) for _ in range(CONNECTIONS)]

    async def talk(number: int, client: Endpoint) -> int:
        async def send() -> None:
            for each in range(MESSAGES):
                await client.send(f"{number}:{each}")

        sending = asyncio.create_task(send())
        for each in range(MESSAGES):
            assert await client.recv() == f"{number}:{each}"
        await sending
        return MESSAGES

    done = await asyncio.gather(*(talk(number, client) for number, client in enumerate(clients)))
    assert sum(done) == CONNECTIONS * MESSAGES
    await lab.close()
    assert server.errors == []


@pytest.mark.parametrize("agreed", [None, Deflate()])
async def test_a_slow_handler_gets_every_message_in_order(agreed: Deflate | None) -> None:
    """The queue holds one message: reading stops and goes on again and again, also in the middle of one read."""
    got: list[str | bytes] = []
    ended = asyncio.Event()

    async def slow(connection: Endpoint) -> None:
        try:
            while True:
                got.append(await connection.recv())
                await asyncio.sleep(0)
        except ConnectionClosed:
            ended.set()

    lab = Lab(timeout=10, tape=False)
    server = await lab.serve(slow, max_queue=1)
    client = await lab.connect(server, deflate=agreed)
    for number in range(500):
        await client.send(f"{number} ".ljust(2000, "."))
    await client.close()
    await asyncio.wait_for(ended.wait(), 10)
    assert [str(each).partition(" ")[0] for each in got] == [str(number) for number in range(500)]
    await lab.close()


@pytest.mark.parametrize("agreed", [None, Deflate()])
async def test_a_handler_that_takes_nothing_can_still_be_closed(agreed: Deflate | None) -> None:
    async def deaf(connection: Endpoint) -> None:
        await asyncio.sleep(0.2)

    lab = Lab(timeout=5, tape=False)
    server = await lab.serve(deaf, max_queue=1)
    client = await lab.connect(server, deflate=agreed)
    for _ in range(100):
        await client.send("x" * 20_000)
    await asyncio.wait_for(client.wait_closed(), 4)
    assert (client.close_code, server.errors) == (1000, [])
    await lab.close()
