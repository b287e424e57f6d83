"""The bytes that one side sent, cut into heads and frames, and how much of them arrived.

A dissector has four modes, and each chunk that is fed goes to the present one:

- *http*: a `HttpStream` finds heads and bodies, up to the first frame.
- *frames*: a `FrameParser` finds whole frames. It judges them by what a frame by itself may be (§5.2), with no limit of
  size. `_buffer` holds the same bytes as they were on the wire; a frame that is found says how many of them it takes.
- *broken frame*: a frame that breaks a rule is followed to its end, which its own header says. Behind it a fresh parser
  begins: so one wrong frame does not hide those behind it. Where its header leads nowhere, for the count of bytes was
  lost, the place where frames begin again is tried on the bytes that came together with it. Only `MOST_BROKEN` of them
  are shown one by one. Bytes that are no frame by their look, such as a second head of HTTP, are followed to the end of
  that (`explain.causes`).
- *torn*: bytes of a frame whose beginning is missing, or that follow on a gap, up to where frames begin again.
- *endless*: all further bytes belong to what came last, for nothing says where the next frame would begin.

TCP keeps order: what departed as bytes a to b of a stream has arrived once b bytes arrived. Counting is therefore
enough to match the two ends. `pending` holds the entries that have departed and not arrived, `gaps` the stretches that
never will, and `_edits` the stretches that a link replaces by others, for the receiver counts the new bytes.

Nothing here raises. What it leaves out: heads (`streams.http`), compressed messages (`streams.inflating`), what both
directions of a connection have in common (`streams.history`), and the entries that the pieces become (`interpreter`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from wslab.explain import kind_of_opcode
from wslab.explain.causes.foreign import ForeignReader, find_foreign, may_become_foreign
from wslab.protocol import (
    RULES,
    Frame,
    FrameError,
    FrameParser,
    Offset,
    Opcode,
    ProtocolError,
    Role,
)
from wslab.protocol.deflate import Deflate
from wslab.protocol.frames.boundary import BoundarySearch
from wslab.protocol.frames.frame import FIN, OPCODE
from wslab.protocol.frames.scanner import announced_size
from wslab.tape.entry import Entry
from wslab.tape.offsets import Edits, Gaps, PendingByOffset
from wslab.tape.records import Change, FramesFound
from wslab.tape.streams.gaps import Torn
from wslab.tape.streams.http import HttpStream
from wslab.tape.streams.inflating import MessageInflater
from wslab.tape.streams.piece import Dissected

MOST_BROKEN = 1000
"""Frames of a direction that break a rule and are shown one by one; all that comes behind them is one entry."""

ANY_LENGTH = (1 << 63) - 1
"""Bytes that a frame may announce at the most (§5.2): a recording judges by no limit."""

_DOUBTED = 8
_SEARCHED = 4096
_MOST_SEARCHED = 1 << 16
_FITS = 25.0  # bits of evidence for frames behind a violation, of which each byte was looked at
_STEP = 64 * 1024  # bytes that are cut at once: each frame that breaks a rule copies what is behind it
_LENGTH_ENDS = 10  # bytes after which every form of the length is whole
_KIND_OF = tuple(kind_of_opcode(opcode).id for opcode in range(16))


_KEEP_COUNT = ("client-masks", "server-does-not-mask")  # one who forgets the mask counts well

_STRAY = ProtocolError(
    RULES["continuation-needs-start"], Offset(0, 4), "a continuation frame", "text or binary, for no message has begun"
)


@dataclass(slots=True)
class _TornPart:
    """Bytes that belong to nothing whole, while they come: how many are left, None where nobody knows."""

    fact: Torn
    left: int | None
    begun: bool = False


@dataclass(slots=True)
class _BrokenFrame:
    """A frame that breaks a rule, while its bytes come: its beginning, and how many were taken."""

    opcode: int | None
    error: ProtocolError
    begin: bytes = b""
    taken: int = 0
    foreign: ForeignReader | None = None  # what counts its bytes, where they are no frame by their look


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
        self.inflater = MessageInflater()
        self.last: Entry | None = None
        self._edits = Edits()
        self._edited = 0  # bytes of the first edit's new data that have arrived
        self._sender = sender
        self.sender = sender.value
        self.http = HttpStream(sender)
        self._parser = self._fresh_parser()
        self._buffer = bytearray()
        self._endless: Dissected | None = None
        self._broken: _BrokenFrame | None = None
        self._broken_count = 0
        self._searched = 0  # bytes in which frames were looked for behind a violation
        self._in_message: bool | None = False  # None where nobody knows
        self._undecided: ProtocolError | None = None  # a rule is broken, and too few bytes say what they are
        self._torn: _TornPart | None = None
        self._doubted = 0  # frames that must follow before a violation counts as one, where they begin by guess
        self.frames = 0  # that were whole

    # --- cutting ------------------------------------------------------------------------

    def feed(self, data: bytes) -> Iterable[Dissected]:
        """What `data` makes whole, one by one: what the caller does with a head changes how the rest is read."""
        # most chunks are one whole and legal frame behind whole ones, and need no steps
        is_begun = self._buffer or not self.http.is_over or self._broken or self._torn or self._endless
        if not is_begun and announced_size(data) == len(data):
            try:
                (frame,) = self._parser.feed(data)
                if not self._continues_nothing(frame):
                    return (self._whole(frame, data),)
            except FrameError:
                pass  # the steps will hear of it again: a parser repeats its error
        return self._feed_in_steps(data)

    def _feed_in_steps(self, data: bytes) -> Iterator[Dissected]:
        for begin in range(0, len(data), _STEP):
            step = data[begin : begin + _STEP]
            while step:
                step = yield from self._feed(step)

    def _feed(self, data: bytes) -> Generator[Dissected, None, bytes]:
        """What comes before a frame that breaks a rule; returns the bytes from there on."""
        if self._endless is not None:
            yield Dissected(self._endless.kind, data, self._endless.error, self._endless.opcode, more=True)
            return b""
        if self._torn is not None:
            return (yield from self._continue_torn(self._torn, data))
        if self._broken is not None:
            return (yield from self._continue_broken(self._broken, data))
        if not self.http.is_over:
            return (yield from self._feed_http(data))
        self._buffer += data
        if self._undecided is not None:
            return (yield from self._begin_broken(self._undecided))
        try:
            frames, wrong = self._parser.feed(data), None
        except FrameError as error:
            # the frames before the wrong bit are valid, and come first
            frames, wrong = error.frames, error.moved(0)  # a copy: the raised one keeps its whole traceback
        for frame in frames:
            if self._continues_nothing(frame):
                return (yield from self._begin_broken(_STRAY))
            yield self._whole(frame, self._take(frame.header_size + len(frame.payload)))
        return b"" if wrong is None else (yield from self._begin_broken(wrong))

    def _feed_http(self, data: bytes) -> Generator[Dissected, None, bytes]:
        try:
            return (yield from self.http.feed(data))
        except ProtocolError as error:
            # where a head is no HTTP, nothing says where anything would begin
            self._endless = Dissected("fault", bytes(self.http.head), error.moved(0))
            self.http.head.clear()
            yield self._endless
        return b""

    def _continues_nothing(self, frame: Frame) -> bool:
        """Whether a frame continues a message that has not begun (§5.4), as NULs between frames seem to."""
        opcode = frame.first & OPCODE
        if opcode == Opcode.CONTINUATION and not self._in_message:
            return self._in_message is not None
        if opcode <= Opcode.BINARY:
            self._in_message = not frame.first & FIN
        elif opcode == Opcode.CLOSE:
            self._in_message = None  # what stands behind it is discarded, and not judged (§1.4)
        return False

    def _take(self, size: int) -> bytes:
        """The first bytes of the buffer, which are those of a frame that the parser found."""
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _whole(self, frame: Frame, data: bytes) -> Dissected:
        """A frame that the parser found, with its bytes."""
        opcode = frame.first & OPCODE
        self.frames += 1
        if self._doubted:
            self._doubted -= 1
        header_size = len(data) - len(frame.payload)
        inflated = self.inflater.inflate(frame) if self.inflater.is_on else None
        return Dissected(_KIND_OF[opcode], data, None, opcode, header_size, False, inflated)

    def _begin_broken(self, error: ProtocolError) -> Generator[Dissected, None, bytes]:
        """A frame breaks a rule. Returns its bytes, to be read in the mode for broken frames."""
        rest = bytes(self._buffer)
        if self._doubted:
            # that frames begin here was a guess, and a wrong one: this is no violation
            self._tear("untold", None)
            return rest
        foreign = find_foreign(rest, self._sender, stray=error is _STRAY)
        if foreign is None and may_become_foreign(rest):  # a few bytes more will tell what they are
            self._undecided = error
            return b""
        self._buffer.clear()
        self._undecided = self._in_message = None
        self._broken_count += 1
        may_be_lost = foreign is None and error.rule.id not in _KEEP_COUNT
        begin, frames = self._find_frames(rest) if may_be_lost else (0, 0)
        if begin:
            yield Dissected("fault", rest[:begin], error, rest[0] & 0b1111)
            yield Dissected("fault", b"", fact=FramesFound(self._sender.value, "mistake", begin, frames, False, True))
            self._parser = self._fresh_parser(rsv1=self._parser.rsv1)
            return rest[begin:]
        if self._broken_count > MOST_BROKEN:
            self._endless = Dissected("fault", rest, error, rest[0] & 0b1111)
            yield self._endless
            return b""
        if foreign is not None:
            self._broken = _BrokenFrame(None, error, foreign=foreign.reader)
        else:
            self._broken = _BrokenFrame(rest[0] & 0b1111, error)
        return rest

    def _find_frames(self, rest: bytes) -> tuple[int, int]:
        """Where frames begin again behind a violation that the count of bytes was lost by; 0 where it was not lost.

        That is tried on the bytes that came together with it.
        """
        if self._searched > _MOST_SEARCHED:
            return 0, 0
        looked, data = BoundarySearch(self._sender.masks), rest[:_SEARCHED]
        self._searched += len(data)
        found = looked.feed(data) or looked.end()
        if found is None or found.bits < _FITS or found.frames < 2:
            return 0, 0
        at: int | None = 0
        while at is not None and at < found.begin:
            size = announced_size(data, at)
            at = None if size is None else at + size
        # where the headers themselves lead to that place, each says the truth about its length
        return (0, 0) if at == found.begin else (found.begin, found.frames)

    def _continue_broken(self, broken: _BrokenFrame, data: bytes) -> Generator[Dissected, None, bytes]:
        """More of a frame that breaks a rule; returns what is behind it, which is cut afresh."""
        more, end = broken.taken > 0, self._end_of(broken, data)
        kind = "fault" if broken.opcode is None else _KIND_OF[broken.opcode]
        if end:
            yield Dissected(kind, data[:end], broken.error, broken.opcode, more=more)
        if self._broken is None:
            self._parser = self._fresh_parser(rsv1=self._parser.rsv1)
        return data[end:]

    def _end_of(self, broken: _BrokenFrame, data: bytes) -> int:
        """How many of these bytes belong to a frame that breaks a rule."""
        if broken.foreign is not None:
            end = broken.foreign.take(data)
            is_over = broken.foreign.is_over
        else:
            # only the beginning is kept, for the length; a frame of a GiB is not gathered just to be skipped
            broken.begin += data[: _LENGTH_ENDS - len(broken.begin)]
            size = announced_size(broken.begin)
            end = len(data) if size is None else min(size - broken.taken, len(data))
            is_over = broken.taken + end == size
        broken.taken += end
        self._broken = None if is_over else broken
        return end

    # --- gaps --------------------------------------------------------------------------

    def lose(self, size: int) -> Iterator[Dissected]:
        """The recording misses so many bytes here: what had begun is not whole."""
        if self._endless is not None:
            return
        begun, in_head, torn = self.pending_bytes, not self.http.is_over, self._torn
        announced = (
            None if in_head or self._undecided is not None or self._broken is not None else announced_size(begun)
        )
        left = None if announced is None else announced - len(begun) - size
        if torn is not None and torn.left is not None:
            left = torn.left - size
        self._tear("untold", None)
        if left is None or left < 0:
            fact = Torn(self._sender.value, "head" if in_head else "frame")
        else:
            fact = Torn(self._sender.value, "holed", size)
            self._torn = torn or _TornPart(fact, left, begun=True)
            self._torn.left = left
        if begun:
            yield Dissected("fault", begun, fact=fact)

    def resume(self, found: FramesFound, *, rsv1: bool) -> bool:
        """Frames, or a head, begin behind so many bytes; False where a header says better where the next one begins."""
        if self._endless is not None or (self._torn is not None and self._torn.left is not None):
            return False
        self._tear("rest" if found.frames else "untold", found.skipped if found.frames or found.head else None)
        self._parser = self._fresh_parser(rsv1=rsv1 or self._parser.rsv1)
        self._doubted = 0 if found.sure else _DOUBTED
        if found.head:
            self.http.begin_afresh()
        else:
            self.http.is_over = True
        return True

    def _tear(self, what: str, left: int | None) -> None:
        """What was begun is over; `left` bytes belong to nothing whole."""
        self.end()
        self._broken, self._in_message = None, None
        self.inflater.give_up()  # what a message would refer to may be missing (RFC 7692 §7.1.1)
        self._torn = _TornPart(Torn(self._sender.value, what), left) if left != 0 else None

    def _continue_torn(self, torn: _TornPart, data: bytes) -> Generator[Dissected, None, bytes]:
        end = len(data) if torn.left is None else min(torn.left, len(data))
        if end:
            yield Dissected("fault", data[:end], fact=torn.fact, more=torn.begun)
        torn.begun = True
        torn.left = None if torn.left is None else torn.left - end
        self._torn = None if torn.left == 0 else torn
        return data[end:]

    def begun(self, most: int) -> tuple[int, bytes]:
        """How many bytes came of a head or a frame that is not whole, and the first `most` of them."""
        held = self._buffer if self.http.is_over else self.http.pending
        return len(held), bytes(held[:most])

    @property
    def undecided(self) -> ProtocolError | None:
        """The rule that the pending bytes break already."""
        return self._undecided

    def end(self) -> bytes:
        """The bytes that never became whole. Should more come after all, they begin afresh."""
        rest = self.pending_bytes
        self._buffer.clear()
        self._undecided = None
        self._parser = self._fresh_parser(rsv1=self._parser.rsv1)
        self.http.restart()
        return rest

    @property
    def pending_bytes(self) -> bytes:
        """What came of a head or a frame that is not whole."""
        return bytes(self._buffer) if self.http.is_over else self.http.pending

    def join(self) -> None:
        """There is no head to come: the recording begins behind it."""
        # so the first bytes are read as frames
        self.http.is_over = True
        self._in_message = None

    def _fresh_parser(self, *, rsv1: bool = False) -> FrameParser:
        return FrameParser(self._sender.peer, max_payload=ANY_LENGTH, rsv1=rsv1)

    def agree(self, deflate: Deflate) -> None:
        """Both heads agreed on permessage-deflate: from here on messages may be compressed."""
        # a frame that has begun was judged without the extension, and ends without it
        if not self._parser.inside_frame:
            self._parser = self._fresh_parser(rsv1=True)
            self.inflater.begin(deflate, self._sender.peer)

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

    def unharmed(self) -> list[Entry]:
        """What has departed and not arrived, and of which nothing was removed."""
        return [entry for begin, end, entry in self.pending.placed() if not self.gaps.touch(begin, end)]

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
