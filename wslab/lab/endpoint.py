"""One end of a connection over TCP: what a handler, a client and a test hold in their hands.

Rules of this module:
- The protocol is `protocol.Connection`'s business, TCP is asyncio's; here the two meet. Nothing is decided
  about frames here, and nothing is awaited inside the protocol.
- What is sent is written at once, but the answers to many messages that came together go out together: while
  more messages wait to be received, `send` puts its own aside, until the last one is taken or the loop turns.
- Both queues are bounded. `send` waits while TCP takes no more; what arrives is kept up to `max_queue` bytes, and
  then the socket is not read, so that TCP holds back the peer.
- Every wait has a limit and ends with a sentence: `TimeoutError`, or `ConnectionClosed` when the connection ends.
- TCP is closed as §7.1.1 asks: our direction first (FIN), then the peer's is read to its end; RST only where the
  peer takes too long, or where `abort` wants it.

What it leaves out: listening and dialling (`server`, `lab`), the words of an ending (`closed`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from wslab.explain import narrate_error
from wslab.lab.bench import Bench, Line
from wslab.lab.closed import ConnectionClosed, Ending, TcpEnd
from wslab.lab.opening import ClientOpening, Outcome, Refused, ServerOpening
from wslab.lab.records import What, pack_belief, tag
from wslab.protocol import (
    DEFAULT_MAX_MESSAGE,
    CloseCode,
    CloseReceived,
    Connection,
    Ended,
    Event,
    Failed,
    Frame,
    HandshakeRequest,
    HandshakeResponse,
    Message,
    Opcode,
    PongReceived,
    ProtocolError,
    Role,
    State,
)

DEFAULT_MAX_QUEUE = 1024 * 1024
"""Bytes that may wait to be received before the socket is not read any more: 1 MiB."""

HOLD_LIMIT = 1.0
"""Seconds for which our Close waits while messages that came before the peer's, or before a violation, are answered."""

_WRITE_AT = 64 * 1024  # bytes put aside that are not kept back any longer

T = TypeVar("T")


class _Tags(NamedTuple):
    """The tags of the three records that are made for every read and write."""

    sent: int
    arrived: int
    counted: int


_TAGS = {role: _Tags(*(tag(what, role) for what in (What.SENT, What.ARRIVED, What.COUNTED))) for role in Role}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one endpoint takes, in bytes, and how long it waits, in seconds."""

    timeout: float
    max_message: int = DEFAULT_MAX_MESSAGE
    max_queue: int = DEFAULT_MAX_QUEUE


class Endpoint(asyncio.Protocol):
    """One end of a WebSocket connection.

    `role` is our own, `connection` the number that the tape uses. `Lab.connect` makes a client's, a server makes
    its own for the handler.
    Every `timeout` is in seconds; left out, it is the lab's.
    """

    # a connection that rests should cost little, and a lab may have thousands
    __slots__ = (
        "_aside",
        "_backlog",
        "_believed",
        "_bench",
        "_closing",
        "_drained",
        "_ending",
        "_fin_sent",
        "_gone",
        "_heads",
        "_held",
        "_limit",
        "_limits",
        "_line",
        "_loop",
        "_opened",
        "_opening",
        "_pings",
        "_queue",
        "_reading",
        "_receiver",
        "_tags",
        "_tape",
        "_tcp_end",
        "_transport",
        "_wire",
        "_write_planned",
        "connection",
        "role",
    )

    def __init__(self, bench: Bench, role: Role, opening: ClientOpening | ServerOpening, limits: Limits) -> None:
        self.role = role
        self.connection = 0
        self._bench = bench
        self._loop = bench.world.loop
        self._limits = limits
        self._tape = bench.tape
        self._tags = _TAGS[role]
        self._opening: ClientOpening | ServerOpening | None = opening
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._heads: tuple[bytes, bytes] | None = None  # request and answer
        self._wire: Connection | None = None
        self._transport: asyncio.Transport | None = None
        self._line: Line | None = None
        self._queue: deque[str | bytes] = deque()
        self._backlog = 0
        self._reading = True
        self._receiver: asyncio.Future[None] | None = None
        self._aside = 0
        self._write_planned = False
        self._drained: asyncio.Future[None] | None = None
        self._pings: dict[bytes, tuple[asyncio.Future[float], float]] = {}
        self._tcp_end: TcpEnd | None = None
        self._ending: Ending | None = None
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._limit: asyncio.TimerHandle | None = None
        self._fin_sent = False
        self._closing = False
        self._held = False  # whether the Close that we owe waits for answers
        self._believed = b""

    # --- what is known ------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What this side believes of the connection."""
        if self._wire is not None:
            return self._wire.state
        return State.CLOSED if self._opening is None else State.CONNECTING

    @property
    def timeout(self) -> float:
        """The limit of a wait that names none, in seconds."""
        return self._limits.timeout

    @property
    def is_open(self) -> bool:
        """Whether the opening handshake is done and TCP is not over."""
        return self._wire is not None and not self._gone.done()

    @property
    def close_code(self) -> int | None:
        """The code this side believes in (§7.1.5); None while the connection lives."""
        return None if self._ending is None else self._ending.code

    @property
    def close_reason(self) -> str | None:
        """The reason that came with it (§7.1.6); None while the connection lives."""
        return None if self._ending is None else self._ending.reason

    @property
    def request(self) -> HandshakeRequest:
        """What the client asked for."""
        return HandshakeRequest.parse(self._known_heads()[0])[0]

    @property
    def response(self) -> HandshakeResponse:
        """What the server answered."""
        return HandshakeResponse.parse(self._known_heads()[1])[0]

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that both agreed on (§1.9)."""
        return self.response.subprotocol

    def __repr__(self) -> str:
        return f"<Endpoint {self.role} of connection {self.connection}, {self.state.value}>"

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
            wire.send_binary(bytes(message))
        else:
            raise TypeError(f"A message is text (str) or binary (bytes); this is {type(message).__name__}.")
        self._aside += len(message)
        if self._queue and self._drained is None and self._aside < _WRITE_AT:
            self._plan_write()
        else:
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
        payload = self._bench.keys(4) if payload is None else payload
        if payload in self._pings:
            raise ValueError(f"A Ping with the payload {payload!r} is on its way already: its Pong could be either's.")
        wire.ping(payload)
        pong: asyncio.Future[float] = self._loop.create_future()
        self._write()
        self._pings[payload] = (pong, self._bench.world.now())
        try:
            return await self._in_time(pong, timeout, "a Pong")
        finally:
            self._pings.pop(payload, None)

    async def pong(self, payload: bytes = b"") -> None:
        """Send a Pong that nobody asked for (§5.5.3): a sign of life. Pings are answered without it."""
        self._open_wire().pong(payload)
        await self._drain()

    # --- receiving --------------------------------------------------------------------------

    async def recv(self, *, timeout: float | None = None) -> str | bytes:
        """The next message: `str` for text, `bytes` for binary.

        Raises `TimeoutError` when none comes in time, and `ConnectionClosed` when none will; what arrived
        before the end is given first.
        """
        if not self._queue:
            await self._await_message(self._limits.timeout if timeout is None else timeout)
        return self._take()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        """The next message, however long it takes.

        Ends when both sides said Close with 1000, 1001 or no code; raises `ConnectionClosed` for every other end.
        """
        if not self._queue:
            try:
                await self._await_message(None)
            except ConnectionClosed as closed:
                if closed.ending.normal:
                    raise StopAsyncIteration from None
                raise
        return self._take()

    def _take(self) -> str | bytes:
        message = self._queue.popleft()
        if not self._queue:
            self._backlog = 0
            if not self._reading:
                self._resume()
        return message

    async def _await_message(self, timeout: float | None) -> None:
        if self._receiver is not None:
            raise RuntimeError("Another task waits for a message of this connection already: one at a time.")
        self._known_heads()
        self._let_go()
        self._write()
        while not self._queue:
            self._raise_if_ended()
            self._receiver = self._loop.create_future()
            try:
                await (self._receiver if timeout is None else self._in_time(self._receiver, timeout, "a message"))
            finally:
                self._receiver = None

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
        wire = self._known_wire()
        self._let_go()
        wire.close(code, reason)
        self._write()
        self._believe()
        self._closing = True
        self._resume()
        seconds = self._limits.timeout if timeout is None else timeout
        self._arm(seconds)
        await asyncio.wait((self._gone,))
        ending = self._known_ending()
        if ending.tcp is TcpEnd.LIMIT and not ending.clean:
            raise TimeoutError(self._too_slow("the peer's Close", seconds))
        if not ending.clean and wire.failure is None:
            raise ConnectionClosed(ending)

    async def wait_closed(self) -> None:
        """Wait until the connection has ended, however long that takes."""
        self._write()
        await asyncio.wait((self._gone,))

    def abort(self) -> None:
        """Cut TCP at once (RST), without a Close: both sides believe 1006 (§7.1.5)."""
        self._write()
        self._cut(TcpEnd.ABORTED)

    def drop(self) -> None:
        """Let go of the socket because the lab ends; the peer sees TCP close without a Close frame."""
        if self._transport is not None and not self._gone.done():
            self._tcp_end = self._tcp_end or TcpEnd.DROPPED
            self._send_fin()
            self._transport.abort()

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

    # --- asyncio calls these -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP stands: the opening handshake begins."""
        assert isinstance(transport, asyncio.Transport)
        assert self._opening is not None
        own, peer = self._bench.world.addresses(transport)
        ends = (own, peer) if self.role is Role.CLIENT else (peer, own)
        self._transport = transport
        self._line = self._bench.line(*ends)
        self._line.ours.add(self.role)
        self.connection = self._line.number
        self._bench.parts.add(self)
        self._limit = self._bench.world.later(self._limits.timeout, self._opening_too_slow)
        self._record(What.CONNECT if self.role is Role.CLIENT else What.ACCEPT, str(peer).encode())
        self._believe()
        self._put(self._opening.begin())

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self._tape is not None:
            self._record_arrival(data)
        if self._opening is not None:
            data = self._open(self._opening.feed(data))
        if data and self._wire is not None:
            self._receive(self._wire, data)

    def eof_received(self) -> bool:
        """The peer closed its direction of TCP (FIN); ours follows, and then TCP is over."""
        self._record(What.FIN_ARRIVED)
        self._tcp_end = self._tcp_end or TcpEnd.FIN
        if self._opening is not None:
            self._open(self._opening.end())
        self._end()
        self._send_fin()
        self._arm(self._limits.timeout)
        return False  # asyncio closes the socket when all is written

    def connection_lost(self, error: Exception | None) -> None:
        """TCP is over."""
        if isinstance(error, (ConnectionResetError, BrokenPipeError)):
            self._record(What.RST_ARRIVED)
            self._tcp_end = self._tcp_end or TcpEnd.RST
        elif error is not None:
            self._record(What.LOST, str(error).encode())
        self._tcp_end = self._tcp_end or TcpEnd.LOST
        if self._opening is not None:
            self._open(self._opening.end())
        self._end()
        self._record(What.ENDED)
        self._leave()

    def pause_writing(self) -> None:
        """TCP takes no more for now: `send` waits."""
        self._drained = self._drained or self._loop.create_future()

    def resume_writing(self) -> None:
        """TCP takes more again."""
        drained, self._drained = self._drained, None
        _finish(drained)

    # --- inside: the opening handshake ----------------------------------------------------------------

    async def opened(self) -> Self:
        """Wait for the end of the opening handshake; `HandshakeRefused` or `TimeoutError` where it fails."""
        await asyncio.shield(self._opened)
        return self

    def _open(self, outcome: Outcome | None) -> bytes:
        """The handshake came to an outcome, or not yet; returns the bytes behind the head."""
        if outcome is None:
            return b""
        self._opening = None
        self._disarm()
        if isinstance(outcome, Refused):
            self._refuse(outcome)
            return b""
        keys, limit = self._bench.keys, self._limits.max_message
        self._heads = (outcome.request.serialize(), outcome.response.serialize())
        self._wire = Connection(self.role, max_message=limit, keys=keys, deflate=outcome.deflate)
        self._put(outcome.answer)
        self._believe()
        _finish(self._opened)
        return outcome.behind

    def _refuse(self, outcome: Refused) -> None:
        self._put(outcome.answer)
        self._fail_opening(outcome.why)
        if self._transport is not None and not self._transport.is_closing():
            self._send_fin()
            self._arm(self._limits.timeout)
        self._believe()

    def _fail_opening(self, error: Exception) -> None:
        if not self._opened.done():
            self._opened.set_exception(error)
            self._opened.exception()  # where nobody waits for it, it is not lost: the tape tells it

    def _opening_too_slow(self) -> None:
        waited = f"{self._limits.timeout:g} s"
        self._opening = None
        self._fail_opening(
            TimeoutError(
                f"The opening handshake was not done within {waited}; the {self.role} still believes in CONNECTING. "
                f"The {self.role.peer} did not speak, or it is no WebSocket {self.role.peer}."
            )
        )
        self.note(f"The {self.role} waited {waited} for the opening handshake, and gives up.")
        self._cut(TcpEnd.LIMIT)

    # --- inside: open ---------------------------------------------------------------------------------------

    def _receive(self, wire: Connection, data: bytes) -> None:
        if self._queue:
            self._backlog += len(data)
        else:
            self._backlog = len(data)
        wire.receive_data(data)
        queue = self._queue
        for event in wire.events():
            if type(event) is Message:
                queue.append(event.data)
            else:
                self._happened(event)
        if wire.state is not State.OPEN:
            if queue and wire.owes_close and not self._held:
                self._hold_close()
            self._believe()
        self._write()
        if queue:
            self._received()
        self._close_in_turn(wire)

    def _close_in_turn(self, wire: Connection) -> None:
        if wire.should_close_tcp:
            self._close_tcp()
        elif wire.close_received is not None and not self._held and self._limit is None:
            self._arm(self._limits.timeout)  # the server closes TCP first (§7.1.1)

    def _hold_close(self) -> None:
        """Messages came before the end: the Close that answers waits until they were received and answered."""
        self._held = True
        self._bench.world.later(min(self._limits.timeout, HOLD_LIMIT), self._let_go)

    def _let_go(self) -> None:
        """Whoever received comes for more, closes, or took too long: the Close goes out."""
        if self._held and self._wire is not None:
            self._held = False
            self._write()
            self._believe()
            self._close_in_turn(self._wire)

    def _received(self) -> None:
        if self._receiver is not None:
            _finish(self._receiver)
        if self._backlog > self._limits.max_queue:
            self._hold()

    def _hold(self) -> None:
        """The queue is full: stop reading, or, while closing, let what nobody will want go."""
        if self._closing and not self._held:
            self._queue.clear()
        elif self._reading and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()

    def _resume(self) -> None:
        if not self._reading and self._transport is not None:
            self._reading = True
            self._transport.resume_reading()

    def _happened(self, event: Event) -> None:
        if isinstance(event, PongReceived):
            self._take_pong(event.payload)
        elif isinstance(event, Failed):
            self.note(_failure_words(self.role, event.error))
        elif isinstance(event, CloseReceived):
            self._closing = True
        elif isinstance(event, Ended):
            self._ending = self._ended_with(event)

    def _take_pong(self, payload: bytes) -> None:
        """A Pong answers its Ping and every earlier one (§5.5.3)."""
        if payload not in self._pings:
            return
        now = self._bench.world.now()
        for sent, (pong, at) in list(self._pings.items()):
            del self._pings[sent]
            if not pong.done():
                pong.set_result(now - at)
            if sent == payload:
                break

    # --- inside: writing ----------------------------------------------------------------------------------------

    def _plan_write(self) -> None:
        if not self._write_planned:
            self._write_planned = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        """Everything that was put aside, in one write."""
        self._write_planned = False
        self._aside = 0
        if self._wire is not None and (data := self._wire.data_to_send(hold_close=self._held)):
            self._put(data)

    def _put(self, data: bytes) -> None:
        if not data or self._transport is None or self._fin_sent or self._transport.is_closing():
            return
        if self._tape is not None:
            self._tape.record(self.connection, self._tags.sent, data)
        self._transport.write(data)

    async def _drain(self) -> None:
        self._write()
        if self._drained is not None:
            seconds = self._limits.timeout
            done, _ = await asyncio.wait((self._drained,), timeout=seconds)
            if not done:
                raise TimeoutError(self._too_slow("TCP to take what was sent (the peer does not read)", seconds))
            self._raise_if_ended()

    # --- inside: the end ------------------------------------------------------------------------------------------

    def _close_tcp(self) -> None:
        """Our direction is closed; the peer's is read to its end, for a while (§7.1.1)."""
        if self._transport is not None and not self._fin_sent:
            self._send_fin()
            self._resume()
            self._arm(self._limits.timeout)

    def _send_fin(self) -> None:
        if self._transport is not None and not self._fin_sent and not self._transport.is_closing():
            self._fin_sent = True
            self._record(What.FIN_SENT)
            self._transport.write_eof()

    def _cut(self, why: TcpEnd) -> None:
        if self._transport is None or self._gone.done():
            return
        self._tcp_end = self._tcp_end or why
        self._record(What.RST_SENT)
        self._bench.world.reset(self._transport)
        self._end()

    def _end(self) -> None:
        """No more bytes will come: tell the protocol, and wake whoever waits."""
        self._disarm()
        if self._wire is not None and self._ending is None:
            self._wire.receive_eof()
            for event in self._wire.events():
                self._happened(event)
        self._believe()
        self._wake_all()

    def _ended_with(self, ended: Ended) -> Ending:
        wire = self._known_wire()
        return Ending(
            role=self.role,
            code=ended.code,
            reason=ended.reason,
            clean=ended.clean,
            closed_by=self.role if self._tcp_end is TcpEnd.ABORTED and not ended.clean else ended.closed_by,
            sent=wire.close_sent,
            received=wire.close_received,
            failure=wire.failure,
            tcp=self._tcp_end or TcpEnd.LOST,
        )

    def _wake_all(self) -> None:
        _finish(self._receiver)
        self.resume_writing()
        for pong, _ in self._pings.values():
            if not pong.done() and self._ending is not None:
                pong.set_exception(ConnectionClosed(self._ending))
                pong.exception()

    def _leave(self) -> None:
        self._disarm()
        self._bench.parts.discard(self)
        if self._transport is not None:
            own, peer = self._bench.world.addresses(self._transport)
            self._bench.forget(*((own, peer) if self.role is Role.CLIENT else (peer, own)))
        _finish(self._gone)

    def _arm(self, seconds: float) -> None:
        """From now on the end of TCP has a limit."""
        self._disarm()
        self._limit = self._bench.world.later(seconds, lambda: self._cut(TcpEnd.LIMIT))

    def _disarm(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    # --- inside: waiting --------------------------------------------------------------------------------------------

    async def _in_time(self, future: asyncio.Future[T], timeout: float | None, what: str) -> T:
        """Wait for a future that nobody else waits for."""
        seconds = self._limits.timeout if timeout is None else timeout
        timer = self._loop.call_later(seconds, self._expire, future, what, seconds)
        try:
            return await future
        finally:
            timer.cancel()

    def _expire(self, future: asyncio.Future[T], what: str, seconds: float) -> None:
        if not future.done():
            future.set_exception(TimeoutError(self._too_slow(what, seconds)))

    def _too_slow(self, what: str, seconds: float) -> str:
        return (
            f"The {self.role} waited {seconds:g} s for {what}, and it did not come. "
            f"The {self.role} believes that the connection is {self.state.value}: {self._detail()}."
        )

    def _known_wire(self) -> Connection:
        self._known_heads()
        assert self._wire is not None
        return self._wire

    def _known_heads(self) -> tuple[bytes, bytes]:
        if self._heads is None:
            raise RuntimeError("The opening handshake of this connection is not done.")
        return self._heads

    def _known_ending(self) -> Ending:
        assert self._ending is not None
        return self._ending

    def _open_wire(self) -> Connection:
        """The protocol, for sending; `ConnectionClosed` where the peer has closed or TCP is over."""
        wire = self._known_wire()
        if wire.state is not State.OPEN and not self._held:
            self._raise_if_ended()
            if wire.close_received is not None or wire.failure is not None:
                raise ConnectionClosed(self._so_far(wire))
        return wire

    def _so_far(self, wire: Connection) -> Ending:
        """The end as it is known before TCP is closed."""
        body, by = wire.close_received, self.role if wire.failure else self.role.peer
        code, reason = (CloseCode.ABNORMAL_CLOSURE, "") if body is None else (body.code, body.reason)
        return self._ended_with(Ended(code, reason, body is not None, by))

    def _raise_if_ended(self) -> None:
        if self._ending is not None:
            raise ConnectionClosed(self._ending)

    # --- inside: the tape --------------------------------------------------------------------------------------------

    def _record(self, what: What, data: bytes = b"") -> None:
        if self._tape is not None:
            self._tape.record(self.connection, tag(what, self.role), data)

    def _record_arrival(self, data: bytes) -> None:
        """The bytes themselves, or only their count where whoever sent them has put them on the tape."""
        assert self._tape is not None
        assert self._line is not None
        if self._line.linked or self.role.peer in self._line.ours:
            self._tape.record_count(self.connection, self._tags.counted, len(data))
        else:
            self._tape.record(self.connection, self._tags.arrived, data)

    def note(self, text: str) -> None:
        """Put a sentence of this side on the tape."""
        self._bench.note(text, side=self.role, line=self._line)

    def _believe(self) -> None:
        """Put on the tape what this side believes, if that has changed."""
        if self._tape is None:
            return
        belief = pack_belief(self.state, self.close_code, self._detail())
        if belief != self._believed:
            self._believed = belief
            self._record(What.BELIEF, belief)

    def _detail(self) -> str:
        if self._ending is not None:
            return self._ending.short()
        if self._wire is None:
            return "the opening handshake failed" if self._opening is None else "the opening handshake goes on"
        return _belief_words(self._wire)


def _belief_words(wire: Connection) -> str:
    if wire.state is State.OPEN:
        return "messages may travel"
    if wire.failure is not None:
        code = wire.failure.close_code
        return f"failed the connection with {int(code) if code else 'no code'}"
    if wire.close_sent is not None and wire.close_received is not None:
        return "both said Close, TCP is still to end"
    return "sent a Close, waits for the peer's"


def _failure_words(role: Role, error: ProtocolError) -> str:
    return f"{narrate_error(error, role.value)} Found {error.found} at {error.offset}."


def _finish(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
