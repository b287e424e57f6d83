"""`Network`: TCP as the rest of the lab sees it, over sockets or in memory.

How it works: `listen` and `dial` take a protocol factory and give back asyncio's own transports, as `create_server` and
`create_connection` of an event loop do. Everything else a transport does by itself: write, pause reading, end one
direction, abort. What asyncio has no word for stands here: to end a connection with RST, and to block a whole server.

What it leaves out: resolving names, UDP, and everything above TCP but TLS.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from wslab.lab.network.address import Address

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    from ssl import SSLContext

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class TcpSignal(Enum):
    """What travels in a TCP stream beside its bytes: the control bits that a program can notice (RFC 9293 §3.1)."""

    FIN = "FIN"
    RST = "RST"


class Listener(Protocol):
    """What `Network.listen` gives. `address` is where it listens."""

    address: Address

    def close(self) -> None:
        """Take no more connections, and free the port; those that stand are left alone."""


class Network(ABC):
    """TCP between two addresses."""

    in_memory = True
    """Whether nobody outside of this process can take part."""

    @abstractmethod
    async def listen(
        self,
        factory: ProtocolFactory,
        host: str,
        port: int,
        *,
        ssl: SSLContext | None = None,
        ssl_timeout: float | None = None,
    ) -> Listener:
        """Listen at an address, and make a protocol for each connection; `port` 0 takes a free one.

        With `ssl` a connection counts once its TLS handshake is done, for which it has `ssl_timeout` seconds. Raises
        `OSError` where the address cannot be had.
        """

    @abstractmethod
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
        """A connection to `address`, made within `timeout` seconds.

        `bound` is called with our own address before the peer can see it. With `ssl` the TLS handshake is done too, and
        the peer has a certificate for `server_hostname`. Raises `TimeoutError`; `ConnectionRefusedError` where nobody
        listens; any other `OSError` of TCP or TLS.
        """

    @abstractmethod
    def reset(self, transport: asyncio.Transport) -> None:
        """End a connection with RST: what is unsent or unread at this end is lost (RFC 9293 §3.10.5, ABORT)."""

    async def block(self, address: Address, seconds: float) -> None:
        """Return after `seconds`, in which the server at `address` does nothing.

        Raises `ValueError` in real time: both sides share one loop there, and both would stand still.
        """
        raise ValueError("On the real clock both sides share one loop: block a server in a lab with clock='virtual'.")

    @staticmethod
    def end_writing(transport: asyncio.WriteTransport) -> None:
        """Send FIN behind what was written; the other direction stays open (RFC 9293 §3.6.1)."""
        # a reset that has come but was not read yet refuses this; the protocol learns of it when it reads or writes
        with suppress(OSError):
            transport.write_eof()

    @staticmethod
    def addresses(transport: asyncio.BaseTransport) -> tuple[Address, Address]:
        """Our own address and the peer's."""
        own, peer = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        return Address(*(own or ("?", 0))[:2]), Address(*(peer or ("?", 0))[:2])
