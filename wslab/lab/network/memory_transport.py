"""`MemoryTransport`: one end of a TCP connection in memory. `memory` explains what travels, when, and who learns it.

How an end is built. It has three queues. `_unsent` holds bytes that the peer's window does not take yet. `_travelling`
holds what is on its way to the peer; the loop delivers one of it after each `LATENCY`. `_unread` holds what has arrived
from the peer and was not read yet. Chunks of bytes, FIN and RST go through them in order.

How an end ends. There are three moments, as in asyncio. *Closing* begins with `close`, `abort` or a failure: from then
on nothing is read, and writes are ignored. What is still unsent is sent first, unless it was aborted or failed. Then it
is *lost*: `connection_lost` is called, and only there FIN or RST leaves, if it has not left before. Each step between
is a turn of the loop of its own, as in asyncio: a protocol never hears of the end from within its own call.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from wslab.lab.network.address import Address
from wslab.lab.network.base import TcpSignal
from wslab.lab.network.memory_socket import MemorySocket, as_socket_address

LATENCY = 0.0005
"""Seconds that anything takes from one end of a connection to the other."""

WINDOW = 64 * 1024
"""Bytes that may be on their way or wait to be read (RFC 9293 §3.8.6); what is more waits at the writer."""

HIGH_WATER = 64 * 1024
"""Bytes waiting at the writer above which `pause_writing` is called, by default; at a quarter it goes on."""


class _NoProtocol(asyncio.Protocol):
    """Stands in for a protocol: while the client waits for its connection, and when the connection is over."""


NO_PROTOCOL = _NoProtocol()


class MemoryTransport(asyncio.Transport):
    """One end of a connection in memory."""

    __slots__ = (
        "_blocked",
        "_buffered",
        "_closing",
        "_fin_queued",
        "_fin_read",
        "_fin_sent",
        "_high_water",
        "_inflight",
        "_loop",
        "_lost",
        "_low_water",
        "_own",
        "_peer",
        "_peer_address",
        "_protocol",
        "_reading_paused",
        "_rst_arrived",
        "_rst_instead_of_fin",
        "_travelling",
        "_unread",
        "_unsent",
        "_unsent_size",
        "_when_lost",
        "_writing_paused",
    )

    _protocol: Any  # which of asyncio's protocols it is, `set_protocol` asks once
    _start_tls_compatible = True  # asyncio and `websockets` ask for this before they begin TLS on a connection

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.Protocol,
        own: Address,
        peer: Address,
        blocked: Mapping[Address, float],
    ) -> None:
        self._loop = loop
        self.set_protocol(protocol)
        self._own = own
        self._peer_address = peer
        self._blocked = blocked  # until when the server at an address does nothing
        self._peer: MemoryTransport = self  # until `join`
        self._travelling: deque[bytes | TcpSignal] = deque()
        self._inflight = 0  # bytes of ours that the peer has not read: what its window counts
        self._unsent: deque[bytes | memoryview] = deque()
        self._unsent_size = 0
        self._high_water, self._low_water = HIGH_WATER, HIGH_WATER // 4
        self._writing_paused = False  # whether `pause_writing` was called and `resume_writing` was not yet
        self._unread: deque[bytes | TcpSignal] = deque()
        self._reading_paused = False
        # our FIN is queued behind unsent bytes and then sent; the peer's is read
        self._fin_queued = self._fin_sent = self._fin_read = False
        self._closing = False  # nothing is read or written any more; what is unsent may still leave
        self._lost = False  # `connection_lost` was called: whatever arrives now finds a closed socket
        self._rst_instead_of_fin = False  # as a linger time of zero asks of a socket
        self._rst_arrived = False  # whether the system knows of a reset; asyncio may not have noticed it
        self._when_lost: list[Callable[[MemoryTransport], object]] = []

    def join(self, peer: MemoryTransport) -> None:
        """Connect this end to the other one."""
        self._peer = peer

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`sockname` and `peername`, as sockets give them; `socket`, which tells both; `tcp`, this transport itself."""
        info = _EXTRA.get(name)
        return default if info is None else info(self)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """The protocol that is called."""
        protocol: asyncio.BaseProtocol = self._protocol
        return protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Call another protocol from now on."""
        self._protocol = protocol
        # one that can be given bytes in both ways is given them as they are
        self._buffered = not isinstance(protocol, asyncio.Protocol)

    # --- writing ------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes to the peer, in order."""
        # RFC 9293 §3.10.2, SEND: behind a FIN the answer is "error: connection closing"; these are asyncio's words
        if self._fin_queued:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._closing or self._lost or not data:
            return
        # a socket that received RST refuses the next write: so one who does not read learns of it
        if self._rst_arrived:
            self._fail_to_write()
            return
        self._unsent.append(bytes(data))  # a copy: the caller may use its buffer again
        self._unsent_size += len(data)
        self._push()
        self._pause_writing_if_full()

    def _push(self) -> None:
        """Send what the peer's window takes, and FIN once all bytes are sent."""
        # RFC 9293 §3.8.6: the window says how many bytes the peer is prepared to take; the rest stays here. A chunk is
        # cut where the window ends, for TCP keeps no boundaries
        while self._unsent and self._inflight < WINDOW:
            chunk = self._unsent.popleft()
            room = WINDOW - self._inflight
            if len(chunk) > room:
                chunk = memoryview(chunk)  # or the rest of much data would be copied for every piece
                self._unsent.appendleft(chunk[room:])
                chunk = chunk[:room]
            self._unsent_size -= len(chunk)
            self._inflight += len(chunk)
            self._send(bytes(chunk))
        if not self._unsent:
            self._all_sent()
        # two limits, so that a writer at the edge is not paused and resumed for every chunk
        if self._writing_paused and self._unsent_size <= self._low_water:
            self._writing_paused = False
            self._protocol.resume_writing()

    def _all_sent(self) -> None:
        # RFC 9293 §3.10.4, CLOSE: FIN is queued "until all preceding SENDs have been segmentized"
        if self._fin_queued and not self._fin_sent:
            self._fin_sent = True
            self._send(TcpSignal.FIN)
        # `close` waited for this; the protocol hears of it at the next turn, never from within its own call
        if self._closing and not self._lost:
            self._loop.call_soon(self._lose, None)

    def _send(self, item: bytes | TcpSignal) -> None:
        # one timer for each item, all of the same length: they go off in the order in which the items were sent
        self._travelling.append(item)
        self._loop.call_later(LATENCY, self._deliver)

    def _deliver(self) -> None:
        self._peer._arrive(self._travelling.popleft())

    def get_write_buffer_size(self) -> int:
        """Bytes that wait here because the peer's window is full."""
        return self._unsent_size

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """The low and the high limit, in bytes."""
        return self._low_water, self._high_water

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Pause the protocol above `high` bytes that wait, and let it go on at `low`; `ValueError` as in asyncio."""
        if high is None:
            high = HIGH_WATER if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high_water, self._low_water = high, low
        self._pause_writing_if_full()

    def _pause_writing_if_full(self) -> None:
        if self._unsent_size > self._high_water and not self._writing_paused:
            self._writing_paused = True
            self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """True: each direction of TCP ends by itself (RFC 9293 §3.6.1)."""
        return True

    def write_eof(self) -> None:
        """Send FIN behind what was written; reading goes on. `OSError` where RST came and was not noticed yet."""
        if not self._closing and not self._fin_queued:
            self._fin_queued = True
            if self._rst_arrived:  # shutdown(2) on a socket that received RST: it is not connected any more
                raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
            self._push()

    # --- reading ------------------------------------------------------------------------

    def pause_reading(self) -> None:
        """Leave what arrives unread; once the window is full, the writer has to wait."""
        self._reading_paused = True

    def resume_reading(self) -> None:
        """Read what has arrived, from the next turn of the loop on."""
        # as with a socket that is watched again: the loop reads it at its next turn, not this call
        if self._reading_paused and not self._closing:
            self._reading_paused = False
            self._loop.call_soon(self._read)

    def is_reading(self) -> bool:
        """Whether what arrives is read."""
        return not self._reading_paused and not self._closing

    def _arrive(self, item: bytes | TcpSignal) -> None:
        if item is TcpSignal.RST:
            self._rst_comes()
        elif not self._lost:
            self._unread.append(item)
            if item is TcpSignal.FIN:
                # a loop reads a socket once a turn: who waits for the bytes before FIN has them first
                self._loop.call_soon(self._read)
            else:
                self._read()
        # RFC 9293 §3.6.1: "if new data is received after CLOSE is called, its TCP implementation SHOULD send a RST to
        # show that data was lost". The peer's FIN is no data: it completes an orderly close and is only acknowledged
        elif item is not TcpSignal.FIN:
            self._send(TcpSignal.RST)

    def _read(self) -> None:
        if self._blocked and self._blocked.get(self._own, 0.0) > self._loop.time():
            # the code that blocked its loop goes on first, and the loop reads after that: hence the extra turn
            self._loop.call_at(self._blocked[self._own], self._loop.call_soon, self._read)
            return
        # asked anew for each item: what the protocol does with one may pause reading or close
        while self._unread and self.is_reading():
            item = self._unread.popleft()
            if isinstance(item, bytes):
                if self._buffered:
                    _fill(self._protocol, item)
                else:
                    self._protocol.data_received(item)
                self._peer._window_opens(len(item))
            else:
                self._read_fin()
        # the system keeps what arrived before RST: it is read first, and then the error; behind FIN asyncio does not
        # read at all, so it does not learn of a reset there
        if self._rst_arrived and self.is_reading() and not self._fin_read:
            self._fail(ConnectionResetError)

    def _window_opens(self, size: int) -> None:
        """The peer has read so many bytes of ours."""
        # RFC 9293 §3.8.6.1: a writer that waits at a closed window goes on when it opens
        self._inflight -= size
        if self._unsent and not self._lost:
            self._push()

    def _read_fin(self) -> None:
        self._fin_read = True
        # asyncio's rule: a protocol that returns a true value keeps its own direction open (half-close)
        if not self._protocol.eof_received():
            self.close()

    def _rst_comes(self) -> None:
        """Nothing of ours reaches the peer any more. One who reads or writes learns it now, another one later."""
        if not self._lost:
            self._rst_arrived = True
            self._read()
            if self._unsent:  # the system lets asyncio write, and the write fails
                self._fail_to_write()

    def _fail_to_write(self) -> None:
        # a socket on which FIN came before RST (CLOSE-WAIT) says "broken pipe", any other "connection reset"
        self._fail(BrokenPipeError if self._fin_read or TcpSignal.FIN in self._unread else ConnectionResetError)

    # --- the end ------------------------------------------------------------------------

    def is_closing(self) -> bool:
        """Whether `close` or `abort` was called, or the connection failed."""
        return self._closing

    def close(self) -> None:
        """Send what is to be sent, then FIN; read nothing more."""
        if not self._closing:
            self._closing = True
            self._push()

    def abort(self) -> None:
        """Close at once; what is unsent is lost. The peer gets FIN, as from a socket, unless bytes were unread."""
        self._force_close(None)

    def reset(self) -> None:
        """Close at once with RST, as a socket does whose linger time is zero (RFC 9293 §3.10.5, ABORT)."""
        self._rst_instead_of_fin = True
        self.abort()

    def _linger(self, rst: bool) -> None:
        self._rst_instead_of_fin = rst

    def sever(self) -> None:
        """End it as a machine between the two ends can: both get RST."""
        self._fail(ConnectionResetError)
        self._unsent.clear()
        self._send(TcpSignal.RST)

    def when_lost(self, call: Callable[[MemoryTransport], object]) -> None:
        """Call it once the connection is over for this end."""
        self._when_lost.append(call)

    async def lost(self) -> None:
        """Wait until the connection is over for this end."""
        if not self._lost:
            over = self._loop.create_future()
            self.when_lost(lambda _: None if over.done() else over.set_result(None))
            await over

    def _force_close(self, error: BaseException | None) -> None:
        """Drop what is unsent and end; asyncio's TLS calls this of the transport below it."""
        # after `close`, only while bytes wait to be sent is there anything left to drop
        if not self._closing or self._unsent:
            self._closing = True
            self._unsent.clear()
            self._unsent_size = 0
            self._loop.call_soon(self._lose, error)

    def _fail(self, kind: type[OSError]) -> None:
        # an end that is closing already ends without an error, as asyncio reports only what it did not begin itself
        if not self._closing:
            self._closing = True
            number = errno.EPIPE if kind is BrokenPipeError else errno.ECONNRESET
            self._loop.call_soon(self._lose, kind(number, os.strerror(number)))

    def _lose(self, error: BaseException | None) -> None:
        """The connection is over for this end: its protocol is told, and the peer gets FIN or RST."""
        if self._lost:
            return
        # asyncio calls the protocol first and closes the socket after it; hence FIN or RST leaves last
        self._lost = True
        self._protocol.connection_lost(error)
        self.set_protocol(NO_PROTOCOL)  # as asyncio does: a connection that is over keeps no protocol alive
        for call in self._when_lost:
            call(self)
        # RFC 9293 §3.5.2: RST is sent "in response to any incoming segment except another reset"
        if error is not None or self._rst_arrived:
            return
        # RFC 9293 §3.6.1: to close "while received data is still pending" sends RST "to show that data was lost"
        if self._rst_instead_of_fin or any(isinstance(each, bytes) for each in self._unread):
            self._send(TcpSignal.RST)
        elif not self._fin_sent:
            self._send(TcpSignal.FIN)


_EXTRA: Mapping[str, Callable[[MemoryTransport], object]] = {
    "sockname": lambda end: as_socket_address(end._own),
    "peername": lambda end: as_socket_address(end._peer_address),
    "socket": lambda end: MemorySocket(end._own, end._peer_address, end._linger),
    "tcp": lambda end: end,
}


def _fill(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    """Put bytes into the buffers that a protocol gives for them."""
    rest = memoryview(data)
    while rest:
        buffer = memoryview(protocol.get_buffer(len(rest)))
        size = min(len(buffer), len(rest))
        if not size:
            raise RuntimeError("get_buffer() returned an empty buffer")
        buffer[:size] = rest[:size]
        protocol.buffer_updated(size)
        rest = rest[size:]
