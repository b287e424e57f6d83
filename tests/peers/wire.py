"""Our side of a connection with a program, byte by byte: a handshake that is right, then whatever frames we like."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wslab.lab.clock.real import RealClock
from wslab.lab.endpoint.opening_handshake import new_key
from wslab.lab.network.address import Address
from wslab.lab.network.sockets import SocketNetwork
from wslab.protocol import Frame, FrameParser, HandshakeRequest, HandshakeResponse, Opcode, Role

from .programs import LOOPBACK

LIMIT = 10.0  # seconds for whatever a program should do at once


class Wire:
    """An open connection; `peer` is the program's role."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Role, behind: bytes) -> None:
        self.peer = peer
        self._reader = reader
        self._writer = writer
        self._parser = FrameParser(peer.peer)
        self._frames = self._parser.feed(behind)

    def send(self, *frames: Frame) -> None:
        """Send frames in one write, masked where we are the client."""
        key = bytes(4) if self.peer is Role.SERVER else None
        if not self._writer.is_closing():
            self._writer.write(b"".join(frame.replace(mask=key).serialize() for frame in frames))

    async def next(self, *opcodes: Opcode, limit: float = LIMIT) -> Frame | None:
        """The next frame of one of these kinds; None where TCP ends before."""
        async with asyncio.timeout(limit):
            while True:
                while self._frames:
                    frame = self._frames.pop(0)
                    if frame.opcode in opcodes:
                        return frame
                if not (data := await self._read()):
                    return None
                self._frames.extend(self._parser.feed(data))

    def finish(self) -> None:
        """Say by a FIN that no more will come; what the program still sends can be read."""
        if self._writer.can_write_eof() and not self._writer.is_closing():
            self._writer.write_eof()

    def end(self) -> None:
        """End TCP."""
        self._writer.close()

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(65536)
        except OSError:
            return b""


async def _head(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LIMIT)


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]]:
    """An address to dial, and the first connection that comes."""
    came: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    came = asyncio.get_running_loop().create_future()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if came.done():  # a browser may dial once more
            writer.close()
        else:
            came.set_result((reader, writer))

    def protocol() -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), take)

    listener = await SocketNetwork(RealClock()).listen(protocol, LOOPBACK, 0)
    try:
        yield f"ws://{listener.address}/", came
    finally:
        listener.close()


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Wire:
    """Answer the request of a client."""
    request, behind = HandshakeRequest.parse(await _head(reader))
    request.check()
    writer.write(HandshakeResponse.accept(request).serialize())
    return Wire(reader, writer, Role.CLIENT, behind)


async def offer(address: Address, extensions: str) -> HandshakeResponse:
    """What a server answers to an offer of extensions, which may be an illegal one."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    request = _request(address).serialize()
    writer.write(request.replace(b"\r\n\r\n", f"\r\nSec-WebSocket-Extensions: {extensions}\r\n\r\n".encode()))
    try:
        return HandshakeResponse.parse(await _head(reader))[0]
    finally:
        writer.close()


def _request(address: Address) -> HandshakeRequest:
    return HandshakeRequest.build(str(address), "/", key=new_key(secrets.token_bytes))


async def dial(address: Address) -> Wire:
    """Open a connection to a server."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    request = _request(address)
    writer.write(request.serialize())
    response, behind = HandshakeResponse.parse(await _head(reader))
    response.check(request)
    return Wire(reader, writer, Role.SERVER, behind)
