"""The bytes that one side sent, cut into heads and frames, and how much of them arrived.

Rules of this module: it never raises. Bytes that are no HTTP or no frame become a piece of their own, with the rule
they break. TCP keeps order: what departed as bytes a to b of a stream has arrived when b bytes arrived, and counting is
enough to match the two. A link counts too, and so tells where something was lost.

What it leaves out: records, and the entries that pieces become (`reader`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from wslab.explain import kind_of_opcode
from wslab.protocol import DEFAULT_MAX_MESSAGE, Frame, FrameError, FrameParser, HeadReader, Opcode, ProtocolError, Role
from wslab.protocol.deflate import Deflate, Inflater
from wslab.protocol.handshake.head import is_refusal
from wslab.protocol.scanner import announced_size
from wslab.tape.entry import ANY_LENGTH, Entry
from wslab.tape.offsets import Edits, Gaps, PendingByOffset
from wslab.tape.records import Change

MOST_BROKEN = 1000
"""Frames of a direction that break a rule and are told one by one; all that comes behind them is one piece."""

_STEP = 64 * 1024  # bytes that are cut at once: each frame that breaks a rule copies what is behind it
_LENGTH_ENDS = 10  # bytes after which every form of the length is whole
_KIND_OF = tuple(kind_of_opcode(opcode).id for opcode in range(16))


@dataclass(slots=True)
class Dissected:
    """Bytes of one direction that belong together; None as `error` for what is legal."""

    kind: str
    data: bytes
    error: ProtocolError | None = None
    more: bool = False  # belongs to the piece before it
    plain: bytes | None = None  # the payload, where it travelled compressed


@dataclass(slots=True)
class _Broken:
    """A frame that breaks a rule, while its bytes arrive: its beginning, and how many were taken."""

    kind: str
    error: ProtocolError
    begin: bytes = b""
    taken: int = 0


class StreamDissector:
    """The bytes that one side sent, cut into pieces however they were chunked."""

    def __init__(self, sender: Role) -> None:
        self.departed = 0  # bytes that belong to pieces already
        self.arrived = 0
        self.waiting: PendingByOffset[Entry] = PendingByOffset()
        self.holes = Gaps()
        self._changes = Edits()
        self._new = 0  # bytes of the first of them that did
        self.farewells: dict[str, Entry] = {}
        self.last: Entry | None = None
        self._sender = sender
        self._head: HeadReader | None = HeadReader(sender)
        self._parser = self._fresh_parser()
        self._rest = bytearray()
        self._endless: Dissected | None = None  # what all further bytes belong to
        self._broken: _Broken | None = None  # the frame that breaks a rule, until its end
        self._wrongs = 0
        self._inflater: Inflater | None = None
        self._compressed = False  # whether the message that is being sent is

    def feed(self, data: bytes) -> Iterator[Dissected]:
        """The pieces that `data` makes whole, one by one: what is done with a head changes how the rest is read."""
        for begin in range(0, len(data), _STEP):
            step = data[begin : begin + _STEP]
            while step:
                step = yield from self._feed(step)

    def _feed(self, data: bytes) -> Generator[Dissected, None, bytes]:
        """Pieces up to a frame that breaks a rule; returns the bytes from there on."""
        if self._endless is not None:
            yield Dissected(self._endless.kind, data, self._endless.error, more=True)
            return b""
        if self._broken is not None:
            return (yield from self._go_on(self._broken, data))
        self._rest += data
        try:
            if self._head is not None:
                data = yield from self._feed_head(self._head, data)
            if data and self._endless is None:
                for frame in self._parser.feed(data):
                    yield self._framed(frame)
        except ProtocolError as error:
            for frame in error.frames if isinstance(error, FrameError) else []:
                yield self._framed(frame)
            return (yield from self._wrong(error.moved(0)))  # as raised, it would keep all that was in work then
        return b""

    def _wrong(self, error: ProtocolError) -> Generator[Dissected, None, bytes]:
        """A head or a frame that breaks a rule; of a frame, its own header tells where it ends."""
        rest = bytes(self._rest)
        self._rest.clear()
        self._wrongs += 1
        if self._head is not None or self._wrongs > MOST_BROKEN:
            yield self._last(Dissected("fault", rest, error))
            return b""
        self._broken = _Broken(_KIND_OF[rest[0] & 0b1111], error)
        return rest

    def _go_on(self, broken: _Broken, data: bytes) -> Generator[Dissected, None, bytes]:
        """More of a frame that breaks a rule; returns what is behind it, which is cut afresh."""
        broken.begin += data[: _LENGTH_ENDS - len(broken.begin)]
        size = announced_size(broken.begin)
        end = len(data) if size is None else min(size - broken.taken, len(data))
        yield Dissected(broken.kind, data[:end], broken.error, more=broken.taken > 0)
        broken.taken += end
        if broken.taken == size:
            self._broken = None
            self._parser = self._fresh_parser(rsv1=self._parser.rsv1)
        return data[end:]

    def change(self, change: Change) -> list[Entry]:
        """On the way some bytes vanish, or become others; the entries that newly have a hole."""
        new = self.holes.add(change.start, change.start + change.size) if not change.data else (0, 0)
        self._changes.add(change)
        self.arrive(0)
        return self.waiting.within(*new)

    def arrive(self, size: int) -> None:
        """So many bytes arrived: as the receiver counts, who does not see what vanished or was changed."""
        while self._changes:
            change = self._changes.first
            step = min(size, max(0, change.start - self.arrived))
            self.arrived += step
            size -= step
            step = min(size, len(change.data) - self._new) if self.arrived >= change.start else 0
            self._new += step
            size -= step
            if self.arrived < change.start or self._new < len(change.data):
                return
            self._changes.pop()
            self._new = 0
            self.arrived += change.size
        self.arrived += size

    def end(self) -> bytes:
        """The bytes that never became a whole piece; should more come all the same, they begin afresh."""
        rest = bytes(self._rest)
        self._rest.clear()
        self._parser = self._fresh_parser(rsv1=self._parser.rsv1)
        self._head = None if self._head is None else HeadReader(self._sender)
        return rest

    def _fresh_parser(self, *, rsv1: bool = False) -> FrameParser:
        return FrameParser(self._sender.peer, max_payload=ANY_LENGTH, rsv1=rsv1)

    def join(self) -> None:
        """There is no head to come: the recording begins behind it."""
        self._head = None

    @property
    def in_head(self) -> bool:
        """Whether the head is still to come."""
        return self._head is not None

    def _feed_head(self, reader: HeadReader, data: bytes) -> Generator[Dissected, None, bytes]:
        read = reader.feed(data)
        if read is None:
            return b""
        head, behind = read
        self._head = None
        refused = self._sender is Role.SERVER and is_refusal(head.data)
        piece = Dissected("http", head.data + behind if refused else head.data)
        if refused:  # what follows is the page that says why
            self._last(piece)
        del self._rest[: len(piece.data)]
        yield piece
        return b"" if refused else behind

    def _framed(self, frame: Frame) -> Dissected:
        size = frame.header_size + len(frame.payload)
        data = bytes(self._rest[:size])
        del self._rest[:size]
        plain = None if self._inflater is None else self._inflate(self._inflater, frame)
        return Dissected(_KIND_OF[frame.opcode], data, plain=plain)

    def agree(self, deflate: Deflate) -> None:
        """From here on messages may be compressed."""
        if not self._parser.inside_frame:
            self._parser = self._fresh_parser(rsv1=True)
            self._inflater = Inflater(deflate, self._sender.peer)

    def _inflate(self, inflater: Inflater, frame: Frame) -> bytes | None:
        """The payload of a compressed frame; None for a plain one, and where it cannot be read."""
        if frame.opcode > Opcode.BINARY:
            return None
        if frame.opcode != Opcode.CONTINUATION:
            self._compressed = frame.rsv1
        if not self._compressed:
            return None
        try:
            return b"".join(inflater.inflate(frame.payload, DEFAULT_MAX_MESSAGE, last=frame.fin))
        except ProtocolError:  # the receiver fails the connection; the tape keeps what was sent
            return None

    def _last(self, piece: Dissected) -> Dissected:
        self._endless = piece
        return piece
