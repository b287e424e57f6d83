"""TODO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from wslab.lab.faults.base import Fault, _one_place
from wslab.lab.faults.pipeline import Pipeline
from wslab.lab.faults.stage import FaultStage, PartStage, StreamChunk, TcpSignal
from wslab.lab.faults.watcher import Watcher
from wslab.protocol import Role
from wslab.protocol.scanner import Span

_AFTER_IDLE = {"fin": "then FIN", "rst": "then RST", "forget": "then forgets", "silent": "then silent"}
_IDLE_ENDS = {
    "fin": "ends it with FIN to both sides",
    "rst": "ends it with RST to both sides",
    "forget": "forgets it without a word; whoever sends next gets RST",
    "silent": "swallows what comes from then on, and tells nobody",
}


# --- faults of the connection -------------------------------------------------------------


@dataclass(frozen=True)
class Silence(Fault):
    """Everything is swallowed and nobody is told, not even by FIN or RST: half-open. There is no way back."""


@dataclass(frozen=True)
class Cut(Fault):
    """TCP ends on both sides: with RST, or `gently` with FIN.

    At once, or when the stream of `of` (the client unless given) reaches a place: behind `at_byte` bytes, its heads
    included; at the beginning of frame `at_frame` (counted from 1), or `into` bytes inside it; or when the bytes
    `seen` pass by.
    """

    gently: bool = False
    at_byte: int | None = None
    at_frame: int | None = None
    into: int = 0
    seen: bytes = b""

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_place(self, self.at_byte is not None, self.at_frame is not None, bool(self.seen))
        if self.has_place and self.of is None:
            object.__setattr__(self, "of", Role.CLIENT)

    @property
    def has_place(self) -> bool:
        """Whether it waits for a place in the stream."""
        return self.at_byte is not None or self.at_frame is not None or bool(self.seen)


HOWS = ("fin", "rst", "forget", "silent")


@dataclass(frozen=True)
class IdleTimer(Fault):
    """An intermediary that gives up a connection on which no byte passed for `seconds`.

    `how`: `"fin"` and `"rst"` to both sides; `"forget"`: nobody is told, and whoever sends next gets RST; `"silent"`:
    nobody is told, ever.
    """

    seconds: float
    how: str = "fin"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.how not in HOWS:
            raise ValueError(f"IdleTimer: how is one of {', '.join(HOWS)}; not {self.how!r}.")
        if self.of is not None:
            raise ValueError("IdleTimer: it watches both directions; leave `of` out.")


@dataclass(frozen=True)
class MaxAge(Fault):
    """An intermediary that ends every connection after `seconds`, busy or not."""

    seconds: float
    gently: bool = True


class CutStage(PartStage[Cut]):
    """The end, at a place."""

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        super().__init__(fault, pipeline)
        self._tail = b""
        self._is_over = False

    def part(self, part: Span, piece: StreamChunk) -> None:
        """Let pass what is before the place, and cut."""
        at = None if self._is_over else self._place(part, piece)
        if self._is_over:
            self.holder.swallowed(self.role, piece, "")
        elif at is None or at >= len(piece.data):
            self.on(piece)
        else:
            before, behind = piece.split(at)
            if before.data:
                self.on(before)
            self._is_over = True
            self.holder.swallowed(self.role, behind, "")
            self.holder.world.later(0.0, lambda: self.holder.cut(gently=self.its.gently))

    def _place(self, part: Span, piece: StreamChunk) -> int | None:
        """Where in this piece the cut is; None where it is not."""
        if self.its.seen:
            return self._seen(piece.data)
        if self.its.at_byte is not None:
            place = self.its.at_byte - piece.start
        else:
            place = self.its.into - part.at if part.frame == self.its.at_frame else -1
        return place if place >= 0 else None

    def _seen(self, data: bytes) -> int | None:
        looked = self._tail + data
        found = looked.find(self.its.seen)
        self._tail = looked[-len(self.its.seen) + 1 :] if len(self.its.seen) > 1 else b""
        return max(0, found - (len(looked) - len(data))) if found >= 0 else None


# --- nothing passes ---------------------------------------------------------------------


class SilenceStage(FaultStage[Silence]):
    """Nothing."""

    def __init__(self, fault: Fault, pipeline: Pipeline) -> None:
        super().__init__(fault, pipeline)
        self._swallowed = False

    @property
    def is_forever(self) -> bool:  # type: ignore[override]
        """What was acknowledged is not sent again: a stream with a hole in it would be a lie."""
        return self._swallowed

    def take(self, piece: StreamChunk) -> None:
        """Swallow it."""
        self._swallowed = True
        self.holder.swallowed(self.role, piece, "")

    def sign(self, sign: TcpSignal) -> None:
        """This too."""
        if self.sleeps:
            super().sign(sign)
        else:
            self.holder.unheard(self.role)


class ForgetStage(FaultStage[Fault]):
    """An intermediary that knows nothing of this connection any more."""

    def take(self, piece: StreamChunk) -> None:
        """RST to whoever sends."""
        self.holder.swallowed(self.role, piece, "")
        self.holder.tell(f"The intermediary knows no such connection any more, and answers the {self.role} with RST.")
        self.holder.reset(self.role)

    def sign(self, sign: TcpSignal) -> None:
        """The same."""
        self.holder.reset(self.role)


class CutWatcher(Watcher):
    """The end, by time."""

    def act(self) -> None:
        """Cut."""
        self.cable.cut(gently=cast(Cut, self.fault).gently)


class SilenceWatcher(Watcher):
    """The moment at which silence begins."""

    def act(self) -> None:
        """Tell it."""
        self.cable.fall_silent(cast(Role | None, self.fault.of))


class MaxAgeWatcher(Watcher):
    """The end, by age."""

    def start(self) -> None:
        """The age counts from when the connection was made."""
        fault = cast(MaxAge, self.fault)
        self._later(self.cable.since + fault.seconds - self.cable.world.now(), self.act)

    def act(self) -> None:
        """Tell why, and cut."""
        fault = cast(MaxAge, self.fault)
        self.cable.tell(f"The intermediary lets no connection live longer than {fault.seconds:g} s.")
        self.cable.cut(gently=fault.gently)


class IdleWatcher(Watcher):
    """The end, by idleness."""

    def act(self) -> None:
        """Look whether it was idle for long enough, or when it will have been."""
        fault = cast(IdleTimer, self.fault)
        left = max(self.cable.touched, self.cable.since + fault.after) + fault.seconds - self.cable.world.now()
        if left > 1e-9:
            self._timer = self.cable.world.later(left, self.act)
            return
        told = "and tells nobody" if fault.how in ("forget", "silent") else f"with {fault.how.upper()} to both sides"
        self.cable.tell(f"The intermediary saw no byte for {fault.seconds:g} s and gives the connection up, {told}.")
        self._give_up(fault.how)

    def _give_up(self, how: str) -> None:
        if how == "forget":
            self.cable.forget()
        elif how == "silent":
            self.cable.swallow()
        else:
            self.cable.cut(gently=how == "fin")
