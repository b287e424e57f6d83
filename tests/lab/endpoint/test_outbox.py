"""Bytes on their way to TCP: answers go out together, and what waits is bounded."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import Endpoint, Lab, echo
from wslab.protocol import Frame


async def test_messages_come_in_order_and_their_answers_in_few_writes(lab: Lab) -> None:
    server = await lab.serve(echo)
    ws = await lab.connect(server)
    for number in range(500):
        await ws.send(str(number))
    assert [await ws.recv() for _ in range(500)] == [str(number) for number in range(500)]
    await ws.close()
    writes = {entry.time for entry in lab.tape if entry.kind == "text" and entry.sender == "server"}
    assert len(writes) < 50


async def test_send_gives_up_when_the_peer_never_reads() -> None:
    async def handler(connection: Endpoint) -> None:
        await asyncio.sleep(60)

    async with Lab(timeout=0.3) as lab:
        server = await lab.serve(handler)
        ws = await lab.connect(server)
        sending = asyncio.gather(*(ws.send(b"x" * 100_000) for _ in range(200)))
        with pytest.raises(TimeoutError, match="the server reads too slowly or not at all"):
            await sending
        ws.abort()


def test_send_does_not_blame_a_peer_that_reads_all_it_gets() -> None:
    async def story(lab: Lab) -> None:
        ws = await lab.connect(await lab.link(await lab.serve(echo), "rate:bytes_per_second=3000"))
        with pytest.raises(TimeoutError, match="or the path is slow or broken"):
            await ws.send(bytes(1_000_000))

    lab = Lab(clock="virtual", seed=7, timeout=2)
    lab.run(story(lab))


async def test_a_flood_of_pings_from_a_peer_that_never_reads_fills_no_buffer(lab: Lab) -> None:
    server = await lab.serve(echo)
    ws = await lab.connect(server)
    ws._tcp.stop_reading()
    pings = Frame.ping(bytes(125), mask=bytes(4)).serialize() * 500
    end = server.connections[0]
    most = 0
    for _ in range(300):
        await ws.send_raw(pings)
        await asyncio.sleep(0)
        most = max(most, end._tcp.unwritten)
    assert end._outbox.drained is not None, "TCP is full"
    assert most < 1_000_000
    ws._tcp.go_on_reading()
    assert await ws.ping(b"still there") >= 0
    await ws.close()


async def test_answers_put_aside_never_pass_their_limit(lab: Lab) -> None:
    most = 0

    async def handler(connection: Endpoint) -> None:
        nonlocal most
        async for message in connection:
            await connection.send(message)
            most = max(most, connection._outbox._aside)

    ws = await lab.connect(await lab.serve(handler))
    for _ in range(200):
        await ws.send(bytes(5000))
    for _ in range(200):
        await ws.recv()
    await ws.close()
    assert 0 < most < 70_000
