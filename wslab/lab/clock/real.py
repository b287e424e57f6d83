"""`RealClock`: the machine's time, on whichever asyncio loop the lab is first used on.

How it works: the clock has no loop until somebody asks for one. The loop that runs then becomes its loop, because the
sockets and timers of a lab belong to one loop and cannot move. While that loop lives, use on another one is refused; a
loop that was closed (`asyncio.run` ended) took everything with it, and the clock takes the next one.

What it leaves out: making a loop (`runner`), sockets (`network/sockets`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from wslab.lab.clock.base import ELSEWHERE, Clock
from wslab.lab.clock.runner import run, running_loop

T = TypeVar("T")

HEARTBEAT = 0.25
"""Seconds after which the loop of a lab in use wakes at the latest."""


class RealClock(Clock):
    """The machine's monotonic time, on asyncio's own loop."""

    is_real = True

    def __init__(self) -> None:
        super().__init__()
        self.epoch = time.time() - time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None  # until the first use

    now = staticmethod(time.monotonic)
    """Seconds on a clock that never goes back."""

    def later_for_watchers(self, seconds: float, call: Callable[[], object]) -> object:
        """Call a watcher after so many seconds, as `later` does; in real time there is no fixed order to keep."""
        return self.later(seconds, call)

    async def rest(self) -> None:
        """Wait until cancelled, and wake the loop now and then."""
        while True:  # noqa: ASYNC110  the loop has to wake
            # a kernel notices that a cell was interrupted only when its loop wakes: see that it does
            await asyncio.sleep(HEARTBEAT)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop. `RuntimeError` where none runs, or where this clock belongs to another living loop."""
        running = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not running and not self._loop.is_closed():
            raise RuntimeError(ELSEWHERE)
        self._loop = running
        return running

    @property
    def is_over(self) -> bool:
        """Whether the loop of this clock is closed; False before its first use."""
        return self._loop is not None and self._loop.is_closed()

    @property
    def is_here(self) -> bool:
        """Whether the running loop is the one of this clock."""
        return self._loop is asyncio.get_running_loop()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it in real time; see `runner.run`."""
        return run(coroutine)

    def enter(self, call: Callable[[], object]) -> None:
        """Call it here, or soon in the thread of its loop."""
        if self._loop is None or self._loop is running_loop() or not self._loop.is_running():
            call()
        else:
            self._loop.call_soon_threadsafe(call)

    def check_thread(self) -> None:
        """`RuntimeError` where the loop of this clock runs in another thread, or another loop runs in this one."""
        running = running_loop()
        if self._loop is None or self._loop is running or self._loop.is_closed():
            return
        if running is not None or self._loop.is_running():
            raise RuntimeError(ELSEWHERE)

    def abandon(self, clear: Callable[[], object]) -> None:
        """Call it soon on this clock's loop; do nothing where that loop is closed, for it took everything with it."""
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # it was closed in between
                self._loop.call_soon_threadsafe(clear)
