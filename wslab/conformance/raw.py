"""Bytes to and from one peer over real TCP, judged by nobody.

An endpoint of the lab answers by itself, and ends at the first wrong byte. A test of a peer needs neither, so a
`RawConnection` writes any bytes and gives what comes: a head, then whatever is behind it. `open_streams` dials.

Left out: which bytes are sent and what the answer is worth, and TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from wslab.lab.clock.real import RealClock
from wslab.lab.network.sockets import SocketNetwork
from wslab.lab.network.uri import WebSocketURI
from wslab.protocol import HeadReader, ProtocolError, Role
from wslab.protocol.handshake.head import is_interim

__all__ = ["RawConnection", "open_streams"]

_CHUNK = 64 * 1024


@dataclass
class RawConnection:
    """Bytes to and from one peer; `peer` is its role. A reset ends it like a FIN, and `ended` says which it was.

    `begun` is what came while a head was read, whole or not.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: Role
    behind: bytes = b""
    ended: str | None = None
    begun: bytes = b""

    def write(self, data: bytes) -> None:
        """Send bytes to the peer, if it is still there."""
        if data and not self.writer.is_closing():
            self.writer.write(data)

    def reset(self) -> None:
        """End TCP with RST (RFC 9293 §3.10.5): what is unsent or unread is lost."""
        SocketNetwork.reset(self.writer.transport)

    async def close(self) -> None:
        """Close TCP."""
        self.writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):  # `wait_for` can swallow the Ctrl-C that comes at the same moment
                await self.writer.wait_closed()

    async def head(self, timeout: float) -> bytes | ProtocolError | None:
        """A whole head, or what is wrong with it, or None where it never became whole within `timeout` seconds."""
        reader = HeadReader(self.peer)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not self.ended:
                    data = await self.more()
                    self.begun += data
                    try:
                        read = reader.feed(data)
                    except ProtocolError as error:
                        return error
                    if read is not None:
                        self.behind = read[1]
                        if self.peer is Role.CLIENT or not is_interim(read[0].data):
                            return read[0].data
                        reader = HeadReader(self.peer)  # RFC 9110 §15.2: another answer comes behind it
        return None

    async def more(self) -> bytes:
        """What came next; empty at the end, which is then in `ended`."""
        if self.behind:
            data, self.behind = self.behind, b""
            return data
        try:
            data = await self.reader.read(_CHUNK)
        except OSError:
            self.ended = "RST"
            return b""
        if not data:
            self.ended = "FIN"
        return data


async def open_streams(uri: WebSocketURI, timeout: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a server, on which nothing was sent yet; `OSError` where it cannot be reached in time."""
    reader = asyncio.StreamReader()
    network = SocketNetwork(RealClock())
    transport = await network.dial(lambda: asyncio.StreamReaderProtocol(reader), uri.address, timeout=timeout)
    assert isinstance(transport, asyncio.Transport)
    protocol = transport.get_protocol()
    assert isinstance(protocol, asyncio.StreamReaderProtocol)
    return reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())
