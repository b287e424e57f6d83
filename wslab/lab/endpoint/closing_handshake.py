"""The end of a connection: Closes in their turn, then TCP, each wait with a limit (§7.1).

Rules of this module: a Close that answers goes out behind the answers to what came before it, within `HOLD_LIMIT`.
Behind both Closes the server closes TCP first, and so does whoever fails the connection (§7.1.1, §7.1.7); a peer that
takes too long is cut. This is the one part that knows the others, for when the connection ends, all of them must know.

What it leaves out: what was believed and the words for it (`standing`), what is done to TCP (`tcp`).
"""

from __future__ import annotations

import asyncio

from wslab.lab.context import LabContext
from wslab.lab.ending import Ending, TcpEnd
from wslab.lab.endpoint.inbox import Inbox
from wslab.lab.endpoint.outbox import Outbox
from wslab.lab.endpoint.pings import Pings
from wslab.lab.endpoint.state import EndpointState
from wslab.lab.endpoint.tcp import TcpConnection
from wslab.lab.errors import ConnectionClosed
from wslab.lab.limits import HOLD_LIMIT, Limits
from wslab.protocol import Connection


class ClosingHandshake:
    """The closing of one connection. `begun`: what arrives now will find nobody who wants it."""

    __slots__ = ("_context", "_inbox", "_limits", "_outbox", "_pings", "_standing", "_tcp", "begun")

    def __init__(
        self,
        context: LabContext,
        limits: Limits,
        standing: EndpointState,
        tcp: TcpConnection,
        inbox: Inbox,
        outbox: Outbox,
        pings: Pings,
    ) -> None:
        self.begun = False
        self._context = context
        self._limits = limits
        self._standing = standing
        self._tcp = tcp
        self._inbox = inbox
        self._outbox = outbox
        self._pings = pings

    # --- our own Close ----------------------------------------------------------------------

    def say(self, code: int | None, reason: str) -> None:
        """Send our Close, or the one that we owe the peer."""
        self.let_go()
        self._standing.known_wire().close(code, reason)
        self._outbox.flush()
        self._standing.tell()
        self.begun = True

    def fail(self, code: int, reason: str, why: str) -> None:
        """Fail the connection for what is no violation (§7.1.7): our Close, and TCP ends within the limit."""
        self._standing.give_up(why)
        self.say(code, reason)
        self.close_tcp()

    async def answered(self, seconds: float) -> Ending:
        """Wait until TCP is over, which is cut after that long; how the connection ended."""
        self.limit_end(seconds)
        await asyncio.wait((self._tcp.gone,))
        ending = self._standing.ending
        assert ending is not None  # TCP is over, and this side was open
        return ending

    # --- the peer's Close, or a violation ---------------------------------------------------

    def leave_open(self, wire: Connection) -> None:
        """A Close travels, or the connection failed."""
        if self._inbox.messages and wire.owes_close and not self._outbox.holds_close:
            self._hold()
        self._standing.tell()
        self._outbox.flush()
        self._close_in_turn(wire)

    def _hold(self) -> None:
        """Messages came before the end: the Close that answers waits until they were received and answered."""
        self._outbox.holds_close = True
        self._context.world.later(min(self._limits.timeout, HOLD_LIMIT), self.let_go)

    def let_go(self) -> None:
        """Whoever received comes for more, closes, or took too long: the Close goes out."""
        if self._outbox.holds_close:
            self._outbox.holds_close = False
            self._outbox.flush()
            self._standing.tell()
            self._close_in_turn(self._standing.known_wire())

    def _close_in_turn(self, wire: Connection) -> None:
        if wire.should_close_tcp:
            self.close_tcp()
        elif wire.close_received is not None and not self._outbox.holds_close and not self._tcp.is_armed:
            self.limit_end(self._limits.timeout)  # the server closes TCP first (§7.1.1)

    # --- TCP --------------------------------------------------------------------------------

    def close_tcp(self) -> None:
        """Our direction is closed; the peer's is read to its end, for a while (§7.1.1)."""
        if not self._tcp.fin_sent:
            self._tcp.send_fin()
            self._tcp.unread = b""
            self._tcp.go_on_reading()
            self.limit_end(self._limits.timeout)

    def limit_end(self, seconds: float) -> None:
        """From now on the end of TCP has a limit."""
        self._tcp.arm(seconds, lambda: self.cut(TcpEnd.LIMIT))

    def cut(self, why: TcpEnd) -> None:
        """End TCP at once (RST)."""
        if self._tcp.reset(why):
            self.end()

    def end(self) -> None:
        """No more bytes will come."""
        self._tcp.disarm()
        if self._standing.ending is None:
            self._settle()

    def _settle(self) -> None:
        """What to believe; and whoever waits goes on."""
        self._standing.end()
        self._standing.tell()
        self._inbox.end()
        self._outbox.go_on()
        if self._standing.ending is not None:
            self._pings.give_up(ConnectionClosed(self._standing.ending))
