"""TCP in memory, on the virtual clock: the same protocols, the same calls, the same ends.

Rules of this module: what an `asyncio.Protocol` would be told by a socket of this kind of system it is told here,
in the same order: FIN is half a close, RST comes behind the bytes that arrived before it, whoever writes to a socket
that is gone gets RST back, whoever does not read holds back the writer. What is modelled is what can be seen
through asyncio; a test plays the same cases on both worlds and compares. Addresses and ports are given out in order, so
that they repeat from run to run.

What it leaves out: segments, acknowledgements and their loss (a link's faults show what they do to a stream), and TLS.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, Unpack

from wslab.lab.clock.base import World
from wslab.lab.clock.event_loop import VirtualLoop
from wslab.lab.network.address import Address

if TYPE_CHECKING:
    from ssl import SSLContext

T = TypeVar("T")
Given = TypeVarTuple("Given")

LATENCY = 0.0005
"""Seconds that anything takes from one end of a connection to the other."""

WINDOW = 64 * 1024
"""Bytes that may be on their way or wait to be read; what is more waits at the writer."""

HIGH_WATER = 64 * 1024
"""Bytes waiting at the writer from which on `pause_writing` is called, as asyncio does; at a quarter it goes on."""

_FIRST_SERVER, _FIRST_CLIENT, _LAST = 50001, 32768, 49999


class _Sign(Enum):
    """What travels beside bytes."""

    FIN = "FIN"
    RST = "RST"


class VirtualTransport(asyncio.Transport):
    """One end of a connection in memory."""

    __slots__ = (
        "_blocked",
        "_closing",
        "_fin_read",
        "_fin_sent",
        "_gone",
        "_inflight",
        "_linger_zero",
        "_loop",
        "_own",
        "_paused",
        "_peer",
        "_peer_address",
        "_protocol",
        "_reset",
        "_travelling",
        "_unread",
        "_unsent",
        "_unsent_size",
        "_waits",
        "_wants_fin",
    )

    def __init__(
        self,
        loop: VirtualLoop,
        protocol: asyncio.Protocol,
        own: Address,
        peer: Address,
        blocked: Mapping[Address, float],
    ) -> None:
        self._loop = loop
        self._blocked = blocked  # addresses that do nothing, until when
        self._protocol = protocol
        self._own = own
        self._peer_address = peer
        self._peer: VirtualTransport = self  # until `join`
        self._travelling: deque[bytes | _Sign] = deque()  # from here to the peer
        self._inflight = 0  # bytes of ours that the peer has not read
        self._unsent: deque[bytes] = deque()
        self._unsent_size = 0
        self._unread: deque[bytes | _Sign] = deque()
        self._paused = False  # reading
        self._waits = False  # whether the protocol was told to pause writing
        self._wants_fin = self._fin_sent = self._fin_read = False
        self._closing = self._gone = self._linger_zero = False
        self._reset = False  # whether RST came and was not noticed yet

    def join(self, peer: VirtualTransport) -> None:
        """The other end."""
        self._peer = peer

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`sockname` and `peername`."""
        return {"sockname": self._own, "peername": self._peer_address}.get(name, default)

    # --- writing ------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Bytes for the peer, in order."""
        if self._wants_fin:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._closing or self._gone or not data:
            return
        if self._reset:  # the system knew already, and tells it now
            self._fail_to_write()
            return
        self._unsent.append(bytes(data))
        self._unsent_size += len(data)
        self._push()
        if self._unsent_size > HIGH_WATER and not self._waits:
            self._waits = True
            self._protocol.pause_writing()

    def _push(self) -> None:
        """Send what the peer's window takes, and behind it FIN."""
        while self._unsent and self._inflight < WINDOW:
            chunk = self._unsent.popleft()
            room = WINDOW - self._inflight
            if len(chunk) > room:
                self._unsent.appendleft(chunk[room:])
                chunk = chunk[:room]
            self._unsent_size -= len(chunk)
            self._inflight += len(chunk)
            self._send(chunk)
        if not self._unsent:
            self._all_sent()
        if self._waits and self._unsent_size <= HIGH_WATER // 4:
            self._waits = False
            self._protocol.resume_writing()

    def _all_sent(self) -> None:
        if self._wants_fin and not self._fin_sent:
            self._fin_sent = True
            self._send(_Sign.FIN)
        if self._closing and not self._gone:
            self._loop.call_soon(self._finish, None)

    def _send(self, what: bytes | _Sign) -> None:
        self._travelling.append(what)
        self._loop.call_later(LATENCY, self._deliver)

    def _deliver(self) -> None:
        self._peer._arrive(self._travelling.popleft())

    def get_write_buffer_size(self) -> int:
        """Bytes that wait here."""
        return self._unsent_size

    def can_write_eof(self) -> bool:
        """TCP can."""
        return True

    def write_eof(self) -> None:
        """FIN behind what was written; reading goes on. `OSError` where RST came, and was not noticed yet."""
        if not self._closing and not self._wants_fin:
            self._wants_fin = True
            if self._reset:
                raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
            self._push()

    # --- reading ------------------------------------------------------------------------

    def pause_reading(self) -> None:
        """Leave what comes where it is; the writer is held back when the window is full."""
        self._paused = True

    def resume_reading(self) -> None:
        """Go on."""
        if self._paused and not self._closing:
            self._paused = False
            self._loop.call_soon(self._read)

    def is_reading(self) -> bool:
        """Whether what comes is read."""
        return not self._paused and not self._closing

    def _arrive(self, what: bytes | _Sign) -> None:
        if what is _Sign.RST:
            self._reset_arrived()
        elif self._gone:
            if what is not _Sign.FIN:
                self._send(_Sign.RST)  # nobody is here
        else:
            self._unread.append(what)
            self._read()

    def _read(self) -> None:
        if self._blocked and self._blocked.get(self._own, 0.0) > self._loop.time():
            # whoever blocked its loop goes on first, and the loop reads after that
            self._loop.call_at(self._blocked[self._own], self._loop.call_soon, self._read)
            return
        while self._unread and self.is_reading():
            what = self._unread.popleft()
            if isinstance(what, bytes):
                self._protocol.data_received(what)
                self._peer._was_read(len(what))
            else:
                self._fin_arrived()
        if self._reset and self.is_reading() and not self._fin_read:
            self._fail(ConnectionResetError)

    def _was_read(self, size: int) -> None:
        self._inflight -= size
        if self._unsent and not self._gone:
            self._push()

    def _fin_arrived(self) -> None:
        self._fin_read = True
        if not self._protocol.eof_received():
            self.close()

    def _reset_arrived(self) -> None:
        """Nothing of ours reaches the peer any more; who reads or writes hears of it now, who does not, later."""
        if not self._gone:
            self._reset = True
            self._read()
            if self._unsent:
                self._fail_to_write()

    def _fail_to_write(self) -> None:
        self._fail(BrokenPipeError if self._fin_read or _Sign.FIN in self._unread else ConnectionResetError)

    # --- the end ------------------------------------------------------------------------

    def is_closing(self) -> bool:
        """Whether the end began."""
        return self._closing

    def close(self) -> None:
        """Send what is to be sent, then FIN; what still comes finds nobody."""
        if not self._closing:
            self._closing = True
            self._push()

    def abort(self) -> None:
        """End at once; what is unsent is lost."""
        if not self._closing or self._unsent:
            self._closing = True
            self._unsent.clear()
            self._unsent_size = 0
            self._loop.call_soon(self._finish, None)

    def reset(self) -> None:
        """End at once with RST."""
        self._linger_zero = True
        self.abort()

    def sever(self) -> None:
        """Somebody in the middle ends it: RST to both."""
        self._fail(ConnectionResetError)
        self._unsent.clear()
        self._send(_Sign.RST)

    def _fail(self, kind: type[OSError]) -> None:
        if not self._closing:
            self._closing = True
            number = errno.EPIPE if kind is BrokenPipeError else errno.ECONNRESET
            self._loop.call_soon(self._finish, kind(number, os.strerror(number)))

    def _finish(self, error: OSError | None) -> None:
        if self._gone:
            return
        self._gone = True
        self._protocol.connection_lost(error)
        self._protocol = _NOBODY  # as asyncio lets go of it: an end that is over keeps nobody alive
        if error is not None or self._reset:
            return
        if self._linger_zero or any(isinstance(each, bytes) for each in self._unread):
            self._send(_Sign.RST)
        elif not self._fin_sent:
            self._send(_Sign.FIN)


class VirtualListening:
    """A listener in memory."""

    def __init__(self, world: VirtualWorld, address: Address, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        self.address = address
        self.factory = factory
        self._world = world

    def close(self) -> None:
        """Take no more connections."""
        self._world.listening.pop(self.address, None)


class VirtualWorld(World):
    """The virtual clock, and TCP in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.listening: dict[Address, VirtualListening] = {}
        self._loop = VirtualLoop()
        self._blocked: dict[Address, float] = {}
        self._next_server = _FIRST_SERVER
        self._next_client = _FIRST_CLIENT

    @property
    def loop(self) -> VirtualLoop:
        """The virtual loop; `RuntimeError` outside of `run`, where it stands still."""
        if not self._loop.is_running():
            raise RuntimeError(
                "The time of this lab is virtual and stands still here: run the coroutine with lab.run(...), for "
                "instance `lab.run(story(lab))` or `server = lab.run(lab.serve(echo))`."
            )
        return self._loop

    @property
    def is_over(self) -> bool:
        """Never while somebody holds the lab."""
        return self._loop.is_closed()

    @property
    def is_here(self) -> bool:
        """Whether a run goes on."""
        return self._loop.is_running()

    def now(self) -> float:
        """Seconds of virtual time."""
        return self._loop.time()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it, as fast as it goes; `Deadlock` where it never ends."""
        return self._loop.run_until_complete(coroutine)

    async def rest(self) -> None:
        """Wait until cancelled."""
        await self.loop.create_future()

    def later(self, seconds: float, call: Callable[[Unpack[Given]], object], *given: *Given) -> asyncio.TimerHandle:
        """Call something after a while; it can be asked for while time stands still."""
        return self._loop.call_later(seconds, call, *given)

    def later_for_watchers(self, seconds: float, call: Callable[[], object]) -> None:
        """When time stands still again."""
        self._loop.call_at_rest(call)

    def forsake(self, clear: Callable[[], object]) -> None:
        """Time goes on for a moment, in which all comes to its end."""
        self._loop.wind_up(clear)

    async def block(self, address: Address, seconds: float) -> None:
        """Whoever lives there does nothing for so long; what comes waits."""
        self._blocked[address] = self.now() + seconds
        await asyncio.sleep(seconds)

    # --- TCP ------------------------------------------------------------------------------

    async def listen(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        *,
        ssl: SSLContext | None = None,
        ssl_timeout: float | None = None,
    ) -> VirtualListening:
        """A listener; `port` 0 takes the next free one. `OSError` where it is taken."""
        _refuse_tls(ssl)
        address = Address(host, port or self._free_port(host))
        if address in self.listening:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        self.listening[address] = VirtualListening(self, address, factory)
        return self.listening[address]

    async def dial(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        address: Address,
        *,
        timeout: float,
        bound: Callable[[Address], None] | None = None,
        ssl: SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> VirtualTransport:
        """A connection to `address`; `ConnectionRefusedError` where nobody listens."""
        _refuse_tls(ssl)
        own = Address(address.host, self._client_port())
        if bound is not None:
            bound(own)
        await asyncio.sleep(max(LATENCY, self._blocked.get(address, 0.0) - self.now()))
        listening = self.listening.get(address)
        if listening is None:
            await asyncio.sleep(LATENCY)
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        return await self._join(factory, listening, own)

    async def _join(
        self, factory: Callable[[], asyncio.BaseProtocol], listening: VirtualListening, own: Address
    ) -> VirtualTransport:
        """The server's end stands when the first packet is there, the client's when the answer is."""
        server = self._end(listening.factory(), listening.address, own)
        client = self._end(_Deaf(), own, listening.address)
        server.join(client)
        client.join(server)
        client.pause_reading()
        self.loop.call_soon(server._protocol.connection_made, server)
        await asyncio.sleep(LATENCY)
        client._protocol = _a_protocol(factory())
        client._protocol.connection_made(client)
        client.resume_reading()
        return client

    def _end(self, protocol: asyncio.BaseProtocol, own: Address, peer: Address) -> VirtualTransport:
        return VirtualTransport(self.loop, _a_protocol(protocol), own, peer, self._blocked)

    def reset(self, transport: asyncio.Transport) -> None:
        """End a connection with RST."""
        assert isinstance(transport, VirtualTransport)
        transport.reset()

    def _free_port(self, host: str) -> int:
        while Address(host, self._next_server) in self.listening:
            self._next_server += 1
        self._next_server += 1
        return self._next_server - 1

    def _client_port(self) -> int:
        self._next_client = self._next_client + 1 if self._next_client < _LAST else _FIRST_CLIENT
        return self._next_client


class _Deaf(asyncio.Protocol):
    """Nobody: while the client waits for TCP, and when it is over."""


_NOBODY = _Deaf()


def _refuse_tls(ssl: SSLContext | None) -> None:
    if ssl is not None:
        raise ValueError(
            "There is no TLS on the virtual clock, for its dates and keys are real: use Lab(clock='real')."
        )


def _a_protocol(protocol: asyncio.BaseProtocol) -> asyncio.Protocol:
    assert isinstance(protocol, asyncio.Protocol)
    return protocol
