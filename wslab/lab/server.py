"""A server of the lab: a listener, and a handler for each connection.

How it works: `ServerListener` makes an endpoint for each TCP connection, and, once its opening handshake is done,
starts a task that runs the handler. A handler that returns closes with 1000. One that raises closes with 1011, where a
Close is still possible, and its error is kept in `Server.errors`, put on the tape and logged; so is one of
`on_request`, which the client sees as 500.

`ServerListener` is the inside; `Server` is what the user holds. A `Server` holds its lab, so that a server in use keeps
its lab alive.

What it leaves out: which port may be had, and from whom it is taken over (`lab`).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from wslab.explain import counted
from wslab.lab.context import LabContext
from wslab.lab.endpoint.endpoint import Endpoint
from wslab.lab.endpoint.opening_handshake import ServerHandshake, ServerOptions
from wslab.lab.errors import ConnectionClosed
from wslab.lab.limits import Limits
from wslab.lab.network.address import Address
from wslab.lab.network.base import Listener
from wslab.lab.network.tls import DeferredProtocol
from wslab.protocol import CloseCode, Role, State
from wslab.protocol.numbers import read_seconds
from wslab.tape.tape import Tape

if TYPE_CHECKING:
    import ssl

    from wslab.lab.endpoint.protocol import EndpointProtocol

log = logging.getLogger("wslab")

Handler = Callable[[Endpoint], Awaitable[object]]

MAX_ERRORS = 100
"""Errors of the user's functions that a server keeps; the oldest go first."""


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
        self.endpoints: dict[Endpoint, None] = {}  # in order, as `LabContext.parts` are
        self.address = Address("", 0)
        self._handler = handler
        self._options = options
        self._limits = limits
        self._listening: Listener | None = None
        self._tls = tls

    async def start(self, host: str, port: int) -> None:
        """Listen; `OSError` where the address cannot be had."""
        made, tls, limit = self._new_protocol, self._tls, None if self._tls is None else self._limits.timeout
        factory = made if tls is None else lambda: DeferredProtocol(made)
        self._listening = await self.context.network.listen(factory, host, port, ssl=tls, ssl_timeout=limit)
        self.address = self._listening.address
        self.context.parts[self] = None

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

    @property
    def origins(self) -> Sequence[str] | None:
        """The origins that are let in; None lets in all."""
        return self._options.origins

    def drop(self) -> None:
        """Take no more connections."""
        listening, self._listening = self._listening, None
        self.context.parts.pop(self, None)
        if listening is not None:
            listening.close()

    def kill(self) -> None:
        """Take no more connections, and end those that are open as a dead process would."""
        self.drop()
        for each in list(self.endpoints):
            each.kill()

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
            ServerHandshake(self._options, lambda error: self._raised(endpoint, "on_request", error)),
            self._limits,
            lambda is_open: self._decided(endpoint, is_open=is_open),
        )
        self.endpoints[endpoint] = None
        return endpoint.asyncio_protocol

    def _decided(self, endpoint: Endpoint, *, is_open: bool) -> None:
        if is_open:
            self.context.clock.start(self._serve(endpoint))
        else:
            self.endpoints.pop(endpoint, None)

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
            self.endpoints.pop(endpoint, None)

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
        self._raised(endpoint, "handler", error)
        return CloseCode.INTERNAL_ERROR

    def _raised(self, endpoint: Endpoint, where: str, error: Exception) -> None:
        """A function of the user raised: the tape, `Server.errors` and, if the lab wants it, the log have it."""
        endpoint.raised(where, error)
        self.errors.append(error)
        if self.context.log_errors:
            log.error("The %s of connection %d raised an error", where, endpoint.number, exc_info=error)


class LabOfServer(Protocol):
    """The lab of a server, as the server shows it; a server in use keeps its lab alive."""

    @property
    def tape(self) -> Tape:
        """The tape of the lab."""

    @property
    def now(self) -> float:
        """Seconds on the lab's clock."""

    @property
    def in_memory(self) -> bool:
        """Whether no other program can reach it."""

    timeout: float
    """The limit of every wait, in seconds, unless a call says otherwise."""


class Server:
    """A server that listens. `async with` closes it at the end."""

    def __init__(self, lab: LabOfServer, listener: ServerListener) -> None:
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
    def lab(self) -> LabOfServer:
        """The lab that made it."""
        return self._lab

    @property
    def listens(self) -> bool:
        """Whether it takes connections; not so once it is closed."""
        return self._listener.listens

    @property
    def origins(self) -> Sequence[str] | None:
        """The origins that it lets in, as `serve` got them; None lets in all (§10.2)."""
        return self._listener.origins

    @property
    def connections(self) -> list[Endpoint]:
        """The server's end of every open connection."""
        return self._listener.connections

    @property
    def errors(self) -> list[Exception]:
        """What handlers and `on_request` raised, with tracebacks, the latest last; the last 100 are kept."""
        return list(self._listener.errors)

    def enter(self, call: Callable[[], object]) -> None:
        """Call it on the lab's own loop: at once, or soon where that runs in another thread, as a widget may."""
        self._listener.context.clock.enter(call)

    async def close(self, code: int = CloseCode.GOING_AWAY, reason: str = "", *, timeout: float | None = None) -> None:
        """Take no more connections and close the open ones, each within `timeout` seconds (the lab's by default)."""
        seconds = self._lab.timeout if timeout is None else read_seconds("timeout", timeout, zero=True)
        _ = self._listener.context.clock.loop  # raises where this is not the loop of the lab
        await self._listener.close(code, reason, seconds)

    def kill(self) -> None:
        """End as a process that is killed (SIGKILL): it sends no Close and believes nothing; its system ends TCP."""
        self._listener.kill()

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        state = "listens" if self.listens else "is closed"
        return f"<Server at {self.url} {state}, {counted(len(self.connections), 'connection')}>"
