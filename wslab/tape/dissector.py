"""The bytes that one side sent, cut into heads and frames, and how much of them arrived.

A dissector has four modes, and each chunk that is fed goes to the present one:

- *head*: a `HeadReader` waits for the end of the opening handshake's head.
- *frames*: a `FrameParser` finds whole frames. It judges them by what a frame by itself may be (§5.2), with no limit of
  size. `_buffer` holds the same bytes as they were on the wire; a frame that is found says how many of them it takes.
- *broken frame*: a frame that breaks a rule is followed to its end, which its own header says. Behind it a fresh parser
  begins: so one wrong frame does not hide those behind it. Only `MOST_BROKEN` of them are shown one by one.
- *endless*: all further bytes belong to what came last: the body behind a refusal, or what is no HTTP at all.

TCP keeps order: what departed as bytes a to b of a stream has arrived once b bytes arrived. Counting is therefore
enough to match the two ends. `pending` holds the entries that have departed and not arrived, `gaps` the stretches that
never will, and `_edits` the stretches that a link replaces by others, for the receiver counts the new bytes.

One who only looks on inflates what nobody asked it to: a bomb costs a thousand times its bytes. So a direction has a
budget that grows with its bytes, and once that is used up, no further message of it is inflated.

`ConnectionHistory` has both directions of a connection, and what else is known of it while its records are read.

Nothing here raises. What it leaves out: records, and the entries that the pieces become (`interpreter`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from wslab.explain import kind_of_opcode
from wslab.protocol import (
    DEFAULT_MAX_MESSAGE,
    Frame,
    FrameError,
    FrameParser,
    HandshakeRequest,
    HandshakeResponse,
    HeadReader,
    Opcode,
    ProtocolError,
    Role,
)
from wslab.protocol.deflate import Deflate, Inflater, agreed_on
from wslab.protocol.frames.scanner import announced_size
from wslab.protocol.handshake.head import is_interim, is_refusal
from wslab.tape.entry import Belief, Entry
from wslab.tape.offsets import Edits, Gaps, PendingByOffset
from wslab.tape.records import Change

FREELY_INFLATED = 64 * 1024 * 1024
TIMES_INFLATED = 100
"""A direction is inflated while that gives at most `FREELY_INFLATED` bytes and `TIMES_INFLATED` times its own size."""

MOST_BROKEN = 1000
"""Frames of a direction that break a rule and are shown one by one; all that comes behind them is one entry."""

ANY_LENGTH = (1 << 63) - 1
"""Bytes that a frame may announce at the most (§5.2): a recording judges by no limit."""

_STEP = 64 * 1024  # bytes that are cut at once: each frame that breaks a rule copies what is behind it
_LENGTH_ENDS = 10  # bytes after which every form of the length is whole
_KIND_OF = tuple(kind_of_opcode(opcode).id for opcode in range(16))


@dataclass(slots=True)
class Dissected:
    """Bytes of one direction that belong together. `error` is None for what is legal."""

    kind: str
    data: bytes
    error: ProtocolError | None = None
    opcode: int | None = None  # of a frame, legal or not
    header_size: int = 0  # of a whole and legal frame: where its payload begins
    more: bool = False  # whether it belongs to the one before it
    inflated: bytes | None = None  # the payload, where it travelled compressed


@dataclass(slots=True)
class _BrokenFrame:
    """A frame that breaks a rule, while its bytes come: its beginning, and how many were taken."""

    opcode: int
    error: ProtocolError
    begin: bytes = b""
    taken: int = 0


class StreamDissector:
    """The bytes that one side sent, cut into heads and frames however they were chunked."""

    def __init__(self, sender: Role) -> None:
        self.departed = 0  # bytes that belong to entries already
        self.arrived = 0  # bytes of the stream, as it was sent, that have reached the receiver
        self.pending: PendingByOffset[Entry] = PendingByOffset()
        self.held: PendingByOffset[Entry] = PendingByOffset()  # what a link has not passed on
        self._passed = 0  # bytes that a link has passed on
        self.gaps = Gaps()
        self.tcp_ends: dict[str, Entry] = {}  # FIN and RST of this side
        self.inflated = 0  # bytes that came of inflating, whether they were kept or not
        self.compressed = 0  # bytes that were inflated
        self.last: Entry | None = None
        self._edits = Edits()
        self._edited = 0  # bytes of the first edit's new data that have arrived
        self._sender = sender
        self._head: HeadReader | None = HeadReader(sender)
        self._parser = self._fresh_parser()
        self._buffer = bytearray()
        self._endless: Dissected | None = None
        self._broken: _BrokenFrame | None = None
        self._broken_count = 0
        self._inflater: Inflater | None = None
        self._compressed = False  # whether the message that is being sent is

    # --- cutting ------------------------------------------------------------------------

    def feed(self, data: bytes) -> Iterator[Dissected]:
        """What `data` makes whole, one by one: what the caller does with a head changes how the rest is read."""
        for begin in range(0, len(data), _STEP):
            step = data[begin : begin + _STEP]
            while step:
                step = yield from self._feed(step)

    def _feed(self, data: bytes) -> Generator[Dissected, None, bytes]:
        """What comes before a frame that breaks a rule; returns the bytes from there on."""
        if self._endless is not None:
            yield Dissected(self._endless.kind, data, self._endless.error, self._endless.opcode, more=True)
            return b""
        if self._broken is not None:
            return (yield from self._continue_broken(self._broken, data))
        self._buffer += data
        try:
            if self._head is not None:
                data = yield from self._feed_head(self._head, data)
            if data and self._endless is None:
                for frame in self._parser.feed(data):
                    yield self._whole(frame)
        except ProtocolError as error:
            # the frames before the wrong bit are valid, and come first
            for frame in error.frames if isinstance(error, FrameError) else []:
                yield self._whole(frame)
            return (yield from self._begin_broken(error.moved(0)))  # a copy: the raised one keeps its whole traceback
        return b""

    def _feed_head(self, reader: HeadReader, data: bytes) -> Generator[Dissected, None, bytes]:
        while (read := reader.feed(data)) is not None:
            head, data = read
            if self._sender is Role.CLIENT or not is_interim(head.data):
                return (yield from self._end_head(head.data, data))
            # RFC 9110 §15.2: behind an interim answer, such as 103, comes another one
            del self._buffer[: len(head.data)]
            yield Dissected("http", head.data)
            self._head = reader = HeadReader(self._sender)
        return b""

    def _end_head(self, head: bytes, behind: bytes) -> Generator[Dissected, None, bytes]:
        self._head = None
        # "Any status code other than 101 indicates that the WebSocket handshake has not completed" (§1.3):
        # what follows a refusal is the body that says why, and no frame
        refused = self._sender is Role.SERVER and is_refusal(head)
        found = Dissected("http", head + behind if refused else head)
        if refused:
            self._endless = found
        del self._buffer[: len(found.data)]
        yield found
        return b"" if refused else behind

    def _whole(self, frame: Frame) -> Dissected:
        """A frame that the parser found: its bytes are the first of the buffer."""
        header_size, opcode = frame.header_size, frame.first & 0b1111
        size = header_size + len(frame.payload)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        # every compressed message is inflated, and in order: the next one may refer to its bytes
        inflated = None if self._inflater is None else self._inflate(self._inflater, frame)
        return Dissected(_KIND_OF[opcode], data, None, opcode, header_size, False, inflated)

    def _begin_broken(self, error: ProtocolError) -> Generator[Dissected, None, bytes]:
        """A head or a frame breaks a rule. Returns the frame's bytes, to be read in the mode for broken frames."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._broken_count += 1
        if self._head is not None or self._broken_count > MOST_BROKEN:
            # where a head is no HTTP, or too much is wrong, nothing says where the next frame would begin
            opcode = None if self._head is not None else rest[0] & 0b1111
            self._endless = Dissected("fault", rest, error, opcode)
            yield self._endless
            return b""
        self._broken = _BrokenFrame(rest[0] & 0b1111, error)
        return rest

    def _continue_broken(self, broken: _BrokenFrame, data: bytes) -> Generator[Dissected, None, bytes]:
        """More of a frame that breaks a rule; returns what is behind it, which is cut afresh."""
        # only the beginning is kept, for the length; a frame of a GiB is not gathered just to be skipped
        broken.begin += data[: _LENGTH_ENDS - len(broken.begin)]
        size = announced_size(broken.begin)
        end = len(data) if size is None else min(size - broken.taken, len(data))
        more = broken.taken > 0
        yield Dissected(_KIND_OF[broken.opcode], data[:end], broken.error, broken.opcode, more=more)
        broken.taken += end
        if broken.taken == size:
            self._broken = None
            self._parser = self._fresh_parser(rsv1=self._parser.rsv1)
        return data[end:]

    def end(self) -> bytes:
        """The bytes that never became whole. Should more come after all, they begin afresh."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._parser = self._fresh_parser(rsv1=self._parser.rsv1)
        self._head = None if self._head is None else HeadReader(self._sender)
        return rest

    def join(self) -> None:
        """There is no head to come: the recording begins behind it."""
        # so the first bytes are read as frames
        self._head = None

    @property
    def in_head(self) -> bool:
        """Whether the head is still to come."""
        return self._head is not None

    def _fresh_parser(self, *, rsv1: bool = False) -> FrameParser:
        return FrameParser(self._sender.peer, max_payload=ANY_LENGTH, rsv1=rsv1)

    # --- compression --------------------------------------------------------------------

    def agree(self, deflate: Deflate) -> None:
        """Both heads agreed on permessage-deflate: from here on messages may be compressed."""
        # a frame that has begun was judged without the extension, and ends without it
        if not self._parser.inside_frame:
            self._parser = self._fresh_parser(rsv1=True)
            self._inflater = Inflater(deflate, self._sender.peer)

    def _inflate(self, inflater: Inflater, frame: Frame) -> bytes | None:
        """The payload of a compressed frame; None for a plain one, and where it cannot be read."""
        if frame.opcode > Opcode.BINARY:
            return None
        # RSV1 is set on the first frame of a message and holds for all of it (RFC 7692 §6)
        if frame.opcode != Opcode.CONTINUATION:
            self._compressed = frame.rsv1
        if not self._compressed:
            return None
        parts: list[bytes] = []
        try:
            parts.extend(inflater.inflate(frame.payload, DEFAULT_MAX_MESSAGE, last=frame.fin))
            return b"".join(parts)
        except ProtocolError:  # the receiver fails the connection; the tape keeps what was sent
            return None
        finally:
            self._count_inflated(len(frame.payload), sum(map(len, parts)))

    def _count_inflated(self, size: int, inflated: int) -> None:
        """Give up inflating where it costs too much; later messages may refer to this one, so it is for good."""
        self.compressed += size
        self.inflated += inflated
        if self.inflated > FREELY_INFLATED + TIMES_INFLATED * self.compressed:
            self._inflater = None

    # --- what arrives -------------------------------------------------------------------

    def forget(self, *, keep_edits: bool) -> None:
        """Let go of the entries that were made: what arrives, or is lost, completes them no more.

        The edits are only for a receiver that counts what arrives.
        """
        self.pending = PendingByOffset(self.departed)
        self.gaps.forget(self.departed)
        # of a body, or a frame that breaks a rule, the bytes go on coming; a head is needed to the end
        if self.last is not None and isinstance(self.last.chunks, list):
            self.last.chunks = b""
        if not keep_edits:
            self._edits, self._edited = Edits(), 0

    def let_go(self, number: int) -> None:
        """Complete no more the entries with numbers up to this one."""
        self.pending.take(sum(1 for entry in self.pending if entry.number <= number))
        self.gaps.forget(self.pending.begin)

    def edit(self, change: Change) -> list[Entry]:
        """Something on the way replaced bytes of this stream; returns the entries of which some are lost for good."""
        new = (0, 0) if change.data else self.gaps.add(change.start, change.start + change.size)
        self._edits.add(change)
        self.arrive(0)  # where all before it has arrived, what is removed counts as arrived at once
        return self.pending.within(*new)

    def pass_on(self, size: int) -> Sequence[Entry]:
        """A link passes on so many bytes; returns the entries that are past it now."""
        self._passed += size
        return self.held.reached(self._passed)

    def arrive(self, size: int) -> None:
        """So many bytes arrived, as the receiver counts, who does not know what was removed or replaced."""
        while self._edits:
            change = self._edits.first
            # up to the edit the two counts go together
            step = min(size, max(0, change.start - self.arrived))
            self.arrived += step
            size -= step
            # then the new bytes arrive, and stand for none of the sender's until all of them are there
            step = min(size, len(change.data) - self._edited) if self.arrived >= change.start else 0
            self._edited += step
            size -= step
            if self.arrived < change.start or self._edited < len(change.data):
                return
            self._edits.pop()
            self._edited = 0
            self.arrived += change.size
        self.arrived += size


class ConnectionHistory:
    """What is known of one connection while its records are read."""

    def __init__(self) -> None:
        self.streams = {"client": StreamDissector(Role.CLIENT), "server": StreamDissector(Role.SERVER)}
        self.ours: set[str] = set()  # sides whose endpoint is recorded here
        self.ended: set[str] = set()  # sides to which nothing arrives any more
        self.silent: set[str] = set()  # sides whose bytes are swallowed
        self.closed: set[str] = set()  # sides that have sent a Close
        self.beliefs: dict[str, Belief | None] = {"client": None, "server": None}  # what each side believes now
        self.newest: dict[str, tuple[float, int, bool]] = {}  # by side: what happened there last; time, number, arrived
        self.linked = False  # whether there is a link on the way
        self.opening: Entry | None = None  # of the TCP connection itself
        self.cut: Entry | None = None  # from then on all that departs is lost
        self.last: Entry | None = None  # the newest; it shows what both believe
        self.heads: dict[str, Entry] = {}  # by sender; what was agreed on needs both


def compression(request: bytes, response: bytes) -> Deflate | None:
    """The compression that two heads agree on (RFC 7692)."""
    try:
        return agreed_on(HandshakeRequest.parse(request)[0], HandshakeResponse.parse(response)[0])
    except ProtocolError:  # a head that cannot be read agrees on nothing
        return None
