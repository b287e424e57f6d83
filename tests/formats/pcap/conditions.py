"""One conversation as captures show it: in order, sent again, out of order, behind a proxy, cut.

A `Condition` makes the IP packets of one connection. Its client has a port of its own, so that many connections can
stand in one file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.tape.tapes import ANSWER, KEY, REQUEST
from wslab.formats.pcap.tcpip import ACK, FIN, PSH, RST, SYN, PacketPlace, packet
from wslab.protocol import Frame, Opcode

PORTS = (80, 8080)
"""Where the server listens, and where its proxy does."""

_SERVER, _CLIENT = bytes((10, 0, 0, 2)), bytes((10, 0, 0, 1))

UPGRADE, SWITCHED = REQUEST.serialize(), ANSWER.serialize()
LONG = "a longer text " * 30

FROM_CLIENT = [
    Frame.text("Hello", mask=KEY),
    Frame.ping(b"p1", mask=KEY),
    Frame.text(LONG, mask=KEY),
    Frame(Opcode.TEXT, b"in two ", fin=False, mask=KEY),
    Frame.continuation("parts", mask=KEY),
    Frame.binary(bytes(range(200)), mask=KEY),
    Frame.close(1000, "bye", mask=KEY),
]
FROM_SERVER = [
    Frame.text("Hello, too"),
    Frame.pong(b"p1"),
    Frame.binary(b"\0" * 300),
    Frame.text(""),
    Frame.close(1000, "bye"),
]


class Seen(NamedTuple):
    """A frame as a reader of a capture sees it."""

    from_client: bool
    fin: bool
    rsv: int
    opcode: int
    key: bytes | None
    length: int
    payload: bytes | None


def seen(frame: Frame, *, from_client: bool) -> Seen:
    """The frame as both readers must see it; tshark tells the payload of fragments with the message: it is left out."""
    whole = frame.fin and frame.opcode != Opcode.CONTINUATION
    payload = frame.payload if whole else None
    return Seen(from_client, frame.fin, frame.rsv1 << 2, int(frame.opcode), frame.mask, len(frame.payload), payload)


WRITTEN = [
    *(seen(frame, from_client=True) for frame in FROM_CLIENT),
    *(seen(frame, from_client=False) for frame in FROM_SERVER),
]
"""What every reader must find: the client's frames, then the server's."""


class Talk:
    """A connection that is written packet by packet; each side counts its own bytes."""

    def __init__(self, port: int) -> None:
        self.client = PacketPlace(_CLIENT, port)
        self.server = PacketPlace(_SERVER, PORTS[0])
        self.packets: list[bytes] = []
        self.waits = False  # with its acknowledgements
        self._next = {True: 1000, False: 5_000}
        self._acknowledged = dict(self._next)

    def begin_at(self, number: int) -> None:
        """The client's first sequence number."""
        self._next[True] = number

    def add(self, data: bytes, *, up: bool, flags: int = PSH | ACK, at: int | None = None) -> None:
        """A segment with these bytes, by default the next ones."""
        begin = self._next[up] if at is None else at
        ends = (self.client, self.server) if up else (self.server, self.client)
        if not self.waits:
            self._acknowledged = dict(self._next)
        self.packets.append(packet(*ends, begin, self._acknowledged[not up] if flags & ACK else 0, flags, data))
        if at is None:
            self._next[up] += len(data) + bool(flags & (SYN | FIN))

    def position(self, *, up: bool) -> int:
        """The number that this side's next byte has."""
        return self._next[up]

    def shake(self) -> None:
        """TCP's own opening."""
        self.add(b"", up=True, flags=SYN)
        self.add(b"", up=False, flags=SYN | ACK)
        self.add(b"", up=True, flags=ACK)

    def exchange(self, up: bytes, down: bytes) -> None:
        """A question and its answer, each acknowledged by what follows."""
        self.add(up, up=True)
        self.add(down, up=False)

    def frames(self) -> None:
        """Each frame in a segment of its own, the sides in turn."""
        for number in range(max(len(FROM_CLIENT), len(FROM_SERVER))):
            for up, frames in ((True, FROM_CLIENT), (False, FROM_SERVER)):
                for frame in frames[number : number + 1]:
                    self.add(frame.serialize(), up=up)

    def finish(self) -> None:
        """Both sides end TCP."""
        self.add(b"", up=False, flags=FIN | ACK)
        self.add(b"", up=True, flags=FIN | ACK)
        self.add(b"", up=False, flags=ACK)


def _opened(talk: Talk) -> None:
    talk.shake()
    talk.exchange(UPGRADE, SWITCHED)


def _in_order(talk: Talk) -> None:
    _opened(talk)
    talk.frames()
    talk.finish()


def _again(talk: Talk) -> None:
    """Every packet comes twice, and then bytes in other pieces."""
    _opened(talk)
    before = talk.position(up=True)
    talk.frames()
    talk.packets[:] = [each for each in talk.packets for _ in range(2)]
    data = b"".join(frame.serialize() for frame in FROM_CLIENT)
    talk.add(data[3:200], up=True, at=before + 3)
    talk.finish()


def _out_of_order(talk: Talk) -> None:
    """Two frames of each side change places."""
    _opened(talk)
    begin = len(talk.packets)
    talk.frames()
    for one, other in ((begin, begin + 2), (begin + 3, begin + 5)):
        talk.packets[one], talk.packets[other] = talk.packets[other], talk.packets[one]
    talk.finish()


def _pieces(talk: Talk) -> None:
    """Heads and frames in pieces of 70 bytes, which end anywhere."""
    talk.shake()
    for up, data in (
        (True, UPGRADE),
        (False, SWITCHED),
        (True, b"".join(frame.serialize() for frame in FROM_CLIENT)),
        (False, b"".join(frame.serialize() for frame in FROM_SERVER)),
    ):
        for at in range(0, len(data), 70):
            talk.add(data[at : at + 70], up=up)
    talk.finish()


def _at_once(talk: Talk) -> None:
    """Both sides send at once: neither acknowledges before it has sent all, and the server's first frame is early."""
    talk.shake()
    talk.add(UPGRADE, up=True)
    talk.add(SWITCHED + FROM_SERVER[0].serialize(), up=False)
    talk.waits = True
    for number in range(len(FROM_CLIENT)):
        talk.add(FROM_CLIENT[number].serialize(), up=True)
        for frame in FROM_SERVER[number + 1 : number + 2]:
            talk.add(frame.serialize(), up=False)
    talk.waits = False
    talk.finish()


def _other_requests(talk: Talk) -> None:
    """A page and a refusal come first, on the same connection."""
    talk.shake()
    talk.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    talk.exchange(UPGRADE, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
    talk.exchange(UPGRADE, SWITCHED)
    talk.frames()
    talk.finish()


def _connect(talk: Talk) -> None:
    """A tunnel through a proxy of HTTP comes first."""
    talk.server = PacketPlace(_SERVER, PORTS[1])
    talk.shake()
    talk.exchange(
        b"CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n", b"HTTP/1.1 200 Connection established\r\n\r\n"
    )
    talk.exchange(UPGRADE, SWITCHED)
    talk.frames()
    talk.finish()


def _socks(talk: Talk) -> None:
    """SOCKS 5 comes first (RFC 1928)."""
    talk.shake()
    talk.exchange(b"\x05\x01\x00", b"\x05\x00")
    talk.exchange(b"\x05\x01\x00\x01\x0a\x00\x00\x02\x00\x50", b"\x05\x00\x00\x01\x0a\x00\x00\x02\x00\x50")
    talk.exchange(UPGRADE, SWITCHED)
    talk.frames()
    talk.finish()


def _keepalive(talk: Talk) -> None:
    """TCP asks whether the peer is there: a segment with the byte before, and its acknowledgement again."""
    _opened(talk)
    talk.frames()
    before = FROM_CLIENT[-1].serialize()[-1:]
    talk.add(before, up=True, flags=ACK, at=talk.position(up=True) - 1)
    talk.add(b"", up=False, flags=ACK)
    talk.finish()


def _reset(talk: Talk) -> None:
    _opened(talk)
    talk.frames()
    talk.add(b"", up=True, flags=RST | ACK)


def _without_syn(talk: Talk) -> None:
    """The capture begins between TCP's opening and the request."""
    talk.exchange(UPGRADE, SWITCHED)
    talk.frames()
    talk.finish()


def _wraps(talk: Talk) -> None:
    """The client's sequence numbers pass 2^32 among the frames."""
    talk.begin_at((1 << 32) - len(UPGRADE) - 100)
    _in_order(talk)


def _lost(talk: Talk) -> None:
    """The capture lacks the packets of one frame of each side."""
    _opened(talk)
    begin = len(talk.packets)
    talk.frames()
    del talk.packets[begin + 4 : begin + 6]
    talk.finish()


def _middle(talk: Talk) -> None:
    """The capture begins behind the handshake."""
    talk.frames()
    talk.finish()


def _inside(talk: Talk) -> None:
    """The capture begins in the middle of a frame of each side."""
    for up in (True, False):
        talk.add(Frame.text("half of it " * 20, mask=KEY if up else None).serialize()[90:], up=up)
    talk.frames()
    talk.finish()


class Condition(NamedTuple):
    """How a connection is written, and what of it is not there.

    tshark must not know of the first `hidden` packets, and must be told that it is a WebSocket where it `is_told`. Of
    a longer payload of TCP than `kept` bytes, the capture has no more.
    """

    write: Callable[[Talk], None]
    hidden: int = 0
    is_told: bool = False
    kept: int = 1 << 16
    lost: frozenset[int] = frozenset()

    @property
    def has_gaps(self) -> bool:
        """Whether bytes never come."""
        return bool(self.lost) or self.kept < 1 << 16

    @property
    def frames(self) -> list[Seen]:
        """The frames that are there as a whole."""
        return [
            frame for number, frame in enumerate(WRITTEN) if number not in self.lost and frame.length + 8 <= self.kept
        ]


CONDITIONS: Mapping[str, Condition] = {
    "in order": Condition(_in_order),
    "sent again": Condition(_again),
    "out of order": Condition(_out_of_order),
    "in pieces": Condition(_pieces),
    "both at once": Condition(_at_once),
    "other requests first": Condition(_other_requests),
    "CONNECT first": Condition(_connect, hidden=5),  # TCP's opening and CONNECT: tshark reads no upgrade behind them
    "SOCKS first": Condition(_socks),
    "TCP keepalive": Condition(_keepalive),
    "numbers wrap": Condition(_wraps),
    "RST": Condition(_reset),
    "no SYN": Condition(_without_syn),
    "lost packets": Condition(_lost, lost=frozenset({2, len(FROM_CLIENT) + 2})),
    "snap length": Condition(_in_order, kept=160),  # the heads are whole
    "snap length, heads cut": Condition(_in_order, is_told=True, hidden=5, kept=50),
    "mid-stream": Condition(_middle, is_told=True),
    "inside a frame": Condition(_inside, is_told=True, hidden=2),
}
"""Every condition by its name."""
