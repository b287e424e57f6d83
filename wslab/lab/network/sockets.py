"""`SocketNetwork`: the TCP of this machine, through asyncio.

How it works: asyncio would make the sockets by itself, but the lab makes them first and hands them over, for three
reasons. Nagle's algorithm is switched off before a connection stands, so that small frames are not held back. A port
whose last connections are in TIME_WAIT can be taken again at once, as a cell that is run twice needs. And a client's
own address is known before the server sees it, so that a link finds out whose connection arrives.

What it leaves out: resolving names, for hosts are IP addresses here; when a server is blocked, for both sides share
one loop.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from wslab.lab.clock.base import Clock
from wslab.lab.network.address import Address, is_loopback
from wslab.lab.network.base import Network, ProtocolFactory

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    from ssl import SSLContext

BACKLOG = 512
"""Connections that may wait to be accepted; the system may allow fewer."""

_LINGER_ZERO = struct.pack("ii", 1, 0)  # struct linger: on, and for 0 seconds


class SocketListener:
    """A socket that listens at `address`."""

    def __init__(self, server: asyncio.Server, sock: socket.socket) -> None:
        self.address = Address(*sock.getsockname()[:2])
        self._server = server
        self._socket = sock

    def close(self) -> None:
        """Take no more connections, and free the port at once, even where the loop is closed already."""
        with suppress(RuntimeError):  # a closed loop has no readers to remove; the socket can still be closed
            self._server.close()
        self._socket.close()


class SocketNetwork(Network):
    """TCP over sockets, on the loop of `clock`."""

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
    ) -> SocketListener:
        """Listen at an address; `port` 0 takes a free one. `OSError` where the address cannot be had."""
        sock = _new_socket(host)
        try:
            # a port whose last connections are still in TIME_WAIT may be taken again, for TIME_WAIT protects those
            # connections and not the port; on Windows the same option would take a port that is in use
            if hasattr(socket, "AF_UNIX"):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            server = await self._clock.loop.create_server(
                factory, sock=sock, backlog=BACKLOG, ssl=ssl, ssl_handshake_timeout=ssl_timeout
            )
        except BaseException:
            sock.close()
            raise
        return SocketListener(server, sock)

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

    def reset(self, transport: asyncio.Transport) -> None:
        """End a connection with RST: what is unsent, unread or on its way is lost (RFC 9293 §3.10.5, ABORT)."""
        # asyncio's `abort` alone only drops what is unsent and then closes as usual, with FIN; a linger time
        # of zero makes the system send RST instead
        sock = transport.get_extra_info("socket")
        with suppress(OSError):  # it is gone already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()

    async def block(self, address: Address, seconds: float) -> None:
        """Refuse: both sides live on this loop, and both would stand still."""
        raise ValueError("On the real clock both sides share one loop: block a server in a lab with clock='virtual'.")


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
