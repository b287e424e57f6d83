"""Faults by hand: a gate at which each head and frame waits, and frames that are put in between.

How a gate works: `GateStage` gathers each head and frame until it is whole and queues it as a `Held`, which `Link.held`
shows. `release`, `drop` and `edit` decide it, once. TCP keeps order, so one that is decided early still waits for
those in front of it; and what has gone on cannot be called back. A gate that holds more than 1 MiB holds back the
sender; each that waits counts `HELD_COST` bytes besides its own, so that tiny frames are bounded too. A frame that is
not whole when more than that has come of it does not wait: it passes behind those in front of it, and the tape says so.

How putting in works: `InsertStage` knows where frames end. A new frame goes in at once where one has just ended, else
behind the frame that is passing.

Left out: who decides (`Link`, `wslab tap`, the LinkPanel).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from wslab.explain import parse_hex
from wslab.lab.faults.base import Fault
from wslab.lab.faults.chunk import StreamChunk, StreamItem
from wslab.lab.faults.stage import Direction, PartStage, WholeFrameStage
from wslab.lab.network.base import TcpSignal
from wslab.protocol import CloseCode, Frame, FrameParser, Opcode, ProtocolError, Role
from wslab.protocol.frames.scanner import FrameScanner, Span
from wslab.tape.records import Injected

# --- what waits -------------------------------------------------------------------------

HELD_COST = 500
"""Bytes of memory that a head or frame takes while it waits, besides its own."""

_HEADS = (b"GET ", b"HTTP/")


@dataclass(eq=False)
class Held:
    """A head or frame that waits at a gate. What is behind it in its direction waits for it."""

    connection: int
    sender: str
    data: bytes
    _decide: Callable[[Held, str, bytes], None]
    decided: str = ""
    edited: bytes | None = None

    @property
    def frame(self) -> Frame | None:
        """The frame, where it is a whole and legal one."""
        if self.is_head:
            return None
        try:
            frames = FrameParser(Role(self.sender).peer, rsv1=True).feed(self.data)
        except ProtocolError:
            return None
        return frames[0] if frames else None

    @property
    def is_head(self) -> bool:
        """Whether it is a head of the opening handshake."""
        return self.data.startswith(_HEADS)

    def release(self) -> None:
        """Let it pass."""
        self._decide(self, "release", b"")

    def drop(self) -> None:
        """Swallow it."""
        self._decide(self, "drop", b"")

    def edit(self, data: bytes) -> None:
        """Let these bytes go on instead."""
        self._decide(self, "edit", data)

    def rewrite(self, text: str) -> None:
        """Let the same frame go on with this payload, uncompressed; `hex 6f 6e 65` is bytes, a Close's `1000 reason`.

        Raises:
            ValueError: It is no frame, or the text no such payload.
        """
        frame = self.frame
        if frame is None:
            raise ValueError("Only a whole and legal frame can have another payload; of this, edit the bytes.")
        self.edit(frame.replace(payload=payload_of(frame, text), rsv1=False).serialize())


def payload_of(frame: Frame, text: str) -> bytes:
    """What `rewrite` makes of a text."""
    if text.startswith("hex "):
        return parse_hex(text.removeprefix("hex "), "The payload")
    if frame.opcode == Opcode.CLOSE:
        return Frame.close(*close_words(text)).payload
    return text.encode()


def close_words(text: str) -> tuple[int, str]:
    """`1011 the reason` as code and reason; 1000 where there is none.

    Raises:
        ValueError: The first word is no code.
    """
    code, _, reason = text.strip().partition(" ")
    if not code:
        return CloseCode.NORMAL_CLOSURE, ""
    if not re.fullmatch(r"[0-9]{4}", code):
        raise ValueError(f"{code!r} is no close code: write it first, as in `close 1000 done` (§7.4).")
    return int(code), reason.strip()


# --- the gate ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Gate(Fault):
    """Every head and frame waits until somebody lets it pass, drops it or changes it: see `Link.held`.

    A frame that is not whole when more than 1 MiB of it has come (2^20 bytes) passes without waiting, and the tape says
    so.
    """

    kind: ClassVar[str] = "gate"

    def stage(self, flow: Direction) -> GateStage:
        """Each head and frame waits."""
        return GateStage(self, flow)

    def effect(self) -> str:
        """What waits, and for whom."""
        return f"Each head and frame of {self.whose} waits until you let it through, drop it or change it."


class GateStage(WholeFrameStage[Gate]):
    """Holds each head and frame until it is decided."""

    room = 1024 * 1024

    def __init__(self, fault: Gate, flow: Direction) -> None:
        super().__init__(fault, flow)
        self.held: deque[tuple[Held, StreamChunk]] = deque()
        self.undecided = 0
        """How many wait for a decision."""
        self._held_size = 0
        self._has_fin = False  # behind those that wait

    @property
    def waiting(self) -> int:
        """Bytes that wait, whole or not."""
        return super().waiting + self._held_size

    def take_whole(self, span: Span, chunk: StreamChunk) -> None:
        """Hold it."""
        self.held.append((Held(self.owner.number, self.role.value, chunk.data, self._decide), chunk))
        self._held_size += len(chunk.data) + HELD_COST
        self.undecided += 1
        self.owner.notify_watchers()

    def _decide(self, held: Held, what: str, data: bytes) -> None:
        if held.decided:
            raise ValueError(f"It was decided already ({held.decided}): what has gone on cannot be called back.")
        held.decided = what
        self.undecided -= 1
        if what == "edit":
            held.edited = data
        self.owner.clock.enter(self._let_decided_go)

    def _let_decided_go(self) -> None:
        """Let those in front go that are decided; behind the last one, FIN, and what came in front of it."""
        while self.held and self.held[0][0].decided:
            held, chunk = self.held.popleft()
            self._held_size -= len(chunk.data) + HELD_COST
            self._let_go(held, chunk)
        if not self.held:
            self.pass_too_large()
            self._let_fin_go()
        self.flow.check_room()

    def _let_fin_go(self) -> None:
        if self._has_fin:
            self._has_fin = False
            self.pass_parts()  # of a frame that never becomes whole
            self.pass_on(TcpSignal.FIN)

    def pass_too_large(self) -> None:
        """Let it pass once nothing waits in front of it."""
        if not self.held:
            super().pass_too_large()

    def _let_go(self, held: Held, chunk: StreamChunk) -> None:
        if held.decided == "drop":
            self.swallow(chunk)
        elif held.edited is not None and held.edited != held.data:
            self.change(chunk, held.edited, self.act("edited"))
        else:
            self.pass_on(chunk)

    def seen_behind(self) -> FrameScanner:
        """What it let pass: whole heads and frames."""
        if self.held and self.held[0][1].start == 0:  # the head waits, and so nothing has passed
            return FrameScanner()
        seen = super().seen_behind()
        seen.frame -= len(self.held)
        return seen

    def signal(self, signal: TcpSignal) -> None:
        """Let FIN wait behind what waits; RST waits for nothing."""
        if signal is TcpSignal.FIN:
            self._has_fin = True
            self._let_decided_go()
        else:
            self.pass_on(signal)

    def flush(self) -> None:
        """Let all of them pass."""
        for held, _ in self.held:
            held.decided = held.decided or "release"
        self.undecided = 0
        self._let_decided_go()
        super().flush()


# --- frames put in ----------------------------------------------------------------------


@dataclass(frozen=True)
class Insert(Fault):
    """Nothing is wrong, but you may put frames of your own between those that pass: see `Link.inject`."""

    kind: ClassVar[str] = "insert"

    def stage(self, flow: Direction) -> InsertStage:
        """The places between frames are known."""
        return InsertStage(self, flow)

    def effect(self) -> str:
        """Where frames may be put."""
        return f"Frames may be put between those of {self.whose}; nothing else is wrong."


class InsertStage(PartStage[Insert]):
    """Puts frames between those that pass; behind a Close that was put in nothing more of that sender passes.

    The receiver would discard it (§1.4), and the sender knows nothing of that Close.

    So both ends see a closing handshake: the answer to that Close goes on to the other, and its answer goes nowhere.
    """

    def __init__(self, fault: Insert, flow: Direction) -> None:
        super().__init__(fault, flow)
        self._at_end = False  # whether a frame or the head has just ended
        self._next = 0  # the place in the sender's stream
        self._pending: list[Frame] = []
        self._closed = False

    def join(self, scanner: FrameScanner) -> None:
        """Go on behind what went by; where that ended with a frame, there is room at once."""
        super().join(scanner)
        reached = self.flow.reached(self)
        if reached is not None:
            self._next, self._at_end = reached, not scanner.is_inside

    def lets_pass(self, span: Span) -> bool:
        """Whether nothing is to be put in; behind the last part of a frame is room for it."""
        self._at_end = span.last
        return not (self._pending or self._closed)

    def take_span(self, span: Span, chunk: StreamChunk) -> None:
        """Let it pass, and put in what waits for the end of the frame."""
        if self._closed:
            self.swallow(chunk)
        else:
            self.pass_on(chunk)
        if span.last:
            self._put_between()

    def pass_on(self, item: StreamItem) -> None:
        """Give an item to the next stage, and know the place behind it."""
        if isinstance(item, StreamChunk):
            self._next = item.start + item.size
        super().pass_on(item)

    def insert(self, frame: Frame) -> None:
        """Put a frame in now, or behind the frame that is passing."""
        self._pending.append(frame)
        if self._at_end:
            self._put_between()

    def flush(self) -> None:
        """Let go of the beginning of a frame: until the next one ends there is no room for another."""
        super().flush()
        self._at_end = self._at_end and not self.is_passing

    def _put_between(self) -> None:
        pending, self._pending = self._pending, []
        for frame in pending:
            if not self._closed:
                data = frame.serialize()
                self.owner.record_fact(Injected(self.role.value, self._next, data))
                self.pass_on(StreamChunk(data, self._next, 0))
                # §5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
                self._closed = frame.opcode == Opcode.CLOSE
