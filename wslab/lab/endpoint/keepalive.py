"""Pings at regular times (§5.5.2): they find out that a peer is gone, and show an intermediary a sign of life.

How it works: a keepalive lives in its timers alone, and only where it was asked for; no task waits for it, and no
connection keeps a place for it. Where a Pong does not come in time, this side fails the connection (§7.1.7): it sends a
Close with 1011 and reads no more, not even the answer to it. So it believes 1006 itself, while a peer that is alive
after all receives the 1011. TCP by itself never notices a dead peer while nothing is sent: its own keepalive is off by
default (RFC 9293 §3.8.4).

What it leaves out: Pings that a user waits for (`Endpoint.ping`).
"""

from __future__ import annotations

import asyncio

from wslab.lab.endpoint.closing_handshake import ClosingHandshake
from wslab.lab.endpoint.outbox import Outbox
from wslab.lab.endpoint.pings import Pings
from wslab.lab.endpoint.state import EndpointState
from wslab.lab.endpoint.tcp import TcpConnection
from wslab.protocol import CloseCode, State

REASON = "keepalive ping timeout"
"""The reason in the Close, with 1011, when a Pong did not come in time."""


class Keepalive:
    """Pings on one open connection, every `limits.ping_interval` seconds."""

    def __init__(
        self, state: EndpointState, tcp: TcpConnection, outbox: Outbox, pings: Pings, closing: ClosingHandshake
    ) -> None:
        assert state.limits.ping_interval is not None
        self._interval = state.limits.ping_interval
        self._timeout = state.limits.ping_timeout
        self._state = state
        self._protocol = state.known_protocol()
        self._outbox = outbox
        self._pings = pings
        self._closing = closing
        self._next = self._wait()
        tcp.gone.add_done_callback(self._stop)

    def _ping(self) -> None:
        if self._protocol.state is not State.OPEN:
            return
        clock, self._next = self._state.context.clock, self._wait()
        payload = self._pings.fresh()
        self._protocol.ping(payload)
        self._outbox.flush()
        if self._timeout is not None:
            limit = clock.later(self._timeout, self._fail, self._timeout)
            self._pings.sent(payload).add_done_callback(lambda _: limit.cancel())

    def _wait(self) -> asyncio.TimerHandle:
        clock = self._state.context.clock
        self._state.next_ping = clock.now() + self._interval
        return clock.later(self._interval, self._ping)

    def _fail(self, seconds: float) -> None:
        if self._protocol.state is State.OPEN:
            why = self._state.timed_out("pong", seconds)
            self._state.recorder.timed_out(why)
            self._closing.fail(CloseCode.INTERNAL_ERROR, REASON, why)

    def _stop(self, _: asyncio.Future[None]) -> None:
        self._next.cancel()
