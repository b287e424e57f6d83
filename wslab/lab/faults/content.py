"""Faults of the bytes: where chunks end, one bit, the end of a text, a header of the opening handshake.

TCP promises bytes in order, not chunks: `Rechunk` and `Split` only move the places at which chunks end. The others
change bytes, as a broken intermediary would, and report every change to the tape with what was there.

Left out: what only takes time (`timing`), and what ends a connection (`ending`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wslab.lab.faults.base import Fault, check_one_place, place_words
from wslab.lab.faults.chunk import StreamChunk
from wslab.lab.faults.stage import Direction, FaultStage, PartStage, WholeFrameStage, flipped
from wslab.protocol import FrameParser, Opcode, ProtocolError, Role
from wslab.protocol.frames.scanner import Span
from wslab.tape.records import FaultAct

# --- chunks of one size -----------------------------------------------------------------


@dataclass(frozen=True)
class Rechunk(Fault):
    """The same bytes in chunks of `size`: TCP promises bytes, not chunks."""

    kind: ClassVar[str] = "rechunk"

    size: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 1:
            raise ValueError("Rechunk: size is at least 1 byte.")

    def stage(self, flow: Direction) -> RechunkStage:
        """Chunks are cut up."""
        return RechunkStage(self, flow)

    def figures(self) -> str:
        """`1 B each`."""
        return f"{self.size} B each"

    def effect(self) -> str:
        """How small the chunks are."""
        return f"The bytes of {self.whose} come in chunks of {self.size}: TCP promises bytes, not chunks."


class RechunkStage(FaultStage[Rechunk]):
    """Cuts each chunk up. On the real clock the system may put some together again before they are read."""

    def take(self, chunk: StreamChunk) -> None:
        """Let the chunk go in parts of one size; the last may be shorter."""
        for piece in chunk.pieces(self.fault.size):
            self.pass_on(piece)


# --- a chunk that ends here -------------------------------------------------------------


@dataclass(frozen=True)
class Split(Fault):
    """A chunk ends behind so many bytes of the stream, heads included, wherever else chunks end."""

    kind: ClassVar[str] = "split"
    example: ClassVar[str] = "at_byte=200"

    at_byte: int

    def stage(self, flow: Direction) -> SplitStage:
        """One chunk is cut in two."""
        return SplitStage(self, flow)

    def figures(self) -> str:
        """`at byte 200`."""
        return f"at byte {self.at_byte}"

    def effect(self) -> str:
        """Where the chunk ends."""
        return f"A chunk of {self.whose} ends behind byte {self.at_byte}, wherever else chunks end."


class SplitStage(FaultStage[Split]):
    """Cuts the chunk in which the place is."""

    def take(self, chunk: StreamChunk) -> None:
        """Cut the chunk where the place is inside; one that was made longer or shorter has no such place any more."""
        at = self.fault.at_byte - chunk.start
        if 0 < at < chunk.size == len(chunk.data):
            first, chunk = chunk.split(at)
            self.pass_on(first)
        self.pass_on(chunk)


# --- one bit ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Flip(Fault):
    """One bit of a byte is flipped: `bit` (0 is the first, most significant one, as the RFC draws them).

    The byte is number `at_byte` of the stream, counted from 0, or number `into` of frame `at_frame`, counted from 1.
    """

    kind: ClassVar[str] = "flip"
    example: ClassVar[str] = "at_frame=2,bit=3"

    at_byte: int | None = None
    at_frame: int | None = None
    into: int = 0
    bit: int = 7

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_place(self, self.at_byte is not None, self.at_frame is not None)
        if self.bit > 7:
            raise ValueError(f"Flip: bit is 0 to 7; this is {self.bit}.")
        if self.at_byte is None and self.at_frame is None:
            raise ValueError("Flip: say which byte: at_byte=..., or at_frame=... and into=....")
        if self.of is None:
            object.__setattr__(self, "of", Role.CLIENT)

    def stage(self, flow: Direction) -> FlipStage:
        """The bit is flipped as it passes."""
        return FlipStage(self, flow)

    def figures(self) -> str:
        """`bit 3 at frame 2`."""
        return f"bit {self.bit} {self._place}"

    def effect(self) -> str:
        """Which bit it is."""
        return f"Bit {self.bit} is flipped {self._place} of {self.whose}; bit 0 is the most significant one."

    @property
    def _place(self) -> str:
        return place_words(self.at_byte, self.at_frame, self.into)


class FlipStage(PartStage[Flip]):
    """Flips the bit in the part in which it is."""

    def lets_pass(self, span: Span) -> bool:
        """Whether it is another frame."""
        return self.fault.at_byte is None and span.frame != self.fault.at_frame

    def take_span(self, span: Span, chunk: StreamChunk) -> None:
        """Flip the bit where it is inside."""
        at = self._place(span, chunk)
        if at is None or not 0 <= at < len(chunk.data):
            self.pass_on(chunk)
            return
        data = flipped(chunk.data, at * 8 + self.fault.bit)
        byte, frame = (span.at + at, span.frame) if span.frame else (chunk.start + at, None)  # None: in the head
        self.change(chunk, data, self.act("bit-flipped", bit=self.fault.bit, byte=byte, frame=frame))

    def _place(self, span: Span, chunk: StreamChunk) -> int | None:
        """Where in this chunk the byte is, or would be; None where nothing can be said."""
        if self.fault.at_byte is not None:
            return self.fault.at_byte - chunk.start if chunk.size == len(chunk.data) else None
        return self.fault.into - span.at if span.frame == self.fault.at_frame else None


# --- a text that is no UTF-8 ------------------------------------------------------------


@dataclass(frozen=True)
class TruncateText(Fault):
    """Frame `at_frame` of a sender, if it is text, is shortened, so that it ends inside a character of UTF-8.

    A compressed frame, and one with no whole character of more than one byte, passes unchanged, and the tape says so.
    """

    kind: ClassVar[str] = "truncate-text"

    at_frame: int = 1

    def stage(self, flow: Direction) -> TruncateTextStage:
        """The frame waits until it is whole, and is shortened."""
        return TruncateTextStage(self, flow)

    def figures(self) -> str:
        """`frame 1`."""
        return f"frame {self.at_frame}"

    def effect(self) -> str:
        """Which frame it is."""
        return f"Frame {self.at_frame} of {self.whose}, if it is text, ends inside a character of UTF-8."


class TruncateTextStage(WholeFrameStage[TruncateText]):
    """Shortens one text frame; its header then has the new length, so only the text is wrong."""

    def lets_pass(self, span: Span) -> bool:
        """Whether it is not the one frame, which alone is kept back."""
        return span.frame != self.fault.at_frame or span.opcode != Opcode.TEXT

    def take_whole(self, span: Span, chunk: StreamChunk) -> None:
        """Shorten the frame, if there is a character to cut; else say why not."""
        short = _shortened(chunk.data, self.role.peer)
        if isinstance(short, str):
            self.owner.record_fact(self.act("not-truncated", frame=span.frame, why=short))
            self.pass_on(chunk)
        else:
            self.change(chunk, short, self.act("text-truncated", frame=span.frame))


def _shortened(data: bytes, receiver: Role) -> bytes | str:
    """The frame up to the middle of its last whole character of several bytes; else why it stays as it is."""
    try:
        (frame,) = FrameParser(receiver, rsv1=True).feed(data)
    except (ProtocolError, ValueError):
        return "illegal"
    if frame.rsv1:
        return "compressed"
    payload = frame.payload
    end = next((end for end in range(len(payload) - 1, 0, -1) if _ends_inside(payload, end)), 0)
    return frame.replace(payload=payload[:end]).serialize() if end else "ascii"


def _ends_inside(payload: bytes, end: int) -> bool:
    """Whether the bytes before `end` end inside a character of UTF-8, and the next byte goes on with it."""
    # the first byte of a character tells its length, each further one begins with the bits 10 (RFC 3629 §3)
    if payload[end] & 0b1100_0000 != 0b1000_0000:
        return False
    back = next((back for back in range(1, min(4, end + 1)) if payload[end - back] & 0b1100_0000 != 0b1000_0000), 0)
    first = payload[end - back]
    length = 2 if first >> 5 == 0b110 else 3 if first >> 4 == 0b1110 else 4 if first >> 3 == 0b11110 else 0
    return 0 < back < length


# --- another head -----------------------------------------------------------------------


@dataclass(frozen=True)
class AlterHeader(Fault):
    """A header of the opening handshake is removed (`value` None), changed, or added."""

    kind: ClassVar[str] = "header"
    example: ClassVar[str] = "name=Upgrade,of=client"

    name: str
    value: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name or any(c in "\r\n:" for c in self.name) or any(c in "\r\n" for c in self.value or ""):
            raise ValueError(f"AlterHeader: a header is one line, `Name: value`; not {self.name!r}: {self.value!r}.")

    def stage(self, flow: Direction) -> AlterHeaderStage:
        """The head is changed as it passes."""
        return AlterHeaderStage(self, flow)

    def figures(self) -> str:
        """`Upgrade removed`, or `Origin: null`."""
        return f"{self.name} removed" if self.value is None else f"{self.name}: {self.value}"

    def effect(self) -> str:
        """What becomes of the header."""
        what = "is taken out of the opening handshake." if self.value is None else f"becomes “{self.value}”."
        return f"The header {self.name} of {self.whose} {what}"


class AlterHeaderStage(PartStage[AlterHeader]):
    """Changes the head; everything behind it passes."""

    def lets_pass(self, span: Span) -> bool:
        """Whether it is a frame."""
        return span.frame > 0

    def take_span(self, span: Span, chunk: StreamChunk) -> None:
        """Remove, change or add a line of the head."""
        is_head = span.frame == 0 and b"\r\n\r\n" in span.data
        head = _altered(span.data, self.fault.name, self.fault.value) if is_head else span.data
        if head == span.data:
            self.pass_on(chunk)
        else:
            self.change(chunk, head, self._act(self.fault.name, self.fault.value))

    def _act(self, name: str, value: str | None) -> FaultAct:
        if value is None:
            return self.act("header-removed", name=name)
        return self.act("header-set", name=name, value=value)


def _altered(head: bytes, name: str, value: str | None) -> bytes:
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [each for each in lines[1:] if each.partition(b":")[0].strip().lower() != name.encode("latin-1").lower()]
    new = [] if value is None else [f"{name}: {value}".encode("latin-1")]
    if value is None and len(kept) == len(lines) - 1:
        return head
    return b"\r\n".join([lines[0], *kept, *new]) + b"\r\n\r\n"
