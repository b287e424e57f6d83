"""A tape as packets, as a capture between the two would show them.

The packets are what the tape says, at its times: bytes when they departed, an acknowledgement when they arrived, FIN
and RST as they happened. What was lost is a segment that nobody acknowledges.
Addresses are those kept for documentation (RFC 5737), and the server's port is 80, so that every tool looks for HTTP
there. TCP's own opening has the time of the connection's first record. Beliefs and facts are comments of the next
packet.

What it leaves out: retransmissions, which the tape does not see, and the file (`pcapng`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wslab.formats.pcap.tcpip import ACK, FIN, PSH, RST, SYN, PacketPlace, packet
from wslab.protocol import HandshakeRequest, HandshakeResponse
from wslab.tape.entry import PEER, Belief
from wslab.tape.offsets import Edits
from wslab.tape.records import (
    FACTS,
    Change,
    FramesFound,
    Injected,
    Missing,
    RecordKind,
    unpack,
    unpack_belief,
    unpack_change,
)
from wslab.tape.sentences import sentence_of
from wslab.tape.tape import Tape

LARGEST_SEGMENT = 32 * 1024
"""Bytes of payload in a segment at most."""

SERVER = PacketPlace(bytes((198, 51, 100, 1)), 80)
_CLIENTS = bytes((192, 0, 2))
_FIRST_PORT, _PORTS = 1024, 64512
_SIDES = ("client", "server")
_MOST_TOLD = 20
_NOT_RECORDED = "Not on the tape, which begins behind the opening handshake: written so that the frames are decoded."


class Packet(NamedTuple):
    """A packet with its seconds since the tape began, and its comment."""

    time: float
    data: bytes
    comment: str


def packets(tape: Tape) -> Iterator[Packet]:
    """All packets of a tape, in the order of their times."""
    flows: dict[int, _Flow] = {}
    for time, number, what, side, data in tape.records():
        if number:
            if number not in flows:
                flows[number] = _Flow(number)
            yield from flows[number].read(time, what, side, data)


def summary(tape: Tape) -> str:
    """The comment of the whole file: what each side believed in the end."""
    last: dict[int, dict[str, str]] = {}
    for entry in tape:
        for side in _SIDES:
            belief = getattr(entry, side)
            if belief is not None:
                last.setdefault(entry.connection, {})[side] = str(belief)
    told = [
        f"#{number}: " + ", ".join(f"the {side} believes {belief}" for side, belief in sides.items())
        for number, sides in list(last.items())[:_MOST_TOLD]
    ]
    return "\n".join(["A tape of wslab, as packets. In the end:" if told else "A tape of wslab, as packets.", *told])


class _Reached:
    """How far one side's bytes have reached the other: in the sender's count, also where some were changed on the way.

    An intermediary that changes bytes ends TCP and begins it anew, so the sender's bytes are acknowledged as well.
    """

    def __init__(self) -> None:
        self._from = 0  # the position behind the last change that all of it reached
        self._counted = 0  # bytes that arrived behind that
        self._changes = Edits()  # those to come

    def change(self, change: Change) -> None:
        self._changes.add(change)

    def count(self, size: int) -> None:
        """`size` bytes arrived, as the receiver counts."""
        self._counted += size
        while self._changes and self._counted > (before := self._changes.first.start - self._from):
            change = self._changes.first
            if self._counted - before < len(change.data):
                return
            self._counted -= before + len(change.data)
            self._from = change.start + change.size
            self._changes.pop()

    @property
    def position(self) -> int:
        end = self._from + self._counted
        return min(end, self._changes.first.start) if self._changes else end


class _Flow:
    """One connection: how far each side has sent, and how much reached it."""

    def __init__(self, number: int) -> None:
        client = PacketPlace(bytes((*_CLIENTS, 1 + number // _PORTS % 254)), _FIRST_PORT + number % _PORTS)
        self._places = {"client": client, "server": SERVER}
        self._sent = dict.fromkeys(_SIDES, 0)  # the next sequence number
        self._reached = {side: _Reached() for side in _SIDES}  # of what it sent
        self._fins = dict.fromkeys(_SIDES, 0)  # of the peer, that reached it
        self._said: dict[str, set[int]] = {side: set() for side in _SIDES}  # FIN, RST
        self._open = False
        self._comments: list[str] = []

    def read(self, time: float, what: RecordKind, side: str, data: bytes | int) -> Iterator[Packet]:
        """The packets that a record makes."""
        if what in _CHANGES and isinstance(data, bytes):
            change = unpack_change(side, data)
            self._reached[side].change(change)
            if change.act is not None and change.act.act:
                self._comments.append(sentence_of(change.act))
            return
        if what in _COMMENTED and isinstance(data, bytes):
            self._comment(what, side, data)
            return
        if not self._open and what in _BEGINS:
            yield from self._opening(time)
        if isinstance(data, int):
            if what is RecordKind.COUNTED:
                yield from self._acknowledge(time, side, data)
        elif what in (RecordKind.SENT, RecordKind.TAKEN):
            yield from self._send(time, side, data)
        elif what is RecordKind.ARRIVED:
            yield from self._send(time, PEER[side], data)
            yield from self._acknowledge(time, side, len(data))
        else:
            yield from self._ending(time, what, side)

    def _comment(self, kind: RecordKind, side: str, data: bytes) -> None:
        """A belief or a fact, to be said with the next packet."""
        if kind is RecordKind.BELIEF:
            belief = Belief(*unpack_belief(data))
            self._comments.append(f"The {side} believes {belief}: {belief.detail}")
            return
        fact = unpack(kind, side, data)
        if isinstance(fact, Injected):
            self._reached[side].change(Change(fact.start, 0, fact.data, None))
        elif isinstance(fact, Missing):
            self._leave_out(side, fact.size)
        elif isinstance(fact, FramesFound) and fact.where == "middle" and (fact.skipped or not fact.frames):
            self._leave_out(side, 1)  # nobody knows how many there were
        if fact is not None:
            self._comments.append(sentence_of(fact))

    def _leave_out(self, side: str, size: int) -> None:
        """Bytes that are not on the tape: their sequence numbers are passed over."""
        self._reached[side].change(Change(self._sent[side] - 1, size, b"", None))
        self._sent[side] += size

    def _packet(self, time: float, side: str, flags: int, payload: bytes = b"") -> Packet:
        comment, self._comments = "\n".join(self._comments), []
        ack = 1 + self._reached[PEER[side]].position + self._fins[side] if flags & ACK else 0
        data = packet(self._places[side], self._places[PEER[side]], self._sent[side], ack, flags, payload)
        self._sent[side] += len(payload) + bool(flags & (SYN | FIN))
        return Packet(time, data, comment)

    def _opening(self, time: float) -> Iterator[Packet]:
        self._open = True
        yield self._packet(time, "client", SYN)
        yield self._packet(time, "server", SYN | ACK)
        yield self._packet(time, "client", ACK)

    def _send(self, time: float, side: str, data: bytes) -> Iterator[Packet]:
        for at in range(0, len(data), LARGEST_SEGMENT):
            yield self._packet(time, side, PSH | ACK, data[at : at + LARGEST_SEGMENT])

    def _acknowledge(self, time: float, side: str, size: int) -> Iterator[Packet]:
        reached = self._reached[PEER[side]]
        before = reached.position
        reached.count(size)
        if reached.position > before:
            yield self._packet(time, side, ACK)

    def _ending(self, time: float, what: RecordKind, side: str) -> Iterator[Packet]:
        if what is RecordKind.JOINED:
            yield from self._heads(time)
        elif what in (RecordKind.CUT, RecordKind.FIN_TO_BOTH):
            for each in _SIDES:
                yield from self._say(time, each, RST if what is RecordKind.CUT else FIN)
        elif what in (RecordKind.FIN_SENT, RecordKind.RST_SENT):
            yield from self._say(time, side, FIN if what is RecordKind.FIN_SENT else RST)
        elif what is RecordKind.FIN_ARRIVED:
            yield from self._say(time, PEER[side], FIN)
            self._fins[side] = 1
            yield self._packet(time, side, ACK)
        elif what is RecordKind.RST_ARRIVED and RST not in self._said[side]:
            yield from self._say(time, PEER[side], RST)

    def _say(self, time: float, side: str, flag: int) -> Iterator[Packet]:
        """FIN or RST, once."""
        if flag not in self._said[side] and RST not in self._said[side]:
            self._said[side].add(flag)
            yield self._packet(time, side, flag | ACK)

    def _heads(self, time: float) -> Iterator[Packet]:
        request = HandshakeRequest.build("unknown", key="bm90IG9uIHRoZSB0YXBlLg==")
        for side, head in (("client", request), ("server", HandshakeResponse.accept(request))):
            self._comments.append(_NOT_RECORDED)
            yield from self._send(time, side, head.serialize())
            yield from self._acknowledge(time, PEER[side], len(head.serialize()))


_COMMENTED = frozenset({RecordKind.BELIEF, RecordKind.NOTE, RecordKind.SILENCE, RecordKind.LOST, *FACTS})
_CHANGES = frozenset({RecordKind.SWALLOWED, RecordKind.CHANGED})
_SILENT = {RecordKind.LINKED, RecordKind.ENDED, RecordKind.PASSED, RecordKind.ORIGINS}
_BEGINS = frozenset(RecordKind) - _COMMENTED - _CHANGES - _SILENT
