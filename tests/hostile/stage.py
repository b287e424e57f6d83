"""One victim of the lab and one hostile socket, and what the attack cost the victim.

Rules of this module: the attacker is a bare socket that keeps nothing, so the memory that is counted is the victim's.
Its own buffers are small, so that "never reads" is felt soon. Every wait has a limit, and so has every attack.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from wslab.lab import ConnectionClosed, Endpoint, HandshakeRefused, Lab
from wslab.protocol import (
    DEFAULT_MAX_MESSAGE,
    Deflate,
    Frame,
    HandshakeRequest,
    HandshakeResponse,
    Role,
    apply_mask,
)

KIB, MIB = 1024, 1024 * 1024
SECONDS = 0.5
"""The victim's `timeout`: every limit of time here is this one."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
REQUEST = HandshakeRequest.build("127.0.0.1", key=KEY, extensions=[Deflate().offer()]).serialize()
_SMALL = 256 * KIB  # and yet above a segment of loopback: below that TCP only trickles


class Said(NamedTuple):
    """What a victim said: how many bytes, and the first and the last of them."""

    size: int
    first: bytes
    last: bytes


class Peer:
    """A socket without manners. `masks` tells whether it plays the client."""

    def __init__(self, sock: socket.socket, masks: bool) -> None:
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self.masks = masks
        self.sent = 0

    async def send(self, data: bytes) -> bool:
        """Send all of it; False where the victim takes no more of it, or has closed."""
        try:
            await asyncio.wait_for(self._loop.sock_sendall(self._socket, data), SECONDS)
        except (OSError, TimeoutError):
            return False
        self.sent += len(data)
        return True

    def wire(self, frame: Frame) -> bytes:
        """A frame of this peer's role; its key is zero, for the victim cannot tell."""
        return frame.replace(mask=bytes(4) if self.masks else None).serialize()

    async def flood(self, data: bytes, most: int) -> bool:
        """Send `data` again and again, up to `most` bytes; False where the victim would not take it all."""
        for _ in range(most // len(data)):
            if not await self.send(data):
                return False
        return True

    async def read(self, size: int = 64 * KIB) -> bytes:
        """What is there to read, waiting a little; nothing at the end."""
        with suppress(OSError, TimeoutError):
            return await asyncio.wait_for(self._loop.sock_recv(self._socket, size), SECONDS)
        return b""

    async def read_to_the_end(self) -> Said:
        """Everything up to the victim's end of TCP, or up to its silence."""
        size, first, last = 0, b"", b""
        while piece := await self.read():
            size, first, last = size + len(piece), (first + piece)[:4096], (last + piece)[-200:]
        return Said(size, first, last)

    def ends_with(self, said: Said, payload: bytes) -> bool:
        """Whether the victim's last frame carried `payload`, masked or not."""
        tail = said.last[-len(payload) :]
        return (
            tail == payload if self.masks else apply_mask(tail, said.last[-len(payload) - 4 : -len(payload)]) == payload
        )

    def close(self) -> None:
        """Go without a word."""
        self._socket.close()


class Stage:
    """A lab with a victim in one role."""

    def __init__(self, victim: Role) -> None:
        self.role = victim
        self.lab = Lab(timeout=SECONDS, tape=False)
        self.told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.connections: list[Endpoint] = []
        self.errors: list[Exception] = []
        self._peers: list[Peer] = []
        self._listener: socket.socket | None = None
        self._port = 0
        self._dial: asyncio.Task[None] | None = None
        self.serve = self.hear
        """What the victim does with a connection."""

    async def start(self) -> None:
        """The victim listens, or the attacker does and the victim dials."""
        if self.role is Role.SERVER:
            self._port = (await self.lab.serve(self._live)).port
            return
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
        self._listener.setblocking(False)

    async def stand(self) -> Peer:
        """TCP stands, and the attacker has said nothing yet."""
        loop = asyncio.get_running_loop()
        if self._listener is not None:
            self._dial = asyncio.create_task(self._dial_and_live(self._listener.getsockname()[1]))
            sock, _ = await loop.sock_accept(self._listener)
        else:
            sock = socket.socket()
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
            await loop.sock_connect(sock, ("127.0.0.1", self._port))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL)
        self._peers.append(Peer(sock, masks=self.role is Role.SERVER))
        return self._peers[-1]

    async def open(self) -> Peer:
        """The opening handshake is done."""
        peer = await self.stand()
        if self.role is Role.SERVER:
            await peer.send(REQUEST)
            assert b"\r\n\r\n" in await peer.read(1024)
        else:
            asked, _ = HandshakeRequest.parse(await peer.read())
            answer = Deflate().answer(Deflate().offer())
            await peer.send(HandshakeResponse.accept(asked, extensions=[answer]).serialize())
        await self.until(lambda: any(each.is_open for each in self.connections))
        return peer

    async def until(self, true: Callable[[], bool]) -> None:
        """Let the loop turn until it is so."""
        while not true():  # noqa: ASYNC110  the victim has no event for it
            await asyncio.sleep(0.001)

    async def end(self) -> None:
        """Everything goes."""
        for peer in self._peers:
            peer.close()
        if self._listener is not None:
            self._listener.close()
        await self.lab.close()
        if self._dial is not None:
            await self._dial

    async def hear(self, connection: Endpoint) -> None:
        """A victim that takes message after message."""
        while True:
            await connection.recv(timeout=60)

    async def sleep(self, connection: Endpoint) -> None:
        """A victim that takes no message."""
        await connection.wait_closed()

    async def _live(self, connection: Endpoint) -> None:
        self.connections.append(connection)
        try:
            await self.serve(connection)
        except (ConnectionClosed, TimeoutError) as error:
            self._tell(str(error))

    async def _dial_and_live(self, port: int) -> None:
        try:
            connection = await self.lab.connect(f"ws://127.0.0.1:{port}/", deflate=Deflate())
        except (HandshakeRefused, TimeoutError) as error:
            self._tell(str(error))
            return
        await self._live(connection)

    def _tell(self, sentence: str) -> None:
        if not self.told.done():
            self.told.set_result(sentence)


@dataclass(frozen=True)
class Attack:
    """One way to be hostile.

    `does` plays the attacker and returns what the victim told about it. `limit` names whose limit was hit, with its
    default; `says` is what the victim's words must hold. `bound` is in bytes, of the victim's memory at its peak.
    """

    name: str
    does: Callable[[Stage], Awaitable[str]]
    limit: str
    says: str
    bound: int
    victims: tuple[Role, ...] = (Role.SERVER, Role.CLIENT)


@dataclass(frozen=True)
class Cost:
    """What an attack cost: memory at the peak in bytes, and what the victim said."""

    peak: int
    told: str


async def suffer(attack: Attack, victim: Role) -> Cost:
    """Play one attack, and measure."""
    stage = Stage(victim)
    await stage.start()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        told = await asyncio.wait_for(attack.does(stage), 60)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
        await stage.end()
    return Cost(peak, told)


MESSAGE_LIMIT = DEFAULT_MAX_MESSAGE
