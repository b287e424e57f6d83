"""TLS: the same connections at wss://, the tape inside it, and what is told where a certificate does not fit."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
import trustme
from websockets.asyncio.client import connect as their_connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as their_serve
from websockets.exceptions import ConnectionClosedError

from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, Server, echo
from wslab.protocol import Frame
from wslab.protocol.deflate import Deflate

AUTHORITY = trustme.CA()


def server_context(
    *names: str, authority: trustme.CA = AUTHORITY, until: datetime.datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=until).configure_cert(context)
    return context


HERE = server_context("localhost", "127.0.0.1")


@pytest.fixture
def trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@pytest.fixture
async def server(lab: Lab) -> AsyncIterator[Server]:
    async with await lab.serve(echo, tls=HERE) as server:
        yield server


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_messages_of_every_size_come_back(lab: Lab, server: Server, trust: ssl.SSLContext, host: str) -> None:
    async with await lab.connect(f"wss://{host}:{server.port}/", tls=trust) as ws:
        for message in ("Hello", b"", "ÄÖ😀", b"y" * 3_000_000):
            await ws.send(message)
            assert await ws.recv() == message
    assert ws.close_code == 1000
    assert server.url == f"wss://127.0.0.1:{server.port}/"
    assert server.errors == []


async def test_the_tape_has_what_is_inside(lab: Lab, server: Server, trust: ssl.SSLContext) -> None:
    async with await lab.connect(server, tls=trust) as ws:
        await ws.send("Hello")
        await ws.recv()
    assert Frame.text("Hello").serialize() in lab.tape.bytes(1, "server")
    kinds = [entry.kind for entry in lab.tape if entry.kind in ("http", "text", "close")]
    assert kinds == ["http", "http", "text", "text", "close", "close"]
    assert {entry.fate for entry in lab.tape if entry.kind in ("http", "text", "close")} == {"arrived"}
    told = [entry.sentence for entry in lab.tape if "protects this connection" in entry.sentence]
    assert len(told) == 1
    assert "TLSv1.3" in told[0]


async def test_compression_works_inside(lab: Lab, server: Server, trust: ssl.SSLContext) -> None:
    async with await lab.connect(server, tls=trust, deflate=Deflate()) as ws:
        await ws.send("again " * 50_000)
        assert await ws.recv() == "again " * 50_000


@pytest.mark.parametrize("side", ["client", "server"])
async def test_an_abort_is_seen_by_the_other_side(lab: Lab, trust: ssl.SSLContext, side: str) -> None:
    ends: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()

    async def handler(connection: Endpoint) -> None:
        ends.set_result(connection)
        await connection.wait_closed()

    ws = await lab.connect(await lab.serve(handler, tls=HERE), tls=trust)
    other = await ends
    (ws if side == "client" else other).abort()
    await asyncio.gather(ws.wait_closed(), other.wait_closed())
    assert (ws.close_code, other.close_code) == (1006, 1006)


async def test_a_violation_fails_the_connection_in_words(lab: Lab, server: Server, trust: ssl.SSLContext) -> None:
    ws = await lab.connect(server, tls=trust)
    await ws.send_raw(b"\x83\x80" + bytes(4))
    with pytest.raises(ConnectionClosed, match="The server closed the connection with 1002"):
        await ws.recv()


async def test_a_server_that_closes_says_1001(lab: Lab, trust: ssl.SSLContext) -> None:
    server = await lab.serve(echo, tls=HERE)
    ws = await lab.connect(server, tls=trust)
    await server.close()
    assert ws.close_code == 1001


async def test_a_client_that_lets_go_without_a_word_is_seen_to_have_closed_tcp(lab: Lab, trust: ssl.SSLContext) -> None:
    ended: asyncio.Future[ConnectionClosed] = asyncio.get_running_loop().create_future()

    async def handler(connection: Endpoint) -> None:
        try:
            await connection.recv()
        except ConnectionClosed as closed:
            ended.set_result(closed)

    ws = await lab.connect(await lab.serve(handler, tls=HERE), tls=trust)
    ws.drop()
    assert "closed by the other end (FIN)" in str(await ended)


async def test_a_silent_peer_is_left_within_the_limit(trust: ssl.SSLContext) -> None:
    async def handler(connection: Endpoint) -> None:
        connection._tcp.stop_reading()
        await asyncio.sleep(30)

    async with Lab(timeout=0.3) as lab:
        ws = await lab.connect(await lab.serve(handler, tls=HERE), tls=trust, ping_interval=0.1, ping_timeout=0.1)
        with pytest.raises(ConnectionClosed, match="No Pong answered"):
            await ws.recv(timeout=3)


# --- what does not fit ------------------------------------------------------------------


async def refusal(lab: Lab, url: str, tls: ssl.SSLContext | None) -> str:
    """How a refused handshake of TLS is told; the tape says the same."""
    with pytest.raises(HandshakeRefused) as refused:
        await lab.connect(url, tls=tls)
    told = str(refused.value)
    assert refused.value.status == 0
    assert ": so no WebSocket began (§4.1), and a page in a browser would see 1006 or 1015 and no reason" in told
    assert told.count(". ") == 0, "one sentence"
    assert told in [entry.sentence for entry in lab.tape]
    return told


async def test_a_certificate_for_other_names_is_told_with_both(lab: Lab, trust: ssl.SSLContext) -> None:
    server = await lab.serve(echo, tls=server_context("example.org", "www.example.org", "10.0.0.1"))
    told = await refusal(lab, f"wss://localhost:{server.port}/", trust)
    assert "is for example.org, www.example.org and 10.0.0.1, not for localhost, the name that was asked for" in told
    told = await refusal(lab, server.url, trust)
    assert "not for 127.0.0.1, the name that was asked for" in told
    assert server.connections == []
    assert server._listener.endpoints == {}


async def test_names_that_this_python_cannot_tell_are_left_out(
    lab: Lab, trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wslab.lab.network.tls.certificate_names", lambda tls: [])
    server = await lab.serve(echo, tls=server_context("example.org"))
    assert "is not for localhost" in await refusal(lab, f"wss://localhost:{server.port}/", trust)


async def test_an_unknown_issuer_is_told_and_the_default_trusts_the_system_alone(lab: Lab, server: Server) -> None:
    assert "is signed by no authority that this client trusts" in await refusal(lab, server.url, None)


async def test_an_old_certificate_is_told(lab: Lab, trust: ssl.SSLContext) -> None:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    server = await lab.serve(echo, tls=server_context("127.0.0.1", until=past))
    assert "has expired" in await refusal(lab, server.url, trust)


async def test_a_server_without_tls_is_told(lab: Lab, trust: ssl.SSLContext) -> None:
    server = await lab.serve(echo)
    assert "does not speak TLS" in await refusal(lab, f"wss://127.0.0.1:{server.port}/", trust)


async def test_a_server_that_hangs_up_is_told(lab: Lab, trust: ssl.SSLContext) -> None:
    other = await asyncio.start_server(lambda reader, writer: writer.transport.abort(), "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    assert "closed TCP inside the TLS handshake" in await refusal(lab, f"wss://127.0.0.1:{port}/", trust)
    other.close()


async def test_a_server_that_says_nothing_is_left_within_the_limit(trust: ssl.SSLContext) -> None:
    async def hush(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    other = await asyncio.start_server(hush, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    async with other, Lab(timeout=0.2) as lab:
        with pytest.raises(TimeoutError, match=r"did not take TCP and TLS within 0\.2 s"):
            await lab.connect(f"wss://127.0.0.1:{port}/", tls=trust)


async def test_a_client_that_says_nothing_is_left_within_the_limit() -> None:
    async with Lab(timeout=0.2) as lab:
        server = await lab.serve(echo, tls=HERE)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await asyncio.wait_for(reader.read(), 2) == b""
        assert server._listener.endpoints == {}
        writer.close()


async def test_a_client_without_tls_leaves_nothing_behind(lab: Lab, server: Server) -> None:
    with pytest.raises(HandshakeRefused, match="TCP ended before the server answered"):
        await lab.connect(f"ws://127.0.0.1:{server.port}/")
    assert server._listener.endpoints == {}


# --- what is misused --------------------------------------------------------------------


async def test_trust_without_tls_is_refused(lab: Lab, trust: ssl.SSLContext) -> None:
    server = await lab.serve(echo)
    with pytest.raises(ValueError, match="has no TLS"):
        await lab.connect(server, tls=trust)


async def test_a_context_of_the_wrong_side_is_refused(lab: Lab, trust: ssl.SSLContext) -> None:
    with pytest.raises(ValueError, match="This context is a client's"):
        await lab.serve(echo, tls=trust)
    with pytest.raises(TypeError, match=r"tls is an ssl\.SSLContext"):
        await lab.serve(echo, tls=True)  # type: ignore[arg-type]


# --- with the websockets library --------------------------------------------------------


async def test_their_client_talks_to_our_server(server: Server, trust: ssl.SSLContext) -> None:
    async with their_connect(server.url, ssl=trust) as theirs:
        for message in ("Hello", b"x" * 500_000):
            await theirs.send(message)
            assert await theirs.recv() == message
    assert theirs.close_code == 1000


async def test_their_client_is_told_our_codes(lab: Lab, trust: ssl.SSLContext) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.close(4001, "enough")

    server = await lab.serve(handler, tls=HERE)
    async with their_connect(server.url, ssl=trust) as theirs:
        with pytest.raises(ConnectionClosedError):
            await theirs.recv()
    assert (theirs.close_code, theirs.close_reason) == (4001, "enough")


async def test_our_client_talks_to_their_server(lab: Lab, trust: ssl.SSLContext) -> None:
    async def handler(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with their_serve(handler, "127.0.0.1", 0, ssl=HERE) as theirs:
        port = next(iter(theirs.sockets)).getsockname()[1]
        async with await lab.connect(f"wss://localhost:{port}/", tls=trust, deflate=Deflate()) as ws:
            await ws.send("Hello")
            assert await ws.recv() == "Hello"
    assert ws.close_code == 1000


def test_without_ssl_the_rest_of_the_lab_works() -> None:
    script = """
import sys
sys.modules["ssl"] = None
from wslab.lab import Lab, echo
lab = Lab(clock="virtual")
async def story():
    async with await lab.connect(await lab.serve(echo)) as ws:
        await ws.send("no ssl")
        return await ws.recv()
print(lab.run(story()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "no ssl\n", done.stderr


async def test_a_link_speaks_tls_to_the_server_and_none_to_the_client(
    lab: Lab, server: Server, trust: ssl.SSLContext
) -> None:
    link = await lab.link(server.url, tls=trust)
    client = await lab.connect(link)
    await client.send("through")
    assert await client.recv() == "through"
    await client.close()
    await link.close()
    assert server.url.startswith("wss://")
    assert link.url.startswith("ws://")
    assert any("The link speaks TLS to the server" in entry.sentence for entry in lab.tape)


async def test_a_link_says_why_it_does_not_trust_the_server(lab: Lab, server: Server) -> None:
    link = await lab.link(server.url)
    with pytest.raises(HandshakeRefused):
        await lab.connect(link)
    await link.close()
    assert any("signed by no authority that this client trusts" in entry.sentence for entry in lab.tape)


async def test_a_server_that_ends_tls_ends_the_link(lab: Lab, trust: ssl.SSLContext) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.close(4001, "enough")

    server = await lab.serve(handler, tls=HERE)
    link = await lab.link(server.url, tls=trust)
    client = await lab.connect(link)
    with pytest.raises(ConnectionClosed, match="4001"):
        await client.recv()
    await link.close()
