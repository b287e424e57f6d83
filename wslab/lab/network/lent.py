"""The calls by which an asyncio program asks its loop for TCP, answered by a `MemoryNetwork`.

How it works: `lend(loop, network)` puts them on a loop, in place of its own. `asyncio.start_server`, the `websockets`
library, aiohttp and uvicorn make their connections by these calls alone, so they run on TCP in memory without knowing.
`LentNetwork` is the lab's own way to such a network, on a loop that is somebody else's: that of a browser's Python.

- `create_server` and `create_connection` take the parameters of asyncio's own. What only a system can give (a socket
  that stands already, an address of our own to dial from) is refused in one sentence.
- `getaddrinfo` and `getnameinfo` know this machine: its loopback addresses, and the name `localhost`.
- `sock_connect` takes a socket of the system, as aiohttp makes one, and leaves it alone: `create_connection` with that
  socket finds the connection in memory. The socket is closed then.
- `start_tls` begins TLS on a connection that stands.

What it leaves out: Unix sockets, datagrams, files to send, and the other calls on sockets. The loop refuses them.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import weakref
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wslab.lab.clock.base import Clock
from wslab.lab.network.address import Address, is_loopback
from wslab.lab.network.base import Network, ProtocolFactory
from wslab.lab.network.memory import ANY, MemoryListener, MemoryNetwork
from wslab.lab.network.memory_server import MemoryServer
from wslab.lab.network.memory_socket import SocketAddress, as_socket_address
from wslab.lab.network.memory_tls import over_tls
from wslab.lab.network.memory_transport import MemoryTransport

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    from ssl import SSLContext

Info = tuple[socket.AddressFamily, socket.SocketKind, int, str, SocketAddress]
Made = tuple[asyncio.BaseTransport, asyncio.BaseProtocol]


TLS_LIMIT = 60.0
"""Seconds that a TLS handshake may take, unless the call says otherwise; asyncio's own limit."""

CALLS = ("create_server", "create_connection", "getaddrinfo", "getnameinfo", "sock_connect", "start_tls")

_LOOPBACK = ("127.0.0.1", "::1")

_SOCKETS = "where Python has sockets"


def lend(loop: Any, network: MemoryNetwork) -> None:
    """Let a loop's `CALLS` be those of the network."""
    lent = LentCalls(loop, network)
    for name in CALLS:
        setattr(loop, name, getattr(lent, name))


def network_of(loop: Any) -> MemoryNetwork:
    """The network that a loop has in memory, lent to it when it is first asked for."""
    # the loop alone holds it: where the loop is dropped, so is all that was on it
    calls = getattr(loop.create_server, "__self__", None)
    if not isinstance(calls, LentCalls):
        lend(loop, MemoryNetwork(loop))
        calls = loop.create_server.__self__
    return calls.network


class LentNetwork(Network):
    """TCP in memory on the loop of a real clock: one network for all who use that loop, other libraries too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        with suppress(RuntimeError):  # no loop runs yet
            network_of(asyncio.get_running_loop())  # a cell may begin with another library's server

    async def listen(self, factory: ProtocolFactory, host: str, port: int, **options: Any) -> MemoryListener:
        """Listen at an address, as `MemoryNetwork` does."""
        return await network_of(self._clock.loop).listen(factory, host, port, **options)

    async def dial(self, factory: ProtocolFactory, address: Address, **options: Any) -> asyncio.Transport:
        """A connection to `address`; `OSError` for one that is beyond this machine."""
        if not is_loopback(address.host):
            raise _unreachable(address.host)
        return await network_of(self._clock.loop).dial(factory, address, **options)

    reset = staticmethod(MemoryNetwork.reset)


class LentCalls:
    """The calls of a loop that are about TCP, as asyncio documents them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, network: MemoryNetwork) -> None:
        self.network = network
        self._loop = loop
        # connections that `sock_connect` made, by the system's socket, until `create_connection` asks for them
        self._waiting: weakref.WeakKeyDictionary[Any, tuple[MemoryTransport, Any]] = weakref.WeakKeyDictionary()

    async def create_server(
        self,
        factory: ProtocolFactory,
        host: str | Iterable[str] | None = None,
        port: int | str | None = None,
        *,
        family: int = socket.AF_UNSPEC,
        sock: object = None,
        ssl: SSLContext | None = None,
        ssl_handshake_timeout: float | None = None,
        start_serving: bool = True,
        **_: object,  # what is about the system's sockets, such as `backlog` and `reuse_port`
    ) -> MemoryServer:
        """A server at each address of each host; all addresses of the machine where no host is given."""
        if sock is not None:
            raise _refused("create_server", "sock", "give it a host and a port")
        addresses = [each for one in _hosts(host) for each in _addresses(one, port, family, passive=True)]
        listeners = []
        try:
            for address in dict.fromkeys(addresses):
                listener = await self.network.listen(factory, *address, ssl=ssl, ssl_timeout=ssl_handshake_timeout)
                listener.accepts = start_serving
                listeners.append(listener)
        except OSError:
            for listener in listeners:
                listener.close()
            raise
        return MemoryServer(self._loop, listeners)

    async def create_connection(
        self,
        factory: ProtocolFactory,
        host: str | None = None,
        port: int | str | None = None,
        *,
        ssl: SSLContext | bool | None = None,
        family: int = socket.AF_UNSPEC,
        sock: Any = None,
        local_addr: object = None,
        server_hostname: str | None = None,
        ssl_handshake_timeout: float | None = None,
        ssl_shutdown_timeout: float | None = None,
        all_errors: bool = False,
        **_: object,  # how a system would try several addresses
    ) -> Made:
        """A connection to the first address of the host that takes one, or the one that `sock` stands for."""
        if local_addr is not None:
            raise _refused("create_connection", "local_addr", "leave it out")
        name = _checked_name(host, server_hostname, ssl)
        tcp = self._taken(sock) if sock is not None else await self._dial(host, port, family, all_errors=all_errors)
        protocol = factory()
        if not ssl:
            return _begun(tcp, protocol), protocol
        options = {"ssl_handshake_timeout": ssl_handshake_timeout, "ssl_shutdown_timeout": ssl_shutdown_timeout}
        context = None if ssl is True else ssl
        return await self._secured(tcp, protocol, context, server_hostname=name, **options), protocol

    async def start_tls(
        self, transport: Any, protocol: asyncio.BaseProtocol, sslcontext: SSLContext, **options: Any
    ) -> asyncio.Transport:
        """TLS on a connection that stands; `protocol` has the new transport from its caller."""
        transport.pause_reading()
        return await self._secured(transport, protocol, sslcontext, call_connection_made=False, **options)

    async def sock_connect(self, sock: Any, address: Sequence[Any]) -> None:
        """Connect in memory where the system's socket would connect; it stays as it is."""
        host, port = address[:2]
        tcp = await self._connected(Address(host, port))
        # a socket that is dropped before anybody asks for its connection takes that with it
        self._waiting[sock] = tcp, weakref.finalize(sock, tcp.abort)

    async def getaddrinfo(
        self, host: str | bytes | None, port: int | str | None, *, family: int = 0, **options: int
    ) -> list[Info]:
        """The addresses of a host: an address itself, `localhost`, or nothing for this machine. `gaierror` else."""
        passive = bool(options.get("flags", 0) & socket.AI_PASSIVE)
        if options.get("type", 0) not in (0, socket.SOCK_STREAM):
            raise socket.gaierror(socket.EAI_SOCKTYPE, "a network in memory has TCP alone: ask for SOCK_STREAM")
        name = host.decode("ascii") if isinstance(host, bytes) else host
        found = _addresses(name, port, family, passive=passive)
        return [(_family(each), socket.SOCK_STREAM, 6, "", as_socket_address(each)) for each in found]

    async def getnameinfo(self, sockaddr: Sequence[Any], flags: int = 0) -> tuple[str, str]:
        """The host and the port of an address, in figures."""
        return str(sockaddr[0]), str(sockaddr[1])

    async def _dial(
        self, host: str | None, port: int | str | None, family: int, *, all_errors: bool
    ) -> MemoryTransport:
        """The first address that takes a connection; where none does, what each said."""
        if host is None and port is None:
            raise ValueError("host and port was not specified and no sock specified")
        errors: list[OSError] = []
        for address in _addresses(host, port, family, passive=False):
            try:
                return await self._connected(address)
            except OSError as error:
                errors.append(error)
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        if len({str(error) for error in errors}) == 1:
            raise errors[0]
        raise OSError("Multiple exceptions: {}".format(", ".join(map(str, errors))))

    async def _connected(self, address: Address) -> MemoryTransport:
        """A connection that nobody reads yet; the error has asyncio's words."""
        if not is_loopback(address.host):
            raise _unreachable(address.host)
        try:
            transport = await self.network.dial(asyncio.Protocol, address, timeout=TLS_LIMIT)
        except ConnectionRefusedError as error:
            said = f"Connect call failed {as_socket_address(address)}"
            raise ConnectionRefusedError(error.errno, said) from None
        assert isinstance(transport, MemoryTransport)
        transport.pause_reading()
        return transport

    def _taken(self, sock: Any) -> MemoryTransport:
        """The connection that a socket stands for."""
        found = self._waiting.pop(sock, None)
        if found is None:
            raise _refused("create_connection", "sock", "give it a host and a port, or connect with loop.sock_connect")
        tcp, finalizer = found
        finalizer.detach()
        sock.close()
        return tcp

    async def _secured(
        self, tcp: Any, protocol: asyncio.BaseProtocol, context: SSLContext | None, **options: Any
    ) -> asyncio.Transport:
        """TLS on a connection that nobody reads; the transport for what is inside it."""
        waiter = self._loop.create_future()
        layer = over_tls(self._loop, protocol, context, waiter, **options)
        tcp.set_protocol(layer)
        layer.connection_made(tcp)
        tcp.resume_reading()
        try:
            await waiter
        except BaseException:
            tcp.close()
            raise
        made: asyncio.Transport = layer._app_transport
        return made


def _unreachable(host: str) -> OSError:
    return OSError(errno.ENETUNREACH, _NOT_HERE.format(host))


def _begun(tcp: MemoryTransport, protocol: asyncio.BaseProtocol) -> MemoryTransport:
    tcp.set_protocol(protocol)
    protocol.connection_made(tcp)
    tcp.resume_reading()
    return tcp


def _checked_name(host: str | None, name: str | None, ssl: object) -> str | None:
    """For whom the certificate must be."""
    if name is not None and not ssl:
        raise ValueError("server_hostname is only meaningful with ssl")
    if ssl and name is None and not host:
        raise ValueError("You must set server_hostname when using ssl without a host")
    return host if ssl and name is None else name


def _hosts(host: str | Iterable[str] | None) -> Iterable[str | None]:
    return [host or None] if host is None or isinstance(host, str) else host


def _addresses(host: str | None, port: int | str | None, family: int, *, passive: bool) -> list[Address]:
    """The addresses of a host, IPv4 before IPv6: those that nothing stands at are refused at once."""
    number = int(port or 0)
    if host is None or host == "":
        found: tuple[str, ...] = ANY if passive else _LOOPBACK
    elif host.rstrip(".").lower() == "localhost":
        found = _LOOPBACK
    else:
        found = (_literal(host),)
    wanted = [Address(each, number) for each in found]
    kept = [each for each in wanted if family in (0, _family(each))]
    if not kept:
        raise socket.gaierror(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
    return kept


def _literal(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        raise socket.gaierror(socket.EAI_NONAME, _NOT_HERE.format(host)) from None


def _family(address: Address) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address.host else socket.AF_INET


def _refused(call: str, parameter: str, instead: str) -> NotImplementedError:
    return NotImplementedError(
        f"loop.{call}: TCP in memory takes no {parameter}=; {instead}, or use Lab(clock='real') {_SOCKETS}."
    )


_NOT_HERE = (
    "the network in memory is one machine, and {} is not on it: use 127.0.0.1, ::1 or localhost, "
    f"or Lab(clock='real') {_SOCKETS}"
)
