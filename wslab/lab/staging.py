"""What stages of one kind have in common: those that wait, and those that look at heads and frames.

Rules of this module: a stage gets pieces in order and lets them out in order. What it changes or swallows it reports,
so that the tape has it. Chance comes from the holder's `random`, time from its world, and nothing from anywhere else.

What it leaves out: the faults themselves (`stages`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar, cast

from wslab.lab.faults import Fault
from wslab.lab.lane import Item, Lane, Piece, Sign, Stage
from wslab.lab.spotter import Part, Spotter

F = TypeVar("F", bound=Fault)


class Of(Stage, Generic[F]):
    """A stage that knows the kind of its fault."""

    @property
    def its(self) -> F:
        """The fault."""
        return cast(F, self.fault)


class Timed(Of[F]):
    """Lets each item out at its time, never before the one in front of it."""

    def __init__(self, fault: Fault, lane: Lane) -> None:
        super().__init__(fault, lane)
        self._queue: deque[tuple[float, Item]] = deque()
        self._size = 0
        self._latest = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Bytes in the queue."""
        return self._size

    def due(self, item: Item, now: float) -> float:
        """When it may leave."""
        raise NotImplementedError

    def put(self, item: Item) -> None:
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
        self.lane.look()

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


def weight(item: Item) -> int:
    """The bytes that an item has."""
    return 0 if isinstance(item, Sign) else len(item.data)


class Spotting(Of[F]):
    """Looks at each part of a head or frame as it passes. In a connection that runs, it begins with the next frame."""

    def __init__(self, fault: Fault, lane: Lane) -> None:
        super().__init__(fault, lane)
        self._spotter = Spotter()
        self._passing = False  # of a frame whose beginning it has not seen
        self._gone = 0  # bytes that the spotter knows and that went by
        self._pieces: deque[Piece] = deque()  # what the spotter has, and has not told apart

    def join(self, spotter: Spotter) -> None:
        """Go on from what went by."""
        self._spotter = spotter
        self._passing = spotter.is_inside
        self._gone = spotter.kept

    def seen_behind(self) -> Spotter:
        """What it let pass."""
        return self._spotter.before() if self.waiting or self._pieces else self._spotter.clone()

    def put(self, item: Item) -> None:
        """Look, also before its time: frames are counted from the first."""
        if isinstance(item, Sign):
            self._parted(self._spotter.end())
            self.sign(item)
            return
        self._pieces.append(item)
        self._parted(self._spotter.feed(item.data))

    def _parted(self, parts: list[Part]) -> None:
        for part in parts:
            piece = self._piece(len(part.data) - self._gone)
            self._gone = 0
            if self.sleeps or self._passing:
                self._passing = self._passing and not part.last
                self.on(piece)
            else:
                self.part(part, piece)

    def _piece(self, size: int) -> Piece:
        """The next so many bytes as one piece."""
        taken: list[Piece] = []
        while size:
            piece = self._pieces.popleft()
            if len(piece.data) > size:
                piece, rest = piece.split(size)
                self._pieces.appendleft(rest)
            taken.append(piece)
            size -= len(piece.data)
        if len(taken) == 1:
            return taken[0]
        return Piece(b"".join(each.data for each in taken), taken[0].start, sum(each.size for each in taken))

    def part(self, part: Part, piece: Piece) -> None:
        """A part, and the piece that it is."""
        raise NotImplementedError

    def change(self, piece: Piece, data: bytes, words: str) -> None:
        """Let other bytes go on."""
        changed = piece._replace(data=data)
        self.holder.changed(self.role, changed, words)
        self.on(changed)


class Whole(Spotting[F]):
    """Sees heads and frames as wholes: it keeps their parts back until they are."""

    def __init__(self, fault: Fault, lane: Lane) -> None:
        super().__init__(fault, lane)
        self._parts: list[Piece] = []

    def part(self, part: Part, piece: Piece) -> None:
        """Gather."""
        self._parts.append(piece)
        if part.last:
            whole = self._gathered()
            self.whole(part, whole)

    def _gathered(self) -> Piece:
        parts, self._parts = self._parts, []
        return Piece(b"".join(each.data for each in parts), parts[0].start, sum(each.size for each in parts))

    def whole(self, part: Part, piece: Piece) -> None:
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
