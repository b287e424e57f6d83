"""Messages that wait to be received: in order, one receiver at a time, within a limit."""

from __future__ import annotations

import asyncio
import zlib

import pytest

from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.protocol import Deflate, Frame, Opcode
from wslab.protocol.deflate import Inflater

MIB = 1024 * 1024


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


def compressed(payload: bytes) -> bytes:
    """A compressed message, as a client's frame."""
    return Frame(Opcode.BINARY, payload, rsv1=True, mask=bytes(4)).serialize()


def bomb(size: int) -> bytes:
    """A message that inflates to so many bytes, a thousand times its own."""
    squeezer = zlib.compressobj(9, wbits=-15)
    return compressed((squeezer.compress(bytes(size)) + squeezer.flush(zlib.Z_SYNC_FLUSH))[:-4])


async def inflated_by_turns(inflater: Inflater, until: int) -> list[int]:
    """How much was inflated in each turn of the loop, until so much was."""
    turns, before = [], inflater.work
    while before < until:
        await asyncio.sleep(0)
        turns.append(inflater.work - before)
        before = inflater.work
    return turns


@pytest.mark.parametrize(
    ("flood", "work"),
    [(bomb(MIB) * 60, 60 * MIB), (bomb(15 * MIB) * 4, 60 * MIB), (compressed(b"\x03\x00" * 1000) * 32, 60 * MIB)],
    ids=["messages of 1 MiB", "messages of 15 MiB", "final blocks"],
)
async def test_what_inflates_to_a_lot_is_taken_in_many_turns_of_the_loop(lab: Lab, flood: bytes, work: int) -> None:
    """Before, a read of 64 KiB was inflated to 60 MiB and answered in one turn, and all others waited for it."""
    server = await lab.serve(echo, deflate=Deflate())
    await lab.connect(server, deflate=Deflate())
    endpoint = server.connections[0].asyncio_protocol
    protocol = endpoint.state.known_protocol()
    asyncio.get_running_loop().call_soon(endpoint.data_received, flood)
    assert protocol.inflater is not None
    turns = await inflated_by_turns(protocol.inflater, work)
    assert max(turns) < 18 * MIB
    assert protocol.failure is None


async def test_what_waits_for_a_turn_is_received_also_while_closing(lab: Lab) -> None:
    """The messages before the peer's Close, and the Close behind them, lie unread when the handler closes."""
    server = await lab.serve(lambda connection: connection.wait_closed(), deflate=Deflate())
    client = await lab.connect(server, deflate=Deflate())
    ours = server.connections[0]
    ours.asyncio_protocol.data_received(bomb(MIB) * 40 + Frame.close(1000, mask=bytes(4)).serialize())
    assert ours.asyncio_protocol.tcp.unread
    await ours.close(1001)
    assert (ours.close_code, client.close_code) == (1000, 1001)
