"""One end of a WebSocket connection: what a handler, a client and a test hold in their hands.

How it works: the protocol is `protocol.Connection`'s business, TCP is asyncio's; an endpoint is where the two meet.
`EndpointProtocol` is its inside: it has the parts and gives them what TCP brings. `Endpoint` is what a user does with
these parts: send, receive, ping, close. Nothing is decided about frames here.

Every wait but `async for` and `wait_closed` has a limit, and ends with a sentence: `TimeoutError`, or
`ConnectionClosed` when the connection ends. An endpoint belongs to the loop on which it was made: elsewhere each method
raises `RuntimeError`, and nothing is sent.

What it leaves out: listening and dialling (`server`, `lab`), how the connection ends (`closing_handshake`), the words
of an ending (`lab.ending`).
"""

from __future__ import annotations

import asyncio
from asyncio import get_running_loop
from types import TracebackType
from typing import Self, TypeVar

from wslab.lab.clock.base import this_thread
from wslab.lab.context import LabContext
from wslab.lab.ending import TcpEnd
from wslab.lab.endpoint.opening_handshake import ClientHandshake, Decided, ServerHandshake
from wslab.lab.endpoint.protocol import EndpointProtocol
from wslab.lab.errors import ConnectionClosed
from wslab.lab.limits import Limits
from wslab.protocol import CloseCode, Connection, Frame, HandshakeRequest, HandshakeResponse, Opcode, Role, State
from wslab.protocol.numbers import read_seconds

T = TypeVar("T")

_OPEN = State.OPEN  # asked for each message: in Python 3.11 its look-up in the enum costs more than the question


class Endpoint:
    """One end of a WebSocket connection.

    `Lab.connect` makes a client's, a server makes its own for the handler. Every `timeout` is in seconds; left out, it
    is the lab's. `asyncio_protocol` is its inside, for a transport.
    """

    __slots__ = ("_inbox", "_outbox", "_state", "_tcp", "asyncio_protocol")

    def __init__(
        self,
        context: LabContext,
        role: Role,
        steps: ClientHandshake | ServerHandshake,
        limits: Limits,
        decided: Decided | None = None,
    ) -> None:
        self._hold(EndpointProtocol(context, role, steps, limits, decided))

    @classmethod
    def of(cls, inside: EndpointProtocol) -> Endpoint:
        """Another hand on an endpoint that there is already."""
        made = cls.__new__(cls)
        made._hold(inside)
        return made

    def _hold(self, inside: EndpointProtocol) -> None:
        self.asyncio_protocol = inside
        # the parts of the data path, one step away
        self._inbox = self.asyncio_protocol.inbox
        self._outbox = self.asyncio_protocol.outbox
        self._state = self.asyncio_protocol.state
        self._tcp = self.asyncio_protocol.tcp

    # --- what is known ------------------------------------------------------------------

    @property
    def number(self) -> int:
        """The connection's number on the tape, from 1; 0 before TCP is connected."""
        return self._state.recorder.number

    @property
    def role(self) -> Role:
        """Our own role."""
        return self._state.role

    @property
    def state(self) -> State:
        """The state in which this side believes the connection to be."""
        return self._state.state

    @property
    def timeout(self) -> float:
        """The limit of a wait that names none, in seconds."""
        return self._state.limits.timeout

    @property
    def ping_interval(self) -> float | None:
        """Seconds between two Pings of its keepalive; None where it has none."""
        return self._state.limits.ping_interval

    @property
    def next_ping(self) -> float | None:
        """When its keepalive sends the next Ping, on the lab's clock; None where none is to come."""
        return self._state.next_ping if self.state is State.OPEN else None

    @property
    def is_open(self) -> bool:
        """Whether the opening handshake is done and TCP is not over."""
        return self._state.protocol is not None and not self._tcp.is_over

    @property
    def unwritten(self) -> int:
        """Bytes of ours, headers included, that TCP has not taken yet and that wait in memory.

        A browser's `bufferedAmount` counts payload only.
        """
        return self._tcp.unwritten

    @property
    def unread(self) -> int:
        """Messages that arrived and wait to be received."""
        return len(self._inbox.messages)

    @property
    def close_code(self) -> int | None:
        """The code that this side believes (§7.1.5); None until the connection has ended."""
        return self._state.code

    @property
    def close_reason(self) -> str | None:
        """The reason that came with it (§7.1.6); None until the connection has ended."""
        ending = self._state.ending
        return None if ending is None else ending.reason

    @property
    def request(self) -> HandshakeRequest:
        """What the client asked for (§4.1); `RuntimeError` before the opening handshake is done."""
        return HandshakeRequest.parse(self._state.known_heads()[0])[0]

    @property
    def response(self) -> HandshakeResponse:
        """What the server answered (§4.2.2); `RuntimeError` before the opening handshake is done."""
        return HandshakeResponse.parse(self._state.known_heads()[1])[0]

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that both agreed on (§1.9)."""
        return self.response.subprotocol

    def __repr__(self) -> str:
        return f"<Endpoint {self.role} of connection {self.number}, {self.state.value}>"

    async def opened(self) -> Self:
        """Wait for the end of the opening handshake (§4); `HandshakeRefused` or `TimeoutError` where it fails."""
        opening = self.asyncio_protocol.opening_handshake
        if opening is not None:  # else it is done already
            await opening.wait()
        return self

    # --- sending --------------------------------------------------------------------------

    async def send(self, message: str | bytes | bytearray | memoryview) -> None:
        """Send text (`str`) or binary data (`bytes`) as one message in one frame (§5.6).

        Waits, up to the lab's timeout, while TCP takes no more. Raises `ConnectionClosed` where the connection has
        ended or failed, or the peer has closed and all from before its Close was received; `LocalProtocolError`
        behind a Close of our own (§5.5.1), and for text that UTF-8 cannot encode; `TypeError` for any other type.
        """
        outbox = self._outbox
        if this_thread() != outbox.thread or not outbox.loop.is_running():
            self._raise_if_elsewhere()  # here it is asked exactly, which costs a system call
        protocol = self._state.protocol
        if protocol is None or protocol.state is not _OPEN:
            protocol = self._open_protocol()
        if isinstance(message, str):
            protocol.send_text(message)
        elif isinstance(message, (bytes, bytearray, memoryview)):
            protocol.send_binary(message)
        else:
            raise TypeError(f"A message is text (str) or binary (bytes); this is {type(message).__name__}.")
        # while more messages wait to be received, answers are gathered
        if not (self._inbox.messages and outbox.keeps(len(message))):
            outbox.flush()
            if outbox.drained is not None:
                await self._drain()

    async def send_fragment(self, data: str | bytes, *, fin: bool, opcode: Opcode | None = None) -> None:
        """Send one fragment of a message (§5.4); see `Connection.send_fragment`."""
        self._open_protocol().send_fragment(data, fin=fin, opcode=opcode)
        await self._drain()

    async def send_frame(self, frame: Frame) -> None:
        """Send any frame just as it is, masked by our role: for breaking rules on purpose."""
        self._open_protocol().send_frame(frame)
        await self._drain()

    async def send_raw(self, data: bytes) -> None:
        """Send any bytes just as they are: for breaking rules on purpose."""
        self._open_protocol().send_raw(data)
        await self._drain()

    async def ping(self, payload: bytes | None = None, *, timeout: float | None = None) -> float:
        """Send a Ping and wait for its Pong, or that of a later Ping (§5.5.2, §5.5.3); the seconds that this took.

        `payload` has at most 125 bytes; left out, four random ones. Raises `TimeoutError` when no Pong comes in time,
        and `ValueError` for the payload of a Ping that still waits for its own.
        """
        seconds = self._seconds(timeout)
        protocol, pings = self._open_protocol(), self.asyncio_protocol.pings
        payload = pings.fresh() if payload is None else payload
        pings.check(payload)
        protocol.ping(payload)
        self._outbox.flush()
        pong = pings.sent(payload)
        try:
            return await self._in_time(pong, seconds, "a Pong")
        finally:
            pings.forget(payload)

    async def pong(self, payload: bytes = b"") -> None:
        """Send an unsolicited Pong (§5.5.3): a sign of life. Pings are answered without it."""
        self._open_protocol().pong(payload)
        await self._drain()

    async def _drain(self) -> None:
        self._outbox.flush()
        drained = self._outbox.drained
        if drained is not None:
            seconds = self.timeout
            done, _ = await asyncio.wait((drained,), timeout=seconds)
            if not done:
                raise self._state.too_slow("write", seconds)
            self._state.raise_if_ended()

    def _open_protocol(self) -> Connection:
        """The `Connection`, for sending; `ConnectionClosed` where the peer's Close is answered, or TCP is over."""
        self._raise_if_elsewhere()
        protocol = self._state.known_protocol()
        # while our Close is held, messages that arrived before the peer's are still answered
        if protocol.state is not State.OPEN and not protocol.holds_close:
            self._state.raise_if_closed()
        return protocol

    # --- receiving --------------------------------------------------------------------------

    async def recv(self, *, timeout: float | None = None) -> str | bytes:
        """The next message: `str` for text, `bytes` for binary.

        Raises `TimeoutError` when none comes in time, and `ConnectionClosed` when none will; what arrived
        before the end is given first.
        """
        outbox = self._outbox
        if this_thread() != outbox.thread or not outbox.loop.is_running():
            self._raise_if_elsewhere()  # here it is asked exactly, which costs a system call
        if timeout is not None:
            timeout = self._seconds(timeout)
        if not self._inbox.messages:
            await self._await_message(self._state.limits.timeout if timeout is None else timeout)
        return self._take()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        """The next message, however long it takes.

        Ends when both sides sent a Close with 1000, 1001 or no code; raises `ConnectionClosed` for every other end.
        """
        outbox = self._outbox
        if this_thread() != outbox.thread or not outbox.loop.is_running():
            self._raise_if_elsewhere()  # here it is asked exactly, which costs a system call
        if not self._inbox.messages:
            try:
                await self._await_message(None)
            except ConnectionClosed as closed:
                if closed.ending.normal:
                    raise StopAsyncIteration from None
                raise
        return self._take()

    def _take(self) -> str | bytes:
        message = self._inbox.messages.popleft()
        if not self._tcp.reading:
            self.asyncio_protocol.make_room()
        return message

    async def _await_message(self, timeout: float | None) -> None:
        inbox, state = self._inbox, self._state
        if inbox.awaited:
            raise RuntimeError("Another task waits for a message of this connection already: one at a time.")
        protocol = state.protocol or state.known_protocol()
        if protocol.holds_close:
            self.asyncio_protocol.closing_handshake.release_close()
        if self._outbox.planned:
            self._outbox.flush()
        while not inbox.messages:
            if state.ending is not None:
                raise ConnectionClosed(state.ending)
            inbox.awaited = True
            try:
                await inbox.wait(timeout)
            finally:
                inbox.awaited = False

    # --- closing ------------------------------------------------------------------------------

    async def close(
        self, code: int | None = CloseCode.NORMAL_CLOSURE, reason: str = "", *, timeout: float | None = None
    ) -> None:
        """Send a Close and wait until the peer's has come and TCP is closed (§7.1.2, §7.1.4).

        `code` None sends an empty Close; `reason` has at most 123 bytes of UTF-8. Messages that fill the queue in the
        meantime are dropped, with those that waited in it. Returns at once where the connection has ended. Raises
        `TimeoutError` when the peer does not answer in time, or does not end TCP in time where this side has failed the
        connection (§7.1.7): TCP is cut then; and `ConnectionClosed` when TCP ends before the peer's Close came.
        """
        seconds = self._seconds(timeout)
        self._raise_if_elsewhere()
        await self.asyncio_protocol.close(code, reason, seconds)

    async def wait_closed(self) -> None:
        """Wait until the connection has ended, however long that takes."""
        self._raise_if_elsewhere()
        self._outbox.flush()
        await asyncio.wait((self._tcp.gone,))

    def abort(self) -> None:
        """Cut TCP at once (RST), without a Close.

        A side that received no Close then believes 1006, the peer once RST arrives (§7.1.5).
        """
        self._state.context.clock.check_thread()
        self._outbox.flush()
        self.asyncio_protocol.closing_handshake.cut(TcpEnd.ABORTED)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close with 1000, or with 1011 where an error leaves the block; a peer that does not answer is cut."""
        self._raise_if_elsewhere()
        normal = error is None or isinstance(error, ConnectionClosed)
        await self.close_quietly(CloseCode.NORMAL_CLOSURE if normal else CloseCode.INTERNAL_ERROR)

    async def close_quietly(self, code: int, reason: str = "", *, timeout: float | None = None) -> None:
        """`close` for a caller who takes every end as it comes; how it ended is on the tape."""
        await self.asyncio_protocol.close_quietly(code, reason, timeout=timeout)

    def drop(self) -> None:
        """Let go of the socket because the lab ends; the peer sees TCP close without a Close frame."""
        self.asyncio_protocol.drop()

    def kill(self) -> None:
        """End as if the process of this side were killed: it believes nothing any more, and its system ends TCP."""
        self.asyncio_protocol.kill()

    # --- the tape ---------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Put a sentence of this side on the tape."""
        self._state.recorder.note(text)

    def raised(self, where: str, error: Exception) -> None:
        """Put on the tape that a function of the user raised: `where` is `handler` or `on_request`."""
        protocol = self._state.protocol
        can_close = protocol is None or protocol.state is State.OPEN or protocol.holds_close
        self._state.recorder.raised(where if can_close else f"late_{where}", error)

    # --- inside: waiting ------------------------------------------------------------

    def _seconds(self, timeout: float | None) -> float:
        """The limit of a wait; `ValueError` for a value that cannot be one."""
        return self._state.limits.timeout if timeout is None else read_seconds("timeout", timeout, zero=True)

    def _raise_if_elsewhere(self) -> None:
        """`RuntimeError` where another loop runs than the endpoint's: no frame may go out and no task wait there."""
        if get_running_loop() is not self._outbox.loop:
            _ = self._state.context.clock.loop  # says why, unless that loop is closed and the connection over with it

    async def _in_time(self, future: asyncio.Future[T], seconds: float, what: str) -> T:
        """Wait for a future for which no other task waits."""
        timer = self._state.context.clock.later(seconds, self._expire, future, what, seconds)
        try:
            return await future
        finally:
            timer.cancel()

    def _expire(self, future: asyncio.Future[T], what: str, seconds: float) -> None:
        if not future.done():
            future.set_exception(self._state.too_slow(what, seconds))
