"""`wslab misbehave`: a server, or a client, that breaks exactly one rule, and judges what its peer does about it.

Rules of this module: it says first what it will do and what a good peer does, then the verdict on each peer. Behind
the broken bytes goes a legal Ping: who answers it has gone on. What is broken, and the verdict, are `misdeeds`; here
are the two conversations, each with a limit, over the lab's own `world`. As a server it listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from wslab.cli.misbehave.verdict import Judgement, Outcome, Seen, judge
from wslab.cli.misbehave.violations import (
    NotPossible,
    Violation,
    agreement,
    breakers,
    broken_answer,
    broken_frames,
    broken_request,
    misdeed,
    probe,
)
from wslab.cli.serve import told_to_stop
from wslab.cli.target import Target
from wslab.lab.clock.base import RealWorld
from wslab.lab.endpoint.opening_handshake import new_key
from wslab.lab.network.address import Address
from wslab.lab.network.ports import who_listens_at
from wslab.protocol import (
    RULES,
    CloseCode,
    Deflate,
    Frame,
    FrameError,
    FrameParser,
    HandshakeRequest,
    HandshakeResponse,
    HeadReader,
    Opcode,
    ProtocolError,
    Role,
    Rule,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

LOOPBACK = "127.0.0.1"
_CHUNK = 64 * 1024
_AFTER_PONG = 1.0  # seconds in which who answered the Ping may still fail the connection


def find(name: str, *, as_client: bool) -> Violation:
    """The misdeed that is meant.

    Raises:
        click.UsageError: There is no such rule, or this side cannot break it.
    """
    try:
        return misdeed(name, Role.CLIENT if as_client else Role.SERVER)
    except NotPossible as error:
        raise click.UsageError(str(error)) from error


def introduction(deed: Violation) -> str:
    """What will be broken, why there is such a rule, and what a good peer does."""
    rule, wire = deed.rule, _wrong_line(deed.rule) if deed.in_head else _shown(broken_frames(deed))
    return (
        f"This {deed.breaker} breaks {rule.id}: {rule.says} ({rule.reference}).\n"
        f"  why    {rule.why}\n"
        f"  sends  {wire}\n"
        f"  right  {deed.expected}\n"
    )


def _wrong_line(rule: Rule) -> str:
    """The line of the head in which the rule's example goes wrong."""
    data, at = rule.example, rule.wrong.byte if rule.wrong else 0
    if data[0] < 0x20:
        return _shown(data)
    line = data.split(b"\n")[data[:at].count(b"\n")].decode("latin-1").strip()
    return f"the head with the line `{line}`" if line else "the head without that line"


def _shown(data: bytes) -> str:
    return data[:16].hex(" ") + (f" … ({len(data)} bytes)" if len(data) > 16 else "")


def table() -> Table:
    """Every rule that can be broken on the wire, by whom, and what it ends with."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("rule", no_wrap=True)
    shown.add_column("what it says, who can break it, how that ends")
    for rule in RULES.values():
        able = " or ".join(role.value for role in breakers(rule))
        if able:
            more = f"{able}, {int(rule.close_code or rule.http_status or 0)}"
            shown.add_row(rule.id, Text.assemble(f"{rule.says} ({rule.reference})  ", (more, "dim")))
    return shown


# --- as a server ----------------------------------------------------------------------------------


async def serve(deed: Violation, port: int, console: Console, *, once: bool, patience: float) -> bool:
    """Break the rule for each client that comes, until we are told to stop; whether all did right.

    Raises:
        click.UsageError: The port is in use or may not be had.
    """
    desk = _ViolatingServer(deed, console, patience)
    try:
        listening = await desk.world.listen(desk.protocol, LOOPBACK, port)
    except OSError as error:
        why = f"it is held by {who_listens_at(port)}" if port else (error.strerror or str(error))
        raise click.UsageError(f"Port {port} cannot be had: {why}; choose another, or leave it out.") from error
    click.echo(f"{introduction(deed)}Point a client at ws://{listening.address}/\nCtrl-C ends it.")
    try:
        await _first(told_to_stop(), *([desk.judged.wait()] if once else []))
    finally:
        listening.close()
        await desk.world.finish_all(1.0)
    return desk.all_right


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait for whichever ends first."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


class _ViolatingServer:
    """Takes clients, and tells the verdict on each."""

    def __init__(self, deed: Violation, console: Console, patience: float) -> None:
        self.world = RealWorld()
        self.judged = asyncio.Event()
        self.all_right = True
        self._deed = deed
        self._console = console
        self._patience = patience
        self._clients = 0

    def protocol(self) -> asyncio.StreamReaderProtocol:
        """What a listener makes for each client."""
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), self._take)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        self.world.start(self._judge(self._clients, Conversation(reader, writer, Role.CLIENT)))

    async def _judge(self, number: int, talk: Conversation) -> None:
        try:
            verdict = await treat_client(self._deed, talk, self._patience)
        except NotPossible as error:
            verdict = Judgement(Outcome.UNKNOWN, str(error))
        finally:
            await talk.close()
        self.all_right = self.all_right and verdict.outcome.right is not False
        self._console.print(f"#{number} {verdict}", markup=False, soft_wrap=True, style=_style(verdict))
        self.judged.set()


def _style(verdict: Judgement) -> str:
    return {Outcome.RIGHT: "bold green", Outcome.WRONG: "bold red"}.get(verdict.outcome, "bold")


async def treat_client(deed: Violation, talk: Conversation, patience: float) -> Judgement:
    """Break the rule for one client; `NotPossible` where its request leaves no way to."""
    request = await talk.request(patience)
    try:
        answer, agreed = (broken_answer(deed, request), None) if deed.in_head else agreement(deed, request)
    except NotPossible as error:
        talk.write(HandshakeResponse.refuse(400, body=str(error)).serialize() + str(error).encode())
        raise
    talk.write(answer)
    if deed.in_head:  # of what is no answer, the rest is no frame either
        talk.write(probe(deed) if answer.startswith(b"HTTP/1.1 101") else b"")
    else:
        talk.write(broken_frames(deed) + probe(deed))
    return judge(deed, await talk.watch(patience, agreed))


# --- as a client ----------------------------------------------------------------------------------


async def call(deed: Violation, target: Target, console: Console, *, patience: float) -> bool:
    """Break the rule at a server, and tell the verdict; whether it did right.

    Raises:
        click.UsageError: There is nobody, or nothing could be tried.
    """
    if target.secure:
        raise click.UsageError("misbehave speaks no TLS: give the address of the server behind it, as ws://.")
    click.echo(introduction(deed), nl=False)
    try:
        verdict = await visit(deed, target.address, target.path, patience)
    except OSError as error:
        raise click.UsageError(f"{target.address} cannot be reached: {error.strerror or error}.") from error
    except NotPossible as error:
        raise click.UsageError(str(error)) from error
    console.print(str(verdict), markup=False, soft_wrap=True, style=_style(verdict))
    return verdict.outcome.right is not False


async def visit(deed: Violation, address: Address, target: str, patience: float) -> Judgement:
    """Break the rule at a server.

    Raises:
        OSError: There is nobody, or not in time.
        NotPossible: The server did not agree to what the rule is about.
    """
    reader = asyncio.StreamReader()
    world = RealWorld()
    transport = await world.dial(lambda: asyncio.StreamReaderProtocol(reader), address, timeout=patience)
    assert isinstance(transport, asyncio.Transport)
    protocol = transport.get_protocol()
    assert isinstance(protocol, asyncio.StreamReaderProtocol)
    writer = asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())
    talk = Conversation(reader, writer, Role.SERVER)
    try:
        return await _treat_server(deed, talk, address, target, patience)
    finally:
        await talk.close()


async def _treat_server(
    deed: Violation, talk: Conversation, address: Address, target: str, patience: float
) -> Judgement:
    key = new_key(secrets.token_bytes)
    if deed.in_head:
        talk.write(broken_request(deed, str(address), target, key))
        return judge(deed, await talk.watch_head(patience))
    offers = [Deflate().offer()] if deed.compressed else []
    request = HandshakeRequest.build(str(address), target, key=key, extensions=offers)
    talk.write(request.serialize())
    response = await talk.response(request, patience)
    if deed.compressed and not response.extensions:
        raise NotPossible(f"{deed.rule.id} cannot be broken here: the server does not agree to permessage-deflate.")
    talk.write(broken_frames(deed) + probe(deed))
    return judge(deed, await talk.watch(patience, Deflate() if deed.compressed else None))


# --- one conversation -----------------------------------------------------------------------------


@dataclass
class Conversation:
    """Bytes to and from one peer; `peer` is its role. A TCP that breaks is an end like any other."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: Role
    behind: bytes = b""
    ended: str | None = None

    def write(self, data: bytes) -> None:
        """Bytes for the peer, if it is there."""
        if data and not self.writer.is_closing():
            self.writer.write(data)

    async def request(self, patience: float) -> HandshakeRequest:
        """The client's request; `NotPossible` where it is none that a server would grant."""
        head = await self._head(patience)
        if not isinstance(head, bytes):
            raise NotPossible(f"The client's own request came to nothing: {head or 'it never became whole.'}")
        request = HandshakeRequest.parse(head)[0]
        try:
            request.check()
        except ProtocolError as error:
            raise NotPossible(f"The client's own request is wrong, so nothing was tried: {error}") from error
        return request

    async def response(self, request: HandshakeRequest, patience: float) -> HandshakeResponse:
        """The server's right answer to a right request; `NotPossible` where it gives none."""
        head = await self._head(patience)
        if not isinstance(head, bytes):
            raise NotPossible(f"The server does not answer a right request: {head or 'it says nothing.'}")
        response = HandshakeResponse.parse(head)[0]
        try:
            response.check(request)
        except ProtocolError as error:
            raise NotPossible(f"The server does not grant a right request, so nothing was tried: {error}") from error
        return response

    async def watch_head(self, patience: float) -> Seen:
        """What a server answers to a wrong request."""
        head = await self._head(patience)
        if head is None:
            return Seen(patience, ended=self.ended)
        return Seen(patience, HandshakeResponse.parse(head)[0].status if isinstance(head, bytes) else 0, ended="FIN")

    async def watch(self, patience: float, agreed: Deflate | None = None) -> Seen:
        """What the peer sends as frames, until it is plain what it does, or the time is over."""
        parser, frames = FrameParser(self.peer.peer, rsv1=agreed is not None), list[Frame]()
        broke: ProtocolError | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience) as limit:
                while not self.ended and broke is None and not _has(frames, Opcode.CLOSE):
                    try:
                        frames += parser.feed(await self._more())
                    except FrameError as error:
                        frames += error.frames
                        broke = error
                    if _has(frames, Opcode.PONG):  # a Close may still follow, and soon
                        limit.reschedule(min(limit.when() or 0.0, asyncio.get_running_loop().time() + _AFTER_PONG))
        self._farewell(frames)
        return Seen(patience, None, frames, self.ended, broke)

    async def close(self) -> None:
        """Let go of TCP."""
        self.writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(self.writer.wait_closed(), 1.0)

    def _farewell(self, frames: list[Frame]) -> None:
        """Answer a Close, or say that this is the end."""
        mask = bytes(4) if self.peer is Role.SERVER else None
        close = next((frame for frame in frames if frame.opcode == Opcode.CLOSE), None)
        self.write((close or Frame.close(CloseCode.NORMAL_CLOSURE)).replace(mask=mask).serialize())

    async def _head(self, patience: float) -> bytes | ProtocolError | None:
        """A whole head, or what is wrong with it, or None where it never became whole."""
        reader = HeadReader(self.peer)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not self.ended:
                    try:
                        read = reader.feed(await self._more())
                    except ProtocolError as error:
                        return error
                    if read is not None:
                        self.behind = read[1]
                        return read[0].data
        return None

    async def _more(self) -> bytes:
        """What came next; empty at the end, which `ended` then tells."""
        if self.behind:
            data, self.behind = self.behind, b""
            return data
        try:
            data = await self.reader.read(_CHUNK)
        except OSError:
            self.ended = "RST"
            return b""
        if not data:
            self.ended = "FIN"
        return data


def _has(frames: list[Frame], opcode: Opcode) -> bool:
    return any(frame.opcode == opcode for frame in frames)
