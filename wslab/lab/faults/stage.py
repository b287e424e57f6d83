"""What stages of one kind have in common: those that wait, and those that look at heads and frames.

Rules of this module: a stage gets pieces in order and lets them out in order. What it changes or swallows it reports,
so that the tape has it. Chance comes from the holder's `random`, time from its world, and nothing from anywhere else.

What it leaves out: the faults themselves (`stages`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar, cast

from wslab.lab.clock.base import World
from wslab.lab.faults.base import Fault
from wslab.protocol import Role
from wslab.protocol.scanner import FrameScanner, Span

if TYPE_CHECKING:
    from wslab.lab.faults.pipeline import Pipeline


class TcpSignal(Enum):
    """What travels beside bytes."""

    FIN = "FIN"
    RST = "RST"


class StreamChunk(NamedTuple):
    """Some bytes on their way; they stand for `size` bytes of the sender's stream from `start` on."""

    data: bytes
    start: int
    size: int

    def split(self, at: int) -> tuple[StreamChunk, StreamChunk]:
        """Two pieces; `at` counts in `data`. Of what was changed, the first stands for all."""
        size = at if self.size == len(self.data) else self.size
        first = StreamChunk(self.data[:at], self.start, size)
        return first, StreamChunk(self.data[at:], self.start + size, self.size - size)


StreamItem = StreamChunk | TcpSignal


class PipelineOwner(Protocol):
    """Whoever a lane belongs to, as its stages see it."""

    @property
    def world(self) -> World:
        """Time."""

    @property
    def random(self) -> Random:
        """Chance."""

    @property
    def number(self) -> int:
        """The number of the connection."""

    def emit(self, role: Role, item: StreamItem) -> None:
        """What comes out at the end of the lane of `role`."""

    def hold(self, role: Role, *, full: bool) -> None:
        """Read no more of `role`, or go on."""

    def swallowed(self, role: Role, piece: StreamChunk, words: str) -> None:
        """These bytes go no further; `words` tell it where the entry alone does not."""

    def unheard(self, role: Role) -> None:
        """FIN or RST of `role` goes no further."""

    def changed(self, role: Role, piece: StreamChunk, words: str) -> None:
        """These bytes go on instead of those that they stand for."""

    def tell(self, words: str) -> None:
        """A sentence for the tape."""

    def stir(self) -> None:
        """Something waits, or changed, that is not on the tape: whoever watches looks again."""

    def cut(self, *, gently: bool) -> None:
        """End TCP on both sides."""

    def reset(self, role: Role) -> None:
        """RST to one side."""


class Stage:
    """A fault at work in one lane. By itself it lets everything pass."""

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        self.fault = fault
        self.pipeline = pipeline
        self.begins = pipeline.holder.world.now() + fault.after

    @property
    def role(self) -> Role:
        """Whose bytes these are."""
        return self.pipeline.role

    @property
    def holder(self) -> PipelineOwner:
        """Whose lane it is."""
        return self.pipeline.holder

    @property
    def sleeps(self) -> bool:
        """Whether its time has not come."""
        return self.holder.world.now() < self.begins

    def put(self, item: StreamItem) -> None:
        """What comes from the stage before."""
        if isinstance(item, TcpSignal):
            self.sign(item)
        elif self.sleeps:
            self.on(item)
        else:
            self.take(item)

    def take(self, piece: StreamChunk) -> None:
        """Bytes, once its time has come."""
        self.on(piece)

    def sign(self, sign: TcpSignal) -> None:
        """FIN or RST."""
        self.flush()
        self.on(sign)

    def on(self, item: StreamItem) -> None:
        """To the next stage."""
        self.pipeline.after(self, item)

    def flush(self) -> None:
        """Let go of everything that it holds."""

    def join(self, scanner: FrameScanner) -> None:
        """It is put into a connection that runs already; `scanner` has seen what went by here."""

    def seen_behind(self) -> FrameScanner | None:
        """What a spotter behind this stage has seen; None where that is the same as in front of it."""
        return None

    @property
    def waiting(self) -> int:
        """Bytes that it holds."""
        return 0

    room = 4 * 1024 * 1024
    """Bytes that it may hold before the sender is held back."""

    is_forever = False
    """Whether it stays with a connection although the fault was taken away."""


F = TypeVar("F", bound=Fault)


class FaultStage(Stage, Generic[F]):
    """A stage that knows the kind of its fault."""

    @property
    def its(self) -> F:
        """The fault."""
        return cast(F, self.fault)


class TimedStage(FaultStage[F]):
    """Lets each item out at its time, never before the one in front of it."""

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        super().__init__(fault, pipeline)
        self._queue: deque[tuple[float, StreamItem]] = deque()
        self._size = 0
        self._latest = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Bytes in the queue."""
        return self._size

    def due(self, item: StreamItem, now: float) -> float:
        """When it may leave."""
        raise NotImplementedError

    def put(self, item: StreamItem) -> None:
        """Put it behind the others."""
        now = self.holder.world.now()
        self._latest = max(self._latest, now if now < self.begins else self.due(item, now))
        if self._latest <= now and not self._queue:
            self.on(item)
            return
        self._queue.append((self._latest, item))
        self._size += weight(item)
        self._arm()

    def _arm(self) -> None:
        if self._timer is None and self._queue:
            seconds = max(0.0, self._queue[0][0] - self.holder.world.now())
            self._timer = self.holder.world.later(seconds, self._let_go)

    def _let_go(self) -> None:
        self._timer = None
        now = self.holder.world.now()
        while self._queue and self._queue[0][0] <= now:
            self._leave()
        self._arm()
        self.pipeline.look()

    def _leave(self) -> None:
        item = self._queue.popleft()[1]
        self._size -= weight(item)
        self.on(item)

    def flush(self) -> None:
        """All of them, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            self._leave()


def weight(item: StreamItem) -> int:
    """The bytes that an item has."""
    return 0 if isinstance(item, TcpSignal) else len(item.data)


class PartStage(FaultStage[F]):
    """Looks at each part of a head or frame as it passes. In a connection that runs, it begins with the next frame."""

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        super().__init__(fault, pipeline)
        self._scanner = FrameScanner()
        self._passing = False  # of a frame whose beginning it has not seen
        self._gone = 0  # bytes that the spotter knows and that went by
        self._pieces: deque[StreamChunk] = deque()  # what the spotter has, and has not told apart

    def join(self, scanner: FrameScanner) -> None:
        """Go on from what went by."""
        self._scanner = scanner
        self._passing = scanner.is_inside
        self._gone = scanner.kept

    def seen_behind(self) -> FrameScanner:
        """What it let pass."""
        return self._scanner.before() if self.waiting or self._pieces else self._scanner.clone()

    def put(self, item: StreamItem) -> None:
        """Look, also before its time: frames are counted from the first."""
        if isinstance(item, TcpSignal):
            self._parted(self._scanner.end())
            self.sign(item)
            return
        self._pieces.append(item)
        self._parted(self._scanner.feed(item.data))

    def _parted(self, parts: list[Span]) -> None:
        for part in parts:
            piece = self._piece(len(part.data) - self._gone)
            self._gone = 0
            if self.sleeps or self._passing:
                self._passing = self._passing and not part.last
                self.on(piece)
            else:
                self.part(part, piece)

    def _piece(self, size: int) -> StreamChunk:
        """The next so many bytes as one piece."""
        taken: list[StreamChunk] = []
        while size:
            piece = self._pieces.popleft()
            if len(piece.data) > size:
                piece, rest = piece.split(size)
                self._pieces.appendleft(rest)
            taken.append(piece)
            size -= len(piece.data)
        if len(taken) == 1:
            return taken[0]
        return StreamChunk(b"".join(each.data for each in taken), taken[0].start, sum(each.size for each in taken))

    def part(self, part: Span, piece: StreamChunk) -> None:
        """A part, and the piece that it is."""
        raise NotImplementedError

    def change(self, piece: StreamChunk, data: bytes, words: str) -> None:
        """Let other bytes go on."""
        changed = piece._replace(data=data)
        self.holder.changed(self.role, changed, words)
        self.on(changed)


class WholeFrameStage(PartStage[F]):
    """Sees heads and frames as wholes: it keeps their parts back until they are."""

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        super().__init__(fault, pipeline)
        self._parts: list[StreamChunk] = []

    def part(self, part: Span, piece: StreamChunk) -> None:
        """Gather."""
        self._parts.append(piece)
        if part.last:
            whole = self._gathered()
            self.whole(part, whole)

    def _gathered(self) -> StreamChunk:
        parts, self._parts = self._parts, []
        return StreamChunk(b"".join(each.data for each in parts), parts[0].start, sum(each.size for each in parts))

    def whole(self, part: Span, piece: StreamChunk) -> None:
        """A whole head or frame; `part` is its last one."""
        raise NotImplementedError

    @property
    def waiting(self) -> int:
        """Bytes that are no whole yet."""
        return sum(len(each.data) for each in self._parts)

    def flush(self) -> None:
        """What never became whole."""
        if self._parts:
            self.on(self._gathered())


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit turned over, counted from its first."""
    turned = bytearray(data)
    turned[bit // 8] ^= 0x80 >> bit % 8
    return bytes(turned)
