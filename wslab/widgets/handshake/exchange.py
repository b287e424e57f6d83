"""One opening handshake as real bytes, whole or with one thing broken (§4).

Rules: both heads are built, parsed and checked by `wslab.protocol`, exactly as an endpoint does it; a *break* is an
edit of the bytes on their way out, so whoever refuses them does so for the reason that a real peer would have. What
refuses, with which status and in which words, comes from the checks and their rules and stands nowhere here.

Left out: how it is drawn (`handshake`), and sockets.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from http import HTTPStatus
from types import MappingProxyType

from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.handshake.base import GUID, accept_key
from wslab.protocol.handshake.checks import Check
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse
from wslab.protocol.rules import RULES

__all__ = ["BREAKS", "SAMPLE_KEY", "Break", "Exchange", "Line", "accept_stages", "lines"]

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the RFC's example (§1.3)."""

HOST = "127.0.0.1:9001"

Edit = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that can be wrong: `side` is who errs, `edit` changes the bytes that it sends."""

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


def _accept_of(change: Callable[[str], str]) -> Edit:
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
            ("short", "the key is of 8 bytes, not 16", "c2hvcnRrZXk="),
            ("not-base64", "the key is not Base64", "16 bytes, in no Base64 !"),
        ],
    ),
    ("Sec-WebSocket-Version", [("8", "version 8, of an old draft", "8")]),
)
_REQUEST_REST: Sequence[tuple[str, str, Edit]] = (
    ("subprotocol-twice", "one subprotocol asked for twice", _put("Sec-WebSocket-Protocol", "chat, chat")),
    ("origin-foreign", "Origin is a stranger's page", _put("Origin", "https://stranger.example")),
    ("origin-missing", "Origin is missing", _drop("Origin")),
    ("lf-only", "lines end with LF alone", _lf_only),
    ("no-colon", "a header line without a colon", _swap(b"Upgrade: ", b"Upgrade ")),
    ("tls", "a TLS hello: wss:// dialled at a ws:// port", lambda _: RULES["head-not-tls"].example),
)
_SERVER_ERRS: Sequence[tuple[str, str, Edit]] = (
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
    ("accept-hex", "the SHA-1 as hex, not as Base64", _accept_of(lambda right: base64.b64decode(right).hex())),
    ("accept-case", "the accept value in lower case", _accept_of(str.lower)),
    ("subprotocol-unasked", "a subprotocol that was not asked for", _put("Sec-WebSocket-Protocol", "soap")),
    ("extension-unoffered", "an extension that was not offered", _put(_EXTENSIONS, "permessage-deflate")),
    ("lf-only", "lines end with LF alone", _lf_only),
)

BREAKS: Mapping[str, Break] = MappingProxyType(
    {
        each.id: each
        for each in (
            *_client_breaks(),
            *(Break(f"response-{name}", Role.SERVER, words, edit) for name, words, edit in _SERVER_ERRS),
        )
    }
)
"""Every break by its id: those of the request (the client errs), then those of the response (the server errs)."""


# ---- the accept value in stages


def accept_stages(key: str) -> list[tuple[str, str, str]]:
    """How a key becomes its accept value (§4.2.2): (name, value, what was done)."""
    digest = hashlib.sha1((key + GUID).encode("latin-1", "replace"), usedforsecurity=False).digest()
    return [
        ("key", key, f"{len(key)} characters, just as they came"),
        ("key + GUID", key + GUID, "the GUID of §1.3, with nothing between"),
        ("SHA-1", digest.hex(" "), "20 bytes, in hex"),
        ("Base64", base64.b64encode(digest).decode(), "28 characters: the accept value"),
    ]


# ---- the exchange


@dataclass(frozen=True)
class Exchange:
    """Who sends what and who refuses it. `broken` is the id of a break, or empty.

    `subprotocols` is the list as it is written, with commas. Raises `LocalProtocolError` when a value cannot stand in
    a head, as soon as the request is asked for.
    """

    key: str = SAMPLE_KEY
    path: str = "/chat"
    subprotocols: str = "chat, superchat"
    origin: str = "http://localhost:8888"
    broken: str = ""

    @property
    def fault(self) -> Break | None:
        """What is broken, if anything is."""
        return BREAKS[self.broken] if self.broken else None

    @cached_property
    def asked(self) -> bytes:
        """The request as it should be."""
        names = [name.strip() for name in self.subprotocols.split(",") if name.strip()]
        origin = self.origin or None
        return HandshakeRequest.build(HOST, self.path, key=self.key, subprotocols=names, origin=origin).serialize()

    @cached_property
    def request(self) -> bytes:
        """The request as it is sent."""
        return self._edited(self.asked, Role.CLIENT)

    @cached_property
    def server_checks(self) -> list[Check]:
        """Every check of the server's, passed and failed; only one where the bytes are no HTTP head."""
        origins = [self.origin] if self.origin else None
        try:
            return HandshakeRequest.parse(self.request)[0].checks(origins=origins)
        except ProtocolError as error:
            return [_failed(error)]

    @cached_property
    def refusal(self) -> Check | None:
        """The first check that the server's answer depends on: the one that failed."""
        return _first_failed(self.server_checks)

    @property
    def key_read(self) -> str:
        """The key that the server reads in the request, wrong or not."""
        return self._request_to_check_by().key

    @cached_property
    def answered(self) -> bytes:
        """The response as it should be: 101, or the status of the broken rule with its sentence behind the head."""
        if self.refusal is None:
            request = HandshakeRequest.parse(self.request)[0]
            return HandshakeResponse.accept(request, subprotocol=next(iter(request.subprotocols), None)).serialize()
        sentence = str(self.refusal.error())
        return HandshakeResponse.refuse(self.status, body=sentence).serialize() + sentence.encode()

    @property
    def status(self) -> int:
        """What the server answers with."""
        if self.refusal is None:
            return HTTPStatus.SWITCHING_PROTOCOLS
        return self.refusal.rule.http_status or HTTPStatus.BAD_REQUEST

    @cached_property
    def response(self) -> bytes:
        """The response as it is sent."""
        return self._edited(self.answered, Role.SERVER)

    @cached_property
    def client_checks(self) -> list[Check]:
        """Every check of the client's."""
        try:
            return HandshakeResponse.parse(self.response)[0].checks(self._request_to_check_by())
        except ProtocolError as error:
            return [_failed(error)]

    @cached_property
    def decision(self) -> Check | None:
        """The check that ended the handshake, the server's before the client's; None where it went through."""
        return self.refusal or _first_failed(self.client_checks)

    @property
    def by(self) -> Role | None:
        """Who refuses."""
        if self.refusal is not None:
            return Role.SERVER
        return None if self.decision is None else Role.CLIENT

    def _edited(self, data: bytes, side: Role) -> bytes:
        return self.fault.edit(data) if self.fault and self.fault.side is side else data

    def _request_to_check_by(self) -> HandshakeRequest:
        try:
            return HandshakeRequest.parse(self.request)[0]
        except ProtocolError:
            return HandshakeRequest.parse(self.asked)[0]


def _first_failed(checks: Sequence[Check]) -> Check | None:
    return next((check for check in checks if not check.passed), None)


def _failed(error: ProtocolError) -> Check:
    return Check(error.rule, False, error.found, error.expected, error.offset)


# ---- the bytes as lines


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a head: where it begins (None: it was taken out), what stands there and how it ends.

    `change` is "", "changed", "added" or "gone", against the head as it should be.
    """

    offset: int | None
    data: bytes
    end: bytes
    change: str = ""

    @property
    def text(self) -> str:
        """The line as it can be shown: control characters and what is no UTF-8 in hex."""
        return "".join(_picture(each) for each in self.data.decode("utf-8", "backslashreplace"))

    def holds(self, byte: int) -> bool:
        """Whether the byte at this offset lies in the line."""
        return self.offset is not None and self.offset <= byte < self.offset + max(1, len(self.data) + len(self.end))


def _picture(character: str) -> str:
    return character if character.isprintable() else f"\\x{ord(character):02x}"


def lines(sent: bytes, meant: bytes) -> list[Line]:
    """The lines of `sent`, with those of `meant` that are changed or missing marked.

    Where nothing of `meant` is left, its lines are not listed as missing.
    """
    new, old = _split(sent), _split(meant)
    starts = [0]
    for data, end in new:
        starts.append(starts[-1] + len(data) + len(end))
    same = SequenceMatcher(None, [text for text, _ in old], [text for text, _ in new], autojunk=False).get_opcodes()
    alike = any(action == "equal" for action, *_ in same)
    found = []
    for action, a, b, c, d in same:
        found += [Line(starts[n], *new[n], _CHANGES[action]) for n in range(c, d)]
        if action != "equal" and alike:
            found += [Line(None, *old[n], "gone") for n in range(a + d - c, b)]
    return found


_CHANGES = {"equal": "", "replace": "changed", "insert": "added", "delete": ""}


def _split(data: bytes) -> list[tuple[bytes, bytes]]:
    """Lines as (what stands there, its end)."""
    pieces = re.findall(rb"([^\n]*?)(\r?\n|\Z)", data, re.DOTALL)
    return [(text, end) for text, end in pieces if text or end]
