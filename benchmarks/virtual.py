"""Virtual time: a day of pings, a herd of clients, every scenario, each recorded.

Rules of this module: nothing waits here for anything outside of its process, so the processor's time is what counts:
what else the machine does has no part in it. What grows is linear where the most takes about as long a client as the
fewest; up to twice as long is the processor's caches and Python's collector, which find more that lives.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from statistics import median

from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.harness import OURS, Measurement, Progress, Target
from wslab.lab import Lab, Tape, echo
from wslab.scenarios import SCENARIOS, play

HOUR, DAY, PING_INTERVAL = 3600.0, 24 * 3600.0, 20.0
THEIR_HERD, AWAY = 1000, 20.0
"""Clients of `websockets` that reconnect to a server of `websockets`, and the seconds that it is away."""

HERDS = {100: 7, 1000: 3, 10_000: 1}
"""Clients, and how often that many are measured."""

BACKOFFS = {"none": "no back-off", "exponential": "back-off", "full-jitter": "full jitter"}
ROUNDS = 3
MOST_A_CLIENT = 2.0  # times what it takes with the fewest


def measure(progress: Progress) -> Iterator[Measurement]:
    """A day, the herd in each of its variants, every scenario."""
    progress("a day of pings")
    seconds = median(_processor(_day) for _ in range(ROUNDS))
    yield _limited(f"a day of a connection with {PING_INTERVAL:g} s pings", seconds, 1.0)
    progress("the websockets library in virtual time")
    for name, length, limit in (("an hour", HOUR, 0.5), ("a day", DAY, 5.0)):
        seconds = median(_processor(partial(_their_keepalive, length)) for _ in range(ROUNDS))
        yield _limited(f"{name} of websockets' own keepalive, both sides in virtual time", seconds, limit)
    yield _their_herd()
    for backoff in BACKOFFS:
        yield from _herds(backoff, progress)
    progress("every scenario")
    names = [name for name, scenario in SCENARIOS.items() if scenario.clock == "virtual"]
    seconds = median(_processor(lambda: [play(name) for name in names]) for _ in range(ROUNDS))
    yield _limited(f"every scenario on the virtual clock, {len(names)} of them", seconds, 5.0)


def _limited(name: str, seconds: float, limit: float) -> Measurement:
    return Measurement(name, "s", {OURS: seconds}, False, limit=limit)


def _processor(work: Callable[[], object]) -> float:
    """Seconds of the processor that `work` takes; what the work before it left is cleared away first."""
    gc.collect()
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _day() -> Tape:
    lab = Lab(clock="virtual")

    async def story() -> None:
        async with await lab.connect(await lab.serve(echo, ping_interval=PING_INTERVAL)):
            await asyncio.sleep(DAY)

    lab.run(story())
    return lab.tape


def _their_keepalive(seconds: float) -> None:
    async def story() -> None:
        async with serve(_their_echo, "127.0.0.1", 0) as server, connect(_at(_port(server))):
            await asyncio.sleep(seconds)

    Lab(clock="virtual").run(story())


def _their_herd() -> Measurement:
    """The clock on the wall: real time has to be waited for."""
    begin = time.perf_counter()
    Lab(clock="virtual", tape=False).run(_away_and_back())
    virtual = time.perf_counter() - begin
    begin = time.perf_counter()
    asyncio.run(_away_and_back())
    name = f"{THEIR_HERD:,} clients of websockets reconnect to websockets, which was away for {AWAY:g} s"
    medians = {OURS: virtual, "real time": time.perf_counter() - begin}
    return Measurement(name, "s", medians, False, [Target("real time", 1.0)])


async def _away_and_back() -> None:
    """Everybody is connected; the server goes, and comes back; everybody is connected again."""
    connected = asyncio.Semaphore(0)
    server = await serve(_their_echo, "127.0.0.1", 0, compression=None)
    port = _port(server)
    clients = [asyncio.ensure_future(_stays(_at(port), connected)) for _ in range(THEIR_HERD)]
    for away in (AWAY, 0.0):
        for _ in clients:
            await connected.acquire()
        if not away:
            break
        server.close()
        await server.wait_closed()
        await asyncio.sleep(away)
        server = await serve(_their_echo, "127.0.0.1", port, compression=None)
    for each in clients:
        each.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    server.close()
    await server.wait_closed()


async def _stays(url: str, connected: asyncio.Semaphore) -> None:
    async for ws in connect(url, compression=None):
        with suppress(ConnectionClosed):
            await ws.send("here")
            await ws.recv()
            connected.release()
            await ws.recv()


async def _their_echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


def _port(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


def _at(port: int) -> str:
    return f"ws://127.0.0.1:{port}/"


def _herds(backoff: str, progress: Progress) -> Iterator[Measurement]:
    seconds = {}
    for clients, rounds in HERDS.items():
        progress(f"a herd of {clients:,}, {BACKOFFS[backoff]}")
        run = partial(play, "herd", clients=clients, backoff=backoff)
        seconds[clients] = median(_processor(run) for _ in range(rounds))
    fewest, most = min(HERDS), max(HERDS)
    name = f"a herd of {most:,} clients, {BACKOFFS[backoff]}"
    yield _limited(name, seconds[most], 20.0)
    each = {f"{clients:,} clients": took / clients * 1e6 for clients, took in seconds.items() if clients != most}
    medians = {OURS: seconds[most] / most * 1e6, **each}
    yield Measurement(f"{name}: each", "µs", medians, False, [Target(f"{fewest:,} clients", 1 / MOST_A_CLIENT)])
