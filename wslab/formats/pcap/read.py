"""Packets as a tape: TCP put together again, and of its connections those that ask for a WebSocket.

The packets are read twice. The first reading (`_Survey`) finds out which connections ask for a WebSocket; the second
(`_Writer`) puts these on the tape, in the order of time, and holds nothing else.

The beginnings of requests that are not decided yet are bounded like all that waits (`flows`). Beyond the limit, the
oldest counts as a request without an end.

The upgrade may be a later request of its connection, or stand behind SOCKS or CONNECT: all of that goes on the tape.

What it leaves out: connections that were open before the capture began, TLS, HTTP/2. They are counted, and named in the
warnings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from wslab.explain import counted
from wslab.formats.pcap.flows import MOST_FLOWS, MOST_HELD, FlowTable, HalfStream, TcpFlow, payload_of
from wslab.formats.pcap.tcpip import ACK, RST, SYN, PacketPlace, Segment, is_link_known, segment
from wslab.protocol import DEFAULT_MAX_HEAD, Role
from wslab.tape.files import Warnings
from wslab.tape.records import Missing, RecordKind, pack, tag
from wslab.tape.sentences import sentence_of
from wslab.tape.tape import Tape

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


# ---- the first reading


class _Survey:
    """Finds out what each connection is, by its first bytes."""

    def __init__(self) -> None:
        self.began = 0.0
        self._flows = FlowTable()
        self._begins: dict[int, bytearray] = {}  # what is not decided yet
        self._begun = 0  # bytes in these
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
        found = self._flows.find(each)
        if found is None:
            return
        number, flow = found
        self._times.setdefault(number, time)
        if self._kinds.get(number, _HTTP) not in _MAY_UPGRADE or each.flags & RST:
            return
        half = flow.halves[each.source]
        for data in payload_of(half, each):
            if self._kinds.get(number) in _MAY_UPGRADE and each.source == flow.client:
                self._judge_again(number, data)
            elif number not in self._kinds:
                self._judge(number, flow, each.source, data)

    def _judge_again(self, number: int, data: bytes) -> None:
        """A later request of a connection (RFC 9112 §9.3), or what comes behind SOCKS or CONNECT: it may upgrade."""
        if number not in self._begins and not _REQUEST.match(data):
            return
        begin = self._begins.setdefault(number, bytearray())
        size = len(begin)
        begin += data
        self._begun += len(data)
        kind = _kind(begin, size)
        if kind is not None:
            self._begun -= len(self._begins.pop(number))
            self._kinds[number] = kind if kind == _WEB_SOCKET else self._kinds[number]
        while self._begun > MOST_HELD:
            self._begun -= len(self._begins.pop(next(iter(self._begins))))

    def _judge(self, number: int, flow: TcpFlow, source: PacketPlace, data: bytes) -> None:
        if flow.client is None:
            flow.client = source if data[:4] == b"GET " else flow.other(source)
        if source != flow.client:
            if number not in self._begins:  # a server that speaks first
                self._kinds[number] = _OTHER if flow.began is not None else _BEFORE
            return
        begin = self._begins.setdefault(number, bytearray())
        size = len(begin)
        begin += data
        self._begun += len(data)
        kind = _kind(begin, size)
        if kind == _OTHER and flow.began is None:
            kind = _BEFORE
        if kind is not None:
            self._decide(number, kind)
        while self._begun > MOST_HELD:
            self._decide(next(iter(self._begins)), _ENDLESS)

    def _decide(self, number: int, kind: str) -> None:
        self._begun -= len(self._begins.pop(number))
        self._kinds[number] = kind

    def chosen(self) -> dict[int, int]:
        """The connections that ask for a WebSocket, by their place among all, with the number that each gets."""
        found = sorted(number for number, kind in self._kinds.items() if kind == _WEB_SOCKET)
        self.began = min((self._times[number] for number in found), default=0.0)
        return {number: place for place, number in enumerate(found, 1)}

    def _others(self) -> Counter[str]:
        kinds = Counter(
            self._kinds.get(number, _ENDLESS if number in self._begins else _SILENT) for number in self._times
        )
        kinds[_TOO_MANY] = self._flows.left_out
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
            return f"this capture has {counted(self._packets, 'packet')}, and no TCP."
        others = self._others()
        hint = (
            " What TLS encrypts cannot be read: capture where it is plain, behind the proxy or on ws:// at home."
            if others[_TLS]
            else ""
        )
        return f"this capture has no WebSocket connection, only {_listed(others)}.{hint}"


_WEB_SOCKET, _TLS, _HTTP, _HTTP2, _SOCKS, _OTHER, _BEFORE, _SILENT, _ENDLESS, _TOO_MANY = (
    "WebSocket",
    "of TLS, encrypted",
    "of HTTP without an upgrade to WebSocket",
    "of HTTP/2",
    "of SOCKS without an upgrade to WebSocket behind it",
    "of other protocols",
    "that began before the capture",
    "that sent nothing",
    "whose request has no end",
    f"more than the {MOST_FLOWS:,} that are followed at once",
)


_MAY_UPGRADE = (_HTTP, _SOCKS)
_REQUEST = re.compile(rb"[A-Z]{3,20} ")


def _kind(begin: bytearray, seen: int) -> str | None:
    """What the client's first bytes are; None while that is not decided, as it was not when `seen` bytes were there."""
    if re.match(rb"\x05[\x01-\x09](?:[\x00-\x09]|\Z)|\x04[\x01\x02]", begin):
        return _SOCKS
    if begin[:1] == b"\x16":
        return _TLS
    if begin.startswith(b"PRI * HTTP/2"):
        return _HTTP2
    if not re.match(rb"[A-Z]{1,20}(?: |$)", begin):
        return _OTHER
    end = begin.find(b"\r\n\r\n", max(0, seen - 3))
    if end < 0:
        return None if len(begin) <= DEFAULT_MAX_HEAD else _HTTP
    return _WEB_SOCKET if _UPGRADE.search(begin, 0, end) else _HTTP


def _listed(kinds: Counter[str]) -> str:
    return ", ".join(f"{counted(count, 'connection')} {kind}" for kind, count in kinds.items() if count)


# ---- the second reading


class _Writer:
    """Puts the chosen connections on a tape."""

    def __init__(self, chosen: dict[int, int], began: float, max_bytes: int) -> None:
        self.tape = Tape.blank(max_bytes=max_bytes, epoch=began)
        self._chosen = chosen
        self._began = began
        self._flows = FlowTable()
        self._open: set[int] = set()
        self._ends: dict[tuple[int, PacketPlace], int] = {}  # FIN is recorded (1), and that it arrived (2)
        self._gaps: set[tuple[int, PacketPlace]] = set()
        self._last: dict[int, tuple[float, TcpFlow]] = {}
        self._warn = Warnings(self.tape.warnings, "gap")

    def take(self, time: float, each: Segment) -> None:
        found = self._flows.find(each)
        if found is None:
            return
        place, flow = found
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

    def _segment(self, time: float, number: int, flow: TcpFlow, each: Segment) -> None:
        sender = Role.CLIENT if each.source == flow.client else Role.SERVER
        half, other = flow.halves[each.source], flow.halves[flow.other(each.source)]
        if sender is Role.SERVER and each.flags & SYN and half.next is None:
            self._put(time, number, RecordKind.ACCEPT, Role.SERVER, str(flow.client).encode())
        if each.flags & ACK and not each.flags & SYN and other.next is not None:
            self._acknowledged(time, number, flow.other(each.source), other, sender, each)
        for data in payload_of(half, each):
            self._put(time, number, RecordKind.TAKEN, sender, data)
        self._fin(time, number, each.source, half, sender)
        if each.flags & RST:
            self._put(time, number, RecordKind.RST_SENT, sender)
        for role, place in ((sender, each.source), (sender.peer, flow.other(each.source))):
            self._gap(time, number, place, flow.halves[place], role)

    def _acknowledged(
        self, time: float, number: int, place: PacketPlace, half: HalfStream, receiver: Role, each: Segment
    ) -> None:
        at = half.place(each.ack)
        arrived = half.acknowledge(at)
        if arrived:
            self._put(time, number, RecordKind.COUNTED, receiver, arrived)
        if half.end is not None and at > half.end and self._ends.get((number, place)) == 1:
            self._ends[number, place] = 2
            self._put(time, number, RecordKind.FIN_ARRIVED, receiver)

    def _fin(self, time: float, number: int, place: PacketPlace, half: HalfStream, sender: Role) -> None:
        if half.end is not None and (half.position >= half.end or half.missing) and (number, place) not in self._ends:
            self._ends[number, place] = 1
            self._put(time, number, RecordKind.FIN_SENT, sender)

    def _gap(self, time: float, number: int, place: PacketPlace, half: HalfStream, sender: Role) -> None:
        if half.missing and (number, place) not in self._gaps:
            self._gaps.add((number, place))
            missing = Missing(sender.value, half.missing, half.position)
            self._put(time, number, RecordKind.MISSING, sender, pack(missing))
            self._warn(f"Connection {number}: {sentence_of(missing)}")

    def finish(self) -> None:
        """The capture ends: what is missing now will not come."""
        for number, (time, flow) in self._last.items():
            for place, half in flow.halves.items():
                sender = Role.CLIENT if place == flow.client else Role.SERVER
                half.give_up()
                self._gap(time, number, place, half, sender)
                self._fin(time, number, place, half, sender)
        self._warn.finish()
