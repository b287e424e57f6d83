"""One end of a connection over TCP: what a handler, a client and a test hold in their hands.

Rules of this module:
- The protocol is `protocol.Connection`'s business, TCP is asyncio's; here the two meet. Nothing is decided
  about frames here, and nothing is awaited inside the protocol.
- An endpoint is made of parts with one job each: `Entrance` (the opening handshake), `Inbox` (receiving), `Outbox`
  (sending), `Pings`, `Tcp` (and its end), `Diary` (the tape). They know nothing of each other but TCP and tape.
- Every wait has a limit and ends with a sentence: `TimeoutError`, or `ConnectionClosed` when the connection ends.

What it leaves out: listening and dialling (`server`, `lab`), the words of an ending (`closed`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from wslab.lab.bench import Bench
from wslab.lab.closed import ConnectionClosed, Ending, TcpEnd, belief_words, failure_words
from wslab.lab.diary import Diary
from wslab.lab.entrance import Entrance
from wslab.lab.inbox import Inbox, Messages
from wslab.lab.opening import ClientOpening, Outcome, Refused, ServerOpening
from wslab.lab.outbox import Outbox
from wslab.lab.pings import Pings
from wslab.lab.records import What
from wslab.lab.tcp import Tcp
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
    Opcode,
    PongReceived,
    Role,
    State,
)

DEFAULT_MAX_QUEUE = 1024 * 1024
"""Bytes that may wait to be received before the socket is not read any more: 1 MiB."""

HOLD_LIMIT = 1.0
"""Seconds for which our Close waits while messages that came before the peer's, or before a violation, are answered."""

_SIP = 16 * 1024  # bytes, where a message may inflate to a thousand times as many

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one endpoint takes, in bytes, and how long it waits, in seconds."""

    timeout: float
    max_message: int = DEFAULT_MAX_MESSAGE
    max_queue: int = DEFAULT_MAX_QUEUE


class Endpoint(asyncio.Protocol):
    """One end of a WebSocket connection.

    `role` is our own. `Lab.connect` makes a client's, a server makes its own for the handler.
    Every `timeout` is in seconds; left out, it is the lab's.
    """

    # a connection that rests should cost little, and a lab may have thousands
    __slots__ = (
        "_bench",
        "_closing",
        "_diary",
        "_ending",
        "_entrance",
        "_inbox",
        "_limits",
        "_outbox",
        "_pings",
        "_tcp",
        "_wire",
        "role",
    )

    def __init__(self, bench: Bench, role: Role, opening: ClientOpening | ServerOpening, limits: Limits) -> None:
        loop = bench.world.loop
        self.role = role
        self._bench = bench
        self._limits = limits
        self._diary = Diary(bench, role)
        self._tcp = Tcp(bench, self._diary)
        self._entrance = Entrance(opening, loop)
        self._inbox = Inbox(self._tcp, limits.max_queue)
        self._outbox = Outbox(self._tcp, loop)
        self._pings = Pings()
        self._wire: Connection | None = None  # once the handshake is done
        self._closing = False  # whether what arrives now will find nobody who wants it
        self._ending: Ending | None = None

    # --- what is known ------------------------------------------------------------------

    @property
    def connection(self) -> int:
        """The number that the tape uses; 0 before TCP stands."""
        return self._diary.number

    @property
    def state(self) -> State:
        """What this side believes of the connection."""
        if self._wire is not None:
            return self._wire.state
        return State.CONNECTING if self._entrance.goes_on else State.CLOSED

    @property
    def timeout(self) -> float:
        """The limit of a wait that names none, in seconds."""
        return self._limits.timeout

    @property
    def is_open(self) -> bool:
        """Whether the opening handshake is done and TCP is not over."""
        return self._wire is not None and not self._tcp.gone.done()

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
        payload = self._bench.keys(4) if payload is None else payload
        self._pings.check(payload)
        wire.ping(payload)
        self._outbox.flush()
        pong = self._pings.sent(payload, self._bench.world.now())
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
                raise TimeoutError(self._too_slow("TCP to take what was sent (the peer does not read)", seconds))
            self._raise_if_ended()

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
        message = self._inbox.take()
        if self._tcp.unread and not self._inbox.messages:
            self._sip(self._known_wire())
        return message

    async def _await_message(self, timeout: float | None) -> None:
        inbox = self._inbox
        if inbox.has_receiver:
            raise RuntimeError("Another task waits for a message of this connection already: one at a time.")
        self._known_wire()
        if self._outbox.holds_close:
            self._let_go()
        self._outbox.flush()
        while not inbox.messages:
            self._raise_if_ended()
            message = inbox.wait()
            try:
                await (message if timeout is None else self._in_time(message, timeout, "a message"))
            finally:
                inbox.stop_waiting()

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
        self._outbox.flush()
        self._believe()
        self._closing = True
        self._sip(wire)
        self._tcp.go_on_reading()
        seconds = self._limits.timeout if timeout is None else timeout
        self._limit_end(seconds)
        await asyncio.wait((self._tcp.gone,))
        ending = self._ending
        assert ending is not None  # TCP is over, and this side was open
        if ending.tcp is TcpEnd.LIMIT and not ending.clean:
            raise TimeoutError(self._too_slow("the peer's Close", seconds))
        if not ending.clean and wire.failure is None:
            raise ConnectionClosed(ending)

    async def wait_closed(self) -> None:
        """Wait until the connection has ended, however long that takes."""
        self._outbox.flush()
        await asyncio.wait((self._tcp.gone,))

    def abort(self) -> None:
        """Cut TCP at once (RST), without a Close: both sides believe 1006 (§7.1.5)."""
        self._outbox.flush()
        self._cut(TcpEnd.ABORTED)

    def drop(self) -> None:
        """Let go of the socket because the lab ends; the peer sees TCP close without a Close frame."""
        self._tcp.drop()

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

    # --- asyncio calls these ----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP stands: the opening handshake begins."""
        assert isinstance(transport, asyncio.Transport)
        self._tcp.begin(transport)
        self._bench.parts.add(self)
        self._tcp.arm(self._limits.timeout, self._opening_too_slow)
        self._believe()
        self._tcp.write(self._entrance.begin())

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._diary.arrived(data)
        if self._entrance.goes_on:
            data = self._open(self._entrance.feed(data))
        if data and self._wire is not None:
            (self._sip if self._wire.compresses else self._receive)(self._wire, data)

    def eof_received(self) -> bool:
        """The peer closed its direction of TCP (FIN); ours follows, and then TCP is over."""
        self._diary.record(What.FIN_ARRIVED)
        self._tcp.ended(TcpEnd.FIN)
        self._open(self._entrance.end())
        self._end()
        self._tcp.send_fin()
        self._limit_end(self._limits.timeout)
        return False  # asyncio closes the socket when all is written

    def connection_lost(self, error: Exception | None) -> None:
        """TCP is over."""
        if isinstance(error, (ConnectionResetError, BrokenPipeError)):
            self._diary.record(What.RST_ARRIVED)
            self._tcp.ended(TcpEnd.RST)
        elif error is not None:
            self._diary.record(What.LOST, str(error).encode())
        self._tcp.ended(TcpEnd.LOST)
        self._open(self._entrance.end())
        self._end()
        self._diary.record(What.ENDED)
        self._bench.parts.discard(self)
        self._tcp.leave()

    def pause_writing(self) -> None:
        """TCP takes no more for now: `send` waits."""
        self._outbox.pause()

    def resume_writing(self) -> None:
        """TCP takes more again: Pongs that wait go out, and whoever sends goes on."""
        self._outbox.go_on()
        self._outbox.flush()

    # --- inside: the opening handshake ---------------------------------------------------------

    async def opened(self) -> Self:
        """Wait for the end of the opening handshake; `HandshakeRefused` or `TimeoutError` where it fails."""
        await self._entrance.wait()
        return self

    def _open(self, outcome: Outcome | None) -> bytes:
        """The handshake came to an outcome, or not yet; returns the bytes behind the head."""
        if outcome is None:
            return b""
        self._tcp.disarm()
        if isinstance(outcome, Refused):
            self._refuse(outcome)
            return b""
        keys, limit = self._bench.keys, self._limits.max_message
        self._wire = self._outbox.wire = Connection(self.role, max_message=limit, keys=keys, deflate=outcome.deflate)
        self._tcp.write(outcome.answer)
        self._believe()
        self._entrance.open()
        return outcome.behind

    def _refuse(self, outcome: Refused) -> None:
        self._tcp.write(outcome.answer)
        self._entrance.fail(outcome.why)
        self._close_tcp()
        self._believe()

    def _opening_too_slow(self) -> None:
        waited = f"{self._limits.timeout:g} s"
        self._entrance.fail(
            TimeoutError(
                f"The opening handshake was not done within {waited}; the {self.role} still believes in CONNECTING. "
                f"The {self.role.peer} did not speak, or it is no WebSocket {self.role.peer}."
            )
        )
        self.note(f"The {self.role} waited {waited} for the opening handshake, and gives up.")
        self._cut(TcpEnd.LIMIT)

    # --- inside: open ---------------------------------------------------------------------------

    def _sip(self, wire: Connection, data: bytes = b"") -> None:
        """A little that arrived may inflate to a lot: take it in sips, and leave the rest while the inbox is full."""
        rest = self._tcp.unread + data
        while rest and (wire.state is not State.OPEN or not self._inbox.is_full):
            self._receive(wire, rest[:_SIP])
            rest = rest[_SIP:]
        self._tcp.unread = rest
        if rest:
            self._tcp.stop_reading()
        elif not self._inbox.is_full:
            self._tcp.go_on_reading()

    def _receive(self, wire: Connection, data: bytes) -> None:
        """What one read brought: messages into the inbox, answers of the protocol out, both within their limits."""
        wire.receive_data(data)
        messages: Messages = []
        for each in wire.happened():
            if isinstance(each, (bytes, str)):
                messages.append(each)
            else:
                self._happened(each)
        self._inbox.put(messages, len(data))
        if wire.state is not State.OPEN:
            self._leave_open(wire)
        elif self._outbox.drained is None:  # else Pongs wait, and the protocol keeps few of them
            self._outbox.flush()
        if self._inbox.is_full:
            self._hold_back()

    def _hold_back(self) -> None:
        """The inbox is full: stop reading, or, while closing, let what nobody will want go."""
        if self._closing and not self._outbox.holds_close:
            self._inbox.messages.clear()
        else:
            self._tcp.stop_reading()

    def _leave_open(self, wire: Connection) -> None:
        """A Close travels, or the connection failed."""
        if self._inbox.messages and wire.owes_close and not self._outbox.holds_close:
            self._hold_close()
        self._believe()
        self._outbox.flush()
        self._close_in_turn(wire)

    def _hold_close(self) -> None:
        """Messages came before the end: the Close that answers waits until they were received and answered."""
        self._outbox.holds_close = True
        self._bench.world.later(min(self._limits.timeout, HOLD_LIMIT), self._let_go)

    def _let_go(self) -> None:
        """Whoever received comes for more, closes, or took too long: the Close goes out."""
        if self._outbox.holds_close and self._wire is not None:
            self._outbox.holds_close = False
            self._outbox.flush()
            self._believe()
            self._close_in_turn(self._wire)

    def _close_in_turn(self, wire: Connection) -> None:
        if wire.should_close_tcp:
            self._close_tcp()
        elif wire.close_received is not None and not self._outbox.holds_close and not self._tcp.is_armed:
            self._limit_end(self._limits.timeout)  # the server closes TCP first (§7.1.1)

    def _happened(self, event: Event) -> None:
        if isinstance(event, PongReceived):
            self._pings.answered(event.payload, self._bench.world.now())
        elif isinstance(event, Failed):
            self.note(failure_words(self.role, event.error))
        elif isinstance(event, CloseReceived):
            self._closing = True
        elif isinstance(event, Ended):
            self._ending = self._ended_with(event)

    # --- inside: the end ------------------------------------------------------------------------

    def _close_tcp(self) -> None:
        """Our direction is closed; the peer's is read to its end, for a while (§7.1.1)."""
        if not self._tcp.fin_sent:
            self._tcp.send_fin()
            self._tcp.unread = b""
            self._tcp.go_on_reading()
            self._limit_end(self._limits.timeout)

    def _limit_end(self, seconds: float) -> None:
        """From now on the end of TCP has a limit."""
        self._tcp.arm(seconds, lambda: self._cut(TcpEnd.LIMIT))

    def _cut(self, why: TcpEnd) -> None:
        if self._tcp.reset(why):
            self._end()

    def _end(self) -> None:
        """No more bytes will come: tell the protocol, and wake whoever waits."""
        self._tcp.disarm()
        if self._wire is not None and self._ending is None:
            self._wire.receive_eof()
            for event in self._wire.events():
                self._happened(event)
        self._believe()
        self._inbox.wake()
        self._outbox.go_on()
        if self._ending is not None:
            self._pings.give_up(ConnectionClosed(self._ending))

    def _ended_with(self, ended: Ended) -> Ending:
        wire, tcp = self._known_wire(), self._tcp.end or TcpEnd.LOST
        return Ending(
            role=self.role,
            code=ended.code,
            reason=ended.reason,
            clean=ended.clean,
            closed_by=self.role if tcp is TcpEnd.ABORTED and not ended.clean else ended.closed_by,
            sent=wire.close_sent,
            received=wire.close_received,
            failure=wire.failure,
            tcp=tcp,
        )

    def _raise_if_ended(self) -> None:
        if self._ending is not None:
            raise ConnectionClosed(self._ending)

    # --- inside: waiting and knowing ------------------------------------------------------------

    async def _in_time(self, future: asyncio.Future[T], timeout: float | None, what: str) -> T:
        """Wait for a future that nobody else waits for."""
        seconds = self._limits.timeout if timeout is None else timeout
        timer = self._bench.world.later(seconds, self._expire, future, what, seconds)
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
        if self._wire is None:
            raise RuntimeError("The opening handshake of this connection is not done.")
        return self._wire

    def _open_wire(self) -> Connection:
        """The protocol, for sending; `ConnectionClosed` where the peer has closed or TCP is over."""
        wire = self._known_wire()
        if wire.state is not State.OPEN and not self._outbox.holds_close:
            self._raise_if_ended()
            if wire.close_received is not None or wire.failure is not None:
                raise ConnectionClosed(self._so_far(wire))
        return wire

    def _so_far(self, wire: Connection) -> Ending:
        """The end as it is known before TCP is closed."""
        body, by = wire.close_received, self.role if wire.failure else self.role.peer
        code, reason = (CloseCode.ABNORMAL_CLOSURE, "") if body is None else (body.code, body.reason)
        return self._ended_with(Ended(code, reason, body is not None, by))

    def note(self, text: str) -> None:
        """Put a sentence of this side on the tape."""
        self._diary.note(text)

    def _believe(self) -> None:
        """Put on the tape what this side believes, if that has changed."""
        if self._bench.tape is not None:
            self._diary.believe(self.state, self.close_code, self._detail())

    def _detail(self) -> str:
        if self._ending is not None:
            return self._ending.short()
        if self._wire is None:
            return "the opening handshake goes on" if self._entrance.goes_on else "the opening handshake failed"
        return belief_words(self._wire)
