"""One TCP connection as an endpoint has it.

Rules of this module: what is done to TCP goes on the tape here, just before it is done. TCP is closed as §7.1.1
asks: our direction first (FIN), then the peer's is read to its end; RST only where the peer takes too long, or
where somebody wants it. Before TCP stands, and after it is over, every call does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wslab.lab.context import LabContext
from wslab.lab.ending import TcpEnd
from wslab.lab.endpoint.intervention import InterventionTransport, outgoing_transport
from wslab.lab.endpoint.recorder import EndpointRecorder
from wslab.protocol import Role
from wslab.tape.records import RecordKind


class TcpConnection:
    """The transport, how it ended, and the limit that something has on it."""

    __slots__ = (
        "_context",
        "_gone",
        "_limit",
        "_out",
        "_recorder",
        "_transport",
        "end",
        "fin_sent",
        "is_over",
        "reading",
        "unread",
    )

    def __init__(self, context: LabContext, recorder: EndpointRecorder) -> None:
        self.end: TcpEnd | None = None
        self.fin_sent = False
        self.is_over = False
        self._gone: asyncio.Future[None] | None = None  # until somebody waits for it
        self._context = context
        self._recorder = recorder
        self._limit: asyncio.TimerHandle | None = None
        self.reading = True
        self.unread = b""  # arrived, and left until there is room for it; meanwhile no more is read
        self._transport: asyncio.Transport | None = None
        self._out: asyncio.Transport | InterventionTransport | None = None  # where bytes and FIN go: mostly the same

    def begin(self, transport: asyncio.Transport) -> None:
        """TCP stands."""
        self._transport = transport
        own, peer = self._context.world.addresses(transport)
        ends = (own, peer) if self._recorder.role is Role.CLIENT else (peer, own)
        line = self._context.line(*ends)
        self._recorder.begin(line, str(peer))
        self._out = (
            outgoing_transport(self._context, line, self._recorder.role, transport)
            if self._context.interventions
            else transport
        )

    def write(self, data: bytes) -> None:
        """Bytes for the peer."""
        if data and self._transport is not None and not self.fin_sent and not self._transport.is_closing():
            self._recorder.sent(data)
            self._out.write(data)  # type: ignore[union-attr]  # it stands with TCP

    @property
    def unwritten(self) -> int:
        """Bytes that TCP has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def stop_reading(self) -> None:
        """Let TCP hold back the peer."""
        if self.reading and self._transport is not None:
            self.reading = False
            self._transport.pause_reading()

    def go_on_reading(self) -> None:
        """The opposite."""
        if not self.reading and self._transport is not None and not self.unread:
            self.reading = True
            self._transport.resume_reading()

    # --- its end --------------------------------------------------------------------------

    @property
    def gone(self) -> asyncio.Future[None]:
        """Done when it is over."""
        if self._gone is None:
            self._gone = self._context.world.loop.create_future()
            if self.is_over:
                self._gone.set_result(None)
        return self._gone

    def ended(self, how: TcpEnd) -> None:
        """How TCP ends; what is known first stays."""
        self.end = self.end or how

    def send_fin(self) -> None:
        """Close our direction."""
        if self._transport is not None and not self.fin_sent and not self._transport.is_closing():
            self.fin_sent = True
            self._recorder.record(RecordKind.FIN_SENT)
            if self._transport.can_write_eof():
                self._context.world.end_writing(self._out)  # type: ignore[arg-type]  # it stands with TCP
            else:  # asyncio's TLS can only end both directions at once
                self._transport.close()

    def reset(self, why: TcpEnd) -> bool:
        """Cut it (RST); False where there is nothing left to cut."""
        if self._transport is None or self.is_over:
            return False
        self.ended(why)
        self._recorder.record(RecordKind.RST_SENT)
        self._context.world.reset(self._transport)
        return True

    def drop(self) -> None:
        """Let go of it because the lab ends."""
        if self._transport is not None and not self.is_over:
            self.ended(TcpEnd.DROPPED)
            self.send_fin()
            self._transport.abort()

    def leave(self) -> None:
        """It is over: its addresses are free for another, and whoever waited for the end goes on."""
        self.disarm()
        if self._transport is not None:
            own, peer = self._context.world.addresses(self._transport)
            self._context.forget(*((own, peer) if self._recorder.role is Role.CLIENT else (peer, own)))
        self.is_over = True
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    @property
    def is_armed(self) -> bool:
        """Whether a limit runs."""
        return self._limit is not None

    def arm(self, seconds: float, call: Callable[[], object]) -> None:
        """The one limit on this connection from now on: `call` when it is reached."""
        self.disarm()
        self._limit = self._context.world.later(seconds, call)

    def disarm(self) -> None:
        """No limit any more."""
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
