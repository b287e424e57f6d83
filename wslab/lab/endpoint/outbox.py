"""Bytes of ours on their way to TCP.

How it works: what is sent is written at once, but the answers to many messages that arrived together go out
together. While more messages wait to be received, `keeps` puts answers aside until the last is answered, or until the
loop turns. What is put aside is bounded. Where TCP takes no more, `drained` is what senders wait for.

What it leaves out: which bytes go out, and whether a Close is held back (`protocol.connection`).
"""

from __future__ import annotations

import asyncio

from wslab.lab.clock.base import this_thread
from wslab.lab.endpoint.state import EndpointState
from wslab.lab.endpoint.tcp import TcpConnection

_WRITE_AT = 64 * 1024  # bytes put aside that are not kept back any longer


class Outbox:
    """From the protocol's bytes to TCP's. `planned`: something is put aside; `loop` and `thread` are its own."""

    __slots__ = ("_aside", "_state", "_tcp", "drained", "loop", "planned", "thread")

    def __init__(self, state: EndpointState, tcp: TcpConnection) -> None:
        self.drained: asyncio.Future[None] | None = None
        self.planned = False
        self.thread = this_thread()
        self._aside = 0
        self.loop = state.context.clock.loop
        self._state = state
        self._tcp = tcp

    def keeps(self, size: int) -> bool:
        """Whether `size` bytes more may wait for others; if so, they go out when the loop turns at the latest."""
        self._aside += size
        if self.drained is not None or self._aside >= _WRITE_AT:
            return False
        if not self.planned:
            self.planned = True
            self.loop.call_soon(self.flush)
        return True

    def flush(self) -> None:
        """Everything that was put aside, in one write."""
        self.planned = False
        self._aside = 0
        protocol = self._state.protocol
        if protocol is not None:
            self._tcp.write(protocol.data_to_send())

    def pause(self) -> None:
        """TCP takes no more for now."""
        if self.drained is None:
            self.drained = self.loop.create_future()

    def go_on(self) -> None:
        """TCP takes more again, or is over: senders go on, and find out which."""
        drained, self.drained = self.drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
