"""The laboratory: one object that serves, connects and links, and has the tape of everything.

How it works: a `Lab` takes a clock and a network that fit together (`foundation`), puts them with the tape into one
`LabContext`, and gives that context to every server, link and endpoint that it makes. The user holds the `Lab`, and
nothing inside does. So a lab that is dropped is found by the garbage collector, and its finalizer ends what is left.
Every other end has the same effect: `close`, a cell that is run again, a loop that is closed. Each socket and each task
goes with it.

Arguments are checked here, before anything is opened: a wrong one leaves nothing behind. Nothing listens or dials
beyond loopback unless `beyond_loopback=True` asks for it.

What it leaves out: what happens on a connection (`endpoint`), at a listener (`server`), in a link (`link`).
"""

from __future__ import annotations

import inspect
import random
import weakref
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from wslab.explain import counted
from wslab.lab.context import LabContext, SystemKeys
from wslab.lab.endpoint.endpoint import Endpoint
from wslab.lab.endpoint.opening_handshake import (
    AnswerClose,
    ClientHandshake,
    OnRequest,
    ServerOptions,
    check_answer_close,
    check_deflate,
    new_key,
)
from wslab.lab.endpoint.protocol import EndpointProtocol
from wslab.lab.errors import HandshakeRefused
from wslab.lab.faults.base import Fault
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.faults.names import resolve
from wslab.lab.foundation import REAL, VIRTUAL, clock_and_network
from wslab.lab.limits import DEFAULT_MAX_QUEUE, DEFAULT_PING_TIMEOUT, Limits
from wslab.lab.link.link import Link
from wslab.lab.link.relay import Relay
from wslab.lab.network.address import LOOPBACK, Address, is_loopback
from wslab.lab.network.ports import named_holder
from wslab.lab.network.tls import Tls, check_server_context
from wslab.lab.network.uri import WebSocketURI, parse_uri
from wslab.lab.server import Handler, Server, ServerListener
from wslab.protocol import DEFAULT_MAX_HEAD, DEFAULT_MAX_MESSAGE, CloseCode, HandshakeRequest, Role
from wslab.protocol.deflate import Deflate
from wslab.protocol.handshake.base import Headers
from wslab.protocol.numbers import read_seconds, read_size, shown_value
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.records import PortTakenOver
from wslab.tape.sentences import sentence_of
from wslab.tape.tape import Tape

if TYPE_CHECKING:
    import ssl

T = TypeVar("T")

CLOSE_LIMIT = 1.0
"""Seconds that `Lab.close` gives each connection for its closing handshake; then TCP is cut."""

# the servers of this process by port, of whichever lab
_listeners: weakref.WeakValueDictionary[int, ServerListener] = weakref.WeakValueDictionary()


class Lab:
    """A laboratory: on the real clock over TCP of this machine, or on a virtual clock in memory.

    In a browser's Python, which has no sockets, the real clock has TCP in memory on the running loop, too: all labs
    meet there, and so do other libraries on that loop, such as `websockets`.

    With `clock="virtual"` time is a number that jumps to the next event. The same coroutines run there, by `Lab.run`; a
    day takes a moment, and the same `seed` (0 unless given) gives the same bytes. Within it other asyncio libraries run
    on TCP in memory, too, such as `websockets` and aiohttp; what they draw from `random`, `secrets` or `os.urandom`
    repeats with the seed.

    `timeout` is the limit of each wait, in seconds, unless a call gives its own or says that it has none. `tape=False`
    records nothing; `tape_bytes` limits the recording. `seed` makes masking keys, nonces and `random` repeatable, which
    is for learning only: real ones must be unpredictable (§5.3). `beyond_loopback=True` lets servers listen and clients
    dial beyond this machine. `interventions` change what an endpoint sends before TCP has it; they need the virtual
    clock. `log_errors=False` keeps errors of handlers out of Python's log; the tape and `Server.errors` have them.

    Use it with `async with`, or call `close`, or drop it: what it opened ends with it. A `Server` or `Link` in use
    keeps its lab alive; a connection alone does not.

    Raises `ValueError` for a clock, a limit or a size that is not one, and for interventions on the real clock.
    """

    def __init__(
        self,
        *,
        clock: str = REAL,
        timeout: float = 10.0,
        tape: bool = True,
        tape_bytes: int = DEFAULT_MAX_BYTES,
        seed: int | None = None,
        beyond_loopback: bool = False,
        interventions: Sequence[StreamIntervention] = (),
        log_errors: bool = True,
    ) -> None:
        timeout = read_seconds("timeout", timeout)
        tape_bytes = read_size("tape_bytes", tape_bytes)
        lab_clock, network = clock_and_network(clock, seed)
        if interventions and lab_clock.is_real:
            raise ValueError("Interventions need a run that repeats exactly: use them in a lab with clock='virtual'.")
        if clock == VIRTUAL and seed is None:
            seed = 0
        self.timeout = timeout
        self.random = random.Random(seed)
        self._beyond = beyond_loopback
        limit = tape_bytes if tape else 0
        self._tape = Tape(lab_clock.now, lab_clock.later_for_watchers, max_bytes=limit, epoch=lab_clock.epoch)
        keys = SystemKeys() if seed is None else _repeatable(seed)
        self._context = LabContext(
            lab_clock,
            network,
            self._tape if tape else None,
            timeout=timeout,
            keys=keys,
            seed=seed,
            interventions=interventions,
            log_errors=log_errors,
        )
        weakref.finalize(self, _drop, self._context)

    @property
    def tape(self) -> Tape:
        """Everything that happened, as bytes and as entries."""
        return self._tape

    @property
    def now(self) -> float:
        """Seconds on the lab's clock."""
        return self._context.clock.now()

    @property
    def in_memory(self) -> bool:
        """Whether its TCP is in memory: no other program can reach its servers."""
        return self._context.network.in_memory

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the lab's clock to its end and return what it returns, in a script or in a cell.

        What was opened stays open; on the virtual clock time stands still until the next run. There, raises `Deadlock`
        where nothing is left to happen and the coroutine is not done; the message says who waits for what.
        """
        is_coroutine = inspect.iscoroutine(coroutine)
        if not is_coroutine:
            raise TypeError(f"run() wants a coroutine, such as story(lab); this is {type(coroutine).__name__}.")
        try:
            return self._context.clock.run(coroutine)
        finally:
            coroutine.close()  # does nothing where it ran

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside all else, and do not wait for it; an error that leaves it is logged.

        The virtual clock stands still between runs, so there it runs to its end at once.
        """
        clock = self._context.clock
        if clock.is_real or clock.is_here:
            clock.start(coroutine)
        else:
            self.run(coroutine)

    def endpoint(self, connection: int, role: Role | str) -> Endpoint | None:
        """One end of a connection, while it lives; None where it does not, or is not the lab's own.

        `connection` is the number on the tape.
        """
        return next(
            (
                Endpoint.of(part)
                for part in self._context.parts
                if isinstance(part, EndpointProtocol)
                and part.state.recorder.number == connection
                and part.state.role is Role(role)
            ),
            None,
        )

    async def serve(
        self,
        handler: Handler,
        *,
        port: int = 0,
        host: str = LOOPBACK,
        subprotocols: Sequence[str] = (),
        origins: Sequence[str] | None = None,
        headers: Headers = (),
        on_request: OnRequest | None = None,
        deflate: Deflate | None = Deflate(),  # noqa: B008  a constant
        max_message: int = DEFAULT_MAX_MESSAGE,
        max_head: int = DEFAULT_MAX_HEAD,
        max_queue: int = DEFAULT_MAX_QUEUE,
        ping_interval: float | None = None,
        ping_timeout: float | None = DEFAULT_PING_TIMEOUT,
        answer_close: AnswerClose | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Server:
        """A server that runs `handler(connection)` for each connection.

        `port` 0 takes a free one. On the real clock, a port at which a server of this process listens already is taken
        over: the older server is closed. `subprotocols` are those the server speaks, `origins` those from which it
        takes connections (None: all, §10.2; with a list, it refuses a client without an Origin, too), `headers` go
        into its response.
        `on_request(request)` may refuse with `(status, text)` or `(status, text, headers)`, and add headers to the
        response with `(101, "", headers)`; see `OnRequest`. `deflate` is the compression that a client gets if it
        offers it (RFC 7692; None: none). `max_message`, `max_head` and `max_queue` are in bytes: `max_message` limits
        one message, also while it arrives, and `max_queue` the whole messages that wait to be received, so a connection
        holds the sum of both, and one read more, at most. Every `ping_interval` seconds a Ping is sent (None: never);
        where no Pong answers within `ping_timeout` seconds (None: no limit) the server fails the connection with 1011
        (§7.1.7). `answer_close(code, reason)` chooses the code and the reason of the Close that answers the client's
        (None: the client's code, as is typical, §5.5.1). `tls` is a context with the server's certificate; the tape has
        what is inside TLS.

        Raises `PortInUse` where somebody else listens at the port, `ValueError` for a limit, a port or a host that
        cannot be, `LocalProtocolError` for headers or subprotocols that cannot be sent.
        """
        check_server_context(tls)
        _check_port(port)
        limits = Limits(self.timeout, max_message, max_queue, ping_interval, ping_timeout)
        self._check_host(host)
        _check_handler(handler)
        self._context.keep()
        options = ServerOptions(subprotocols, origins, headers, on_request, max_head, deflate, answer_close)
        options.check()
        listener = ServerListener(self._context, handler, options, limits, tls)
        await self._listen(listener, host, port)
        return Server(self, listener)

    async def connect(
        self,
        target: Server | Link | str,
        *,
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        headers: Headers = (),
        deflate: Deflate | None = None,
        max_message: int = DEFAULT_MAX_MESSAGE,
        max_queue: int = DEFAULT_MAX_QUEUE,
        ping_interval: float | None = None,
        ping_timeout: float | None = DEFAULT_PING_TIMEOUT,
        answer_close: AnswerClose | None = None,
        timeout: float | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Endpoint:
        """A client's connection to a server, a link or a URL, its opening handshake done (§4.1).

        `subprotocols`, `origin` and `headers` go into its request. `deflate` offers compression (RFC 7692); without it
        payloads stay readable on the tape. `ping_interval` and `ping_timeout` are the client's own keepalive; they,
        `answer_close`, `max_message` and `max_queue` are as in `serve`. `tls` says whom to trust at a wss:// address
        (None: whom the system trusts), and only for the name in the URL.

        Raises `HandshakeRefused` where the server refuses, answers wrongly or cannot be trusted, `TimeoutError` where
        it gives no whole answer within `timeout` seconds (None: the lab's), `ConnectionRefusedError` where nobody
        listens.
        """
        uri = self._parse(_url(target))
        if tls is not None and not uri.secure:
            raise ValueError(f"{_url(target)} has no TLS, so `tls` means nothing there: use wss:// (§3).")
        trust = _trust(uri, tls)
        check_deflate(deflate)
        check_answer_close(answer_close)
        seconds = self.timeout if timeout is None else timeout
        limits = Limits(seconds, max_message, max_queue, ping_interval, ping_timeout)
        self._context.keep()
        request = HandshakeRequest.build(
            uri.host_header,
            uri.path,
            key=new_key(self._context.keys),
            subprotocols=subprotocols,
            origin=origin,
            extensions=[] if deflate is None else [deflate.offer()],
            headers=headers,
        )
        endpoint = Endpoint(self._context, Role.CLIENT, ClientHandshake(request, answer_close), limits)
        return await self._open(endpoint, uri.address, trust)

    async def link(
        self,
        target: Server | Link | str,
        *faults: Fault | str,
        host: str = LOOPBACK,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> Link:
        """A relay to a server or a URL that can disturb the connection: connect to the link instead of the server.

        `faults` are those of `wslab.lab.faults`, or names of presets; they can be changed at any time (`Link.faults`).
        `port` 0 takes a free one. Clients dial a link without TLS, for it works on the bytes that it sees. It dials a
        wss:// target with TLS, and `tls` says whom to trust there, as in `connect`.

        Raises `ValueError` where faults contradict each other, `PortInUse` where another program listens at the port.
        """
        uri = self._parse(_url(target))
        _check_port(port)
        self._check_host(host)
        relay = Relay(self._context, uri.address, resolve(faults), _trust(uri, tls))
        self._context.keep()
        with named_holder(host, port):
            await relay.start(host, port)
        return Link(self, relay, uri.path)

    async def block(self, server: Server, seconds: float) -> None:
        """Let a server stand still for so many seconds, as a handler does that computes or calls `time.sleep`.

        What arrives waits unread; no connection is accepted. Raises `ValueError` on the real clock, where both sides
        share one loop and both would stand still.
        """
        if not isinstance(server, Server):
            raise TypeError(f"What stands still is a Server, as lab.serve gives it; this is {type(server).__name__}.")
        seconds = read_seconds("The time for which a server stands still", seconds, zero=True, forever=False)
        await self._context.network.block(Address(server.host, server.port), seconds)

    async def close(self) -> None:
        """Close every connection with 1001, and then everything else; a peer that does not answer in a second is cut.

        The lab can be used again afterwards, and its tape goes on.
        """
        if self._context.clock.is_over or not self._context.in_use:
            return
        _ = self._context.clock.loop  # raises where this is not the loop of the lab
        await self._context.close(CloseCode.GOING_AWAY, CLOSE_LIMIT)

    async def __aenter__(self) -> Lab:
        _ = self._context.clock.loop  # raises where this is not the loop of the lab
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<Lab with {counted(len(self._context.parts), 'open part')}, {self._tape!r}>"

    # --- inside -----------------------------------------------------------------------

    async def _listen(self, listener: ServerListener, host: str, port: int) -> None:
        is_real = self._context.clock.is_real  # a port in memory is the lab's own, and no other lab can want it
        if port and is_real:
            await self._take_over(port)
        with named_holder(host, port):
            await listener.start(host, port)
        if is_real:
            _listeners[listener.address.port] = listener

    async def _open(self, endpoint: Endpoint, address: Address, tls: Tls | None) -> Endpoint:
        context, name = (None, None) if tls is None else (tls.context, tls.name)
        try:
            await self._context.network.dial(
                lambda: endpoint.asyncio_protocol, address, timeout=endpoint.timeout, ssl=context, server_hostname=name
            )
            return await endpoint.opened()
        except ConnectionRefusedError:
            raise ConnectionRefusedError(f"Nobody listens at {address}: start the server, or fix the port.") from None
        except HandshakeRefused:  # TCP ends by itself then, our direction first and the peer's after it
            raise
        except BaseException as error:
            endpoint.drop()
            failed = None if tls is None else tls.failed(error, address, "client")
            if failed is None:
                raise
            self._context.record_fact(failed)
            raise HandshakeRefused(0, sentence_of(failed)) from error

    def _parse(self, url: str) -> WebSocketURI:
        uri = parse_uri(url)
        self._check_host(uri.address.host)
        return uri

    def _check_host(self, host: str) -> None:
        if not self._beyond and not is_loopback(host):
            raise ValueError(
                f"{host} is beyond this machine, and the lab stays on it: Lab(beyond_loopback=True) lets it out."
            )

    async def _take_over(self, port: int) -> None:
        """Close the server of this process that listens at the port, so that a cell can be run again."""
        older = _listeners.pop(port, None)
        if older is None or not older.listens:
            return
        older.context.record_fact(PortTakenOver("wire", port))
        older.drop()
        if older.context.clock.is_here:  # a closing handshake takes time, and only its own loop can give it
            await older.close(CloseCode.GOING_AWAY, "", CLOSE_LIMIT)


def _check_port(port: object) -> None:
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"port is a number, 0 to 65535, of which 0 takes a free one; this is {shown_value(port)}.")


def _check_handler(handler: object) -> None:
    if not callable(handler):
        raise TypeError(f"A handler is a coroutine function of one connection; this is {type(handler).__name__}.")


def _url(target: object) -> str:
    """The URL of a target. The usual slip, a forgotten `await`, gets a message of its own."""
    if isinstance(target, (Server, Link)):
        return target.url
    if isinstance(target, str):
        return target
    if inspect.iscoroutine(target):
        name = target.__qualname__.rpartition(".")[2]
        target.close()
        raise TypeError(f"This is a coroutine that nobody awaited: write `await lab.{name}(...)` where you made it.")
    raise TypeError(f"A target is a Server, a Link or a ws:// address; this is {type(target).__name__}.")


def _repeatable(seed: int) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes


def _trust(uri: WebSocketURI, tls: ssl.SSLContext | None) -> Tls | None:
    """What to ask of TLS at this address; None where it is spoken to without TLS."""
    return Tls(tls, uri.name) if uri.secure else None


def _drop(context: LabContext) -> None:
    """The lab was dropped: end what is left, in whatever thread and at whatever moment this is noticed."""
    context.clock.abandon(context.clear)
