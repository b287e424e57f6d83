"""`MemoryServer`: what `loop.create_server` gives where TCP is in memory, as asyncio's own `Server`.

How it works: it has one listener for each address, all with the same protocol factory. It knows the connections that
they took, since `wait_closed` waits for the last of them (as asyncio's does from Python 3.12 on).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from wslab.lab.network.memory import MemoryListener
from wslab.lab.network.memory_socket import MemorySocket
from wslab.lab.network.memory_transport import MemoryTransport


class MemoryServer(asyncio.AbstractServer):
    """Servers at some addresses, as one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listeners: Sequence[MemoryListener]) -> None:
        self._loop = loop
        self._listeners = listeners
        self._closed = loop.create_future()
        self._serving: asyncio.Future[None] | None = None

    @property
    def sockets(self) -> tuple[MemorySocket, ...]:
        """One for each address; none once it is closed."""
        return () if self._closed.done() else tuple(MemorySocket(each.address) for each in self._listeners)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that this server is on."""
        return self._loop

    def is_serving(self) -> bool:
        """Whether it takes connections."""
        return not self._closed.done() and all(each.accepts for each in self._listeners)

    async def start_serving(self) -> None:
        """Take connections from now on."""
        self._check_open()
        for each in self._listeners:
            each.accepts = True
        await asyncio.sleep(0)  # as asyncio's: a callback that takes connections has its turn

    async def serve_forever(self) -> None:
        """Take connections until this is cancelled, or the server closed."""
        if self._serving is not None:
            raise RuntimeError(f"server {self!r} is already being awaited on serve_forever()")
        await self.start_serving()
        self._serving = self._loop.create_future()
        try:
            await self._serving
        except asyncio.CancelledError:
            self.close()
            await self.wait_closed()
            raise
        finally:
            self._serving = None

    def close(self) -> None:
        """Take no more connections; those that stand go on."""
        if self._closed.done():
            return
        self._closed.set_result(None)
        for each in self._listeners:
            each.close()
        if self._serving is not None:
            self._serving.cancel()

    def close_clients(self) -> None:
        """Close the connections that were taken."""
        for transport in self._connections():
            transport.close()

    def abort_clients(self) -> None:
        """Abort the connections that were taken."""
        for transport in self._connections():
            transport.abort()

    async def wait_closed(self) -> None:
        """Wait until it is closed and the last of its connections is over."""
        await asyncio.shield(self._closed)
        while connections := self._connections():
            await connections[0].lost()

    def _connections(self) -> list[MemoryTransport]:
        return [transport for each in self._listeners for transport in each.connections]

    def _check_open(self) -> None:
        if self._closed.done():
            raise RuntimeError(f"server {self!r} is closed")
