"""TODO."""

from __future__ import annotations

from dataclasses import dataclass

from wslab.lab.faults.base import Fault
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.stage import StreamChunk, StreamItem, TimedStage, WholeFrameStage
from wslab.protocol import Opcode
from wslab.protocol.scanner import FrameScanner, Span


@dataclass(frozen=True)
class SwallowPongs(Fault):
    """Pongs vanish; everything else passes."""


@dataclass(frozen=True)
class DelayPongs(Fault):
    """Each Pong, and what is behind it, comes `seconds` later."""

    seconds: float


# --- Pongs ------------------------------------------------------------------------------


class SwallowPongsStage(WholeFrameStage[SwallowPongs]):
    """No Pong."""

    def part(self, part: Span, piece: StreamChunk) -> None:
        """Only Pongs are kept back."""
        if part.opcode == Opcode.PONG:
            super().part(part, piece)
        else:
            self.on(piece)

    def whole(self, part: Span, piece: StreamChunk) -> None:
        """Swallow it."""
        self.holder.swallowed(self.role, piece, "")


class DelayPongsStage(TimedStage[DelayPongs]):
    """Late Pongs."""

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        super().__init__(fault, pipeline)
        self._scanner = FrameScanner()

    def put(self, item: StreamItem) -> None:
        """A chunk with a Pong in it is late."""
        self._has_pong = isinstance(item, StreamChunk) and any(
            each.opcode == Opcode.PONG for each in self._scanner.feed(item.data)
        )
        super().put(item)

    def due(self, item: StreamItem, now: float) -> float:
        """Later, for a Pong."""
        return now + self.its.seconds if self._has_pong else now
