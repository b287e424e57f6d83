"""A learner's coroutine as the handler of a server of the `websockets` library, in a `Trial`.

How it works: `serving` starts the server on the trial's virtual loop, and each connection starts the learner's
function. What leaves it goes on to the library, which closes with 1011, as in a program of its own. Where the function
is cancelled, TCP ends at once, as when a process ends. `Part` is a coroutine that a learner's function is to run: it
remembers how often it was called, and what became of it.

Left out: what is asked of a function (`two_tasks`, `cancelled`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve

from wslab.course.exercises.trial import Run, Trial

__all__ = ["Part", "serving"]

QUIET = logging.Logger("wslab.course.libraries", logging.CRITICAL + 1)
"""The library logs what leaves a handler; here the check tells of it."""


class Part:
    """Something that a learner's function is to run, and what became of it.

    `running` is whether it still does, `error` what left it. A cancellation is no error.
    """

    def __init__(self, does: Callable[[ServerConnection], Awaitable[None]]) -> None:
        self.calls = 0
        self.running = False
        self.error: Exception | None = None
        self._does = does

    async def run(self, ws: ServerConnection) -> None:
        """Do it, to its end."""
        self.calls += 1
        self.running = True
        try:
            await self._does(ws)
        except Exception as error:
            self.error = error
            raise
        finally:
            self.running = False


@asynccontextmanager
async def serving(trial: Trial, *arguments: object) -> AsyncIterator[str]:
    """The URL of a server whose handler is the trial's function, called with the connection and these arguments."""

    async def handle(ws: ServerConnection) -> None:
        run = trial.start(ws, *arguments)
        assert run.task is not None
        await asyncio.wait({run.task})
        if run.task.cancelled():
            ws.transport.abort()
        _raise(run)

    server = await serve(handle, "127.0.0.1", 0, logger=QUIET, ping_interval=None, compression=None, close_timeout=1)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


def _raise(run: Run) -> None:
    """Hand on what left the learner's function; a program that ends itself is an error like others here."""
    if isinstance(run.error, Exception):
        raise run.error
    if run.error is not None:
        raise RuntimeError(str(run.error))
