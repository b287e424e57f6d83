"""HAR, the HTTP archive that browsers write, both ways: WebSocket messages under `_webSocketMessages`, as in Chrome.

A message there is `{"type": "send" | "receive", "time": Unix seconds, "opcode": 1, "data": text}`; `data` of any opcode
but text is base64. Chrome's DevTools read it back with Import HAR.

HAR is the client's view, and it has messages, not bytes. Writing keeps the messages that the client sent and those that
reached it, and control frames: Chrome records none of them, but shows those of a HAR that it imports. Reading turns
each message into one whole frame, the client's masked with four zeros, so that its bytes can be read; a fact on the
tape says that it comes from a HAR. What is damaged is left out and named in `tape.warnings`.

What it leaves out: all entries of a HAR that are not WebSocket, and cookies and cache, which it writes empty.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from reprlib import repr as shown  # cuts what is long
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from wslab.explain import counted
from wslab.protocol import Frame, HeadReader, Opcode, ProtocolError, Role
from wslab.tape.entry import ARRIVED, UNKNOWN, Entry
from wslab.tape.files import LATEST, UnreadableFile, Warnings, has_more_values, opened, replacing
from wslab.tape.follow import TapeView
from wslab.tape.log import DEFAULT_MAX_BYTES
from wslab.tape.records import FACTS, ForeignSource, RecordKind, Reported, pack, tag
from wslab.tape.tape import Tape

LARGEST = 256 * 1024 * 1024
"""Bytes that a HAR may have: it is one JSON value, and must be held as a whole.

Reading takes three times the file's size in memory, nine times where text holds characters beyond U+FFFF, and at most
200 bytes a value.
"""

MOST_VALUES = 2_000_000
"""Values that the JSON of a HAR may have. An empty list of two characters would take 64 bytes of memory."""

_EXPORT_LESS = "export only the WebSocket connection."
_KEYLESS = bytes(4)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OPCODES = frozenset(Opcode) - {Opcode.CONTINUATION}

# ---- writing


def save(tape: Tape, path: str | Path) -> Path:
    """Write the connections of a tape that have a handshake or messages as a HAR."""
    with replacing(path) as file:
        urls = {number: data for _, number, what, _, data in tape.records() if what is RecordKind.CONNECT}
        view = TapeView(tape)
        entries = [
            _entry(tape, number, view.entries(number), urls.get(number, b"")) for number in tape.connection_numbers
        ]
        har = {"log": {"version": "1.2", "creator": {"name": "wslab", "version": "1"}, "pages": [], "entries": entries}}
        for part in json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(har):
            file.write(part.encode("utf-8", "replace"))
    return Path(path)


def _entry(tape: Tape, number: int, entries: Sequence[Entry], peer: object) -> dict[str, Any]:
    heads = tape.heads(number)
    begin, end = (entries[0].time, entries[-1].time) if entries else (0.0, 0.0)
    answered = next((_seen(entry) for entry in entries if entry.kind == "http" and entry.sender == "server"), begin)
    return {
        "_resourceType": "websocket",
        "_webSocketMessages": list(_messages(entries, tape.epoch)),
        "startedDateTime": datetime.fromtimestamp(tape.epoch + begin, UTC).isoformat(timespec="milliseconds"),
        "time": _ms(end - begin),
        "request": _request(heads.get("client"), secure=isinstance(peer, bytes) and peer.startswith(b"wss:")),
        "response": _response(heads.get("server")),
        "cache": {},
        "timings": {"send": 0, "wait": _ms(answered - begin), "receive": _ms(end - answered)},
    }


def _ms(seconds: float) -> float:
    return max(0.0, round(seconds * 1000, 3))


def _request(head: bytes | None, *, secure: bool) -> dict[str, Any]:
    first, fields = _cut(head or b"GET / HTTP/1.1")
    method, _, target = first.rpartition(" ")[0].partition(" ")
    host = next((value for name, value in fields if name.lower() == "host"), "unknown")
    url = f"{'wss' if secure else 'ws'}://{host}{target}"
    query = [{"name": name, "value": value} for name, value in parse_qsl(target.partition("?")[2])]
    return {"method": method, "url": url, "queryString": query, **_common(fields, head)}


def _response(head: bytes | None) -> dict[str, Any]:
    first, fields = _cut(head or b"")
    _, status, words = (*first.split(" ", 2), "", "")[:3]
    body = (head or b"").partition(b"\r\n\r\n")[2]
    return {
        "status": int(status) if status.isdecimal() else 0,
        "statusText": words,
        "content": {"size": len(body), "mimeType": "x-unknown", "text": body.decode("utf-8", "replace")},
        "redirectURL": "",
        **_common(fields, head),
    }


def _cut(head: bytes) -> tuple[str, list[tuple[str, str]]]:
    """The first line of a head, and its headers."""
    first, *lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines)
    return first, [(name, value.strip()) for name, colon, value in fields if colon]


def _common(fields: Sequence[tuple[str, str]], head: bytes | None) -> dict[str, Any]:
    return {
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": name, "value": value} for name, value in fields],
        "cookies": [],
        "headersSize": len(head or b""),
        "bodySize": 0,
    }


def _seen(entry: Entry) -> float:
    """When the client saw it: at its departure for what it sent, at its arrival for what it received."""
    return entry.time if entry.sender == "client" or entry.arrived is None else entry.arrived


def _messages(entries: Sequence[Entry], epoch: float) -> Iterator[dict[str, Any]]:
    begun: dict[str, tuple[int, list[bytes]]] = {}
    seen = [entry for entry in entries if entry.sender == "client" or entry.fate in (ARRIVED, UNKNOWN)]
    for entry in sorted(seen, key=_seen):
        frame = entry.frame
        if frame is None or entry.plain is None:
            continue
        if frame.opcode & 8:
            yield _message(entry, frame.opcode, entry.plain, epoch)
            continue
        opcode, parts = begun.pop(entry.sender, (int(frame.opcode), []))
        parts.append(entry.plain)
        if frame.fin:
            yield _message(entry, opcode, b"".join(parts), epoch)
        else:
            begun[entry.sender] = opcode, parts


def _message(entry: Entry, opcode: int, payload: bytes, epoch: float) -> dict[str, Any]:
    as_text = opcode == Opcode.TEXT
    return {
        "type": "send" if entry.sender == "client" else "receive",
        "time": epoch + _seen(entry),
        "opcode": int(opcode),
        "data": payload.decode("utf-8", "replace") if as_text else base64.b64encode(payload).decode(),
    }


# ---- reading


class _Happening(NamedTuple):
    """A record to be: it is written once all are in the order of their times."""

    time: float
    number: int
    what: RecordKind
    data: bytes


def load(path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Tape:
    """Read the WebSocket connections of a HAR.

    Raises `UnreadableFile` where it has none, or is not a HAR.
    """
    found = _web_sockets(path, _json(path))
    warnings: list[str] = []
    warn = Warnings(warnings, "message")
    happened: list[_Happening] = []
    for number, entry in enumerate(found, 1):
        happened += _connection(number, entry, warn)
    warn.finish()
    happened.sort(key=lambda each: each.time)
    began = happened[0].time
    tape = Tape.blank(max_bytes=max_bytes, epoch=began)
    tape.warnings.extend(warnings)
    for each in happened:
        side = None if each.what in FACTS else Role.CLIENT
        tape.put(max(0.0, each.time - began), each.number, tag(each.what, side), each.data)
    return tape


def _json(path: str | Path) -> Any:
    with opened(path) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnreadableFile(path, f"this HAR has more than {LARGEST:,} bytes: {_EXPORT_LESS}")
    if has_more_values(data, MOST_VALUES):
        raise UnreadableFile(path, f"this HAR has more than {MOST_VALUES:,} JSON values: {_EXPORT_LESS}")
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        raise UnreadableFile(path, "this begins like JSON, but is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            path, f"this is damaged JSON: {error.msg} in line {error.lineno}; a HAR that was cut cannot be read."
        ) from None
    except RecursionError:
        raise UnreadableFile(path, "this is JSON nested beyond all reason, not a HAR.") from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise UnreadableFile(path, "this is JSON with a number of thousands of digits, not a HAR.") from None


def _web_sockets(path: str | Path, har: Any) -> list[Mapping[str, Any]]:
    log = har.get("log") if isinstance(har, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise UnreadableFile(path, "this is JSON, but no HAR (it has no log.entries) and no tape of wslab.")
    found = [entry for entry in entries if isinstance(entry, dict) and _is_web_socket(entry)]
    if not found:
        raise UnreadableFile(
            path,
            f"this HAR has {counted(len(entries), 'entry', 'entries')}, and no WebSocket connection: open the network "
            "panel before the page connects, and export afterwards.",
        )
    return sorted(found, key=lambda entry: _began(entry) or 0.0)


def _is_web_socket(entry: Mapping[str, Any]) -> bool:
    url = str(_part(entry, "request").get("url", ""))
    return (
        isinstance(entry.get("_webSocketMessages"), list)
        or entry.get("_resourceType") == "websocket"
        or url.startswith(("ws://", "wss://"))
    )


def _part(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = entry.get(name)
    return value if isinstance(value, dict) else {}


def _began(entry: Mapping[str, Any]) -> float | None:
    try:
        began = datetime.fromisoformat(str(entry.get("startedDateTime")))
        seconds = (began if began.tzinfo else began.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < LATEST else None  # where TCP never connected, Chrome writes a second before 1970


def _connection(number: int, entry: Mapping[str, Any], warn: Warnings) -> Iterator[_Happening]:
    messages = list(_read_messages(number, entry.get("_webSocketMessages"), warn))
    first = messages[0].time if messages else None
    began = _began(entry)
    if began is None or (first is not None and began > first):
        began = first or 0.0
    yield _Happening(
        began, number, RecordKind.CONNECT, str(_part(entry, "request").get("url", "")).encode("utf-8", "replace")
    )
    yield _Happening(began, number, RecordKind.SOURCE, pack(ForeignSource("wire", "har")))
    yield _Happening(began, number, RecordKind.SENT, _request_head(_part(entry, "request")))
    answer = _response_head(_part(entry, "response"))
    wait = _part(entry, "timings").get("wait")
    answered = began + (wait / 1000 if isinstance(wait, (int, float)) and 0 <= wait < 1e9 else 0.0)
    if answer:
        yield _Happening(answered if first is None else min(answered, first), number, RecordKind.ARRIVED, answer)
    yield from messages


def _read_messages(number: int, messages: Any, warn: Warnings) -> Iterator[_Happening]:
    last = 0.0
    for index, message in enumerate(messages if isinstance(messages, list) else [], 1):
        try:
            happening = _read_message(number, message)
        except (KeyError, TypeError, ValueError, AttributeError, ProtocolError) as problem:
            why = f"{problem} is missing" if isinstance(problem, KeyError) else str(problem)
            warn(f"Message {index} of connection {number} is left out: {why}")
            continue
        last = max(last, happening.time)  # the browser's own order holds
        yield happening._replace(time=last)


def _read_message(number: int, message: Mapping[str, Any]) -> _Happening:
    time, kind, opcode, data = (message[name] for name in ("time", "type", "opcode", "data"))
    if not isinstance(time, (int, float)) or not 0 <= time < LATEST:
        raise ValueError(f"its time is {shown(time)}.")
    if kind == "error":
        return _Happening(time, number, RecordKind.REPORTED, pack(Reported("wire", str(data))))
    if kind not in ("send", "receive") or not isinstance(opcode, int) or opcode not in _OPCODES:
        raise ValueError(f"its type is {shown(kind)} and its opcode {shown(opcode)}.")
    if not isinstance(data, str):
        raise ValueError(f"its data is {shown(data)}.")
    payload = data.encode("utf-8", "replace") if opcode == Opcode.TEXT else base64.b64decode(data, validate=True)
    frame = Frame(Opcode(opcode), payload, mask=_KEYLESS if kind == "send" else None)
    return _Happening(time, number, RecordKind.SENT if kind == "send" else RecordKind.ARRIVED, frame.serialize())


def _request_head(request: Mapping[str, Any]) -> bytes:
    host, target = _split(re.sub(r"[^\x21-\x7e]", "", str(request.get("url", ""))))
    first, host = f"GET {target} HTTP/1.1", f"Host: {host}"
    fields = list(_fields(request))
    named = any(line.lower().startswith("host:") for line in fields)
    return _head([first, *([] if named else [host]), *fields], [first, host], Role.CLIENT)


def _split(url: str) -> tuple[str, str]:
    """Host and target of an address; `unknown` and `/` where it cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "unknown", "/"
    return parts.netloc or "unknown", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _response_head(response: Mapping[str, Any]) -> bytes:
    """The head of the answer; empty where no answer came, which Chrome writes as status 0."""
    status = response.get("status")
    if not isinstance(status, int) or not 100 <= status < 600:
        return b""
    first = f"HTTP/1.1 {status} {re.sub(r'[^ -~]', '', str(response.get('statusText') or ''))}"
    return _head([first, *_fields(response)], [first], Role.SERVER)


def _fields(message: Mapping[str, Any]) -> Iterator[str]:
    """Header lines; names of HTTP/2, which begin with a colon, and anything that is not a header are left out."""
    headers = message.get("headers")
    for header in headers if isinstance(headers, list) else []:
        name, value = (str(header.get(key, "")) for key in ("name", "value")) if isinstance(header, dict) else ("", "")
        if _TOKEN.fullmatch(name):
            yield f"{name}: {re.sub(r'[^ -~]', ' ', value).strip()}"


def _head(lines: Sequence[str], plain: Sequence[str], sender: Role) -> bytes:
    """A head with all its lines; where those are not HTTP, with the plain ones alone."""
    whole, least = ("\r\n".join([*each, "", ""]).encode("latin-1", "replace") for each in (lines, plain))
    try:
        return whole if HeadReader(sender, max_head=len(whole)).feed(whole) is not None else least
    except ProtocolError:
        return least
