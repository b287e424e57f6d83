"""Packets as a tape: TCP put together again, and of its connections those that are WebSockets.

The packets are read twice. The first reading (`survey`) finds out which connections are WebSockets, which bytes never
come, and where frames go on behind these; the second (`_Writer`) puts the connections on the tape, in the order of
time, and holds nothing else. Because the gaps are known by then, what comes behind one has its own time.

The upgrade may be a later request of its connection, or stand behind SOCKS or CONNECT: all of that goes on the tape.
Where the capture begins in the middle of a connection, no TCP opening and no handshake are on the tape.

What TLS encrypts is read where its keys are known (`tls`).

What it leaves out: other TLS, and HTTP/2, which are counted, and named in the warnings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from wslab.formats.pcap.flows import FlowTable, Gap, HalfStream, Part, TcpFlow
from wslab.formats.pcap.landings import MIDDLE, Landing, Landings
from wslab.formats.pcap.survey import Found, Survey
from wslab.formats.pcap.tcpip import RST, SYN, PacketPlace, Segment
from wslab.formats.pcap.tls import Decrypted, Plaintext
from wslab.formats.pcap.unwrap import unwrap
from wslab.protocol import Role
from wslab.tape.files import Warnings
from wslab.tape.records import Fact, FramesFound, Missing, RecordKind, fact_tag, pack, tag
from wslab.tape.sentences import sentence_of
from wslab.tape.tape import Tape


class Captured(NamedTuple):
    """A packet of a capture: Unix time in seconds, link type, bytes, and how many there were on the wire."""

    time: float
    link: int
    data: bytes
    size: int


Capture = Callable[[list[str]], Iterator[Captured]]
"""Reads a capture from its beginning; what is wrong with it goes to the list."""


def read(capture: Capture, *, max_bytes: int, decrypt: Callable[[], Decrypted]) -> Tape:
    """The WebSocket connections of a capture; ValueError where it has none, which says what it has instead.

    Where it has TLS, `decrypt` is asked for the plain bytes.
    """
    warnings: list[str] = []
    found, plain = _survey(capture, warnings, None), None
    left: list[str] = []
    if found.has_tls:
        decrypted = decrypt()
        plain = _plaintext(capture, decrypted)
        found = found if plain is None else _survey(capture, [], plain)
        found.tls_hint = decrypted.problem
        left += [decrypted.problem] * (bool(decrypted.problem) and decrypted.has_keys)
        left += [] if plain is None else [plain.sentence]
    chosen = found.chosen()
    if not chosen:
        raise ValueError(" ".join([found.nothing(), *warnings]))
    writer = _Writer(chosen, found.landings, found.began, max_bytes)
    for time, each in _segments(capture, [], Survey(), plain and plain.afresh()):
        writer.take(time, each)
    writer.finish()
    writer.tape.warnings.extend(warnings + found.left_out() + left)
    return writer.tape


def _survey(capture: Capture, warnings: list[str], plain: Plaintext | None) -> Survey:
    found = Survey()
    for time, each in _segments(capture, warnings, found, plain):
        found.take(time, each)
    found.finish()
    return found


def _plaintext(capture: Capture, decrypted: Decrypted) -> Plaintext | None:
    """What takes the place of encrypted segments; None where nothing was decrypted."""
    if not decrypted.packets:
        return None
    found = ((number, _segment(packet)) for number, packet in enumerate(capture([]), 1))
    connections = {
        frozenset((each.source, each.target))
        for number, each in found
        if each is not None and number in decrypted.packets
    }
    return Plaintext(decrypted.packets, connections)


def _segments(
    capture: Capture, warnings: list[str], survey: Survey, plain: Plaintext | None
) -> Iterator[tuple[float, Segment]]:
    for number, packet in enumerate(capture(warnings), 1):
        found = unwrap(packet.link, packet.data, packet.size)
        survey.count(packet.link, len(packet.data), packet.size, found)
        if found is not None and found.segment is not None:
            yield packet.time, found.segment if plain is None else plain.of(number, found.segment)


def _segment(packet: Captured) -> Segment | None:
    found = unwrap(packet.link, packet.data, packet.size)
    return None if found is None else found.segment


class _Writer:
    """Puts the chosen connections on a tape."""

    def __init__(self, chosen: Mapping[int, Found], landings: Landings, began: float, max_bytes: int) -> None:
        self.tape = Tape.blank(max_bytes=max_bytes, epoch=began)
        self._chosen = chosen
        self._landings = landings
        self._began = began
        self._flows = FlowTable()
        self._open: dict[int, _Written] = {}
        self._warn = Warnings(self.tape.warnings, "gap")

    def take(self, time: float, each: Segment) -> None:
        found = self._flows.find(each)
        if found is None or (chosen := self._chosen.get(found[0])) is None:
            return
        place, flow = found
        time = max(0.0, time - self._began)
        written = self._open.get(place)
        if written is None:
            written = self._open[place] = self._begin(time, place, flow, chosen)
        written.time = time
        written.segment(each)

    def _begin(self, time: float, place: int, flow: TcpFlow, chosen: Found) -> _Written:
        flow.client = chosen.client
        landings = {source: self._landings.of((place, source)) for source in flow.halves}
        for source, half in flow.halves.items():
            half.known = sorted((each.gap for each in landings[source].values() if each.gap.size), reverse=True)
        written = _Written(self.tape, chosen.number, flow, landings, self._warn)
        written.begin(time)
        return written

    def finish(self) -> None:
        """The capture ends: what is missing now will not come."""
        for written in self._open.values():
            written.finish()
        self._warn.finish()


class _Written:
    """One connection, while it is put on the tape."""

    def __init__(
        self,
        tape: Tape,
        number: int,
        flow: TcpFlow,
        landings: Mapping[PacketPlace, Mapping[int, Landing]],
        warn: Callable[[str], None],
    ) -> None:
        self.time = 0.0
        self._tape = tape
        self._number = number
        self._flow = flow
        self._landings = landings
        self._warn = warn
        self._ends: dict[PacketPlace, int] = {}  # FIN is recorded (1), and that it arrived (2)

    def _role(self, place: PacketPlace) -> Role:
        return Role.CLIENT if place == self._flow.client else Role.SERVER

    def _put(self, what: RecordKind, side: Role | None, data: bytes | int = b"") -> None:
        self._tape.put(self.time, self._number, tag(what, side), data)

    def _tell(self, fact: Fact) -> None:
        self._tape.put(self.time, self._number, fact_tag(fact), pack(fact))

    def begin(self, time: float) -> None:
        """The opening of TCP; or, where the capture begins in the middle, that it does so."""
        self.time = time
        middles = {place: landing for place, found in self._landings.items() if (landing := _middle(found)) is not None}
        if len(middles) < len(self._landings):
            self._put(RecordKind.CONNECT, Role.CLIENT, str(self._flow.other(self._client)).encode())
        else:
            self._put(RecordKind.JOINED, None)
            self._warn(f"Connection {self._number} began before the capture: its opening handshake is not there.")
        for place, landing in middles.items():
            if landing.skipped or landing.frames:
                self._land(self._role(place), landing)

    @property
    def _client(self) -> PacketPlace:
        assert self._flow.client is not None
        return self._flow.client

    def segment(self, each: Segment) -> None:
        half = self._flow.halves[each.source]
        if self._role(each.source) is Role.SERVER and each.flags & SYN and half.next is None:
            self._put(RecordKind.ACCEPT, Role.SERVER, str(self._flow.client).encode())
        for place, part in self._flow.take(each):
            self._part(place, part)
        for place in self._flow.halves:
            self._fin(place, self._flow.halves[place])
        if each.flags & RST:
            self._put(RecordKind.RST_SENT, self._role(each.source))

    def _part(self, place: PacketPlace, part: Part | int) -> None:
        sender = self._role(place)
        if isinstance(part, int):
            self._put(RecordKind.COUNTED, sender.peer, part)
        elif isinstance(part, bytes):
            self._put(RecordKind.TAKEN, sender, part)
        else:
            self._gap(place, part)

    def _fin(self, place: PacketPlace, half: HalfStream) -> None:
        if half.end is None:
            return
        if place not in self._ends and half.position >= half.end:
            self._ends[place] = 1
            self._put(RecordKind.FIN_SENT, self._role(place))
        if self._ends.get(place) == 1 and half.promised > half.end:
            self._ends[place] = 2
            self._put(RecordKind.FIN_ARRIVED, self._role(place).peer)

    def _gap(self, place: PacketPlace, gap: Gap) -> None:
        sender = self._role(place)
        missing = Missing(sender.value, gap.size, gap.position, cut=gap.cut)
        self._tell(missing)
        self._warn(f"Connection {self._number}: {sentence_of(missing)}")
        self._land(sender, self._landings[place].get(gap.position, Landing(gap, 0)))

    def _land(self, sender: Role, landing: Landing) -> None:
        gap, skipped, frames, head, is_sure = landing
        where = "middle" if gap == MIDDLE else "gap"
        self._tell(FramesFound(sender.value, where, skipped, frames, head, is_sure))

    def finish(self) -> None:
        """The capture ends: what is missing now will not come."""
        for place, part in self._flow.finish():
            self._part(place, part)
        for place, half in self._flow.halves.items():
            self._fin(place, half)


def _middle(landings: Mapping[int, Landing]) -> Landing | None:
    """Where a reader lands that begins in the middle; None where the beginning is there."""
    landing = landings.get(0)
    return None if landing is None or landing.gap.size else landing
