"""TCP in memory: connections between asyncio protocols, with no socket and no operating system below them.

A protocol is told here what a socket of a system like Linux would tell it through asyncio, in the same order. The test
beside this module plays the same cases, and many random ones, here and on real sockets, and compares. This is how it
works; sections are those of RFC 9293.

*What travels.* A connection is a pair of `MemoryTransport`, each of which knows the other. From one to the other travel
chunks of bytes, FIN and RST, in order and without loss. Segments, sequence numbers and acknowledgements do not exist: a
program cannot see them, for TCP gives it a stream. What their loss does to a stream is shown by a link's faults.

*When.* Whatever leaves one end arrives at the other `LATENCY` later. The three-way handshake (§3.5) is cut short: a
connection stands for the server as soon as the client's SYN arrives, where a real one waits for the client's ACK; and
for the client one latency later, with the SYN and ACK of the server. So here the server is the first. Where nobody
listens, RST comes back after the same time (§3.5.2), and the client is refused.

*Windows and buffers* (§3.8.6). `WINDOW` bytes may be on their way or lie unread at the receiver. What is written beyond
that waits in the transport of the writer, and above its high limit the protocol is asked to pause. As soon as the
receiver reads a chunk, the writer may send as many bytes again: news of the window takes no time here.

*FIN* (§3.6). `write_eof` ends one direction: FIN is sent behind everything that was written, and the peer reads it
behind everything that it reads. The other direction is still open; that is a half-close (§3.6.1). A peer that wants it
returns true from `eof_received`; otherwise it closes too. `close` sends FIN as well, but reads nothing more.

*Bytes that nobody reads* (§3.6.1). An end that closes while bytes lie unread sends RST in place of FIN, since these
bytes are lost; an end that has closed answers bytes that still arrive with RST. So the first write to a closed end
raises no error. RST comes back, and the next write fails.

*RST.* It comes from these two cases, from `reset` (§3.10.5) and from `sever`. It overtakes nothing: what arrived before
it is still read. What waits to be written is lost. Neither end answers it.

*When each side learns of RST.* A side that reads: at once, behind the bytes that arrived before. A side with bytes that
wait to be written: at once, for the write fails. A side that paused reading: when it reads or writes again, and not
before. A side that has read FIN: only by writing, since asyncio does not read behind FIN; the error is then
`BrokenPipeError`, and `ConnectionResetError` in all other cases.

*Order.* Addresses and ports are given out one after the other, and all that happens goes through the timers of one
loop. On a virtual loop each run is therefore the same.

*TLS* stands above a connection as asyncio's own does, by `ssl.MemoryBIO`. Certificates have real dates and keys real
randomness, so the bytes below TLS differ from run to run, and what is inside them does not.

`lent` gives an event loop the calls by which any asyncio program asks for TCP, on this network.

What it leaves out: the real backlog. A blocked server accepts when it is free again, while a system accepts for it.
`dial` without TLS has no other way to be late, so its `timeout` is not used.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from wslab.lab.network.address import Address
from wslab.lab.network.base import Network, ProtocolFactory
from wslab.lab.network.memory_tls import over_tls
from wslab.lab.network.memory_transport import LATENCY, NO_PROTOCOL, MemoryTransport

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    from ssl import SSLContext

# two ranges that do not overlap, so that a port on a tape shows whose it is
_FIRST_SERVER, _LAST_SERVER, _FIRST_CLIENT, _LAST_CLIENT = 50001, 65535, 32768, 49999

ANY = ("0.0.0.0", "::")  # noqa: S104  every address of a machine that is in memory
"""Where a server listens that takes connections at each address of the machine, by IPv4 and by IPv6."""


class MemoryListener:
    """Makes a protocol with `factory` for each connection to `address`."""

    def __init__(self, network: MemoryNetwork, address: Address, factory: ProtocolFactory) -> None:
        self.address = address
        self.factory = factory
        self.accepts = True
        self.connections: set[MemoryTransport] = set()
        self._network = network

    def take(self, transport: MemoryTransport) -> None:
        """Begin with a connection: its protocol is made, and called at the next turn of the loop."""
        self.connections.add(transport)
        transport.when_lost(self.connections.discard)
        accepted = self.factory()
        transport.set_protocol(accepted)
        asyncio.get_running_loop().call_soon(accepted.connection_made, transport)

    def close(self) -> None:
        """Take no more connections."""
        # connections that are open already go on, as when a system's listening socket is closed
        self._network.remove(self)


class MemoryNetwork(Network):
    """TCP in memory, on `loop`: any number of addresses, all on one machine."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._listeners: dict[Address, MemoryListener] = {}
        self._blocked: dict[Address, float] = {}  # until when the server at an address does nothing
        # servers and clients count in ranges of their own: how many of the one there are does not move the others
        self._next_server = _FIRST_SERVER
        self._next_client = _FIRST_CLIENT

    async def listen(
        self,
        factory: ProtocolFactory,
        host: str,
        port: int,
        *,
        ssl: SSLContext | None = None,
        ssl_timeout: float | None = None,
    ) -> MemoryListener:
        """Listen at an address; `port` 0 takes the next free one. `OSError` where the port is taken."""
        if ssl is not None:
            factory = partial(_server_over_tls, self._loop, factory, ssl, ssl_timeout)
        # a port is taken only for its own address: 127.0.0.1 and ::1 are two, as with sockets
        address = Address(host, port or self._free_port(host))
        if address in self._listeners:
            raise _error(OSError, errno.EADDRINUSE)
        listener = self._listeners[address] = MemoryListener(self, address, factory)
        return listener

    @property
    def taken(self) -> list[Address]:
        """The addresses at which somebody listens."""
        return list(self._listeners)

    def remove(self, listener: MemoryListener) -> None:
        """Forget a listener: its address is free."""
        # a listener that is closed twice must not take the address from the one that has it now
        if self._listeners.get(listener.address) is listener:
            del self._listeners[listener.address]

    async def dial(
        self,
        factory: ProtocolFactory,
        address: Address,
        *,
        timeout: float,
        bound: Callable[[Address], None] | None = None,
        ssl: SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> asyncio.Transport:
        """A connection to `address`; `ConnectionRefusedError` where nobody listens, `TimeoutError` of TLS."""
        if ssl is None:
            return await self._dial(factory, address, bound)
        waiter = self._loop.create_future()
        layer = over_tls(self._loop, factory(), ssl, waiter, server_hostname=server_hostname)
        tcp: MemoryTransport | None = None
        try:
            async with asyncio.timeout(timeout):
                tcp = await self._dial(lambda: layer, address, bound)
                await waiter
        except TimeoutError:
            raise TimeoutError(f"{address} did not take TCP and TLS within {timeout:g} s.") from None
        finally:
            # TLS that fails says so to the peer by itself; one that was given up would stay open
            if tcp is not None and (not waiter.done() or waiter.cancelled() or waiter.exception()):
                tcp.abort()
        return cast(asyncio.Transport, layer._app_transport)

    async def _dial(
        self, factory: ProtocolFactory, address: Address, bound: Callable[[Address], None] | None
    ) -> MemoryTransport:
        # our own address comes first, so that a link knows its connection before the server's end stands
        own = Address(address.host, self._client_port())
        if bound is not None:
            bound(own)
        # SYN travels; a server whose loop is blocked accepts once it is free
        await asyncio.sleep(max(LATENCY, self._blocked.get(address, 0.0) - self._loop.time()))
        # looked up when SYN arrives: while it travels, a server may begin to listen, or stop
        listener = self._at(address)
        # §3.5.2: "If the connection does not exist (CLOSED), then a reset is sent in response to any incoming segment
        # except another reset."
        if listener is None:
            await asyncio.sleep(LATENCY)  # RST travels back
            raise _error(ConnectionRefusedError, errno.ECONNREFUSED)
        server, client = self._pair(address, own)
        # RFC 9293 §3.5: the server has SYN and knows of the connection one latency before the client has its answer
        listener.take(server)
        try:
            await asyncio.sleep(LATENCY)  # SYN and ACK travel back
            protocol = factory()
            client.set_protocol(protocol)
            protocol.connection_made(client)
        except BaseException:
            client.abort()
            raise
        client.resume_reading()
        return client

    def _at(self, address: Address) -> MemoryListener | None:
        """Who takes connections at an address."""
        # as with sockets: who listens at the very address comes before who listens everywhere
        every = Address(ANY[":" in address.host], address.port)
        found = self._listeners.get(address) or self._listeners.get(every)
        return found if found is not None and found.accepts else None

    def _pair(self, address: Address, own: Address) -> tuple[MemoryTransport, MemoryTransport]:
        """The server's and the client's end of a connection from `own` to `address`."""
        server = MemoryTransport(self._loop, NO_PROTOCOL, address, own, self._blocked)
        client = MemoryTransport(self._loop, NO_PROTOCOL, own, address, self._blocked)
        # both ends know each other before a protocol sees one: it may write or close in `connection_made`
        server.join(client)
        client.join(server)
        client.pause_reading()  # what the server sends at once waits until the client has its protocol
        return server, client

    @staticmethod
    def reset(transport: asyncio.Transport) -> None:
        """End a connection with RST (RFC 9293 §3.10.5, ABORT)."""
        tcp = transport.get_extra_info("tcp")  # below TLS it is another transport
        assert isinstance(tcp, MemoryTransport)
        tcp.reset()

    async def block(self, address: Address, seconds: float) -> None:
        """Return after `seconds`, in which the server at `address` reads and accepts nothing; what comes waits."""
        # only the server's ends look at this: they put off reading, and `dial` puts off the accepting
        self._blocked[address] = self._loop.time() + seconds
        await asyncio.sleep(seconds)

    def _free_port(self, host: str) -> int:
        # a free port is given out once in a round, as systems avoid one that was in use a moment ago
        for _ in range(_FIRST_SERVER, _LAST_SERVER + 1):
            port, self._next_server = self._next_server, _after(self._next_server)
            if Address(host, port) not in self._listeners:
                return port
        raise _error(OSError, errno.EADDRINUSE)

    def _client_port(self) -> int:
        # Linux takes ephemeral ports from a range too, but at random, and that would not repeat
        self._next_client = self._next_client + 1 if self._next_client < _LAST_CLIENT else _FIRST_CLIENT
        return self._next_client


def _after(port: int) -> int:
    """The next port of a server; after the last comes the first."""
    return port + 1 if port < _LAST_SERVER else _FIRST_SERVER


def _server_over_tls(
    loop: asyncio.AbstractEventLoop, factory: ProtocolFactory, ssl: SSLContext, timeout: float | None
) -> asyncio.BaseProtocol:
    layer: asyncio.BaseProtocol = over_tls(
        *(loop, factory(), ssl, None), server_side=True, ssl_handshake_timeout=timeout
    )
    return layer


def _error(kind: type[OSError], number: int) -> OSError:
    # the system's own words, so that a program that prints the error prints the same on real sockets
    return kind(number, os.strerror(number))
