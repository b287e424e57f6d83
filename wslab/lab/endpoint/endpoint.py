"""One end of a connection over TCP: what a handler, a client and a test hold in their hands.

Rules of this module:
- The protocol is `protocol.Connection`'s business, TCP is asyncio's; here the two meet. Nothing is decided
  about frames here, and nothing is awaited inside the protocol.
- An endpoint is made of parts with one job each: `OpeningHandshake`, `Inbox` (receiving), `Outbox` (sending),
  `Pings`, `TcpConnection`, `EndpointRecorder` (the tape), `EndpointState` (what it believes), `ClosingHandshake`.
  `EndpointProtocol` has them and gives them what TCP brings; here is what a user does with them.
- Every wait has a limit and ends with a sentence: `TimeoutError`, or `ConnectionClosed` when the connection ends.

What it leaves out: listening and dialling (`server`, `lab`), the words of an ending (`closed`).
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self, TypeVar

from wslab.lab.ending import TcpEnd
from wslab.lab.endpoint.protocol import EndpointProtocol
from wslab.lab.errors import ConnectionClosed
from wslab.protocol import CloseCode, Connection, Frame, HandshakeRequest, HandshakeResponse, Opcode, State

T = TypeVar("T")


class Endpoint(EndpointProtocol):
    """One end of a WebSocket connection.

    `role` is our own. `Lab.connect` makes a client's, a server makes its own for the handler.
    Every `timeout` is in seconds; left out, it is the lab's.
    """

    __slots__ = ()

    # --- what is known ------------------------------------------------------------------

    @property
    def connection(self) -> int:
        """The number that the tape uses; 0 before TCP stands."""
        return self._recorder.number

    @property
    def state(self) -> State:
        """What this side believes of the connection."""
        return self._standing.state

    @property
    def timeout(self) -> float:
        """The limit of a wait that names none, in seconds."""
        return self._limits.timeout

    @property
    def is_open(self) -> bool:
        """Whether the opening handshake is done and TCP is not over."""
        return self._wire is not None and not self._tcp.is_over

    @property
    def unwritten(self) -> int:
        """Bytes of ours that TCP has not taken yet, and that wait in memory; a browser's `bufferedAmount`."""
        return self._tcp.unwritten

    @property
    def close_code(self) -> int | None:
        """The code this side believes in (§7.1.5); None while the connection lives."""
        return self._standing.code

    @property
    def close_reason(self) -> str | None:
        """The reason that came with it (§7.1.6); None while the connection lives."""
        ending = self._standing.ending
        return None if ending is None else ending.reason

    @property
    def request(self) -> HandshakeRequest:
        """What the client asked for."""
        return HandshakeRequest.parse(self._entrance.heads[0])[0]

    @property
    def response(self) -> HandshakeResponse:
        """What the server answered."""
        return HandshakeResponse.parse(self._entrance.heads[1])[0]

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that both agreed on (§1.9)."""
        return self.response.subprotocol

    def __repr__(self) -> str:
        return f"<Endpoint {self.role} of connection {self.connection}, {self.state.value}>"

    async def opened(self) -> Self:
        """Wait for the end of the opening handshake; `HandshakeRefused` or `TimeoutError` where it fails."""
        await self._entrance.wait()
        return self

    # --- sending --------------------------------------------------------------------------

    async def send(self, message: str | bytes | bytearray | memoryview) -> None:
        """Send text (`str`) or binary data (`bytes`) as one message in one frame (§5.6).

        Waits, up to the lab's timeout, while TCP takes no more. Raises `ConnectionClosed` when the connection has
        ended or is closing, `TypeError` for any other type, `LocalProtocolError` for text without UTF-8.
        """
        wire = self._wire
        if wire is None or wire.state is not State.OPEN:
            wire = self._open_wire()
        if isinstance(message, str):
            wire.send_text(message)
        elif isinstance(message, (bytes, bytearray, memoryview)):
            wire.send_binary(message)
        else:
            raise TypeError(f"A message is text (str) or binary (bytes); this is {type(message).__name__}.")
        # while more messages wait to be received, answers are gathered
        outbox = self._outbox
        if not (self._inbox.messages and outbox.keeps(len(message))):
            outbox.flush()
            if outbox.drained is not None:
                await self._drain()

    async def send_fragment(self, data: str | bytes, *, fin: bool, opcode: Opcode | None = None) -> None:
        """Send one fragment of a message (§5.4); see `Connection.send_fragment`."""
        self._open_wire().send_fragment(data, fin=fin, opcode=opcode)
        await self._drain()

    async def send_frame(self, frame: Frame) -> None:
        """Send any frame just as it is, masked by our role: the door for breaking rules on purpose."""
        self._open_wire().send_frame(frame)
        await self._drain()

    async def send_raw(self, data: bytes) -> None:
        """Send any bytes just as they are: the door for breaking rules on purpose."""
        self._open_wire().send_raw(data)
        await self._drain()

    async def ping(self, payload: bytes | None = None, *, timeout: float | None = None) -> float:
        """Send a Ping and wait for its own Pong (§5.5.2, §5.5.3); the seconds that this took.

        `payload` has at most 125 bytes; left out, four random ones. Raises `TimeoutError` when no Pong comes.
        """
        wire = self._open_wire()
        payload = self._pings.fresh() if payload is None else payload
        self._pings.check(payload)
        wire.ping(payload)
        self._outbox.flush()
        pong = self._pings.sent(payload)
        try:
            return await self._in_time(pong, timeout, "a Pong")
        finally:
            self._pings.forget(payload)

    async def pong(self, payload: bytes = b"") -> None:
        """Send a Pong that nobody asked for (§5.5.3): a sign of life. Pings are answered without it."""
        self._open_wire().pong(payload)
        await self._drain()

    async def _drain(self) -> None:
        self._outbox.flush()
        drained = self._outbox.drained
        if drained is not None:
            seconds = self._limits.timeout
            done, _ = await asyncio.wait((drained,), timeout=seconds)
            if not done:
                raise self._standing.too_slow("TCP to take what was sent (the peer does not read)", seconds)
            self._standing.raise_if_ended()

    def _open_wire(self) -> Connection:
        """The protocol, for sending; `ConnectionClosed` where the peer has closed or TCP is over."""
        wire = self._standing.known_wire()
        if wire.state is not State.OPEN and not self._outbox.holds_close:
            self._standing.raise_if_closed()
        return wire

    # --- receiving --------------------------------------------------------------------------

    async def recv(self, *, timeout: float | None = None) -> str | bytes:
        """The next message: `str` for text, `bytes` for binary.

        Raises `TimeoutError` when none comes in time, and `ConnectionClosed` when none will; what arrived
        before the end is given first.
        """
        if not self._inbox.messages:
            await self._await_message(self._limits.timeout if timeout is None else timeout)
        return self._take()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        """The next message, however long it takes.

        Ends when both sides said Close with 1000, 1001 or no code; raises `ConnectionClosed` for every other end.
        """
        if not self._inbox.messages:
            try:
                await self._await_message(None)
            except ConnectionClosed as closed:
                if closed.ending.normal:
                    raise StopAsyncIteration from None
                raise
        return self._take()

    def _take(self) -> str | bytes:
        messages = self._inbox.messages
        message = messages.popleft()
        if not messages and not self._tcp.reading:
            self._make_room()
        return message

    def _make_room(self) -> None:
        """The inbox was full, and is empty now."""
        if self._tcp.unread:
            self._sip(self._standing.known_wire())
        else:
            self._tcp.go_on_reading()

    async def _await_message(self, timeout: float | None) -> None:
        inbox = self._inbox
        if inbox.awaited:
            raise RuntimeError("Another task waits for a message of this connection already: one at a time.")
        if self._wire is None:
            self._standing.known_wire()
        if self._outbox.holds_close:
            self._closing_handshake.let_go()
        if self._outbox.planned:
            self._outbox.flush()
        while not inbox.messages:
            if self._standing.ending is not None:
                raise ConnectionClosed(self._standing.ending)
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

        `code` None sends an empty Close; `reason` has at most 123 bytes of UTF-8. What arrives in the meantime
        and finds the queue full is dropped. Returns at once where the connection has ended. Raises `TimeoutError`
        when the peer does not answer in time: TCP is cut then; and `ConnectionClosed` when TCP ends before the
        peer's Close came.
        """
        if self.state is State.CLOSED:
            return
        if self.state is State.CONNECTING:  # there is no Close before the handshake is done (§7.1.2)
            self.drop()
            return
        wire = self._standing.known_wire()
        self._closing_handshake.say(code, reason)
        self._sip(wire)
        self._tcp.go_on_reading()
        seconds = self._limits.timeout if timeout is None else timeout
        ending = await self._closing_handshake.answered(seconds)
        if ending.tcp is TcpEnd.LIMIT and not ending.clean:
            raise self._standing.too_slow("the peer's Close", seconds)
        if not ending.clean and wire.failure is None:
            raise ConnectionClosed(ending)

    async def wait_closed(self) -> None:
        """Wait until the connection has ended, however long that takes."""
        self._outbox.flush()
        await asyncio.wait((self._tcp.gone,))

    def abort(self) -> None:
        """Cut TCP at once (RST), without a Close: both sides believe 1006 (§7.1.5)."""
        self._outbox.flush()
        self._closing_handshake.cut(TcpEnd.ABORTED)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close with 1000, or with 1011 where an error leaves the block; a peer that does not answer is cut."""
        normal = error is None or isinstance(error, ConnectionClosed)
        await self.close_quietly(CloseCode.NORMAL_CLOSURE if normal else CloseCode.INTERNAL_ERROR)

    async def close_quietly(self, code: int, reason: str = "", *, timeout: float | None = None) -> None:
        """`close` for a caller to whom every end is right: how it ended is told by the tape."""
        try:
            await self.close(code, reason, timeout=timeout)
        except (TimeoutError, ConnectionClosed) as error:
            self.note(str(error))

    # --- inside: waiting ------------------------------------------------------------

    async def _in_time(self, future: asyncio.Future[T], timeout: float | None, what: str) -> T:
        """Wait for a future that nobody else waits for."""
        seconds = self._limits.timeout if timeout is None else timeout
        timer = self._context.world.later(seconds, self._expire, future, what, seconds)
        try:
            return await future
        finally:
            timer.cancel()

    def _expire(self, future: asyncio.Future[T], what: str, seconds: float) -> None:
        if not future.done():
            future.set_exception(self._standing.too_slow(what, seconds))
