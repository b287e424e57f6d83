"""What a peer makes of a changed exchange, compared with what it makes of the legal one: nothing here is authored.

How it works. The receiver of the changed byte is given all that the other side sends, once as it is legal and once
changed, and both readings are compared:

- It refuses: by a Close code, by an HTTP status, or by the end of TCP.
- It waits: a Ping behind the changed bytes is not heard, so the receiver takes it for a part of what it waits for. Or
  the Ping is heard, but what came before stops short of the legal reading: a message lacks its last fragment.
- It reads something else: another message, another address, another Close.
- It accepts: it hears the same. A server may then still have answered another key; so its own client is given that
  answer, and refuses it or not.

Left out: words (`words`), and which peers there are (`find`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wslab.course.peers.changes import Change
from wslab.course.peers.exchanges import HEADS, MASK, Exchange
from wslab.course.peers.reading import Peer, Reading, Refusal
from wslab.explain.anatomy import anatomy, wrong_bit
from wslab.protocol import Frame, HandshakeResponse, ProtocolError, Role

__all__ = ["PROBE", "Outcome", "Verdict", "judge", "pieces", "probe"]

PROBE = b"still there?"
"""The payload of the Ping that shows whether a receiver still reads frames."""


class Outcome(Enum):
    """What became of the changed bytes; the value is a word for it."""

    ACCEPTS = "accepts"
    OTHER = "reads something else"
    WAITS = "waits"
    REFUSES = "refuses"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one peer did. `role` is that of the receiver, `fails` the side that fails the connection, if one does.

    `legal` and `reading` are what it made of the legal and of the changed bytes. `inside`: it waits inside a head or a
    frame, and not for the rest of a message. `late`: the first wrong bit that wslab found lies behind the
    changed frame, as far as its header now says.
    """

    peer: str
    version: str
    role: Role
    outcome: Outcome
    legal: Reading
    reading: Reading
    refusal: Refusal | None = None
    fails: Role | None = None
    inside: bool = False
    late: bool = False

    @property
    def error(self) -> ProtocolError | None:
        """The rule that was broken and where; only wslab names it."""
        return self.refusal.error if self.refusal else None


def pieces(exchange: Exchange, role: Role, change: Change | None) -> list[bytes]:
    """All that a receiver in this role is sent, head first, with the change in it."""
    return [
        change.data(exchange) if change is not None and change.place == place else exchange.sent[place].data
        for place in exchange.to(role)
    ]


def probe(role: Role) -> bytes:
    """A Ping for a receiver in this role."""
    return Frame.ping(PROBE).replace(mask=MASK if role is Role.SERVER else None).serialize()


def judge(peer: Peer, exchange: Exchange, change: Change) -> Verdict:
    """What a peer makes of the changed exchange; `PeerGone` where its program does not answer."""
    role = exchange.sent[change.place].sender.peer
    legal = peer.read(exchange, role, pieces(exchange, role, None))
    given = pieces(exchange, role, change)
    reading = peer.read(exchange, role, given)

    def verdict(outcome: Outcome, refusal: Refusal | None = None, fails: Role | None = None) -> Verdict:
        late = _is_late(exchange, change, role, refusal)
        return Verdict(peer.name, peer.version, role, outcome, legal, reading, refusal, fails, inside, late)

    inside = not reading.ended and not _hears_probe(peer, exchange, role, given)
    if reading.refusal is not None:
        return verdict(Outcome.REFUSES, reading.refusal, role)
    if inside or _stops_short(reading, legal):
        return verdict(Outcome.WAITS)
    if reading.heard != legal.heard:
        return verdict(Outcome.OTHER)
    refused = _refused_answer(peer, exchange, legal, reading)
    return verdict(Outcome.ACCEPTS) if refused is None else verdict(Outcome.REFUSES, refused, Role.CLIENT)


def _hears_probe(peer: Peer, exchange: Exchange, role: Role, given: list[bytes]) -> bool:
    return ("ping", PROBE) in peer.read(exchange, role, [*given, probe(role)]).heard


def _stops_short(reading: Reading, legal: Reading) -> bool:
    """Whether it heard the beginning of the legal reading, and is open."""
    size = len(reading.heard)
    return not reading.ended and size < len(legal.heard) and legal.heard[:size] == reading.heard


def _refused_answer(peer: Peer, exchange: Exchange, legal: Reading, reading: Reading) -> Refusal | None:
    """How the client that sent the legal request refuses the server's answer to the changed one, if it does."""
    if _accept_value(reading.answer) == _accept_value(legal.answer):
        return None
    return peer.read(exchange, Role.CLIENT, [reading.answer]).refusal


def _is_late(exchange: Exchange, change: Change, role: Role, refusal: Refusal | None) -> bool:
    if refusal is None or refusal.error is None or refusal.error.close_code is None or change.place < HEADS:
        return False
    before = (place for place in exchange.to(role)[1:] if place < change.place)
    begin = sum(len(exchange.sent[place].data) for place in before)  # offsets count from the first frame
    frame = anatomy(change.data(exchange), role, whole_stream=False, deflate=exchange.deflate).parts[0]
    end = begin * 8 + frame.end
    return wrong_bit(refusal.error, {end}) >= end


def _accept_value(answer: bytes) -> str:
    # §4.2.2: the value is computed from the key
    return HandshakeResponse.parse(answer)[0].accept_value if answer else ""
