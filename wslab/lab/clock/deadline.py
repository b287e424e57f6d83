"""One timer for many waits that follow one another.

Rules of this module: most waits are over long before their limit, and to set and cancel a timer for each costs more
than a message. So a timer that runs is left to run; when it goes off too early for the present wait, it is set anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wslab.lab.clock.base import World

NEVER = float("inf")


class Deadline:
    """Calls `ring(seconds)` when `set(seconds)` was that long ago, and was the last that was called."""

    __slots__ = ("_deadline", "_due", "_ring", "_seconds", "_timer", "_world")

    def __init__(self, world: World, ring: Callable[[float], object]) -> None:
        self._world = world
        self._ring = ring
        self._seconds = NEVER
        self._deadline = NEVER
        self._due = NEVER
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """From now on that long; the limit before is forgotten."""
        self._seconds = seconds
        self._deadline = self._world.now() + seconds
        if self._deadline < self._due:
            self.stop()
            self._start(seconds)

    def unset(self) -> None:
        """No limit for the present wait."""
        self._deadline = NEVER

    def stop(self) -> None:
        """No timer any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = NEVER

    def _start(self, seconds: float) -> None:
        self._due = self._deadline
        self._timer = self._world.later(seconds, self._goes_off)

    def _goes_off(self) -> None:
        self._timer, self._due = None, NEVER
        if self._deadline == NEVER:
            return
        left = self._deadline - self._world.now()
        if left > 0:
            self._start(left)
        else:
            self._ring(self._seconds)
