"""TODO."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from wslab.lab.clock.base import World
from wslab.lab.faults.base import Fault
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
