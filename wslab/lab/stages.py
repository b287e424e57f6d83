"""What each fault does to the bytes of one direction.

Rules of this module: a stage gets pieces in order and lets them out in order. What it changes or swallows it reports,
so that the tape has it. Chance comes from the holder's `random`, time from its world, and nothing from anywhere else.

What it leaves out: faults that watch a whole connection (`watchers`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from wslab.lab.faults import (
    AlterHeader,
    Coalesce,
    Cut,
    Delay,
    DelayPongs,
    Fault,
    Flip,
    Gate,
    Insert,
    Loss,
    Meddle,
    Outage,
    Rate,
    Rechunk,
    Silence,
    Split,
    SwallowPongs,
    TruncateText,
)
from wslab.lab.lane import Item, Lane, Piece, Sign, Stage
from wslab.lab.spotter import Part, Spotter
from wslab.protocol import Frame, FrameParser, Opcode, ProtocolError, Role

F = TypeVar("F", bound=Fault)

_SEGMENT = 1460  # bytes that a TCP segment usually has
_TICK = 0.05  # seconds over which a narrow path lets bytes through at once
_MOST_LOSSES = 6  # of the same bytes, one after the other


class _Of(Stage, Generic[F]):
    """A stage that knows the kind of its fault."""

    @property
    def its(self) -> F:
        """The fault."""
        return cast(F, self.fault)


# --- time -------------------------------------------------------------------------------


class _Timed(_Of[F]):
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
        self._size += _weight(item)
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
        self._size -= _weight(item)
        self.on(item)

    def flush(self) -> None:
        """All of them, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            self._leave()


class DelayStage(_Timed[Delay]):
    """Later."""

    def due(self, item: Item, now: float) -> float:
        """After the delay, and a part of the jitter."""
        return now + self.its.seconds + self.holder.random.random() * self.its.jitter


class RateStage(_Timed[Rate]):
    """Slowly."""

    room = 64 * 1024

    def put(self, item: Item) -> None:
        """In small portions."""
        portion = max(1, int(self.its.bytes_per_second * _TICK))
        while isinstance(item, Piece) and len(item.data) > portion and not self.sleeps:
            first, item = item.split(portion)
            super().put(first)
        super().put(item)

    def due(self, item: Item, now: float) -> float:
        """When the path is free, and has taken it."""
        return max(self._latest, now) + _weight(item) / self.its.bytes_per_second


class LossStage(_Timed[Loss]):
    """Lost, and sent again by TCP."""

    def put(self, item: Item) -> None:
        """Each segment has its own luck."""
        while isinstance(item, Piece) and len(item.data) > _SEGMENT and not self.sleeps:
            first, item = item.split(_SEGMENT)
            super().put(first)
        super().put(item)

    def due(self, item: Item, now: float) -> float:
        """Now, or when TCP has sent it again, each time after twice the time."""
        losses = 0
        while losses < _MOST_LOSSES and self.holder.random.random() < self.its.probability:
            losses += 1
        return now + self.its.retransmit_after * float(2**losses - 1)


class OutageStage(_Timed[Outage]):
    """Not now."""

    def due(self, item: Item, now: float) -> float:
        """When the outage is over."""
        return max(now, self.begins + self.its.seconds)


class CoalesceStage(_Timed[Coalesce]):
    """Together."""

    def due(self, item: Item, now: float) -> float:
        """With the first of those that wait."""
        return self._latest if self._queue else now + self.its.seconds

    def _let_go(self) -> None:
        self._glue()
        super()._let_go()

    def _glue(self) -> None:
        """Make one piece of those that leave together."""
        due, pieces = self._queue[0][0], []
        while self._queue and self._queue[0][0] <= due and isinstance(self._queue[0][1], Piece):
            pieces.append(cast(Piece, self._queue.popleft()[1]))
        if pieces:
            whole = Piece(b"".join(each.data for each in pieces), pieces[0].start, sum(each.size for each in pieces))
            self._queue.appendleft((due, whole))


# --- chunks -----------------------------------------------------------------------------


class RechunkStage(_Of[Rechunk]):
    """In chunks of one size. On the real clock the system may put some together again before they are read."""

    def take(self, piece: Piece) -> None:
        """Cut it up."""
        while len(piece.data) > self.its.size:
            first, piece = piece.split(self.its.size)
            self.on(first)
        self.on(piece)


class SplitStage(_Of[Split]):
    """A chunk ends here."""

    def take(self, piece: Piece) -> None:
        """Cut it where the place is inside."""
        at = self.its.at_byte - piece.start
        if 0 < at < piece.size == len(piece.data):
            first, piece = piece.split(at)
            self.on(first)
        self.on(piece)


# --- the bytes of heads and frames --------------------------------------------------------


class _Spotting(_Of[F]):
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


class AlterHeaderStage(_Spotting[AlterHeader]):
    """Another head."""

    def part(self, part: Part, piece: Piece) -> None:
        """Remove, change or add a line of the head."""
        is_head = part.frame == 0 and b"\r\n\r\n" in part.data
        head = _altered(part.data, self.its.name, self.its.value) if is_head else part.data
        if head == part.data:
            self.on(piece)
        else:
            self.change(piece, head, self._words())

    def _words(self) -> str:
        whose = "request" if self.role.value == "client" else "response"
        if self.its.value is None:
            return f"An intermediary takes the header {self.its.name} out of the {whose}."
        return f"An intermediary makes the header {self.its.name} of the {whose} {self.its.value!r}."


def _altered(head: bytes, name: str, value: str | None) -> bytes:
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [each for each in lines[1:] if each.partition(b":")[0].strip().lower() != name.encode("latin-1").lower()]
    new = [] if value is None else [f"{name}: {value}".encode("latin-1")]
    if value is None and len(kept) == len(lines) - 1:
        return head
    return b"\r\n".join([lines[0], *kept, *new]) + b"\r\n\r\n"


class FlipStage(_Spotting[Flip]):
    """One bit."""

    def part(self, part: Part, piece: Piece) -> None:
        """Turn it over where it is inside."""
        at = self._place(part, piece)
        if at is None or not 0 <= at < len(piece.data):
            self.on(piece)
            return
        data = _flipped(piece.data, at * 8 + self.its.bit)
        where = f"byte {part.at + at} of frame {part.frame}" if part.frame else f"byte {piece.start + at} of the head"
        self.change(piece, data, f"Bit {self.its.bit} of {where} of the {self.role} is turned over on the way.")

    def _place(self, part: Part, piece: Piece) -> int | None:
        if self.its.at_byte is not None:
            return self.its.at_byte - piece.start if piece.size == len(piece.data) else None
        return self.its.into - part.at if part.frame == self.its.at_frame else None


def _flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit turned over, counted from its first."""
    turned = bytearray(data)
    turned[bit // 8] ^= 0x80 >> bit % 8
    return bytes(turned)


class _Whole(_Spotting[F]):
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


class TruncateTextStage(_Whole[TruncateText]):
    """A text that ends inside a character."""

    def part(self, part: Part, piece: Piece) -> None:
        """Only one frame is looked at as a whole."""
        if part.frame == self.its.at_frame and part.opcode == Opcode.TEXT:
            super().part(part, piece)
        else:
            self.on(piece)

    def whole(self, part: Part, piece: Piece) -> None:
        """Shorten it."""
        short = _shortened(piece.data, self.role.peer)
        if short is None:
            self.on(piece)
        else:
            self.change(piece, short, f"Frame {part.frame} of the {self.role} loses its end, inside a character.")


def _shortened(data: bytes, receiver: Role) -> bytes | None:
    try:
        (frame,) = FrameParser(receiver).feed(data)
    except (ProtocolError, ValueError):
        return None
    payload = frame.payload
    end = len(payload)
    while end and payload[end - 1] < 0x80:
        end -= 1
    return frame.replace(payload=payload[: end - 1]).serialize() if end else None


class CutStage(_Spotting[Cut]):
    """The end, at a place."""

    def __init__(self, fault: Fault, lane: Lane) -> None:
        super().__init__(fault, lane)
        self._tail = b""
        self._is_over = False

    def part(self, part: Part, piece: Piece) -> None:
        """Let pass what is before the place, and cut."""
        at = None if self._is_over else self._place(part, piece)
        if self._is_over:
            self.holder.swallowed(self.role, piece, "")
        elif at is None or at >= len(piece.data):
            self.on(piece)
        else:
            before, behind = piece.split(at)
            if before.data:
                self.on(before)
            self._is_over = True
            self.holder.swallowed(self.role, behind, "")
            self.holder.world.later(0.0, lambda: self.holder.cut(gently=self.its.gently))

    def _place(self, part: Part, piece: Piece) -> int | None:
        """Where in this piece the cut is; None where it is not."""
        if self.its.seen:
            return self._seen(piece.data)
        if self.its.at_byte is not None:
            place = self.its.at_byte - piece.start
        else:
            place = self.its.into - part.at if part.frame == self.its.at_frame else -1
        return place if place >= 0 else None

    def _seen(self, data: bytes) -> int | None:
        looked = self._tail + data
        found = looked.find(self.its.seen)
        self._tail = looked[-len(self.its.seen) + 1 :] if len(self.its.seen) > 1 else b""
        return max(0, found - (len(looked) - len(data))) if found >= 0 else None


# --- Pongs ------------------------------------------------------------------------------


class SwallowPongsStage(_Whole[SwallowPongs]):
    """No Pong."""

    def part(self, part: Part, piece: Piece) -> None:
        """Only Pongs are kept back."""
        if part.opcode == Opcode.PONG:
            super().part(part, piece)
        else:
            self.on(piece)

    def whole(self, part: Part, piece: Piece) -> None:
        """Swallow it."""
        self.holder.swallowed(self.role, piece, "")


class DelayPongsStage(_Timed[DelayPongs]):
    """Late Pongs."""

    def __init__(self, fault: Fault, lane: Lane) -> None:
        super().__init__(fault, lane)
        self._spotter = Spotter()

    def put(self, item: Item) -> None:
        """A chunk with a Pong in it is late."""
        self._has_pong = isinstance(item, Piece) and any(
            each.opcode == Opcode.PONG for each in self._spotter.feed(item.data)
        )
        super().put(item)

    def due(self, item: Item, now: float) -> float:
        """Later, for a Pong."""
        return now + self.its.seconds if self._has_pong else now


# --- nothing passes ---------------------------------------------------------------------


class SilenceStage(_Of[Silence]):
    """Nothing."""

    def __init__(self, fault: Fault, lane: Lane) -> None:
        super().__init__(fault, lane)
        self._swallowed = False

    @property
    def is_forever(self) -> bool:  # type: ignore[override]
        """What was acknowledged is not sent again: a stream with a hole in it would be a lie."""
        return self._swallowed

    def take(self, piece: Piece) -> None:
        """Swallow it."""
        self._swallowed = True
        self.holder.swallowed(self.role, piece, "")

    def sign(self, sign: Sign) -> None:
        """This too."""
        if self.sleeps:
            super().sign(sign)


class ForgetStage(_Of[Fault]):
    """An intermediary that knows nothing of this connection any more."""

    def take(self, piece: Piece) -> None:
        """RST to whoever sends."""
        self.holder.swallowed(self.role, piece, "")
        self.holder.tell(f"The intermediary knows no such connection any more, and answers the {self.role} with RST.")
        self.holder.reset(self.role)

    def sign(self, sign: Sign) -> None:
        """The same."""
        self.holder.reset(self.role)


# --- the gate -----------------------------------------------------------------------------


@dataclass(eq=False)
class Held:
    """A head or frame that waits at a gate. What is behind it in its direction waits for it."""

    connection: int
    sender: str
    data: bytes
    _decide: Callable[[Held, str, bytes], None]
    decided: str = ""

    @property
    def frame(self) -> Frame | None:
        """The frame, where it is a whole and legal one."""
        try:
            frames = FrameParser(Role(self.sender).peer).feed(self.data)
        except ProtocolError:
            return None
        return frames[0] if frames and not self.data.startswith((b"GET ", b"HTTP/")) else None

    def release(self) -> None:
        """Let it pass."""
        self._decide(self, "release", b"")

    def drop(self) -> None:
        """Swallow it."""
        self._decide(self, "drop", b"")

    def edit(self, data: bytes) -> None:
        """Let these bytes go on instead."""
        self._decide(self, "edit", data)


class GateStage(_Whole[Gate]):
    """One by one, by hand."""

    room = 1024 * 1024

    def __init__(self, fault: Fault, lane: Lane) -> None:
        super().__init__(fault, lane)
        self.held: deque[tuple[Held, Piece]] = deque()
        self._signs: list[Sign] = []

    def whole(self, part: Part, piece: Piece) -> None:
        """It waits."""
        number = getattr(self.holder, "number", 0)
        self.held.append((Held(number, self.role.value, piece.data, self._decide), piece))

    def _decide(self, held: Held, what: str, data: bytes) -> None:
        if held.decided:
            raise ValueError(f"It was decided already ({held.decided}): what has gone on cannot be called back.")
        held.decided = what
        self._edited = data
        for place, (each, piece) in enumerate(self.held):
            if each is held and what == "edit":
                self.held[place] = (each, piece._replace(data=data))
        self._go()

    def _go(self) -> None:
        """Those in front that are decided."""
        while self.held and self.held[0][0].decided:
            held, piece = self.held.popleft()
            self._let(held, piece)
        if not self.held:
            signs, self._signs = self._signs, []
            for sign in signs:
                self.on(sign)
        self.lane.look()

    def _let(self, held: Held, piece: Piece) -> None:
        if held.decided == "drop":
            self.holder.swallowed(self.role, piece, "")
        elif held.decided == "edit" and piece.data != held.data:
            self.change(piece, piece.data, f"A frame of the {self.role} is changed by hand on the way.")
        else:
            self.on(piece)

    def seen_behind(self) -> Spotter:
        """What it let pass: whole heads and frames."""
        seen = self._spotter.before() if self._parts or self._pieces else self._spotter.clone()
        seen.frame -= len(self.held)
        return seen

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        return super().waiting + sum(len(piece.data) for _, piece in self.held)

    def sign(self, sign: Sign) -> None:
        """Behind those that wait; RST waits for nobody."""
        if self.held and sign is Sign.FIN:
            self._signs.append(sign)
        else:
            self.on(sign)

    def flush(self) -> None:
        """All pass."""
        for held, _ in self.held:
            held.decided = held.decided or "release"
        self._go()
        super().flush()


class InsertStage(_Spotting[Insert]):
    """Frames of somebody else's, between those that pass."""

    def __init__(self, fault: Fault, lane: Lane) -> None:
        super().__init__(fault, lane)
        self._at_end = False  # of a frame, or of the head
        self._next = 0
        self._pending: list[tuple[bytes, str]] = []

    def part(self, part: Part, piece: Piece) -> None:
        """It passes; behind the last part of a frame is room for another."""
        self._next = piece.start + piece.size
        self._at_end = part.last
        self.on(piece)
        if part.last:
            self._put_between()

    def insert(self, data: bytes, words: str) -> None:
        """Now, or behind the frame that is passing."""
        self._pending.append((data, words))
        if self._at_end:
            self._put_between()

    def _put_between(self) -> None:
        pending, self._pending = self._pending, []
        for data, words in pending:
            self.change(Piece(b"", self._next, 0), data, words)


# --- interventions ------------------------------------------------------------------------


class MeddleStage(_Timed[Meddle]):
    """One thing done to some bytes of the stream."""

    def put(self, item: Item) -> None:
        """What is before and behind passes; a delay holds back what is behind, too."""
        if isinstance(item, Sign) or not _overlap(item, self.its):
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

    def _meddle(self, piece: Piece) -> None:
        if self.its.action == "delay":
            super().put(piece)
        elif self.its.action == "drop":
            self.holder.swallowed(self.role, piece, "")
        elif self.its.action == "cut":
            self.holder.swallowed(self.role, piece, "")
            self.holder.cut(gently=False)
        else:
            self._change(piece)

    def _change(self, piece: Piece) -> None:
        begins = piece.start == self.its.start
        if self.its.action == "edit":
            data, words = (self.its.data if begins else b""), f"The {self.role}'s bytes are changed on the way."
        else:
            bit = self.its.bit - (piece.start - self.its.start) * 8
            if not 0 <= bit < 8 * piece.size:
                self.on(piece)
                return
            data = _flipped(piece.data, bit)
            words = f"Bit {self.its.bit % 8} of byte {self.its.bit // 8} of what the {self.role} sent is turned over."
        changed = piece._replace(data=data)
        self.holder.changed(self.role, changed, words)
        super().put(changed)

    def due(self, item: Item, now: float) -> float:
        """Later, where that is the action."""
        meant = isinstance(item, Piece) and self.its.action == "delay" and _overlap(item, self.its)
        return now + self.its.seconds if meant else now


def _overlap(piece: Piece, fault: Meddle) -> bool:
    return piece.start < fault.stop and fault.start < piece.start + piece.size


def _weight(item: Item) -> int:
    return 0 if isinstance(item, Sign) else len(item.data)


STAGES: dict[type[Fault], type[Stage]] = {
    Delay: DelayStage,
    Rate: RateStage,
    Loss: LossStage,
    Outage: OutageStage,
    Silence: SilenceStage,
    Rechunk: RechunkStage,
    Split: SplitStage,
    Coalesce: CoalesceStage,
    Flip: FlipStage,
    TruncateText: TruncateTextStage,
    AlterHeader: AlterHeaderStage,
    SwallowPongs: SwallowPongsStage,
    DelayPongs: DelayPongsStage,
    Gate: GateStage,
    Insert: InsertStage,
    Meddle: MeddleStage,
    Cut: CutStage,
}
"""The stage that each fault of bytes becomes."""


def stage(fault: Fault, lane: Lane) -> Stage | None:
    """The stage that this fault becomes, if any."""
    if isinstance(fault, Cut) and not fault.has_place:
        return None
    kind = STAGES.get(type(fault))
    return None if kind is None else kind(fault, lane)
