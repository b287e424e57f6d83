"""What can be broken in an opening handshake: each break is an edit of the bytes of one side (§4).

A break changes the bytes on their way out, after they were built right. So the peer that refuses them has the reason
that a real peer would have, and nothing here says which rule that is: the checks of `wslab.protocol` find out.

`BREAKS` is made from tables: for the lines that a request needs, each can be missing, twice, or wrong; the others are
listed one by one.

Left out: who refuses (`exchange`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from wslab.protocol.codes import Role
from wslab.protocol.handshake.base import accept_key
from wslab.protocol.handshake.response import HandshakeResponse
from wslab.protocol.rules import RULES

__all__ = ["BREAKS", "Break"]

Edit = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that can be wrong: `side` is who makes the mistake, `edit` changes the bytes that it sends."""

    id: str
    side: Role
    words: str
    edit: Edit


# ---- edits of a head's bytes


def _drop(name: str) -> Edit:
    return lambda data: re.sub(rb"(?m)^" + name.encode() + rb": .*\r\n", b"", data)


def _twice(name: str) -> Edit:
    return lambda data: re.sub(rb"(?m)^(" + name.encode() + rb": .*\r\n)", rb"\1\1", data)


def _put(name: str, value: str) -> Edit:
    """Give a header another value; one that is not there is added at the end."""
    line = f"{name}: {value}\r\n".encode()

    def edit(data: bytes) -> bytes:
        pattern = rb"(?m)^" + name.encode() + rb": .*\r\n"
        if re.search(pattern, data):
            return re.sub(pattern, lambda _: line, data)
        head, _, body = data.partition(b"\r\n\r\n")
        return head + b"\r\n" + line + b"\r\n" + body

    return edit


def _swap(old: bytes, new: bytes) -> Edit:
    return lambda data: data.replace(old, new, 1)


def _first(pattern: bytes, new: bytes) -> Edit:
    return lambda data: re.sub(pattern, new, data, count=1)


def _lf_only(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")


def _accept_by(change: Callable[[str], str]) -> Edit:
    """A server that computes Sec-WebSocket-Accept in another way from the right value."""

    def edit(data: bytes) -> bytes:
        right = HandshakeResponse.parse(data)[0].accept_value
        return _put("Sec-WebSocket-Accept", change(right))(data)

    return edit


_KEY, _ACCEPT, _EXTENSIONS = "Sec-WebSocket-Key", "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions"


def _client_breaks() -> Iterator[Break]:
    """What a client can get wrong."""
    yield from (Break(f"request-{name}", Role.CLIENT, words, edit) for name, words, edit in _FIRST_LINE)
    for header, wrong in _REQUIRED:
        short = header.removeprefix("Sec-WebSocket-").lower()
        yield Break(f"request-{short}-missing", Role.CLIENT, f"{header} is missing", _drop(header))
        yield Break(f"request-{short}-twice", Role.CLIENT, f"{header} twice", _twice(header))
        for name, words, value in wrong:
            yield Break(f"request-{short}-{name}", Role.CLIENT, words, _put(header, value))
    yield from (Break(f"request-{name}", Role.CLIENT, words, edit) for name, words, edit in _REQUEST_REST)


def _server_breaks() -> Iterator[Break]:
    """What a server can get wrong."""
    yield from (Break(f"response-{name}", Role.SERVER, words, edit) for name, words, edit in _RESPONSE)


_FIRST_LINE: Sequence[tuple[str, str, Edit]] = (
    ("post", "POST instead of GET", _swap(b"GET ", b"POST ")),
    ("http-1.0", "HTTP/1.0 instead of HTTP/1.1", _swap(b"HTTP/1.1", b"HTTP/1.0")),
    ("fragment", "a # in the target", _first(rb" HTTP/", rb"#part HTTP/")),
)
_REQUIRED: Sequence[tuple[str, Sequence[tuple[str, str, str]]]] = (
    ("Host", [("empty", "Host is empty", "")]),
    ("Upgrade", [("wrong", "Upgrade names h2c", "h2c")]),
    ("Connection", [("wrong", "Connection: keep-alive, without Upgrade", "keep-alive")]),
    (
        _KEY,
        [
            ("short", "the key has 8 bytes, not 16", "c2hvcnRrZXk="),
            ("not-base64", "the key is not Base64", "16 bytes, in no Base64 !"),
        ],
    ),
    ("Sec-WebSocket-Version", [("8", "version 8, of an old draft", "8")]),
)
_REQUEST_REST: Sequence[tuple[str, str, Edit]] = (
    ("subprotocol-twice", "one subprotocol asked for twice", _put("Sec-WebSocket-Protocol", "chat, chat")),
    ("origin-foreign", "Origin is a foreign site", _put("Origin", "https://stranger.example")),
    ("origin-missing", "Origin is missing", _drop("Origin")),
    ("lf-only", "lines end with LF alone", _lf_only),
    ("no-colon", "a header line without a colon", _swap(b"Upgrade: ", b"Upgrade ")),
    ("tls", "a TLS hello: wss:// at a ws:// port", lambda _: RULES["head-not-tls"].example),
)
_RESPONSE: Sequence[tuple[str, str, Edit]] = (
    ("status-200", "200 OK instead of 101", _first(rb"101 [^\r]*", b"200 OK")),
    ("http-1.0", "HTTP/1.0 instead of HTTP/1.1", _swap(b"HTTP/1.1", b"HTTP/1.0")),
    ("upgrade-missing", "Upgrade is missing", _drop("Upgrade")),
    ("upgrade-twice", "Upgrade twice", _twice("Upgrade")),
    ("upgrade-wrong", "Upgrade names h2c", _put("Upgrade", "h2c")),
    ("connection-missing", "Connection is missing", _drop("Connection")),
    ("connection-wrong", "Connection: close, without Upgrade", _put("Connection", "close")),
    ("accept-missing", f"{_ACCEPT} is missing", _drop(_ACCEPT)),
    ("accept-twice", f"{_ACCEPT} twice", _twice(_ACCEPT)),
    ("accept-other", "the accept value of another key", _put(_ACCEPT, accept_key("AAAAAAAAAAAAAAAAAAAAAA=="))),
    ("accept-hex", "the SHA-1 as hex, not as Base64", _accept_by(lambda right: base64.b64decode(right).hex())),
    ("accept-case", "the accept value in lower case", _accept_by(str.lower)),
    ("subprotocol-unasked", "a subprotocol that was not asked for", _put("Sec-WebSocket-Protocol", "soap")),
    ("extension-unoffered", "an extension that was not offered", _put(_EXTENSIONS, "permessage-deflate")),
    ("lf-only", "lines end with LF alone", _lf_only),
)

BREAKS: Mapping[str, Break] = MappingProxyType({each.id: each for each in (*_client_breaks(), *_server_breaks())})
"""Every break by its id: mistakes of the client in the request, then mistakes of the server in the response."""
