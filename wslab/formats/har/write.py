"""A tape as a HAR, which DevTools of Chrome read with Import HAR: WebSocket messages under `_webSocketMessages`.

A message there is `{"type": "send" | "receive", "time": Unix seconds, "opcode": 1, "data": text}`; `data` of any opcode
but text is base64.

HAR is the client's view, and it has messages, not bytes. Kept are the messages that the client sent and those that
reached it, and control frames: Chrome records none of them, but shows those of a HAR that it imports.

What it leaves out: cookies and cache, which it writes empty.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from wslab.protocol import Opcode
from wslab.tape.entry import ARRIVED, UNKNOWN, Entry
from wslab.tape.files import replacing
from wslab.tape.follow import TapeView
from wslab.tape.records import RecordKind
from wslab.tape.tape import Tape


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
