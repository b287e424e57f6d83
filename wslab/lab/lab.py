"""The laboratory: one object that serves, connects, links, and has the tape of it all.

Rules of this module: `Lab` is what the user holds, and nothing inside holds it. Closed, dropped, its cell
run again, its loop ended: in each case every socket and task of it goes. Nothing listens or
dials beyond loopback unless it is asked for in so many words.

What it leaves out: everything that happens on a connection (`endpoint`), at a listener (`server`), on a cable (`link`).
"""

from __future__ import annotations

import errno
import inspect
import random
import weakref
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from wslab.lab.clock.base import RealWorld, World
from wslab.lab.context import LabContext, SystemKeys
from wslab.lab.endpoint.endpoint import Endpoint
from wslab.lab.endpoint.opening_handshake import ClientHandshake, OnRequest, ServerOptions, check_deflate, new_key
from wslab.lab.errors import HandshakeRefused, PortInUse
from wslab.lab.faults.base import Fault
from wslab.lab.faults.intervention import StreamIntervention
from wslab.lab.faults.names import resolve
from wslab.lab.limits import DEFAULT_MAX_QUEUE, DEFAULT_PING_TIMEOUT, Limits, check_bytes, check_seconds
from wslab.lab.link.link import Link
from wslab.lab.link.relay import Relay
from wslab.lab.network.address import LOOPBACK, Address, is_loopback
from wslab.lab.network.memory import VirtualWorld
from wslab.lab.network.ports import who_listens_at
from wslab.lab.network.tls import Tls, check_server_context
from wslab.lab.network.uri import WebSocketURI, parse_uri
from wslab.lab.server import Handler, Server, ServerListener
from wslab.protocol import DEFAULT_MAX_HEAD, DEFAULT_MAX_MESSAGE, CloseCode, HandshakeRequest, Role
from wslab.protocol.deflate import Deflate
from wslab.protocol.handshake.base import Headers
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.tape import Tape

if TYPE_CHECKING:
    import ssl

T = TypeVar("T")

REAL, VIRTUAL = "real", "virtual"

CLOSE_LIMIT = 1.0
"""Seconds that `Lab.close` gives each connection for its closing handshake; then TCP is cut."""

# what this process listens at by port, whichever lab it was
_listeners: weakref.WeakValueDictionary[int, ServerListener] = weakref.WeakValueDictionary()


class Lab:
    """A laboratory: on the real clock over TCP on this machine, or on a virtual one in memory.

    With `clock="virtual"` time is a number that jumps to the next thing that happens: `run` is the way in, the same
    coroutines go, a day takes a moment, and the same `seed` (0 unless given) gives the same bytes.

    `timeout` is the limit of every wait, in seconds, unless a call says otherwise. `tape=False` records
    nothing; `tape_bytes` limits the recording. `seed` makes masking keys, nonces and `random` repeatable, which is for
    learning only: real ones must be unpredictable (§10.3). `beyond_loopback=True` lets servers listen and clients
    dial elsewhere than on this machine. `interventions` are done to the bytes of endpoints as they depart, on the
    virtual clock only.

    Use it with `async with`, or call `close`, or drop it: what it opened ends with it. A `Server` or
    `Link` in use keeps its lab; a connection alone does not.
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
    ) -> None:
        check_seconds("timeout", timeout)
        check_bytes("tape_bytes", tape_bytes)
        world = _world(clock)
        if interventions and world.is_real:
            raise ValueError("Only a run on the virtual clock repeats so exactly that one can meddle with its bytes.")
        if clock == VIRTUAL and seed is None:
            seed = 0
        self.timeout = timeout
        self.random = random.Random(seed)
        self._beyond = beyond_loopback
        limit = tape_bytes if tape else 0
        self._tape = Tape(world.now, world.later_for_watchers, max_bytes=limit, epoch=world.epoch)
        keys = SystemKeys() if seed is None else _repeatable(seed)
        self._context = LabContext(
            world, self._tape if tape else None, timeout=timeout, keys=keys, seed=seed, interventions=interventions
        )
        weakref.finalize(self, _drop, self._context)

    @property
    def tape(self) -> Tape:
        """Everything that happened, as bytes and as entries."""
        return self._tape

    @property
    def now(self) -> float:
        """Seconds on the lab's clock."""
        return self._context.world.now()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the lab's clock to its end and return what it returns, in a script or in a cell.

        On the virtual clock raises `Deadlock` where nothing is left to happen, told with who waits for what. What was
        opened stays, and time stands still until the next run.
        """
        is_coroutine = inspect.iscoroutine(coroutine)
        if not is_coroutine:
            raise TypeError(f"run() wants a coroutine, such as story(lab); this is {type(coroutine).__name__}.")
        try:
            return self._context.world.run(coroutine)
        finally:
            coroutine.close()  # does nothing where it ran

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
        tls: ssl.SSLContext | None = None,
    ) -> Server:
        """A server that runs `handler(connection)` for each connection.

        `port` 0 takes a free one. A port that this process listens at already is taken over: the older server
        is closed. Raises `PortInUse` where another program holds it. `subprotocols` are those it speaks, `origins`
        the pages it lets in (None: all, §10.2), `headers` go into the answer. `on_request(request)` may refuse with
        a status and a sentence. `deflate` is what compression a client gets that offers it (RFC 7692; None: none).
        `max_message`, `max_head` and `max_queue` are in bytes. Every `ping_interval` seconds a Ping goes out (None:
        never); where no Pong comes within `ping_timeout` seconds (None: however long it takes) the server fails the
        connection with 1011 (keepalive, §5.5.2). `tls` is a context with the server's certificate; the tape has what
        is inside TLS.
        """
        check_server_context(tls)
        _check_port(port)
        limits = Limits(self.timeout, max_message, max_queue, ping_interval, ping_timeout)
        self._check_host(host)
        if not callable(handler):
            raise TypeError(f"A handler is a coroutine function of one connection; this is {type(handler).__name__}.")
        self._context.keep()
        options = ServerOptions(subprotocols, origins, headers, on_request, max_head, deflate)
        options.check()
        listener = ServerListener(self._context, handler, options, limits, tls)
        if port and self._context.world.is_real:
            await self._take_over(port)
        try:
            await listener.start(host, port)
        except OSError as error:
            raise _port_in_use(error, host, port) from None
        if self._context.world.is_real:
            _listeners[listener.address.port] = listener
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
        timeout: float | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Endpoint:
        """A client's connection to a server, a link or a URL, its opening handshake done.

        `deflate` offers compression (RFC 7692); left out, the bytes on the wire stay readable. `ping_interval` and
        `ping_timeout` are the client's own keepalive, as in `serve`.
        `tls` is whom to trust at a wss:// address (left out: whom the system trusts, and only for the name in the URL).
        Raises `HandshakeRefused` where the server says no or cannot be trusted, `TimeoutError` where it says nothing
        within `timeout` seconds (the lab's by default), `ConnectionRefusedError` where nobody listens.
        """
        place = self._place(_url(target))
        if tls is not None and not place.name:
            raise ValueError(f"{_url(target)} goes without TLS, so `tls` means nothing there: wss:// has it (§3).")
        trust = Tls(tls, place.name) if place.name else None
        check_deflate(deflate)
        seconds = self.timeout if timeout is None else timeout
        limits = Limits(seconds, max_message, max_queue, ping_interval, ping_timeout)
        self._context.keep()
        request = HandshakeRequest.build(
            str(place.address),
            place.path,
            key=new_key(self._context.keys),
            subprotocols=subprotocols,
            origin=origin,
            extensions=[] if deflate is None else [deflate.offer()],
            headers=headers,
        )
        return await self._open(
            Endpoint(self._context, Role.CLIENT, ClientHandshake(request), limits), place.address, trust
        )

    async def link(
        self,
        target: Server | Link | str,
        *faults: Fault | str,
        host: str = LOOPBACK,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> Link:
        """A cable to a server or a URL in which something can be wrong: connect to the link instead of the server.

        `faults` are those of `wslab.lab.faults`, or names of presets; they can be changed at any time
        (`Link.faults`). `port` 0 takes a free one. Clients dial a link without TLS, for it works on the bytes that
        it sees; a wss:// target it dials with TLS, and `tls` is whom to trust there, as in `connect`.
        Raises `ValueError` where faults contradict each other, `PortInUse`.
        """
        place = self._place(_url(target))
        _check_port(port)
        self._check_host(host)
        trust = Tls(tls, place.name) if place.name else None
        relay = Relay(self._context, place.address, resolve(faults), trust)
        self._context.keep()
        try:
            await relay.start(host, port)
        except OSError as error:
            raise _port_in_use(error, host, port) from None
        return Link(self, relay, place.path)

    async def block(self, server: Server, seconds: float) -> None:
        """What a handler does that computes, or calls `time.sleep`, for so long: its whole server stands still.

        What comes waits unread; nothing is accepted. On the virtual clock only: really blocking would stop both sides.
        """
        if not isinstance(server, Server):
            raise TypeError(f"What stands still is a Server, as lab.serve gives it; this is {type(server).__name__}.")
        if not seconds >= 0:
            raise ValueError(f"A server stands still for 0 seconds or more; this is {seconds!r}.")
        await self._context.world.block(Address(server.host, server.port), seconds)

    async def close(self) -> None:
        """Close every connection with 1001 and everything else with them; one that does not answer in a second is cut.

        The lab can be used again afterwards, and its tape goes on.
        """
        if self._context.world.is_over or not self._context.in_use:
            return
        await self._context.close(CloseCode.GOING_AWAY, CLOSE_LIMIT)

    async def __aenter__(self) -> Lab:
        assert self._context.world.loop is not None  # or it says why this is not the place
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<Lab with {len(self._context.parts)} open parts, {self._tape!r}>"

    # --- inside -----------------------------------------------------------------------

    async def _open(self, endpoint: Endpoint, address: Address, tls: Tls | None) -> Endpoint:
        context, name = (None, None) if tls is None else (tls.context, tls.name)
        try:
            await self._context.world.dial(
                lambda: endpoint.asyncio_protocol, address, timeout=endpoint.timeout, ssl=context, server_hostname=name
            )
            return await endpoint.opened()
        except ConnectionRefusedError:
            raise ConnectionRefusedError(f"Nobody listens at {address}: start the server, or fix the port.") from None
        except HandshakeRefused:  # its TCP ends by itself, our direction and then the peer's
            raise
        except BaseException as error:
            endpoint.drop()
            refused = None if tls is None else tls.refused(error, address)
            if refused is None:
                raise
            self._context.note(str(refused), side=Role.CLIENT)
            raise refused from error

    def _place(self, url: str) -> WebSocketURI:
        place = parse_uri(url)
        self._check_host(place.address.host)
        return place

    def _check_host(self, host: str) -> None:
        if not self._beyond and not is_loopback(host):
            raise ValueError(
                f"{host} is beyond this machine, and the lab stays on 127.0.0.1: Lab(beyond_loopback=True) lets it out."
            )

    async def _take_over(self, port: int) -> None:
        """This process had the port already: its older server makes room."""
        older = _listeners.pop(port, None)
        if older is None or not older.listens:
            return
        note = f"The server at port {port} is closed: the same program asked for its port again."
        older.context.note(note)
        older.drop()
        if older.context.world.is_here:
            await older.close(CloseCode.GOING_AWAY, "", CLOSE_LIMIT)


def _check_port(port: object) -> None:
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"port is a number, 0 to 65535, of which 0 takes a free one; this is {port!r}.")


def _url(target: object) -> str:
    """The address of what is to be dialled; the usual slip, a forgotten `await`, is told as such."""
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


def _port_in_use(error: OSError, host: str, port: int) -> OSError:
    """Who has the port; any other error as it is."""
    return PortInUse(host, port, who_listens_at(port)) if error.errno == errno.EADDRINUSE else error


def _world(clock: str) -> World:
    if clock not in (REAL, VIRTUAL):
        raise ValueError(f"clock is {REAL!r} or {VIRTUAL!r}; this is {clock!r}.")
    return RealWorld() if clock == REAL else VirtualWorld()


def _drop(context: LabContext) -> None:
    """The lab was dropped, in whatever thread and at whatever moment."""
    context.world.forsake(context.clear)
