"""From records to entries: each head, frame, TCP event and fault, with its fate and what each side believes.

Rules of this module:
- Everything is worked out from the records, in their order; nothing is asked of a living connection.
- It never raises. Bytes that are no HTTP or no frame become an entry of their own, with the rule they
  break; so do bytes whose stream ends before they are whole.
- TCP keeps order. So what departed as bytes a to b of a stream has arrived when b bytes arrived, and
  counting is enough to match the two. A link counts too, and so tells where something was lost.
- An entry departs with its last byte, and has arrived with its last byte.

What it leaves out: storing (`tape`), and what a frame says in words (`explain.narration`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from wslab.explain import anatomy, kind_of_opcode, narrate_frame, narrate_head, size_in_words
from wslab.lab.pending import Changes, Holes, Pending
from wslab.lab.records import Change, What, unpack_belief, unpack_change
from wslab.lab.spotter import told_size
from wslab.protocol import (
    DEFAULT_MAX_MESSAGE,
    Frame,
    FrameParser,
    HandshakeRequest,
    HandshakeResponse,
    HeadReader,
    Opcode,
    ProtocolError,
    Role,
    State,
)
from wslab.protocol.deflate import Deflate, Inflater, agreed_on

ARRIVED, LOST, ON_THE_WAY, UNKNOWN = "arrived", "lost", "on the way", "unknown"

MOST_INFLATED = 256 * 1024 * 1024
"""Bytes of inflated payloads that are kept, of all connections together; behind them payloads stay compressed."""

MOST_BROKEN = 1000
"""Frames of a direction that break a rule and are told one by one; all that comes behind them is one piece."""

_WORDLESS = "A note without words."
_STEP = 64 * 1024  # bytes that are cut at once: each frame that breaks a rule copies what is behind it
_ANY_LENGTH = (1 << 63) - 1
_KIND_OF = tuple(kind_of_opcode(opcode).id for opcode in range(16))
_PEER = {"client": "server", "server": "client"}


@dataclass(frozen=True, slots=True)
class Belief:
    """What one side takes for true: `code` is the close code it believes in, once it does; `detail` says why.

    `str` is it in one or two words: `OPEN`, `CLOSED 1006`.
    """

    state: State
    code: int | None
    detail: str

    def __str__(self) -> str:
        return self.state.value if self.code is None else f"{self.state.value} {self.code}"


class Entry:
    """One thing that happened. Treat it as a value; a living tape completes it until its fate is known.

    `number` counts from 0 over the tape. `time` and `arrived` are seconds since the tape's first record:
    when the last byte departed, and when it arrived (None: not, or nobody of ours could see it).
    `sender` is `client`, `server` or `wire`. `kind` is a key of `explain.KINDS`.
    `fate` is `arrived`, `lost`, `on the way`, or `unknown` where the receiver is not ours.
    `client` and `server` are what the two believe just before the next entry departs; None for a peer that
    is not ours. `error` is the rule that the bytes break, where they are no HTTP or no frame. `cuts` says that from
    here on the wire carries nothing in either direction.
    """

    __slots__ = (
        "_parts",
        "_plain",
        "_until",
        "_words",
        "arrived",
        "client",
        "connection",
        "cuts",
        "error",
        "fate",
        "kind",
        "number",
        "sender",
        "server",
        "time",
    )

    def __init__(self, number: int, time: float, connection: int, sender: str, kind: str) -> None:
        self.number = number
        self.time = time
        self.arrived: float | None = None
        self.connection = connection
        self.sender = sender
        self.kind = kind
        self.fate = UNKNOWN
        self.client: Belief | None = None
        self.server: Belief | None = None
        self.error: ProtocolError | None = None
        self.cuts = False
        self._parts: Sequence[bytes] = ()
        self._plain: bytes | None = None  # of a frame that travelled compressed
        self._until = 0  # how much of the recording was read when it changed last
        self._words = ""

    @property
    def data(self) -> bytes:
        """The bytes on the wire; empty for what is no bytes."""
        return b"".join(self._parts)

    def _add(self, data: bytes) -> None:
        """More of its bytes; most entries get all at once, and need no list."""
        if isinstance(self._parts, list):
            self._parts.append(data)
        else:
            self._parts = [*self._parts, data]

    @property
    def opcode(self) -> int | None:
        """The opcode of a frame, legal or not; None for what is no frame, and for one that was cut off."""
        if self._words or self.kind in ("http", "tcp") or (self.error is not None and self.error.close_code is None):
            return None
        return self._parts[0][0] & 0b1111

    @property
    def frame(self) -> Frame | None:
        """The frame, where it is a whole and legal one."""
        if self._words or self.error or self.kind in ("http", "tcp", "fault"):
            return None
        # where RSV1 was agreed on, it does not say that the payload could be inflated; elsewhere it is an error
        parser = FrameParser(Role(_PEER[self.sender]), max_payload=_ANY_LENGTH, rsv1=True)
        return parser.feed(self.data)[0]

    @property
    def plain(self) -> bytes | None:
        """The payload as the application sees it: unmasked, and inflated where it travelled compressed."""
        frame = self.frame
        return self._plain if self._plain is not None or frame is None else frame.payload

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        told = self._words or self._told()
        return f"{told} It is lost on the way." if self.fate == LOST and self.sender != "wire" else told

    def _told(self) -> str:
        if self.error is not None:
            rule, found = self.error.rule, self.error.found
            return f"{self._told_wrong()}: {rule.says} ({rule.reference}); found {found}."
        if self.kind == "http":
            return narrate_head(self.data.decode("latin-1"), self.sender)
        frame = self.frame
        assert frame is not None
        return narrate_frame(frame, self.sender, self._plain)

    def _told_wrong(self) -> str:
        if self.kind == "fault":
            return f"The {self.sender} sends {size_in_words(len(self.data))} that break a rule"
        part = anatomy(self.data, Role(_PEER[self.sender]), whole_stream=False).parts[0]
        return f"The {self.sender} sends a {part.name} that breaks a rule"

    def __repr__(self) -> str:
        return f"<Entry {self.number} {self.kind} by {self.sender}, {self.fate}: {self.sentence}>"


@dataclass(slots=True)
class _Piece:
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


_LENGTH_ENDS = 10  # bytes after which every form of the length is whole


class _Stream:
    """The bytes that one side sent, cut into pieces however they were chunked."""

    def __init__(self, sender: Role) -> None:
        self.departed = 0  # bytes that belong to pieces already
        self.arrived = 0
        self.waiting: Pending[Entry] = Pending()
        self.holes = Holes()
        self._changes = Changes()
        self._new = 0  # bytes of the first of them that did
        self.farewells: dict[str, Entry] = {}
        self.last: Entry | None = None
        self._sender = sender
        self._head: HeadReader | None = HeadReader(sender)
        self._parser = self._fresh_parser()
        self._rest = bytearray()
        self._endless: _Piece | None = None  # what all further bytes belong to
        self._broken: _Broken | None = None  # the frame that breaks a rule, until its end
        self._wrongs = 0
        self._inflater: Inflater | None = None
        self._compressed = False  # whether the message that is being sent is

    def feed(self, data: bytes) -> Iterator[_Piece]:
        """The pieces that `data` makes whole, one by one: what is done with a head changes how the rest is read."""
        for begin in range(0, len(data), _STEP):
            step = data[begin : begin + _STEP]
            while step:
                step = yield from self._feed(step)

    def _feed(self, data: bytes) -> Generator[_Piece, None, bytes]:
        """Pieces up to a frame that breaks a rule; returns the bytes from there on."""
        if self._endless is not None:
            yield _Piece(self._endless.kind, data, self._endless.error, more=True)
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
            for frame in error.frames:
                yield self._framed(frame)
            return (yield from self._wrong(error.moved(0)))  # as raised, it would keep all that was in work then
        return b""

    def _wrong(self, error: ProtocolError) -> Generator[_Piece, None, bytes]:
        """A head or a frame that breaks a rule; of a frame, its own header tells where it ends."""
        rest = bytes(self._rest)
        self._rest.clear()
        self._wrongs += 1
        if self._head is not None or self._wrongs > MOST_BROKEN:
            yield self._last(_Piece("fault", rest, error))
            return b""
        self._broken = _Broken(_KIND_OF[rest[0] & 0b1111], error)
        return rest

    def _go_on(self, broken: _Broken, data: bytes) -> Generator[_Piece, None, bytes]:
        """More of a frame that breaks a rule; returns what is behind it, which is cut afresh."""
        broken.begin += data[: _LENGTH_ENDS - len(broken.begin)]
        size = told_size(broken.begin)
        end = len(data) if size is None else min(size - broken.taken, len(data))
        yield _Piece(broken.kind, data[:end], broken.error, more=broken.taken > 0)
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
        return FrameParser(self._sender.peer, max_payload=_ANY_LENGTH, rsv1=rsv1)

    def join(self) -> None:
        """There is no head to come: the recording begins behind it."""
        self._head = None

    @property
    def in_head(self) -> bool:
        """Whether the head is still to come."""
        return self._head is not None

    def _feed_head(self, reader: HeadReader, data: bytes) -> Generator[_Piece, None, bytes]:
        read = reader.feed(data)
        if read is None:
            return b""
        head, behind = read
        self._head = None
        refused = self._sender is Role.SERVER and " 101" not in head.first[:13]
        piece = _Piece("http", head.data + behind if refused else head.data)
        if refused:  # what follows is the page that says why
            self._last(piece)
        del self._rest[: len(piece.data)]
        yield piece
        return b"" if refused else behind

    def _framed(self, frame: Frame) -> _Piece:
        size = frame.header_size + len(frame.payload)
        data = bytes(self._rest[:size])
        del self._rest[:size]
        plain = None if self._inflater is None else self._inflate(self._inflater, frame)
        return _Piece(_KIND_OF[frame.opcode], data, plain=plain)

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

    def _last(self, piece: _Piece) -> _Piece:
        self._endless = piece
        return piece


class _Story:
    """What is known of one connection while its records are read."""

    def __init__(self) -> None:
        self.streams = {"client": _Stream(Role.CLIENT), "server": _Stream(Role.SERVER)}
        self.ours: set[str] = set()
        self.ended: set[str] = set()
        self.beliefs: dict[str, Belief | None] = {"client": None, "server": None}
        self.silent: set[str] = set()
        self.opening: Entry | None = None
        self.cut: Entry | None = None
        self.last: Entry | None = None
        self.heads: dict[str, Entry] = {}


def _compression(request: bytes, response: bytes) -> Deflate | None:
    try:
        return agreed_on(HandshakeRequest.parse(request)[0], HandshakeResponse.parse(response)[0])
    except ProtocolError:  # a head that cannot be read agrees on nothing
        return None


class Reader:
    """Reads records in order and keeps the entries that they make.

    Entries' times are counted from `began`, by default from the first record; the first `hidden` ones
    are numbered below 0. `position` tells how much of the recording was read, and ends up in each entry that changes.
    """

    def __init__(self, *, began: float | None = None, hidden: int = 0) -> None:
        self.entries: list[Entry] = []
        self.connections: list[int] = []
        self.began = began
        self.hidden = hidden
        self.position = 0
        self._stories: dict[int, _Story] = {}
        self._inflated = 0

    def read(self, position: int, time: float, number: int, what: What, side: str, data: bytes | int) -> None:
        """The next record, which ends at `position`; `data` is a count for the records that only count."""
        self.position = position
        if self.began is None:
            self.began = time
        if number not in self._stories:
            self._stories[number] = _Story()
            if number:
                self.connections.append(number)
        record = _Record(time - self.began, number, side, data, self._stories[number])
        _READERS[what](self, record)

    def heads(self, number: int) -> dict[str, bytes]:
        """The heads of a connection's handshake, by who sent them."""
        heads = self._stories[number].heads if number in self._stories else {}
        return {sender: entry.data for sender, entry in heads.items()}

    # --- TCP begins and ends --------------------------------------------------------------

    def _connect(self, record: _Record) -> None:
        story, is_new = record.story, record.side not in record.story.ours
        story.ours.add(record.side)
        if story.opening is None:
            story.opening = self._add(record, "tcp", "client")
            story.opening._words = "The client opens a TCP connection to the server."
            story.opening.fate = ON_THE_WAY
        if record.side == "server":
            self._arrive(story.opening, record.time)
        if is_new:
            self._await(story.streams[_PEER[record.side]])

    def _await(self, stream: _Stream) -> None:
        """The receiver turned out to be ours: what departed already will be seen to arrive."""
        for entry in stream.waiting:
            entry.fate, entry._until = ON_THE_WAY, self.position

    def _fin_sent(self, record: _Record) -> None:
        self._cut_off(record, record.side)
        self._farewell(record, "FIN", f"The {record.side} closes its direction of TCP (FIN).")

    def _rst_sent(self, record: _Record) -> None:
        self._farewell(record, "RST", f"The {record.side} resets the TCP connection (RST): nothing more is delivered.")

    def _farewell(self, record: _Record, what: str, words: str) -> None:
        story = record.story
        entry = self._add(record, "tcp", record.side)
        entry._words = words
        entry.fate = self._fate(story, record.side)
        story.streams[record.side].farewells[what] = entry

    def _fin_arrived(self, record: _Record) -> None:
        sender = _PEER[record.side]
        self._farewell_arrived(record, "FIN", f"The {sender} closes its direction of TCP (FIN).")
        self._cut_off(record, sender)

    def _rst_arrived(self, record: _Record) -> None:
        self._farewell_arrived(record, "RST", f"A reset (RST) reaches the {record.side}: TCP is cut.")

    def _farewell_arrived(self, record: _Record, what: str, words: str) -> None:
        story, sender = record.story, _PEER[record.side]
        entry = story.cut or story.streams[sender].farewells.get(what)
        if entry is None:
            entry = self._add(record, "tcp", sender)
            entry._words = words
        self._arrive(entry, record.time)

    def _arrive(self, entry: Entry, time: float) -> None:
        entry.arrived, entry.fate, entry._until = time, ARRIVED, self.position

    def _lost(self, record: _Record) -> None:
        entry = self._add(record, "fault", "wire")
        entry._words = f"The {record.side} loses its TCP connection: {record.text}."

    def _ended(self, record: _Record) -> None:
        story = record.story
        story.ended.add(record.side)
        incoming = story.streams[_PEER[record.side]]
        self._lose(incoming)
        for entry in incoming.farewells.values():
            if entry.fate == ON_THE_WAY:
                entry.fate, entry._until = LOST, self.position
        self._cut_off(record, record.side)

    # --- bytes -------------------------------------------------------------------------------

    def _sent(self, record: _Record) -> None:
        self._depart(record, record.side)

    def _arrived(self, record: _Record) -> None:
        sender = _PEER[record.side]
        self._depart(record, sender)
        self._count_arrival(record, sender, len(record.bytes))

    def _counted(self, record: _Record) -> None:
        assert isinstance(record.data, int)
        self._count_arrival(record, _PEER[record.side], record.data)

    def _passed(self, record: _Record) -> None:
        """That bytes go on is what one expects."""

    def _swallowed(self, record: _Record) -> None:
        change = unpack_change(record.bytes)
        for entry in record.story.streams[record.side].change(change):
            entry.fate, entry._until = LOST, self.position
        if change.words:
            self._tell_of_wire(record, change)

    def _changed(self, record: _Record) -> None:
        change = unpack_change(record.bytes)
        record.story.streams[record.side].change(change)
        self._tell_of_wire(record, change)

    def _tell_of_wire(self, record: _Record, change: Change) -> None:
        entry = self._tell(record, change.words)
        entry.sender, entry._parts = "wire", (change.data,)

    def _depart(self, record: _Record, sender: str) -> None:
        stream = record.story.streams[sender]
        for piece in stream.feed(record.bytes):
            entry = stream.last
            if entry is None or not piece.more:
                entry = stream.last = self._add(record, piece.kind, sender)
                entry.error, entry._parts = piece.error, (piece.data,)
                entry._plain = None if piece.plain is None else self._kept(piece.plain)
                if piece.kind == "http":
                    self._agree(record.story, entry)
            else:
                entry._add(piece.data)
            entry.arrived, entry.fate, entry._until = None, self._fate(record.story, sender), self.position
            stream.departed += len(piece.data)
            if stream.holes and stream.holes.touch(stream.departed - len(piece.data), stream.departed):
                entry.fate = LOST
            stream.waiting.add(stream.departed, entry)

    def _kept(self, plain: bytes) -> bytes | None:
        """An inflated payload, while there is room: a few bytes may inflate to many."""
        if self._inflated + len(plain) > MOST_INFLATED:
            return None
        self._inflated += len(plain)
        return plain

    def _agree(self, story: _Story, entry: Entry) -> None:
        """Both heads are known: what they agreed on holds for both streams."""
        story.heads[entry.sender] = entry
        if entry.sender == "server" and "client" in story.heads:
            agreed = _compression(story.heads["client"].data, entry.data)
            for stream in story.streams.values():
                if agreed is not None:
                    stream.agree(agreed)

    def _fate(self, story: _Story, sender: str) -> str:
        if sender in story.silent or story.cut is not None or _PEER[sender] in story.ended:
            return LOST
        return ON_THE_WAY if _PEER[sender] in story.ours else UNKNOWN

    def _count_arrival(self, record: _Record, sender: str, size: int) -> None:
        stream = record.story.streams[sender]
        stream.arrive(size)
        for entry in stream.waiting.reached(stream.arrived):
            if entry.fate != LOST:
                self._arrive(entry, record.time)

    def _lose(self, stream: _Stream) -> None:
        """What has not arrived never will."""
        for entry in stream.waiting:
            if entry.arrived is None:
                entry.fate, entry._until = LOST, self.position
        stream.waiting = Pending(stream.departed)

    def _cut_off(self, record: _Record, sender: str) -> None:
        """The stream of `sender` ends: what is not whole by now never will be."""
        stream = record.story.streams[sender]
        rest = stream.end()
        if rest:
            whole = "the head of its handshake" if stream.in_head else "a frame"
            entry = self._add(record, "fault", sender)
            entry._parts = (rest,)
            entry._words = f"The {sender} ends inside {whole}: {size_in_words(len(rest))} of it came."

    # --- beliefs, notes, links ------------------------------------------------------------------

    def _belief(self, record: _Record) -> None:
        story = record.story
        story.beliefs[record.side] = Belief(*unpack_belief(record.bytes))
        if story.last is not None:
            self._show_beliefs(story.last, story)

    def _show_beliefs(self, entry: Entry, story: _Story) -> None:
        entry.client, entry.server = story.beliefs["client"], story.beliefs["server"]
        entry._until = self.position

    def _note(self, record: _Record) -> None:
        self._tell(record, record.text)

    def _linked(self, record: _Record) -> None:
        """A link alone shows nothing: it is a cable."""

    def _joined(self, record: _Record) -> None:
        for stream in record.story.streams.values():
            stream.join()

    def _silence(self, record: _Record) -> None:
        story, side = record.story, record.side
        story.silent |= {side} if side in story.streams else set(story.streams)
        if side in story.streams:
            words = f"The link goes silent one way: it swallows what the {side} sends, and tells nobody."
        else:
            words = "The link goes silent: it swallows what both sides send, and tells neither of them."
        entry = self._tell(record, words)
        entry.sender, entry.cuts = "wire", len(story.silent) == len(story.streams)

    def _cut(self, record: _Record) -> None:
        self._cut_both(record, "The link is cut: RST to both sides.")

    def _cut_gently(self, record: _Record) -> None:
        self._cut_both(record, "The link is cut: FIN to both sides.")

    def _cut_both(self, record: _Record, words: str) -> None:
        record.story.cut = self._tell(record, words)
        record.story.cut.cuts = True

    def _tell(self, record: _Record, words: str) -> Entry:
        entry = self._add(record, "fault", record.side)
        entry._words, entry.fate, entry.arrived = words or _WORDLESS, ARRIVED, record.time
        return entry

    def _add(self, record: _Record, kind: str, sender: str) -> Entry:
        entry = Entry(len(self.entries) - self.hidden, record.time, record.number, sender, kind)
        self._show_beliefs(entry, record.story)
        record.story.last = entry
        self.entries.append(entry)
        return entry


@dataclass(slots=True)
class _Record:
    """One record as the readers see it."""

    time: float
    number: int
    side: str
    data: bytes | int
    story: _Story

    @property
    def bytes(self) -> bytes:
        assert not isinstance(self.data, int)
        return self.data

    @property
    def text(self) -> str:
        return self.bytes.decode("utf-8", "replace")


_READERS = {
    What.CONNECT: Reader._connect,
    What.ACCEPT: Reader._connect,
    What.SENT: Reader._sent,
    What.ARRIVED: Reader._arrived,
    What.COUNTED: Reader._counted,
    What.TAKEN: Reader._sent,
    What.PASSED: Reader._passed,
    What.FIN_SENT: Reader._fin_sent,
    What.FIN_ARRIVED: Reader._fin_arrived,
    What.RST_SENT: Reader._rst_sent,
    What.RST_ARRIVED: Reader._rst_arrived,
    What.LOST: Reader._lost,
    What.ENDED: Reader._ended,
    What.BELIEF: Reader._belief,
    What.NOTE: Reader._note,
    What.LINKED: Reader._linked,
    What.SILENCE: Reader._silence,
    What.CUT: Reader._cut,
    What.CUT_GENTLY: Reader._cut_gently,
    What.JOINED: Reader._joined,
    What.SWALLOWED: Reader._swallowed,
    What.CHANGED: Reader._changed,
}
