"""What a peer made of the bytes that it was given, in the same few words for every peer.

Rules of this module: `heard` is what a peer tells its application, in order: that the connection is open, each whole
message, each Ping and Pong, the peer's Close. A `Refusal` is what it does where it does not accept the bytes: the code
of the Close, the HTTP status, or that TCP ends without either. Nothing is heard behind it.

A peer is given its bytes in pieces: the other side's head, then one frame after the other. A server gets frames only
once it has answered the request, as with a real client.

Left out: driving a library (one module each), and comparing two readings (`judging`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from wslab.course.peers.exchanges import Exchange
from wslab.protocol import ProtocolError, Role
from wslab.protocol.peers import ENDS_TCP, Answer

__all__ = ["Heard", "Peer", "PeerGone", "Reading", "Refusal", "Session", "feed_all", "opened"]

Heard = tuple[str, str | bytes]
"""One thing that an application is told: its kind, and what it says."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a peer does with bytes that it does not accept, and its own words for the reason.

    `error` is the rule that was broken and its first wrong bit, which only wslab names. `crashed`: the library raised
    an error that is no verdict; a program around it ends TCP.
    """

    answer: Answer = ENDS_TCP
    why: str = ""
    error: ProtocolError | None = None
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a peer heard, and how it refused, if it did. `answer` is the head that a server sent."""

    heard: tuple[Heard, ...] = ()
    refusal: Refusal | None = None
    answer: bytes = b""

    @property
    def closed(self) -> bool:
        """Whether it heard a Close: nothing is read behind it (§1.4)."""
        return bool(self.heard) and self.heard[-1][0] == "close"

    @property
    def ended(self) -> bool:
        """Whether it reads no more."""
        return self.closed or self.refusal is not None


class PeerGone(Exception):
    """The program that runs a peer did not answer in time, or has ended."""


class Peer(Protocol):
    """A receiver that can be given bytes."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def version(self) -> str:
        """Its version."""

    def read(self, exchange: Exchange, role: Role, pieces: Sequence[bytes]) -> Reading:
        """What it makes of these bytes in this role; `PeerGone` where its program does not answer."""


class Session:
    """A peer in this process while it reads: what it has heard so far."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.refusal: Refusal | None = None
        self.answer = b""

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        raise NotImplementedError


def feed_all(session: Session, role: Role, pieces: Iterable[bytes]) -> Reading:
    """Give a session its pieces until it reads no more."""
    for number, piece in enumerate(pieces):
        if _reads_no_more(session) or (number and role is Role.SERVER and not session.answer):
            break
        try:
            session.feed(piece)
        except Exception as error:  # what a library raises is a verdict, too: a program around it would end
            session.refusal = Refusal(why=f"it raised {type(error).__name__}: {error}", crashed=True)
    return Reading(tuple(session.heard), session.refusal, session.answer)


def _reads_no_more(session: Session) -> bool:
    return session.refusal is not None or (bool(session.heard) and session.heard[-1][0] == "close")


def opened(target: str, host: str | None) -> Heard:
    """What a server hears of a request that it accepts."""
    return "open", f"{target} at {host or 'no host'}"
