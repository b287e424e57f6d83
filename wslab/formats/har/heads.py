"""The heads of an entry of a HAR, as HTTP/1.1 writes them.

A HAR has headers without their bytes: the first line, line ends and order are ours. What cannot stand in a head is left
out, and where the headers together are no HTTP, the head has its first lines alone.

A connection over HTTP/2 or HTTP/3 is written as a gateway to HTTP/1.1 would: its CONNECT as a GET with `Upgrade`, its
2xx as a 101 whose reason phrase names it. Neither has key or hash (RFC 8441 §5), whatever a browser lists.

A body stands in a HAR decoded, so that its head cannot speak of an encoding: behind a refusal it has its own length, or
is left out with it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from wslab.formats.har.entries import TOKEN, HowOpened, Json, header_pairs, is_over_newer_http, part, status_of, text
from wslab.protocol import HeadReader, ProtocolError, Role

_UPGRADE = ("Upgrade: websocket", "Connection: Upgrade")
_ONLY_HTTP_1 = ("sec-websocket-key", "sec-websocket-accept", "content-length", "transfer-encoding")
_OF_BODIES = ("content-length", "transfer-encoding", "content-encoding")


def request_head(entry: Json, opening: HowOpened) -> bytes:
    """The head of the request."""
    request = part(entry, "request")
    host, target = _split(re.sub(r"[^\x21-\x7e]", "", text(request, "url")))
    newer = is_over_newer_http(entry, opening)
    first, host = f"{'GET' if newer else _method(request)} {target} HTTP/1.1", f"Host: {host}"
    lines = _as_upgrade(request) if newer else list(_fields(request, ()))
    named = any(line.lower().startswith("host:") for line in lines)
    return _head([first, *([] if named else [host]), *lines], [first, host], Role.CLIENT)


def _method(request: Json) -> str:
    method = text(request, "method").upper()
    return method if TOKEN.fullmatch(method) else "GET"


def _split(url: str) -> tuple[str, str]:
    """Host and target of an address; `unknown` and `/` where it cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "unknown", "/"
    return parts.netloc or "unknown", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def response_head(entry: Json, opening: HowOpened) -> bytes:
    """The head of the response, with the body of a refusal; empty where none came, or another than this."""
    if opening in (HowOpened.UNANSWERED, HowOpened.MISSED):
        return b""
    response, status = part(entry, "response"), status_of(entry)
    reason = re.sub(r"[^ -~]", "", text(response, "statusText"))
    if opening is HowOpened.CONNECTED:
        first = f"HTTP/1.1 101 Switching Protocols (stands for {status})"
        return _head([first, *_as_upgrade(response)], [first], Role.SERVER)
    first = f"HTTP/1.1 {status} {reason}"
    body = _body(response) if opening is HowOpened.REFUSED else b""
    length = [f"Content-Length: {len(body)}"] if body else []
    left_out = _OF_BODIES if opening is HowOpened.REFUSED else ()
    return _head([first, *_fields(response, left_out), *length], [first], Role.SERVER) + body


def _body(response: Json) -> bytes:
    content = part(response, "content")
    body = text(content, "text").encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True) if text(content, "encoding") == "base64" else body
    except ValueError:
        return body


def _as_upgrade(message: Json) -> list[str]:
    """The headers of a message of a newer HTTP, and those with which HTTP/1.1 says the same."""
    lines = list(_fields(message, _ONLY_HTTP_1))
    names = {line.partition(":")[0].lower() for line in lines}
    return [*(line for line in _UPGRADE if line.partition(":")[0].lower() not in names), *lines]


def _fields(message: Json, left_out: Sequence[str]) -> Iterator[str]:
    """Header lines; names of HTTP/2, which begin with a colon, and anything that is not a header are left out."""
    for name, value in header_pairs(message):
        if TOKEN.fullmatch(name) and name.lower() not in left_out:
            yield f"{name}: {re.sub(r'[^ -~]', ' ', value).strip()}"


def _head(lines: Sequence[str], plain: Sequence[str], sender: Role) -> bytes:
    """A head with all its lines; where those are not HTTP, with the plain ones alone."""
    whole, least = ("\r\n".join([*each, "", ""]).encode("latin-1", "replace") for each in (lines, plain))
    try:
        return whole if HeadReader(sender, max_head=len(whole)).feed(whole) is not None else least
    except ProtocolError:
        return least
