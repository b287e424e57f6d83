"""What a server may answer: an opening handshake with headers of its own, and a Close with a code of its own."""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import connect

from tests.cli.process import eventually
from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, echo
from wslab.protocol import Frame, HandshakeRequest, HandshakeResponse

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
OnRequest = Callable[[HandshakeRequest], Any]


async def silent(connection: Endpoint) -> None:
    await connection.wait_closed()


async def raw_answer(port: int) -> tuple[str, list[str], str]:
    """First line, header lines and body of what the server says to a raw socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HandshakeRequest.build("127.0.0.1", key=KEY).serialize())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    body = "" if " 101 " in head else (await reader.read()).decode()
    writer.close()
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    return first, lines, body


# --- on_request -----------------------------------------------------------------------------------


async def test_it_adds_headers_and_cookies_to_a_101(lab: Lab) -> None:
    cookies = [("Set-Cookie", "id=1; Path=/"), ("Set-Cookie", "theme=dark"), ("X-Name", "me")]
    server = await lab.serve(echo, on_request=lambda _: (101, "", cookies), headers=[("Server", "mine")])
    first, lines, _ = await raw_answer(server.port)
    assert first.startswith("HTTP/1.1 101 ")
    assert [line for line in lines if line.startswith(("Set-Cookie", "X-Name", "Server"))] == [
        "Server: mine", "Set-Cookie: id=1; Path=/", "Set-Cookie: theme=dark", "X-Name: me"
    ]  # fmt: skip
    async with connect(server.url) as client:
        assert client.response is not None
        assert client.response.headers.get_all("Set-Cookie") == ["id=1; Path=/", "theme=dark"]
        await client.send("x")
        assert await client.recv() == "x"


@pytest.mark.parametrize("challenge", ['Basic realm="lab"', 'Bearer realm="lab", error="invalid_token"'])
async def test_it_challenges_and_lets_in_who_answers(challenge: str, lab: Lab) -> None:
    def judge(request: HandshakeRequest) -> Any:
        known = request.header("Authorization") == "Basic dTpw"
        return None if known else (401, "Who are you?", [("WWW-Authenticate", challenge)])

    server = await lab.serve(echo, on_request=judge)
    first, lines, body = await raw_answer(server.port)
    assert first == "HTTP/1.1 401 Unauthorized"
    assert [line for line in lines if line.startswith("WWW-Authenticate")] == [f"WWW-Authenticate: {challenge}"]
    assert body == "Who are you?"
    with pytest.raises(websockets.InvalidStatus) as refused:
        await connect(server.url)
    assert refused.value.response.headers["WWW-Authenticate"] == challenge
    async with connect(server.url.replace("ws://", "ws://u:p@")) as client:  # RFC 7617
        await client.send("x")
        assert await client.recv() == "x"
    with pytest.raises(HandshakeRefused, match="send credentials in the header Authorization") as ours:
        await lab.connect(server)
    assert challenge in str(ours.value)
    async with await lab.connect(server, headers=[("Authorization", "Basic dTpw")]) as mine:
        assert mine.is_open


async def test_a_401_without_a_challenge_of_its_own_has_a_usual_one(lab: Lab) -> None:
    server = await lab.serve(echo, on_request=lambda _: (HTTPStatus.UNAUTHORIZED, "no"))
    _, lines, _ = await raw_answer(server.port)
    assert [line for line in lines if line.startswith("WWW-Auth")] == ['WWW-Authenticate: Bearer realm="WebSocket"']


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_it_redirects_and_a_client_says_where_to(status: int, lab: Lab) -> None:
    target = await lab.serve(echo)
    server = await lab.serve(echo, on_request=lambda _: (status, "", [("Location", target.url)]))
    async with connect(server.url) as client:  # it follows
        await client.send("x")
        assert await client.recv() == "x"
    with pytest.raises(
        HandshakeRefused,
        match=f"redirected the handshake with {status} .*It points to `{target.url}`. The lab follows no",
    ):
        await lab.connect(server)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((101, "", [("Sec-WebSocket-Accept", "x")]), "'sec-websocket-accept' itself"),
        ((101, "", [("Sec-WebSocket-Protocol", "x")]), "'sec-websocket-protocol' itself"),
        ((101, "", [("UPGRADE", "x")]), "'upgrade' itself"),
        ((403, "", [("Connection", "keep-alive")]), "'connection' itself"),
        ((403, "", [("Content-Length", "5")]), "'content-length' itself"),
        ((403, "", [("Transfer-Encoding", "chunked")]), "'transfer-encoding' itself"),
        ((101, "", [("X", "a\r\nSet-Cookie: b=c")]), "X"),
        ((403, "", [("X", "a\nb")]), "X"),
        ((403, "", [("X\r\nY", "b")]), "X"),
        ((101, "", [("X", "é")]), "U\\+00E9"),
        ((302, "gone"), "Location"),
        ((100, ""), "101, or 200 to 599"),
        ((204, "nothing"), "A 204 has no content"),
        ((304, "as before"), "A 304 has no content"),
        ((True, ""), "101, or 200 to 599"),
        ((10**400, ""), "101, or 200 to 599"),
        ((403, b""), "text of a refusal is a str"),
        ((403, "", {"a": "b"}), "headers is a list"),
        ((403,), "on_request returns None"),
        ("403", "on_request returns None"),
    ],
)
async def test_what_cannot_be_sent_is_500_and_told(
    answer: Any, words: str, lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    server = await lab.serve(echo, on_request=lambda _: answer)
    first, lines, _ = await raw_answer(server.port)
    assert first == "HTTP/1.1 500 Internal Server Error"
    assert not [line for line in lines if line.startswith("Set-Cookie")]
    (error,) = server.errors
    assert isinstance(error, Exception)
    if words != "X":
        with pytest.raises(type(error), match=words):
            raise error
    assert "on_request" in caplog.text


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_content_ends_with_its_head_and_a_client_waits_for_no_body(status: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HandshakeResponse.refuse(status).serialize())
        await reader.read()  # TCP stays, until the client ends it
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, Lab(timeout=5.0) as lab:
        with pytest.raises(HandshakeRefused, match=str(status)):
            await lab.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


async def test_a_coroutine_is_refused_with_a_sentence(lab: Lab) -> None:
    async def judge(_: HandshakeRequest) -> None:
        return None

    server = await lab.serve(echo, on_request=judge)  # type: ignore[arg-type]
    with pytest.raises(HandshakeRefused, match="500"):
        await lab.connect(server)
    assert "cannot be `async def`" in str(server.errors[0])


# --- answer_close ---------------------------------------------------------------------------------


async def test_a_server_chooses_the_code_and_reason_of_its_answer(lab: Lab) -> None:
    asked: list[tuple[int, str]] = []

    def answer(code: int, reason: str) -> tuple[int, str]:
        asked.append((code, reason))
        return 4001, f"heard {reason}"

    server = await lab.serve(silent, answer_close=answer)
    async with connect(server.url) as client:
        await client.close(4000, "bye")
        assert client.protocol.close_rcvd is not None
        assert (client.protocol.close_rcvd.code, client.protocol.close_rcvd.reason) == (4001, "heard bye")
    assert asked == [(4000, "bye")]


@pytest.mark.parametrize(
    ("chosen", "sent"), [(None, b"\x03\xe9"), ((None, ""), b""), ((1000, ""), b"\x03\xe8"), ((3000, "x"), b"\x0b\xb8x")]
)
async def test_each_answer_and_a_client_chooses_too(chosen: Any, sent: bytes, lab: Lab) -> None:
    async def leave(connection: Endpoint) -> None:
        await connection.close(1001)

    client = await lab.connect(await lab.serve(leave), answer_close=lambda *_: chosen)
    await client.wait_closed()
    (close,) = [entry for entry in lab.tape.frames(8, "client") if entry.plain is not None]
    assert close.plain == sent


@pytest.mark.parametrize("chosen", [(1005, ""), (99, ""), "1000", (1000,), (1000, "x" * 200), 5])
async def test_an_answer_that_no_close_may_have_is_1011_and_told(
    chosen: Any, lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    server = await lab.serve(silent, answer_close=lambda *_: chosen)
    client = await lab.connect(server)
    await client.close(4000)
    assert client.close_code == 1011
    assert lab.tape.frames(8, "server")[0].plain == b"\x03\xf3"
    assert "answer_close raised" in str(lab.tape)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_who_closed_first_is_told_with_the_code_that_it_sent_and_the_answer_with_its_own(lab: Lab) -> None:
    server = await lab.serve(silent, answer_close=lambda *_: (4001, "heard"))
    client = await lab.connect(server)
    await client.close(4000, "bye")
    with pytest.raises(ConnectionClosed) as closed:
        await client.recv()
    assert (closed.value.by, closed.value.code) == ("client", 4001)  # §7.1.5: the code is that of the Close that came
    said = str(closed.value)
    assert "The client closed the connection with 4000" in said
    assert "“bye”" in said
    assert "The server's Close came with 4001" in said
    assert "“heard”" in said


async def test_before_tcp_ends_too_the_side_that_closed_first_is_named(lab: Lab) -> None:
    async with server_that_keeps_tcp_open() as url:
        client = await lab.connect(url)
        closing = asyncio.create_task(client.close(4000, timeout=0.3))
        await eventually(lambda: client.asyncio_protocol.state.known_protocol().close_received is not None)
        with pytest.raises(ConnectionClosed) as closed:
            await client.send("late")
        await closing
    assert closed.value.by == "client"
    assert "The client closed the connection with 4000" in str(closed.value)


@asynccontextmanager
async def server_that_keeps_tcp_open() -> AsyncIterator[str]:
    """A server that answers a Close and waits for the client to end TCP; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = HandshakeRequest.parse(await reader.readuntil(b"\r\n\r\n"))[0]
        writer.write(HandshakeResponse.accept(request).serialize())
        await reader.readexactly(8)  # a masked Close with a code
        writer.write(Frame.close(4000).serialize())
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_messages_before_the_close_are_answered_and_then_the_answer_is_chosen(lab: Lab) -> None:
    seen = asyncio.Event()

    async def slow(connection: Endpoint) -> None:
        await seen.wait()
        async for message in connection:
            await connection.send(message)

    server = await lab.serve(slow, answer_close=lambda *_: (4001, "late"))
    client = await lab.connect(server)
    await client.send("x")
    closing = asyncio.create_task(client.close(4000))
    await asyncio.sleep(0)
    seen.set()
    await closing
    sent = [entry.plain for entry in lab.tape.frames(side="server")]
    assert sent == [b"x", b"\x0f\xa1late"]


async def test_a_handler_that_closes_while_messages_wait_chooses_the_answer(lab: Lab) -> None:
    closed = asyncio.Event()

    async def handler(connection: Endpoint) -> None:
        await closed.wait()
        await connection.send("before")
        await connection.close(4002, "mine")

    client = await lab.connect(await lab.serve(handler))
    await client.send("x")
    closing = asyncio.create_task(client.close(4000))
    await eventually(lambda: [each.fate for each in lab.tape.frames(8, "client")] == ["arrived"])
    closed.set()
    await closing
    assert [entry.plain for entry in lab.tape.frames(side="server")] == [b"before", b"\x0f\xa2mine"]


async def test_what_is_no_function_is_refused_before_anything_opens(lab: Lab) -> None:
    for given in (5, (1000, "x"), "x"):
        with pytest.raises(TypeError, match="answer_close is a function"):
            await lab.serve(echo, answer_close=given)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="answer_close is a function"):
            await lab.connect("ws://127.0.0.1:1/", answer_close=given)  # type: ignore[arg-type]


# --- limits of what arrives -------------------------------------------------------------------------


async def test_a_message_larger_than_the_queue_arrives_in_fragments(lab: Lab) -> None:
    async with await lab.connect(await lab.serve(echo, max_queue=1000), max_queue=1000) as client:
        for at in range(10):
            await client.send_fragment(bytes(10_000), fin=at == 9)
        assert await client.recv() == bytes(100_000)


async def test_a_message_that_still_arrives_is_limited_by_max_message_alone() -> None:
    size, part = 1 << 20, bytes(64 << 10)
    async with Lab(tape=False) as lab:
        client = await lab.connect(await lab.serve(silent, max_message=size, max_queue=1000, deflate=None))
        await client.send_fragment(part, fin=False)
        await client.ping()
        tracemalloc.start()
        try:
            for _ in range(size // len(part) - 1):
                await client.send_fragment(part, fin=False)
            await client.ping()
            held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert held < size + (256 << 10)
        await client.send_fragment(b"x", fin=False)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.code == 1009
