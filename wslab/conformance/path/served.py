"""A server on the path that is a coroutine function of this process, as `asyncio.start_server` takes it.

It listens on the loop that runs: in memory where that is a lab's virtual clock. An error that leaves the function ends
its connection and no other, as asyncio has it; what it was is kept for the report. Code that runs on and on holds up
the loop, and with it the path: an alarm stops it, and the server counts as one that serves nobody any more.

Left out: where no alarm can ring (Windows, a browser's Python), such code is stopped by a person.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from wslab.conformance.path.target import DIAL_LIMIT
from wslab.conformance.raw import RawConnection
from wslab.course.answers import capital, explain_error
from wslab.course.supervisor import Stopped, Supervisor
from wslab.lab.clock.alarm import alarm
from wslab.lab.network.address import LOOPBACK, Address
from wslab.lab.network.uri import WebSocketURI
from wslab.protocol import Role

__all__ = ["Served"]

ServerFunction = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, object]]

LONGEST = 5.0
"""Seconds that the function may run between two points at which it waits: unmasking 1 MiB takes far less."""

_RUNS_ON = (
    f"ran for {LONGEST:g} s without waiting, and was stopped: meanwhile it serves nobody",
    "Look at each loop. Once the client has ended TCP, `await reader.read(n)` gives b'' at once, each time: end there.",
    "",
)


class _Watch(Supervisor):
    """Watches by the machine's clock alone: to count instructions would make long messages too slow."""

    @contextmanager
    def watching(self, *, counts: bool = False) -> Iterator[None]:
        with alarm(LONGEST, self.ring):
            self.is_inside = True
            try:
                yield
            finally:
                self.is_inside = False

    def ring(self, frame: FrameType | None) -> None:
        if self.is_inside:
            self.found = _RUNS_ON
            raise Stopped


class Served:
    """A `Target` that calls `function` for each connection; an `async with` around it ends it."""

    def __init__(self, function: ServerFunction) -> None:
        self.raised = ""
        self._function = function
        self._watch = _Watch(lambda: None, function)
        self._port = 0
        self._server: asyncio.AbstractServer | None = None

    @property
    def said(self) -> str:
        """What there is to say of code that was stopped."""
        return self._watch.found[1] if self._watch.found is not None else ""

    @property
    def uri(self) -> WebSocketURI:
        """Where it listens."""
        return WebSocketURI(Address(LOOPBACK, self._port), "/", LOOPBACK, secure=False)

    async def __aenter__(self) -> Self:
        server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self._server, self._port = server, server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()

    async def ready(self) -> None:
        """Nothing has to be done for it."""

    async def dial(self) -> RawConnection:
        """A connection; `OSError` where it takes none, because its code ran on and on before."""
        if self._watch.found is not None:
            raise OSError(errno.ECONNREFUSED, "its code was stopped")
        self.raised = ""
        async with asyncio.timeout(DIAL_LIMIT):
            streams = await asyncio.open_connection(LOOPBACK, self._port)
        return RawConnection(*streams, Role.SERVER)

    async def death(self) -> str:
        """That its code ran on and on, in words; empty where it did not."""
        return self._watch.found[0] if self._watch.found is not None else ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._watch.watch(self._function(reader, writer))
        except (Exception, SystemExit) as error:  # the learner's own: the report has it
            told = explain_error(self._function, error)
            self.raised = f"{capital(told.sentence)}\n{told.hint}"
        finally:
            writer.close()  # no connection outlives its call
