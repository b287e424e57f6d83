"""Faults of time: the same bytes in the same order, later or together.

Each is a `TimedStage`, a queue: `due` says when an item may leave, and nothing overtakes what is in front of it. So one
late byte holds back all that is behind it, as TCP does (head-of-line blocking). No byte is ever missing.

Left out: what swallows or changes bytes (`ending`, `content`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wslab.lab.faults.base import Fault, seconds_words
from wslab.lab.faults.chunk import StreamChunk, StreamItem, joined, weight
from wslab.lab.faults.stage import Direction, TimedStage

_SEGMENT = 1460  # bytes that a TCP segment usually has
_TICK = 0.05  # seconds over which a narrow path lets bytes through at once
_MOST_LOSSES = 6  # of the same bytes, one after the other

# --- delay ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delay(Fault):
    """Each byte takes `seconds` longer, and up to `jitter` seconds more, by chance. Order is kept."""

    kind: ClassVar[str] = "delay"
    example: ClassVar[str] = "seconds=0.2"

    seconds: float
    jitter: float = 0.0

    def stage(self, flow: Direction) -> DelayStage:
        """Every byte waits."""
        return DelayStage(self, flow)

    def figures(self) -> str:
        """`200 ms`, or `80 ms to 140 ms`."""
        most = f" to {seconds_words(self.seconds + self.jitter)}" if self.jitter else ""
        return f"{seconds_words(self.seconds)}{most}"

    def effect(self) -> str:
        """How late the bytes are."""
        more = f", and up to {seconds_words(self.jitter)} more, by chance" if self.jitter else ""
        return f"Each byte of {self.whose} comes {seconds_words(self.seconds)} later{more}; order is kept."


class DelayStage(TimedStage[Delay]):
    """Lets each item out after the delay."""

    def due(self, item: StreamItem, now: float) -> float:
        """After the delay and a random part of the jitter."""
        return now + self.fault.seconds + self.owner.random.random() * self.fault.jitter


# --- rate -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate(Fault):
    """A narrow path: so many bytes a second. It holds little, then holds back the sender, as a slow reader does."""

    kind: ClassVar[str] = "rate"
    example: ClassVar[str] = "bytes_per_second=2000"

    bytes_per_second: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bytes_per_second <= 0:
            raise ValueError("Rate: bytes_per_second is above 0; to let nothing pass, use Silence.")

    def stage(self, flow: Direction) -> RateStage:
        """Bytes pass one after the other."""
        return RateStage(self, flow)

    def figures(self) -> str:
        """`2,000 B/s`."""
        return f"{self.bytes_per_second:,.0f} B/s"

    def effect(self) -> str:
        """How narrow the path is."""
        whose = "each side" if self.of is None else self.whose
        return f"The path takes {self.bytes_per_second:,.0f} bytes a second of {whose}; the sender waits."


class RateStage(TimedStage[Rate]):
    """Lets bytes through at the rate, in portions of 50 ms."""

    room = 64 * 1024

    def put(self, item: StreamItem) -> None:
        """Cut the chunk into small portions, so that the first bytes need not wait for the last."""
        portion = max(1, int(self.fault.bytes_per_second * _TICK))
        pieces = item.pieces(portion) if isinstance(item, StreamChunk) and not self.sleeps else [item]
        for piece in pieces:
            super().put(piece)

    def due(self, item: StreamItem, now: float) -> float:
        """When the path is free, and has taken the item."""
        return max(self.latest, now) + weight(item) / self.fault.bytes_per_second


# --- loss -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loss(Fault):
    """Packets are lost with this `probability`, and TCP repairs it: no byte is ever missing.

    The bytes come `retransmit_after` seconds later; each further loss of them costs twice the wait before it, and all
    that is behind them waits (head-of-line blocking). The same bytes are lost six times at most. A real TCP also has
    fast retransmit: in the middle of a stream most losses cost about one round trip.
    """

    kind: ClassVar[str] = "loss"
    example: ClassVar[str] = "probability=0.1"

    probability: float
    retransmit_after: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.probability >= 1:
            raise ValueError("Loss: probability is below 1; a path that loses everything is Silence.")

    def stage(self, flow: Direction) -> LossStage:
        """Lost bytes come later."""
        return LossStage(self, flow)

    def figures(self) -> str:
        """`2 %`, or `0.0005` where that is too little for a percentage."""
        return f"{self.probability:.3g}" if self.probability < 0.001 else f"{self.probability * 100:g} %"

    def effect(self) -> str:
        """How often, and what TCP does about it."""
        return (
            f"Packets of {self.whose} are lost with probability {self.probability:g}; TCP sends them again "
            f"{seconds_words(self.retransmit_after)} later, and what is behind them waits. No byte is missing."
        )


class LossStage(TimedStage[Loss]):
    """Loses TCP segments, and lets each out when TCP has sent it again."""

    def put(self, item: StreamItem) -> None:
        """Cut the chunk into segments: each is lost or not by itself."""
        pieces = item.pieces(_SEGMENT) if isinstance(item, StreamChunk) and not self.sleeps else [item]
        for piece in pieces:
            super().put(piece)

    def due(self, item: StreamItem, now: float) -> float:
        """Now, or when TCP has sent it again, each time after twice the time (RFC 6298 §5, rule 5.5)."""
        losses = 0
        while losses < _MOST_LOSSES and self.owner.random.random() < self.fault.probability:
            losses += 1
        return now + self.fault.retransmit_after * float(2**losses - 1)


# --- outage -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Outage(Fault):
    """For `seconds` nothing passes, then everything that waited comes at once, as after a tunnel.

    A real TCP waits longer before each try, so there everything may come later: up to as long again as the outage took.
    """

    kind: ClassVar[str] = "outage"
    example: ClassVar[str] = "seconds=5"

    seconds: float

    def stage(self, flow: Direction) -> OutageStage:
        """All bytes wait for the end of the outage."""
        return OutageStage(self, flow)

    def figures(self) -> str:
        """`45 s`."""
        return seconds_words(self.seconds)

    def effect(self) -> str:
        """How long it is."""
        return f"For {seconds_words(self.seconds)} nothing of {self.whose} passes; then all of it comes at once."


class OutageStage(TimedStage[Outage]):
    """Holds everything until the outage is over."""

    def due(self, item: StreamItem, now: float) -> float:
        """When the outage is over."""
        return max(now, self.begins + self.fault.seconds)


# --- coalesce ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Coalesce(Fault):
    """What comes within `seconds` goes on as one chunk."""

    kind: ClassVar[str] = "coalesce"
    example: ClassVar[str] = "seconds=0.05"

    seconds: float

    def stage(self, flow: Direction) -> CoalesceStage:
        """Bytes wait for those that follow."""
        return CoalesceStage(self, flow)

    def figures(self) -> str:
        """`50 ms`."""
        return seconds_words(self.seconds)

    def effect(self) -> str:
        """How long bytes wait for more."""
        return f"What {self.they_send} within {seconds_words(self.seconds)} comes as one chunk."


class CoalesceStage(TimedStage[Coalesce]):
    """Gathers chunks from the first one on, and lets them out as one."""

    def due(self, item: StreamItem, now: float) -> float:
        """With the first of those that wait."""
        return self.latest if self.queue else now + self.fault.seconds

    def let_go(self) -> None:
        """Let them go as one chunk."""
        self._join_first()
        super().let_go()

    def _join_first(self) -> None:
        """Make one chunk of those at the front that leave together."""
        due, chunks = self.queue[0][0], []
        while self.queue and self.queue[0][0] <= due and isinstance(first := self.queue[0][1], StreamChunk):
            chunks.append(first)
            self.queue.popleft()
        if chunks:
            self.queue.appendleft((due, joined(chunks)))
