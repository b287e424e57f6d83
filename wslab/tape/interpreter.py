"""From records to entries: each head, frame, TCP event and fault, with its fate and what each side believes.

Records go in, in their order; entries come out. Nothing is asked of a living connection, so a loaded tape and a
running one give the same entries. For each connection the interpreter keeps a `ConnectionHistory`: a dissector for
each direction, which ends are ours, who is gone, what each side believes.

- **Departing.** Bytes that were sent go through the dissector of their sender, and each head or frame that they make
  whole becomes an entry. It departs with its last byte, and it has arrived when its last byte has.
- **Fate.** An entry starts as *on the way* where its receiver is ours, and as *unknown* where nobody of ours can see
  it arrive. It is *lost* at once where the path is silent or cut, or its receiver is gone. A count of bytes at the
  receiver makes entries *arrived*; the end of the receiver makes the rest of them *lost*. A silence that ends
  swallowed nothing: what departed meanwhile, and has not come to the link yet, is on its way again.
- **Beliefs.** A belief is shown on the newest entry of its connection, for it says what a side takes for true
  after that entry. Each new entry begins with what both believed before it. A side whose process died believes nothing.
  The moment itself is kept too, as a `BeliefChange` with what the side had just sent or received: a view draws the new
  belief there, and not at the entry.
- **Gaps and edits.** What a link removes leaves a gap: an entry that touches one is lost. What a link changes is
  an edit: the receiver counts the new bytes, and the dissector keeps the two counts together.

Nothing here raises. What it leaves out: cutting bytes into heads and frames (`dissector`), keeping records (`log`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wslab.tape.dissector import StreamDissector
from wslab.tape.entry import ARRIVED, LOST, ON_THE_WAY, PEER, UNKNOWN, Belief, BeliefChange, Entry
from wslab.tape.log import RawRecord
from wslab.tape.offsets import PendingByOffset
from wslab.tape.records import (
    FACTS,
    Change,
    EndedInside,
    Fact,
    FaultAct,
    FramesFound,
    Injected,
    Missing,
    RecordKind,
    TcpEvent,
    unpack_belief,
    unpack_change,
)
from wslab.tape.streams.gaps import MissingBehind
from wslab.tape.streams.history import ConnectionHistory, RecordRead
from wslab.tape.streams.pending import PendingPart
from wslab.tape.streams.piece import Dissected
from wslab.tape.streams.source import omits_headers

SAME_MOMENT = 0.0002
"""Seconds within which a side's new belief is due to what it has just sent or received."""

MOST_INFLATED = 256 * 1024 * 1024
"""Bytes of inflated payloads that are kept, of all connections together; behind them payloads stay compressed."""


class Interpreter:
    """Reads records in order and keeps the entries that they make.

    Times of entries are counted from `began`; the first `hidden` entries are numbered below 0. `position` is how
    much of the recording was read, and ends up in each entry that changes. `inflating` is the work of it, in bytes.
    """

    def __init__(self, *, began: float = 0.0, hidden: int = 0) -> None:
        self.entries: list[Entry] = []
        self.connection_numbers: list[int] = []
        self.began = began
        self.position = 0
        self.inflating = 0
        self._first = -hidden  # the number of the first of the entries
        self._histories: dict[int, ConnectionHistory] = {}
        self._kept = 0  # inflated bytes that count against MOST_INFLATED

    def read(self, records: Iterable[RawRecord]) -> None:
        """The next records."""
        # names of the function itself: the loop runs for each record of a long tape
        histories, began, moves = self._histories, self.began, _MOVES
        for position, time, number, kind, side, data in records:
            self.position = position
            history = histories.get(number) or self._begin_history(number)
            history.now = time - began
            if kind in moves:
                moves[kind](self, history, side, data)
            else:
                _READERS[kind](self, RecordRead(kind, side, data, history))

    def _begin_history(self, number: int) -> ConnectionHistory:
        # a connection begins with the first record that names it; number 0 is the lab as a whole, and no connection
        history = self._histories[number] = ConnectionHistory(number)
        if number:
            self.connection_numbers.append(number)
        return history

    def forget(self) -> None:
        """Let go of all entries so far; they are not completed any more. Those to come are numbered behind them."""
        for number in {entry.connection for entry in self.entries}:
            history = self._histories[number]
            for sender, stream in history.streams.items():
                stream.forget(keep_edits=PEER[sender] in history.ours)
        # the histories stay: a connection goes on where it was, only its old entries are gone
        self._first += len(self.entries)
        self.entries = []
        self._kept = 0

    def take(self) -> list[Entry]:
        """The entries that were made since the last time; what happens later still completes them."""
        # their numbers are given: those to come go on behind them
        self._first += len(self.entries)
        taken, self.entries = self.entries, []
        return taken

    def let_go(self, oldest: Sequence[Entry]) -> None:
        """Complete no more the oldest entries of a connection, which were taken."""
        for stream in self._histories[oldest[-1].connection].streams.values():
            stream.let_go(oldest[-1].number)
        self._kept -= sum(len(entry.inflated or b"") for entry in oldest)

    def heads(self, number: int) -> dict[str, bytes]:
        """The heads of a connection's handshake, by who sent them."""
        heads = self._histories[number].heads if number in self._histories else {}
        return {sender: entry.data for sender, entry in heads.items()}

    def pending(self) -> list[PendingPart]:
        """What has begun and is not whole, of all connections."""
        return [each for history in self._histories.values() for each in history.pending()]

    # --- TCP begins and ends --------------------------------------------------------------

    def _connect(self, record: RecordRead) -> None:
        history, is_new = record.history, record.side not in record.history.ours
        history.ours.add(record.side)
        # the client's record opens the connection, the server's shows that this arrived, or does both where it is alone
        if history.opening is None:
            history.opening = self._add(history, "tcp", "client")
            history.opening.fact = TcpEvent("client", "connect")
            history.opening.fate = ON_THE_WAY
        if record.side == "server":
            self._arrive(history, history.opening)
        history.newest[record.side] = (history.now, history.opening.number, record.side == "server")
        # the fate of what the peer sent so far is unknown, for until now no receiver of ours was known
        if is_new:
            self._expect_arrivals(history.streams[PEER[record.side]])

    def _expect_arrivals(self, stream: StreamDissector) -> None:
        """The receiver turned out to be ours: what departed already will be seen to arrive."""
        for entry in stream.pending:
            self._change_fate(entry, ON_THE_WAY)

    def _fin_sent(self, record: RecordRead) -> None:
        # no byte follows a FIN, so what is not whole by now never will be
        self._cut_off(record, record.side)
        self._tcp_end(record, "FIN")

    def _rst_sent(self, record: RecordRead) -> None:
        self._tcp_end(record, "RST")

    def _tcp_end(self, record: RecordRead, what: str) -> None:
        entry = self._add(record.history, "tcp", record.side)
        entry.fact = TcpEvent(record.side, what)
        entry.fate = record.history.fate(record.side)
        # kept by its kind, because the record of its arrival says no more than that
        record.history.streams[record.side].tcp_ends[what] = entry

    def _fin_arrived(self, record: RecordRead) -> None:
        # where the sender is not ours, this record is the first that is known of its FIN, so the sender's stream ends
        # here
        self._tcp_end_arrived(record, "FIN")
        self._cut_off(record, PEER[record.side])

    def _rst_arrived(self, record: RecordRead) -> None:
        self._tcp_end_arrived(record, "RST")

    def _tcp_end_arrived(self, record: RecordRead, what: str) -> None:
        """It belongs to the cut of the link, or to what its sender did, or nobody of ours saw where it came from."""
        history, sender = record.history, PEER[record.side]
        # a cut by the link reaches both sides as FIN or RST that neither has sent: what arrives then is the cut
        entry = history.cut or history.streams[sender].tcp_ends.get(what)
        # nobody of ours saw it leave: the peer may have sent it, or an intermediary in the peer's name
        if entry is None:
            entry = self._add(history, "tcp", sender)
            entry.fact = TcpEvent(sender, what, unsent=True)
        self._arrive(history, entry)

    def _arrive(self, history: ConnectionHistory, entry: Entry) -> None:
        entry.arrived, entry.fate, entry.changed_at = history.now, ARRIVED, self.position
        receiver = PEER.get(entry.sender)
        if receiver is not None:
            history.newest[receiver] = (history.now, entry.number, True)

    def _change_fate(self, entry: Entry, fate: str) -> None:
        entry.fate, entry.changed_at = fate, self.position

    def _lost(self, record: RecordRead) -> None:
        # the system gave the connection up (a time limit, no route): neither side did that, so it is drawn on the wire
        entry = self._add(record.history, "fault", "wire")
        entry.fact = record.fact

    def _ended(self, record: RecordRead) -> None:
        history = record.history
        # `ConnectionHistory.fate` asks for this from now on: what the peer sends to a side that is over is lost, too
        history.ended.add(record.side)
        incoming = history.streams[PEER[record.side]]
        self._lose(incoming)
        # FIN and RST have no bytes, so they are never among the pending entries
        for entry in incoming.tcp_ends.values():
            if entry.fate == ON_THE_WAY:
                self._change_fate(entry, LOST)
        # a side that is over also sends no more: a frame that it began stays a beginning
        self._cut_off(record, record.side)

    # --- bytes -------------------------------------------------------------------------------

    def _sent(self, history: ConnectionHistory, side: str, data: bytes) -> None:
        stream = history.streams[side]
        self._show(history, stream, stream.feed(data))

    def _arrived(self, history: ConnectionHistory, side: str, data: bytes) -> None:
        # the sender is not ours: its bytes are first seen where they arrive, and depart and arrive at one moment
        self._sent(history, PEER[side], data)
        self._counted(history, side, len(data))

    def _counted(self, history: ConnectionHistory, side: str, size: int) -> None:
        # the tape has these bytes already, from their sender, so our receiver records only how many came
        stream = history.streams[PEER[side]]
        stream.arrive(size)
        for entry in stream.pending.reached(stream.arrived):
            # the count may pass a gap; what lay in it is lost
            if entry.fate != LOST:
                self._arrive(history, entry)

    def _passed(self, history: ConnectionHistory, side: str, size: int) -> None:
        """A link passes bytes on: that is what one expects, and no entry."""
        for entry in history.streams[side].pass_on(size):
            entry.held, entry.changed_at = False, self.position

    def _swallowed(self, record: RecordRead) -> None:
        change = unpack_change(record.side, record.bytes)
        # `side` is the sender here, and the entries are those that the removed bytes touch
        for entry in record.history.streams[record.side].edit(change):
            self._change_fate(entry, LOST)
        if change.act is not None and change.act.act:  # else the lost entries say it all
            self._show_change(record, change.act, change.data)

    def _changed(self, record: RecordRead) -> None:
        change = unpack_change(record.side, record.bytes)
        record.history.altered.add(record.side)
        # the entry keeps what its sender sent; what the receiver gets instead is shown with the fault
        record.history.streams[record.side].edit(change)
        self._show_change(record, change.act or FaultAct(record.side, "", "bytes-replaced"), change.data)

    def _show_change(self, record: RecordRead, fact: Fact | None, data: bytes) -> None:
        entry = self._happen(record, fact)
        entry.sender, entry.chunks = "wire", data

    def _show(self, history: ConnectionHistory, stream: StreamDissector, pieces: Iterable[Dissected]) -> None:
        sender, work = stream.sender, stream.inflater.work
        for found in pieces:
            entry = stream.last
            # a body, or a frame that breaks a rule, comes in several chunks, and they all belong to one entry
            if entry is None or not found.more:
                entry = stream.last = self._begin(history, found, sender)
            else:
                # it has arrived only when its new last byte has
                entry.add(found.data)
                entry.arrived, entry.changed_at = None, self.position
            begin = stream.departed
            end = stream.departed = begin + len(found.data)
            # a link may have said that these bytes go no further before they were recorded as sent
            entry.fate = LOST if stream.gaps.touch(begin, end) else history.fate(sender)
            # it waits here until the receiver has counted all bytes up to its last
            stream.pending.add(end, entry)
            if history.linked:
                entry.held = True
                stream.held.add(end, entry)
        self.inflating += stream.inflater.work - work

    def _begin(self, history: ConnectionHistory, found: Dissected, sender: str) -> Entry:
        """The entry of a head or frame, from what the dissector found."""
        entry = self._add(history, found.kind, sender)
        entry.error, entry.chunks, entry.fact = found.error, found.data, found.fact
        entry.opcode, entry.header_size = found.opcode, found.header_size
        if found.inflated is not None:
            entry.inflated = self._keep(found.inflated)
        # the dissector yields one by one, so what a head means holds for the very next bytes
        history.take(entry, found)
        # it answers, so TCP's opening did reach a server that is not ours, only nobody saw when
        if found.kind == "http" and sender == "server" and "server" not in history.ours and history.opening is not None:
            self._change_fate(history.opening, UNKNOWN)
        return entry

    def _keep(self, inflated: bytes) -> bytes | None:
        """An inflated payload, while there is room: a few bytes may inflate to many."""
        if self._kept + len(inflated) > MOST_INFLATED:
            return None
        self._kept += len(inflated)
        return inflated

    def _lose(self, stream: StreamDissector) -> None:
        """What has not arrived never will."""
        for entry in stream.pending:
            if entry.arrived is None:
                self._change_fate(entry, LOST)
        # should anything depart after all, it is counted from here
        stream.pending = PendingByOffset(stream.departed)

    def _cut_off(self, record: RecordRead, sender: str) -> None:
        """The stream of `sender` ends: what is not whole by now never will be."""
        stream = record.history.streams[sender]
        # these bytes travelled, so the tape shows them, although no head or frame came of them
        in_head, error = not stream.http.is_over, stream.undecided
        rest = stream.end()
        if rest:
            entry = self._add(record.history, "fault", sender)
            entry.chunks, entry.error, entry.before = rest, error, record.history.frame_before(sender)
            entry.fact = EndedInside(sender, in_head, len(rest)) if error is None else None

    # --- beliefs, facts, links ------------------------------------------------------------------

    def _belief(self, record: RecordRead) -> None:
        history = record.history
        # what a side believes is not on the wire: it makes no entry of its own, but shows on the newest one
        history.beliefs[record.side] = belief = Belief(*unpack_belief(record.bytes))
        newest = history.last
        if newest is not None:
            newest.client, newest.server = history.beliefs["client"], history.beliefs["server"]
            newest.changes += (self._change_of(record, belief),)
            newest.changed_at = self.position

    def _change_of(self, record: RecordRead, belief: Belief | None) -> BeliefChange:
        """The change of belief, with what the side had just sent or received."""
        # a program reacts some microseconds after what it reacts to; what is older has nothing to do with it
        now = record.history.now
        time, number, arrived = record.history.newest.get(record.side, (float("-inf"), 0, False))
        if now - time > SAME_MOMENT:
            return BeliefChange(record.side, now, belief)
        return BeliefChange(record.side, now, belief, number, arrived)

    def _died(self, record: RecordRead) -> None:
        record.history.beliefs[record.side] = None
        self._fact(record)

    def _fact(self, record: RecordRead) -> None:
        fact = record.fact
        entry = self._happen(record, fact)
        # a browser does not tell all headers
        record.history.omits_headers |= omits_headers(fact)
        if isinstance(fact, Injected):
            # the receiver counts these bytes too, and the sender never sent them
            record.history.streams[fact.side].edit(Change(fact.start, 0, fact.data, None))
            entry.sender, entry.chunks = "wire", fact.data
        # these happen on the way, at neither side
        elif isinstance(fact, FaultAct):
            entry.sender = "wire"

    def _missing(self, record: RecordRead) -> None:
        fact, stream = record.fact, record.history.streams[record.side]
        assert isinstance(fact, Missing)
        self._show(record.history, stream, stream.lose(fact.size))
        told = MissingBehind(fact.side, fact.size, fact.position, stream.frames, cut=fact.cut)
        self._happen(record, told).sender = "wire"

    def _frames_found(self, record: RecordRead) -> None:
        fact, history = record.fact, record.history
        assert isinstance(fact, FramesFound)
        # without both heads nobody knows what RSV1 means here
        if history.streams[record.side].resume(fact, rsv1=len(history.heads) < 2):
            self._happen(record, fact).sender = "wire"

    def _linked(self, record: RecordRead) -> None:
        """A link by itself changes nothing, and is no entry; from now on what departs waits at it."""
        # a link says PASSED for each byte that it lets go on, so what has none is held
        record.history.linked = True

    def _joined(self, record: RecordRead) -> None:
        for stream in record.history.streams.values():
            stream.join()

    def _origins(self, record: RecordRead) -> None:
        # no entry: it only lets the request be judged as the server judges it (§10.2)
        record.history.allow(record.bytes)

    def _silence(self, record: RecordRead) -> None:
        entry = self._happen(record, record.fact)
        # a timeline interrupts its line only where nothing gets through in either direction
        entry.sender, entry.cuts = "wire", record.history.fall_silent(record.side)

    def _silence_ended(self, record: RecordRead) -> None:
        # what had not come to the link yet was taken for lost when it departed, and is not
        for entry in record.history.end_silence(record.side):
            self._change_fate(entry, record.history.fate(entry.sender))
        self._happen(record, record.fact).sender = "wire"

    def _cut(self, record: RecordRead) -> None:
        # remembered, because `ConnectionHistory.fate` and `_tcp_end_arrived` depend on it
        record.history.cut = self._happen(record, record.fact)
        record.history.cut.cuts = True

    def _happen(self, record: RecordRead, fact: Fact | None) -> Entry:
        """Something that is no bytes and happens at one moment."""
        entry = self._add(record.history, "fault", record.side)
        entry.fact, entry.fate, entry.arrived = fact, ARRIVED, record.history.now
        return entry

    def _add(self, history: ConnectionHistory, kind: str, sender: str) -> Entry:
        number = self._first + len(self.entries)
        history.last = entry = Entry(number, history.now, history.number, sender, kind)
        # the entry begins with what both sides believed before it; what they learn by it is written over that
        entry.client, entry.server = history.beliefs["client"], history.beliefs["server"]
        entry.changed_at = self.position
        history.newest[sender] = (history.now, number, False)
        self.entries.append(entry)
        return entry


# most records move bytes, so these take no more than the history, the side, and the bytes or a count of them
_MOVES: dict[RecordKind, Callable[[Interpreter, ConnectionHistory, str, Any], None]] = {
    RecordKind.SENT: Interpreter._sent,
    RecordKind.ARRIVED: Interpreter._arrived,
    RecordKind.COUNTED: Interpreter._counted,
    RecordKind.TAKEN: Interpreter._sent,  # a link saw the bytes leave their sender: as good as sent
    RecordKind.PASSED: Interpreter._passed,
}
# one lookup a record: this runs for every chunk of a recording, so there is no chain of tests
_READERS = {
    RecordKind.CONNECT: Interpreter._connect,
    RecordKind.ACCEPT: Interpreter._connect,
    RecordKind.FIN_SENT: Interpreter._fin_sent,
    RecordKind.FIN_ARRIVED: Interpreter._fin_arrived,
    RecordKind.RST_SENT: Interpreter._rst_sent,
    RecordKind.RST_ARRIVED: Interpreter._rst_arrived,
    RecordKind.LOST: Interpreter._lost,
    RecordKind.ENDED: Interpreter._ended,
    RecordKind.BELIEF: Interpreter._belief,
    RecordKind.NOTE: Interpreter._fact,
    RecordKind.LINKED: Interpreter._linked,
    RecordKind.SILENCE: Interpreter._silence,
    RecordKind.CUT: Interpreter._cut,
    RecordKind.FIN_TO_BOTH: Interpreter._cut,  # FIN or RST, both end the path
    RecordKind.JOINED: Interpreter._joined,
    RecordKind.SWALLOWED: Interpreter._swallowed,
    RecordKind.CHANGED: Interpreter._changed,
    **dict.fromkeys(FACTS, Interpreter._fact),
    RecordKind.MISSING: Interpreter._missing,
    RecordKind.FRAMES_FOUND: Interpreter._frames_found,
    RecordKind.DIED: Interpreter._died,
    RecordKind.ORIGINS: Interpreter._origins,
    RecordKind.SILENCE_ENDED: Interpreter._silence_ended,
}
