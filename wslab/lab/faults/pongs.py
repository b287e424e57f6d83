"""Faults of Pongs: they vanish, or come late. Everything else passes.

The lab's keepalive, like that of `websockets`, judges a connection by its Pongs alone (§5.5.2, §5.5.3): with these
faults it ends a connection on which messages still travel.

Left out: faults of all bytes (`timing`, `ending`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wslab.lab.faults.base import Fault, seconds_words
from wslab.lab.faults.chunk import StreamChunk, StreamItem
from wslab.lab.faults.stage import Direction, TimedStage, WholeFrameStage
from wslab.protocol import Opcode
from wslab.protocol.frames.scanner import FrameScanner, Span

# --- swallowed --------------------------------------------------------------------------


@dataclass(frozen=True)
class SwallowPongs(Fault):
    """Pongs vanish; everything else passes."""

    kind: ClassVar[str] = "swallow-pongs"

    def stage(self, flow: Direction) -> SwallowPongsStage:
        """Pongs are kept back until they are whole, and swallowed."""
        return SwallowPongsStage(self, flow)

    def effect(self) -> str:
        """Whose Pongs vanish."""
        return f"Pongs of {self.whose} vanish; everything else passes."


class SwallowPongsStage(WholeFrameStage[SwallowPongs]):
    """Swallows whole Pongs."""

    def lets_pass(self, span: Span) -> bool:
        """Whether it is no Pong; only those are kept back."""
        return span.opcode != Opcode.PONG

    def take_whole(self, span: Span, chunk: StreamChunk) -> None:
        """Swallow the Pong."""
        self.swallow(chunk)


# --- late -------------------------------------------------------------------------------


@dataclass(frozen=True)
class DelayPongs(Fault):
    """Each Pong comes `seconds` later, with all that came in its chunk. What is behind it waits for it."""

    kind: ClassVar[str] = "delay-pongs"
    example: ClassVar[str] = "seconds=5"

    seconds: float

    def stage(self, flow: Direction) -> DelayPongsStage:
        """Pongs wait, and what is behind them."""
        return DelayPongsStage(self, flow)

    def figures(self) -> str:
        """`5 s`."""
        return seconds_words(self.seconds)

    def effect(self) -> str:
        """How late they are."""
        late = f"comes {seconds_words(self.seconds)} later, with all that came in its chunk"
        return f"Each Pong of {self.whose} {late}; what is behind it waits."


class DelayPongsStage(TimedStage[DelayPongs]):
    """Holds back each chunk with a Pong in it."""

    def __init__(self, fault: DelayPongs, flow: Direction) -> None:
        super().__init__(fault, flow)
        self._scanner = FrameScanner()
        self._has_pong = False

    def put(self, item: StreamItem) -> None:
        """Look for a Pong in the chunk."""
        self._has_pong = isinstance(item, StreamChunk) and any(
            each.opcode == Opcode.PONG for each in self._scanner.feed(item.data)
        )
        super().put(item)

    def due(self, item: StreamItem, now: float) -> float:
        """Later, where a Pong is in it."""
        return now + self.fault.seconds if self._has_pong else now
