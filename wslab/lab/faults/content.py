"""TODO."""

from __future__ import annotations

from dataclasses import dataclass

from wslab.lab.faults.base import Fault, _one_place
from wslab.lab.faults.stage import FaultStage, PartStage, StreamChunk, WholeFrameStage, flipped
from wslab.protocol import FrameParser, Opcode, ProtocolError, Role
from wslab.protocol.scanner import Span

# --- faults of the bytes ------------------------------------------------------------------


@dataclass(frozen=True)
class Rechunk(Fault):
    """The same bytes in chunks of `size`: TCP promises bytes, not chunks."""

    size: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 1:
            raise ValueError("Rechunk: size is at least 1 byte.")


@dataclass(frozen=True)
class Split(Fault):
    """A chunk ends behind so many bytes of the stream, heads included, wherever else chunks end."""

    at_byte: int


@dataclass(frozen=True)
class Flip(Fault):
    """One bit is turned over: `bit` (0 is the first, most significant one, as the RFC draws them) of a byte.

    The byte is number `at_byte` of the stream, counted from 0, or number `into` of frame `at_frame`, counted from 1.
    """

    at_byte: int | None = None
    at_frame: int | None = None
    into: int = 0
    bit: int = 7

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_place(self, self.at_byte is not None, self.at_frame is not None)
        if self.bit > 7:
            raise ValueError(f"Flip: bit is 0 to 7; this is {self.bit}.")
        if self.at_byte is None and self.at_frame is None:
            raise ValueError("Flip: say which byte: at_byte=..., or at_frame=... and into=....")
        if self.of is None:
            object.__setattr__(self, "of", Role.CLIENT)


@dataclass(frozen=True)
class TruncateText(Fault):
    """Text frame `at_frame` of a sender is shortened by some bytes, so that it ends inside a character of UTF-8."""

    at_frame: int = 1


@dataclass(frozen=True)
class AlterHeader(Fault):
    """A header of the opening handshake is removed (`value` None), changed, or added."""

    name: str
    value: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name or any(c in "\r\n:" for c in self.name) or any(c in "\r\n" for c in self.value or ""):
            raise ValueError(f"AlterHeader: a header is one line, `Name: value`; not {self.name!r}: {self.value!r}.")


# --- chunks -----------------------------------------------------------------------------


class RechunkStage(FaultStage[Rechunk]):
    """In chunks of one size. On the real clock the system may put some together again before they are read."""

    def take(self, piece: StreamChunk) -> None:
        """Cut it up."""
        while len(piece.data) > self.its.size:
            first, piece = piece.split(self.its.size)
            self.on(first)
        self.on(piece)


class SplitStage(FaultStage[Split]):
    """A chunk ends here."""

    def take(self, piece: StreamChunk) -> None:
        """Cut it where the place is inside."""
        at = self.its.at_byte - piece.start
        if 0 < at < piece.size == len(piece.data):
            first, piece = piece.split(at)
            self.on(first)
        self.on(piece)


# --- the bytes of heads and frames --------------------------------------------------------


class AlterHeaderStage(PartStage[AlterHeader]):
    """Another head."""

    def part(self, part: Span, piece: StreamChunk) -> None:
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


class FlipStage(PartStage[Flip]):
    """One bit."""

    def part(self, part: Span, piece: StreamChunk) -> None:
        """Turn it over where it is inside."""
        at = self._place(part, piece)
        if at is None or not 0 <= at < len(piece.data):
            self.on(piece)
            return
        data = flipped(piece.data, at * 8 + self.its.bit)
        where = f"byte {part.at + at} of frame {part.frame}" if part.frame else f"byte {piece.start + at} of the head"
        self.change(piece, data, f"Bit {self.its.bit} of {where} of the {self.role} is turned over on the way.")

    def _place(self, part: Span, piece: StreamChunk) -> int | None:
        if self.its.at_byte is not None:
            return self.its.at_byte - piece.start if piece.size == len(piece.data) else None
        return self.its.into - part.at if part.frame == self.its.at_frame else None


class TruncateTextStage(WholeFrameStage[TruncateText]):
    """A text that ends inside a character."""

    def part(self, part: Span, piece: StreamChunk) -> None:
        """Only one frame is looked at as a whole."""
        if part.frame == self.its.at_frame and part.opcode == Opcode.TEXT:
            super().part(part, piece)
        else:
            self.on(piece)

    def whole(self, part: Span, piece: StreamChunk) -> None:
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
