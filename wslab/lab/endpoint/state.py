"""What one side believes of its connection: the state, the end, and the words for both.

Rules of this module: a belief is made of what this side can know: its own protocol, its own TCP. It is told on the
tape when it changes, and in every error that says why a wait was in vain.
"""

from __future__ import annotations

from wslab.lab.ending import Ending, TcpEnd, belief_words
from wslab.lab.endpoint.opening_handshake import OpeningHandshake
from wslab.lab.endpoint.recorder import EndpointRecorder
from wslab.lab.endpoint.tcp import TcpConnection
from wslab.lab.errors import ConnectionClosed
from wslab.protocol import CloseCode, Connection, Ended, Role, State


class EndpointState:
    """How it stands for one side: `wire` is the protocol once it is open, `ending` its end once it is over."""

    __slots__ = ("_entrance", "_recorder", "_tcp", "_why", "ending", "wire")

    def __init__(self, recorder: EndpointRecorder, entrance: OpeningHandshake, tcp: TcpConnection) -> None:
        self.wire: Connection | None = None
        self.ending: Ending | None = None
        self._recorder = recorder
        self._entrance = entrance
        self._tcp = tcp
        self._why = ""  # it failed, though no rule was broken

    @property
    def role(self) -> Role:
        """Which side this is."""
        return self._recorder.role

    @property
    def state(self) -> State:
        """The state that this side believes in."""
        if self.wire is not None:
            return self.wire.state
        return State.CONNECTING if self._entrance.goes_on else State.CLOSED

    @property
    def code(self) -> int | None:
        """The code that this side believes in (§7.1.5); None while the connection lives."""
        return None if self.ending is None else self.ending.code

    def known_wire(self) -> Connection:
        """The protocol; `RuntimeError` before there is one."""
        if self.wire is None:
            raise RuntimeError("The opening handshake of this connection is not done.")
        return self.wire

    # --- told -----------------------------------------------------------------------------

    def tell(self) -> None:
        """Put the belief on the tape, if it has changed."""
        if self._recorder.is_kept:
            self._recorder.believe(self.state, self.code, self._detail())

    def too_slow(self, what: str, seconds: float) -> TimeoutError:
        """The error of a wait for `what` that was in vain."""
        return TimeoutError(
            f"The {self.role} waited {seconds:g} s for {what}, and it did not come. "
            f"The {self.role} believes that the connection is {self.state.value}: {self._detail()}."
        )

    def _detail(self) -> str:
        if self.ending is not None:
            return self.ending.short()
        if self.wire is None:
            return "the opening handshake goes on" if self._entrance.goes_on else "the opening handshake failed"
        return belief_words(self.wire)

    # --- the end --------------------------------------------------------------------------

    def end(self) -> None:
        """No more bytes will come: from now on `ending` says how it went."""
        if self.wire is not None and self.ending is None:
            self.wire.receive_eof()
            (ended,) = (event for event in self.wire.events() if isinstance(event, Ended))
            self.ending = self._ended_with(self.wire, ended)

    def give_up(self, why: str) -> None:
        """This side fails the connection, though no rule was broken: `why` as a sentence."""
        self._why = why
        self._recorder.note(why)

    def raise_if_ended(self) -> None:
        """`ConnectionClosed` where no message will come any more."""
        if self.ending is not None:
            raise ConnectionClosed(self.ending)

    def raise_if_closed(self) -> None:
        """`ConnectionClosed` where no message can be sent: it ended, the peer closed, or it failed."""
        self.raise_if_ended()
        wire = self.known_wire()
        if wire.close_received is not None or wire.failure is not None or self._why:
            raise ConnectionClosed(self._so_far(wire))

    def _so_far(self, wire: Connection) -> Ending:
        """The end as it is known before TCP is closed."""
        body, by = wire.close_received, self.role if wire.failure or self._why else self.role.peer
        code, reason = (CloseCode.ABNORMAL_CLOSURE, "") if body is None else (body.code, body.reason)
        return self._ended_with(wire, Ended(code, reason, body is not None, by))

    def _ended_with(self, wire: Connection, ended: Ended) -> Ending:
        tcp = self._tcp.end or TcpEnd.LOST
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
            why=self._why,
        )
