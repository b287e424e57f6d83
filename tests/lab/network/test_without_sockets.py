"""A lab on the real clock where Python has no sockets, as in a browser: TCP in memory on the loop that runs.

`tests/test_pyodide.py` runs the notebooks in such a Python; here one is made of this Python.
"""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError

from wslab.lab import Lab, echo
from wslab.lab.network.lent import network_of
from wslab.lab.network.memory import MemoryNetwork


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wslab.lab.foundation.PLATFORM", "emscripten")


async def their_echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def test_all_labs_of_a_loop_and_the_real_library_meet_on_one_network() -> None:
    first, second = Lab(), Lab()
    assert first.in_memory
    server = await first.serve(echo)
    async with serve(their_echo, "localhost", 0) as theirs, connect(server.url) as client:
        await client.send("to the first lab")
        assert await client.recv() == "to the first lab"
        ws = await second.connect(server)
        await ws.send("from the second lab")
        assert await ws.recv() == "from the second lab"
        ws = await second.connect(f"ws://127.0.0.1:{theirs.sockets[0].getsockname()[1]}/")
        await ws.send("to the library")
        assert await ws.recv() == "to the library"
        await second.close()
    await first.close()
    assert network_of(asyncio.get_running_loop()).taken == []


async def test_a_lab_that_serves_nothing_yet_lends_its_loop_the_network_all_the_same() -> None:
    lab = Lab()
    async with serve(their_echo, "127.0.0.1", 0) as theirs:
        ws = await lab.connect(f"ws://127.0.0.1:{theirs.sockets[0].getsockname()[1]}/")
        await ws.close()


async def test_a_cut_link_between_the_library_and_a_server_is_a_reset() -> None:
    async with Lab() as lab:
        link = await lab.link(await lab.serve(echo))
        async with connect(link.url) as client:
            link.cut()
            with pytest.raises(ConnectionClosedError):
                await client.recv()
        assert client.close_code == 1006


async def test_a_port_is_taken_over_by_another_lab_of_the_loop() -> None:
    async with Lab() as first, Lab() as second:
        older = await first.serve(echo, port=9000)
        newer = await second.serve(echo, port=9000)
        assert (older.listens, newer.listens) == (False, True)


async def told(awaitable: Awaitable[object]) -> str:
    with pytest.raises((OSError, ValueError)) as raised:
        await awaitable
    return str(raised.value)


async def test_what_is_beyond_this_machine_is_not_there_and_a_server_cannot_be_blocked() -> None:
    async with Lab(beyond_loopback=True) as lab:
        assert "192.0.2.1 is not on it" in await told(lab.connect("ws://192.0.2.1/"))
        assert "192.0.2.1 is not on it" in await told(asyncio.open_connection("192.0.2.1", 80))
        assert "both sides share one loop" in await told(lab.block(await lab.serve(echo), 1))


async def talk(lab: Lab) -> weakref.ref[MemoryNetwork]:
    """A talk that is broken off where it stands."""
    ws = await lab.connect(await lab.serve(echo))
    await ws.send("hello")
    assert await ws.recv() == "hello"
    return weakref.ref(network_of(asyncio.get_running_loop()))


def test_a_loop_that_is_closed_takes_its_network_with_it_and_the_lab_goes_on_on_the_next() -> None:
    lab = Lab()
    first = asyncio.run(talk(lab))
    second = asyncio.run(talk(lab))
    assert first() is not second()
    del lab
    gc.collect()
    assert (first(), second()) == (None, None)


async def test_a_lab_that_is_dropped_frees_its_port() -> None:
    async def drop() -> int:
        server = await Lab().serve(echo)
        return server.port

    port = await drop()
    gc.collect()
    async with asyncio.timeout(2):
        while network_of(asyncio.get_running_loop()).taken:  # noqa: ASYNC110  the loop has to turn
            await asyncio.sleep(0)
    with pytest.raises(ConnectionRefusedError, match="Nobody listens"):
        await Lab().connect(f"ws://127.0.0.1:{port}/")
