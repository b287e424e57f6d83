"""The calls of a loop that are about TCP: what they give in memory, against asyncio's loop on sockets."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from wslab.lab import Lab
from wslab.lab.network.memory_transport import LATENCY

HERE = "127.0.0.1"


class Log(asyncio.Protocol):
    """What a protocol is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.over = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.lines.append("made")

    def data_received(self, data: bytes) -> None:
        self.lines.append(data.decode())

    def eof_received(self) -> None:
        self.lines.append("FIN")

    def connection_lost(self, error: Exception | None) -> None:
        self.lines.append(f"lost {type(error).__name__}")
        self.over.set_result(None)


class Filled(asyncio.BufferedProtocol):
    """An echo with a buffer of its own, which is small."""

    def __init__(self) -> None:
        self._buffer = bytearray(7)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._transport.write(bytes(self._buffer[:nbytes]))


Loop = asyncio.AbstractEventLoop
Case = Callable[[Loop], Awaitable[object]]


def raised(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def free_port(loop: Loop) -> int:
    async with await loop.create_server(Log, HERE, 0) as server:
        return int(server.sockets[0].getsockname()[1])


async def a_talk_and_its_end(loop: Loop) -> object:
    served: list[Log] = []

    def accept() -> Log:
        served.append(Log())
        return served[0]

    async with await loop.create_server(accept, HERE, 0) as server:
        port = server.sockets[0].getsockname()[1]
        transport, client = await loop.create_connection(Log, HERE, port)
        transport.write(b"hello")
        await asyncio.sleep(0.02)
        served[0].transport.write(b"bye")
        served[0].transport.close()
        await client.over
    return client.lines, served[0].lines


async def a_buffer_of_its_own(loop: Loop) -> object:
    async with await loop.create_server(Filled, HERE, 0) as server:
        reader, writer = await asyncio.open_connection(HERE, server.sockets[0].getsockname()[1])
        writer.write(b"more than seven bytes")
        heard = await reader.readexactly(21)
        writer.close()
        await writer.wait_closed()
    return heard


async def nobody_listens(loop: Loop) -> object:
    port = await free_port(loop)
    with pytest.raises(ConnectionRefusedError) as found:
        await loop.create_connection(Log, HERE, port)
    return raised(found.value).replace(str(port), "PORT"), found.value.errno


async def the_port_is_taken(loop: Loop) -> object:
    async with await loop.create_server(Log, HERE, 0) as server:
        with pytest.raises(OSError, match="in use") as found:
            await loop.create_server(Log, HERE, server.sockets[0].getsockname()[1])
    return found.value.errno


async def what_the_server_tells(loop: Loop) -> object:
    server = await loop.create_server(Log, HERE, 0, start_serving=False)
    told: list[object] = [server.is_serving(), len(server.sockets), server.get_loop() is loop]
    with suppress(ConnectionRefusedError):  # a system that has bound and does not listen refuses
        await loop.create_connection(Log, HERE, server.sockets[0].getsockname()[1])
        told.append("connected")
    await server.start_serving()
    told.append(server.is_serving())
    server.close()
    server.close()
    await server.wait_closed()
    told += [server.is_serving(), len(server.sockets)]
    return told


async def serving_for_ever(loop: Loop) -> object:
    server = await loop.create_server(Log, HERE, 0)
    task = asyncio.ensure_future(server.serve_forever())
    await asyncio.sleep(0.01)
    with pytest.raises(RuntimeError, match="already being awaited"):
        await server.serve_forever()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return server.is_serving()


async def the_socket_of_a_transport(loop: Loop) -> object:
    async with await loop.create_server(Log, HERE, 0) as server:
        transport, client = await loop.create_connection(Log, HERE, server.sockets[0].getsockname()[1])
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        told = [
            sock.family,
            sock.type,
            sock.getsockname() == transport.get_extra_info("sockname"),
            sock.getpeername() == transport.get_extra_info("peername") == server.sockets[0].getsockname(),
            [type(each) for each in transport.get_extra_info("peername")],
        ]
        transport.close()
        await client.over
    return told


async def a_socket_of_the_program_s(loop: Loop) -> object:
    async with await loop.create_server(Filled, HERE, 0) as server:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        await loop.sock_connect(sock, (HERE, server.sockets[0].getsockname()[1]))
        transport, client = await loop.create_connection(Log, sock=sock)
        transport.write(b"there?")
        await asyncio.sleep(0.02)
        transport.close()
        await client.over
    return client.lines


async def what_is_misused(loop: Loop) -> object:
    said = []
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: loop.create_connection(Log),
        lambda: loop.create_connection(Log, HERE, 1, server_hostname="x"),
        lambda: loop.create_connection(Log, "::1", 1, family=socket.AF_INET),
    ]
    for call in calls:
        with pytest.raises((ValueError, OSError)) as found:
            await call()
        said.append((type(found.value), getattr(found.value, "errno", str(found.value))))
    return said


CASES: list[Case] = [
    a_talk_and_its_end,
    a_buffer_of_its_own,
    nobody_listens,
    the_port_is_taken,
    what_the_server_tells,
    serving_for_ever,
    the_socket_of_a_transport,
    a_socket_of_the_program_s,
    what_is_misused,
]


async def of(case: Case) -> object:
    return await case(asyncio.get_running_loop())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_a_loop_in_memory_does_what_the_loop_of_asyncio_does(case: Case) -> None:
    assert Lab(clock="virtual").run(of(case)) == await of(case)


@pytest.fixture
def lab() -> Lab:
    return Lab(clock="virtual")


def test_localhost_is_both_loopback_addresses_and_a_server_without_a_host_is_everywhere(lab: Lab) -> None:
    async def story() -> list[object]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
        named = await loop.getnameinfo(("127.0.0.1", 80))
        async with await loop.create_server(Filled, None, 80):
            for host in ("127.0.0.1", "::1", "127.0.0.2", "localhost"):
                _, writer = await asyncio.open_connection(host, 80)
                writer.close()
        return [[info[4] for info in found], named]

    assert lab.run(story()) == [[("127.0.0.1", 80), ("::1", 80, 0, 0)], ("127.0.0.1", "80")]


@pytest.mark.parametrize("host", ["example.com", "192.0.2.1", "2001:db8::1"])
def test_a_host_that_is_not_this_machine_is_not_there(lab: Lab, host: str) -> None:
    with pytest.raises(OSError, match=f"one machine, and {host} is not on it: use 127.0.0.1"):
        lab.run(asyncio.open_connection(host, 80))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda loop: loop.create_server(Log, sock=socket.socket()),
            "loop.create_server: TCP in memory takes no sock=",
        ),
        (lambda loop: loop.create_connection(Log, sock=socket.socket()), "loop.create_connection: .* no sock="),
        (
            lambda loop: loop.create_connection(Log, HERE, 1, local_addr=(HERE, 1)),
            "loop.create_connection: .* no local",
        ),
        (lambda loop: loop.create_datagram_endpoint(Log, (HERE, 1)), "loop.create_datagram_endpoint: a virtual clock"),
        (lambda loop: loop.create_unix_connection(Log, "/x"), "loop.create_unix_connection: a virtual clock"),
        (lambda loop: loop.sock_recv(socket.socket(), 1), "loop.sock_recv: a virtual clock has TCP in memory"),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_what_needs_a_system_is_refused_with_the_name_of_the_call(
    lab: Lab, call: Callable[[Loop], Awaitable[object]], says: str
) -> None:
    async def story() -> None:
        await call(asyncio.get_running_loop())

    with pytest.raises(NotImplementedError, match=says):
        lab.run(story())
    gc.collect()


def test_a_call_on_a_socket_that_needs_a_system_is_refused_with_its_name(lab: Lab) -> None:
    async def story() -> None:
        async with await asyncio.get_running_loop().create_server(Log, HERE, 0) as server:
            server.sockets[0].recv(1)

    with pytest.raises(NotImplementedError, match=r"^socket\.recv: a connection in memory has no socket"):
        lab.run(story())


async def served_by(loop: Loop, client: Callable[[int], Awaitable[object]]) -> list[str]:
    """What the server's protocol is told, until its connection is over, of what a client does with its port."""
    served: list[Log] = []

    def accept() -> Log:
        served.append(Log())
        return served[0]

    async with await loop.create_server(accept, HERE, 0) as server:
        await client(server.sockets[0].getsockname()[1])
        await served[0].over
    return served[0].lines


async def resets(port: int) -> None:
    transport, _ = await asyncio.get_running_loop().create_connection(Log, HERE, port)
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.close()


async def drops_its_socket(port: int) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    await asyncio.get_running_loop().sock_connect(sock, (HERE, port))
    sock.close()
    del sock
    gc.collect()


async def gives_up_while_it_begins(port: int) -> None:
    dialling = asyncio.ensure_future(asyncio.get_running_loop().create_connection(Log, HERE, port))
    await asyncio.sleep(1.5 * LATENCY)
    dialling.cancel()


@pytest.mark.parametrize(
    ("client", "ends"),
    [
        (resets, ["lost ConnectionResetError"]),
        (drops_its_socket, ["FIN", "lost NoneType"]),
        (gives_up_while_it_begins, ["FIN", "lost NoneType"]),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_the_server_learns_how_a_client_left(
    lab: Lab, client: Callable[[int], Awaitable[object]], ends: list[str]
) -> None:
    async def story() -> list[str]:
        return await served_by(asyncio.get_running_loop(), client)

    assert lab.run(story()) == ["made", *ends]


def test_a_port_in_use_has_the_system_s_number(lab: Lab) -> None:
    async def story() -> None:
        async with await asyncio.start_server(lambda *_: None, "localhost", 80):
            await asyncio.start_server(lambda *_: None, "localhost", 80)

    with pytest.raises(OSError, match="in use") as found:
        lab.run(story())
    assert found.value.errno == errno.EADDRINUSE
