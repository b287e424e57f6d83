"""A server, or a client, that breaks exactly one rule, and the bytes that its peer sends back.

First it says what it will break and what a good peer does; then it prints the verdict on each peer. Behind the broken
bytes it sends a legal Ping: a peer that answers it has gone on as if nothing were wrong. A `Conversation` reads until
it is plain what the peer does, or the peer's time is over. As a server it listens on 127.0.0.1 only.

What it leaves out: which bytes break a rule (`violations`), and what the reaction is worth (`verdict`).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Coroutine, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wslab.cli.errors import CliError
from wslab.cli.misbehave.verdict import Judgement, Observation, Reaction, SeenFrames, judge
from wslab.cli.misbehave.violations import (
    NotPossible,
    Violation,
    agreement,
    breakers,
    broken_answer,
    broken_frames,
    broken_request,
    probe,
)
from wslab.cli.terminal.output import write_line
from wslab.cli.terminal.signals import until_stopped
from wslab.conformance.raw import RawConnection, open_streams
from wslab.explain.hextext import short_hex
from wslab.explain.rules_page import FORCES, answer_words
from wslab.lab.clock.real import RealClock
from wslab.lab.endpoint.opening_handshake import new_key
from wslab.lab.network.address import LOOPBACK
from wslab.lab.network.ports import who_listens_at
from wslab.lab.network.sockets import SocketNetwork
from wslab.lab.network.uri import WebSocketURI
from wslab.protocol import (
    RULES,
    CloseCode,
    Deflate,
    Frame,
    FrameError,
    FrameParser,
    HandshakeRequest,
    HandshakeResponse,
    Opcode,
    ProtocolError,
    Role,
    Rule,
)
from wslab.protocol.handshake.head import is_refusal

_AFTER_PONG = 1.0  # seconds in which a peer that answered the Ping may still fail the connection


def introduction(violation: Violation) -> str:
    """What will be broken, why there is such a rule, and what a good peer does."""
    rule, wire = violation.rule, _wrong_head(violation) if violation.in_head else _shown(broken_frames(violation))
    return (
        f"This {violation.breaker} breaks {rule.id}: {rule.text} ({rule.reference}).\n"
        f"  why    {rule.why}\n"
        f"  sends  {wire}\n"
        f"  right  {violation.expected}\n"
    )


def _wrong_head(violation: Violation) -> str:
    """The head that breaks the rule, in words."""
    if violation.rule.id == "head-ends-lines-with-crlf":
        return "a head that is right but for its lines, which end with LF alone"
    return f"{_wrong_line(violation.rule)}{', or one like it that fits the request' if violation.fitted else ''}"


def _wrong_line(rule: Rule) -> str:
    """The line of the head in which the rule's example goes wrong."""
    data, at = rule.example, rule.wrong.byte if rule.wrong else 0
    if data[0] < 0x20:
        return _shown(data)
    line = data.split(b"\n")[data[:at].count(b"\n")].decode("latin-1").strip()
    return f"the head with the line `{line}`" if line else "the head without that line"


def _shown(data: bytes) -> str:
    return short_hex(data) + (f" ({len(data)} bytes)" if len(data) > 16 else "")


def table() -> Table:
    """Every rule that can be broken on the wire, by whom, and what it ends with."""
    shown = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("rule", no_wrap=True)
    shown.add_column("what it says, who can break it, how that ends")
    for rule in RULES.values():
        able = breakers(rule)
        if able:
            shown.add_row(rule.id, Text.assemble(f"{rule.text} ({rule.reference})  ", (_table_note(rule, able), "dim")))
    return shown


def _table_note(rule: Rule, able: Sequence[Role]) -> str:
    """Who can break it, with what force it holds, and what that ends with: a client answers no response (§7.1.7)."""
    ends = [answer_words(rule) if role is Role.CLIENT or not rule.in_head else "TCP ends" for role in able]
    return ", ".join((" or ".join(role.value for role in able), FORCES[rule.force], " or ".join(dict.fromkeys(ends))))


# --- as a server ----------------------------------------------------------------------------------


async def run_server(
    violation: Violation, port: int, console: Console, *, once: bool, timeout: float
) -> Sequence[Reaction]:
    """Break the rule for each client that comes, until Ctrl-C or SIGTERM; the kinds of reactions that were seen.

    Raises:
        CliError: The port is in use or not permitted.
    """
    server = _ViolatingServer(violation, console, timeout)
    try:
        listening = await server.network.listen(server.protocol, LOOPBACK, port)
    except OSError as error:
        why = f"it is held by {who_listens_at(port)}" if port else (error.strerror or str(error))
        raise CliError(f"Port {port} cannot be had: {why}; choose another, or leave it out.") from error
    write_line(f"{introduction(violation)}Point a client at ws://{listening.address}/\nCtrl-C ends it.")
    try:
        await _first(until_stopped(), *([server.judged.wait()] if once else []))
    finally:
        listening.close()
        await server.clock.finish_all(1.0)
    return list(server.reactions)


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait for whichever ends first."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


class _ViolatingServer:
    """Takes clients, and prints the verdict on each."""

    def __init__(self, violation: Violation, console: Console, timeout: float) -> None:
        self.clock = RealClock()
        self.network = SocketNetwork(self.clock)
        self.judged = asyncio.Event()
        self.reactions: set[Reaction] = set()
        self._violation = violation
        self._console = console
        self._timeout = timeout
        self._clients = 0

    def protocol(self) -> asyncio.StreamReaderProtocol:
        """What a listener makes for each client."""
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), self._take)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        self.clock.start(self._judge(self._clients, Conversation(reader, writer, Role.CLIENT)))

    async def _judge(self, number: int, conversation: Conversation) -> None:
        try:
            verdict = await break_for_client(self._violation, conversation, self._timeout)
        except NotPossible as error:
            verdict = Judgement(Reaction.UNKNOWN, str(error))
        finally:
            await conversation.close()
        self.reactions.add(verdict.reaction)
        self._console.print(f"#{number} {verdict}", markup=False, soft_wrap=True, style=_style(verdict))
        self.judged.set()


def _style(verdict: Judgement) -> str:
    return {Reaction.RIGHT: "bold green", Reaction.WRONG: "bold red"}.get(verdict.reaction, "bold")


def _answer(violation: Violation, request: HandshakeRequest) -> tuple[bytes, Deflate | None]:
    """The answer to a request, and the compression that it agrees on."""
    return (broken_answer(violation, request), None) if violation.in_head else agreement(violation, request)


async def break_for_client(violation: Violation, conversation: Conversation, timeout: float) -> Judgement:
    """Break the rule for one client, and judge what it does; raises as `observe_client`."""
    return judge(violation, await observe_client(violation, conversation, timeout))


async def observe_client(violation: Violation, conversation: Conversation, timeout: float) -> Observation:
    """Break the rule for one client, and watch what it does.

    Raises:
        NotPossible: Its request allows no answer that breaks the rule.
    """
    request = await conversation.request(timeout)
    try:
        answer, agreed = _answer(violation, request)
    except NotPossible as error:
        conversation.write(HandshakeResponse.refuse(400, body=str(error)).serialize() + str(error).encode())
        raise
    conversation.write(answer)
    if violation.in_head:  # behind a refusal or a broken head come no frames
        conversation.write(b"" if is_refusal(answer) else probe(violation))
    else:
        conversation.write(broken_frames(violation) + probe(violation))
    return await conversation.watch(timeout, agreed)


# --- as a client ----------------------------------------------------------------------------------


async def run_client(violation: Violation, uri: WebSocketURI, console: Console, *, timeout: float) -> Reaction:
    """Break the rule at a server, and print the verdict; returns its reaction.

    Raises:
        CliError: The server cannot be reached, or nothing could be tried.
    """
    if uri.secure:
        raise CliError("misbehave does not speak TLS: give the ws:// address of the server behind it.")
    write_line(introduction(violation).removesuffix("\n"))
    try:
        verdict = await break_at(violation, uri, timeout)
    except OSError as error:
        raise CliError(f"{uri.address} cannot be reached: {error.strerror or error}.") from error
    except NotPossible as error:
        raise CliError(str(error)) from error
    console.print(str(verdict), markup=False, soft_wrap=True, style=_style(verdict))
    return verdict.reaction


async def break_at(violation: Violation, uri: WebSocketURI, timeout: float) -> Judgement:
    """Break the rule at a server, and judge what it does; raises as `observe_server`."""
    return judge(violation, await observe_server(violation, uri, timeout))


async def observe_server(violation: Violation, uri: WebSocketURI, timeout: float) -> Observation:
    """Break the rule at a server, over a connection of its own, and watch what it does.

    Raises:
        OSError: The server cannot be reached in time.
        NotPossible: The server did not agree to what the rule is about.
    """
    conversation = await dial(uri, timeout)
    try:
        return await _break_at_server(violation, conversation, uri, timeout)
    finally:
        await conversation.close()


async def dial(uri: WebSocketURI, timeout: float) -> Conversation:
    """A connection to a server, on which nothing was sent yet; `OSError` where it cannot be reached in time."""
    return Conversation(*await open_streams(uri, timeout), Role.SERVER)


async def _break_at_server(
    violation: Violation, conversation: Conversation, uri: WebSocketURI, timeout: float
) -> Observation:
    key = new_key(secrets.token_bytes)
    if violation.in_head:
        conversation.write(broken_request(violation, uri.host_header, uri.path, key))
        return await conversation.watch_head(timeout)
    offers = [Deflate().offer()] if violation.compressed else []
    request = HandshakeRequest.build(uri.host_header, uri.path, key=key, extensions=offers)
    conversation.write(request.serialize())
    response = await conversation.response(request, timeout)
    if violation.compressed and not response.extensions:
        rule = violation.rule.id
        raise NotPossible(f"{rule} cannot be broken here: the server does not agree to permessage-deflate.")
    conversation.write(broken_frames(violation) + probe(violation))
    return await conversation.watch(timeout, Deflate() if violation.compressed else None)


# --- one conversation -----------------------------------------------------------------------------


class Conversation(RawConnection):
    """Bytes to and from one peer, and what it does with them."""

    async def request(self, timeout: float) -> HandshakeRequest:
        """The client's request; `NotPossible` where no server would grant it."""
        head = await self.head(timeout)
        if not isinstance(head, bytes):
            raise NotPossible(f"The client's own request came to nothing: {head or 'it never became whole.'}")
        request = HandshakeRequest.parse(head)[0]
        try:
            request.check()
        except ProtocolError as error:
            raise NotPossible(f"The client's own request is wrong, so nothing was tried: {error}") from error
        return request

    async def response(self, request: HandshakeRequest, timeout: float) -> HandshakeResponse:
        """The server's right answer to a right request; `NotPossible` where it gives none."""
        head = await self.head(timeout)
        if not isinstance(head, bytes):
            raise NotPossible(f"The server does not answer a right request: {head or 'it sends nothing.'}")
        response = HandshakeResponse.parse(head)[0]
        try:
            response.check(request)
        except ProtocolError as error:
            raise NotPossible(f"The server does not grant a right request, so nothing was tried: {error}") from error
        return response

    async def answer(self, timeout: float) -> HandshakeResponse | None:
        """The server's final response, right or not; None where none of HTTP came in time."""
        head = await self.head(timeout)
        return HandshakeResponse.parse(head)[0] if isinstance(head, bytes) else None

    async def watch_head(self, timeout: float) -> Observation:
        """The server's answer to a wrong request."""
        head = await self.head(timeout)
        if head is None:
            return Observation(timeout, ended=self.ended)
        status = HandshakeResponse.parse(head)[0].status if isinstance(head, bytes) else 0
        return Observation(timeout, status, ended="FIN")

    async def watch(self, timeout: float, agreed: Deflate | None = None) -> Observation:
        """What the peer sends as frames, until it is plain what it does, or the time is over."""
        parser, seen = FrameParser(self.peer.peer, rsv1=agreed is not None), SeenFrames()
        broke: ProtocolError | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout) as limit:
                while not self.ended and broke is None and seen.close is None:
                    try:
                        seen.add(parser.feed(await self.more()))
                    except FrameError as error:
                        seen.add(error.frames)
                        broke = error
                    if seen.counts[Opcode.PONG]:  # a Close may still follow, soon
                        limit.reschedule(min(limit.when() or 0.0, asyncio.get_running_loop().time() + _AFTER_PONG))
        self._answer_close(seen.close)
        return Observation(timeout, None, seen.kept, self.ended, broke, seen.counts.total())

    def _answer_close(self, close: Frame | None) -> None:
        """Answer the peer's Close, or send one of our own (§5.5.1)."""
        mask = bytes(4) if self.peer is Role.SERVER else None
        self.write((close or Frame.close(CloseCode.NORMAL_CLOSURE)).replace(mask=mask).serialize())
