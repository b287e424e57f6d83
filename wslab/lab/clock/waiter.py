"""A wait whose task goes on in the very moment in which it ends, not at the loop's next turn.

Rules of this module: what came from a socket is handed to the task that waits for it within the same turn of the
loop, for a turn costs as much as all that this lab does to a small message. That is right only where no task runs, as
in what asyncio calls when bytes come; anywhere else the task goes on at the next turn, as asyncio does it. To asyncio
this is a future (it asks for `_asyncio_future_blocking` and six methods), but one that can be awaited again, because
to make a future for each message costs more than to wait. One task waits at a time, and nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

Resume = Callable[[Any], object]


class Waiter:
    """Awaited again and again; `hand_over`, `wake` and `fail` end the present wait, and do nothing where none is."""

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
        """The task goes on at once, until it waits again."""
        resume = self._resume
        if resume is None:
            return
        if asyncio.current_task(self._loop) is not None:
            self.wake()
            return
        assert self._context is not None
        self._resume = None
        self._context.run(resume, self)

    def wake(self) -> None:
        """The task goes on at the loop's next turn."""
        resume, self._resume = self._resume, None
        if resume is not None:
            self._loop.call_soon(resume, self, context=self._context)

    def fail(self, error: BaseException) -> bool:
        """As `wake`, but with an error; whether anybody waits."""
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
        """The task begins to wait."""
        self._resume, self._context = fn, context

    def cancel(self, msg: object = None) -> bool:
        """The task is cancelled."""
        return self.fail(asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg))

    def result(self) -> None:
        """The task goes on: with nothing, or with an error."""
        error, self._error = self._error, None
        if error is not None:
            raise error
