"""Packets as a tape: TCP put together again, and of its connections those that ask for a WebSocket.

The packets are read twice. The first reading (`_Survey`) finds out which connections ask for a WebSocket; the second
(`_Writer`) puts these on the tape, in the order of time, and holds nothing else.

Each side of a connection is a `_Half`. Its `position` is the first byte of its stream that has not come; bytes behind a
missing one wait in a heap until it comes, for segments may come twice, cut otherwise, and in any order. An
acknowledgement means that what it acknowledges has arrived. Where bytes were acknowledged and never seen, the half
gives up after some patience: nothing behind the gap can be cut into frames, so that direction ends there, with a fact
on the tape and a warning.

What it leaves out: connections that were open before the capture began, TLS, HTTP/2, and an upgrade that is not the
first request of its connection. They are counted, and named in the warnings.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from wslab.formats.pcap.tcpip import ACK, FIN, RST, SYN, PacketPlace, Segment, is_link_known, segment
from wslab.protocol import DEFAULT_MAX_HEAD, Role
from wslab.tape.records import Missing, RecordKind, pack, tag
from wslab.tape.sentences import sentence_of
from wslab.tape.tape import Tape

MOST_FLOWS = 65_536
"""Connections that are followed at one time; the oldest give way."""

MOST_WAITING = 1024 * 1024
"""Bytes of a direction that may wait for bytes before them."""

MOST_SEGMENTS = 2048
"""Segments of a direction that may wait for bytes before them."""

PATIENCE = 200
"""Segments of a connection after which bytes that were acknowledged and not seen are given up."""

_HALF = 1 << 31
_UPGRADE = re.compile(rb"(?im)^upgrade:[^\r\n]*\bwebsocket\b")


class Captured(NamedTuple):
    """A packet of a capture: Unix time in seconds, link type, bytes."""

    time: float
    link: int
    data: bytes


Capture = Callable[[list[str]], Iterator[Captured]]
"""Reads a capture from its beginning; what is wrong with it goes to the list."""


def read(capture: Capture, *, max_bytes: int) -> Tape:
    """The WebSocket connections of a capture; ValueError where it has none, which says what it has instead."""
    warnings: list[str] = []
    found = _Survey()
    for time, each in _segments(capture, warnings, found):
        found.take(time, each)
    chosen = found.chosen()
    if not chosen:
        raise ValueError(" ".join([found.nothing(), *warnings]))
    writer = _Writer(chosen, found.began, max_bytes)
    for time, each in _segments(capture, [], _Survey()):
        writer.take(time, each)
    writer.finish()
    writer.tape.warnings.extend(warnings + found.left_out())
    return writer.tape


def _segments(capture: Capture, warnings: list[str], survey: _Survey) -> Iterator[tuple[float, Segment]]:
    for packet in capture(warnings):
        found = segment(packet.link, packet.data)
        survey.count(packet, found)
        if found is not None:
            yield packet.time, found


# ---- TCP


class _Half:
    """What one side sent: the bytes in order as far as they are whole."""

    def __init__(self) -> None:
        self.next: int | None = None
        self.position = 0  # of `next`, in the stream
        self.acknowledged = 0
        self.end: int | None = None  # the position of FIN
        self.promised = 0  # the position up to which the peer has it, seen or not
        self.missing = 0  # bytes that never came, once that is given up
        self.waiting: dict[int, bytes] = {}  # by position
        self._positions: list[int] = []  # of these, as a heap
        self._held = 0
        self._patience = PATIENCE

    def place(self, seq: int) -> int:
        """The position of a sequence number in the stream, near to where it is now."""
        if self.next is None:
            self.next = seq
        return self.position + (seq - self.next + _HALF) % (2 * _HALF) - _HALF

    def take(self, at: int, data: bytes) -> Iterator[bytes]:
        """The bytes that this segment makes whole, in order."""
        if self.missing or at + len(data) <= self.position:
            return
        if at > self.position:
            if self._held + len(data) > MOST_WAITING or len(self.waiting) >= MOST_SEGMENTS:
                self.give_up()
            elif len(data) > len(self.waiting.get(at, b"")):
                self._wait(at, data)
            return
        yield self._forward(data[self.position - at :])
        while self.waiting and (first := self._positions[0]) <= self.position:
            waited = self.waiting.pop(heapq.heappop(self._positions))
            self._held -= len(waited)
            if first + len(waited) > self.position:
                yield self._forward(waited[self.position - first :])

    def _wait(self, at: int, data: bytes) -> None:
        if at not in self.waiting:
            heapq.heappush(self._positions, at)
        self._held += len(data) - len(self.waiting.get(at, b""))
        self.waiting[at] = data

    def _forward(self, data: bytes) -> bytes:
        assert self.next is not None
        self.position += len(data)
        self.next = (self.next + len(data)) % (2 * _HALF)
        self._patience = PATIENCE
        return data

    def acknowledge(self, at: int) -> int:
        """How many bytes have newly arrived; bytes that arrived without being seen cost patience."""
        self.promised = max(self.promised, at)
        if at > self.position + 1:  # FIN counts for one
            self._patience -= 1
            if not self._patience:
                self.give_up()
        new = min(at, self.position) - self.acknowledged
        self.acknowledged = max(self.acknowledged, self.acknowledged + new)
        return max(0, new)

    def give_up(self) -> None:
        """What is missing will not come."""
        reached = self._positions[0] if self.waiting else self.promised
        if not self.missing and reached > self.position + (not self.waiting):
            self.missing = reached - self.position
            self.waiting.clear()


class _Flow:
    """One connection: two halves by their sender's place. `client` is known by SYN or by the first request."""

    def __init__(self, first: Segment) -> None:
        self.halves = {first.source: _Half(), first.target: _Half()}
        self.client: PacketPlace | None = None
        self.began: int | None = None  # the sequence number of the client's SYN
        self.seen = 0

    def other(self, place: PacketPlace) -> PacketPlace:
        """The half at the other end."""
        return next((each for each in self.halves if each != place), place)


class _Flows:
    """All connections by their two places, each with the number of its first appearance."""

    def __init__(self) -> None:
        self._flows: dict[frozenset[PacketPlace], tuple[int, _Flow]] = {}
        self._numbers = 0

    def find(self, each: Segment) -> tuple[int, _Flow]:
        """The connection of a segment; a SYN with another number begins a new one."""
        key = frozenset((each.source, each.target))
        known = self._flows.get(key)
        opens = each.flags & (SYN | ACK) == SYN
        if known is None or (opens and known[1].began != each.seq and known[1].seen):
            self._flows.pop(key, None)
            if len(self._flows) >= MOST_FLOWS:
                self._flows.pop(next(iter(self._flows)))
            self._numbers += 1
            known = self._flows[key] = self._numbers, _Flow(each)
        if opens:
            known[1].client, known[1].began = each.source, each.seq
        elif each.flags & SYN:
            known[1].client = each.target
        known[1].seen += 1
        return known

    def __iter__(self) -> Iterator[tuple[int, _Flow]]:
        return iter(self._flows.values())


def _payload(half: _Half, each: Segment) -> Iterator[bytes]:
    """The bytes that a segment makes whole; its SYN and FIN are taken in."""
    if each.flags & SYN:
        if half.next is None:
            half.next = (each.seq + 1) % (2 * _HALF)
        return
    at = half.place(each.seq)
    if each.payload:
        yield from half.take(at, each.payload)
    if each.flags & FIN:
        half.end = at + each.size


# ---- the first reading


class _Survey:
    """Finds out what each connection is, by its first bytes."""

    def __init__(self) -> None:
        self.began = 0.0
        self._flows = _Flows()
        self._begins: dict[int, bytes] = {}  # what is not decided yet
        self._kinds: dict[int, str] = {}
        self._times: dict[int, float] = {}
        self._packets = 0
        self._without_tcp = 0
        self._links: set[int] = set()

    def count(self, packet: Captured, found: Segment | None) -> None:
        self._packets += 1
        self._without_tcp += found is None
        if not is_link_known(packet.link):
            self._links.add(packet.link)

    def take(self, time: float, each: Segment) -> None:
        number, flow = self._flows.find(each)
        self._times.setdefault(number, time)
        if number in self._kinds or each.flags & RST:
            return
        half = flow.halves[each.source]
        for data in _payload(half, each):
            if number not in self._kinds:
                self._judge(number, flow, each.source, data)

    def _judge(self, number: int, flow: _Flow, source: PacketPlace, data: bytes) -> None:
        if flow.client is None:
            flow.client = source if data[:4] == b"GET " else flow.other(source)
        if source != flow.client:
            if number not in self._begins:  # a server that speaks first
                self._kinds[number] = _OTHER if flow.began is not None else _BEFORE
            return
        begin = self._begins.pop(number, b"") + data
        kind = _kind(begin)
        if kind == _OTHER and flow.began is None:
            kind = _BEFORE
        if kind is None:
            self._begins[number] = begin
        else:
            self._kinds[number] = kind

    def chosen(self) -> dict[int, int]:
        """The connections that ask for a WebSocket, by their place among all, with the number that each gets."""
        found = sorted(number for number, kind in self._kinds.items() if kind == _WEB_SOCKET)
        self.began = min((self._times[number] for number in found), default=0.0)
        return {number: place for place, number in enumerate(found, 1)}

    def _others(self) -> Counter[str]:
        kinds = Counter(self._kinds.get(number, _SILENT) for number in self._times)
        del kinds[_WEB_SOCKET]
        return kinds

    def left_out(self) -> list[str]:
        """What else the capture has, in words."""
        others = _listed(self._others())
        links = ", ".join(map(str, sorted(self._links)))
        return [f"Left out of the capture: {others}."] * bool(others) + [
            f"Packets of link type {links} cannot be read, and are left out."
        ] * bool(links)

    def nothing(self) -> str:
        """Why there is nothing to read, in a sentence."""
        if not self._packets:
            return "this capture has no packets."
        if self._links:
            return f"this capture has packets of link type {', '.join(map(str, sorted(self._links)))}, not known here."
        if not self._times:
            return f"this capture has no TCP among its {self._packets:,} packets."
        others = self._others()
        hint = (
            " What TLS encrypts cannot be read: capture where it is plain, behind the proxy or on ws:// at home."
            if others[_TLS]
            else ""
        )
        return f"this capture has no WebSocket connection, only {_listed(others)}.{hint}"


_WEB_SOCKET, _TLS, _HTTP, _HTTP2, _OTHER, _BEFORE, _SILENT = (
    "WebSocket",
    "of TLS, encrypted",
    "of HTTP without an upgrade to WebSocket",
    "of HTTP/2",
    "of other protocols",
    "that began before the capture",
    "that sent nothing",
)


def _kind(begin: bytes) -> str | None:
    """What the client's first bytes are; None while that is not decided."""
    if begin[:1] == b"\x16":
        return _TLS
    if begin.startswith(b"PRI * HTTP/2"):
        return _HTTP2
    if not re.match(rb"[A-Z]{1,20}(?: |$)", begin):
        return _OTHER
    head, end, _ = begin.partition(b"\r\n\r\n")
    if not end:
        return None if len(begin) <= DEFAULT_MAX_HEAD else _HTTP
    return _WEB_SOCKET if _UPGRADE.search(head) else _HTTP


def _listed(kinds: Counter[str]) -> str:
    return ", ".join(
        f"{count:,} {'connection' if count == 1 else 'connections'} {kind}" for kind, count in kinds.items()
    )


# ---- the second reading


class _Writer:
    """Puts the chosen connections on a tape."""

    def __init__(self, chosen: dict[int, int], began: float, max_bytes: int) -> None:
        self.tape = Tape.blank(max_bytes=max_bytes, epoch=began)
        self._chosen = chosen
        self._began = began
        self._flows = _Flows()
        self._open: set[int] = set()
        self._ends: dict[tuple[int, PacketPlace], int] = {}  # FIN is recorded (1), and that it arrived (2)
        self._gaps: set[tuple[int, PacketPlace]] = set()
        self._last: dict[int, tuple[float, _Flow]] = {}

    def take(self, time: float, each: Segment) -> None:
        place, flow = self._flows.find(each)
        number = self._chosen.get(place)
        if number is None:
            return
        if flow.client is None:
            flow.client = each.source if each.payload[:4] == b"GET " else None
        if flow.client is None:
            return
        time = max(0.0, time - self._began)
        self._last[number] = time, flow
        if number not in self._open:
            self._open.add(number)
            self._put(time, number, RecordKind.CONNECT, Role.CLIENT, str(flow.other(flow.client)).encode())
        self._segment(time, number, flow, each)

    def _put(self, time: float, number: int, what: RecordKind, side: Role | None, data: bytes | int = b"") -> None:
        self.tape.put(time, number, tag(what, side), data)

    def _segment(self, time: float, number: int, flow: _Flow, each: Segment) -> None:
        sender = Role.CLIENT if each.source == flow.client else Role.SERVER
        half, other = flow.halves[each.source], flow.halves[flow.other(each.source)]
        if sender is Role.SERVER and each.flags & SYN and half.next is None:
            self._put(time, number, RecordKind.ACCEPT, Role.SERVER, str(flow.client).encode())
        if each.flags & ACK and not each.flags & SYN and other.next is not None:
            self._acknowledged(time, number, flow.other(each.source), other, sender, each)
        for data in _payload(half, each):
            self._put(time, number, RecordKind.TAKEN, sender, data)
        self._fin(time, number, each.source, half, sender)
        if each.flags & RST:
            self._put(time, number, RecordKind.RST_SENT, sender)
        for role, place in ((sender, each.source), (sender.peer, flow.other(each.source))):
            self._gap(time, number, place, flow.halves[place], role)

    def _acknowledged(
        self, time: float, number: int, place: PacketPlace, half: _Half, receiver: Role, each: Segment
    ) -> None:
        at = half.place(each.ack)
        arrived = half.acknowledge(at)
        if arrived:
            self._put(time, number, RecordKind.COUNTED, receiver, arrived)
        if half.end is not None and at > half.end and self._ends.get((number, place)) == 1:
            self._ends[number, place] = 2
            self._put(time, number, RecordKind.FIN_ARRIVED, receiver)

    def _fin(self, time: float, number: int, place: PacketPlace, half: _Half, sender: Role) -> None:
        if half.end is not None and (half.position >= half.end or half.missing) and (number, place) not in self._ends:
            self._ends[number, place] = 1
            self._put(time, number, RecordKind.FIN_SENT, sender)

    def _gap(self, time: float, number: int, place: PacketPlace, half: _Half, sender: Role) -> None:
        if half.missing and (number, place) not in self._gaps:
            self._gaps.add((number, place))
            missing = Missing(sender.value, half.missing, half.position)
            self._put(time, number, RecordKind.MISSING, sender, pack(missing))
            self.tape.warnings.append(f"Connection {number}: {sentence_of(missing)}")

    def finish(self) -> None:
        """The capture ends: what is missing now will not come."""
        for number, (time, flow) in self._last.items():
            for place, half in flow.halves.items():
                sender = Role.CLIENT if place == flow.client else Role.SERVER
                half.give_up()
                self._gap(time, number, place, half, sender)
                self._fin(time, number, place, half, sender)
