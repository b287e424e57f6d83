"""One message of a HAR as one whole frame, whatever its tool calls the parts.

    {"type": "send" | "receive" | "error", "time": 1700000000.5, "opcode": 1, "data": "text, or base64"}

is Chrome's form, which most follow. The parts may have other names (`_DIRECTIONS`, `_TIMES`, `_DATA`); what a time
means is for `times` to say. A missing opcode is text, or binary where `encoding` or `isBinary` says so. The data of any
opcode but text is base64; a tool that marks base64 with `encoding`, as gori does, means text where the mark is missing.
A Close may have `code` and `reason`, or its code as its data.

The client's frames are masked with four zeros, so that their bytes can be read.
"""

from __future__ import annotations

import base64
from reprlib import repr as shown  # cuts what is long
from typing import Any, NamedTuple

from wslab.formats.har.entries import Json, text
from wslab.protocol import Frame, Opcode
from wslab.tape.records import RecordKind, Reported, pack

_KEYLESS = bytes(4)
_OPCODES = frozenset(Opcode) - {Opcode.CONTINUATION}
_NAMES = {"text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
_DIRECTIONS = ("type", "direction", "from", "sender")
_SENDS = frozenset(("send", "sent", "outgoing", "outbound", "out", "request", "client"))
_RECEIVES = frozenset(("receive", "received", "incoming", "inbound", "in", "response", "server"))
_TIMES = ("time", "timestamp")
_DATA = ("data", "payloadData", "payload", "text")


class HarMessage(NamedTuple):
    """What a message is on the tape, and its time as the tool wrote it."""

    what: RecordKind
    data: bytes
    time: Any


def read_message(message: Any, *, marks: bool) -> HarMessage:
    """One message; `marks` says that its tool marks what is base64. Raises ValueError with what is wrong."""
    if not isinstance(message, dict):
        raise ValueError(f"it is {shown(message)}.")
    time = _first(message, _TIMES)
    if message.get("type") == "error":
        return HarMessage(RecordKind.REPORTED, pack(Reported("wire", text(message, "data"))), time)
    sends, opcode = _is_sent(message), _opcode(message)
    frame = Frame(opcode, _payload(message, opcode, marks), mask=_KEYLESS if sends else None)
    return HarMessage(RecordKind.SENT if sends else RecordKind.ARRIVED, frame.serialize(), time)


def _first(message: Json, names: tuple[str, ...]) -> Any:
    return next((message[name] for name in names if message.get(name) is not None), None)


def _is_sent(message: Json) -> bool:
    words = [text(message, name).lower() for name in _DIRECTIONS]
    if _SENDS.intersection(words):
        return True
    if not _RECEIVES.intersection(words):
        raise ValueError(f"its type is {shown(message.get('type'))}, neither send nor receive.")
    return False


def _opcode(message: Json) -> Opcode:
    given = message.get("opcode")
    if given is None:
        return _opcode_by_other_signs(message)
    if isinstance(given, str):
        given = _NAMES.get(given.lower(), int(given) if given.isdecimal() and len(given) < 3 else given)
    if isinstance(given, bool) or not isinstance(given, (int, float)) or given not in _OPCODES:
        raise ValueError(f"its opcode is {shown(message.get('opcode'))}.")
    return Opcode(int(given))


def _opcode_by_other_signs(message: Json) -> Opcode:
    named = _NAMES.get(text(message, "type").lower())
    if named is not None:
        return Opcode(named)
    marked = message.get("encoding") == "base64" or message.get("isBinary") is True
    return Opcode.BINARY if marked else Opcode.TEXT


def _payload(message: Json, opcode: Opcode, marks: bool) -> bytes:
    data = _first(message, _DATA)
    if opcode is Opcode.CLOSE and (body := _close_body(message, data)) is not None:
        return body
    if not isinstance(data, str):
        raise ValueError("its data is missing." if data is None else f"its data is {shown(data)}.")
    if message.get("encoding") == "base64" or not (opcode is Opcode.TEXT or marks):
        return _from_base64(data)
    return data.encode("utf-8", "replace")


def _close_body(message: Json, data: Any) -> bytes | None:
    """The body of a Close whose code is written as a number; None where it is written as bytes."""
    code = message.get("code")
    if isinstance(data, str) and len(data) == 4 and data.isdecimal():  # no base64 of a legal code is four digits
        code = int(data)
    if not isinstance(code, int) or not 0 <= code < 1 << 16:
        return None
    return code.to_bytes(2, "big") + text(message, "reason").encode("utf-8", "replace")


def _from_base64(data: str) -> bytes:
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except ValueError:
        raise ValueError(f"its data is no base64: {shown(data)}.") from None
