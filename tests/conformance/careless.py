"""A small server that echoes by hand, right in what these tests ask of it but for the faults it is given.

Faults: `no-pong` answers no Ping, `any-text` checks no UTF-8, `any-rsv1` ignores RSV1, `masks` masks what it sends,
`wrong-code` closes with 1000 whatever happened, `shortens` sends back three bytes of each message, `no-accept` sends a
wrong Sec-WebSocket-Accept, `reserved` sends each message back with the reserved opcode 0x3, `any-close` answers each
Close with the same body, right or wrong. Without a fault it is still late with UTF-8: it looks at whole messages.

`python -m tests.conformance.careless FAULT ...` runs it and prints the address.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wslab import Frame, FrameParser, ProtocolError, Role, accept_key
from wslab.protocol import FrameError
from wslab.protocol.messages import read_close


class Careless:
    """One connection of the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, faults: frozenset[str]) -> None:
        self.reader = reader
        self.writer = writer
        self.faults = faults
        self.begun: Frame | None = None
        self.payload = b""

    async def run(self) -> None:
        head = await self.reader.readuntil(b"\r\n\r\n")
        key = re.findall(rb"(?i)sec-websocket-key: *(\S+)", head)[0].decode()
        accept = "A" * 27 + "=" if "no-accept" in self.faults else accept_key(key)
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        self.writer.write("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())
        with contextlib.suppress(ConnectionError):
            await self.talk()
            await self.reader.read()

    async def talk(self) -> None:
        parser = FrameParser(Role.SERVER, rsv1="any-rsv1" in self.faults)
        while data := await self.reader.read(65536):
            try:
                frames, problem = parser.feed(data), None
            except FrameError as error:
                frames, problem = error.frames, error
            if any(self.take(frame) for frame in frames):
                return
            if problem is not None:
                self.close(int(problem.close_code or 1002))
                return

    def take(self, frame: Frame) -> bool:
        """Whether this frame is the last."""
        if frame.opcode == 8:
            if "any-close" in self.faults:
                self.send(frame)
                self.writer.write_eof()
                return True
            try:
                read_close(frame.payload)
                self.close(int.from_bytes(frame.payload[:2], "big") if frame.payload else None)
            except ProtocolError as error:
                self.close(int(error.close_code or 1002))
            return True
        if frame.opcode == 9 and "no-pong" not in self.faults:
            self.send(Frame.pong(frame.payload))
        if frame.opcode < 8:
            return self.gather(frame)
        return False

    def gather(self, frame: Frame) -> bool:
        if (frame.opcode == 0) is (self.begun is None):
            self.close(1002)
            return True
        self.begun = self.begun or frame
        self.payload += frame.payload
        if not frame.fin:
            return False
        if self.begun.opcode == 1 and "any-text" not in self.faults:
            try:
                self.payload.decode()
            except UnicodeDecodeError:
                self.close(1007)
                return True
        opcode = 3 if "reserved" in self.faults else self.begun.opcode
        self.send(Frame(opcode, self.payload[:3] if "shortens" in self.faults else self.payload))
        self.begun, self.payload = None, b""
        return False

    def send(self, frame: Frame) -> None:
        self.writer.write(frame.replace(mask=b"abcd" if "masks" in self.faults else None).serialize())

    def close(self, code: int | None) -> None:
        code = 1000 if "wrong-code" in self.faults else code
        self.send(Frame.close() if code is None else Frame.close(code))
        self.writer.write_eof()


@asynccontextmanager
async def careless(*faults: str) -> AsyncIterator[str]:
    """Serve with these faults, and give the address."""
    known = {"no-pong", "any-text", "any-rsv1", "masks", "wrong-code", "shortens", "no-accept", "reserved", "any-close"}
    assert known.issuperset(faults)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.wait_for(Careless(reader, writer, frozenset(faults)).run(), 30)
        except (asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def serve_on(faults: list[str]) -> None:
    async with careless(*faults) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve_on(sys.argv[1:]))
