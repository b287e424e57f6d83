"""What the protocol's numbers mean, in words, once.

This module has tables, look-ups and small phrases. It explains; what a peer must do is a rule, in
`wslab.protocol.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from wslab.protocol.codes import CloseCode, Opcode

__all__ = [
    "CLOSE_CODES",
    "HEADERS",
    "OPCODES",
    "UNDECODABLE",
    "OpcodeWords",
    "close_code_words",
    "counted",
    "is_readable",
    "is_text",
    "is_utf8",
    "opcode_name",
    "printable",
    "quoted",
]


UNDECODABLE = "backslashreplace"
"""What stands for a byte that is not UTF-8, for Python: its own escape. U+FFFD would hide which byte it was."""


class OpcodeWords(NamedTuple):
    """One of the sixteen opcodes: what it is called, what it is for, where the RFC says so."""

    name: str
    purpose: str
    section: str


_FREE_DATA = OpcodeWords("reserved", "kept for a kind of data frame that does not exist yet", "5.2")
_FREE_CONTROL = OpcodeWords("reserved", "kept for a kind of control frame that does not exist yet", "5.2")

OPCODES: Mapping[int, OpcodeWords] = MappingProxyType(
    {
        **dict.fromkeys(range(0x3, 0x8), _FREE_DATA),
        **dict.fromkeys(range(0xB, 0x10), _FREE_CONTROL),
        Opcode.CONTINUATION: OpcodeWords("continuation", "a further fragment of the message that has begun", "5.4"),
        Opcode.TEXT: OpcodeWords("text", "a message of UTF-8 text, or its first fragment", "5.6"),
        Opcode.BINARY: OpcodeWords("binary", "a message of any bytes, or its first fragment", "5.6"),
        Opcode.CLOSE: OpcodeWords("Close", "begins or answers the closing handshake", "5.5.1"),
        Opcode.PING: OpcodeWords("Ping", "asks the peer to answer with a Pong that repeats the payload", "5.5.2"),
        Opcode.PONG: OpcodeWords("Pong", "answers a Ping, or is sent unasked as a sign of life", "5.5.3"),
    }
)

CLOSE_CODES: Mapping[int, str] = MappingProxyType(
    {
        CloseCode.NORMAL_CLOSURE: "normal closure: the purpose is fulfilled",
        CloseCode.GOING_AWAY: "going away: a server stops, or a page is left",
        CloseCode.PROTOCOL_ERROR: "protocol error: one side broke a rule, and the other side, which sends this, saw it",
        CloseCode.UNSUPPORTED_DATA: "unsupported data: a type of message that this endpoint cannot take",
        1004: "reserved: it has no meaning yet",
        CloseCode.NO_STATUS_RCVD: "no status received: the Close frame had no code; never on the wire",
        CloseCode.ABNORMAL_CLOSURE: "abnormal closure: no Close frame was received; never on the wire",
        CloseCode.INVALID_PAYLOAD: "invalid payload: text that is not UTF-8, for example",
        CloseCode.POLICY_VIOLATION: "policy violation: refused for a reason that has no code of its own",
        CloseCode.MESSAGE_TOO_BIG: "message too big: it is larger than the limit of the side that closes",
        CloseCode.MANDATORY_EXTENSION: "mandatory extension: the server did not agree to one that the client needs",
        CloseCode.INTERNAL_ERROR: "internal error: the endpoint met a condition that it did not expect",
        CloseCode.SERVICE_RESTART: "service restart: come back later",
        CloseCode.TRY_AGAIN_LATER: "try again later: the server is overloaded",
        CloseCode.BAD_GATEWAY: "bad gateway: a gateway got a bad answer from the server behind it",
        CloseCode.TLS_HANDSHAKE: "TLS handshake failed; never on the wire",
        3000: "unauthorized: the server wants a login first, as with HTTP's 401",
        3003: "forbidden: the client is not allowed to do this, as with HTTP's 403",
        3008: "timeout: the peer did not do in time what it had to do",
    }
)

HEADERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "host": ("which site of this address is meant", "4.1"),
        "upgrade": ("the protocol to change to", "4.1"),
        "connection": ("for the next hop only: `Upgrade` marks that header, `close` ends TCP", "RFC 9110 7.6.1"),
        "sec-websocket-key": ("16 random bytes in Base64: the answer proves that the server read them", "11.3.1"),
        "sec-websocket-version": ("the protocol's version: RFC 6455 has 13; a refusal lists the server's", "11.3.5"),
        "sec-websocket-accept": ("the proof: SHA-1 of key and GUID in Base64", "11.3.3"),
        "sec-websocket-protocol": ("subprotocols: what the client can speak, or which one the server chose", "11.3.4"),
        "sec-websocket-extensions": ("extensions: offered by the client, chosen by the server", "11.3.2"),
        "origin": ("the origin of the page that makes the browser ask", "10.2"),
        "cookie": ("what the site stored in the browser before", "RFC 6265 4.2"),
    }
)


_LATER_BYTES = bytes(range(0x80, 0xC0))  # of a character, all but the first: at most three


def opcode_name(opcode: int) -> str:
    """An opcode's name, control frames with a capital; a reserved one has its number: `reserved 0x3`."""
    name = OPCODES[opcode].name
    return f"reserved 0x{opcode:X}" if name == "reserved" else name


def close_code_words(code: int) -> str:
    """What a close code means (§7.4.1, §7.4.2, and the registry of §11.7).

    >>> close_code_words(4001)
    'private use: its meaning is agreed between these two programs'
    """
    if code in CLOSE_CODES:
        return CLOSE_CODES[code]
    if 4000 <= code <= 4999:
        return "private use: its meaning is agreed between these two programs"
    if 3000 <= code <= 3999:
        return "for a library, a framework or an application, which registers it with IANA"
    if 1000 <= code <= 2999:
        return "reserved: it has no meaning yet"
    return "not used: no code below 1000 has a meaning" if code < 1000 else "beyond the RFC's ranges: it has no meaning"


def is_text(payload: bytes, whole: bool) -> bool:
    """Whether a payload reads as text, by its first 256 bytes. What is not `whole` may be any fragment (§5.6)."""
    return is_utf8(payload[:256], begins=whole, ends=whole and len(payload) <= 256)


def is_utf8(data: bytes, *, begins: bool = True, ends: bool = True) -> bool:
    """Whether all of it is UTF-8, but for a character cut in two where a text does not begin or end here (§5.6)."""
    if not begins:
        data = data[:3].lstrip(_LATER_BYTES) + data[3:]
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return not ends and error.reason == "unexpected end of data"
    return True


def is_readable(payload: bytes) -> bool:
    """Whether a payload is text of which every character can be shown: a Ping's may be, or a few random bytes."""
    try:
        return payload.decode().isprintable()
    except UnicodeDecodeError:
        return False


def quoted(payload: bytes, limit: int = 40) -> str:
    r"""Payload as text in quotes, cut in the middle beyond `limit` characters; undecodable bytes as `\xe2`."""
    text = payload[: 8 * limit].decode("utf-8", UNDECODABLE) if len(payload) > 8 * limit else None
    tail = payload[-4 * limit :].decode("utf-8", UNDECODABLE) if text is not None else ""
    whole = payload.decode("utf-8", UNDECODABLE) if text is None else text + tail
    if len(whole) > limit:
        whole = f"{whole[: limit // 2]}…{whole[-limit // 2 :]}"
    return f"“{printable(whole)}”"


def printable(text: str) -> str:
    """Text for a sentence or a label: each character that cannot be shown is a dot, `·`."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "·" for each in text)


def counted(count: int, what: str, many: str = "") -> str:
    """`1 user`, `2,000 users`; `many` is a plural that is not the word with an s, as in `2 entries`."""
    return f"{count:,} {what if count == 1 else many or what + 's'}"
