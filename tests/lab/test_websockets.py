"""The `websockets` library as the peer, in both roles, over real TCP."""

from __future__ import annotations

import asyncio

import pytest
import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed as TheirConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, echo
from wslab.protocol import Deflate, State

MESSAGES = ["Hello", "ÄÖ😀", "", b"", b"\x00\x01\xff", "x" * 70_000, bytes(300_000)]


async def their_echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


@pytest.mark.parametrize("message", MESSAGES)
async def test_their_client_hears_our_echo(lab: Lab, message: str | bytes) -> None:
    server = await lab.serve(echo)
    async with connect(server.url, compression=None) as ws:
        await ws.send(message)
        assert await ws.recv() == message
    await lab.close()
    assert {entry.fate for entry in lab.tape if entry.sender == "client" and entry.kind != "tcp"} == {"arrived"}
    assert {entry.fate for entry in lab.tape if entry.sender == "server" and entry.kind == "text"} <= {"unknown"}
    assert {entry.client for entry in lab.tape} == {None}


async def test_their_client_that_offers_compression_gets_it_and_the_tape_tells_the_message(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with connect(server.url) as ws:
        for _ in range(2):
            await ws.send("squeezed, squeezed")
            assert await ws.recv() == "squeezed, squeezed"
        assert [each.name for each in ws.protocol.extensions] == ["permessage-deflate"]
    texts = [entry for entry in lab.tape if entry.kind == "text"]
    assert len(texts) == 4
    for entry in texts:
        assert entry.plain == b"squeezed, squeezed"
        assert entry.frame is not None
        assert entry.frame.rsv1
        assert "compressed to" in entry.sentence
        assert entry.sentence.endswith("“squeezed, squeezed”.")


async def test_their_client_that_names_the_largest_window_hears_it_repeated(lab: Lab) -> None:
    """RFC 7692 §7.1.2.1: a limit of the server's window is accepted by repeating it, also 15."""
    server = await lab.serve(echo)
    extensions = [ClientPerMessageDeflateFactory(server_max_window_bits=15)]
    async with connect(server.url, compression=None, extensions=extensions) as ws:
        await ws.send("squeezed")
        assert await ws.recv() == "squeezed"
        assert [each.name for each in ws.protocol.extensions] == ["permessage-deflate"]


async def test_their_client_is_served_without_compression_where_the_server_wants_none(lab: Lab) -> None:
    server = await lab.serve(echo, deflate=None)
    async with connect(server.url) as ws:
        await ws.send("plain")
        assert await ws.recv() == "plain"
        assert ws.protocol.extensions == []


async def test_our_client_offers_compression_when_asked_and_their_server_takes_it(lab: Lab) -> None:
    async def handler(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(handler, "127.0.0.1", 0) as theirs:
        port = next(iter(theirs.sockets)).getsockname()[1]
        ws = await lab.connect(f"ws://127.0.0.1:{port}/", deflate=Deflate(client_max_window_bits=9))
        for message in ("Hello", "Hello", "x" * 100_000):
            await ws.send(message)
            assert await ws.recv() == message
        await ws.close()
        assert "permessage-deflate" in (ws.response.header("Sec-WebSocket-Extensions") or "")


@pytest.mark.parametrize("message", MESSAGES)
async def test_our_client_hears_their_echo(lab: Lab, message: str | bytes) -> None:
    async with serve(their_echo, "127.0.0.1", 0, compression=None) as server:
        async with await lab.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/") as ws:
            await ws.send(message)
            assert await ws.recv() == message
        assert (ws.close_code, ws.state) == (1000, State.CLOSED)


async def test_pings_go_both_ways(lab: Lab) -> None:
    times: list[float] = []

    async def handler(connection: Endpoint) -> None:
        times.append(await connection.ping())
        await echo(connection)

    server = await lab.serve(handler)
    async with connect(server.url, compression=None) as ws:
        latency = await (await ws.ping(b"theirs"))
        assert latency >= 0
        await ws.send("x")
        await ws.recv()
    assert len(times) == 1


async def test_a_clean_close_from_their_client(lab: Lab) -> None:
    ends: list[Endpoint] = []

    async def handler(connection: Endpoint) -> None:
        ends.append(connection)
        await echo(connection)

    server = await lab.serve(handler)
    async with connect(server.url, compression=None) as ws:
        await ws.close(1001, "tab closed")
    await ends[0].wait_closed()
    assert (ends[0].close_code, ends[0].close_reason) == (1001, "tab closed")
    assert ws.close_code == 1001


async def test_a_clean_close_from_our_server(lab: Lab) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.close(4001, "enough")

    server = await lab.serve(handler)
    async with connect(server.url, compression=None) as ws:
        with pytest.raises(TheirConnectionClosed) as closed:
            await ws.recv()
    assert closed.value.rcvd == websockets.frames.Close(4001, "enough")
    assert closed.value.rcvd_then_sent


async def test_a_clean_close_from_their_server(lab: Lab) -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.close(4001, "enough")

    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        ws = await lab.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        with pytest.raises(ConnectionClosed, match="The server closed the connection with 4001") as closed:
            await ws.recv()
    assert (closed.value.reason, closed.value.clean, closed.value.by) == ("enough", True, "server")


async def test_closing_our_server_says_1001_to_their_client(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with connect(server.url, compression=None) as ws:
        await server.close()
        await ws.wait_closed()
        assert ws.close_code == 1001


async def test_subprotocols_agree(lab: Lab) -> None:
    server = await lab.serve(echo, subprotocols=["chat"])
    async with connect(server.url, subprotocols=[websockets.Subprotocol("chat")]) as ws:
        assert ws.subprotocol == "chat"
    async with serve(their_echo, "127.0.0.1", 0, subprotocols=[websockets.Subprotocol("chat")]) as theirs:
        port = theirs.sockets[0].getsockname()[1]
        async with await lab.connect(f"ws://127.0.0.1:{port}/", subprotocols=["mqtt", "chat"]) as ours:
            assert ours.subprotocol == "chat"


async def test_our_server_refuses_their_origin(lab: Lab) -> None:
    server = await lab.serve(echo, origins=["https://good.example"])
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        await connect(server.url, origin=websockets.Origin("https://evil.example"))
    assert refused.value.response.status_code == 403
    assert b"https://evil.example" in refused.value.response.body


async def test_their_server_refuses_our_origin(lab: Lab) -> None:
    good = websockets.Origin("https://good.example")
    async with serve(their_echo, "127.0.0.1", 0, origins=[good]) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(HandshakeRefused, match="403 Forbidden"):
            await lab.connect(f"ws://127.0.0.1:{port}/", origin="https://evil.example")


async def test_a_cut_link_between_them_and_us(lab: Lab) -> None:
    server = await lab.serve(echo)
    link = await lab.link(server)
    async with connect(link.url, compression=None) as ws:
        await ws.send("before")
        assert await ws.recv() == "before"
        link.cut()
        with pytest.raises(TheirConnectionClosed):
            await ws.recv()
        assert ws.close_code == 1006
    assert [entry.kind for entry in lab.tape if entry.sender == "wire"] == ["fault"]


async def test_a_server_of_theirs_that_answers_did_see_tcp_open(lab: Lab) -> None:
    async with serve(their_echo, "127.0.0.1", 0) as server:
        await lab.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        assert [entry.tcp for entry in lab.tape if entry.kind == "tcp"] == ["connect"]
        assert lab.tape[0].fate == "unknown"  # not on its way for ever
        await lab.close()


async def test_a_silent_link_between_two_of_theirs_is_on_the_tape(lab: Lab) -> None:
    async with serve(their_echo, "127.0.0.1", 0, compression=None, close_timeout=0.1) as server:
        link = await lab.link(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        async with connect(link.url, compression=None, close_timeout=0.1) as ws:
            await ws.send("before")
            assert await ws.recv() == "before"
            link.silence()
            await ws.send("lost")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ws.recv(), 0.1)
        told = [(entry.kind, entry.sender, entry.fate) for entry in lab.tape if entry.kind == "text"]
        assert told == [("text", "client", "unknown"), ("text", "server", "unknown"), ("text", "client", "lost")]
        await link.close()
