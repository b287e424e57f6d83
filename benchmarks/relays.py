"""Relays between a client and a real server: the lab's link and tap beside those that people use.

Rules of this module: each relay is a process of its own in front of the same `ws` server of npm's; the client is
the cheap one of `client`. The lab's link has no faults, finds every frame and records every byte on its tape.
`python -m benchmarks.relays NAME PORT` starts one of Python's.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.client import messages_a_second
from benchmarks.harness import OURS, Measurement, Progress, Target, size_name, take_turns
from benchmarks.peers import running
from tests.npm import npm_package

PLAIN, PROXY, NOTHING = "plain asyncio relay", "npm http-proxy", "no relay"
HTTP_PROXY = "http-proxy@1.18.1"
SERVER = "npm ws"

NODE_RELAY = """
const proxy = require("http-proxy").createProxyServer({ ws: true, target: "ws://127.0.0.1:TARGET" });
proxy.on("error", () => {});
const server = require("http").createServer();
server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""

CASES = {125: (128, 60), 1024: (128, 60), 64 * 1024: (4, 60)}


def measure(progress: Progress) -> Iterator[Measurement]:
    """Echo through each relay, for each size."""
    with running([SERVER]) as ports:
        if SERVER not in ports:
            return
        with _relays(ports[SERVER]) as relays:
            for size, (depth, batches) in CASES.items():
                runs = {
                    name: partial(messages_a_second, port, size, depth=depth, batches=batches)
                    for name, port in relays.items()
                }
                name = f"relayed echo of {size_name(size)}, 2 × {depth} messages in flight"
                targets = [Target(PLAIN, 0.5)] if size == 1024 else []
                yield Measurement(name, "messages/s", take_turns(runs, progress), True, targets)


@contextmanager
def _relays(target: int) -> Iterator[dict[str, int]]:
    """Each relay that could be started, and its port."""
    commands = {name: [sys.executable, "-m", "benchmarks.relays", name, str(target)] for name in (OURS, PLAIN)}
    folder = npm_package(HTTP_PROXY)
    if folder is not None:
        module = f'"{folder}/node_modules/http-proxy"'
        script = NODE_RELAY.replace('"http-proxy"', module).replace("TARGET", str(target))
        commands[PROXY] = ["node", "-e", script]
    with ExitStack() as stack:
        found = {name: stack.enter_context(_started(command)) for name, command in commands.items()}
        yield {**found, NOTHING: target}


@contextmanager
def _started(command: list[str]) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


# --- the relays of Python ---------------------------------------------------------------


async def _link(target: int) -> None:
    from wslab.lab import Lab

    lab = Lab(tape_bytes=1 << 30)  # all of it: nothing is dropped
    link = await lab.link(f"ws://127.0.0.1:{target}/")
    print(link.port, flush=True)
    await asyncio.Event().wait()


class _Half(asyncio.Protocol):
    """One side of the plain relay."""

    def __init__(self, target: int, other: _Half | None = None) -> None:
        self.target = target
        self.other = other
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.other is None:
            transport.pause_reading()
            self.task = asyncio.get_running_loop().create_task(self._dial(transport))

    async def _dial(self, transport: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        _, self.other = await loop.create_connection(lambda: _Half(self.target, self), "127.0.0.1", self.target)
        transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


async def _plain(target: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Half(target), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


RELAYS: dict[str, Callable[[int], Awaitable[None]]] = {OURS: _link, PLAIN: _plain}


async def _serve(name: str, target: int) -> None:
    await RELAYS[name](target)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
