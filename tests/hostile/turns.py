"""How long a loop is busy in one turn while a hostile peer floods it: so long every other connection waits.

A victim is a process of its own with one event loop: a server or a client of the lab, a link, or a command that prints
what passes. One peer is hostile and sends one of `FLOODS`; another is honest, and has its messages echoed. What an
honest message waits for is the turn of the loop in which it arrives and the next one, in which it is answered. So not
the time of the trips is measured, which on a busy machine says more about the machine, but the CPU time of the longest
turn: a callback that runs in each turn looks at `time.thread_time`.

`python -m tests.hostile.turns` prints the table of README.md.
"""

from __future__ import annotations

import asyncio
import random
import re
import signal
import sys
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from rich.console import Console

from wslab.cli.serve import run_server
from wslab.cli.tap.tap import TapOptions, run_tap
from wslab.cli.terminal.signals import until_stopped
from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.lab.faults.manual import Insert
from wslab.protocol import Deflate, Frame, HandshakeRequest, HandshakeResponse, Opcode
from wslab.protocol.deflate import MAX_FINAL_BLOCKS

TRIP = 0.25
"""Seconds of CPU that an honest trip may wait for."""

TRIPS = 20
"""Honest trips during and after a flood; each is answered, or the run fails."""

KIB, MIB = 1024, 1024 * 1024
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
AGREED = Deflate()
HOST = "127.0.0.1"
_SECONDS = 100  # after which a run has failed
_CHUNK = 64 * KIB

# --- the victim, in a process of its own --------------------------------------------------------


class Turns:
    """The longest turn of a loop, in seconds of CPU."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._loop = asyncio.get_running_loop()
        self._last = time.thread_time()
        self._loop.call_soon(self._look)

    def say(self) -> None:
        """Print it."""
        print(f"\nlongest turn {self.longest:.6f}", file=sys.stderr, flush=True)

    def _look(self) -> None:
        now = time.thread_time()
        self.longest = max(self.longest, now - self._last)
        self._last = now
        self._loop.call_soon(self._look)


async def _server(port: int) -> None:
    async with Lab() as lab:
        print((await lab.serve(echo, deflate=AGREED)).url, flush=True)
        await until_stopped()


async def _client(port: int) -> None:
    async def live(path: str) -> None:
        agreed = AGREED if path == "hostile" else None
        connection: Endpoint = await lab.connect(f"ws://{HOST}:{port}/{path}", deflate=agreed)
        with suppress(ConnectionClosed):
            await echo(connection)

    async with Lab() as lab:
        both = [asyncio.create_task(live(path)) for path in ("honest", "hostile")]
        print(f"ws://{HOST}:{port}", flush=True)
        await until_stopped()
        for each in both:
            each.cancel()
        await asyncio.wait(both)


async def _link(port: int) -> None:
    async with Lab() as lab:
        print((await lab.link(f"ws://{HOST}:{port}", Insert())).url, flush=True)
        await until_stopped()


async def _tap(port: int, *, as_json: bool = False) -> None:
    await run_tap(TapOptions(f"ws://{HOST}:{port}", as_json=as_json), Console(highlight=False), dark=True)


async def _tap_json(port: int) -> None:
    await _tap(port, as_json=True)


async def _serve(port: int) -> None:
    await run_server("echo", 0, Console(highlight=False), quiet=False, dark=True)


class Victim(NamedTuple):
    """Who is flooded. `is_between` says that it passes on what our own server and clients send.

    `most` is what its longest turn may take: one that only passes on and looks on takes half of a trip, so that two
    turns fit; an endpoint also works for the hostile peer, and compresses its answers.
    """

    name: str
    run: Callable[[int], Awaitable[None]]
    listens: bool = True
    is_between: bool = False

    @property
    def most(self) -> float:
        """Seconds of CPU."""
        return TRIP / 2 if self.is_between else TRIP


VICTIMS = {
    each.name: each
    for each in (
        Victim("server", _server),
        Victim("client", _client, listens=False),
        Victim("link", _link, is_between=True),
        Victim("`wslab serve`", _serve),
        Victim("`wslab tap`", _tap, is_between=True),
        Victim("`wslab tap --json`", _tap_json, is_between=True),
    )
}


async def _suffer(victim: Victim, port: int) -> None:
    turns = Turns()
    # told before its end: what is printed then holds up nobody
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, turns.say)
    await victim.run(port)


# --- what is sent -------------------------------------------------------------------------------


class Flood(NamedTuple):
    """A hostile stream behind the opening handshake: `make(masked)` are its bytes."""

    name: str
    make: Callable[[bool], bytes]


def _wire(frame: Frame, masked: bool) -> bytes:
    return frame.replace(mask=bytes(4) if masked else None).serialize()


def _flood(name: str, frame: Frame, size: int) -> Flood:
    def make(masked: bool) -> bytes:
        wire = _wire(frame, masked)
        begin = _wire(Frame.text("", fin=False), masked) if frame.opcode == Opcode.CONTINUATION else b""
        return begin + wire * (size // len(wire))

    return Flood(name, make)


def bomb(size: int) -> Frame:
    """A message that inflates to so many bytes, a thousand times its own."""
    squeezer = zlib.compressobj(9, wbits=-15)
    data = squeezer.compress(bytes(size)) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    return Frame(Opcode.BINARY, data.removesuffix(b"\x00\x00\xff\xff"), rsv1=True)


def _any_frames(masked: bool) -> bytes:
    """Frames whose bits were drawn by chance, most of them illegal."""
    chance = random.Random(1)
    return b"".join(
        bytes([chance.randrange(256), 0x80 * masked | size]) + chance.randbytes(size + 4 * masked)
        for size in (chance.randrange(20) for _ in range(40_000))
    )


FLOODS = (
    _flood("tiny Pongs", Frame.pong(b""), MIB),
    _flood("tiny Pings", Frame.ping(b""), MIB // 2),
    _flood("tiny messages", Frame.text("x"), MIB // 2),
    _flood("empty fragments", Frame.continuation(b"", fin=False), MIB),
    _flood("one-byte fragments", Frame.continuation(b"x", fin=False), MIB),
    _flood("member flood", Frame(Opcode.BINARY, b"\x03\x00" * MAX_FINAL_BLOCKS, rsv1=True), MIB // 2),
    _flood("bombs of 1 MiB", bomb(MIB), 200 * KIB),
    _flood("bombs of 15 MiB", bomb(15 * MIB), 600 * KIB),
    Flood("frames drawn by chance", _any_frames),
    Flood("zeros", lambda masked: bytes(MIB)),
)

# --- the peers ----------------------------------------------------------------------------------


async def _hostile(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send all of it, or what the victim takes of it, and read what it answers."""
    reading = asyncio.create_task(_read_all(reader))
    with suppress(OSError):
        for at in range(0, len(data), _CHUNK):
            writer.write(data[at : at + _CHUNK])
            await writer.drain()
    await asyncio.wait({reading}, timeout=1.0)
    reading.cancel()
    writer.close()


async def _read_all(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(MIB):
            pass


async def _honest(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, masked: bool) -> None:
    message, answer = (_wire(Frame.text("honest"), each) for each in (masked, not masked))
    for _ in range(TRIPS):
        writer.write(message)
        await reader.readexactly(len(answer))
        await asyncio.sleep(0.02)


async def _ask(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(HOST, port)
    offers = [AGREED.offer()] if path == "/hostile" else []
    writer.write(HandshakeRequest.build(HOST, path, key=KEY, extensions=offers).serialize())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


class _Target:
    """Our server: the victim dials it, or a client of ours does through the victim."""

    def __init__(self, victim: Victim, flood: Flood) -> None:
        self.honest: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.hostile: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._victim = victim
        self._data = flood.make(False)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection: hostile or honest, as its path says."""
        try:
            await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked, _ = HandshakeRequest.parse(await reader.readuntil(b"\r\n\r\n"))
        is_hostile = asked.target == "/hostile"
        extensions = [AGREED.answer(AGREED.offer())] if asked.extensions else []
        writer.write(HandshakeResponse.accept(asked, extensions=extensions).serialize())
        if is_hostile:
            await _hostile(reader, writer, self._data)
            self.hostile.set_result(None)
        elif self._victim.is_between:
            with suppress(asyncio.IncompleteReadError, OSError):
                while await reader.readexactly(len(_wire(Frame.text("honest"), True))):
                    writer.write(_wire(Frame.text("honest"), False))
        else:
            await _honest(reader, writer, masked=False)
            self.honest.set_result(None)


@asynccontextmanager
async def _started(victim: Victim, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.hostile.turns", "--suffer", victim.name, str(port)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=16 * MIB,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> int:
    """The port that the victim says first, on either output."""
    assert process.stdout is not None
    assert process.stderr is not None
    lines = [asyncio.create_task(each.readline()) for each in (process.stdout, process.stderr)]
    done, others = await asyncio.wait(lines, return_when=asyncio.FIRST_COMPLETED)
    for each in others:
        each.cancel()
    found = re.search(rb"ws://127\.0\.0\.1:(\d+)", done.pop().result())
    assert found is not None
    return int(found[1])


async def longest_turn(victim: Victim, flood: Flood) -> float:
    """Flood a victim while an honest peer talks to it; seconds of CPU of its longest turn."""
    target = _Target(victim, flood)
    async with asyncio.timeout(_SECONDS), await asyncio.start_server(target.serve, HOST, 0) as ours:
        port = ours.sockets[0].getsockname()[1]
        async with _started(victim, port) as process:
            port = await _address(process)
            saying = asyncio.create_task(process.communicate())
            if victim.listens:
                await _flood_from_outside(port, flood, victim)
            else:
                await asyncio.gather(target.honest, target.hostile)
            process.send_signal(signal.SIGUSR1)
            process.send_signal(signal.SIGINT)
            said = b"".join(await saying)
    found = re.search(rb"longest turn ([\d.]+)", said)
    assert found is not None, said.decode()
    return float(found[1])


async def _flood_from_outside(port: int, flood: Flood, victim: Victim) -> None:
    honest, hostile = await _ask(port, "/honest"), await _ask(port, "/hostile")
    data = b"" if victim.is_between else flood.make(True)
    both = [asyncio.create_task(_honest(*honest, masked=True)), asyncio.create_task(_hostile(*hostile, data))]
    await asyncio.gather(*both)
    honest[1].close()


# --- the table ----------------------------------------------------------------------------------


async def main(words: Sequence[str]) -> None:
    """Print the table, in milliseconds of CPU; `words` choose floods by parts of their names."""
    print(f"| flood | {' | '.join(VICTIMS)} |\n|---|{'--:|' * len(VICTIMS)}")
    for flood in (each for each in FLOODS if not words or any(word in each.name for word in words)):
        print(f"| {flood.name} |", end="", flush=True)
        for victim in VICTIMS.values():
            print(f" {await longest_turn(victim, flood) * 1000:.0f} |", end="", flush=True)
        print()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--suffer"]:
        asyncio.run(_suffer(VICTIMS[sys.argv[2]], int(sys.argv[3])))
    else:
        asyncio.run(main(sys.argv[1:]))
