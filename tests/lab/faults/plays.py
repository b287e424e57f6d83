"""The plays: each fault with what happens meanwhile, what the tape must say, and what both sides believe in the end.

A play runs in memory, on the virtual clock, and between real sockets; both must come to the same. `PLAYS` are also what
the page of faults is made of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab, Link, echo
from wslab.lab.faults.base import Fault
from wslab.lab.faults.content import AlterHeader, Flip, Rechunk, Split, TruncateText
from wslab.lab.faults.ending import Cut, Fin, IdleTimer, MaxAge, Silence
from wslab.lab.faults.manual import Insert
from wslab.lab.faults.pongs import DelayPongs, SwallowPongs
from wslab.lab.faults.timing import Coalesce, Delay, Loss, Outage, Rate

TICK = 0.1
"""Seconds: short enough to wait for, long enough that a busy machine does not mix up what comes first."""

Story = Callable[[Lab, Link], Awaitable[None]]


@dataclass
class Play:
    """A fault, and what happens meanwhile."""

    name: str
    faults: tuple[Fault, ...]
    story: Story
    tells: str  # what both tapes must say
    ends: tuple[object, object]  # the codes that the client and the server believe in
    timeout: float = field(default=TICK * 12)


async def talk(lab: Lab, link: Link) -> None:
    """Two messages to and fro, then the client closes."""
    client = await lab.connect(link)
    for text in ("grüße", "two"):
        await client.send(text)
        await client.recv()
    await client.close(1000, "done")


async def talk_at_length(lab: Lab, link: Link) -> None:
    """One message that is larger than what a stage keeps, and its echo."""
    client = await lab.connect(link)
    await client.send("é" * 3_000_000)
    await client.recv()
    await client.close(1000, "done")


async def talk_until_it_ends(lab: Lab, link: Link) -> None:
    """Messages until somebody says no."""
    with suppress(ConnectionClosed, TimeoutError, HandshakeRefused):
        client = await lab.connect(link)
        for text in ("grüße", "two", "three", "four"):
            await client.send(text)
            await client.recv()


async def rest(lab: Lab, link: Link) -> None:
    """One message, then nothing, until the connection ends."""
    client = await lab.connect(link)
    await client.send("one")
    await client.recv()
    await client.wait_closed()


async def rest_and_write(lab: Lab, link: Link) -> None:
    """One message, a long rest, and one more."""
    client = await lab.connect(link)
    await client.send("one")
    await client.recv()
    await asyncio.sleep(TICK * 4)
    with suppress(ConnectionClosed, TimeoutError):
        await client.send("still there?")
        await client.recv()
    if client.is_open:
        client.abort()
    await client.wait_closed()


async def ping(lab: Lab, link: Link) -> None:
    """A Ping, which may find no Pong."""
    client = await lab.connect(link)
    with suppress(TimeoutError):
        await client.ping(b"hey", timeout=TICK * 3)
    await client.close(1000)


async def refused(lab: Lab, link: Link) -> None:
    """A handshake that fails."""
    with suppress(HandshakeRefused, TimeoutError):
        await lab.connect(link)


PLAYS = [
    Play("no fault", (), talk, "Close 1000", (1000, 1000)),
    Play("delay", (Delay(TICK, jitter=TICK / 2),), talk, "Close 1000", (1000, 1000)),
    Play("rate", (Rate(3000),), talk, "Close 1000", (1000, 1000)),
    Play("loss", (Loss(0.4, retransmit_after=TICK / 2),), talk, "Close 1000", (1000, 1000), timeout=5),
    Play("outage", (Outage(TICK * 3, after=0),), talk, "Close 1000", (1000, 1000)),
    Play("silence", (Silence(),), refused, "goes silent: it swallows what both", (None, None)),
    Play("silence later", (Silence(after=TICK * 2),), rest_and_write, "It is lost on the way", (1006, None)),
    Play("silence of the server", (Silence(of="server", after=TICK * 2),), rest_and_write, "one way", (1006, 1006)),
    Play("silence of the client", (Silence(of="client", after=TICK * 2),), rest_and_write, "one way", (1006, None)),
    Play("cut with RST", (Cut(after=TICK * 2),), rest, "RST to both sides", (1006, 1006)),
    Play("FIN", (Fin(after=TICK * 2),), rest, "FIN to both sides", (1006, 1006)),
    Play("cut behind bytes", (Cut(at_byte=175),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("cut in the head", (Cut(at_byte=20),), talk_until_it_ends, "The link is cut", (None, None)),
    Play("cut at a frame", (Cut(at_frame=2),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("cut in a frame", (Cut(at_frame=2, into=3),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("cut at the answer", (Cut(at_frame=1, of="server"),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("cut at a word", (Cut(seen=b"two", of="server"),), talk_until_it_ends, "The link is cut", (1006, 1006)),
    Play("idle, FIN", (IdleTimer(TICK * 2, "fin"),), rest, "saw no byte for 0.2 s", (1006, 1006)),
    Play("idle, RST", (IdleTimer(TICK * 2, "rst"),), rest, "with RST to both sides", (1006, 1006)),
    Play("idle, forgotten", (IdleTimer(TICK * 2, "forget"),), rest_and_write, "knows no such connection", (1006, None)),
    Play("idle, silent", (IdleTimer(TICK * 2, "silent"),), rest_and_write, "without telling anybody", (1006, None)),
    Play("too old", (MaxAge(TICK * 3),), rest, "lets no connection live longer", (1006, 1006)),
    Play("byte by byte", (Rechunk(1),), talk, "Close 1000", (1000, 1000)),
    Play("split", (Split(150),), talk, "Close 1000", (1000, 1000)),
    Play("glued", (Coalesce(TICK),), talk, "Close 1000", (1000, 1000)),
    Play("bit of the opcode", (Flip(at_frame=1, into=0, bit=5),), talk_until_it_ends, "is flipped", (1002, 1006)),
    Play("bit of the payload", (Flip(at_frame=1, into=9, bit=0),), talk_until_it_ends, "is flipped", (1007, 1006)),
    Play("bit of the head", (Flip(at_byte=0, bit=7),), refused, "of the head", (None, None)),
    Play("truncated text", (TruncateText(1),), talk_until_it_ends, "inside a character", (1007, 1006)),
    Play("too large to wait for", (TruncateText(1),), talk_at_length, "unseen", (1000, 1000), timeout=10),
    Play("no Upgrade", (AlterHeader("Upgrade", of="client"),), refused, "takes the header Upgrade", (None, None)),
    Play(
        "another accept", (AlterHeader("Sec-WebSocket-Accept", "x", of="server"),), refused, "makes the", (None, 1006)
    ),
    Play("Pongs swallowed", (SwallowPongs(),), ping, "Close 1000", (1000, 1000)),
    Play("Pongs late", (DelayPongs(TICK),), ping, "Close 1000", (1000, 1000)),
    Play("insert", (Insert(),), talk, "Close 1000", (1000, 1000)),
]


async def played(play: Play, lab: Lab) -> tuple[list[str], tuple[object, object]]:
    """What each side did and saw, side by side, and the codes that they believe in at last."""
    ends: dict[str, Endpoint] = {}

    async def serve(connection: Endpoint) -> None:
        ends["server"] = connection
        await echo(connection)

    link = await lab.link(await lab.serve(serve), *play.faults)
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            await play.story(lab, link)
    await asyncio.sleep(TICK * 2)
    last = lab.tape[-1]
    codes = tuple(None if each is None else each.code for each in (last.client, last.server))
    lines = [f"{each.sender} {each.sentence} {each.fate}" for each in lab.tape]
    masked = [line.partition(" masked with")[0] if "Ping" in line else line for line in lines]
    await lab.close()
    return sorted(masked, key=lambda line: line.split()[0]), (codes[0], codes[1])


async def on_either(story: Callable[[Lab], Awaitable[None]]) -> None:
    """The same on both clocks."""
    virtual = Lab(clock="virtual", timeout=2)
    virtual.run(story(virtual))  # type: ignore[arg-type]
    async with Lab(timeout=2) as lab:
        await story(lab)
