"""A whole WebSocket server in Python, as a learner may have it at the end of the path: no library but Python's own.

python server.py PORT
"""

import asyncio
import base64
import hashlib
import sys
import zlib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_HEAD = 16 * 1024
MAX_MESSAGE = 2 * 1024 * 1024
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class Refused(Exception):
    """The request cannot be granted."""


class Failed(Exception):
    """The client broke a rule; the arguments are the close code and a reason."""


# --- the opening handshake ---


async def read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, _, version = first.split(" ")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Refused("400 Bad Request")
        headers[name.lower()] = value.strip()
    return method, version, headers


def check_request(method: str, version: str, headers: dict[str, str]) -> None:
    if method != "GET" or version != "HTTP/1.1":
        raise Refused("400 Bad Request")
    tokens = [token.strip().lower() for token in headers.get("connection", "").split(",")]
    if headers.get("upgrade", "").lower() != "websocket" or "upgrade" not in tokens:
        raise Refused("400 Bad Request")
    if headers.get("sec-websocket-version") != "13":
        raise Refused("426 Upgrade Required")
    if not headers.get("sec-websocket-key"):
        raise Refused("400 Bad Request")


def accept_value(key: str) -> str:
    digest = hashlib.sha1((key + GUID).encode())
    return base64.b64encode(digest.digest()).decode()


def choose_deflate(headers: dict[str, str]) -> bool:
    """Whether a plain offer of permessage-deflate is there: one without parameters about the server."""
    for offer in headers.get("sec-websocket-extensions", "").split(","):
        name, *parameters = [part.strip() for part in offer.split(";")]
        if name == "permessage-deflate" and all(each.startswith("client_") for each in parameters):
            return True
    return False


async def shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer the request; whether compression was agreed on."""
    method, version, headers = await read_request(reader)
    check_request(method, version, headers)
    deflate = choose_deflate(headers)
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_value(headers['sec-websocket-key'])}",
    ]
    if deflate:
        lines.append("Sec-WebSocket-Extensions: permessage-deflate")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    return deflate


def refuse(writer: asyncio.StreamWriter, status: str) -> None:
    extra = "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n" if status.startswith("426") else ""
    writer.write(f"HTTP/1.1 {status}\r\n{extra}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())


# --- frames ---


async def read_frame(reader: asyncio.StreamReader, deflate: bool) -> tuple[bool, bool, int, bytes]:
    """FIN, RSV1, opcode and the unmasked payload of the next frame."""
    first, second = await reader.readexactly(2)
    fin, rsv1, opcode = bool(first & 0x80), bool(first & 0x40), first & 0x0F
    if first & 0x30 or (rsv1 and not (deflate and opcode in (TEXT, BINARY))):
        raise Failed(1002, "reserved bit")
    if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
        raise Failed(1002, "reserved opcode")
    if not second & 0x80:
        raise Failed(1002, "not masked")
    length = second & 0x7F
    if opcode >= CLOSE and (length > 125 or not fin):
        raise Failed(1002, "control frame")
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2), "big")
    elif length == 127:
        length = int.from_bytes(await reader.readexactly(8), "big")
    if length > MAX_MESSAGE:
        raise Failed(1009, "too big")
    key = await reader.readexactly(4)
    payload = await reader.readexactly(length)
    return fin, rsv1, opcode, unmask(payload, key)


def unmask(payload: bytes, key: bytes) -> bytes:
    size = len(payload)
    keys = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(size, "big")


def frame(opcode: int, payload: bytes, rsv1: bool = False) -> bytes:
    first = 0x80 | (0x40 if rsv1 else 0) | opcode
    size = len(payload)
    if size <= 125:
        return bytes([first, size]) + payload
    if size <= 65535:
        return bytes([first, 126]) + size.to_bytes(2, "big") + payload
    return bytes([first, 127]) + size.to_bytes(8, "big") + payload


# --- a connection ---


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deflate: bool) -> None:
        self.reader = reader
        self.writer = writer
        self.deflate = deflate
        self.inflater = zlib.decompressobj(-15)
        self.deflater = zlib.compressobj(wbits=-15)
        self.opcode: int | None = None  # of the message that has begun
        self.compressed = False
        self.parts: list[bytes] = []

    async def run(self) -> None:
        while True:
            fin, rsv1, opcode, payload = await read_frame(self.reader, self.deflate)
            if opcode == PING:
                self.send(PONG, payload)
            elif opcode == CLOSE:
                self.answer_close(payload)
                return
            elif opcode != PONG:
                self.take(fin, rsv1, opcode, payload)
            await self.writer.drain()

    def take(self, fin: bool, rsv1: bool, opcode: int, payload: bytes) -> None:
        if (opcode == CONTINUATION) != (self.opcode is not None):
            raise Failed(1002, "fragments out of order")
        if self.opcode is None:
            self.opcode, self.compressed, self.parts = opcode, rsv1, []
        self.parts.append(payload)
        if sum(map(len, self.parts)) > MAX_MESSAGE:
            raise Failed(1009, "too big")
        if fin:
            message = b"".join(self.parts)
            kind, self.opcode = self.opcode, None
            self.echo(kind, self.inflate(message) if self.compressed else message)

    def inflate(self, data: bytes) -> bytes:
        try:
            out = self.inflater.decompress(data + b"\x00\x00\xff\xff", MAX_MESSAGE)
        except zlib.error:
            raise Failed(1007, "not deflate") from None
        if self.inflater.unconsumed_tail:
            raise Failed(1009, "too big")
        return out

    def echo(self, opcode: int, message: bytes) -> None:
        if opcode == TEXT:
            try:
                message.decode()
            except UnicodeDecodeError:
                raise Failed(1007, "not UTF-8") from None
        if self.deflate:
            data = self.deflater.compress(message) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
            self.send(opcode, data.removesuffix(b"\x00\x00\xff\xff"), rsv1=True)
        else:
            self.send(opcode, message)

    def answer_close(self, body: bytes) -> None:
        if not body:
            self.send(CLOSE, b"")
            return
        code = int.from_bytes(body[:2], "big")
        if len(body) == 1 or not (code in (1000, 1001, 1002, 1003, *range(1007, 1015)) or 3000 <= code < 5000):
            raise Failed(1002, "close code")
        try:
            body[2:].decode()
        except UnicodeDecodeError:
            raise Failed(1007, "reason") from None
        self.send(CLOSE, body[:2])

    def send(self, opcode: int, payload: bytes, rsv1: bool = False) -> None:
        self.writer.write(frame(opcode, payload, rsv1))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        deflate = await shake_hands(reader, writer)
        try:
            await Connection(reader, writer, deflate).run()
        except Failed as failure:
            code, reason = failure.args
            writer.write(frame(CLOSE, code.to_bytes(2, "big") + reason.encode()))
    except Refused as refusal:
        refuse(writer, str(refusal))
    except (ValueError, asyncio.LimitOverrunError):
        refuse(writer, "400 Bad Request")
    except (EOFError, OSError):
        pass  # the client is gone
    finally:
        writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=MAX_HEAD)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
