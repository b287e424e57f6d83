"""Messages that wait to be received: in order, one receiver at a time, within a limit."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import ConnectionClosed, Endpoint, Lab, echo


async def test_recv_ends_with_a_sentence_when_nothing_comes(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        with pytest.raises(TimeoutError, match=r"The client waited 0.05 s for a message.*believes.*OPEN"):
            await ws.recv(timeout=0.05)
        await ws.send("later")
        assert await ws.recv() == "later"


async def test_a_second_receiver_is_refused(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        first = asyncio.ensure_future(ws.recv())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one at a time"):
            await ws.recv()
        await ws.send("x")
        assert await first == "x"


async def test_a_cancelled_recv_loses_no_message(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        waiting = asyncio.ensure_future(ws.recv())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await ws.send("kept")
        assert await ws.recv() == "kept"


async def test_what_arrived_before_the_end_is_received_first(lab: Lab) -> None:
    async def handler(connection: Endpoint) -> None:
        for number in range(3):
            await connection.send(str(number))

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.wait_closed()
    assert [await ws.recv() for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(ConnectionClosed, match="The server closed the connection with 1000, normal closure"):
        await ws.recv()


async def test_a_reader_that_stops_reading_stops_the_writer(lab: Lab) -> None:
    go_on = asyncio.Event()
    received: list[int] = []

    async def handler(connection: Endpoint) -> None:
        await go_on.wait()
        received.extend([len(message) async for message in connection])

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    sent = 0

    async def flood() -> None:
        nonlocal sent
        for _ in range(1000):
            await ws.send(b"x" * 100_000)
            sent += 1

    flooding = asyncio.ensure_future(flood())
    await asyncio.sleep(0.3)
    assert 0 < sent < 900
    held = lab.tape.bytes(ws.number, "client")
    assert len(held) < 30_000_000
    go_on.set()
    await flooding
    await ws.close()
    assert received == [100_000] * 1000


async def test_a_flood_of_messages_waits_in_a_bounded_queue(lab: Lab) -> None:
    go_on = asyncio.Event()
    peers: list[Endpoint] = []

    async def handler(connection: Endpoint) -> None:
        peers.append(connection)
        await go_on.wait()
        async for _ in connection:
            pass

    server = await lab.serve(handler, max_queue=100_000)
    ws = await lab.connect(server)
    flooding = asyncio.gather(*(ws.send(bytes(1000)) for _ in range(2000)))
    await asyncio.sleep(0.3)
    assert 0 < len(peers[0]._inbox.messages) < 400
    go_on.set()
    await flooding
    await ws.close()
