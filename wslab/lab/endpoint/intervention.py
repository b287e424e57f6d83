"""A changed way out of an endpoint: where an intervention happens.

How it works: what an endpoint writes goes through a pipeline before TCP has it. The pipeline drops, changes, delays or
cuts what the intervention names and passes on the rest. So no link is needed, and nothing else changes: up to the
intervention the run is the same, byte for byte.

It exists on the virtual clock only, because only there a run can be repeated. What it leaves out: what is done to the
bytes (`faults.intervention`), how a scenario's step becomes bytes (`scenarios.interventions`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from wslab.lab.clock.base import Clock
from wslab.lab.context import Flow, LabContext
from wslab.lab.faults.chunk import StreamChunk, StreamItem
from wslab.lab.faults.intervention import InterventionStage, StreamIntervention
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.network.base import TcpSignal
from wslab.lab.network.memory_transport import MemoryTransport
from wslab.protocol import Role
from wslab.tape.records import Fact, FaultAct, RecordKind, pack_change, tag


class InterventionTransport:
    """A transport that intervenes: it stands between one endpoint and its TCP connection."""

    def __init__(
        self,
        context: LabContext,
        flow: Flow,
        role: Role,
        transport: MemoryTransport,
        interventions: Sequence[StreamIntervention],
    ) -> None:
        self.number = flow.number
        self.random = Random(0)  # no intervention is left to chance
        self._context = context
        self._transport = transport
        self._pipeline = Pipeline(self, role)
        self._pipeline.exchange([InterventionStage(each, self._pipeline) for each in interventions])

    @property
    def clock(self) -> Clock:
        """Time and TCP of the lab."""
        return self._context.clock

    def write(self, data: bytes) -> None:
        """Bytes for the peer."""
        self._pipeline.feed(data)

    def write_eof(self) -> None:
        """FIN behind them."""
        self._pipeline.signal(TcpSignal.FIN)

    # --- what the pipeline asks for -----------------------------------------------------

    def emit(self, role: Role, item: StreamItem) -> None:
        """Bytes or FIN leave the pipeline: they go to TCP."""
        if self._transport.is_closing():
            return
        if isinstance(item, StreamChunk):
            self._transport.write(item.data)
        else:
            self._context.network.end_writing(self._transport)

    def hold(self, role: Role, *, full: bool) -> None:
        """The pipeline holds much or little: one frame and what is behind it are never too much, so nothing is done."""

    def swallowed(self, role: Role, chunk: StreamChunk, act: FaultAct) -> None:
        """Bytes are dropped: they go no further."""
        self._record(RecordKind.SWALLOWED, role, pack_change(chunk.start, chunk.size, b"", act))

    def signal_swallowed(self, role: Role) -> None:
        """The end of TCP is swallowed: no intervention does that."""

    def changed(self, role: Role, chunk: StreamChunk, act: FaultAct) -> None:
        """Other bytes go on than the endpoint wrote."""
        self._record(RecordKind.CHANGED, role, pack_change(chunk.start, chunk.size, chunk.data, act))

    def record_fact(self, fact: Fact) -> None:
        """A fact for the tape: no intervention has one beside what it changes and swallows."""
        if self._context.tape is not None:
            self._context.tape.record_fact(self.number, fact)

    def notify_watchers(self) -> None:
        """Something waits for a decision by hand: nothing does here."""

    def end(self, signal: TcpSignal) -> None:
        """Cut the connection: RST to both sides, since no intervention ends it with FIN."""
        self._record(RecordKind.CUT, None, b"")
        self._transport.sever()

    def reset(self, role: Role) -> None:
        """RST leaves the pipeline: the connection is cut."""
        self.end(TcpSignal.RST)

    def _record(self, what: RecordKind, role: Role | None, data: bytes) -> None:
        if self._context.tape is not None:
            self._context.tape.record(self.number, tag(what, role), data)


def outgoing_transport(
    context: LabContext, flow: Flow, role: Role, transport: asyncio.Transport
) -> asyncio.Transport | InterventionTransport:
    """Where an endpoint writes to: TCP itself, unless an intervention is meant for this direction."""
    meant = [each for each in context.interventions if each.connection == flow.number and each.touches(role)]
    if not meant:
        return transport
    assert isinstance(transport, MemoryTransport)
    return InterventionTransport(context, flow, role, transport, meant)
