"""The inside of a link: a relay that listens, and a cable for each connection that goes through.

Rules of this module: without faults bytes are passed on just as they come, and FIN and RST too, in each direction by
itself; nothing is known of frames. TLS is spoken to the server alone, where that wants it. A reader that stops reading
stops the writer, as without a link.

What it leaves out: what a user calls (`link`), what each fault does (`stages`, `watchers`).
"""

from __future__ import annotations

from wslab.lab.clock.base import Listens
from wslab.lab.context import LabContext
from wslab.lab.faults.base import Fault
from wslab.lab.link.relayed import RelayedConnection
from wslab.lab.network.address import Address
from wslab.lab.network.tls import Tls
from wslab.protocol import Role


class Relay:
    """The inside of a link: a listener that makes a cable for each connection."""

    def __init__(
        self, context: LabContext, target: Address, faults: tuple[Fault, ...], trust: Tls | None = None
    ) -> None:
        self.context = context
        self.target = target
        self.trust = trust
        self.faults = faults
        self.cables: set[RelayedConnection] = set()
        self.address = Address("", 0)
        self._listening: Listens | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen."""
        self._listening = await self.context.world.listen(lambda: RelayedConnection(self).ends[Role.CLIENT], host, port)
        self.address = self._listening.address
        self.context.parts.add(self)

    @property
    def in_order(self) -> list[RelayedConnection]:
        """The cables by the numbers of their connections."""
        return sorted(self.cables, key=lambda each: each.number)

    def apply(self, faults: tuple[Fault, ...]) -> None:
        """Every cable, and those to come."""
        self.faults = faults
        self.context.world.enter(self._apply)

    def _apply(self) -> None:
        for cable in self.in_order:
            cable.apply(self.faults)
        if self.context.tape is not None:
            self.context.tape.stir()

    def cut(self, *, gently: bool) -> None:
        """Every cable; those to come are whole."""
        for cable in self.in_order:
            cable.cut(gently=gently)

    def drop(self) -> None:
        """Listen no more, and let go of every cable."""
        listening, self._listening = self._listening, None
        self.context.parts.discard(self)
        if listening is not None:
            listening.close()
        for cable in self.in_order:
            cable.drop()
