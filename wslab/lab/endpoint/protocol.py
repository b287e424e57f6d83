"""The half of an endpoint that asyncio calls: TCP stands, bytes came, TCP is over.

Rules of this module: what TCP reports goes on the tape, then to the opening handshake or to the protocol, and what
comes of it to the part whose job it is. Nothing is awaited here.

What it leaves out: what a user calls (`endpoint`).
"""

from __future__ import annotations

import asyncio

from wslab.lab.context import LabContext
from wslab.lab.ending import TcpEnd, failure_words, opening_too_slow_words
from wslab.lab.endpoint.closing_handshake import ClosingHandshake
from wslab.lab.endpoint.inbox import Inbox
from wslab.lab.endpoint.keepalive import Keepalive
from wslab.lab.endpoint.opening_handshake import (
    ClientHandshake,
    OpeningHandshake,
    Outcome,
    Refused,
    ServerHandshake,
    Tell,
)
from wslab.lab.endpoint.outbox import Outbox
from wslab.lab.endpoint.pings import Pings
from wslab.lab.endpoint.recorder import EndpointRecorder
from wslab.lab.endpoint.state import EndpointState
from wslab.lab.endpoint.tcp import TcpConnection
from wslab.lab.limits import Limits
from wslab.lab.network.tls import tls_words
from wslab.protocol import CloseReceived, Connection, Event, Failed, PongReceived, Role, State
from wslab.tape.records import RecordKind


class SharedBufferProtocol(asyncio.Protocol, asyncio.BufferedProtocol):
    """A protocol that hears of bytes by `data_received`, wherever they come from."""

    __slots__ = ()

    _context: LabContext

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read may land."""
        return self._context.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """That many bytes came."""
        self.data_received(self._context.buffer[:nbytes].tobytes())


_SIP = 16 * 1024  # bytes, where a message may inflate to a thousand times as many


class EndpointProtocol(SharedBufferProtocol):
    """The parts of one end of a connection, and what TCP brings them. `role` is our own."""

    # a connection that rests should cost little, and a lab may have thousands
    __slots__ = (
        "_closing_handshake",
        "_context",
        "_entrance",
        "_inbox",
        "_limits",
        "_outbox",
        "_pings",
        "_recorder",
        "_standing",
        "_tcp",
        "_wire",
        "role",
    )

    def __init__(
        self,
        context: LabContext,
        role: Role,
        opening: ClientHandshake | ServerHandshake,
        limits: Limits,
        tell: Tell | None = None,
    ) -> None:
        loop = context.world.loop
        self.role = role
        self._context = context
        self._limits = limits
        self._recorder = EndpointRecorder(context, role)
        self._tcp = TcpConnection(context, self._recorder)
        self._entrance = OpeningHandshake(opening, loop, tell)
        self._outbox = Outbox(self._tcp, loop)
        self._pings = Pings(context)
        self._wire: Connection | None = None  # once the handshake is done
        self._standing = EndpointState(self._recorder, self._entrance, self._tcp)
        self._inbox = Inbox(context.world, self._standing, limits.max_queue)
        self._closing_handshake = ClosingHandshake(
            context, limits, self._standing, self._tcp, self._inbox, self._outbox, self._pings
        )

    def drop(self) -> None:
        """Let go of the socket because the lab ends; the peer sees TCP close without a Close frame."""
        self._tcp.drop()

    # --- asyncio calls these ----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP stands: the opening handshake begins."""
        assert isinstance(transport, asyncio.Transport)
        self._tcp.begin(transport)
        self._recorder.note_once(tls_words(transport))
        self._context.parts.add(self)
        self._tcp.arm(self._limits.timeout, self._opening_too_slow)
        self._standing.tell()
        self._tcp.write(self._entrance.begin())

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._recorder.arrived(data)
        if self._wire is None:
            data = self._open(self._entrance.feed(data))
        wire = self._wire
        if data and wire is not None:
            (self._sip if wire.compresses else self._receive)(wire, data)

    def eof_received(self) -> bool:
        """The peer closed its direction of TCP (FIN); ours follows, and then TCP is over."""
        self._recorder.record(RecordKind.FIN_ARRIVED)
        self._tcp.ended(TcpEnd.FIN)
        self._open(self._entrance.end())
        self._closing_handshake.end()
        self._tcp.send_fin()
        if self._tcp.unwritten:
            self._closing_handshake.limit_end(self._limits.timeout)
        return False  # asyncio closes the socket when all is written

    def connection_lost(self, error: Exception | None) -> None:
        """TCP is over."""
        if isinstance(error, (ConnectionResetError, BrokenPipeError)):
            self._recorder.record(RecordKind.RST_ARRIVED)
            self._tcp.ended(TcpEnd.RST)
        elif error is not None:
            self._recorder.record(RecordKind.LOST, str(error).encode())
        elif self._tcp.end is None:  # TLS does not report FIN by itself
            self._recorder.record(RecordKind.FIN_ARRIVED)
            self._tcp.ended(TcpEnd.FIN)
        self._tcp.ended(TcpEnd.LOST)
        self._open(self._entrance.end())
        self._closing_handshake.end()
        self._recorder.record(RecordKind.ENDED)
        self._context.parts.discard(self)
        self._tcp.leave()

    def pause_writing(self) -> None:
        """TCP takes no more for now: `send` waits."""
        self._outbox.pause()

    def resume_writing(self) -> None:
        """TCP takes more again: Pongs that wait go out, and whoever sends goes on."""
        self._outbox.go_on()
        self._outbox.flush()

    # --- inside: the opening handshake ---------------------------------------------------------

    def _open(self, outcome: Outcome | None) -> bytes:
        """The handshake came to an outcome, or not yet; returns the bytes behind the head."""
        if outcome is None:
            return b""
        self._tcp.disarm()
        if isinstance(outcome, Refused):
            self._refuse(outcome)
            return b""
        keys, limit = self._context.keys, self._limits.max_message
        wire = Connection(self.role, max_message=limit, keys=keys, deflate=outcome.deflate)
        self._wire = self._outbox.wire = self._standing.wire = wire
        self._tcp.write(outcome.answer)
        self._standing.tell()
        self._entrance.open()
        if self._limits.ping_interval is not None:
            Keepalive(self._context, self._limits, wire, self._tcp, self._outbox, self._pings, self._closing_handshake)
        return outcome.behind

    def _refuse(self, outcome: Refused) -> None:
        self._tcp.write(outcome.answer)
        if outcome.why.rule is not None and self.role is Role.CLIENT:  # of a server, its answer tells why
            self.note(f"The client fails the connection. {outcome.why}")
        self._entrance.fail(outcome.why)
        self._closing_handshake.close_tcp()
        self._standing.tell()

    def _opening_too_slow(self) -> None:
        seconds = self._limits.timeout
        self._entrance.fail(TimeoutError(opening_too_slow_words(self.role, seconds)))
        self.note(f"The {self.role} waited {seconds:g} s for the opening handshake, and gives up.")
        self._closing_handshake.cut(TcpEnd.LIMIT)

    # --- inside: open ---------------------------------------------------------------------------

    def _sip(self, wire: Connection, data: bytes = b"") -> None:
        """A little that arrived may inflate to a lot: take it in sips, and leave the rest while the inbox is full."""
        self._tcp.unread += data
        while self._tcp.unread and (wire.state is not State.OPEN or not self._inbox.is_full):
            sip, self._tcp.unread = self._tcp.unread[:_SIP], self._tcp.unread[_SIP:]
            self._receive(wire, sip)
        if self._tcp.unread:
            self._tcp.stop_reading()
        elif not self._inbox.is_full:
            self._tcp.go_on_reading()

    def _receive(self, wire: Connection, data: bytes) -> None:
        """What one read brought: messages into the inbox, answers of the protocol out, both within their limits."""
        inbox = self._inbox
        wire.receive_data(data)
        for event in inbox.put(wire.happened(), len(data)):
            self._happened(event)
        if wire.state is not State.OPEN:
            self._closing_handshake.leave_open(wire)
        elif wire.wants_to_send and self._outbox.drained is None:  # else Pongs wait, and the protocol keeps few of them
            self._outbox.flush()
        if inbox.is_full:
            self._hold_back()
        if inbox.messages:
            inbox.receiver.hand_over()  # the last thing, for a task goes on in it

    def _hold_back(self) -> None:
        """The inbox is full: stop reading, or, while closing, let what nobody will want go."""
        if self._closing_handshake.begun and not self._outbox.holds_close:
            self._inbox.messages.clear()
        else:
            self._tcp.stop_reading()

    def _happened(self, event: Event) -> None:
        if isinstance(event, PongReceived):
            self._pings.answered(event.payload)
        elif isinstance(event, Failed):
            self.note(failure_words(self.role, event.error))
        elif isinstance(event, CloseReceived):
            self._closing_handshake.begun = True

    def note(self, text: str) -> None:
        """Put a sentence of this side on the tape."""
        self._recorder.note(text)
