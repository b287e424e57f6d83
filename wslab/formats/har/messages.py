"""The messages of a WebSocket connection in a HAR, each as one whole frame.

    {"type": "send" | "receive" | "error", "time": 1700000000.5, "opcode": 1, "data": "text, or base64"}

is Chrome's form, which the others follow more or less. Times are read by `times`. A missing opcode is text, or binary
where `encoding` or `isBinary` says so. A tool that marks base64 with `encoding` (gori) means text where the mark is
missing; all others mean base64 with every opcode but text.

The client's frames are masked with four zeros, so that their bytes can be read. What has no direction or no payload is
left out, and told. Playwright can write the messages to a file of their own beside the HAR, one a line.

What it leaves out: fragments, which no tool writes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from reprlib import repr as shown  # cuts what is long
from typing import Any, NamedTuple

from wslab.formats.har.entries import LARGEST, MOST_VALUES, Json, part, text
from wslab.protocol import Frame, Opcode, ProtocolError
from wslab.tape.files import UnreadableFile, Warnings, has_more_values, opened
from wslab.tape.records import RecordKind, Reported, pack

MOST_FILES = 1000
"""Files beside a HAR that are looked for."""

_KEYLESS = bytes(4)
_DATA = frozenset(Opcode) - {Opcode.CONTINUATION}
_NAMES = {"text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
_SENDS = frozenset(("send", "sent", "outgoing", "out", "client"))
_RECEIVES = frozenset(("receive", "received", "incoming", "in", "server"))
_ATTACHED = re.compile(r"[\w-]{1,128}\.jsonl")


class HarMessage(NamedTuple):
    """What a message is on the tape, and its time as the tool wrote it."""

    what: RecordKind
    data: bytes
    time: Any


def is_listed(entry: Json) -> bool:
    """Whether the HAR itself has a list of the messages, be it an empty one."""
    return isinstance(entry.get("_webSocketMessages"), list)


def attachment(entry: Json) -> str:
    """The name of the file beside the HAR that has the messages; empty where there is none."""
    name = text(part(part(entry, "response"), "content"), "_file")
    return name if _ATTACHED.fullmatch(name) and not is_listed(entry) else ""


class Attachments:
    """The files beside a HAR that have messages, each read once, together within the limits of one HAR."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left = LARGEST
        self._read: set[str] = set()

    def read(self, name: str) -> list[Any] | None:
        """The messages in a file; None where it is not there, was read before, or goes beyond the limits."""
        if name in self._read or len(self._read) == MOST_FILES:
            return None
        self._read.add(name)
        try:
            with opened(self._folder / name) as file:
                data = file.read(self._left + 1)
        except UnreadableFile:
            return None
        if len(data) > self._left or has_more_values(data, MOST_VALUES):
            return None
        self._left -= len(data)
        return [_json_line(line) for line in data.splitlines() if line.strip()]


def _json_line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def read_messages(number: int, listed: Sequence[Any], warn: Warnings) -> Iterator[HarMessage]:
    """The messages of connection `number`, in the order of the list."""
    marks = any(isinstance(each, dict) and "encoding" in each for each in listed)
    for index, message in enumerate(listed, 1):
        try:
            yield _message(message, marks)
        except (ValueError, ProtocolError) as problem:
            warn(f"Message {index} of connection {number} is left out: {problem}")


def _message(message: Any, marks: bool) -> HarMessage:
    if not isinstance(message, dict):
        raise ValueError(f"it is {shown(message)}.")
    time = message.get("time", message.get("timestamp"))
    if message.get("type") == "error":
        return HarMessage(RecordKind.REPORTED, pack(Reported("wire", text(message, "data"))), time)
    sends, opcode = _is_sent(message), _opcode(message)
    if "data" not in message:
        raise ValueError("its data is missing.")
    frame = Frame(opcode, _payload(message, opcode, marks), mask=_KEYLESS if sends else None)
    return HarMessage(RecordKind.SENT if sends else RecordKind.ARRIVED, frame.serialize(), time)


def _is_sent(message: Json) -> bool:
    words = [text(message, name).lower() for name in ("type", "direction")]
    if _SENDS.intersection(words):
        return True
    if not _RECEIVES.intersection(words):
        raise ValueError(f"its type is {shown(message.get('type'))}, neither send nor receive.")
    return False


def _opcode(message: Json) -> Opcode:
    given = message.get("opcode", message.get("type"))
    if isinstance(given, str):
        given = _NAMES.get(given.lower(), int(given) if given.isdecimal() and len(given) < 3 else given)
    if "opcode" not in message and given not in _NAMES.values():
        marked = message.get("encoding") == "base64" or message.get("isBinary") is True
        return Opcode.BINARY if marked else Opcode.TEXT
    if isinstance(given, bool) or not isinstance(given, (int, float)) or given not in _DATA:
        raise ValueError(f"its opcode is {shown(message.get('opcode'))}.")
    return Opcode(int(given))


def _payload(message: Json, opcode: Opcode, marks: bool) -> bytes:
    data = message["data"]
    if not isinstance(data, str):
        raise ValueError(f"its data is {shown(data)}.")
    if message.get("encoding") == "base64" or not (opcode is Opcode.TEXT or marks):
        return _from_base64(data)
    return data.encode("utf-8", "replace")


def _from_base64(data: str) -> bytes:
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except ValueError:
        raise ValueError(f"its data is no base64: {shown(data)}.") from None
