"""The opening handshake over real TCP: hostile requests, refusals, subprotocols, the first frame glued to the head."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from wslab.lab import Endpoint, HandshakeRefused, Lab, Server, echo
from wslab.protocol import RULES, Frame, HandshakeRequest, HandshakeResponse, accept_key

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = [
    "GET / HTTP/1.1",
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    f"Sec-WebSocket-Key: {KEY}",
    "Sec-WebSocket-Version: 13",
]


def head(*lines: str, end: str = "\r\n") -> bytes:
    return (end.join(lines) + 2 * end).encode()


def without(name: str) -> bytes:
    return head(*(line for line in GOOD if not line.startswith(name)))


def twice(name: str) -> bytes:
    return head(*GOOD, *(line for line in GOOD if line.startswith(name)))


def wrong(name: str, value: str) -> bytes:
    return head(*(f"{name}: {value}" if line.startswith(name) else line for line in GOOD))


BAD = {
    "no Host": (without("Host"), 400, "request-host"),
    "Host twice": (twice("Host"), 400, "request-host"),
    "no Upgrade": (without("Upgrade"), 400, "request-upgrade"),
    "wrong Upgrade": (wrong("Upgrade", "h2c"), 400, "request-upgrade"),
    "no Connection": (without("Connection"), 400, "request-connection"),
    "wrong Connection": (wrong("Connection", "keep-alive"), 400, "request-connection"),
    "no key": (without("Sec-WebSocket-Key"), 400, "request-key"),
    "key twice": (twice("Sec-WebSocket-Key"), 400, "request-key"),
    "key not Base64": (wrong("Sec-WebSocket-Key", "!" * 24), 400, "request-key"),
    "key of 15 bytes": (wrong("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"), 400, "request-key"),
    "no version": (without("Sec-WebSocket-Version"), 426, "request-version"),
    "version 8": (wrong("Sec-WebSocket-Version", "8"), 426, "request-version"),
    "version twice": (twice("Sec-WebSocket-Version"), 426, "request-version"),
    "POST": (head("POST / HTTP/1.1", *GOOD[1:]), 405, "request-method"),
    "HTTP/1.0": (head("GET / HTTP/1.0", *GOOD[1:]), 400, "request-http-version"),
    "70 KiB": (head(*GOOD, "Cookie: " + "x" * 70_000), 431, "head-size"),
    "70 KiB without an end": (b"GET / HTTP/1.1\r\nCookie: " + b"x" * 70_000, 431, "head-size"),
    "LF only": (head(*GOOD, end="\n"), 400, "head-ends-lines-with-crlf"),
    "garbage": (b"\x00\x01\x02garbage", 400, "head-is-http"),
    "garbage as a head": (b"hello there\r\n\r\n", 400, "head-is-http"),
    "TLS": (bytes.fromhex("16030100c8010000c40303") + bytes(190), 400, "head-not-tls"),
}


@pytest.fixture
async def server(lab: Lab) -> Server:
    return await lab.serve(echo)


async def dialogue(server: Server, request: bytes, *, byte_by_byte: bool = False) -> bytes:
    """Send raw bytes and read until the server closes; never longer than five seconds."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection(server.host, server.port)
        for piece in [bytes([each]) for each in request] if byte_by_byte else [request]:
            writer.write(piece)
            await asyncio.sleep(0) if byte_by_byte else None
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    return answer


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_request_gets_its_status_and_a_sentence(server: Server, case: str) -> None:
    request, status, rule = BAD[case]
    answer = await dialogue(server, request)
    first, _, rest = answer.partition(b"\r\n")
    body = rest.partition(b"\r\n\r\n")[2].decode()
    assert first.startswith(f"HTTP/1.1 {RULES[rule].http_status} ".encode())
    assert RULES[rule].http_status == status
    assert RULES[rule].text[1:] in body
    assert RULES[rule].fix in body


@pytest.mark.parametrize("case", ["no Host", "version 8", "LF only", "TLS"])
async def test_a_bad_request_that_trickles_in_gets_the_same(server: Server, case: str) -> None:
    request, status, _ = BAD[case]
    answer = await dialogue(server, request, byte_by_byte=True)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize("request_", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_client_that_leaves_early_is_let_go(lab: Lab, server: Server, request_: bytes) -> None:
    _, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(request_)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)
    assert server.connections == []
    assert server.errors == []
    expected = [] if not request_ else ["fault"]
    assert [entry.kind for entry in lab.tape if entry.kind != "tcp"] == expected


async def test_a_client_that_says_nothing_is_cut_after_the_timeout() -> None:
    async with Lab(timeout=0.2) as lab:
        server = await lab.serve(echo)
        reader, writer = await asyncio.open_connection(server.host, server.port)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert "and the server ends TCP" in str(lab.tape)


async def test_bytes_behind_the_head_are_the_first_frame(server: Server) -> None:
    frames = Frame.text("glued", mask=b"1234").serialize() + Frame.close(1000, mask=b"1234").serialize()
    answer = await dialogue(server, head(*GOOD) + frames)
    headers, _, rest = answer.partition(b"\r\n\r\n")
    assert f"Sec-WebSocket-Accept: {accept_key(KEY)}".encode() in headers
    assert rest.endswith(Frame.close(1000).serialize())


async def test_the_first_message_glued_to_the_answer_is_received(lab: Lab) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, _ = HandshakeRequest.parse(await reader.readuntil(b"\r\n\r\n"))
        writer.write(
            head("HTTP/1.1 101 Switching", *GOOD[2:4], f"Sec-WebSocket-Accept: {accept_key(request.key)}")
            + Frame.text("glued").serialize()
        )
        await reader.read()
        writer.close()

    raw = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with raw:
        ws = await lab.connect(f"ws://127.0.0.1:{raw.sockets[0].getsockname()[1]}/")
        assert await ws.recv() == "glued"
        ws.abort()
        await ws.wait_closed()


async def test_the_dearest_common_subprotocol_is_chosen(lab: Lab) -> None:
    server = await lab.serve(echo, subprotocols=["chat", "superchat"])
    async with await lab.connect(server, subprotocols=["mqtt", "superchat", "chat"]) as ws:
        assert ws.subprotocol == "superchat"
        assert server.connections[0].subprotocol == "superchat"
        assert ws.request.subprotocols == ["mqtt", "superchat", "chat"]
    async with await lab.connect(server, subprotocols=["mqtt"]) as ws:
        assert ws.subprotocol is None


async def test_a_foreign_origin_is_refused(lab: Lab) -> None:
    server = await lab.serve(echo, origins=["https://good.example"])
    async with await lab.connect(server, origin="https://good.example"):
        pass
    with pytest.raises(HandshakeRefused, match="403 Forbidden: The Origin") as refused:
        await lab.connect(server, origin="https://evil.example")
    assert refused.value.status == 403
    assert refused.value.response is not None


async def test_headers_travel_both_ways(lab: Lab) -> None:
    server = await lab.serve(echo, headers=[("X-Server", "one")])
    async with await lab.connect(server, headers=[("X-Client", "two")]) as ws:
        assert ws.response.header("x-server") == "one"
        assert server.connections[0].request.header("x-client") == "two"


async def test_a_hook_refuses_with_its_own_sentence(lab: Lab) -> None:
    def judge(request: HandshakeRequest) -> tuple[int, str] | None:
        return (503, "Come back later.") if request.target == "/closed" else None

    server = await lab.serve(echo, on_request=judge)
    async with await lab.connect(server):
        pass
    with pytest.raises(HandshakeRefused, match="503 Service Unavailable: Come back later"):
        await lab.connect(f"{server.url}closed")


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", 200, "200 OK: hello"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n<p>nothing", 404, "404 Not Found: <p>nothing"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 302, "302 Found"),
        (b"HTTP/1.1 404 No\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 404, "404 No"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 0, "no answer to the opening handshake"),
        (head("HTTP/1.1 101 Switching", *GOOD[2:4], "Sec-WebSocket-Accept: x"), 101, "Sec-WebSocket-Accept"),
        (head("HTTP/1.1 101 Switching", *GOOD[2:4]), 101, "Sec-WebSocket-Accept"),
        (b"", 0, "TCP ended before the server answered"),
    ],
)
async def test_a_client_tells_why_there_is_no_connection(lab: Lab, answer: bytes, status: int, words: str) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.write_eof()
        await reader.read()
        writer.close()

    raw = await asyncio.start_server(say, "127.0.0.1", 0)
    async with raw:
        with pytest.raises(HandshakeRefused) as refused:
            await lab.connect(f"ws://127.0.0.1:{raw.sockets[0].getsockname()[1]}/")
    assert refused.value.status == status
    assert words in str(refused.value)


@pytest.mark.parametrize("size", [7, 10_000])
async def test_a_client_reads_on_behind_interim_answers(lab: Lab, size: int) -> None:
    """RFC 9110 §15.2: it must be able to, even if it does not expect one."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, _ = HandshakeRequest.parse(await reader.readuntil(b"\r\n\r\n"))
        interim = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" * 2
        answer = interim + HandshakeResponse.accept(request).serialize() + Frame.text("Hi").serialize()
        for at in range(0, len(answer), size):
            writer.write(answer[at : at + size])
            await writer.drain()
        await reader.read()
        writer.close()

    raw = await asyncio.start_server(say, "127.0.0.1", 0)
    async with raw:
        ws = await lab.connect(f"ws://127.0.0.1:{raw.sockets[0].getsockname()[1]}/")
        assert await ws.recv() == "Hi"
        ws.abort()
    kinds = [entry.kind for entry in lab.tape if entry.sender == "server" and entry.kind in ("http", "text", "fault")]
    assert kinds == ["http", "http", "http", "text"]
    assert "interim answer" in next(entry.sentence for entry in lab.tape if b" 103 " in entry.data)


async def test_a_server_that_never_answers_is_given_up(lab: Lab) -> None:
    async def hush(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
        writer.close()

    raw = await asyncio.start_server(hush, "127.0.0.1", 0)
    async with raw:
        with pytest.raises(TimeoutError, match="no WebSocket server"):
            await lab.connect(f"ws://127.0.0.1:{raw.sockets[0].getsockname()[1]}/", timeout=0.1)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("wss://192.0.2.1/", "beyond this machine"),
        ("wss://", "is no address"),
        ("http://127.0.0.1/", "is no address"),
        ("127.0.0.1:80", "is no address"),
        ("", "is no address"),
        ("ws://127.0.0.1/#top", "fragment"),
        ("ws://192.0.2.1/", "beyond this machine"),
        ("ws://example.com/", "beyond this machine"),
        ("ws://127.0.0.1:70000/", "[Pp]ort out of range"),
    ],
)
async def test_a_wrong_address_is_told_in_a_sentence(lab: Lab, url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        await lab.connect(url)


async def test_a_refused_connection_runs_no_handler(lab: Lab) -> None:
    ran: list[Endpoint] = []

    async def handler(connection: Endpoint) -> None:
        ran.append(connection)

    server = await lab.serve(handler)
    await dialogue(server, BAD["version 8"][0])
    assert ran == []


async def test_a_client_names_the_host_as_the_url_does(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(f"ws://localhost:{server.port}/") as client:
        assert client.request.header("Host") == f"localhost:{server.port}"  # §4.1: its value contains /host/
