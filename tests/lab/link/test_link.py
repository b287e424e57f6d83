"""A link: what passes through it, and what each side believes when it is cut or goes silent."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

import pytest

from wslab.lab import ConnectionClosed, Endpoint, Lab, Link, echo
from wslab.lab.clock.real import RealClock
from wslab.lab.faults.ending import Silence
from wslab.lab.network.sockets import SocketNetwork
from wslab.protocol import State
from wslab.tape.entry import Entry


def believed(entry: Entry) -> tuple[tuple[State, int | None] | None, ...]:
    """State and code of the client's and the server's belief."""
    return tuple(None if each is None else (each.state, each.code) for each in (entry.client, entry.server))


@dataclass
class Peers:
    """A client and its server's end with a link between; `ended` is how the server's handler ended."""

    link: Link
    client: Endpoint
    server: Endpoint
    ended: asyncio.Future[ConnectionClosed]


async def linked(lab: Lab) -> Peers:
    ended: asyncio.Future[ConnectionClosed] = asyncio.get_running_loop().create_future()

    async def handler(connection: Endpoint) -> None:
        try:
            await echo(connection)
        except ConnectionClosed as closed:
            ended.set_result(closed)

    server = await lab.serve(handler)
    link = await lab.link(server)
    client = await lab.connect(link)
    await client.send("before")
    assert await client.recv() == "before"
    return Peers(link, client, server.connections[0], ended)


async def ends(peers: Peers) -> list[ConnectionClosed]:
    """How both sides were told that the connection ended."""
    with pytest.raises(ConnectionClosed) as closed:
        await peers.client.recv()
    return [closed.value, await asyncio.wait_for(peers.ended, 5)]


async def test_a_whole_link_changes_nothing(lab: Lab) -> None:
    peers = await linked(lab)
    await peers.client.send(bytes(1_000_000))
    assert await peers.client.recv() == bytes(1_000_000)
    assert peers.client.number == peers.server.number
    await peers.client.close()
    await peers.server.wait_closed()
    assert {entry.fate for entry in lab.tape} == {"arrived"}
    assert lab.tape.connection_numbers == [1]
    assert peers.link.connection_numbers == []


async def test_a_clean_close_passes_through_a_link(lab: Lab) -> None:
    peers = await linked(lab)
    await peers.client.close(1000, "bye")
    await peers.server.wait_closed()
    assert believed(lab.tape[-1]) == ((State.CLOSED, 1000), (State.CLOSED, 1000))


async def test_a_cut_is_a_reset_that_both_sides_see(lab: Lab) -> None:
    peers = await linked(lab)
    await peers.client.send("on the wire")
    peers.link.cut()
    for closed in await ends(peers):
        assert "TCP was reset (RST)" in str(closed)
        assert (closed.code, closed.by) == (1006, "nobody")
    last = lab.tape[-1]
    assert (last.kind, last.sender) == ("fault", "wire")
    assert (lab.tape[-2].kind, lab.tape[-2].fate) == ("text", "lost")
    assert believed(last) == ((State.CLOSED, 1006), (State.CLOSED, 1006))


async def test_fin_ends_both_sides_without_a_close(lab: Lab) -> None:
    peers = await linked(lab)
    peers.link.fin()
    for closed in await ends(peers):
        assert "(FIN)" in str(closed)
        assert (closed.code, closed.by) == (1006, "nobody")
    cut, *farewells = [entry for entry in lab.tape if entry.kind in ("fault", "tcp")][1:]
    assert (cut.sender, cut.fate) == ("wire", "arrived")
    assert [entry.fate for entry in farewells] == ["lost", "lost"]


async def test_new_connections_pass_after_a_cut(lab: Lab) -> None:
    peers = await linked(lab)
    peers.link.cut()
    again = await lab.connect(peers.link)
    await again.send("again")
    assert await again.recv() == "again"
    await again.close()


async def test_silence_leaves_both_sides_believing(lab: Lab) -> None:
    peers = await linked(lab)
    peers.link.silence()
    await peers.client.send("is anybody there?")
    with pytest.raises(TimeoutError, match="OPEN"):
        await peers.client.recv(timeout=0.1)
    with pytest.raises(TimeoutError, match="Pong"):
        await peers.server.ping(timeout=0.1)
    assert (peers.client.state, peers.server.state) == (State.OPEN, State.OPEN)
    assert [entry.fate for entry in lab.tape][-2:] == ["lost", "lost"]
    assert believed(lab.tape[-1]) == ((State.OPEN, None), (State.OPEN, None))


async def test_one_side_closes_into_the_silence_and_the_other_still_believes(lab: Lab) -> None:
    peers = await linked(lab)
    peers.link.silence()
    with pytest.raises(TimeoutError, match="the peer's Close"):
        await peers.client.close(timeout=0.1)
    assert (peers.client.state, peers.client.close_code) == (State.CLOSED, 1006)
    assert peers.server.state is State.OPEN
    closing = [entry for entry in lab.tape if entry.kind == "close"]
    assert [entry.fate for entry in closing] == ["lost"]
    assert believed(lab.tape[-1]) == ((State.CLOSED, 1006), (State.OPEN, None))


async def test_a_silent_connection_is_over_when_both_sides_have_left_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wslab.lab.link.relayed.FORGOTTEN_AFTER", 0.1)
    arrived: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _, writer: arrived.put(writer), "127.0.0.1", 0)
    link = await lab.link(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    _, client = await asyncio.open_connection("127.0.0.1", link.port)
    accepted = await arrived.get()
    ends = [end for each in link._relay.connections for end in each.sides.values()]
    link.silence()
    client.close()
    await asyncio.sleep(0.05)
    assert link.connection_numbers == [1]
    accepted.close()
    await asyncio.sleep(0.05)
    assert link.connection_numbers == []
    assert None not in [end.transport for end in ends]  # neither is told
    await asyncio.sleep(0.15)
    assert [end.transport for end in ends] == [None, None]
    server.close()


async def test_a_connection_that_was_silent_from_the_first_is_over_when_its_client_has_left(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo), Silence())
    _, client = await asyncio.open_connection("127.0.0.1", link.port)
    await asyncio.sleep(0.05)
    assert link.connection_numbers == [1]
    client.close()
    await asyncio.sleep(0.05)
    assert link.connection_numbers == []


async def test_a_silent_link_answers_no_handshake(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    link.silence()
    with pytest.raises(TimeoutError, match=r"not done within 0.1 s.*CONNECTING"):
        await lab.connect(link, timeout=0.1)


async def test_a_reset_of_one_side_reaches_the_other_as_a_reset(lab: Lab) -> None:
    peers = await linked(lab)
    peers.client.abort()
    client, server = await ends(peers)
    assert (client.by, server.by) == ("client", "nobody")
    assert "TCP was reset (RST)" in str(server)


async def test_a_reset_behind_a_fin_is_no_error_of_the_link(lab: Lab) -> None:
    async def leave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write_eof()
        await asyncio.sleep(0.05)
        lab._context.network.reset(writer.transport)  # type: ignore[arg-type]

    server = await asyncio.start_server(leave, "127.0.0.1", 0)
    link = await lab.link(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    reader, client = await asyncio.open_connection("127.0.0.1", link.port)
    assert await reader.read() == b""
    await asyncio.sleep(0.1)
    client.write_eof()
    await asyncio.sleep(0.05)
    assert link.connection_numbers == []
    assert [(entry.sender, entry.kind) for entry in lab.tape] == [("server", "tcp"), ("client", "tcp")]
    client.close()
    server.close()


async def test_a_link_to_nobody_ends_the_client_and_tells_it(lab: Lab) -> None:
    server = await lab.serve(echo)
    link = await lab.link(server)
    await server.close()
    with pytest.raises(Exception, match="TCP ended before the server answered"):
        await lab.connect(link)
    assert "cannot reach" in str(lab.tape)


async def test_a_slow_reader_holds_back_the_writer_through_a_link(lab: Lab) -> None:
    go_on = asyncio.Event()
    received = 0

    async def handler(connection: Endpoint) -> None:
        nonlocal received
        await go_on.wait()
        async for message in connection:
            received += len(message)

    link = await lab.link(await lab.serve(handler))
    ws = await lab.connect(link)
    sending = asyncio.gather(*(ws.send(bytes(100_000)) for _ in range(300)))
    await asyncio.sleep(0.3)
    assert len(lab.tape.bytes(1, "client")) <= 31_000_000
    go_on.set()
    await sending
    await ws.close()
    assert received == 30_000_000


async def test_closing_a_link_ends_what_goes_through_it(lab: Lab) -> None:
    peers = await linked(lab)
    await peers.link.close()
    with pytest.raises(ConnectionClosed):
        await peers.client.recv()
    with pytest.raises(ConnectionRefusedError, match="Nobody listens"):
        await lab.connect(peers.link)


async def test_fin_and_rst_of_peers_that_are_not_ours_are_on_the_tape(lab: Lab) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        assert isinstance(writer.transport, asyncio.Transport)
        SocketNetwork(RealClock()).reset(writer.transport)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    link = await lab.link(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    writer.write_eof()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    server.close()
    await link.close()
    told = [(entry.sender, entry.kind, entry.sentence) for entry in lab.tape]
    assert told == [
        ("client", "tcp", "The client closes its direction of TCP (FIN)."),
        ("server", "tcp", "The server resets the TCP connection (RST): data still on the way may be lost."),
    ]


async def test_it_may_be_asked_from_another_thread(lab: Lab) -> None:
    """As from a widget: JupyterLab sends what a page asks for to a thread of the kernel's own."""
    link = await lab.link(await lab.serve(echo), "gate:of=client")
    link.faults = ()
    ws = await lab.connect(link)
    lab.tape.watch(lambda: None)
    await asyncio.to_thread(setattr, link, "faults", ("gate:of=client", "glue"))
    await asyncio.sleep(0.05)
    for text in ("one", "two"):
        await ws.send(text)
    await asyncio.sleep(0.1)
    one, two = link.held
    await asyncio.to_thread(one.drop)
    await asyncio.to_thread(two.rewrite, "zwei")
    assert await ws.recv() == "zwei"
    await asyncio.to_thread(link.cut)
    with pytest.raises(ConnectionClosed):
        await ws.recv()


async def test_a_fin_for_a_server_whose_reset_waits_unread_is_no_loss_of_the_client(lab: Lab) -> None:
    async def target(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(5)
        writer.write(bytes(30_000_000))  # more than the client, who does not read, and the system hold
        await asyncio.sleep(0.3)
        lab._context.network.reset(writer.transport)  # type: ignore[arg-type]

    async with await asyncio.start_server(target, "127.0.0.1", 0) as server:
        link = await lab.link(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        with socket.create_connection(("127.0.0.1", link.port)) as client:
            client.sendall(b"hello")
            await asyncio.sleep(0.6)
            client.shutdown(socket.SHUT_WR)
            await asyncio.sleep(0.1)
            assert "loses its TCP" not in str(lab.tape)
            assert link.connection_numbers == [1]
        await asyncio.sleep(0.1)
        assert link.connection_numbers == []
