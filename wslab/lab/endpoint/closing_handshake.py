"""The closing handshake of one endpoint: Close frames, then the end of TCP, each wait with a limit (§7).

How a connection ends, in the RFC's terms:

1. "_The WebSocket Closing Handshake is Started_" when a Close is sent or received (§7.1.3): the state is CLOSING.
   Here that is `start` (a user closes), `react` (the peer's Close arrived, or the peer broke a rule, so that this side
   has to "_Fail the WebSocket Connection_", §7.1.7), or `fail` (no Pong came).
2. Each side sends one Close. The one that answers may wait: a Close ends what this side may send, so messages that
   arrived before the peer's Close would stay without an answer. While a handler works at them, the `Connection` holds
   the Close (`hold_close`), for `HOLD_LIMIT` seconds at most; `release_close` lets it go. What it says is the peer's
   own code, as is typical (§5.5.1), unless `answer_close` chooses another or the handler closes in that time.
3. Both sides have sent a Close: now TCP is to end ("_Close the WebSocket Connection_", §7.1.1). The server closes
   first, because the side that closes TCP first keeps the pair of addresses in TIME_WAIT for a while. In that time a
   client could not use its port for the same server again, while a server is not hindered: a new SYN ends TIME_WAIT. So
   a client waits for the server's FIN, but not for ever. A side that fails the connection does not wait.
4. "_The WebSocket Connection is Closed_" when TCP is over (§7.1.4): `end`. It was closed *cleanly* if both Closes came
   first. What this side believes then is its close code (§7.1.5): the peer's, 1005 for a Close without one, and 1006
   where no Close came.

TCP is closed in two steps: FIN for our direction, then the peer's bytes are read and thrown away until its FIN. To
close the socket with bytes unread would send RST, and RST could destroy our Close before the peer has read it. A peer
that sends no FIN in time is cut (RST). Every wait of this module is the one limit on the TCP connection.

What it leaves out: which frames may travel in which state (`protocol.connection`), how TCP is closed (`tcp`), what is
believed and why (`state`).
"""

from __future__ import annotations

import asyncio
import logging

from wslab.lab.ending import TcpEnd
from wslab.lab.endpoint.inbox import Inbox
from wslab.lab.endpoint.opening_handshake import AnswerClose
from wslab.lab.endpoint.outbox import Outbox
from wslab.lab.endpoint.pings import Pings
from wslab.lab.endpoint.state import EndpointState
from wslab.lab.endpoint.tcp import TcpConnection
from wslab.lab.errors import ConnectionClosed
from wslab.lab.limits import HOLD_LIMIT
from wslab.protocol import CloseCode, Connection
from wslab.tape.records import TimedOut

log = logging.getLogger("wslab")


class ClosingHandshake:
    """The end of one connection. It knows the parts in which tasks wait, for all of them must learn of the end."""

    __slots__ = ("_answer_close", "_inbox", "_outbox", "_pings", "_state", "_tcp")

    def __init__(
        self,
        state: EndpointState,
        tcp: TcpConnection,
        inbox: Inbox,
        outbox: Outbox,
        pings: Pings,
        answer_close: AnswerClose | None = None,
    ) -> None:
        self._answer_close = answer_close
        self._state = state
        self._tcp = tcp
        self._inbox = inbox
        self._outbox = outbox
        self._pings = pings

    @property
    def is_started(self) -> bool:
        """Whether a Close was sent or received (§7.1.3)."""
        protocol = self._state.protocol
        return protocol is not None and (protocol.close_sent is not None or protocol.close_received is not None)

    @property
    def awaited(self) -> str:
        """What the end waits for, as `TimedOut` names it: the peer's Close, or only its FIN."""
        # §7.1.7: a side that failed the connection "MUST NOT continue to attempt to process data (including a
        # responding Close frame)", so whether that came is nothing that it knows
        return "end" if self._state.known_protocol().has_failed else "close"

    # --- our own Close ------------------------------------------------------------------------

    def start(self, code: int | None, reason: str) -> None:
        """Send our Close (§7.1.2), or the one that we owe the peer."""
        # §5.5.1: no data frame may follow a Close, and the protocol sends it behind what was sent before
        protocol = self._state.known_protocol()
        protocol.close(code, reason)
        self._outbox.flush()
        self._state.record_belief()
        if protocol.close_received is not None:
            self._close_tcp_in_turn(protocol)

    def fail(self, code: int, reason: str, why: TimedOut) -> None:
        """Fail the connection where no rule was broken, but this side waited in vain."""
        # §7.1.7: "the endpoint SHOULD send a Close frame with an appropriate status code [...]
        # before proceeding to _Close the WebSocket Connection_"
        self._state.fail(why)
        self._state.known_protocol().fail(code, reason)
        self._outbox.flush()
        self._state.record_belief()
        self.close_tcp()

    async def finish(self, seconds: float) -> None:
        """Wait until TCP is over; it is cut after `seconds`.

        Raises `TimeoutError` where it had to be cut, `ConnectionClosed` where TCP ended before the peer's Close came.
        """
        self.limit_end(seconds)
        await asyncio.wait((self._tcp.gone,))
        ending = self._state.ending
        assert ending is not None  # TCP is over, and this side was open
        if ending.clean:
            return
        if ending.tcp is TcpEnd.LIMIT:
            raise self._state.too_slow(self.awaited, seconds)
        if (
            not self._state.known_protocol().has_failed
        ):  # else this side failed the connection itself, and its caller wanted the end
            raise ConnectionClosed(ending)

    # --- the peer's Close, or a violation -----------------------------------------------------

    def react(self, protocol: Connection) -> None:
        """A read brought the peer's Close or a violation, or came behind one."""
        # §5.5.1: the answer SHOULD go out "as soon as practical", but an endpoint "MAY delay sending a Close frame
        # until its current message is sent". We go further: the messages that came first are answered, also where
        # the Close says that the peer broke a rule.
        if self._inbox.messages and protocol.owes_close and not protocol.holds_close:
            protocol.hold_close()
            limit = min(self._state.limits.timeout, HOLD_LIMIT)
            self._state.context.clock.later(limit, self.release_close)
        if not protocol.holds_close:
            self._choose_answer(protocol)
        self._state.record_belief()
        # §5.5.1: an endpoint that did not send a Close "MUST send a Close frame in response"; until the peer's Close is
        # there only Pongs go out, and those wait where the peer takes nothing: the protocol keeps only so many
        if protocol.should_close_tcp or protocol.close_received is not None or self._outbox.drained is None:
            self._outbox.flush()
        self._close_tcp_in_turn(protocol)

    def release_close(self) -> None:
        """The handler comes for more, closes, or took too long: the Close that was held goes out."""
        protocol = self._state.protocol
        if protocol is not None and protocol.holds_close:
            protocol.release_close()
            self._choose_answer(protocol)
            self._outbox.flush()
            self._state.record_belief()
            self._close_tcp_in_turn(protocol)

    def _choose_answer(self, protocol: Connection) -> None:
        """Let the user's function say what the Close says that answers the peer's."""
        # §5.5.1: the endpoint "typically echos the status code it received", so another one is a choice
        received = protocol.close_received
        if self._answer_close is None or received is None or not protocol.owes_close:
            return
        try:
            chosen = self._answer_close(received.code, received.reason)
            if chosen is not None:
                code, reason = chosen
                protocol.close(code, reason)
        except Exception as error:  # also a code or a reason that no Close may have
            self._state.recorder.raised("answer_close", error)
            log.error("The answer_close of connection %d raised an error", self._state.recorder.number, exc_info=error)
            protocol.close(CloseCode.INTERNAL_ERROR)

    def _close_tcp_in_turn(self, protocol: Connection) -> None:
        # §7.1.1: a server "SHOULD initiate a TCP Close immediately". A side that fails does so too, as a client MAY "in
        # abnormal cases": the answer to its Close is nothing that it may process (§7.1.7)
        if protocol.should_close_tcp:
            self.close_tcp()
        # §7.1.1: a client "SHOULD wait for a TCP Close from the server", but "In abnormal cases (such as not having
        # received a TCP Close from the server after a reasonable amount of time) a client MAY initiate the TCP Close."
        elif protocol.close_received is not None and not protocol.holds_close and not self._tcp.is_armed:
            self.limit_end(self._state.limits.timeout)

    # --- TCP ----------------------------------------------------------------------------------

    def close_tcp(self) -> None:
        """Close our direction; the peer's is read to its end, for as long as the limit allows."""
        # §7.1.1: close cleanly, "discarding any trailing bytes that may have been received"
        if not self._tcp.fin_sent:
            self._tcp.send_fin()
            self._tcp.unread = b""  # these are trailing bytes, too
            self._tcp.go_on_reading()
            self.limit_end(self._state.limits.timeout)

    def limit_end(self, seconds: float) -> None:
        """From now on the end of TCP has a limit."""
        self._tcp.arm(seconds, lambda: self.cut(TcpEnd.LIMIT))

    def cut(self, why: TcpEnd) -> None:
        """End TCP at once (RST)."""
        # §7.1.1: "An endpoint MAY close the connection via any means available when necessary"
        if self._tcp.reset(why):
            self.end()

    def end(self) -> None:
        """No more bytes will come: the ending is known, and tasks that wait learn of it (§7.1.4)."""
        self._tcp.disarm()
        if self._state.ending is None:
            self._settle()

    def _settle(self) -> None:
        # the ending first, then the tape, then the tasks: whichever goes on finds both
        self._state.end()
        self._state.record_belief()
        self._inbox.end()
        self._outbox.go_on()
        if self._state.ending is not None:
            self._pings.give_up(ConnectionClosed(self._state.ending))
