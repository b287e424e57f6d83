"""A hand in the stream: a gate at which each head and frame waits, and frames put in between.

Rules of this module: what has gone on cannot be called back; what is decided out of turn waits for what is in front of
it, for TCP keeps order. A gate is bounded: what it holds too much of holds back the sender.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from wslab.explain import parse_hex
from wslab.lab.faults.base import Fault
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.stage import PartStage, StreamChunk, TcpSignal, WholeFrameStage
from wslab.protocol import CloseCode, Frame, FrameParser, Opcode, ProtocolError, Role
from wslab.protocol.scanner import FrameScanner, Span


@dataclass(frozen=True)
class Gate(Fault):
    """Every head and frame waits until somebody lets it pass, drops it or changes it: see `Link.held`."""


@dataclass(frozen=True)
class Insert(Fault):
    """Nothing is wrong, but somebody may put frames of his own between those that pass: see `Link.inject`."""


_HEADS = (b"GET ", b"HTTP/")


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


class GateStage(WholeFrameStage[Gate]):
    """One by one, by hand."""

    room = 1024 * 1024

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        super().__init__(fault, pipeline)
        self.held: deque[tuple[Held, StreamChunk]] = deque()
        self._signs: list[TcpSignal] = []

    def whole(self, part: Span, piece: StreamChunk) -> None:
        """It waits."""
        number = getattr(self.holder, "number", 0)
        self.held.append((Held(number, self.role.value, piece.data, self._decide), piece))
        self.holder.stir()

    def _decide(self, held: Held, what: str, data: bytes) -> None:
        if held.decided:
            raise ValueError(f"It was decided already ({held.decided}): what has gone on cannot be called back.")
        held.decided = what
        for place, (each, piece) in enumerate(self.held):
            if each is held and what == "edit":
                self.held[place] = (each, piece._replace(data=data))
        self.holder.world.enter(self._go)

    def _go(self) -> None:
        """Those in front that are decided."""
        while self.held and self.held[0][0].decided:
            held, piece = self.held.popleft()
            self._let(held, piece)
        if not self.held:
            signs, self._signs = self._signs, []
            for sign in signs:
                self.on(sign)
        self.pipeline.look()

    def _let(self, held: Held, piece: StreamChunk) -> None:
        if held.decided == "drop":
            self.holder.swallowed(self.role, piece, "")
        elif held.decided == "edit" and piece.data != held.data:
            self.change(piece, piece.data, f"A frame of the {self.role} is changed by hand on the way.")
        else:
            self.on(piece)

    def seen_behind(self) -> FrameScanner:
        """What it let pass: whole heads and frames."""
        seen = self._scanner.before() if self._parts or self._pieces else self._scanner.clone()
        seen.frame -= len(self.held)
        return seen

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        return super().waiting + sum(len(piece.data) for _, piece in self.held)

    def sign(self, sign: TcpSignal) -> None:
        """Behind those that wait; RST waits for nobody."""
        if self.held and sign is TcpSignal.FIN:
            self._signs.append(sign)
        else:
            self.on(sign)

    def flush(self) -> None:
        """All pass."""
        for held, _ in self.held:
            held.decided = held.decided or "release"
        self._go()
        super().flush()


class InsertStage(PartStage[Insert]):
    """Frames of somebody else's, between those that pass; behind a Close of theirs none pass, as nothing may (§5.5.1).

    So both ends see a closing handshake: the answer to that Close goes on to the other, and its answer goes nowhere.
    """

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        super().__init__(fault, pipeline)
        self._at_end = False  # of a frame, or of the head
        self._next = 0
        self._pending: list[tuple[Frame, str]] = []
        self._closed = False

    def part(self, part: Span, piece: StreamChunk) -> None:
        """It passes; behind the last part of a frame is room for another."""
        self._next = piece.start + piece.size
        self._at_end = part.last
        if self._closed:
            self.holder.swallowed(self.role, piece, "")
        else:
            self.on(piece)
        if part.last:
            self._put_between()

    def insert(self, frame: Frame, words: str) -> None:
        """Now, or behind the frame that is passing."""
        self._pending.append((frame, words))
        if self._at_end:
            self._put_between()

    def _put_between(self) -> None:
        pending, self._pending = self._pending, []
        for frame, words in pending:
            if not self._closed:
                self.change(StreamChunk(b"", self._next, 0), frame.serialize(), words)
                self._closed = frame.opcode == Opcode.CLOSE
