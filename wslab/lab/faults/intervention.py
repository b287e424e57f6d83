"""TODO."""

from __future__ import annotations

from dataclasses import dataclass

from wslab.lab.faults.base import Fault
from wslab.lab.faults.stage import StreamChunk, StreamItem, TcpSignal, TimedStage, flipped


@dataclass(frozen=True)
class StreamIntervention(Fault):
    """One thing done to the bytes from `start` up to `stop` of a sender's stream: what an intervention becomes.

    `action` is `drop`, `flip` (`bit` counts from the first of these bytes), `edit` (`data` goes on instead), `delay`
    (`seconds`, and what is behind waits), or `cut` (RST to both sides instead).
    """

    start: int
    stop: int
    action: str
    bit: int = 0
    data: bytes = b""
    seconds: float = 0.0
    connection: int = 1


class InterventionStage(TimedStage[StreamIntervention]):
    """One thing done to some bytes of the stream."""

    def put(self, item: StreamItem) -> None:
        """What is before and behind passes; a delay holds back what is behind, too."""
        if isinstance(item, TcpSignal) or not _overlap(item, self.its):
            super().put(item)
            return
        before = max(0, self.its.start - item.start)
        if before:
            first, item = item.split(before)
            super().put(first)
        rest = None
        if item.start + item.size > self.its.stop:
            item, rest = item.split(self.its.stop - item.start)
        self._meddle(item)
        if rest is not None:
            super().put(rest)

    def _meddle(self, piece: StreamChunk) -> None:
        if self.its.action == "delay":
            super().put(piece)
        elif self.its.action == "drop":
            self.holder.swallowed(self.role, piece, "")
        elif self.its.action == "cut":
            self.holder.swallowed(self.role, piece, "")
            self.holder.cut(gently=False)
        else:
            self._change(piece)

    def _change(self, piece: StreamChunk) -> None:
        begins = piece.start == self.its.start
        if self.its.action == "edit":
            data, words = (self.its.data if begins else b""), f"The {self.role}'s bytes are changed on the way."
        else:
            bit = self.its.bit - (piece.start - self.its.start) * 8
            if not 0 <= bit < 8 * piece.size:
                self.on(piece)
                return
            data = flipped(piece.data, bit)
            words = f"Bit {self.its.bit % 8} of byte {self.its.bit // 8} of what the {self.role} sent is turned over."
        changed = piece._replace(data=data)
        self.holder.changed(self.role, changed, words)
        super().put(changed)

    def due(self, item: StreamItem, now: float) -> float:
        """Later, where that is the action."""
        meant = isinstance(item, StreamChunk) and self.its.action == "delay" and _overlap(item, self.its)
        return now + self.its.seconds if meant else now


def _overlap(piece: StreamChunk, fault: StreamIntervention) -> bool:
    return piece.start < fault.stop and fault.start < piece.start + piece.size
