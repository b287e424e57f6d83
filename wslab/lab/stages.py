"""What each fault does to the bytes of one direction.

Rules of this module: one class a fault, and `STAGES` says which; the rules of `staging` hold.

What it leaves out: faults that watch a whole connection (`watchers`), the gate (`gate`), interventions (`departure`).
"""

from __future__ import annotations

from typing import cast

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
    Outage,
    Rate,
    Rechunk,
    Silence,
    Split,
    SwallowPongs,
    TruncateText,
)
from wslab.lab.gate import GateStage, InsertStage
from wslab.lab.lane import Item, Lane, Piece, Sign, Stage
from wslab.lab.spotter import Part, Spotter
from wslab.lab.staging import Of, Spotting, Timed, Whole, flipped, weight
from wslab.protocol import FrameParser, Opcode, ProtocolError, Role

_SEGMENT = 1460  # bytes that a TCP segment usually has
_TICK = 0.05  # seconds over which a narrow path lets bytes through at once
_MOST_LOSSES = 6  # of the same bytes, one after the other

# --- time -------------------------------------------------------------------------------


class DelayStage(Timed[Delay]):
    """Later."""

    def due(self, item: Item, now: float) -> float:
        """After the delay, and a part of the jitter."""
        return now + self.its.seconds + self.holder.random.random() * self.its.jitter


class RateStage(Timed[Rate]):
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
        return max(self._latest, now) + weight(item) / self.its.bytes_per_second


class LossStage(Timed[Loss]):
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


class OutageStage(Timed[Outage]):
    """Not now."""

    def due(self, item: Item, now: float) -> float:
        """When the outage is over."""
        return max(now, self.begins + self.its.seconds)


class CoalesceStage(Timed[Coalesce]):
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


class RechunkStage(Of[Rechunk]):
    """In chunks of one size. On the real clock the system may put some together again before they are read."""

    def take(self, piece: Piece) -> None:
        """Cut it up."""
        while len(piece.data) > self.its.size:
            first, piece = piece.split(self.its.size)
            self.on(first)
        self.on(piece)


class SplitStage(Of[Split]):
    """A chunk ends here."""

    def take(self, piece: Piece) -> None:
        """Cut it where the place is inside."""
        at = self.its.at_byte - piece.start
        if 0 < at < piece.size == len(piece.data):
            first, piece = piece.split(at)
            self.on(first)
        self.on(piece)


# --- the bytes of heads and frames --------------------------------------------------------


class AlterHeaderStage(Spotting[AlterHeader]):
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


class FlipStage(Spotting[Flip]):
    """One bit."""

    def part(self, part: Part, piece: Piece) -> None:
        """Turn it over where it is inside."""
        at = self._place(part, piece)
        if at is None or not 0 <= at < len(piece.data):
            self.on(piece)
            return
        data = flipped(piece.data, at * 8 + self.its.bit)
        where = f"byte {part.at + at} of frame {part.frame}" if part.frame else f"byte {piece.start + at} of the head"
        self.change(piece, data, f"Bit {self.its.bit} of {where} of the {self.role} is turned over on the way.")

    def _place(self, part: Part, piece: Piece) -> int | None:
        if self.its.at_byte is not None:
            return self.its.at_byte - piece.start if piece.size == len(piece.data) else None
        return self.its.into - part.at if part.frame == self.its.at_frame else None


class TruncateTextStage(Whole[TruncateText]):
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


class CutStage(Spotting[Cut]):
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


class SwallowPongsStage(Whole[SwallowPongs]):
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


class DelayPongsStage(Timed[DelayPongs]):
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


class SilenceStage(Of[Silence]):
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
        else:
            self.holder.unheard(self.role)


class ForgetStage(Of[Fault]):
    """An intermediary that knows nothing of this connection any more."""

    def take(self, piece: Piece) -> None:
        """RST to whoever sends."""
        self.holder.swallowed(self.role, piece, "")
        self.holder.tell(f"The intermediary knows no such connection any more, and answers the {self.role} with RST.")
        self.holder.reset(self.role)

    def sign(self, sign: Sign) -> None:
        """The same."""
        self.holder.reset(self.role)


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
    Cut: CutStage,
}
"""The stage that each fault of bytes becomes."""


def stage(fault: Fault, lane: Lane) -> Stage | None:
    """The stage that this fault becomes, if any."""
    if isinstance(fault, Cut) and not fault.has_place:
        return None
    kind = STAGES.get(type(fault))
    return None if kind is None else kind(fault, lane)
