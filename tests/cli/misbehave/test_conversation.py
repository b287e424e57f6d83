"""`wslab misbehave` against the lab's own endpoints for every rule, and against `websockets` in both roles."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import websockets
from click.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from wslab.cli.main import main
from wslab.cli.misbehave.conversation import Conversation, break_at, break_for_client, introduction
from wslab.cli.misbehave.verdict import Judgement, Reaction
from wslab.cli.misbehave.violations import NotPossible, Violation, breakers, find_violation
from wslab.lab import ConnectionClosed, HandshakeRefused, Lab, echo
from wslab.lab.clock.real import RealClock
from wslab.lab.network.sockets import SocketNetwork
from wslab.lab.network.uri import parse_uri
from wslab.protocol import RULES, Deflate, Frame, HandshakeRequest, HandshakeResponse, Role

ALL = [find_violation(rule.id, role) for rule in RULES.values() for role in breakers(rule)]
OF_CLIENTS = [violation for violation in ALL if violation.breaker is Role.CLIENT]
# our client always lets a server limit its window, so an answer that does so breaks nothing
OF_SERVERS = [each for each in ALL if each.breaker is Role.SERVER and each.rule.id != "deflate-answer-client-bits"]
ASKS = Deflate(server_no_context_takeover=True, server_max_window_bits=10, client_max_window_bits=12)


def ids(violation: Violation) -> str:
    return f"{violation.rule.id}-{violation.breaker}"


@contextlib.asynccontextmanager
async def misbehaving(
    violation: Violation, timeout: float = 2.0
) -> AsyncIterator[tuple[str, asyncio.Future[Judgement]]]:
    """A server that breaks the rule for one client, and what will be said of that client."""
    verdict: asyncio.Future[Judgement] = asyncio.get_running_loop().create_future()
    clock = RealClock()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock.start(treat(Conversation(reader, writer, Role.CLIENT)))

    async def treat(conversation: Conversation) -> None:
        try:
            verdict.set_result(await break_for_client(violation, conversation, timeout))
        finally:
            await conversation.close()

    listening = await SocketNetwork(clock).listen(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(), take), "127.0.0.1", 0
    )
    try:
        yield f"ws://{listening.address}/", verdict
    finally:
        listening.close()
        await clock.finish_all(1.0)


@pytest.mark.parametrize("violation", OF_SERVERS, ids=ids)
async def test_our_client_does_right_whatever_rule_a_server_breaks(violation: Violation) -> None:
    async with misbehaving(violation) as (url, verdict), Lab(timeout=2.0) as lab:
        with contextlib.suppress(ConnectionClosed, HandshakeRefused):
            client = await lab.connect(url, deflate=ASKS, subprotocols=["chat"])
            await client.recv()
        found = await asyncio.wait_for(verdict, 5)
    assert found.reaction is Reaction.RIGHT, found


@pytest.mark.parametrize("violation", OF_CLIENTS, ids=ids)
async def test_our_server_does_right_whatever_rule_a_client_breaks(violation: Violation) -> None:
    async with Lab(timeout=2.0) as lab:
        server = await lab.serve(echo)
        found = await break_at(violation, parse_uri(server.url), 2.0)
    assert found.reaction is Reaction.RIGHT, found


# --- the `websockets` library in both roles: what it does, and what we say of it ----------------------

THEIRS = {
    "length-minimal": Reaction.NEARLY,  # it reads any length, and the MUST is the sender's
}


@pytest.mark.parametrize("violation", [violation for violation in OF_SERVERS if not violation.in_head], ids=ids)
async def test_their_client_fails_the_connection_with_the_right_code(violation: Violation) -> None:
    async with misbehaving(violation) as (url, verdict):
        async with connect(url) as client:
            with contextlib.suppress(websockets.ConnectionClosedError):
                await client.recv()
        found = await asyncio.wait_for(verdict, 5)
    assert found.reaction is THEIRS.get(violation.rule.id, Reaction.RIGHT), found


@pytest.mark.parametrize("name", ["response-status", "response-accept", "response-upgrade", "response-extensions"])
async def test_their_client_refuses_a_wrong_answer(name: str) -> None:
    async with misbehaving(find_violation(name, Role.SERVER)) as (url, verdict):
        with pytest.raises(websockets.InvalidHandshake):
            await connect(url)
        found = await asyncio.wait_for(verdict, 5)
    assert found.reaction is Reaction.RIGHT, found


@pytest.mark.parametrize("violation", [violation for violation in OF_CLIENTS if not violation.in_head], ids=ids)
async def test_their_server_fails_the_connection(violation: Violation) -> None:
    found = await at_their_server(lambda uri: break_at(violation, uri, 2.0))
    assert found.reaction is THEIRS.get(violation.rule.id, Reaction.RIGHT), found


@pytest.mark.parametrize("name", ["request-version", "request-key", "request-method", "request-connection"])
async def test_their_server_refuses_a_wrong_request(name: str) -> None:
    found = await at_their_server(lambda uri: break_at(find_violation(name, Role.CLIENT), uri, 2.0))
    assert found.reaction in (Reaction.RIGHT, Reaction.NEARLY), found


async def at_their_server(call: Callable[..., Awaitable[Judgement]]) -> Judgement:
    async def handler(connection: websockets.ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(handler, "127.0.0.1", 0) as server:
        return await call(parse_uri(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))


@pytest.mark.parametrize("name", ["client-masks", "request-version"])
async def test_the_host_is_that_of_the_url(name: str) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(HandshakeResponse.refuse(403).serialize())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with contextlib.suppress(NotPossible):  # it refused: only the head matters here
            await break_at(find_violation(name, Role.CLIENT), parse_uri(f"ws://localhost:{port}/a"), 2.0)
    assert f"\r\nHost: localhost:{port}\r\n".encode() in heads[0]  # §4.1


async def test_a_client_that_goes_on_is_found_out() -> None:
    async with misbehaving(find_violation("server-does-not-mask", Role.SERVER)) as (url, verdict):
        reader, writer = await asyncio.open_connection(*re.findall(r"[\d.]+", url))
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.write(bytes.fromhex("8a8c00000000") + b"still there?")
        found = await asyncio.wait_for(verdict, 5)
        writer.close()
    assert found.reaction is Reaction.WRONG
    assert "answered the Ping" in found.sentence


async def test_an_interim_answer_is_not_taken_for_the_answer() -> None:
    """RFC 9110 §15.2: behind a 103 comes another head."""

    async def refuse_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, _ = HandshakeRequest.parse(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" + HandshakeResponse.accept(request).serialize())
        await reader.read(2)
        writer.write(Frame.close(1002).serialize())
        writer.write_eof()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(refuse_frames, "127.0.0.1", 0) as server:
        uri = parse_uri(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        found = await break_at(find_violation("client-masks", Role.CLIENT), uri, 2.0)
    assert found.reaction is Reaction.RIGHT, found


# --- the command ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("violation", ALL, ids=ids)
def test_it_says_first_what_it_breaks_why_and_what_is_right(violation: Violation) -> None:
    said = introduction(violation)
    assert violation.rule.id in said
    assert violation.rule.reference in said
    assert violation.rule.why in said
    assert violation.expected in said
    assert all(line.isprintable() for line in said.splitlines())


def test_the_head_of_a_server_is_told_as_one_of_a_server() -> None:
    told = [introduction(violation) for violation in ALL if violation.in_head and violation.breaker is Role.SERVER]
    assert not [words for words in told if "GET /" in words]
    assert "a head that is right but for its lines" in introduction(
        find_violation("head-ends-lines-with-crlf", Role.SERVER)
    )


def test_the_list_has_every_rule_that_can_be_broken() -> None:
    said = CliRunner().invoke(main, ["misbehave", "--list"]).stdout
    assert all(violation.rule.id in said for violation in ALL)
    assert "local-" not in said
    assert "502" not in said
    said_once = " ".join(said.split())
    assert "a client must mask every frame that it sends (§5.1) client, MUST, 1002 (§5.1)" in said_once
    assert "(§11.3.4) server, MUST, TCP ends" in said_once
    assert "client or server, MUST, 400 (§4.2.1) or TCP ends" in said_once
    assert all(f"({violation.rule.reference})" in said_once for violation in ALL)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name a rule"),
        (["textisutf8"], "did you mean text-is-utf8"),
        (["client-masks"], "give --client"),
        (["message-too-big"], "limit or choice of the receiver"),
        (["text-is-utf8", "--timeout", "-1"], "0.1<=x<=600"),
        (["text-is-utf8", "--client", "http://127.0.0.1/"], "is no address"),
        (["text-is-utf8", "--client", "ws://127.0.0.1:x/"], "is no address"),
        (["text-is-utf8", "--client", "ws://127.0.0.1/#a"], "fragment"),
        (["text-is-utf8", "--client", "ws://example.org/"], "--beyond-loopback"),
        (["text-is-utf8", "--client", "wss://127.0.0.1/"], "does not speak TLS"),
        (["text-is-utf8", "--client", "ws://127.0.0.1:1/"], "cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["misbehave", *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        result = CliRunner().invoke(main, ["misbehave", "text-is-utf8", "--port", str(busy.getsockname()[1])])
    assert result.exit_code == 2
    assert "is held by" in result.stderr


def test_once_ends_after_one_client_with_its_verdict_as_exit_code() -> None:
    command = [sys.executable, "-m", "wslab", "misbehave", "text-is-utf8", "--once"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = address_in(process)
        asyncio.run(once(url))
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "✓ right: the client failed the connection with 1007" in said


def test_a_client_for_which_the_rule_could_not_be_broken_is_exit_code_2() -> None:
    command = [sys.executable, "-m", "wslab", "misbehave", "deflate-data", "--once"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        asyncio.run(once_without_compression(address_in(process)))
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "cannot be broken for this client" in said


async def once_without_compression(url: str) -> None:
    with pytest.raises(websockets.InvalidStatus):
        await connect(url, compression=None)


async def once(url: str) -> None:
    async with connect(url) as client:
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()


def test_ctrl_c_ends_a_server_that_nobody_came_to() -> None:
    command = [sys.executable, "-m", "wslab", "misbehave", "response-accept"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        address_in(process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 2  # nothing was tried


def address_in(process: subprocess.Popen[str]) -> str:
    """The address that the command prints."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"ws://[\d.:]+/", line):
            assert process.stdout.readline() == "Ctrl-C ends it.\n"
            return found[0]
    raise AssertionError("it printed no address")
