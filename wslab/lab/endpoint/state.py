"""What one endpoint knows: the one state that all its parts share.

How it works: every part of an endpoint holds the same `EndpointState`. The part that learns a fact writes it here,
once: the opening handshake puts the `Connection` in when the connection is open, `TcpConnection` says how TCP ended,
and `end` sums up how the connection ended. Everything else is derived when it is asked for.

Rules: a belief is made of what this side can know, its own protocol and its own TCP. It goes on the tape when it
changes, and into every error that says why a wait was in vain.

What it leaves out: what is done about it (`closing_handshake`), the words of an ending (`lab.ending`).
"""

from __future__ import annotations

from wslab.lab.context import LabContext
from wslab.lab.ending import Ending, TcpEnd, belief_reason
from wslab.lab.endpoint.recorder import EndpointRecorder
from wslab.lab.errors import ConnectionClosed
from wslab.lab.limits import Limits
from wslab.protocol import CloseCode, Connection, Ended, Role, State
from wslab.tape.records import TimedOut, reason
from wslab.tape.sentences import detail_in_words, sentence_of

NOT_OPENED = "The opening handshake of this connection is not done."


class EndpointState:
    """State, code and ending of one side, and its `Connection` once the opening handshake is done.

    `heads` are the request and the response as bytes. `tcp_end` is how TCP ended, `ending` how the connection did.
    """

    __slots__ = (
        "_why",
        "context",
        "ending",
        "heads",
        "is_connecting",
        "limits",
        "next_ping",
        "protocol",
        "recorder",
        "tcp_end",
    )

    def __init__(self, context: LabContext, role: Role, limits: Limits) -> None:
        self.context = context
        self.limits = limits
        self.recorder = EndpointRecorder(context, role)
        self.is_connecting = True
        self.heads: tuple[bytes, bytes] | None = None
        self.protocol: Connection | None = None
        self.tcp_end: TcpEnd | None = None
        self.ending: Ending | None = None
        self.next_ping: float | None = None  # of the keepalive, on the clock
        self._why: TimedOut | None = None  # where this side failed the connection though no rule was broken

    @property
    def role(self) -> Role:
        """Which side this is."""
        return self.recorder.role

    @property
    def state(self) -> State:
        """The state that this side believes in."""
        if self.protocol is not None:
            return self.protocol.state
        return State.CONNECTING if self.is_connecting else State.CLOSED

    @property
    def code(self) -> int | None:
        """The close code that this side believes in (§7.1.5); None while the connection lives."""
        return None if self.ending is None else self.ending.code

    def known_protocol(self) -> Connection:
        """The `Connection`; `RuntimeError` before the opening handshake is done."""
        if self.protocol is None:
            raise RuntimeError(NOT_OPENED)
        return self.protocol

    def known_heads(self) -> tuple[bytes, bytes]:
        """Request and response; `RuntimeError` before the opening handshake is done."""
        if self.heads is None:
            raise RuntimeError(NOT_OPENED)
        return self.heads

    # --- what this side believes ------------------------------------------------------------

    def record_belief(self) -> None:
        """Put the belief on the tape, if it has changed."""
        if self.recorder.has_tape:
            self.recorder.believe(self.state, self.code, self._reason())

    def timed_out(self, waited_for: str, seconds: float) -> TimedOut:
        """The fact that this side waited in vain, for one of what `TimedOut` names or for something in words."""
        return TimedOut(self.role.value, waited_for, seconds)

    def too_slow(self, waited_for: str, seconds: float) -> TimeoutError:
        """The error of a wait that was in vain, in the words of the tape."""
        believed = f"{self.state.value}: {detail_in_words(self._reason())}"
        return TimeoutError(sentence_of(self.timed_out(waited_for, seconds), believed))

    def _reason(self) -> str:
        if self.ending is not None:
            return self.ending.belief
        if self.protocol is None:
            return reason("opening") if self.is_connecting else reason("refused")
        return belief_reason(self.protocol)

    # --- the end ----------------------------------------------------------------------------

    def tcp_ended(self, how: TcpEnd) -> None:
        """How TCP ends; what is known first stays."""
        self.tcp_end = self.tcp_end or how

    def end(self) -> None:
        """No more bytes will come: from now on `ending` says how the connection ended."""
        if self.protocol is not None and self.ending is None:
            self.protocol.receive_eof()
            (ended,) = (event for event in self.protocol.events() if isinstance(event, Ended))
            self.ending = self._ended_with(self.protocol, ended)

    def fail(self, why: TimedOut) -> None:
        """This side fails the connection, though no rule was broken: no Pong came."""
        self._why = why

    def raise_if_ended(self) -> None:
        """`ConnectionClosed` where no message will come any more."""
        if self.ending is not None:
            raise ConnectionClosed(self.ending)

    def raise_if_closed(self) -> None:
        """`ConnectionClosed` where no message can be sent: it ended, the peer closed, or this side failed it."""
        self.raise_if_ended()
        protocol = self.known_protocol()
        if protocol.close_received is not None or protocol.has_failed:
            raise ConnectionClosed(self._so_far(protocol))

    def _so_far(self, protocol: Connection) -> Ending:
        """The end as it is known before TCP is closed."""
        body = protocol.close_received
        code, reason = (CloseCode.ABNORMAL_CLOSURE, "") if body is None else (body.code, body.reason)
        return self._ended_with(protocol, Ended(code, reason, body is not None, protocol.first_close))

    def _ended_with(self, protocol: Connection, ended: Ended) -> Ending:
        tcp = self.tcp_end or TcpEnd.LOST
        return Ending(
            role=self.role,
            code=ended.code,
            reason=ended.reason,
            clean=ended.clean,
            closed_by=self.role if tcp is TcpEnd.ABORTED and not ended.clean else ended.closed_by,
            sent=protocol.close_sent,
            received=protocol.close_received,
            failure=protocol.failure,
            tcp=tcp,
            timed_out=self._why,
        )
