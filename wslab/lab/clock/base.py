"""`Clock`: the time of a lab, the event loop that keeps it, and the tasks that run on it.

A lab has one clock and everything in it asks that clock: what time it is, to call something later, to run a coroutine
beside the others. So the same endpoint, link or fault runs on the machine's time (`real`) and on a time that only
exists in memory (`virtual`), and cannot tell the difference.

How it works: a clock wraps one event loop. Tasks are started with `start` and never with `asyncio.create_task`, because
the clock keeps them: it logs an error that nobody else would see, and it can cancel them all when the lab ends. Waiting
is plain `asyncio.sleep`, which asks the running loop and so follows the clock by itself.

What it leaves out: connections. They are the business of a `Network`, which knows a clock; no clock knows a network.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from threading import get_ident
from typing import Any, TypeVar, TypeVarTuple, Unpack

log = logging.getLogger("wslab")

this_thread = get_ident
"""The number of the thread that runs: what a loop belongs to, asked without a system call."""

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

ELSEWHERE = (
    "This lab lives on another event loop, and a connection cannot move to a new one: "
    "use the lab where it was first used, or make a new Lab() here."
)


class Clock(ABC):
    """The time of one lab, in seconds, and its tasks."""

    is_real = False
    """Whether time passes by itself, as the machine's does."""

    epoch = 0.0
    """The Unix time, in seconds, at which `now` was 0; 0.0 where the time is not the machine's."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- time ---------------------------------------------------------------------------

    @abstractmethod
    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def later(
        self, seconds: float, call: Callable[[Unpack[Arguments]], object], *arguments: *Arguments
    ) -> asyncio.TimerHandle:
        """Call something after so many seconds; the handle cancels it."""
        return self.loop.call_later(seconds, call, *arguments)

    @abstractmethod
    def later_for_watchers(self, seconds: float, call: Callable[[], object]) -> object:
        """Call a watcher after about so many seconds. It only looks, so it must not change the order of events."""

    @abstractmethod
    async def rest(self) -> None:
        """Wait until cancelled."""

    async def settle(self) -> None:
        """Let the callbacks of what was just closed run."""
        # a transport that is closed calls `connection_lost` at the next turn of the loop, and what that
        # schedules runs one turn later
        for _ in range(2):
            await asyncio.sleep(0)

    # --- the loop -----------------------------------------------------------------------

    @property
    @abstractmethod
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of this clock. `RuntimeError` where the caller does not run on it."""

    @property
    @abstractmethod
    def is_over(self) -> bool:
        """Whether the loop of this clock is closed; False before its first use."""

    @property
    @abstractmethod
    def is_here(self) -> bool:
        """Whether the loop that runs in this thread is the one of this clock."""

    @abstractmethod
    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on this clock to its end, from ordinary code, and return what it returns."""

    def enter(self, call: Callable[[], object]) -> None:
        """Call it on the loop of this clock: at once, or soon where that loop runs in another thread.

        A notebook's widgets may call from a thread of their own (JupyterLab sends them to a subshell of the kernel).
        """
        call()

    @abstractmethod
    def check_thread(self) -> None:
        """`RuntimeError` where the loop of this clock runs in another thread, or another loop runs in this one."""

    @abstractmethod
    def abandon(self, clear: Callable[[], object]) -> None:
        """The lab was dropped without `close`: call `clear` on the loop of this clock, if that can still be done.

        Python's garbage collector may find this out in any thread, at any moment.
        """

    # --- tasks --------------------------------------------------------------------------

    def start(self, coroutine: Coroutine[Any, Any, None], *, name: str | None = None) -> asyncio.Task[None]:
        """Run a coroutine beside the others; an error that leaves it is logged, never lost."""
        try:
            loop = self.loop
        except RuntimeError:
            coroutine.close()  # or Python warns that it was never awaited
            raise
        task = loop.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def cancel_all(self) -> None:
        """Cancel every task that `start` began, except the one that calls this."""
        for task in self._others():
            task.cancel()

    async def finish_all(self, timeout: float) -> None:
        """Cancel every task and wait up to `timeout` seconds for them to end; one that does not is logged."""
        self.cancel_all()
        tasks = self._others()
        _, stuck = await asyncio.wait(tasks, timeout=timeout) if tasks else (tasks, set())
        for task in stuck:
            log.error("A task of the lab does not end although it was cancelled: %r", task)

    def _others(self) -> set[asyncio.Task[Any]]:
        return self._tasks - {asyncio.current_task()}

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # a KeyboardInterrupt goes its own way, and is no error of the lab
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            log.error("An error inside the lab", exc_info=error)
