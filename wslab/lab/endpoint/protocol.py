"""What asyncio calls: TCP stands, bytes arrived, TCP is over.

How it works: `EndpointProtocol` is the inside of an `Endpoint`, as `Relay` is that of a `Link`. A transport knows it
alone. It makes the parts and gives each what TCP brings: what arrived goes on the tape first, then to the opening
handshake, or, once that is done, through the sans-IO `Connection`. Of what comes out, messages go into the inbox,
Pongs to `pings`, the peer's Close and violations to the closing handshake.

All reads of a lab land in one buffer (`LabContext.buffer`): a connection at rest has none of its own.

What it leaves out: what a user calls (`endpoint`). Nothing is awaited here but the closing handshake.
"""

from __future__ import annotations

import asyncio

from wslab.lab.context import FIRST_READ, LabContext, next_read
from wslab.lab.ending import TcpEnd
from wslab.lab.endpoint.closing_handshake import ClosingHandshake
from wslab.lab.endpoint.inbox import Inbox
from wslab.lab.endpoint.keepalive import Keepalive
from wslab.lab.endpoint.opening_handshake import (
    ClientHandshake,
    Decided,
    Opened,
    OpeningHandshake,
    Outcome,
    Refused,
    ServerHandshake,
)
from wslab.lab.endpoint.outbox import Outbox
from wslab.lab.endpoint.pings import Pings
from wslab.lab.endpoint.state import EndpointState
from wslab.lab.endpoint.tcp import TcpConnection
from wslab.lab.errors import ConnectionClosed
from wslab.lab.limits import Limits
from wslab.lab.network.tls import tls_fact
from wslab.protocol import Connection, Event, Failed, PongReceived, Role, State
from wslab.tape.records import RecordKind
from wslab.tape.sentences import sentence_of

_PORTION = 16 * 1024  # bytes, where a message may inflate to a thousand times as many
_OPEN = State.OPEN  # asked for each read
_MOST_INFLATED = 1024 * 1024  # work of inflating in one turn of the loop, give or take one portion


class EndpointProtocol(asyncio.Protocol, asyncio.BufferedProtocol):
    """The parts of one end of a connection, and what TCP brings them. `role` is our own."""

    # a connection at rest should cost little, and a lab may have thousands
    __slots__ = (
        "_most_read",
        "_rests",
        "closing_handshake",
        "inbox",
        "opening_handshake",
        "outbox",
        "pings",
        "state",
        "tcp",
    )

    def __init__(
        self,
        context: LabContext,
        role: Role,
        steps: ClientHandshake | ServerHandshake,
        limits: Limits,
        decided: Decided | None = None,
    ) -> None:
        self.state = EndpointState(context, role, limits)
        self._most_read = FIRST_READ
        self._rests = False  # whether what is unread waits for the next turn of the loop
        self.opening_handshake: OpeningHandshake | None = OpeningHandshake(self.state, steps, decided)
        self.tcp = TcpConnection(self.state)
        self.inbox = Inbox(self.state)
        self.outbox = Outbox(self.state, self.tcp)
        self.pings = Pings(context)
        self.closing_handshake = ClosingHandshake(
            self.state, self.tcp, self.inbox, self.outbox, self.pings, steps.answer_close
        )

    # --- asyncio calls these ----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP stands: the opening handshake begins."""
        assert isinstance(transport, asyncio.Transport)
        assert self.opening_handshake is not None
        self.tcp.begin(transport)
        self.state.recorder.first_alone(tls_fact(transport, self.state.role.value))
        self.state.recorder.allows(self.opening_handshake.origins)
        self.state.context.parts[self] = None
        # a peer that connects and sends nothing would hold the socket for ever
        self.tcp.arm(self.state.limits.timeout, self._opening_too_slow)
        self.state.record_belief()
        self.tcp.write(self.opening_handshake.begin())

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read may land."""
        return self.state.context.buffer[: self._most_read]

    def buffer_updated(self, nbytes: int) -> None:
        """That many bytes arrived."""
        protocol = self.state.protocol
        before = 0 if protocol is None else protocol.parser.count
        self.data_received(self.state.context.buffer[:nbytes].tobytes())
        if nbytes >= FIRST_READ and protocol is not None:
            self._most_read = next_read(self._most_read, nbytes, protocol.parser.count - before)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        state = self.state
        state.recorder.arrived(data)
        if state.protocol is None and self.opening_handshake is not None:
            data = self._decide(self.opening_handshake.feed(data))
        protocol = state.protocol
        if data and protocol is not None:
            if protocol.compresses:
                self.take_unread(data)
            else:
                self._receive(protocol, data)

    def eof_received(self) -> bool:
        """The peer closed its direction of TCP (FIN); ours follows, and then TCP is over."""
        self.state.recorder.record(RecordKind.FIN_ARRIVED)
        self.state.tcp_ended(TcpEnd.FIN)
        self._end()
        # a peer that sent FIN can send no Close any more: half a connection is of no use
        self.tcp.send_fin()
        if self.tcp.unwritten:
            self.closing_handshake.limit_end(self.state.limits.timeout)
        return False  # asyncio closes the socket when all is written

    def connection_lost(self, error: Exception | None) -> None:
        """TCP is over."""
        recorder = self.state.recorder
        if isinstance(error, (ConnectionResetError, BrokenPipeError)):
            recorder.record(RecordKind.RST_ARRIVED)
            self.state.tcp_ended(TcpEnd.RST)
        elif error is not None:
            recorder.record(RecordKind.LOST, str(error).encode())
        elif self.state.tcp_end is None:  # TLS does not report FIN by itself
            recorder.record(RecordKind.FIN_ARRIVED)
            self.state.tcp_ended(TcpEnd.FIN)
        self.state.tcp_ended(TcpEnd.LOST)  # does nothing where the end is known already
        self._end()
        recorder.record(RecordKind.ENDED)
        self.state.context.parts.pop(self, None)
        self.tcp.leave()

    def _end(self) -> None:
        """No more bytes will come."""
        if self.opening_handshake is not None:
            self._decide(self.opening_handshake.end())
        self.closing_handshake.end()

    def pause_writing(self) -> None:
        """TCP takes no more for now: `send` waits."""
        self.outbox.pause()

    def resume_writing(self) -> None:
        """TCP takes more again: Pongs that wait go out, and tasks that send go on."""
        self.outbox.go_on()
        self.outbox.flush()

    # --- the lab calls these ------------------------------------------------------------------

    def drop(self) -> None:
        """Let go of the socket because the lab ends; the peer sees TCP close without a Close frame."""
        self.tcp.drop()

    def kill(self) -> None:
        """The process of this side dies."""
        if not self.tcp.is_over:
            self.state.recorder.died()
            self.drop()

    async def close(self, code: int | None, reason: str, seconds: float) -> None:
        """See `Endpoint.close`."""
        if self.state.state is State.CLOSED:
            return
        # §7.1.7: a Close is for a connection that is established; before that, only TCP is closed
        if self.state.state is State.CONNECTING:
            self.drop()
            return
        self.closing_handshake.start(code, reason)
        self.take_unread()
        self.tcp.go_on_reading()
        await self.closing_handshake.finish(seconds)

    async def close_quietly(self, code: int, reason: str = "", *, timeout: float | None = None) -> None:
        """`close` for a caller who takes every end as it comes; how it ended is on the tape."""
        self.closing_handshake.release_close()  # the answer to the peer's Close is not this caller's to choose
        seconds = self.state.limits.timeout if timeout is None else timeout
        try:
            await self.close(code, reason, seconds)
        except TimeoutError:
            self.state.recorder.timed_out(self.state.timed_out(self.closing_handshake.awaited, seconds))
        except ConnectionClosed:
            self.state.recorder.close_failed()

    # --- inside: the opening handshake ---------------------------------------------------------

    def _decide(self, outcome: Outcome | None) -> bytes:
        """The handshake came to an outcome, or not yet; returns the bytes behind the head."""
        if outcome is None:
            return b""
        self.tcp.disarm()
        if isinstance(outcome, Refused):
            self._refuse(outcome)
            return b""
        self._open(outcome)
        return outcome.behind

    def _open(self, outcome: Opened) -> None:
        state, opening = self.state, self.opening_handshake
        state.heads = (outcome.request.serialize(), outcome.response.serialize())
        state.protocol = Connection(
            state.role, max_message=state.limits.max_message, keys=state.context.keys, deflate=outcome.deflate
        )
        # a server's answer goes out before any frame
        self.tcp.write(outcome.answer)
        state.record_belief()
        assert opening is not None
        opening.open()
        self.opening_handshake = None  # done with: a connection at rest does without it
        if state.limits.ping_interval is not None:
            Keepalive(state, self.tcp, self.outbox, self.pings, self.closing_handshake)

    def _refuse(self, outcome: Refused) -> None:
        self.tcp.write(outcome.answer)
        # a server needs no record: its answer says why
        if outcome.why.error is not None and self.state.role is Role.CLIENT:
            self.state.recorder.failed(outcome.why.error)
        assert self.opening_handshake is not None
        self.opening_handshake.fail(outcome.why)
        self.closing_handshake.close_tcp()
        self.state.record_belief()

    def _opening_too_slow(self) -> None:
        state, peer = self.state, self.state.role.peer
        fact = state.timed_out("opening", state.limits.timeout)
        why = f"the {peer} said nothing, or not all in time, or it is no WebSocket {peer}"
        believed = f"Until then it believed CONNECTING: {why}."
        assert self.opening_handshake is not None
        self.opening_handshake.fail(TimeoutError(f"{sentence_of(fact)} {believed}"))
        state.recorder.timed_out(fact)
        self.closing_handshake.cut(TcpEnd.LIMIT)

    # --- inside: open ---------------------------------------------------------------------------

    def take_unread(self, data: bytes = b"") -> None:
        """What was read and waits for room, and `data` behind it, while there is room.

        A little that arrived may inflate to a lot, so it is taken in portions; what is left is read no further. Behind
        a portion that was long work the others on the loop have their turn.
        """
        protocol, tcp = self.state.known_protocol(), self.tcp
        tcp.unread += data
        most = _inflating(protocol) + _MOST_INFLATED
        while tcp.unread and not self._rests and (protocol.state is not State.OPEN or not self.inbox.is_full):
            portion, tcp.unread = tcp.unread[:_PORTION], tcp.unread[_PORTION:]
            self._receive(protocol, portion)
            if _inflating(protocol) >= most:
                self._rest()
        if tcp.unread:
            tcp.stop_reading()
        elif not self.inbox.is_full:
            tcp.go_on_reading()

    def _rest(self) -> None:
        """Take what is unread in the next turn of the loop, and no sooner."""
        if not self._rests:
            self._rests = True
            self.state.context.clock.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._rests = False
        if self.state.ending is None:  # else nobody wants it any more
            self.take_unread()

    def make_room(self) -> None:
        """The inbox was full, and may be empty now."""
        if self.inbox.messages:
            return
        if self.tcp.unread:
            self._rest()  # the task that took the last may be at work in the turn in which it came
        else:
            self.tcp.go_on_reading()

    def _receive(self, protocol: Connection, data: bytes) -> None:
        """What one read brought: messages into the inbox, answers of the protocol out, both within their limits."""
        inbox, outbox = self.inbox, self.outbox
        protocol.receive_data(data)
        for event in inbox.put(protocol.happened(), len(data)):
            self._happened(event)
        if protocol.state is not _OPEN:
            self.closing_handshake.react(protocol)
        elif protocol.wants_to_send and outbox.drained is None:  # else Pongs wait, and the protocol keeps few of them
            outbox.flush()
        if inbox.is_full:
            self._hold_back(protocol)
        if inbox.messages:
            inbox.receiver.hand_over()  # the last thing, for a task goes on in it

    def _hold_back(self, protocol: Connection) -> None:
        """The inbox is full: stop reading, or, while closing, let go of what no task will want."""
        if protocol.holds_close or not self.closing_handshake.is_started:
            self.tcp.stop_reading()
        elif not protocol.has_failed:  # behind a failure nothing is added: what waits came before it, and stays
            self.inbox.messages.clear()

    def _happened(self, event: Event) -> None:
        if isinstance(event, PongReceived):
            self.pings.answered(event.payload)
        elif isinstance(event, Failed):
            self.state.recorder.failed(event.error)


def _inflating(protocol: Connection) -> int:
    """The work of inflating so far."""
    return 0 if protocol.inflater is None else protocol.inflater.work
