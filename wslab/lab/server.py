"""A server of the lab: a listener, and a handler for each connection.

Rules of this module: a handler that returns closes with 1000; one that raises closes with 1011, and its
error is kept in `Server.errors`, told on the tape and logged: never silence. `Listener` is what lives inside; `Server`
is what the user holds, and it holds its lab, so that a server in use keeps its lab.

What it leaves out: which port may be had (`lab`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wslab.lab.bench import Bench
from wslab.lab.closed import ConnectionClosed, HandshakeRefused
from wslab.lab.endpoint import Endpoint, Limits
from wslab.lab.opening import ServerOpening, ServerOptions
from wslab.lab.world import Address, Listening
from wslab.protocol import CloseCode, Role

if TYPE_CHECKING:
    from wslab.lab.lab import Lab

log = logging.getLogger("wslab")

Handler = Callable[[Endpoint], Awaitable[object]]

MAX_ERRORS = 100
"""Errors of handlers that a server keeps; the oldest go first."""


async def echo(connection: Endpoint) -> None:
    """A handler that sends every message back as it came."""
    async for message in connection:
        await connection.send(message)


class Listener:
    """The inside of a server: makes an endpoint for each connection and runs the handler on it."""

    def __init__(self, bench: Bench, handler: Handler, options: ServerOptions, limits: Limits) -> None:
        self.bench = bench
        self.errors: deque[Exception] = deque(maxlen=MAX_ERRORS)
        self.endpoints: set[Endpoint] = set()
        self.address = Address("", 0)
        self._handler = handler
        self._options = options
        self._limits = limits
        self._listening: Listening | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen; `OSError` where the address cannot be had."""
        self._listening = await self.bench.world.listen(self._answer, host, port)
        self.address = self._listening.address
        self.bench.parts.add(self)

    @property
    def listens(self) -> bool:
        """Whether connections are taken."""
        return self._listening is not None

    def drop(self) -> None:
        """Take no more connections."""
        listening, self._listening = self._listening, None
        self.bench.parts.discard(self)
        if listening is not None:
            listening.close()

    async def close(self, code: int, reason: str, timeout: float) -> None:
        """Take no more connections, and close those that are open."""
        self.drop()
        closing = [each.close_quietly(code, reason, timeout=timeout) for each in self.endpoints]
        await asyncio.gather(*closing)

    def _answer(self) -> Endpoint:
        endpoint = Endpoint(self.bench, Role.SERVER, ServerOpening(self._options), self._limits)
        self.bench.world.start(self._serve(endpoint))
        return endpoint

    async def _serve(self, endpoint: Endpoint) -> None:
        try:
            await endpoint.opened()
        except (HandshakeRefused, TimeoutError):
            return  # the tape tells it, and so does the answer
        self.endpoints.add(endpoint)
        try:
            await self._handle(endpoint)
        finally:
            self.endpoints.discard(endpoint)

    async def _handle(self, endpoint: Endpoint) -> None:
        code = CloseCode.NORMAL_CLOSURE
        try:
            await self._handler(endpoint)
        except ConnectionClosed:
            pass  # the usual end of a handler whose peer has left
        except Exception as error:
            code = CloseCode.INTERNAL_ERROR
            self._keep(error, endpoint)
        await endpoint.close_quietly(code)

    def _keep(self, error: Exception, endpoint: Endpoint) -> None:
        self.errors.append(error)
        endpoint.note(f"The handler raised {type(error).__name__}: {error}. The server closes with 1011 (§7.4.1).")
        log.error("A handler raised an error on connection %d", endpoint.connection, exc_info=error)


class Server:
    """A server that listens. `async with` closes it at the end."""

    def __init__(self, lab: Lab, listener: Listener) -> None:
        self._lab = lab
        self._listener = listener

    @property
    def host(self) -> str:
        """The address it listens at."""
        return self._listener.address.host

    @property
    def port(self) -> int:
        """The port it listens at."""
        return self._listener.address.port

    @property
    def url(self) -> str:
        """What a client dials: `ws://127.0.0.1:PORT/`."""
        return f"ws://{self._listener.address}/"

    @property
    def connections(self) -> list[Endpoint]:
        """The server's end of every open connection."""
        return sorted(self._listener.endpoints, key=lambda each: each.connection)

    @property
    def errors(self) -> list[Exception]:
        """What handlers raised, with tracebacks, the latest last; the last 100 are kept."""
        return list(self._listener.errors)

    async def close(self, code: int = CloseCode.GOING_AWAY, reason: str = "", *, timeout: float | None = None) -> None:
        """Take no more connections and close the open ones, each within `timeout` seconds (the lab's by default)."""
        await self._listener.close(code, reason, self._lab.timeout if timeout is None else timeout)

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        state = "listens" if self._listener.listens else "is closed"
        return f"<Server at {self.url} {state}, {len(self._listener.endpoints)} connections>"
