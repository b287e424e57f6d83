"""One timer for many waits that follow one another.

Most waits are over long before their limit, and to set and cancel a timer for each of them costs more than a message.
So a timer that runs is left to run. When it expires too early for the present wait, it is set anew for what is left;
only a limit that ends before the running timer would replaces it.

What it leaves out: two waits at the same time. One `Deadline` has one limit, the last that was set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wslab.lab.clock.base import Clock

NEVER = float("inf")


class Deadline:
    """Calls `expired(seconds)` once the limit of the last `set(seconds)` is reached."""

    __slots__ = ("_clock", "_deadline", "_due", "_expired", "_seconds", "_timer")

    def __init__(self, clock: Clock, expired: Callable[[float], object]) -> None:
        self._clock = clock
        self._expired = expired
        self._seconds = NEVER
        self._deadline = NEVER  # when the present wait ends
        self._due = NEVER  # when the timer that runs expires
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """Begin a wait of at most so many seconds; the limit before is forgotten."""
        self._seconds = seconds
        self._deadline = self._clock.now() + seconds
        if self._deadline < self._due:
            self.stop()
            self._start(seconds)

    def unset(self) -> None:
        """Begin a wait without a limit."""
        self._deadline = NEVER

    def stop(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = NEVER

    def _start(self, seconds: float) -> None:
        self._due = self._deadline
        self._timer = self._clock.later(seconds, self._timer_expired)

    def _timer_expired(self) -> None:
        self._timer, self._due = None, NEVER
        if self._deadline == NEVER:
            return
        left = self._deadline - self._clock.now()
        if left > 0:
            self._start(left)
        else:
            self._expired(self._seconds)
