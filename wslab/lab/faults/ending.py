"""Faults that end a connection, or let both sides believe that it goes on.

Two kinds of end, and who hears of them:

- *Silence* swallows everything, FIN and RST too. No side hears anything, so each believes what it believed before
  (half-open). The link acknowledged the swallowed bytes to their sender, so no TCP sends them again, and none delivers
  a stream with a hole: a silence that swallowed something stays with its connection for good (`is_forever`), in each
  of its directions. One that swallowed nothing can be taken away, and the tape says that it ended.
- `Cut` and `Fin` end TCP on both sides, with RST or with FIN. Both sides hear of it at once.

`IdleTimer` and `MaxAge` are intermediaries that do one of these at a time of their own. Where a fault acts at a place
in the stream it is a stage, where it acts at a time it is a watcher. Silence is both: a stage in each direction
swallows, and the watcher records the moment at which it begins.

Left out: faults after which bytes still arrive (`timing`, `content`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import ClassVar

from wslab.lab.faults.base import Fault, check_both_sides, check_one_place, place_words, seconds_words
from wslab.lab.faults.chunk import StreamChunk
from wslab.lab.faults.stage import Direction, FaultStage, PartStage
from wslab.lab.faults.watcher import Watched, Watcher
from wslab.lab.network.base import TcpSignal
from wslab.protocol import Role
from wslab.protocol.frames.scanner import Span
from wslab.tape.records import RecordKind

# --- silence ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Silence(Fault):
    """Everything is swallowed, FIN and RST too, and neither side hears of it: half-open. It never ends.

    The link acknowledges what it swallows. On a real silent path nobody does: TCP sends again and gives up at last, on
    Linux after about 15 minutes (RFC 9293 §3.8.3), so there a side that has sent something hears of it.
    """

    kind: ClassVar[str] = "half-open"

    def stage(self, flow: Direction) -> SilenceStage:
        """The bytes are swallowed."""
        return SilenceStage(self, flow)

    def watcher(self, connection: Watched) -> SilenceWatcher:
        """The beginning is recorded."""
        return SilenceWatcher(self, connection)

    def effect(self) -> str:
        """Whose bytes are swallowed."""
        return f"What {self.they_send} is swallowed, with no sign to either side: half-open."


class SilenceStage(FaultStage[Fault]):
    """Swallows everything, FIN and RST too."""

    def __init__(self, fault: Fault, flow: Direction) -> None:
        super().__init__(fault, flow)
        self._swallowed = False

    @property
    def is_forever(self) -> bool:
        """Whether it swallowed something: what was acknowledged is not sent again."""
        return self._swallowed

    @property
    def is_silent(self) -> bool:
        """Whether it has begun."""
        return not self.sleeps

    def take(self, chunk: StreamChunk) -> None:
        """Swallow the bytes."""
        self._swallowed = True
        self.swallow(chunk)

    def signal(self, signal: TcpSignal) -> None:
        """Swallow FIN or RST, once its time has come."""
        if self.sleeps:
            super().signal(signal)
        else:
            self._swallowed = True  # FIN is acknowledged as bytes are (RFC 9293 §3.4)
            self.owner.signal_swallowed(self.role)


class SilenceWatcher(Watcher[Silence]):
    """Records the moment at which the silence begins."""

    def act(self) -> None:
        """Record it."""
        _begin_silence(self.connection, self.fault.of)


def _begin_silence(connection: Watched, of: Role | str | None) -> None:
    connection.record(RecordKind.SILENCE, None if of is None else Role(of))
    # a client may still wait for the server to be reached; what it sends is swallowed, so it need not wait any more
    connection.read_on()


# --- RST and FIN ------------------------------------------------------------------------


@dataclass(frozen=True)
class FinOrRst(Fault):
    """TCP ends on both sides with `signal`: what `Cut` and `Fin` have in common."""

    signal: ClassVar[TcpSignal]
    example: ClassVar[str] = "at_frame=2"

    at_byte: int | None = None
    at_frame: int | None = None
    into: int = 0
    seen: bytes = b""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_place(self, self.at_byte is not None, self.at_frame is not None, bool(self.seen))
        if not self._place:
            check_both_sides(self)
        elif self.of is None:
            object.__setattr__(self, "of", Role.CLIENT)

    def stage(self, flow: Direction) -> EndStage | None:
        """With a place, the end waits in the stream."""
        return EndStage(self, flow) if self._place else None

    def watcher(self, connection: Watched) -> EndWatcher | None:
        """Without a place, it comes by time alone."""
        return None if self._place else EndWatcher(self, connection)

    def figures(self) -> str:
        """`RST at frame 3`."""
        return f"{self.signal.value} {self._place}".strip()

    def effect(self) -> str:
        """How TCP ends, and where."""
        where = f" {self._place} of {self.whose}" if self._place else ""
        return f"TCP ends on both sides with {self.signal.value}{where}."

    @property
    def _place(self) -> str:
        """The place in the stream for which it waits, in words; empty where there is none."""
        if self.seen:
            return f"at “{self.seen.decode('utf-8', 'replace')}”"
        return place_words(self.at_byte, self.at_frame, self.into)


@dataclass(frozen=True)
class Cut(FinOrRst):
    """TCP is cut on both sides, with RST.

    At once, or when the stream of `of` (the client unless given) reaches a place: behind `at_byte` bytes, its heads
    included; at the beginning of frame `at_frame` (counted from 1), or `into` bytes inside it; or where the bytes
    `seen` begin. What is behind the place goes no further. A client's payload is masked (§5.3): look for a text in
    what the server sends.
    """

    kind: ClassVar[str] = "cut"
    signal: ClassVar[TcpSignal] = TcpSignal.RST


@dataclass(frozen=True)
class Fin(FinOrRst):
    """TCP ends on both sides with FIN, without a Close.

    At once, or when the stream of `of` (the client unless given) reaches a place, as for `cut`.
    """

    kind: ClassVar[str] = "fin"
    signal: ClassVar[TcpSignal] = TcpSignal.FIN


class EndStage(PartStage[FinOrRst]):
    """Lets pass what is in front of the place, swallows what is behind it, and ends TCP."""

    def __init__(self, fault: FinOrRst, flow: Direction) -> None:
        super().__init__(fault, flow)
        self._tail = b""  # the last bytes that passed: `seen` may begin in them
        self._is_over = False

    def lets_pass(self, span: Span) -> bool:
        """Whether it is a frame in front of the one that it waits for."""
        return self.fault.at_frame is not None and span.frame < self.fault.at_frame

    def take_span(self, span: Span, chunk: StreamChunk) -> None:
        """Look for the place."""
        at = None if self._is_over else self._place(span, chunk)
        if self._is_over:
            self.swallow(chunk)
        elif at is None or at >= len(chunk.data):
            self.pass_on(chunk)
        else:
            self._end(chunk, at)

    def _end(self, chunk: StreamChunk, at: int) -> None:
        before, behind = chunk.split(at)
        if before.data:
            self.pass_on(before)
        self._is_over = True
        self.swallow(behind)
        # not in the middle of reading: the bytes in front are to be written first
        self.owner.clock.later(0.0, lambda: self.owner.end(self.fault.signal))

    def _place(self, span: Span, chunk: StreamChunk) -> int | None:
        """Where in this chunk TCP ends; None where it is not."""
        if self.fault.seen:
            return self._seen(chunk.data)
        if self.fault.at_byte is not None:
            place = self.fault.at_byte - chunk.start
        else:
            place = self.fault.into - span.at if span.frame == self.fault.at_frame else -1
        return place if place >= 0 else None

    def _seen(self, data: bytes) -> int | None:
        looked = self._tail + data
        found = looked.find(self.fault.seen)
        self._tail = looked[-len(self.fault.seen) + 1 :] if len(self.fault.seen) > 1 else b""
        return max(0, found - (len(looked) - len(data))) if found >= 0 else None


class EndWatcher(Watcher[FinOrRst]):
    """Ends TCP when its time has come."""

    def act(self) -> None:
        """End it."""
        self.connection.end(self.fault.signal)


# --- idle -------------------------------------------------------------------------------

_IDLE_FIGURES = MappingProxyType(
    {"fin": "then FIN", "rst": "then RST", "forget": "then forgets", "silent": "then silent"}
)
_IDLE_EFFECTS = MappingProxyType(
    {
        "fin": "ends it with FIN to both sides",
        "rst": "ends it with RST to both sides",
        "forget": "forgets it and tells nobody; the next side to send gets RST",
        "silent": "swallows what comes from then on, and tells nobody",
    }
)


@dataclass(frozen=True)
class IdleTimer(Fault):
    """An intermediary that ends or forgets a connection on which no byte passed for `seconds`.

    `how`: `"fin"` and `"rst"` to both sides; `"forget"`: neither side hears of it, and the next one that sends gets
    RST; `"silent"`: neither side hears of it, as with `half-open`.
    """

    kind: ClassVar[str] = "idle"
    example: ClassVar[str] = "seconds=10"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({"how": ("fin", "rst", "forget", "silent")})

    seconds: float
    how: str = "fin"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_both_sides(self)

    def watcher(self, connection: Watched) -> IdleWatcher:
        """It looks at the time of the last byte."""
        return IdleWatcher(self, connection)

    def figures(self) -> str:
        """`60 s, then FIN`."""
        return f"{seconds_words(self.seconds)}, {_IDLE_FIGURES[self.how]}"

    def effect(self) -> str:
        """How long it waits, and what it does then."""
        return f"Where nothing passes for {seconds_words(self.seconds)}, an intermediary {_IDLE_EFFECTS[self.how]}."


class IdleWatcher(Watcher[IdleTimer]):
    """Ends or forgets the connection once no byte passed for long enough."""

    def act(self) -> None:
        """Look whether it was idle for long enough, or when it will have been."""
        fault, connection = self.fault, self.connection
        left = max(connection.touched, connection.since + fault.after) + fault.seconds - connection.clock.now()
        if left > 1e-9:  # a float may miss the moment by its last bit
            self.later(left, self.act)
            return
        self.record_act("idle", seconds=fault.seconds, how=fault.how)
        self._end(fault.how)

    def _end(self, how: str) -> None:
        if how == "forget":
            self.connection.add_stages(partial(ForgetStage, self.fault), in_front=True)
        elif how == "silent":
            self.connection.add_stages(partial(SilenceStage, self.fault))
            _begin_silence(self.connection, None)
        else:
            self.connection.end(TcpSignal(how.upper()))


class ForgetStage(FaultStage[IdleTimer]):
    """An intermediary that has forgotten this connection: as a host that knows none, it sends RST (RFC 9293 §3.5.2)."""

    def take(self, chunk: StreamChunk) -> None:
        """Swallow the bytes, and reset their sender."""
        self.swallow(chunk)
        self.owner.record_fact(self.act("forgotten"))
        self.owner.reset(self.role)

    def signal(self, signal: TcpSignal) -> None:
        """Reset the sender of FIN, too."""
        self.owner.reset(self.role)


# --- age --------------------------------------------------------------------------------


@dataclass(frozen=True)
class MaxAge(Fault):
    """An intermediary that ends every connection after `seconds`, busy or not; `how`: with `"fin"` or `"rst"`.

    The age counts from the beginning of the connection. With `after`, it ends none before that.
    """

    kind: ClassVar[str] = "max-age"
    example: ClassVar[str] = "seconds=60"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({"how": ("fin", "rst")})

    seconds: float
    how: str = "fin"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_both_sides(self)

    def watcher(self, connection: Watched) -> MaxAgeWatcher:
        """It looks at the time at which the connection was made."""
        return MaxAgeWatcher(self, connection)

    def figures(self) -> str:
        """`2 h, then FIN`."""
        return f"{seconds_words(self.seconds)}, then {self.how.upper()}"

    def effect(self) -> str:
        """How long a connection may live."""
        seconds = seconds_words(self.seconds)
        return f"An intermediary ends each connection after {seconds} with {self.how.upper()}, busy or not."


class MaxAgeWatcher(Watcher[MaxAge]):
    """Ends the connection at an age."""

    def start(self) -> None:
        """Count the age from when the connection was made, not from when the fault was put on it."""
        left = self.connection.since + self.fault.seconds - self.connection.clock.now()
        self.later(max(left, self.fault.after), self.act)

    def act(self) -> None:
        """Say why on the tape, and end TCP."""
        self.record_act("too-old", seconds=self.fault.seconds)
        self.connection.end(TcpSignal(self.fault.how.upper()))
