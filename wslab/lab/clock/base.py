"""TODO."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, TypeVarTuple, Unpack

from wslab.lab.clock.runner import run, running_loop
from wslab.lab.network.address import Address

if TYPE_CHECKING:
    from ssl import SSLContext


log = logging.getLogger("wslab")

T = TypeVar("T")
Given = TypeVarTuple("Given")

BACKLOG = 512
"""Connections that may wait to be accepted; the system may allow fewer."""

new_lock = threading.Lock
"""For what a widget may look at from a thread of its own."""

_LINGER_ZERO = struct.pack("ii", 1, 0)


HEARTBEAT = 0.25
"""Seconds after which the loop of a lab in use wakes at the latest."""


class Listens(Protocol):
    """What a world's `listen` gives: where it listens, and how it ends."""

    address: Address

    def close(self) -> None:
        """Take no more connections."""


class World(ABC):
    """Time, tasks and TCP, on one clock or the other."""

    is_real = False
    """Whether time goes by itself, and ports are the machine's."""

    epoch = 0.0
    """The Unix time at which `now` was 0; 0.0 where time is not that of the machine."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    @abstractmethod
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this world; asked for on another living loop, `RuntimeError`."""

    @property
    @abstractmethod
    def is_over(self) -> bool:
        """Whether the loop of this world is closed; False before its first use."""

    @property
    @abstractmethod
    def is_here(self) -> bool:
        """Whether the running loop is the one of this world."""

    def enter(self, call: Callable[[], object]) -> None:
        """Call it on the loop of this world: at once, or soon where that runs in another thread.

        A notebook's widgets may call from a thread of their own (JupyterLab sends them to a subshell of the kernel).
        """
        call()

    @abstractmethod
    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    @abstractmethod
    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on this world's clock to its end, from ordinary code."""

    @abstractmethod
    async def rest(self) -> None:
        """Wait until cancelled."""

    @abstractmethod
    def later_for_watchers(self, seconds: float, call: Callable[[], object]) -> object:
        """`later`, for whoever only looks on: it changes nothing of what happens."""

    @abstractmethod
    def forsake(self, clear: Callable[[], object]) -> None:
        """Nobody holds the lab any more, found out in whatever thread: `clear` what is left, where that can be done."""

    @abstractmethod
    async def listen(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        *,
        ssl: SSLContext | None = None,
        ssl_timeout: float | None = None,
    ) -> Listens:
        """A listener; `port` 0 takes a free one. `OSError` where the address cannot be had.

        With `ssl` a connection is one once TLS stands on it, for which it has `ssl_timeout` seconds.
        """

    @abstractmethod
    async def dial(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        address: Address,
        *,
        timeout: float,
        bound: Callable[[Address], None] | None = None,
        ssl: SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> asyncio.BaseTransport:
        """A connection to `address`, or `TimeoutError`. `bound` is told our own address before the peer can see it.

        With `ssl` TLS stands on it, and the peer has shown that it is `server_hostname`.
        """

    @abstractmethod
    def reset(self, transport: asyncio.Transport) -> None:
        """End a connection with RST: what is unsent, unread or on its way is thrown away (RFC 9293 §3.5.2)."""

    @abstractmethod
    async def block(self, address: Address, seconds: float) -> None:
        """Whoever lives at this address does nothing for so long."""

    @staticmethod
    def end_writing(transport: asyncio.WriteTransport) -> None:
        """FIN behind what was written. Where a reset came that nobody has read yet, it tells the rest when it is."""
        with suppress(OSError):
            transport.write_eof()

    @staticmethod
    def addresses(transport: asyncio.BaseTransport) -> tuple[Address, Address]:
        """Our own address and the peer's."""
        own, peer = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        return Address(*(own or ("?", 0))[:2]), Address(*(peer or ("?", 0))[:2])

    # --- tasks and time ---------------------------------------------------------------

    def start(self, coroutine: Coroutine[Any, Any, None], *, name: str | None = None) -> asyncio.Task[None]:
        """Run a coroutine beside the others; an error that leaves it is logged, never lost."""
        try:
            loop = self.loop
        except RuntimeError:
            coroutine.close()
            raise
        task = loop.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def sleep(self, seconds: float) -> None:
        """Let that much time go by."""
        await asyncio.sleep(seconds)

    def later(self, seconds: float, call: Callable[[Unpack[Given]], object], *given: *Given) -> asyncio.TimerHandle:
        """Call something after a while; the handle cancels it."""
        return self.loop.call_later(seconds, call, *given)

    def cancel_all(self) -> None:
        """Cancel every task that `start` began, except the one that asks."""
        current = asyncio.current_task()
        for task in self._tasks - {current}:
            task.cancel()

    async def settle(self) -> None:
        """Let the callbacks of what was just closed run."""
        for _ in range(2):
            await asyncio.sleep(0)

    async def finish_all(self, timeout: float) -> None:
        """Cancel every task, and wait for their ends; one that will not end in time is left behind with a word."""
        self.cancel_all()
        tasks = self._tasks - {asyncio.current_task()}
        _, stuck = await asyncio.wait(tasks, timeout=timeout) if tasks else (tasks, set())
        for task in stuck:
            log.error("A task of the lab does not end although it was cancelled: %r", task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("An error inside the lab", exc_info=error)


class Listening:
    """A listening socket: `address` tells where; `close` frees the port at once."""

    def __init__(self, server: asyncio.Server, sock: socket.socket) -> None:
        self.address = Address(*sock.getsockname()[:2])
        self._server = server
        self._socket = sock

    def close(self) -> None:
        """Take no more connections, also where the loop is closed already."""
        with suppress(RuntimeError):  # a closed loop cannot take its reader back; the socket can be closed still
            self._server.close()
        self._socket.close()


class RealWorld(World):
    """The real clock and real TCP."""

    is_real = True

    def __init__(self) -> None:
        super().__init__()
        self.epoch = time.time() - time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None

    now = staticmethod(time.monotonic)
    """Seconds on a clock that never goes back."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this world; asked for on another living loop, `RuntimeError`."""
        running = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not running and not self._loop.is_closed():
            raise RuntimeError(
                "This lab lives on another event loop, and a connection cannot move to a new one: "
                "use the lab where it was first used, or make a new Lab() here."
            )
        self._loop = running
        return running

    def enter(self, call: Callable[[], object]) -> None:
        """Here, or soon in the thread of its loop."""
        if self._loop is None or self._loop is running_loop() or not self._loop.is_running():
            call()
        else:
            self._loop.call_soon_threadsafe(call)

    @property
    def is_over(self) -> bool:
        """Whether the loop of this world is closed; False before its first use."""
        return self._loop is not None and self._loop.is_closed()

    @property
    def is_here(self) -> bool:
        """Whether the running loop is the one of this world."""
        return self._loop is asyncio.get_running_loop()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it on the real clock; see `door.run`."""
        return run(coroutine)

    async def rest(self) -> None:
        """Wait until cancelled, and wake now and then."""
        while True:
            # a kernel notices that a cell was interrupted only when its loop wakes: see that it does
            await self.sleep(HEARTBEAT)

    def later_for_watchers(self, seconds: float, call: Callable[[], object]) -> object:
        """After so many seconds."""
        return self.later(seconds, call)

    async def block(self, address: Address, seconds: float) -> None:
        """Both sides live on this loop, and would stand still."""
        raise ValueError("On the real clock both sides share one loop: block a server in a lab with clock='virtual'.")

    def forsake(self, clear: Callable[[], object]) -> None:
        """Call it on this world's loop, or not at all where that loop is closed."""
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # it closed in between
                self._loop.call_soon_threadsafe(clear)

    # --- TCP ----------------------------------------------------------------------------

    async def listen(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        *,
        ssl: SSLContext | None = None,
        ssl_timeout: float | None = None,
    ) -> Listening:
        """A listener; `port` 0 takes a free one. `OSError` where the address cannot be had."""
        sock = _new_socket(host)
        try:
            # a port whose last connections are still in TIME_WAIT may be taken again (not on Windows: there it steals)
            if hasattr(socket, "AF_UNIX"):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            server = await self.loop.create_server(
                factory, sock=sock, backlog=BACKLOG, ssl=ssl, ssl_handshake_timeout=ssl_timeout
            )
        except BaseException:
            sock.close()
            raise
        return Listening(server, sock)

    async def dial(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        address: Address,
        *,
        timeout: float,
        bound: Callable[[Address], None] | None = None,
        ssl: SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> asyncio.BaseTransport:
        """A connection to `address`, or `TimeoutError`. `bound` is told our own address before the peer can see it.

        With `ssl` TLS stands on it, and the peer has shown that it is `server_hostname`.
        """
        sock = _new_socket(address.host)
        try:
            sock.setblocking(False)
            if bound is not None:
                sock.bind((_own_side(address.host), 0))
                bound(Address(*sock.getsockname()[:2]))
            async with asyncio.timeout(timeout):
                await self.loop.sock_connect(sock, tuple(address))
                transport, _ = await self.loop.create_connection(
                    factory, sock=sock, ssl=ssl, server_hostname=server_hostname
                )
        except TimeoutError:
            sock.close()
            what = "a TCP connection" if ssl is None else "TCP and TLS"
            raise TimeoutError(f"{address} did not take {what} within {timeout:g} s.") from None
        except BaseException:
            sock.close()
            raise
        return transport

    def reset(self, transport: asyncio.Transport) -> None:
        """End a connection with RST: what is unsent, unread or on its way is thrown away (RFC 9293 §3.5.2)."""
        sock = transport.get_extra_info("socket")
        with suppress(OSError):  # it is gone already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()


def _own_side(host: str) -> str:
    """Where we dial from: on this machine the same address, elsewhere the system knows."""
    try:
        return host if ipaddress.ip_address(host).is_loopback else ""
    except ValueError:
        return ""


def _new_socket(host: str) -> socket.socket:
    """A TCP socket without Nagle's delay; those that a listener accepts inherit it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named, for asyncio asks for it before it sets TCP_NODELAY
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
