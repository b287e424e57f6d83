"""The inside of a link: a relay that listens, and a relayed connection for each client that dials it.

How it works: the relay makes a `RelayedConnection` for each client that it accepts, keeps it while it lives, and gives
its faults to all of them. Without faults bytes are passed on just as they come, and FIN and RST too, in each direction
by itself; frames are only counted, for faults that come later. The relay speaks TLS only to the server, where that
wants it: towards the client everything is plain, so that faults can work on frames.

Left out: what a user calls (`link`), what happens on one connection (`relayed`), what each fault does (`faults`).
"""

from __future__ import annotations

import asyncio

from wslab.lab.context import LabContext
from wslab.lab.faults.base import Fault
from wslab.lab.link.relayed import RelayedConnection
from wslab.lab.network.address import Address
from wslab.lab.network.base import Listener, TcpSignal
from wslab.lab.network.tls import Tls
from wslab.protocol import Role


class Relay:
    """A listener that relays each connection to `target`, with `faults`. `trust`: whom to trust, where that has TLS."""

    def __init__(
        self, context: LabContext, target: Address, faults: tuple[Fault, ...], trust: Tls | None = None
    ) -> None:
        self.context = context
        self.target = target
        self.trust = trust
        self.faults = faults
        self.connections: set[RelayedConnection] = set()
        self.count = 0  # connections so far
        self.newest = 0  # the number of the one that began last
        self.address = Address("", 0)
        self._listening: Listener | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen."""
        self._listening = await self.context.network.listen(self._accept, host, port)
        self.address = self._listening.address
        self.context.parts[self] = None

    def _accept(self) -> asyncio.Protocol:
        self.count += 1
        return RelayedConnection(self).sides[Role.CLIENT]

    @property
    def in_order(self) -> list[RelayedConnection]:
        """The connections that live, by their numbers."""
        return sorted(self.connections, key=lambda each: each.number)

    def apply(self, faults: tuple[Fault, ...]) -> None:
        """Give these faults to every connection, and to those to come."""
        self.faults = faults
        self.context.clock.enter(self._apply)

    def _apply(self) -> None:
        for connection in self.in_order:
            connection.apply(self.faults)
        if self.context.tape is not None:
            self.context.tape.notify_watchers()

    def end(self, signal: TcpSignal) -> None:
        """End every connection with FIN or RST; those to come go through the same faults."""
        for connection in self.in_order:
            connection.end(signal)

    def drop(self) -> None:
        """Listen no more, and let go of every connection."""
        listening, self._listening = self._listening, None
        self.context.parts.pop(self, None)
        if listening is not None:
            listening.close()
        for connection in self.in_order:
            connection.drop()
