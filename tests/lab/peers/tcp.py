"""How a program leaves TCP without a word of WebSocket."""

from __future__ import annotations

import asyncio
import socket
import struct


def leave(transport: asyncio.BaseTransport, *, reset: bool) -> None:
    """FIN, as the system sends for a program that exits; or RST."""
    if reset:
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert isinstance(transport, asyncio.WriteTransport)
    transport.abort()
