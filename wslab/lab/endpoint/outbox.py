"""Bytes of ours on their way to TCP.

Rules of this module: what is sent is written at once, but the answers to many messages that came together go out
together: while more messages wait to be received, `keeps` puts them aside, until the last is answered or the
loop turns. What is put aside is bounded; and where TCP takes no more, `drained` is what senders wait for.
"""

from __future__ import annotations

import asyncio

from wslab.lab.endpoint.tcp import TcpConnection
from wslab.protocol import Connection

_WRITE_AT = 64 * 1024  # bytes put aside that are not kept back any longer


class Outbox:
    """From the protocol's bytes to TCP's.

    `wire` is the protocol once the connection is open; `holds_close` keeps the Close that answers back, while
    messages that came before it are still to be answered. `planned` says that something is aside.
    """

    __slots__ = ("_aside", "_loop", "_tcp", "drained", "holds_close", "planned", "wire")

    def __init__(self, tcp: TcpConnection, loop: asyncio.AbstractEventLoop) -> None:
        self.wire: Connection | None = None
        self.holds_close = False
        self.drained: asyncio.Future[None] | None = None
        self._aside = 0
        self.planned = False
        self._loop = loop
        self._tcp = tcp

    def keeps(self, size: int) -> bool:
        """Whether `size` bytes more may wait for others; if so, they go out when the loop turns at the latest."""
        self._aside += size
        if self.drained is not None or self._aside >= _WRITE_AT:
            return False
        if not self.planned:
            self.planned = True
            self._loop.call_soon(self.flush)
        return True

    def flush(self) -> None:
        """Everything that was put aside, in one write."""
        self.planned = False
        self._aside = 0
        if self.wire is not None:
            self._tcp.write(self.wire.data_to_send(hold_close=self.holds_close))

    def pause(self) -> None:
        """TCP takes no more for now."""
        if self.drained is None:
            self.drained = self._loop.create_future()

    def go_on(self) -> None:
        """TCP takes more again, or is over: senders go on, and find out which."""
        drained, self.drained = self.drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
