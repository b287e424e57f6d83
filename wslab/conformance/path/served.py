"""A server on the path that is a coroutine function of this process, as `asyncio.start_server` takes it.

It listens on the loop that runs: in memory where that is a lab's virtual clock. An error that leaves the function ends
its connection and no other, as asyncio has it; what it was is kept for the report.

Left out: code that never returns, which holds up the loop, and with it the path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from wslab.conformance.path.target import DIAL_LIMIT
from wslab.conformance.raw import RawConnection
from wslab.course.answers import capital, explain_error
from wslab.lab.network.address import LOOPBACK, Address
from wslab.lab.network.uri import WebSocketURI
from wslab.protocol import Role

__all__ = ["Served"]

ServerFunction = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


class Served:
    """A `Target` that calls `function` for each connection; an `async with` around it ends it."""

    said = ""

    def __init__(self, function: ServerFunction) -> None:
        self.raised = ""
        self._function = function
        self._port = 0
        self._server: asyncio.AbstractServer | None = None

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
        """A connection; `OSError` where it takes none."""
        self.raised = ""
        async with asyncio.timeout(DIAL_LIMIT):
            streams = await asyncio.open_connection(LOOPBACK, self._port)
        return RawConnection(*streams, Role.SERVER)

    async def death(self) -> str:
        """It ends with this process alone."""
        return ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._function(reader, writer)
        except Exception as error:  # the learner's own: the report has it
            told = explain_error(self._function, error)
            self.raised = f"{capital(told.sentence)}\n{told.hint}"
        finally:
            writer.close()  # no connection outlives its call
