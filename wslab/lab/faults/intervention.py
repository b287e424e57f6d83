"""One thing done to some bytes of a run: what an intervention of a scenario becomes.

An intervention names bytes of one sender's stream by their place, so it happens in a rerun at just the same bytes. It
is a fault like the others, but no command line knows it, and it stands in the way out of an endpoint, not in a link.

Left out: how a step of a scenario becomes a place in the stream (`wslab.scenarios.interventions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wslab.lab.faults.base import Fault
from wslab.lab.faults.chunk import StreamChunk, StreamItem
from wslab.lab.faults.stage import Direction, TimedStage, flipped
from wslab.lab.network.base import TcpSignal
from wslab.tape.records import FaultAct


@dataclass(frozen=True)
class StreamIntervention(Fault):
    """One thing done to the bytes from `start` up to `stop` of a sender's stream: what an intervention becomes.

    `action` is `drop`, `flip` (`bit` counts from the first of these bytes), `edit` (`data` goes on instead), `delay`
    (`seconds`, and what is behind waits), or `cut` (RST to both sides instead).
    """

    kind: ClassVar[str] = "intervention"

    start: int
    stop: int
    action: str
    bit: int = 0
    data: bytes = b""
    seconds: float = 0.0
    connection: int = 1

    def stage(self, flow: Direction) -> InterventionStage:
        """It acts when the bytes pass."""
        return InterventionStage(self, flow)

    def figures(self) -> str:
        """`drop`."""
        return self.action

    def effect(self) -> str:
        """What is done."""
        return f"One thing is done to some bytes of {self.whose}: {self.action}."

    def written(self) -> str:
        """`intervention:drop`: the rest is the place in one run, and bytes that the tape has anyway."""
        return f"{self.kind}:{self.action}"

    def overlaps(self, chunk: StreamChunk) -> bool:
        """Whether some of these bytes are among its own."""
        return chunk.start < self.stop and self.start < chunk.start + chunk.size


class InterventionStage(TimedStage[StreamIntervention]):
    """Does one thing to some bytes of the stream."""

    def put(self, item: StreamItem) -> None:
        """Cut out its own bytes; what is before and behind passes, and a delay holds back what is behind."""
        if isinstance(item, TcpSignal) or not self.fault.overlaps(item):
            super().put(item)
            return
        before = max(0, self.fault.start - item.start)
        if before:
            first, item = item.split(before)
            super().put(first)
        rest = None
        if item.start + item.size > self.fault.stop:
            item, rest = item.split(self.fault.stop - item.start)
        self._intervene(item)
        if rest is not None:
            super().put(rest)

    def _intervene(self, chunk: StreamChunk) -> None:
        if self.fault.action == "delay":
            super().put(chunk)
        elif self.fault.action == "drop":
            self.swallow(chunk)
        elif self.fault.action == "cut":
            self.swallow(chunk)
            self.owner.end(TcpSignal.RST)
        elif self.fault.action == "edit":
            self._edit(chunk)
        else:
            self._flip(chunk)

    def _edit(self, chunk: StreamChunk) -> None:
        # the bytes may come in several chunks: the first takes all that is new, the others become empty
        data = self.fault.data if chunk.start == self.fault.start else b""
        self._change(chunk, data, self.act("bytes-replaced"))

    def _flip(self, chunk: StreamChunk) -> None:
        bit = self.fault.bit - (chunk.start - self.fault.start) * 8
        if not 0 <= bit < 8 * chunk.size:
            self.pass_on(chunk)
            return
        byte, place = divmod(self.fault.bit, 8)
        self._change(chunk, flipped(chunk.data, bit), self.act("stream-bit-flipped", bit=place, byte=byte))

    def _change(self, chunk: StreamChunk, data: bytes, act: FaultAct) -> None:
        changed = chunk._replace(data=data)
        self.owner.changed(self.role, changed, act)
        super().put(changed)

    def due(self, item: StreamItem, now: float) -> float:
        """Later, where that is the action."""
        is_late = isinstance(item, StreamChunk) and self.fault.action == "delay" and self.fault.overlaps(item)
        return now + self.fault.seconds if is_late else now
