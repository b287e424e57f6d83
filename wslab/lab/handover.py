"""A future whose task goes on in the very moment in which it is done, not at the loop's next turn.

Rules of this module: what came from a socket is handed to the task that waits for it within the same turn of the
loop, for a turn costs as much as all that this lab does to a small message. That is right only where no task runs, as
in what asyncio calls when bytes come; anywhere else it is done as asyncio does it. One task waits, and nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

Resume = Callable[[Any], object]


class Handover(asyncio.Future[None]):
    """Awaited like any future; `hand_over` ends the wait."""

    __slots__ = ("_context", "_resume")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._resume: Resume | None = None
        self._context: Context | None = None

    def add_done_callback(self, fn: Resume, /, *, context: Context | None = None) -> None:
        """A task that begins to wait calls this."""
        self._resume, self._context = fn, context
        super().add_done_callback(fn, context=context)

    def hand_over(self) -> None:
        """The task goes on at once, until it waits again."""
        resume, context = self._resume, self._context
        if resume is None or context is None or asyncio.current_task(self.get_loop()) is not None:
            self.set_result(None)
            return
        self.remove_done_callback(resume)
        self.set_result(None)
        context.run(resume, self)
