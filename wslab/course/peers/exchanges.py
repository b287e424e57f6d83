"""Legal exchanges between a client and a server, byte for byte: what a learner breaks.

An exchange is the opening handshake and some frames in both directions, in the order in which they are sent. Its bytes
never change: the key, the masking key and the host are constants, so that two peers, and two runs, get the same.

Both sides speak without being asked; no byte of one depends on a peer's own choices. So a peer can be given all that
the other side sends, whatever it would answer itself.

Left out: changing a byte (`changes`), and what a peer makes of it (`judging`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wslab.protocol import Deflate, Frame, HandshakeRequest, HandshakeResponse, Opcode, Role
from wslab.protocol.deflate import Deflater, choose

__all__ = ["EXCHANGES", "HEADS", "HOST", "KEY", "MASK", "TARGET", "Exchange", "Sent", "find_exchange"]

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The Sec-WebSocket-Key of every exchange, the RFC's own example (§1.3)."""

HEADS = 2
"""Places that are heads, the request and the response; frames come behind them."""

HOST = "127.0.0.1:9001"
TARGET = "/lab"
MASK = bytes.fromhex("37fa213d")
"""The masking key of every frame of a client, the RFC's own example (§5.7)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What one side sends: a head, or one frame."""

    sender: Role
    data: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """A legal exchange: the request, the response, and the frames in their order. `deflate`: what both agree on."""

    name: str
    title: str
    sent: tuple[Sent, ...]
    deflate: Deflate | None = None

    @property
    def request(self) -> HandshakeRequest:
        """The client's head."""
        return HandshakeRequest.parse(self.sent[0].data)[0]

    def to(self, role: Role) -> tuple[int, ...]:
        """The places of all that a receiver in this role gets, in order; the head of the other side is the first."""
        return tuple(place for place, each in enumerate(self.sent) if each.sender is role.peer)


def _opening(deflate: Deflate | None) -> tuple[Sent, Sent]:
    offers = () if deflate is None else (deflate.offer(),)
    request = HandshakeRequest.build(HOST, TARGET, key=KEY, extensions=offers)
    agreed = None if deflate is None else choose(request.extensions, deflate)
    response = HandshakeResponse.accept(request, extensions=() if agreed is None else (agreed[1],))
    return Sent(Role.CLIENT, request.serialize()), Sent(Role.SERVER, response.serialize())


def _client(frame: Frame) -> Sent:
    return Sent(Role.CLIENT, frame.replace(mask=MASK).serialize())


def _server(frame: Frame) -> Sent:
    return Sent(Role.SERVER, frame.serialize())


def _compressed(text: str, sender: Role) -> Frame:
    return Frame(Opcode.TEXT, Deflater(Deflate(), sender).deflate(text.encode()), rsv1=True)


_ALL = (
    Exchange(
        "text",
        "Short texts",
        (
            *_opening(None),
            _client(Frame.text("Hello")),
            _server(Frame.text("Zoë?")),
            _client(Frame.text("Next")),
            _server(Frame.text("Last!")),
        ),
    ),
    Exchange(
        "fragments",
        "A message in fragments",
        (
            *_opening(None),
            _client(Frame(Opcode.TEXT, b"Hel", fin=False)),
            _client(Frame(Opcode.CONTINUATION, b"lo")),
            _server(Frame(Opcode.BINARY, bytes.fromhex("0102"), fin=False)),
            _server(Frame(Opcode.CONTINUATION, bytes.fromhex("03"))),
        ),
    ),
    Exchange(
        "ping",
        "Ping and Pong",
        (
            *_opening(None),
            _client(Frame.ping(b"hi?")),
            _server(Frame.pong(b"hi?")),
            _server(Frame.ping(b"")),
            _client(Frame.pong(b"")),
        ),
    ),
    Exchange(
        "close",
        "Close with a code",
        (
            *_opening(None),
            _client(Frame.text("Hi")),
            _client(Frame.close(1000, "done")),
            _server(Frame.close(1000)),
        ),
    ),
    Exchange(
        "compressed",
        "A compressed message",
        (
            *_opening(Deflate()),
            _client(_compressed("ho ho ho", Role.CLIENT)),
            _server(_compressed("ha ha ha", Role.SERVER)),
            _client(Frame.text("Next")),
        ),
        Deflate(),
    ),
)

EXCHANGES: Mapping[str, Exchange] = MappingProxyType({each.name: each for each in _ALL})
"""Every exchange by its name."""


def find_exchange(name: str) -> Exchange:
    """The exchange of this name; ValueError, with the names that there are, where there is none."""
    if name not in EXCHANGES:
        raise ValueError(f"There is no exchange {name!r}; there are {', '.join(EXCHANGES)}.")
    return EXCHANGES[name]
