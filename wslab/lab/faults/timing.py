"""TODO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from wslab.lab.faults.base import Fault
from wslab.lab.faults.stage import StreamChunk, StreamItem, TimedStage, weight

# --- faults of time ---------------------------------------------------------------------


@dataclass(frozen=True)
class Delay(Fault):
    """Each byte takes `seconds` longer, and up to `jitter` seconds more, by chance. Order is kept."""

    seconds: float
    jitter: float = 0.0


@dataclass(frozen=True)
class Rate(Fault):
    """A narrow path: so many bytes a second. Little waits in it; then it holds back the sender: a slow reader, too."""

    bytes_per_second: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bytes_per_second <= 0:
            raise ValueError("Rate: bytes_per_second is above 0; to let nothing pass, use Silence.")


@dataclass(frozen=True)
class Loss(Fault):
    """Packets are lost with this `probability`, and TCP repairs it: no byte is ever missing.

    The bytes come `retransmit_after` seconds later, after each further loss twice as late, and all that is behind
    them waits (head-of-line blocking).
    """

    probability: float
    retransmit_after: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.probability >= 1:
            raise ValueError("Loss: probability is below 1; a path that loses everything is Silence.")


@dataclass(frozen=True)
class Outage(Fault):
    """For `seconds` nothing passes, then everything that waited comes at once: a tunnel, a sleeping laptop."""

    seconds: float


@dataclass(frozen=True)
class Coalesce(Fault):
    """What comes within `seconds` goes on as one chunk."""

    seconds: float


_SEGMENT = 1460  # bytes that a TCP segment usually has
_TICK = 0.05  # seconds over which a narrow path lets bytes through at once
_MOST_LOSSES = 6  # of the same bytes, one after the other

# --- time -------------------------------------------------------------------------------


class DelayStage(TimedStage[Delay]):
    """Later."""

    def due(self, item: StreamItem, now: float) -> float:
        """After the delay, and a part of the jitter."""
        return now + self.its.seconds + self.holder.random.random() * self.its.jitter


class RateStage(TimedStage[Rate]):
    """Slowly."""

    room = 64 * 1024

    def put(self, item: StreamItem) -> None:
        """In small portions."""
        portion = max(1, int(self.its.bytes_per_second * _TICK))
        while isinstance(item, StreamChunk) and len(item.data) > portion and not self.sleeps:
            first, item = item.split(portion)
            super().put(first)
        super().put(item)

    def due(self, item: StreamItem, now: float) -> float:
        """When the path is free, and has taken it."""
        return max(self._latest, now) + weight(item) / self.its.bytes_per_second


class LossStage(TimedStage[Loss]):
    """Lost, and sent again by TCP."""

    def put(self, item: StreamItem) -> None:
        """Each segment has its own luck."""
        while isinstance(item, StreamChunk) and len(item.data) > _SEGMENT and not self.sleeps:
            first, item = item.split(_SEGMENT)
            super().put(first)
        super().put(item)

    def due(self, item: StreamItem, now: float) -> float:
        """Now, or when TCP has sent it again, each time after twice the time."""
        losses = 0
        while losses < _MOST_LOSSES and self.holder.random.random() < self.its.probability:
            losses += 1
        return now + self.its.retransmit_after * float(2**losses - 1)


class OutageStage(TimedStage[Outage]):
    """Not now."""

    def due(self, item: StreamItem, now: float) -> float:
        """When the outage is over."""
        return max(now, self.begins + self.its.seconds)


class CoalesceStage(TimedStage[Coalesce]):
    """Together."""

    def due(self, item: StreamItem, now: float) -> float:
        """With the first of those that wait."""
        return self._latest if self._queue else now + self.its.seconds

    def _let_go(self) -> None:
        self._glue()
        super()._let_go()

    def _glue(self) -> None:
        """Make one piece of those that leave together."""
        due, pieces = self._queue[0][0], []
        while self._queue and self._queue[0][0] <= due and isinstance(self._queue[0][1], StreamChunk):
            pieces.append(cast(StreamChunk, self._queue.popleft()[1]))
        if pieces:
            whole = StreamChunk(
                b"".join(each.data for each in pieces), pieces[0].start, sum(each.size for each in pieces)
            )
            self._queue.appendleft((due, whole))
