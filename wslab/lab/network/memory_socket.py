"""`MemorySocket`: what a program may ask of the socket of a connection in memory, which has none.

Libraries look at the socket of a transport or a server for its addresses and its family, and set options on it. The
addresses are given as a system gives them. One option has an effect, a linger time of zero: the connection then ends
with RST. The others change nothing, for no system is there to read them: each is taken, and reads as 0. Everything else
that a socket can do needs a system, and is refused with the name of the call.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Callable
from typing import Any, NoReturn

from wslab.lab.network.address import Address

SocketAddress = tuple[str, int] | tuple[str, int, int, int]


def as_socket_address(address: Address) -> SocketAddress:
    """An address as sockets write it: of IPv6, the flow and the scope follow."""
    return (address.host, address.port, 0, 0) if ":" in address.host else (address.host, address.port)


LINGER_ZERO = struct.pack("ii", 1, 0)
"""The value of SO_LINGER that makes an end send RST: on, and for 0 seconds."""


class MemorySocket:
    """One end of TCP in memory, or what listens there: `peer` is None then.

    `linger` is told whether the connection is to end with RST.
    """

    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP

    def __init__(
        self, own: Address, peer: Address | None = None, linger: Callable[[bool], object] = lambda _: None
    ) -> None:
        self._own = own
        self._peer = peer
        self._linger = linger

    @property
    def family(self) -> socket.AddressFamily:
        """IPv4 or IPv6."""
        return socket.AF_INET6 if ":" in self._own.host else socket.AF_INET

    def getsockname(self) -> SocketAddress:
        """Our own address."""
        return as_socket_address(self._own)

    def getpeername(self) -> SocketAddress:
        """The peer's address; `OSError` for a socket that listens."""
        if self._peer is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return as_socket_address(self._peer)

    def getsockopt(self, *_: object) -> int:
        """0: no option is set."""
        return 0

    def setsockopt(self, level: int, name: int, value: object = None, *_: object) -> None:
        """Take an option; a linger time of zero makes `close` and `abort` send RST."""
        if (level, name) == (socket.SOL_SOCKET, socket.SO_LINGER):
            self._linger(value == LINGER_ZERO)

    def fileno(self) -> int:
        """-1: there is no file."""
        return -1

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(socket.socket, name):
            raise AttributeError(name)
        return lambda *_, **__: _refuse(name)

    def __repr__(self) -> str:
        return f"<TCP in memory, {self._own}>"


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"socket.{name}: a connection in memory has no socket of the system; use the transport's own methods, "
        "or Lab(clock='real') where Python has sockets."
    )
