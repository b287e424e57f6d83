"""The server in Python with one realistic mistake each: what is written in place of what, and where that is found.

Each mistake is a piece of `server.py` and what somebody wrote instead; the rest of the server is right. `write` makes
the file of the wrong server.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SERVERS = Path(__file__).parent
SERVER = SERVERS / "server.py"


class Mistake(NamedTuple):
    """`stage` and `case` are where the path stops, `rule` is the rule's id or the section of the duty.

    `place` is the first wrong byte and bit, None where no byte is named.
    """

    right: str
    wrong: str
    stage: str
    case: str
    rule: str
    place: tuple[int, int] | None = None


MISTAKES = {
    "accept-in-hex": Mistake(
        "base64.b64encode(digest.digest()).decode()",
        "digest.hexdigest()",
        *("handshake", "rfc-key", "response-accept", (97, 0)),
    ),
    "key-decoded": Mistake(
        "(key + GUID).encode()",
        "base64.b64decode(key) + GUID.encode()",
        *("handshake", "rfc-key", "response-accept", (97, 0)),
    ),
    "accept-of-the-example": Mistake(
        "    return base64.b64encode(digest.digest()).decode()",
        '    return "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="',
        *("handshake", "another-key", "response-accept", (97, 0)),
    ),
    "one-read-is-one-request": Mistake(
        'await reader.readuntil(b"\\r\\n\\r\\n")',
        "await reader.read(65536)",
        *("handshake", "pieces", "4", (0, 0)),
    ),
    "no-empty-line": Mistake(
        'writer.write("\\r\\n".join([*lines, "", ""]).encode())',
        'writer.write("\\r\\n".join([*lines, ""]).encode())',
        *("handshake", "rfc-key", "4", (127, 0)),
    ),
    "any-version": Mistake(
        'headers.get("sec-websocket-version") != "13"',
        'not headers.get("sec-websocket-version")',
        *("handshake", "version-8", "request-version", (9, 0)),
    ),
    "always-text": Mistake(
        "self.echo(kind, ",
        "self.echo(TEXT, ",
        *("echo", "binary", "7.3", (0, 4)),
    ),
    "masks-its-frames": Mistake(
        "return bytes([first, size]) + payload",
        "return bytes([first, 0x80 | size, 0, 0, 0, 0]) + payload",
        *("echo", "text", "server-does-not-mask", (1, 0)),
    ),
    "no-unmask": Mistake(
        "return fin, rsv1, opcode, unmask(payload, key)",
        "return fin, rsv1, opcode, payload",
        *("masks", "small-key", "6.2", (2, 7)),
    ),
    "unmasked-accepted": Mistake(
        'raise Failed(1002, "not masked")',
        "key = bytes(4)\n        return fin, rsv1, opcode, await reader.readexactly(second)",
        *("masks", "unmasked", "client-masks", (0, 0)),
    ),
    "length-little-endian": Mistake(
        'length = int.from_bytes(await reader.readexactly(2), "big")',
        'length = int.from_bytes(await reader.readexactly(2), "little")',
        *("lengths", "126", "6.2", (0, 0)),
    ),
    "126-is-a-length": Mistake(
        "    if length == 126:\n",
        "    if length == 126 and False:\n",
        *("lengths", "126", "6.2", (4, 2)),
    ),
    "writes-length-little-endian": Mistake(
        'bytes([first, 126]) + size.to_bytes(2, "big")',
        'bytes([first, 126]) + size.to_bytes(2, "little")',
        *("lengths", "126", "6.2", (2, 1)),
    ),
    "126-on-127": Mistake(
        "    if size <= 125:",
        "    if size < 125:",
        *("lengths", "125", "length-minimal", (1, 1)),
    ),
    "fragments-apart": Mistake(
        '        if fin:\n            message = b"".join(self.parts)\n'
        "            kind, self.opcode = self.opcode, None",
        "        if True:\n            message = payload\n            kind = self.opcode\n"
        "            self.opcode = None if fin else self.opcode",
        *("fragments", "two", "6.2", (1, 5)),
    ),
    "first-fragment-lost": Mistake(
        "        self.parts.append(payload)\n        if sum",
        "        self.parts = [payload]\n        if sum",
        *("fragments", "two", "6.2", (1, 5)),
    ),
    "no-pong": Mistake(
        "self.send(PONG, payload)",
        "pass",
        *("ping", "payload", "5.5.2", (0, 0)),
    ),
    "pong-without-payload": Mistake(
        "self.send(PONG, payload)",
        'self.send(PONG, b"")',
        *("ping", "payload", "5.5.2", (1, 7)),
    ),
    "ping-forgets-fragments": Mistake(
        "            if opcode == PING:\n",
        "            if opcode == PING:\n                self.parts = []\n",
        *("control", "between", "6.2", (1, 5)),
    ),
    "long-ping-answered-with-a-long-pong": Mistake(
        "if opcode >= CLOSE and (length > 125 or not fin):",
        "if opcode >= CLOSE and not fin:",
        *("control", "too-long", "control-too-long", (1, 1)),
    ),
    "rsv-accepted": Mistake(
        "if first & 0x30 or (rsv1 and not (deflate and opcode in (TEXT, BINARY))):",
        "if False:",
        *("reserved", "rsv1", "reserved-bits", (0, 0)),
    ),
    "any-opcode": Mistake(
        "if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):",
        "if opcode > PONG:",
        *("reserved", "opcode-3", "reserved-opcode", (0, 4)),
    ),
    "close-not-echoed": Mistake(
        "                self.answer_close(payload)\n",
        "",
        *("close", "normal", "5.5.1", (0, 0)),
    ),
    "1005-on-the-wire": Mistake(
        '            self.send(CLOSE, b"")\n            return\n',
        "            self.send(CLOSE, (1005).to_bytes(2, 'big'))\n            return\n",
        *("close", "empty", "close-code-valid", (2, 0)),
    ),
    "any-close-repeated": Mistake(
        '        code = int.from_bytes(body[:2], "big")\n',
        "        self.send(CLOSE, body)\n        return\n",
        *("close", "1005", "close-code-valid", (2, 0)),
    ),
    "tcp-kept-open": Mistake(
        "                self.answer_close(payload)\n                return\n",
        "                self.answer_close(payload)\n",
        *("close", "normal", "5.5.1", (4, 0)),
    ),
    "any-text": Mistake(
        "                message.decode()\n",
        "                message.decode(errors='replace')\n",
        *("utf8", "ff", "text-is-utf8", (2, 0)),
    ),
    "each-fragment-decoded": Mistake(
        "        self.parts.append(payload)\n",
        "        self.parts.append(payload)\n"
        "        if self.opcode == TEXT and not rsv1:\n            try:\n                payload.decode()\n"
        "            except ValueError:\n                raise Failed(1007, 'not UTF-8') from None\n",
        *("fragments", "split-character", "7.3", (0, 4)),
    ),
    "no-limit": Mistake(
        "    if length > MAX_MESSAGE:",
        "    if length > 2**63:",
        *("limits", "8-MiB", "frame-too-big"),
    ),
    "no-limit-on-fragments": Mistake(
        "        if sum(map(len, self.parts)) > MAX_MESSAGE:",
        "        if len(payload) > MAX_MESSAGE:",
        *("limits", "fragments", "message-too-big", (0, 0)),
    ),
    "memory-for-what-is-announced": Mistake(
        "    if length > MAX_MESSAGE:",
        "    if length >= 2**62:\n        import os; os._exit(134)\n    if length > MAX_MESSAGE:",
        *("limits", "2-62", ""),
    ),
    "rsv1-not-set": Mistake(
        'removesuffix(b"\\x00\\x00\\xff\\xff"), rsv1=True)',
        'removesuffix(b"\\x00\\x00\\xff\\xff"))',
        *("compression", "text", "text-is-utf8", (3, 0)),
    ),
    "tail-not-removed": Mistake(
        "self.deflater.compress(message) + self.deflater.flush(zlib.Z_SYNC_FLUSH)",
        "zlib.compress(message)",
        *("compression", "text", "deflate-data", (2, 0)),
    ),
    "bomb-inflated": Mistake(
        'decompress(data + b"\\x00\\x00\\xff\\xff", MAX_MESSAGE)',
        'decompress(data + b"\\x00\\x00\\xff\\xff")',
        *("compression", "bomb", "inflated-too-big", (0, 0)),
    ),
    "one-client-at-a-time": Mistake(
        "async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:\n",
        "TURN = asyncio.Lock()\n\n\nasync def serve(reader, writer):\n    async with TURN:\n"
        "        await serve_one(reader, writer)\n\n\nasync def serve_one(reader, writer):\n",
        *("hostile", "silent", ""),
    ),
    "dies-with-its-client": Mistake(
        "    except (EOFError, OSError):\n        pass  # the client is gone\n",
        "    except EOFError:\n        pass\n    except OSError:\n        sys.stderr.write('broken pipe\\n')\n"
        "        import os; os._exit(1)\n",
        *("hostile", "gone-in-request", ""),
    ),
}

LENIENT = {
    "fragmented-control-frames": (
        "if opcode >= CLOSE and (length > 125 or not fin):",
        "if opcode >= CLOSE and length > 125:",
        *("control", "fragmented", "the server answered the Ping behind it; §5.5 asks nothing of a receiver here"),
    ),
    "http-1.0": (
        '"HTTP/1.1 101 Switching Protocols"',
        '"HTTP/1.0 101 Switching Protocols"',
        *("handshake", "rfc-key", "the answer should be HTTP/1.1 or later, and it has `HTTP/1.0`"),
    ),
    "lines-end-with-lf": (
        'writer.write("\\r\\n".join([*lines, "", ""]).encode())',
        'writer.write("\\n".join([*lines, "", ""]).encode())',
        *("handshake", "rfc-key", "a line of the head must end with CR LF"),
    ),
    "pong-answered": (
        "            elif opcode != PONG:\n",
        "            elif opcode == PONG:\n                self.send(PONG, payload)\n            else:\n",
        *("control", "pong", "a Pong came that answers no Ping, as it may, and nobody needs it (§5.5.3)"),
    ),
    "tcp-ends-for-a-violation": (
        '            writer.write(frame(CLOSE, code.to_bytes(2, "big") + reason.encode()))',
        "            pass",
        *("masks", "unmasked", "TCP ended without a Close: one with 1002 would say why (§7.1.7)"),
    ),
    "always-1000": (
        'code.to_bytes(2, "big") + reason',
        '(1000).to_bytes(2, "big") + reason',
        *("utf8", "ff", "the Close has 1000: 1007"),
    ),
    "close-without-code": (
        "        self.send(CLOSE, body[:2])",
        '        self.send(CLOSE, b"")',
        *("close", "normal", "the Close has no code: most servers repeat the one that came, 1000 (§5.5.1)"),
    ),
    "no-compression": (
        "    deflate = choose_deflate(headers)",
        "    deflate = False",
        *("compression", "text", "the server declined the compression, as it may (RFC 7692 §5)"),
    ),
}
"""What an RFC leaves open: what stands in place of what, the stage, the case, and how its remark begins."""


def write(name: str, folder: Path) -> Path:
    """The file of the server with this mistake, or this leniency."""
    right, wrong, *_ = MISTAKES[name] if name in MISTAKES else LENIENT[name]
    source = SERVER.read_text(encoding="utf-8")
    assert source.count(right) == 1, f"{name}: {right!r} is not there once"
    path = folder / f"{name}.py"
    path.write_text(source.replace(right, wrong), encoding="utf-8")
    return path
