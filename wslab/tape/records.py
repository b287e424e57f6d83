"""What is written on a tape: records of one header and some bytes, one behind the other.

A record is what one end of a connection did or saw at one moment, as it was: the chunk that a read or write had, never
a frame. Its header has the time, the number of the connection, a tag (kind and side) and a size. Where the bytes of a
direction are on the tape already, because their sender is ours too, only their count is written again.

A record never holds a sentence of the lab, so that rewording one changes no recording. What is neither bytes nor a
belief is a *fact*, a small frozen dataclass: `pack` makes it the bytes of a record, a JSON object of its fields, and
`unpack` reads them. `side` is not among them, for it is in the header. Only `NOTE` is a sentence, of a person.

What it leaves out: what the bytes mean (`dissector`), facts in words (`sentences`), and limits (`log`).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any, NamedTuple

from wslab.protocol import RULES, Frame, FrameParser, ProtocolError, Role, State
from wslab.tape.streams.fields import checked


class RecordKind(IntEnum):
    """The kinds of records. "Wire" is what a link does, the rest is what an endpoint does or sees."""

    CONNECT = 0  # the client's TCP connection is open; the address of the peer
    ACCEPT = 1  # the server took the connection
    SENT = 2  # bytes handed to TCP
    ARRIVED = 3  # bytes from TCP that nobody of ours sent
    COUNTED = 4  # bytes from TCP that are on the tape already: how many
    TAKEN = 5  # wire: bytes of a sender that is not ours came in; `side` is the sender
    PASSED = 6  # wire: that many bytes went out again; `side` is the sender
    FIN_SENT = 7
    FIN_ARRIVED = 8
    RST_SENT = 9
    RST_ARRIVED = 10
    LOST = 11  # TCP gave up; why, in the system's words
    ENDED = 12  # this end is gone: nothing more arrives here
    BELIEF = 13  # what this side believes from now on
    NOTE = 14  # a sentence that a person wrote
    LINKED = 15  # wire: a link stands between
    SILENCE = 16  # wire: the link swallows everything from now on
    CUT = 17  # wire: RST to both sides
    FIN_TO_BOTH = 18  # wire: FIN to both sides
    JOINED = 19  # wire: the recording begins behind the opening handshake: frames come from the first byte
    SWALLOWED = 20  # wire: bytes that `side` sent go no further; see `pack_change`
    CHANGED = 21  # wire: other bytes go on instead of some that `side` sent; see `pack_change`
    # the rest are facts: each has a class below, in `FACTS`
    INJECTED = 22
    FAILED = 23
    FAULT = 24
    TIMED_OUT = 25
    CLOSE_FAILED = 26
    TLS = 27
    TLS_FAILED = 28
    UNREACHABLE = 29
    RAISED = 30
    PORT_TAKEN_OVER = 31
    MISSING = 32
    SOURCE = 33
    REPORTED = 34
    DIED = 35
    ORIGINS = 36  # the origins that this server allows, between spaces (§10.2): no fact, and no entry
    FRAMES_FOUND = 37
    SILENCE_ENDED = 38


COUNTS = frozenset({RecordKind.COUNTED, RecordKind.PASSED})
"""Records whose size is a count of bytes that do not follow."""

SIDED = frozenset(RecordKind) - {
    RecordKind.NOTE,
    RecordKind.RAISED,
    RecordKind.LINKED,
    RecordKind.SILENCE,
    RecordKind.SILENCE_ENDED,
    RecordKind.CUT,
    RecordKind.FIN_TO_BOTH,
    RecordKind.JOINED,
    RecordKind.FAULT,
    RecordKind.TLS,
    RecordKind.TLS_FAILED,
    RecordKind.UNREACHABLE,
    RecordKind.PORT_TAKEN_OVER,
    RecordKind.SOURCE,
    RecordKind.REPORTED,
}
"""Records of one side; the others may be of the wire."""

HEADER = struct.Struct("<dIBI")
SIDES = ("wire", "client", "server")
_STATES = tuple(State)


def tag(what: RecordKind, side: Role | None = None) -> int:
    """What and where in one byte."""
    return what << 2 | (0 if side is None else SIDES.index(side.value))


def pack_belief(state: State, code: int | None, detail: str) -> bytes:
    """A belief as the bytes of a record."""
    return bytes((_STATES.index(state),)) + (code or 0).to_bytes(2, "big") + detail.encode()


def unpack_belief(data: bytes) -> tuple[State, int | None, str]:
    """The belief that `pack_belief` wrote."""
    return _STATES[data[0]], int.from_bytes(data[1:3], "big") or None, data[3:].decode()


def reason(code: str, argument: str = "") -> str:
    """The detail of a belief as a fact, such as `=closed client`: `sentences.DETAILS` has the codes."""
    return f"={code} {argument}".rstrip()


# --- facts --------------------------------------------------------------------------------------

Arguments = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened and is no bytes: at `side`, or on the wire."""

    side: str


@dataclass(frozen=True, slots=True)
class TcpEvent(Fact):
    """TCP connected, or `side` ended it: `what` is `connect`, `FIN` or `RST`.

    `unsent` says that only its arrival was seen, and not who sent it. It is made from several kinds of records.
    """

    what: str
    unsent: bool = False


@dataclass(frozen=True, slots=True)
class TcpLost(Fact):
    """TCP gave up at one side; `why` is in the system's words."""

    why: str


@dataclass(frozen=True, slots=True)
class EndedInside(Fact):
    """The stream of `side` ended inside a head or a frame of which `size` bytes had come."""

    in_head: bool
    size: int


@dataclass(frozen=True, slots=True)
class WentSilent(Fact):
    """A link swallows what `side` sends from now on; `wire` is both sides."""


@dataclass(frozen=True, slots=True)
class SilenceEnded(Fact):
    """A link that swallowed nothing of `side` lets through again what it sends; `wire` is both sides."""


@dataclass(frozen=True, slots=True)
class LinkEnded(Fact):
    """A link ended TCP on both sides: `what` is `FIN` or `RST`."""

    what: str


@dataclass(frozen=True, slots=True)
class Noted(Fact):
    """A sentence that a person wrote, of a scenario or of a user's program."""

    text: str


@dataclass(frozen=True, slots=True)
class Injected(Fact):
    """Somebody put a frame in at a link, in the name of `side`: `data`, behind the first `start` bytes that it sent."""

    start: int
    data: bytes

    @property
    def to(self) -> str:
        """Who receives the frame."""
        return Role(self.side).peer.value

    @property
    def frame(self) -> Frame | None:
        """The frame; None where the bytes are no whole and legal one."""
        try:
            return FrameParser(Role(self.to), max_payload=len(self.data), rsv1=True).feed(self.data)[0]
        except (ProtocolError, IndexError):
            return None


@dataclass(frozen=True, slots=True)
class RuleFailed(Fact):
    """`side` fails the connection, for its peer broke `rule`, an id; `byte` and `bit` are the first wrong bit."""

    rule: str
    byte: int | None
    bit: int | None
    found: str

    @property
    def close_code(self) -> int | None:
        """The code that the connection fails with; None for a rule of the opening handshake."""
        rule = RULES.get(self.rule)
        return None if rule is None or rule.close_code is None else int(rule.close_code)


@dataclass(frozen=True, slots=True)
class FaultAct(Fact):
    """What a fault did: `fault` as one writes it, which of its acts, and the figures of this one.

    `sentences.ACTS` has the acts. `side` is whose bytes it touched, `wire` where it touched the connection.
    """

    fault: str
    act: str
    arguments: Arguments = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class TimedOut(Fact):
    """`side` waited in vain: `waited_for` is `opening`, `pong`, `close`, `write` (TCP took no more), or `end`.

    `end` is the end of TCP: what a side that failed the connection waits for, and not for a Close (§7.1.7).
    """

    waited_for: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CloseFailed(Fact):
    """`side` was closing the connection, and TCP ended before both sides had sent a Close."""


@dataclass(frozen=True, slots=True)
class TlsBegan(Fact):
    """TLS stands below the connection; with `wire` as its side, below the link's own connection to the server."""

    version: str
    cipher: str


@dataclass(frozen=True, slots=True)
class TlsFailed(Fact):
    """The TLS handshake with `address` failed: `why` is a key of `sentences.TLS_PROBLEMS`.

    `name` is what the certificate should have been for, `names` what it was for, `message` the words of the library.
    """

    address: str
    why: str
    name: str = ""
    names: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Unreachable(Fact):
    """`side` (`wire`: the link) could not reach `target`: `why` is `refused`, or in the system's words."""

    target: str
    why: str


@dataclass(frozen=True, slots=True)
class Raised(Fact):
    """Code that is not the lab's raised `error`.

    `where` is `handler`, `late_handler` (no Close could follow), `on_request`, `answer_close` or `scenario`.
    """

    where: str
    error: str


@dataclass(frozen=True, slots=True)
class ProcessDied(Fact):
    """The process of `side` was killed: from now on this side believes nothing. Its system ends TCP for it."""


@dataclass(frozen=True, slots=True)
class PortTakenOver(Fact):
    """The same program asked for its port again, and the older server there was closed."""

    port: int


@dataclass(frozen=True, slots=True)
class Missing(Fact):
    """A capture does not have `size` bytes of what `side` sent, behind the first `position` bytes.

    `cut` says that its snap length cut the packet; otherwise the packet is missing as a whole.
    """

    size: int
    position: int
    cut: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class FramesFound(Fact):
    """Where frames of `side` begin in what comes from here on, as one found out who tried: behind `skipped` bytes.

    `where` says why it was looked for: `middle`, because the capture begins there, `gap`, behind missing bytes, or
    `mistake`, behind a violation by which the count of bytes was lost.
    `frames` is how many were seen to follow one another, `head` says that a head of HTTP comes instead. With neither,
    no place was found. `sure` says that chance is out of the question.
    """

    where: str
    skipped: int
    frames: int
    head: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class ForeignSource(Fact):
    """The recording comes from a format that does not keep all, such as `har` (`tape.streams.source`)."""

    format: str


@dataclass(frozen=True, slots=True)
class Reported(Fact):
    """What a browser or another tool said of a connection, in its own words."""

    text: str


FACTS: Mapping[RecordKind, Callable[..., Fact]] = {
    RecordKind.INJECTED: Injected,
    RecordKind.FAILED: RuleFailed,
    RecordKind.FAULT: FaultAct,
    RecordKind.TIMED_OUT: TimedOut,
    RecordKind.CLOSE_FAILED: CloseFailed,
    RecordKind.TLS: TlsBegan,
    RecordKind.TLS_FAILED: TlsFailed,
    RecordKind.UNREACHABLE: Unreachable,
    RecordKind.RAISED: Raised,
    RecordKind.PORT_TAKEN_OVER: PortTakenOver,
    RecordKind.MISSING: Missing,
    RecordKind.FRAMES_FOUND: FramesFound,
    RecordKind.SOURCE: ForeignSource,
    RecordKind.REPORTED: Reported,
    RecordKind.DIED: ProcessDied,
    RecordKind.SILENCE_ENDED: SilenceEnded,
}
"""The kinds of records that are packed facts, with the class of each."""

_KINDS = {made: kind for kind, made in FACTS.items()}


def fact_tag(fact: Fact) -> int:
    """The tag of the record of a fact, which has its kind and its side."""
    return tag(_KINDS[type(fact)], None if fact.side == "wire" else Role(fact.side))


def pack(fact: Fact) -> bytes:
    """A fact as the bytes of its record."""
    values = {each.name: getattr(fact, each.name) for each in fields(fact) if each.name != "side"}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=bytes.hex).encode("utf-8", "replace")


def unpack(kind: RecordKind, side: str, data: bytes) -> Fact | None:
    """The fact of a record; None for a kind that is not a fact, such as bytes or a belief."""
    if kind in FACTS:
        return fact_of(kind, side, json.loads(data))
    if kind is RecordKind.NOTE:
        return Noted(side, data.decode("utf-8", "replace"))
    if kind is RecordKind.LOST:
        return TcpLost(side, data.decode("utf-8", "replace"))
    if kind is RecordKind.SILENCE:
        return WentSilent(side)
    if kind in (RecordKind.CUT, RecordKind.FIN_TO_BOTH):
        return LinkEnded(side, "FIN" if kind is RecordKind.FIN_TO_BOTH else "RST")
    return None


def fact_of(kind: RecordKind, side: str, values: Mapping[str, Any]) -> Fact:
    """A fact from its fields by name. Raises KeyError for one that is missing, ValueError for what it cannot be."""
    made: Any = FACTS[kind]
    given = {each.name: checked(each.name, str(each.type), values[each.name]) for each in fields(made)[1:]}
    found: Fact = made(side, **given)
    return found


# --- changes ------------------------------------------------------------------------------------


class Change(NamedTuple):
    """On the way `size` bytes of the sender's stream from `start` on became `data`; `act` is what did it."""

    start: int
    size: int
    data: bytes
    act: FaultAct | None


TOLD = "told"
"""The act of a change that is known only from a sentence, as version 1 of the file format had it."""

_CHANGE = struct.Struct("<QII")


def pack_change(start: int, size: int, data: bytes, act: FaultAct | str) -> bytes:
    """A change as the bytes of a record; `act` is what a fault did, or a sentence where that is all that is known."""
    return _CHANGE.pack(start, size, len(data)) + data + (act.encode() if isinstance(act, str) else pack(act))


def unpack_change(side: str, record: bytes) -> Change:
    """The change that `pack_change` wrote."""
    start, size, length = _CHANGE.unpack_from(record)
    end = _CHANGE.size + length
    return Change(start, size, record[_CHANGE.size : end], _act(side, record[end:]))


def _act(side: str, packed: bytes) -> FaultAct | None:
    if not packed:
        return None
    if packed.startswith(b'{"fault"'):
        found = fact_of(RecordKind.FAULT, side, json.loads(packed))
        assert isinstance(found, FaultAct)
        return found
    return FaultAct(side, "", TOLD, {"text": packed.decode("utf-8", "replace")})
