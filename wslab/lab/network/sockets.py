"""`SocketNetwork`: the TCP of this machine, through asyncio.

How it works: asyncio would make the sockets by itself, but the lab makes them and hands them over, for four reasons.
Nagle's algorithm is switched off before a connection stands, so that small frames are not held back. A port whose last
connections are in TIME_WAIT can be taken again at once, as a cell that is run twice needs. A client's own address is
known before the server sees it, so that a link finds out whose connection arrives. And the lab accepts connections
itself: where the process may open no more files, asyncio would write a traceback for each of 512 attempts a second.
Here that is one sentence, the listener pauses, and the clients wait in the system's queue.

What it leaves out: resolving names, for hosts are IP addresses here; when a server is blocked, for both sides share
one loop.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wslab.lab.clock.base import Clock
from wslab.lab.network.address import Address, is_loopback
from wslab.lab.network.base import Listener, Network, ProtocolFactory
from wslab.lab.network.memory_socket import LINGER_ZERO

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    from ssl import SSLContext

log = logging.getLogger("wslab")

resource: Any = None  # on Windows
with suppress(ImportError):  # loaded before it is needed: without a free descriptor no module can be
    resource = import_module("resource")

Take = Callable[[socket.socket], object]

PAUSE = 0.25
"""Seconds for which a listener accepts nothing after the process could open no more files."""

_AT_ONCE = 100  # connections that are accepted before the loop turns, as in asyncio

BACKLOG = 512
"""Connections that may wait to be accepted; the system may allow fewer."""


_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class SocketListener:
    """A socket that listens at `address`, and gives each connection to `take`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, take: Take) -> None:
        self.address = Address(*sock.getsockname()[:2])
        self._loop = loop
        self._pauses = 0
        self._socket = sock
        self._take = take
        self._timer: asyncio.TimerHandle | None = None
        sock.listen(BACKLOG)
        loop.add_reader(sock, self._accept)

    def close(self) -> None:
        """Take no more connections, and free the port at once, even where the loop is closed already."""
        if self._timer is not None:
            self._timer.cancel()
        with suppress(RuntimeError, ValueError):  # a closed loop has no readers to remove; the socket can be closed
            self._loop.remove_reader(self._socket)
        self._socket.close()
        if self._pauses > 1:
            log.warning("At %s clients had to wait %s times for a file descriptor.", self.address, f"{self._pauses:,}")
            self._pauses = 0

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, peer = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self._pause(error)
                return
            self._take(AcceptedSocket.of(sock, peer))

    def _pause(self, error: OSError) -> None:
        """Accept nothing for a moment: the socket stays ready, and the loop would do nothing else than try again."""
        self._loop.remove_reader(self._socket)
        self._timer = self._loop.call_later(PAUSE, self._loop.add_reader, self._socket, self._accept)
        self._pauses += 1
        if self._pauses == 1:
            log.warning("%s: new clients of %s wait until others leave.", _shortage(error), self.address)


class ProactorListener:
    """A socket that asyncio's own server listens with, for a loop that calls nobody back when a socket is ready."""

    def __init__(self, server: asyncio.Server, sock: socket.socket) -> None:
        self.address = Address(*sock.getsockname()[:2])
        self._server = server
        self._socket = sock

    def close(self) -> None:
        """As that of `SocketListener`."""
        with suppress(RuntimeError):
            self._server.close()
        self._socket.close()


class AcceptedSocket(socket.socket):
    """A connection that was accepted, and knows its peer's address also when the peer has gone already."""

    __slots__ = ("_peer",)

    _peer: tuple[Any, ...]

    @classmethod
    def of(cls, sock: socket.socket, peer: tuple[Any, ...]) -> AcceptedSocket:
        """The same connection; `sock` is not to be used any more."""
        accepted = cls(sock.family, sock.type, sock.proto, sock.detach())
        accepted.setblocking(False)
        accepted._peer = peer
        return accepted

    def getpeername(self) -> tuple[Any, ...]:
        """The peer's address."""
        return self._peer


def _shortage(error: OSError) -> str:
    """What there is too little of, and how to get more, without a full stop."""
    if error.errno == errno.EMFILE:
        return f"This process has opened all the {_descriptors()}files and sockets that it may (ulimit -n raises that)"
    if error.errno == errno.ENFILE:
        return "The system has opened all the files and sockets that it can"
    return "The system has no memory for another connection"


def _descriptors() -> str:
    """The limit with a space behind it; empty where nobody says what it is."""
    return "" if resource is None else f"{resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,} "


class SocketNetwork(Network):
    """TCP over sockets, on the loop of `clock`."""

    in_memory = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def listen(
        self,
        factory: ProtocolFactory,
        host: str,
        port: int,
        *,
        ssl: SSLContext | None = None,
        ssl_timeout: float | None = None,
    ) -> Listener:
        """Listen at an address; `port` 0 takes a free one. `OSError` where the address cannot be had."""
        sock = _new_socket(host)
        try:
            # a port whose last connections are still in TIME_WAIT may be taken again, for TIME_WAIT protects those
            # connections and not the port; on Windows the same option would take a port that is in use
            if hasattr(socket, "AF_UNIX"):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.setblocking(False)

            def take(accepted: socket.socket) -> None:
                self._clock.start(self._begin(factory, accepted, ssl, ssl_timeout))

            try:
                return SocketListener(self._clock.loop, sock, take)
            except NotImplementedError:  # the ProactorEventLoop of Windows
                return ProactorListener(await self._clock.loop.create_server(factory, sock=sock, ssl=ssl), sock)
        except BaseException:
            sock.close()
            raise

    async def _begin(
        self, factory: ProtocolFactory, sock: socket.socket, ssl: SSLContext | None, ssl_timeout: float | None
    ) -> None:
        """Give a connection that was accepted its protocol, behind the TLS handshake where there is one."""
        try:
            await self._clock.loop.connect_accepted_socket(factory, sock, ssl=ssl, ssl_handshake_timeout=ssl_timeout)
        except OSError:  # the client has gone, or TLS failed, which is the client's to tell
            sock.close()
        except BaseException:
            sock.close()
            raise

    async def dial(
        self,
        factory: ProtocolFactory,
        address: Address,
        *,
        timeout: float,
        bound: Callable[[Address], None] | None = None,
        ssl: SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> asyncio.BaseTransport:
        """A connection to `address`, with TLS where `ssl` is given; `TimeoutError` after `timeout` seconds."""
        sock = _new_socket(address.host)
        try:
            sock.setblocking(False)
            if bound is not None:
                sock.bind((_own_host(address.host), 0))
                bound(Address(*sock.getsockname()[:2]))
            async with asyncio.timeout(timeout):
                await self._clock.loop.sock_connect(sock, tuple(address))
                transport, _ = await self._clock.loop.create_connection(
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

    @staticmethod
    def reset(transport: asyncio.WriteTransport) -> None:
        """End a connection with RST: what is unsent or unread at this end is lost (RFC 9293 §3.10.5, ABORT)."""
        # asyncio's `abort` alone only drops what is unsent and then closes as usual, with FIN; a linger time
        # of zero makes the system send RST instead
        sock = transport.get_extra_info("socket")
        with suppress(OSError, AttributeError):  # it is gone already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()


def _own_host(host: str) -> str:
    """Where we dial from: on this machine the same address, elsewhere the system chooses."""
    return host if is_loopback(host) else ""


def _new_socket(host: str) -> socket.socket:
    """A TCP socket without Nagle's delay (RFC 9293 §3.7.4); those that a listener accepts inherit this."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named, for asyncio looks at it before it sets TCP_NODELAY by itself
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
