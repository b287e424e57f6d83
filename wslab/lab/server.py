"""A server of the lab: a listener, and a handler for each connection.

How it works: `ServerListener` makes an endpoint for each TCP connection, and, once its opening handshake is done,
starts a task that runs the handler. A handler that returns closes with 1000. One that raises closes with 1011, and its
error is kept in `Server.errors`, put on the tape and logged.

`ServerListener` is the inside; `Server` is what the user holds. A `Server` holds its lab, so that a server in use keeps
its lab alive.

What it leaves out: which port may be had, and from whom it is taken over (`lab`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from wslab.lab.context import LabContext
from wslab.lab.endpoint.endpoint import Endpoint
from wslab.lab.endpoint.opening_handshake import OnRequest, ServerHandshake, ServerOptions
from wslab.lab.errors import ConnectionClosed, error_words
from wslab.lab.limits import Limits
from wslab.lab.network.address import Address
from wslab.lab.network.base import Listener
from wslab.lab.network.tls import DeferredProtocol
from wslab.protocol import CloseCode, HandshakeRequest, Role, State
from wslab.tape.records import Raised

if TYPE_CHECKING:
    import ssl

    from wslab.lab.endpoint.protocol import EndpointProtocol

log = logging.getLogger("wslab")

Handler = Callable[[Endpoint], Awaitable[object]]

MAX_ERRORS = 100
"""Errors of handlers that a server keeps; the oldest go first."""


async def echo(connection: Endpoint) -> None:
    """A handler that sends every message back as it came."""
    async for message in connection:
        await connection.send(message)


class ServerListener:
    """The inside of a server: makes an endpoint for each connection and runs the handler on it."""

    def __init__(
        self,
        context: LabContext,
        handler: Handler,
        options: ServerOptions,
        limits: Limits,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.context = context
        self.errors: deque[Exception] = deque(maxlen=MAX_ERRORS)
        self.endpoints: set[Endpoint] = set()
        self.address = Address("", 0)
        self._handler = handler
        self._options = replace(options, on_request=self._judge(options.on_request))
        self._limits = limits
        self._listening: Listener | None = None
        self._tls = tls

    async def start(self, host: str, port: int) -> None:
        """Listen; `OSError` where the address cannot be had."""
        if self._tls is None:
            self._listening = await self.context.network.listen(self._new_protocol, host, port)
        else:
            limit = self._limits.timeout
            self._listening = await self.context.network.listen(
                self._new_deferred, host, port, ssl=self._tls, ssl_timeout=limit
            )
        self.address = self._listening.address
        self.context.parts.add(self)

    @property
    def scheme(self) -> str:
        """The scheme of its URL: `ws`, or `wss` where there is TLS (§3)."""
        return "ws" if self._tls is None else "wss"

    @property
    def connections(self) -> list[Endpoint]:
        """The server's end of every connection whose opening handshake is done."""
        open_ones = (each for each in self.endpoints if each.is_open)
        return sorted(open_ones, key=lambda each: each.number)

    @property
    def listens(self) -> bool:
        """Whether connections are taken."""
        return self._listening is not None

    def drop(self) -> None:
        """Take no more connections."""
        listening, self._listening = self._listening, None
        self.context.parts.discard(self)
        if listening is not None:
            listening.close()

    async def close(self, code: int, reason: str, timeout: float) -> None:
        """Take no more connections, and close those that are open."""
        self.drop()
        closing = [each.close_quietly(code, reason, timeout=timeout) for each in self.endpoints]
        await asyncio.gather(*closing)

    def _new_protocol(self) -> EndpointProtocol:
        """What asyncio is given for a new connection: the inside of a new endpoint."""
        endpoint = Endpoint(
            self.context,
            Role.SERVER,
            ServerHandshake(self._options),
            self._limits,
            lambda is_open: self._decided(endpoint, is_open=is_open),
        )
        self.endpoints.add(endpoint)
        return endpoint.asyncio_protocol

    def _decided(self, endpoint: Endpoint, *, is_open: bool) -> None:
        if is_open:
            self.context.clock.start(self._serve(endpoint))
        else:
            self.endpoints.discard(endpoint)

    def _new_deferred(self) -> DeferredProtocol:
        return DeferredProtocol(self._new_protocol)

    async def _serve(self, endpoint: Endpoint) -> None:
        code = CloseCode.NORMAL_CLOSURE
        try:
            try:  # no coroutine between this one and the handler's: each costs a connection at rest 200 bytes
                await self._handling(endpoint)
            except Exception as error:
                code = self._judge_end(endpoint, error)
            except asyncio.CancelledError:
                if asyncio.current_task().cancelling():  # type: ignore[union-attr]  # a coroutine runs in a task
                    raise
                code = self._judge_end(endpoint, RuntimeError("what the handler waited for was cancelled"))
            await endpoint.close_quietly(code)
        except BaseException:  # no task is left to close it
            endpoint.drop()
            raise
        finally:
            self.endpoints.discard(endpoint)

    def _handling(self, endpoint: Endpoint) -> Awaitable[object]:
        result = self._handler(endpoint)
        if not isinstance(result, Awaitable):
            raise TypeError("the handler is no coroutine function: write `async def` in front of it")
        return result

    def _judge_end(self, endpoint: Endpoint, error: Exception) -> CloseCode:
        """The code for a handler that ended with an error."""
        # a handler whose peer has left usually ends so; if another connection has closed, it is an error
        if isinstance(error, ConnectionClosed) and endpoint.state is not State.OPEN:
            return CloseCode.NORMAL_CLOSURE
        endpoint.handler_raised(error)
        self._keep(error, f"The handler of connection {endpoint.number}")
        return CloseCode.INTERNAL_ERROR

    def _judge(self, hook: OnRequest | None) -> OnRequest | None:
        """The user's hook; where it raises, the client gets 500 and the error is kept."""
        if hook is None:
            return None

        def judge(request: HandshakeRequest) -> tuple[int, str] | None:
            try:
                return hook(request)
            except Exception as error:
                self.context.record_fact(Raised("server", "on_request", error_words(error)))
                self._keep(error, "on_request")
                return HTTPStatus.INTERNAL_SERVER_ERROR, "The server's on_request raised an error; it has the details."

        return judge

    def _keep(self, error: Exception, who: str) -> None:
        self.errors.append(error)
        log.error("%s raised an error", who, exc_info=error)


class _KeptLab(Protocol):
    """The lab of a server, as far as a server knows it."""

    timeout: float


class Server:
    """A server that listens. `async with` closes it at the end."""

    def __init__(self, lab: _KeptLab, listener: ServerListener) -> None:
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
        """What a client dials: `ws://127.0.0.1:PORT/`, or `wss://` where there is TLS."""
        return f"{self._listener.scheme}://{self._listener.address}/"

    @property
    def connections(self) -> list[Endpoint]:
        """The server's end of every open connection."""
        return self._listener.connections

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
        return f"<Server at {self.url} {state}, {len(self.connections)} connections>"
