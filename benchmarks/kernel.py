"""What a notebook feels: both ends on one loop, the time to import, the memory of what waits or is recorded."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.echo import shake_hands
from benchmarks.harness import OURS, Measurement, Progress, Target, take_turns, timed
from benchmarks.peers import server
from benchmarks.tapes import recorded

ROUND_TRIPS = 10_000
IDLE = 500
RECORDED = 100_000


def measure(progress: Progress) -> Iterator[Measurement]:
    """One loop, imports, idle connections, tape entries."""
    yield _one_loop(progress)
    yield _imports(progress)
    yield _idle(progress)
    yield _tape_memory(progress)


def _one_loop(progress: Progress) -> Measurement:
    payload = os.urandom(125)
    runs = {
        OURS: lambda: timed(lambda: asyncio.run(_ours(payload))),
        "websockets": lambda: timed(lambda: asyncio.run(_theirs(payload))),
        "bare asyncio": lambda: timed(lambda: asyncio.run(_bare(payload))),
    }
    name = f"client and server on one loop, {ROUND_TRIPS:,} round trips of 125 B, tape on"
    return Measurement(name, "s", take_turns(runs, progress), False, [Target("websockets", 1 / 0.7)])


async def _ours(payload: bytes) -> None:
    from wslab.lab import Lab, echo

    async with Lab() as lab:
        ws = await lab.connect(await lab.serve(echo))
        for _ in range(ROUND_TRIPS):
            await ws.send(payload)
            await ws.recv()


async def _theirs(payload: bytes) -> None:
    from websockets.asyncio.client import connect
    from websockets.asyncio.server import ServerConnection, serve

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0, compression=None) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}/", compression=None) as ws:
            for _ in range(ROUND_TRIPS):
                await ws.send(payload)
                await ws.recv()


class _Bare(asyncio.Protocol):
    """Bytes without a protocol, and a coroutine that waits for them: what every library on asyncio pays."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.data: asyncio.Future[bytes] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data.set_result(data)

    async def recv(self) -> bytes:
        data = await self.data
        self.data = self._loop.create_future()
        return data


async def _bare(payload: bytes) -> None:
    loop, end = asyncio.get_running_loop(), _Bare()

    async def echo() -> None:
        while True:
            data = await end.recv()
            end.transport.write(data)

    listener = await loop.create_server(lambda: end, "127.0.0.1", 0)
    echoing = loop.create_task(echo())
    _, client = await loop.create_connection(_Bare, *listener.sockets[0].getsockname())
    for _ in range(ROUND_TRIPS):
        client.transport.write(payload)
        await client.recv()
    echoing.cancel()
    client.transport.close()
    listener.close()


def _imports(progress: Progress) -> Measurement:
    def fresh(module: str) -> float:
        return timed(lambda: subprocess.run([sys.executable, "-c", f"import {module}"], check=True)) * 1000

    modules = {OURS: "wslab", "websockets": "websockets.asyncio.server", "an empty Python": "sys"}
    runs = {name: partial(fresh, module) for name, module in modules.items()}
    name = "import wslab, and websockets.asyncio.server, in a fresh process"
    return Measurement(name, "ms", take_turns(runs, progress), False, [Target("websockets", 1.0)])


def _idle(progress: Progress) -> Measurement:
    runs = {name: partial(_bytes_a_connection, name) for name in (OURS, "websockets", "aiohttp")}
    name = f"memory of an idle connection, tape on, {IDLE} of them"
    return Measurement(name, "KiB", take_turns(runs, progress), False, [Target("websockets", 1 / 0.6)])


def _bytes_a_connection(name: str) -> float:
    with server(name) as process, ExitStack() as clients:
        if process is None:
            return float("nan")
        clients.enter_context(shake_hands(process.port))  # what is only made once
        before = _resident(process.pid)
        for _ in range(IDLE):
            clients.enter_context(shake_hands(process.port))
        return (_resident(process.pid) - before) / IDLE / 1024


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def _tape_memory(progress: Progress) -> Measurement:
    progress(f"{RECORDED:,} frames")
    tracemalloc.start()
    tape = recorded(RECORDED)
    size = tracemalloc.get_traced_memory()[0] / len(tape)
    tracemalloc.stop()
    return Measurement("tape memory for a recorded frame of 16 B", "bytes", {OURS: size}, False, limit=200)
