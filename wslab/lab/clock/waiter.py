"""A wait whose task goes on in the very moment in which it ends, not at the loop's next turn.

A future wakes its task at the loop's next turn, and a turn costs as much as all that this lab does to a small message.
So bytes from a socket are handed to the task that waits for them within the turn in which they came. That is possible
only where no task runs, as in the callbacks that asyncio makes when bytes come; anywhere else the task goes on at the
next turn, as with a future.

To asyncio this is a future: a task asks for `_asyncio_future_blocking` and the methods below. But it can be awaited
again and again, because to make a future for each message costs more than to wait for one.

What it leaves out: more than one task that waits, and a result. The task looks for itself what has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

Resume = Callable[[Any], object]


class Waiter:
    """Can be awaited again and again. `hand_over`, `wake` and `fail` end the present wait, if there is one."""

    __slots__ = ("_asyncio_future_blocking", "_context", "_error", "_loop", "_resume")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False
        self._context: Context | None = None
        self._error: BaseException | None = None
        self._loop = loop
        self._resume: Resume | None = None  # while a task waits

    def __await__(self) -> Generator[Any, None, None]:
        self._asyncio_future_blocking = True
        yield self

    def hand_over(self) -> None:
        """Let the task go on at once, until it waits again."""
        resume = self._resume
        if resume is None:
            return
        if asyncio.current_task(self._loop) is not None:  # a task cannot run inside another one
            self.wake()
            return
        assert self._context is not None
        self._resume = None
        self._context.run(resume, self)

    def wake(self) -> None:
        """Let the task go on at the loop's next turn."""
        resume, self._resume = self._resume, None
        if resume is not None:
            self._loop.call_soon(resume, self, context=self._context)

    def fail(self, error: BaseException) -> bool:
        """Let the task go on at the next turn with an error; whether a task waits at all."""
        if self._resume is None:
            return False
        self._error = error
        self.wake()
        return True

    # --- what a task asks of a future ---------------------------------------------------

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the task."""
        return self._loop

    def add_done_callback(self, fn: Resume, /, *, context: Context | None = None) -> None:
        """Keep what lets the task go on: it waits from now on."""
        self._resume, self._context = fn, context

    def cancel(self, msg: object = None) -> bool:
        """Let the task go on with `CancelledError`; whether it waits."""
        return self.fail(asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg))

    def result(self) -> None:
        """What the task gets when it goes on: nothing, or an error."""
        error, self._error = self._error, None
        if error is not None:
            raise error
