"""From records to entries: each head, frame, TCP event and fault, with its fate and what each side believes.

Rules of this module:
- Everything is worked out from the records, in their order; nothing is asked of a living connection.
- It never raises. What breaks a rule is told as such; so are bytes whose stream ends before they are whole.
- An entry departs with its last byte, and has arrived with its last byte.

What it leaves out: cutting bytes into heads and frames (`streams`), storing (`tape`).
"""

from __future__ import annotations

from dataclasses import dataclass

from wslab.explain import size_in_words
from wslab.protocol import HandshakeRequest, HandshakeResponse, ProtocolError, Role
from wslab.protocol.deflate import Deflate, agreed_on
from wslab.tape.dissector import StreamDissector
from wslab.tape.entry import ARRIVED, LOST, ON_THE_WAY, PEER, UNKNOWN, Belief, Entry
from wslab.tape.offsets import PendingByOffset
from wslab.tape.records import Change, RecordKind, unpack_belief, unpack_change

MOST_INFLATED = 256 * 1024 * 1024
"""Bytes of inflated payloads that are kept, of all connections together; behind them payloads stay compressed."""

_WORDLESS = "A note without words."


class _ConnectionHistory:
    """What is known of one connection while its records are read."""

    def __init__(self) -> None:
        self.streams = {"client": StreamDissector(Role.CLIENT), "server": StreamDissector(Role.SERVER)}
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


class Interpreter:
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
        self._stories: dict[int, _ConnectionHistory] = {}
        self._inflated = 0

    def read(self, position: int, time: float, number: int, what: RecordKind, side: str, data: bytes | int) -> None:
        """The next record, which ends at `position`; `data` is a count for the records that only count."""
        self.position = position
        if self.began is None:
            self.began = time
        if number not in self._stories:
            self._stories[number] = _ConnectionHistory()
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
            self._await(story.streams[PEER[record.side]])

    def _await(self, stream: StreamDissector) -> None:
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
        sender = PEER[record.side]
        self._farewell_arrived(record, "FIN", f"The {sender} closes its direction of TCP (FIN).")
        self._cut_off(record, sender)

    def _rst_arrived(self, record: _Record) -> None:
        self._farewell_arrived(record, "RST", f"A reset (RST) reaches the {record.side}: TCP is cut.")

    def _farewell_arrived(self, record: _Record, what: str, words: str) -> None:
        story, sender = record.story, PEER[record.side]
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
        incoming = story.streams[PEER[record.side]]
        self._lose(incoming)
        for entry in incoming.farewells.values():
            if entry.fate == ON_THE_WAY:
                entry.fate, entry._until = LOST, self.position
        self._cut_off(record, record.side)

    # --- bytes -------------------------------------------------------------------------------

    def _sent(self, record: _Record) -> None:
        self._depart(record, record.side)

    def _arrived(self, record: _Record) -> None:
        sender = PEER[record.side]
        self._depart(record, sender)
        self._count_arrival(record, sender, len(record.bytes))

    def _counted(self, record: _Record) -> None:
        assert isinstance(record.data, int)
        self._count_arrival(record, PEER[record.side], record.data)

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

    def _agree(self, story: _ConnectionHistory, entry: Entry) -> None:
        """Both heads are known: what they agreed on holds for both streams."""
        story.heads[entry.sender] = entry
        if entry.sender == "server" and "client" in story.heads:
            agreed = _compression(story.heads["client"].data, entry.data)
            for stream in story.streams.values():
                if agreed is not None:
                    stream.agree(agreed)

    def _fate(self, story: _ConnectionHistory, sender: str) -> str:
        if sender in story.silent or story.cut is not None or PEER[sender] in story.ended:
            return LOST
        return ON_THE_WAY if PEER[sender] in story.ours else UNKNOWN

    def _count_arrival(self, record: _Record, sender: str, size: int) -> None:
        stream = record.story.streams[sender]
        stream.arrive(size)
        for entry in stream.waiting.reached(stream.arrived):
            if entry.fate != LOST:
                self._arrive(entry, record.time)

    def _lose(self, stream: StreamDissector) -> None:
        """What has not arrived never will."""
        for entry in stream.waiting:
            if entry.arrived is None:
                entry.fate, entry._until = LOST, self.position
        stream.waiting = PendingByOffset(stream.departed)

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

    def _show_beliefs(self, entry: Entry, story: _ConnectionHistory) -> None:
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
    story: _ConnectionHistory

    @property
    def bytes(self) -> bytes:
        assert not isinstance(self.data, int)
        return self.data

    @property
    def text(self) -> str:
        return self.bytes.decode("utf-8", "replace")


_READERS = {
    RecordKind.CONNECT: Interpreter._connect,
    RecordKind.ACCEPT: Interpreter._connect,
    RecordKind.SENT: Interpreter._sent,
    RecordKind.ARRIVED: Interpreter._arrived,
    RecordKind.COUNTED: Interpreter._counted,
    RecordKind.TAKEN: Interpreter._sent,
    RecordKind.PASSED: Interpreter._passed,
    RecordKind.FIN_SENT: Interpreter._fin_sent,
    RecordKind.FIN_ARRIVED: Interpreter._fin_arrived,
    RecordKind.RST_SENT: Interpreter._rst_sent,
    RecordKind.RST_ARRIVED: Interpreter._rst_arrived,
    RecordKind.LOST: Interpreter._lost,
    RecordKind.ENDED: Interpreter._ended,
    RecordKind.BELIEF: Interpreter._belief,
    RecordKind.NOTE: Interpreter._note,
    RecordKind.LINKED: Interpreter._linked,
    RecordKind.SILENCE: Interpreter._silence,
    RecordKind.CUT: Interpreter._cut,
    RecordKind.CUT_GENTLY: Interpreter._cut_gently,
    RecordKind.JOINED: Interpreter._joined,
    RecordKind.SWALLOWED: Interpreter._swallowed,
    RecordKind.CHANGED: Interpreter._changed,
}
