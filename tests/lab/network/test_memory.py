"""TCP in memory against TCP of this machine: each case is played on both, and both must tell the same."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator

import pytest

from wslab.lab.clock.real import RealClock
from wslab.lab.clock.virtual import VirtualClock
from wslab.lab.network.address import Address
from wslab.lab.network.base import Network
from wslab.lab.network.memory import MemoryNetwork
from wslab.lab.network.memory_transport import HIGH_WATER, LATENCY, WINDOW
from wslab.lab.network.sockets import SocketNetwork

MOMENT = 0.02
"""Seconds in which everything on its way arrives, on either clock."""

TURNS = 4


class End(asyncio.Protocol):
    """Writes down what it is told. `stays` keeps its direction open after FIN."""

    def __init__(self, name: str, network: Network, log: list[str]) -> None:
        self.stays = False
        self.read = 0
        self._name = name
        self._network = network
        self._log = log

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.tcp = transport

    def data_received(self, data: bytes) -> None:
        self.read += len(data)
        self._log.append(f"{self._name} reads {len(data)}")

    def eof_received(self) -> bool:
        self._log.append(f"{self._name} reads FIN")
        return self.stays

    def connection_lost(self, error: Exception | None) -> None:
        self._log.append(f"{self._name} is over: {type(error).__name__}")

    def pause_writing(self) -> None:
        self._log.append(f"{self._name} pauses")

    def resume_writing(self) -> None:
        self._log.append(f"{self._name} goes on")

    def note(self, words: str) -> None:
        self._log.append(f"{self._name} {words}")

    def reset(self) -> None:
        self._network.reset(self.tcp)


Case = Callable[[End, End], Awaitable[None]]


async def moment() -> None:
    """Several waits, each of which takes a turn of the loop, or a busy machine would count and nothing be read."""
    for _ in range(TURNS):
        await asyncio.sleep(MOMENT / TURNS)


async def each_writes_and_closes(client: End, server: End) -> None:
    client.tcp.write(b"x" * 100)
    await moment()
    server.tcp.write(b"y" * 50)
    await moment()
    client.tcp.close()


async def both_close_at_once(client: End, server: End) -> None:
    client.tcp.close()
    server.tcp.close()


async def half_a_close(client: End, server: End) -> None:
    server.stays = True
    client.tcp.write(b"x" * 100)
    client.tcp.write_eof()
    await moment()
    server.tcp.write(b"late" * 10)
    await moment()
    server.tcp.close()


async def a_reset_behind_data(client: End, server: End) -> None:
    client.tcp.write(b"x" * 100)
    client.reset()


async def a_reset_while_nobody_reads(client: End, server: End) -> None:
    server.tcp.pause_reading()
    client.tcp.write(b"x" * 100)
    await moment()
    client.reset()
    await moment()
    server.tcp.resume_reading()


async def a_write_after_a_reset_that_nobody_read(client: End, server: End) -> None:
    server.tcp.pause_reading()
    client.tcp.write(b"x" * 100)
    await moment()
    client.reset()
    await moment()
    server.tcp.write(b"y")


async def a_close_with_bytes_unread(client: End, server: End) -> None:
    server.tcp.pause_reading()
    client.tcp.write(b"x" * 100)
    await moment()
    server.tcp.close()


async def an_abort_with_bytes_unread(client: End, server: End) -> None:
    server.tcp.pause_reading()
    client.tcp.write(b"x" * 100)
    await moment()
    server.tcp.abort()


async def an_abort_with_nothing_unread(client: End, server: End) -> None:
    server.tcp.abort()


async def writing_to_one_who_has_closed(client: End, server: End) -> None:
    client.stays = True
    server.tcp.close()
    for _ in range(3):
        await moment()
        client.tcp.write(b"1")


async def writing_after_fin_and_a_reset(client: End, server: End) -> None:
    client.stays = True
    server.tcp.write_eof()
    await moment()
    server.reset()
    await moment()
    client.tcp.write(b"1")


async def a_reset_for_one_who_sent_fin(client: End, server: End) -> None:
    server.stays = True
    client.tcp.write_eof()
    await moment()
    server.reset()


async def writing_to_one_who_closed_while_nobody_reads(client: End, server: End) -> None:
    server.tcp.pause_reading()
    client.tcp.write(b"x" * 10)
    client.tcp.close()
    for _ in range(2):
        await moment()
        server.tcp.write(b"1")


async def a_fin_after_a_reset_that_nobody_read(client: End, server: End) -> None:
    server.tcp.pause_reading()
    client.tcp.write(b"x" * 100)
    await moment()
    client.reset()
    await moment()
    with pytest.raises(OSError, match="not connected"):
        server.tcp.write_eof()
    await moment()
    server.tcp.resume_reading()


async def a_reset_for_one_who_waits_to_write_and_does_not_read(client: End, server: End) -> None:
    client.tcp.pause_reading()
    server.tcp.pause_reading()
    client.tcp.write(bytes(20_000_000))
    await moment()
    server.reset()


async def a_reset_and_a_write_that_cross(client: End, server: End) -> None:
    client.reset()
    server.tcp.write(b"1")


CASES = [each for name, each in list(globals().items()) if asyncio.iscoroutinefunction(each) and each is not moment]


async def told(network: Network, case: Case) -> list[str]:
    """What both ends are told, the client's behind the server's: between the two, order is chance."""
    log: list[str] = []
    made: list[End] = []

    def server() -> End:
        made.append(End("server", network, log))
        return made[0]

    listener = await network.listen(server, "127.0.0.1", 0)
    client = End("client", network, log)
    await network.dial(lambda: client, listener.address, timeout=2)
    await moment()
    await case(client, made[0])
    await moment()
    told = sorted(log, key=lambda line: line.startswith("client"))
    client.tcp.abort()
    made[0].tcp.abort()
    listener.close()
    await moment()
    return told


def in_memory(case: Case) -> list[str]:
    clock = VirtualClock()
    try:
        return clock.run(told(MemoryNetwork(clock.virtual_loop), case))
    finally:
        clock.abandon(lambda: None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.__name__))
async def test_memory_and_sockets_tell_the_same(case: Case) -> None:
    assert in_memory(case) == await told(SocketNetwork(RealClock()), case)


ACTIONS: dict[str, Callable[[End], object]] = {
    "writes": lambda end: end.tcp.write(bytes(10)),
    "ends writing": lambda end: end.tcp.write_eof(),
    "closes": lambda end: end.tcp.close(),
    "aborts": lambda end: end.tcp.abort(),
    "resets": lambda end: end.reset(),
    "stops reading": lambda end: end.tcp.pause_reading(),
    "reads on": lambda end: end.tcp.resume_reading(),
    "stays": lambda end: setattr(end, "stays", True),
}


def story_of(chance: random.Random) -> Case:
    """Anything that both ends may do, one after the other, with the time for it to be noticed."""
    steps = [(chance.random() < 0.5, chance.choice([*ACTIONS])) for _ in range(chance.randint(2, 9))]

    async def story(client: End, server: End) -> None:
        for by_client, action in steps:
            end = client if by_client else server
            try:
                ACTIONS[action](end)
            except (OSError, RuntimeError) as error:  # both networks must refuse the same
                end.note(f"{action} in vain: {type(error).__name__}")
            for _ in range(3):
                await moment()

    story.__doc__ = ", ".join(f"{'client' if by_client else 'server'} {action}" for by_client, action in steps)
    return story


def glued(lines: list[str]) -> list[str]:
    """However many reads brought them, bytes are bytes."""
    told: list[str] = []
    for line in lines:
        who, _, size = line.partition(" reads ")
        before, _, already = (told or [""])[-1].partition(" reads ")
        if size.isdecimal() and already.isdecimal() and who == before:
            told[-1] = f"{who} reads {int(already) + int(size)}"
        else:
            told.append(line)
    return told


@pytest.mark.parametrize("seed", range(3))
async def test_memory_and_sockets_tell_the_same_of_whatever_two_ends_do(seed: int) -> None:
    chance = random.Random(seed)
    stories = [story_of(chance) for _ in range(60)]
    sockets = SocketNetwork(RealClock())
    on_sockets = await asyncio.gather(*(told(sockets, story) for story in stories))
    for story, happened in zip(stories, on_sockets, strict=True):
        assert glued(in_memory(story)) == glued(happened), story.__doc__


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    clock = VirtualClock()
    yield clock
    clock.abandon(lambda: None)


@pytest.fixture
def network(clock: VirtualClock) -> MemoryNetwork:
    return MemoryNetwork(clock.virtual_loop)


async def connected(network: Network) -> tuple[End, End]:
    log: list[str] = []
    server = End("server", network, log)
    listener = await network.listen(lambda: server, "127.0.0.1", 0)
    client = End("client", network, log)
    await network.dial(lambda: client, listener.address, timeout=2)
    return client, server


def test_a_reader_that_stops_holds_back_the_writer(clock: VirtualClock, network: MemoryNetwork) -> None:
    async def story() -> None:
        client, server = await connected(network)
        server.tcp.pause_reading()
        client.tcp.write(b"x" * (WINDOW + HIGH_WATER + 1))
        assert client._log == ["client pauses"]
        assert client.tcp.get_write_buffer_size() == HIGH_WATER + 1
        await moment()
        assert server.read == 0
        server.tcp.resume_reading()
        await moment()
        assert server.read == WINDOW + HIGH_WATER + 1
        assert "client goes on" in client._log

    clock.run(story())


def test_a_client_is_refused_after_a_round_trip_where_nobody_listens(
    clock: VirtualClock, network: MemoryNetwork
) -> None:
    async def story() -> None:
        with pytest.raises(ConnectionRefusedError):
            await network.dial(asyncio.Protocol, Address("127.0.0.1", 9), timeout=2)

    clock.run(story())
    assert clock.now() == pytest.approx(2 * LATENCY)


def test_a_port_is_taken_once(clock: VirtualClock, network: MemoryNetwork) -> None:
    async def story() -> None:
        first = await network.listen(asyncio.Protocol, "127.0.0.1", 80)
        with pytest.raises(OSError, match="in use"):
            await network.listen(asyncio.Protocol, "127.0.0.1", 80)
        first.close()
        await network.listen(asyncio.Protocol, "127.0.0.1", 80)
        first.close()
        with pytest.raises(OSError, match="in use"):
            await network.listen(asyncio.Protocol, "127.0.0.1", 80)

    clock.run(story())


def test_a_free_port_is_found_again_after_the_last_and_there_may_be_none(
    clock: VirtualClock, network: MemoryNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wslab.lab.network.memory._LAST_SERVER", 50003)

    async def story() -> None:
        listeners = [await network.listen(asyncio.Protocol, "127.0.0.1", 0) for _ in range(3)]
        with pytest.raises(OSError, match="in use"):
            await network.listen(asyncio.Protocol, "127.0.0.1", 0)
        listeners[1].close()
        assert (await network.listen(asyncio.Protocol, "127.0.0.1", 0)).address.port == 50002

    clock.run(story())


def test_what_waits_to_be_sent_is_not_copied_for_each_piece_of_it(clock: VirtualClock, network: MemoryNetwork) -> None:
    much = bytes(WINDOW * 100)

    async def story() -> None:
        client, server = await connected(network)
        tracemalloc.start()
        try:
            client.tcp.write(much)
            await asyncio.sleep(1)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert server.read == len(much)
        assert most < len(much) / 4

    clock.run(story())


def test_a_client_whose_protocol_fails_at_once_leaves_the_server_no_open_connection(
    clock: VirtualClock, network: MemoryNetwork
) -> None:
    class Failing(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            raise NotImplementedError("no TLS here")

    async def story() -> list[str]:
        log: list[str] = []
        listener = await network.listen(lambda: End("server", network, log), "127.0.0.1", 0)
        with pytest.raises(NotImplementedError, match="no TLS here"):
            await network.dial(Failing, listener.address, timeout=2)
        await moment()
        return log

    assert clock.run(story())[-1:] == ["server is over: NoneType"]


def test_the_limits_of_the_write_buffer_are_those_that_were_set(clock: VirtualClock, network: MemoryNetwork) -> None:
    async def story() -> None:
        client, server = await connected(network)
        assert client.tcp.get_write_buffer_limits() == (HIGH_WATER // 4, HIGH_WATER)
        client.tcp.set_write_buffer_limits(high=10, low=5)
        server.tcp.pause_reading()
        client.tcp.write(bytes(WINDOW + 10))
        assert client._log == []
        client.tcp.write(b"x")
        assert client._log == ["client pauses"]
        server.tcp.resume_reading()
        await moment()
        assert server.read == WINDOW + 11
        assert "client goes on" in client._log

    clock.run(story())


@pytest.mark.parametrize("limits", [{"high": 8}, {"low": 8}, {}, {"high": 9, "low": 9}, {"high": 0}, {"high": -1}])
async def test_the_limits_of_the_write_buffer_are_counted_as_asyncio_counts(limits: dict[str, int]) -> None:
    async def case(client: End, server: End) -> None:
        try:
            client.tcp.set_write_buffer_limits(**limits)
        except ValueError as error:
            client.note(str(error))
        client.note(str(client.tcp.get_write_buffer_limits()))

    assert in_memory(case) == await told(SocketNetwork(RealClock()), case)


def test_another_protocol_can_be_put_in_place(clock: VirtualClock, network: MemoryNetwork) -> None:
    async def story() -> None:
        client, server = await connected(network)
        other = End("other", network, server._log)
        server.tcp.set_protocol(other)
        assert server.tcp.get_protocol() is other
        client.tcp.write(b"x")
        await moment()
        assert server._log == ["other reads 1"]

    clock.run(story())


def test_the_streams_of_asyncio_work_on_it(clock: VirtualClock, network: MemoryNetwork) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    async def story() -> bytes:
        accept = asyncio.StreamReaderProtocol
        listener = await network.listen(lambda: accept(asyncio.StreamReader(), serve), "127.0.0.1", 0)
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport = await network.dial(lambda: protocol, listener.address, timeout=2)
        writer = asyncio.StreamWriter(transport, protocol, reader, clock.loop)
        writer.write(b"x" * (WINDOW * 5))
        await writer.drain()
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    assert clock.run(story()) == b"X" * (WINDOW * 5)
