"""Faults that watch a whole connection and not its bytes: the end that comes by time, and silence that begins.

Rules of this module: a watcher is started when its fault is put on a connection, and stopped when the fault is taken
away or the connection is over. It acts through the cable and tells on the tape why.

What it leaves out: what happens to the bytes (`stages`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from wslab.lab.faults import Cut, Fault, IdleTimer, MaxAge, Silence
from wslab.lab.world import World
from wslab.protocol import Role


class Watched(Protocol):
    """A cable, as its watchers see it. `since` is when it was joined, `touched` when the last byte passed."""

    world: World
    since: float
    touched: float

    def tell(self, words: str) -> None:
        """A sentence for the tape."""

    def cut(self, *, gently: bool) -> None:
        """End TCP on both sides."""

    def fall_silent(self, of: Role | None) -> None:
        """From now on the bytes of `of` (None: of both) are swallowed: it is only told here."""

    def forget(self) -> None:
        """Whoever sends from now on gets RST."""

    def swallow(self) -> None:
        """Swallow everything from now on."""


class Watcher:
    """A fault at work on one connection."""

    def __init__(self, fault: Fault, cable: Watched) -> None:
        self.fault = fault
        self.cable = cable
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin."""
        self._later(self.fault.after, self.act)

    def act(self) -> None:
        """What it does when its time has come."""
        raise NotImplementedError

    def stop(self) -> None:
        """No more."""
        if self._timer is not None:
            self._timer.cancel()

    def _later(self, seconds: float, call: Callable[[], object]) -> None:
        if seconds > 0:
            self._timer = self.cable.world.later(seconds, call)
        else:
            call()


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


def watcher(fault: Fault, cable: Watched) -> Watcher | None:
    """The watcher that this fault needs, if any."""
    if isinstance(fault, Cut) and fault.has_place:
        return None
    kind = _WATCHERS.get(type(fault))
    return None if kind is None else kind(fault, cable)


_WATCHERS: dict[type[Fault], type[Watcher]] = {
    Cut: CutWatcher,
    Silence: SilenceWatcher,
    MaxAge: MaxAgeWatcher,
    IdleTimer: IdleWatcher,
}
