"""The first reading of a capture: which of its connections are WebSockets, and where frames begin that miss something.

A connection is a WebSocket where its client asks for one; where the request is not in the capture, where the server
answers 101; and where a capture begins in the middle, if its bytes are frames for all that can be told (`landings`).
Then the client is who masks.

The beginnings of requests that are not decided yet are bounded like all that waits (`flows`). Beyond the limit, the
oldest counts as a request without an end. Of a connection that began before the capture, `LOOK` bytes of a direction
are tried.

What it leaves out: the tape (`read`), and what is in TLS and HTTP/2, which is named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from wslab.explain import counted
from wslab.formats.pcap.flows import MOST_FLOWS, MOST_HELD, FlowTable, Gap, TcpFlow
from wslab.formats.pcap.landings import LIKELY, MIDDLE, Landings
from wslab.formats.pcap.partial import PartialPackets
from wslab.formats.pcap.tcpip import RST, PacketPlace, Segment
from wslab.formats.pcap.tunnels import number_at
from wslab.formats.pcap.unwrap import Unwrapped, is_link_known
from wslab.protocol import DEFAULT_MAX_HEAD

LOOK = 1 << 20
"""Bytes of a direction in which frames are looked for, where nobody knows whether there are any."""

# ---- the first reading


class Found(NamedTuple):
    """A connection that is a WebSocket: its number on the tape, and who is the client."""

    number: int
    client: PacketPlace


class Survey:
    """Finds out what each connection is, by its first bytes or by its frames."""

    def __init__(self) -> None:
        self.began = 0.0
        self.tls_hint = ""  # how TLS can be read
        self.landings = Landings()
        self._flows = FlowTable()
        self._begins: dict[int, bytearray] = {}  # what is not decided yet
        self._begun = 0  # bytes in these
        self._kinds: dict[int, str] = {}
        self._clients: dict[int, PacketPlace] = {}  # of those that are WebSockets
        self._middles: dict[int, TcpFlow] = {}  # whose kind their frames must say
        self._times: dict[int, float] = {}
        self._packets = 0
        self._links: set[int] = set()
        self._partial = PartialPackets()

    def count(self, link: int, kept: int, size: int, found: Unwrapped | None) -> None:
        """One more packet: its link type, the bytes that were kept and those on the wire, and what is in it."""
        self._packets += 1
        self._partial.count(kept, size, found)
        if not is_link_known(link):
            self._links.add(link)

    def take(self, time: float, each: Segment) -> None:
        """The next segment of the capture."""
        found = self._flows.find(each)
        if found is None:
            return
        number, flow = found
        self._times.setdefault(number, time)
        if self._kinds.get(number, _HTTP) in _DONE or each.flags & RST:
            return
        for place, part in flow.take(each):
            if isinstance(part, Gap):
                self._gap(number, flow, place, part)
            elif isinstance(part, bytes):
                self._bytes(number, flow, place, part)

    def _bytes(self, number: int, flow: TcpFlow, place: PacketPlace, data: bytes) -> None:
        kind = self._kinds.get(number)
        if self.landings.is_looking((number, place)):
            self._look(number, flow, place, data)
        elif kind is None:
            self._judge(number, flow, place, data)
        elif kind in _MAY_UPGRADE and place == flow.client:
            if number not in self._begins and _CLIENT_HELLO.match(data):  # behind SOCKS or CONNECT
                self._decide(number, _TLS)
            else:
                self._judge_again(number, data)
        elif kind == _CUT and place != flow.client and _switches(data):
            self._is_web_socket(number, flow.client or flow.other(place))

    # --- by the first bytes

    def _judge_again(self, number: int, data: bytes) -> None:
        """A later request of a connection (RFC 9112 §9.3), or what comes behind SOCKS or CONNECT: it may upgrade."""
        if number not in self._begins:
            data = data if _REQUEST.match(data) else _later(data, 0)
            if not data:
                return
        kind = self._kind_with(number, data)
        if kind is not None:
            self._decide(number, kind if kind == _WEB_SOCKET else self._kinds[number])
        self._bound()

    def _judge(self, number: int, flow: TcpFlow, place: PacketPlace, data: bytes) -> None:
        if not flow.has_opening and number not in self._begins and not _IS_HTTP.match(data):
            self._begin_in_the_middle(number, flow, place, data)
            return
        if flow.client is None:
            flow.client = flow.other(place) if data[:5] == b"HTTP/" else place
        self._clients[number] = flow.client
        if place != flow.client:
            if number not in self._begins:  # a server that speaks first
                self._server_first(number, flow, data)
            return
        kind = self._kind_with(number, data)
        if kind is not None:
            self._decide(number, kind)
        self._bound()

    def _kind_with(self, number: int, data: bytes) -> str | None:
        begin = self._begins.setdefault(number, bytearray())
        size = len(begin)
        begin += data
        self._begun += len(data)
        kind = _kind(begin, size)
        later = _later(begin, begin.find(b"\r\n\r\n") + 4) if kind == _HTTP else b""
        if not later:
            return kind
        self._kinds.setdefault(number, _HTTP)  # until the later one is judged
        self._begun += len(later) - len(begin)
        begin[:] = later
        return _kind(begin, 0)

    def _bound(self) -> None:
        while self._begun > MOST_HELD:
            number = next(iter(self._begins))
            self._decide(number, self._kinds.get(number, _ENDLESS))

    def _decide(self, number: int, kind: str) -> None:
        self._begun -= len(self._begins.pop(number, b""))
        self._kinds[number] = kind

    def _server_first(self, number: int, flow: TcpFlow, data: bytes) -> None:
        """Nothing of the client's is there: its request may be missing, or the capture began behind it."""
        assert flow.client is not None
        if _switches(data):
            self._is_web_socket(number, flow.client)
            self.landings.begin((number, flow.client), MIDDLE, True)
        elif data[:5] == b"HTTP/" and not flow.has_opening:
            self._kinds[number] = _HTTP
        else:
            self._kinds[number] = _OTHER if flow.has_opening else _BEFORE

    # --- by the frames

    def _begin_in_the_middle(self, number: int, flow: TcpFlow, place: PacketPlace, data: bytes) -> None:
        if _TLS_RECORD.match(data):
            self._kinds[number] = _TLS
            return
        self._kinds[number] = _MIDDLE
        self._middles[number] = flow
        for each in flow.halves:
            self.landings.begin((number, each), MIDDLE, None)
        self._bytes(number, flow, place, data)

    def _look(self, number: int, flow: TcpFlow, place: PacketPlace, data: bytes) -> None:
        side, is_known = (number, place), self._kinds.get(number) == _WEB_SOCKET
        found = self.landings.feed(side, data, heads=not is_known)
        if is_known:
            return
        if found is not None:
            self._is_web_socket(number, flow.client or (place if found.masked else flow.other(place)))
        elif not self.landings.is_looking(side):  # it landed at a head
            self._kinds[number] = _HTTP
            self._middles.pop(number, None)
            self._bytes(number, flow, place, data)
        elif self.landings.looked(side) > LOOK:
            self._is_none(number)

    def _gap(self, number: int, flow: TcpFlow, place: PacketPlace, gap: Gap) -> None:
        """Bytes are missing: where the next frame begins is looked for."""
        if number not in self._kinds:
            self._decide(number, _CUT)
            self._middles[number] = flow
        client = self._clients.get(number, flow.client)
        self.landings.begin((number, place), gap, None if client is None else place == client)

    def _is_web_socket(self, number: int, client: PacketPlace) -> None:
        self._decide(number, _WEB_SOCKET)
        self._clients[number] = client
        flow = self._middles.pop(number, None)
        for place in flow.halves if flow is not None else ():
            self.landings.settle((number, place), place == client)

    def _is_none(self, number: int) -> None:
        self._kinds[number] = _BEFORE if self._kinds[number] == _MIDDLE else self._kinds[number]
        flow = self._middles.pop(number, None)
        for place in flow.halves if flow is not None else ():
            self.landings.forget((number, place))

    def finish(self) -> None:
        """The capture ends: what is missing will not come, and what is not decided is decided by what there is."""
        for number, flow in self._flows.all():
            if self._kinds.get(number, _HTTP) not in _DONE:
                for place, part in flow.finish():
                    if isinstance(part, Gap):
                        self._gap(number, flow, place, part)
                    else:
                        self._bytes(number, flow, place, part)
        for number, flow in list(self._middles.items()):
            self._weigh(number, flow)
        self.landings.finish()

    def _weigh(self, number: int, flow: TcpFlow) -> None:
        """Both directions together say whether these are frames: one is masked, the other is not (§5.1)."""
        found = {place: best for place in flow.halves if (best := self.landings.best((number, place))) is not None}
        if not found:
            self._is_none(number)
            return
        first = max(found, key=lambda place: found[place].bits)
        client = flow.client or (first if found[first].masked else flow.other(first))
        bits = {place: best.bits for place, best in found.items() if best.masked is (place == client)}
        if sum(bits.values()) < LIKELY:
            self._is_none(number)
            return
        self._is_web_socket(number, client)
        for place, mine in bits.items():
            self.landings.end((number, place), 0.0, sum(bits.values()) - mine)

    # --- what it found

    def chosen(self) -> dict[int, Found]:
        """The connections that are WebSockets, by their place among all."""
        found = sorted(number for number, kind in self._kinds.items() if kind == _WEB_SOCKET)
        self.began = min((self._times[number] for number in found), default=0.0)
        return {number: Found(place, self._clients[number]) for place, number in enumerate(found, 1)}

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
        return (
            [f"Left out of the capture: {others}."] * bool(others)
            + [f"Packets of link type {links} cannot be read, and are left out."] * bool(links)
            + self._partial.sentences()
        )

    def nothing(self) -> str:
        """Why there is nothing to read, in a sentence."""
        if not self._packets:
            return "this capture has no packets."
        if self._links:
            return f"this capture has packets of link type {', '.join(map(str, sorted(self._links)))}, not known here."
        if not self._times:
            nothing = f"this capture has {counted(self._packets, 'packet')}, and no TCP."
            return " ".join([nothing, *self._partial.hints()])
        nothing = f"this capture has no WebSocket connection, only {_listed(self._others())}."
        return " ".join([nothing, *self._hints(), *self._partial.hints()])

    @property
    def has_tls(self) -> bool:
        """Whether a connection is encrypted."""
        return _TLS in self._kinds.values()

    def _hints(self) -> Iterator[str]:
        """How to read what cannot be read here."""
        kinds = set(self._kinds.values())
        if _TLS in kinds:
            yield self.tls_hint
        if _HTTP2 in kinds:
            yield _IN_HTTP2


_IN_HTTP2 = (
    "A WebSocket may be one of the streams of HTTP/2 (RFC 8441): `tshark -r FILE -Y http2` shows them. To have its "
    "frames here, let the client speak HTTP/1.1."
)

_WEB_SOCKET, _MIDDLE, _TLS, _HTTP, _HTTP2, _SOCKS, _OTHER, _BEFORE, _SILENT, _ENDLESS, _CUT, _TOO_MANY = (
    "WebSocket",
    "in whose middle the capture begins",
    "of TLS, encrypted",
    "of HTTP without an upgrade to WebSocket",
    "of HTTP/2",
    "of SOCKS without an upgrade to WebSocket behind it",
    "of other protocols",
    "that began before the capture",
    "that sent nothing",
    "whose request has no end",
    "whose request misses bytes",
    f"more than the {MOST_FLOWS:,} that are followed at once",
)


_MAY_UPGRADE = (_HTTP, _SOCKS)
_DONE = frozenset({_TLS, _HTTP2, _OTHER, _BEFORE, _ENDLESS})
_IS_HTTP = re.compile(rb"[A-Z]{3,20} |HTTP/1\.|PRI \* HTTP/2")
_SWITCHES = re.compile(rb"HTTP/1\.[01] 101 ")
_TO_ANOTHER = re.compile(rb"(?im)^upgrade:[ \t]*(?!websocket)[^\s]")
_TLS_RECORD = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")
_IS_SOCKS = re.compile(rb"\x05[\x01-\x09](?:[\x00-\x09]|\Z)|\x04[\x01\x02]")
_MAY_BE_REQUEST = re.compile(rb"[A-Z]{1,20}(?: |\Z)")
_UPGRADE = re.compile(rb"(?im)^(?:upgrade:[^\r\n]*\bwebsocket\b|sec-websocket-key:)")  # a proxy may drop Upgrade
_REQUEST = re.compile(rb"[A-Z]{3,20} ")
_CLIENT_HELLO = re.compile(rb"\x16\x03[\x00-\x04].{2}\x01", re.DOTALL)
_PROXIED = re.compile(rb"PROXY [^\r\n]{0,110}\r\n")
_PROXIED_BINARY = b"\r\n\r\n\x00\r\nQUIT\n"


def _kind(begin: bytearray, seen: int) -> str | None:
    """What the client's first bytes are; None while that is not decided, as it was not when `seen` bytes were there."""
    if (first := _first_of(begin)) is not None:
        return first
    end = begin.find(b"\r\n\r\n", max(_behind_proxy(begin), seen - 3))
    if end < 0:
        return None if len(begin) <= DEFAULT_MAX_HEAD else _HTTP
    return _WEB_SOCKET if _UPGRADE.search(begin, 0, end) else _HTTP


def _first_of(begin: bytearray) -> str | None:
    """What the client's first bytes are, where they are no request."""
    at = _behind_proxy(begin)
    if _IS_SOCKS.match(begin, at):
        return _SOCKS
    if begin[at : at + 1] == b"\x16":
        return _TLS
    if begin.startswith(b"PRI * HTTP/2", at):
        return _HTTP2
    return None if at == len(begin) or _MAY_BE_REQUEST.match(begin, at) else _OTHER


def _behind_proxy(begin: bytearray) -> int:
    """Where the PROXY protocol ends, with which a load balancer says whose connection this is."""
    if begin.startswith(_PROXIED_BINARY):
        return min(16 + number_at(begin, 14), len(begin))
    line = _PROXIED.match(begin)
    return 0 if line is None else line.end()


def _later(data: bytes | bytearray, at: int) -> bytes:
    """The request that may upgrade, where it stands behind other bytes in the same segment; empty where none does."""
    if data.find(b"GET ", at) < 0:
        return b""
    upgrade = _UPGRADE.search(data, at)
    begin = data.rfind(b"GET ", at, len(data) if upgrade is None else upgrade.start())
    return bytes(data[begin:]) if begin >= 0 else b""


def _switches(data: bytes) -> bool:
    """Whether a server goes over to WebSocket, as far as its first bytes say."""
    return _SWITCHES.match(data) is not None and not _TO_ANOTHER.search(data)


def _listed(kinds: Counter[str]) -> str:
    return ", ".join(f"{counted(count, 'connection')} {kind}" for kind, count in kinds.items() if count)
