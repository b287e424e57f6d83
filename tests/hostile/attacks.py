"""The attacks, one function each: they play the attacker, see that the victim stands it, and return its words."""

from __future__ import annotations

import asyncio
import random
import zlib

from wslab.lab import Endpoint
from wslab.protocol import CloseCode, Frame, Opcode, Role

from .stage import KIB, MESSAGE_LIMIT, MIB, REQUEST, SECONDS, Attack, Said, Stage

SERVER_ONLY = (Role.SERVER,)
NOTHING = "nothing: it goes on"
CHUNK = random.Random(1).randbytes(64 * KIB)  # which no compression makes smaller
TEXT = b"x" * 64 * KIB


async def endless_head(stage: Stage) -> str:
    """A header that never ends, 16 MiB of it."""
    peer = await stage.stand()
    await peer.send(b"GET / HTTP/1.1\r\nX: " if stage.role is Role.SERVER else b"HTTP/1.1 101 Switching\r\nX: ")
    await peer.flood(TEXT, 16 * MIB)
    if stage.role is Role.SERVER:
        return (await peer.read_to_the_end()).first.decode()
    return await stage.told


async def endless_page(stage: Stage) -> str:
    """A refusal whose page never ends."""
    peer = await stage.stand()
    await peer.send(b"HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\n\r\n")
    await peer.flood(TEXT, 16 * MIB)
    return await stage.told


async def byte_by_byte(stage: Stage) -> str:
    """A head that comes one byte at a time, and so slowly that it never ends in time."""
    peer = await stage.stand()
    head = REQUEST if stage.role is Role.SERVER else b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    sent = 0
    for at in range(len(head)):
        if not await peer.send(head[at : at + 1]):
            break
        sent += 1
        await asyncio.sleep(SECONDS / 20)
    assert sent < 40, "the limit of the opening handshake is not a limit for each byte"
    return "cut" if stage.role is Role.SERVER else await stage.told


async def silent_connects(stage: Stage) -> str:
    """100 connections that send nothing."""
    peers = [await stage.stand() for _ in range(100)]
    assert await asyncio.gather(*(peer.read_to_the_end() for peer in peers)) == [Said(0, b"", b"")] * 100
    assert repr(stage.lab).startswith("<Lab with 1 open part,"), "only the listener is left"
    return "cut"


async def idle_connections(stage: Stage) -> str:
    """1,000 connections that are open and say nothing."""
    for _ in range(1000):
        await stage.open()
    await stage.until(lambda: sum(each.is_open for each in stage.connections) == 1000)
    return NOTHING


async def giant_frame(stage: Stage) -> str:
    """A frame of 2^63 - 1 bytes is announced."""
    peer = await stage.open()
    mask = 0x80 if peer.masks else 0
    await peer.send(bytes([0x82, mask | 127]) + ((1 << 63) - 1).to_bytes(8, "big") + bytes(4))
    return await stage.told


async def announced_only(stage: Stage) -> str:
    """A frame of just the limit is announced, and one byte of it comes."""
    peer = await stage.open()
    mask = 0x80 if peer.masks else 0
    await peer.send(bytes([0x82, mask | 127]) + MESSAGE_LIMIT.to_bytes(8, "big") + bytes(5))
    await asyncio.sleep(0.05)
    assert stage.connections[0].is_open
    return NOTHING


async def endless_fragments(stage: Stage) -> str:
    """Fragment after fragment, and never the last."""
    peer = await stage.open()
    await peer.send(peer.wire(Frame(Opcode.BINARY, CHUNK, fin=False)))
    await peer.flood(peer.wire(Frame(Opcode.CONTINUATION, CHUNK, fin=False)), 2 * MESSAGE_LIMIT)
    return await stage.told


async def empty_fragments(stage: Stage) -> str:
    """The same with fragments of no bytes, 50,000 of them: no limit of size would ever stop them."""
    peer = await stage.open()
    await peer.send(peer.wire(Frame(Opcode.TEXT, b"", fin=False)))
    empty = peer.wire(Frame(Opcode.CONTINUATION, b"", fin=False)) * 1000
    assert await peer.flood(empty, 50 * len(empty))
    assert stage.connections[0].is_open
    return NOTHING


async def pings_unread(stage: Stage) -> str:
    """8 MiB of Pings before the peer reads a single Pong; then the last of them is answered (§5.5.3)."""
    peer = await stage.open()
    assert await peer.flood(peer.wire(Frame.ping(b"." * 125)) * 100, 8 * MIB)
    await peer.send(peer.wire(Frame.ping(b"\0last")))
    pongs = await peer.read_to_the_end()
    assert 0 < pongs.size < 7 * MIB
    return "answered the last" if peer.ends_with(pongs, b"\0last") else "never answered"


async def pings_read(stage: Stage) -> str:
    """20,000 Pings from a peer that reads: each Pong comes."""
    peer = await stage.open()
    reading = asyncio.create_task(peer.read_to_the_end())
    ping = peer.wire(Frame.ping(b"0123"))
    assert await peer.flood(ping * 100, 20_000 * len(ping))
    pongs = await reading
    assert pongs.size == 20_000 * len(Frame.pong(b"0123").replace(mask=None if peer.masks else bytes(4)).serialize())
    return NOTHING


async def pongs(stage: Stage) -> str:
    """20,000 Pongs that nobody asked for."""
    peer = await stage.open()
    some = peer.wire(Frame.pong(b"." * 125)) * 1000
    assert await peer.flood(some, 20 * len(some))
    assert stage.connections[0].is_open
    return NOTHING


async def no_answer_to_close(stage: Stage) -> str:
    """The victim says Close, and nothing comes back."""

    async def say_close(connection: Endpoint) -> None:
        await connection.close(CloseCode.NORMAL_CLOSURE)

    stage.serve = say_close
    await stage.open()
    return await stage.told


async def answer_drowned(stage: Stage) -> str:
    """The victim says Close, and message after message comes instead of an answer."""

    async def say_close(connection: Endpoint) -> None:
        await connection.close(CloseCode.NORMAL_CLOSURE)

    stage.serve = say_close
    peer = await stage.open()
    await peer.flood(peer.wire(Frame.binary(CHUNK)), 24 * MIB)
    return await stage.told


async def answer_drowned_in_pings(stage: Stage) -> str:
    """The victim says Close, and Ping after Ping comes instead of an answer; the Pongs are never read (§5.5.2)."""

    async def say_close(connection: Endpoint) -> None:
        await connection.close(CloseCode.NORMAL_CLOSURE)

    stage.serve = say_close
    peer = await stage.open()
    await peer.flood(peer.wire(Frame.ping(b"." * 125)) * 100, 24 * MIB)
    return await stage.told


async def never_reads(stage: Stage) -> str:
    """The victim sends without end, and the peer never reads."""

    async def talk(connection: Endpoint) -> None:
        while True:
            await connection.send(CHUNK)

    stage.serve = talk
    await stage.open()
    return await stage.told


async def never_received(stage: Stage) -> str:
    """Messages without end for a handler that takes none."""
    stage.serve = stage.sleep
    peer = await stage.open()
    assert not await peer.flood(peer.wire(Frame.binary(CHUNK)), 24 * MIB), "it takes messages for ever"
    return "it stops reading"


def _deflated(size: int) -> bytes:
    squeezer = zlib.compressobj(9, wbits=-15)
    parts = [squeezer.compress(bytes(MIB)) for _ in range(size // MIB)]
    return b"".join([*parts, squeezer.flush(zlib.Z_SYNC_FLUSH)]).removesuffix(b"\x00\x00\xff\xff")


_BOMB = _deflated(64 * MIB)
_SMALL_BOMB = _deflated(MIB)


async def deflate_bomb(stage: Stage) -> str:
    """A message of 64 KiB that inflates to 64 MiB."""
    peer = await stage.open()
    await peer.send(peer.wire(Frame(Opcode.BINARY, _BOMB, rsv1=True)))
    return await stage.told


async def many_bombs(stage: Stage) -> str:
    """Messages of 1 KiB that inflate to 1 MiB each, which is legal, for a handler that takes none."""
    stage.serve = stage.sleep
    peer = await stage.open()
    assert not await peer.flood(peer.wire(Frame(Opcode.BINARY, _SMALL_BOMB, rsv1=True)), 16 * MIB)
    return "it stops reading"


ATTACKS = (
    Attack("endless head", endless_head, "`max_head`, 64 KiB", "head-size", MIB),
    Attack("endless body of a refusal", endless_page, "64 KiB", "refused the handshake", MIB, (Role.CLIENT,)),
    Attack("one byte at a time", byte_by_byte, "`timeout`, 10 s", "", 512 * KIB),
    Attack("100 connects that send nothing", silent_connects, "`timeout`, 10 s", "cut", 2 * MIB, SERVER_ONLY),
    Attack("1,000 idle connections", idle_connections, "none: each costs little", NOTHING, 24 * MIB, SERVER_ONLY),
    Attack("a frame of 2^63 - 1 bytes announced", giant_frame, "`max_message`, 16 MiB", "frame-too-big", 512 * KIB),
    Attack("16 MiB announced, one byte sent", announced_only, "none: it takes no room", NOTHING, 512 * KIB),
    Attack("endless fragments", endless_fragments, "`max_message`, 16 MiB", "message-too-big", 18 * MIB),
    Attack("endless empty fragments", empty_fragments, "none: nothing is kept of them", NOTHING, 2 * MIB),
    Attack("ping flood, Pongs never read", pings_unread, "`MAX_PONGS`, 10,000", "answered the last", 6 * MIB),
    Attack("ping flood, Pongs read", pings_read, "none: each Pong goes out", NOTHING, 2 * MIB),
    Attack("pong flood", pongs, "none: nothing is kept of them", NOTHING, 2 * MIB),
    Attack("no answer to Close", no_answer_to_close, "`timeout`, 10 s", "for the peer's Close", 512 * KIB),
    Attack("messages instead of a Close", answer_drowned, "`timeout`, 10 s", "for the peer's Close", 4 * MIB),
    Attack("Pings instead of a Close", answer_drowned_in_pings, "`timeout`, 10 s", "for the peer's Close", 6 * MIB),
    Attack("never reading", never_reads, "`timeout`, 10 s", "reads too slowly or not at all", MIB),
    Attack("messages that nobody takes", never_received, "`max_queue`, 1 MiB", "it stops reading", 4 * MIB),
    Attack("deflate bomb", deflate_bomb, "`max_message`, 16 MiB", "inflated-too-big", 17 * MIB),
    Attack("many small bombs that nobody takes", many_bombs, "`max_queue`, 1 MiB", "it stops reading", 20 * MIB),
)
