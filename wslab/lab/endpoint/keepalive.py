"""Pings at regular times, so that a peer that is gone is found out, and an intermediary sees life (§5.5.2).

Rules of this module: a keepalive lives in its timers alone, and only where it was asked for: no task waits for it and
no connection has a place for it. A Pong that comes too late fails the connection, as §7.1.7 lets either side do:
TCP by itself may believe in a dead peer for hours.

What it leaves out: Pings that somebody waits for (`Endpoint.ping`).
"""

from __future__ import annotations

import asyncio

from wslab.lab.context import LabContext
from wslab.lab.ending import keepalive_words
from wslab.lab.endpoint.closing_handshake import ClosingHandshake
from wslab.lab.endpoint.outbox import Outbox
from wslab.lab.endpoint.pings import Pings
from wslab.lab.endpoint.tcp import TcpConnection
from wslab.lab.limits import Limits
from wslab.protocol import CloseCode, Connection, State

REASON = "keepalive ping timeout"
"""What the Close says, with 1011, when a Pong did not come in time."""


class Keepalive:
    """Pings on one open connection, every `limits.ping_interval` seconds."""

    def __init__(
        self,
        context: LabContext,
        limits: Limits,
        wire: Connection,
        tcp: TcpConnection,
        outbox: Outbox,
        pings: Pings,
        closing_handshake: ClosingHandshake,
    ) -> None:
        assert limits.ping_interval is not None
        self._interval = limits.ping_interval
        self._timeout = limits.ping_timeout
        self._world = context.world
        self._wire = wire
        self._outbox = outbox
        self._pings = pings
        self._closing_handshake = closing_handshake
        self._next = self._world.later(self._interval, self._ping)
        tcp.gone.add_done_callback(self._stop)

    def _ping(self) -> None:
        if self._wire.state is not State.OPEN:
            return
        self._next = self._world.later(self._interval, self._ping)
        payload = self._pings.fresh()
        self._wire.ping(payload)
        self._outbox.flush()
        if self._timeout is not None:
            limit = self._world.later(self._timeout, self._fail, self._timeout)
            self._pings.sent(payload).add_done_callback(lambda _: limit.cancel())

    def _fail(self, seconds: float) -> None:
        if self._wire.state is State.OPEN:
            self._closing_handshake.fail(CloseCode.INTERNAL_ERROR, REASON, keepalive_words(self._wire.role, seconds))

    def _stop(self, _: asyncio.Future[None]) -> None:
        self._next.cancel()
