"""One right solution of `check_server`, as source."""

from __future__ import annotations

__all__ = ["SERVER"]

SERVER = r"""
import asyncio, base64, hashlib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

async def server(reader, writer):
    try:
        if await answer(reader, writer):
            await echo(reader, writer)
    except (EOFError, ConnectionError, ValueError):  # EOFError: the client is gone
        pass
    writer.close()

async def answer(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = [line.partition(":") for line in head.split("\r\n")[1:]]
    headers = {name.lower(): value.strip() for name, _, value in lines}
    key = headers.get("sec-websocket-key")
    if key is None or headers.get("upgrade", "").lower() != "websocket":
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        return False
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
    )
    return True

async def echo(reader, writer):
    kind, parts = 0, []
    while True:
        first, second = await reader.readexactly(2)
        opcode, length = first & 0x0F, second & 0x7F
        if first & 0x70 or not second & 0x80:
            send(writer, 8, (1002).to_bytes(2, "big"))
            return
        if length > 125:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        key = await reader.readexactly(4)
        payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(await reader.readexactly(length)))
        if opcode == 8:
            send(writer, 8, payload[:2])
            return
        if opcode == 9:
            send(writer, 10, payload)
        if opcode < 8:
            kind = opcode or kind
            parts.append(payload)
            if first & 0x80:
                send(writer, kind, b"".join(parts))
                parts = []
        await writer.drain()

def send(writer, opcode, payload):
    size = len(payload)
    if size < 126:
        head = bytes([0x80 | opcode, size])
    elif size < 65536:
        head = bytes([0x80 | opcode, 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | opcode, 127]) + size.to_bytes(8, "big")
    writer.write(head + payload)
""".strip()
