"""The way out of an endpoint with somebody's hand in it: where an intervention happens.

Rules of this module: what an endpoint writes goes through a lane before TCP has it, so that no link is needed and
nothing else changes: up to the intervention the run is the same, byte for byte. It exists on the virtual clock only,
for only there a run can be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from wslab.lab.clock.base import World
from wslab.lab.context import Flow, LabContext
from wslab.lab.faults.intervention import InterventionStage, StreamIntervention
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.stage import StreamChunk, StreamItem, TcpSignal
from wslab.lab.network.memory import VirtualTransport
from wslab.protocol import Role
from wslab.tape.records import RecordKind, pack_change, tag


class InterventionTransport:
    """What stands between one endpoint and its TCP connection."""

    def __init__(
        self,
        context: LabContext,
        line: Flow,
        role: Role,
        transport: VirtualTransport,
        faults: Sequence[StreamIntervention],
    ):
        self.number = line.number
        self.random = Random(0)  # no intervention is left to chance
        self._context = context
        self._transport = transport
        self._pipeline = Pipeline(self, role)
        self._pipeline.exchange([InterventionStage(fault, self._pipeline) for fault in faults])

    @property
    def world(self) -> World:
        """Time."""
        return self._context.world

    def write(self, data: bytes) -> None:
        """Bytes for the peer."""
        self._pipeline.feed(data)

    def write_eof(self) -> None:
        """FIN behind them."""
        self._pipeline.signal(TcpSignal.FIN)

    # --- what the lane says -----------------------------------------------------------

    def emit(self, role: Role, item: StreamItem) -> None:
        """To TCP."""
        if self._transport.is_closing():
            return
        if isinstance(item, StreamChunk):
            self._transport.write(item.data)
        else:
            self._context.world.end_writing(self._transport)

    def hold(self, role: Role, *, full: bool) -> None:
        """What waits here is one frame, and what is behind it."""

    def swallowed(self, role: Role, chunk: StreamChunk, words: str) -> None:
        """Bytes go no further."""
        self._record(RecordKind.SWALLOWED, role, pack_change(chunk.start, chunk.size, b"", words))

    def signal_swallowed(self, role: Role) -> None:
        """No intervention swallows the end of TCP."""

    def changed(self, role: Role, chunk: StreamChunk, words: str) -> None:
        """Other bytes go on."""
        self._record(RecordKind.CHANGED, role, pack_change(chunk.start, chunk.size, chunk.data, words))

    def tell(self, words: str) -> None:
        """A sentence for the tape."""
        self._record(RecordKind.NOTE, None, words.encode())

    def notify_watchers(self) -> None:
        """Nothing waits here that somebody could decide."""

    def cut(self, *, gently: bool) -> None:
        """RST to both sides."""
        self._record(RecordKind.CUT, None, b"")
        self._transport.sever()

    def reset(self, role: Role) -> None:
        """The same."""
        self.cut(gently=False)

    def _record(self, what: RecordKind, role: Role | None, data: bytes) -> None:
        if self._context.tape is not None:
            self._context.tape.record(self.number, tag(what, role), data)


def outgoing_transport(
    context: LabContext, line: Flow, role: Role, transport: asyncio.Transport
) -> asyncio.Transport | InterventionTransport:
    """Where an endpoint writes to: TCP itself, unless somebody wants to meddle with this direction."""
    faults = [each for each in context.interventions if each.connection == line.number and each.touches(role)]
    if not faults:
        return transport
    assert isinstance(transport, VirtualTransport)
    return InterventionTransport(context, line, role, transport, faults)
