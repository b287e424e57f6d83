"""One TCP connection as an endpoint has it.

How it works: what is done to TCP goes on the tape here, just before it is done. Our direction is closed first (FIN),
then the peer's is read to its end, as in the example of §7.1.1; RST is for a peer that takes too long, and for a user
who wants it.
Before TCP stands, and after it is over, every call does nothing.

At most one limit runs on a connection: the opening handshake's, then that on the end of TCP.

What it leaves out: when TCP is closed, and by whom first (`closing_handshake`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wslab.lab.ending import TcpEnd
from wslab.lab.endpoint.intervention import InterventionTransport, outgoing_transport
from wslab.lab.endpoint.state import EndpointState
from wslab.lab.network.address import Address
from wslab.protocol import Role
from wslab.tape.records import RecordKind


class TcpConnection:
    """The transport, and the limit that runs on it.

    `reading` is False while TCP holds the peer back; `unread` are bytes that were read and wait for room.
    """

    __slots__ = (
        "_context",
        "_gone",
        "_limit",
        "_outgoing",
        "_recorder",
        "_state",
        "_transport",
        "fin_sent",
        "is_over",
        "reading",
        "unread",
    )

    def __init__(self, state: EndpointState) -> None:
        self.fin_sent = False
        self.is_over = False
        self.reading = True
        self.unread = b""
        self._context = state.context
        self._recorder = state.recorder
        self._state = state
        self._gone: asyncio.Future[None] | None = None  # made when it is first waited for
        self._limit: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._outgoing: asyncio.Transport | InterventionTransport | None = None  # where bytes and FIN go

    def begin(self, transport: asyncio.Transport) -> None:
        """TCP stands."""
        self._transport = transport
        client, server = self._addresses(transport)
        flow = self._context.flow(client, server)
        role = self._recorder.role
        self._recorder.begin(flow, str(server if role is Role.CLIENT else client))
        self._outgoing = (
            outgoing_transport(self._context, flow, role, transport) if self._context.interventions else transport
        )

    def _addresses(self, transport: asyncio.Transport) -> tuple[Address, Address]:
        """The client's address and the server's."""
        own, peer = self._context.network.addresses(transport)
        return (own, peer) if self._recorder.role is Role.CLIENT else (peer, own)

    def write(self, data: bytes) -> None:
        """Bytes for the peer."""
        if data and self._transport is not None and not self.fin_sent and not self._transport.is_closing():
            self._recorder.sent(data)
            self._outgoing.write(data)  # type: ignore[union-attr]  # set together with the transport

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
        """Read again, once nothing is left of what was read."""
        if not self.reading and self._transport is not None and not self.unread:
            self.reading = True
            self._transport.resume_reading()

    # --- its end --------------------------------------------------------------------------

    @property
    def gone(self) -> asyncio.Future[None]:
        """Done when it is over."""
        if self._gone is None:
            self._gone = self._context.clock.loop.create_future()
            if self.is_over:
                self._gone.set_result(None)
        return self._gone

    def send_fin(self) -> None:
        """Close our direction."""
        if self._transport is not None and not self.fin_sent and not self._transport.is_closing():
            self.fin_sent = True
            self._recorder.record(RecordKind.FIN_SENT)
            if self._transport.can_write_eof():
                self._context.network.end_writing(self._outgoing)  # type: ignore[arg-type]  # set with the transport
            else:  # asyncio's TLS can only end both directions at once
                self._transport.close()

    def reset(self, why: TcpEnd) -> bool:
        """Cut it (RST); False where there is nothing left to cut."""
        if self._transport is None or self.is_over:
            return False
        self._state.tcp_ended(why)
        self._recorder.record(RecordKind.RST_SENT)
        self._context.network.reset(self._transport)
        return True

    def drop(self) -> None:
        """Let go of it because the lab ends."""
        if self._transport is not None and not self.is_over:
            self._state.tcp_ended(TcpEnd.DROPPED)
            self.send_fin()
            self._transport.abort()

    def leave(self) -> None:
        """It is over: its addresses are free for another connection, and tasks that wait for the end go on."""
        self.disarm()
        if self._transport is not None:
            self._context.forget(*self._addresses(self._transport))
        self.is_over = True
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    # --- the limit on it ------------------------------------------------------------------

    @property
    def is_armed(self) -> bool:
        """Whether a limit runs."""
        return self._limit is not None

    def arm(self, seconds: float, call: Callable[[], object]) -> None:
        """The one limit on this connection from now on: `call` when it is reached."""
        self.disarm()
        self._limit = self._context.clock.later(seconds, call)

    def disarm(self) -> None:
        """No limit any more."""
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
