"""The opening handshake (§4): a request, an answer, and every check of each as a rule with its verdict.

Rules of this module: a request *is* its bytes, whether built here or received; what it
means is read from them. `checks` runs every check and lists all verdicts, passed
and failed, so that a view can show them side by side; `check` raises the first that
failed. A server checks requests, a client checks answers; neither trusts.

What it leaves out: sending, waiting, redirects, authentication, TLS, and which extension to
choose: that is the extension's own business (see `deflate`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import h11

from . import deflate
from .codes import Role
from .errors import LocalProtocolError, Offset, ProtocolError
from .extensions import Extension, parse_extensions, write_extensions
from .heads import Head, HeadReader, first_lone_lf, http_fault, line_fault, scan_head, shown
from .rules import RULES, Rule

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""The public constant of §1.3 that turns a key into its accept value."""

VERSION = "13"
"""The version of the protocol that RFC 6455 defines (§4.1)."""

Headers = Sequence[tuple[str, str]]

_EXTENSIONS = "Sec-WebSocket-Extensions"
_SUBPROTOCOL = "Sec-WebSocket-Protocol"
_ONCE_ASKED = frozenset({"host", "sec-websocket-key", "sec-websocket-version"})
_ONCE_ANSWERED = frozenset({"upgrade", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"})
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# a name, an IPv4 address or an IPv6 one in brackets, and a port (RFC 3986 §3.2)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z\-._~%!$&'()*+,;=]+)(?::[0-9]*)?")
_HTTP_VERSION = re.compile(r"HTTP/(1\.[1-9]|[2-9]\.[0-9])")


def accept_key(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (§4.2.2).

    >>> accept_key("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    digest = hashlib.sha1((key + GUID).encode("latin-1", "replace"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class Check:
    """One rule held against one head: `offset` is the place that decided it."""

    rule: Rule
    passed: bool
    found: str
    expected: str
    offset: Offset

    def error(self) -> ProtocolError:
        """The violation to raise where the check failed."""
        return ProtocolError(self.rule, self.offset, self.found, self.expected)


def _raise_first_failed(checks: Iterable[Check]) -> None:
    for check in checks:
        if not check.passed:
            raise check.error()


class _Handshake:
    """What request and response share: a head, and its headers by name."""

    sender: Role

    def __init__(self, head: Head) -> None:
        self.head = head

    def serialize(self) -> bytes:
        """The bytes on the wire, with the empty line."""
        return self.head.data

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Every header line in order, names as they came."""
        return [(line.name, line.value) for line in self.head.lines]

    def header(self, name: str) -> str | None:
        """The value of a header, several lines joined by commas (RFC 9110 §5.3); None where it is missing."""
        lines = self.head.named(name)
        return ", ".join(line.value for line in lines) if lines else None

    def tokens(self, name: str) -> list[str]:
        """The elements of a comma-separated header."""
        parts = (part.strip(" \t") for part in (self.header(name) or "").split(","))
        return [part for part in parts if part]

    @property
    def extensions(self) -> list[Extension]:
        """The extensions offered or accepted (§9.1); `ProtocolError` where the header cannot be read."""
        return parse_extensions(self.header(_EXTENSIONS) or "")

    def _check_extension_syntax(self) -> Check:
        rule, place, value = RULES["extensions-syntax"], self._place(_EXTENSIONS), self.header(_EXTENSIONS)
        if value is None:
            return Check(rule, True, "none", "a list of extensions", place)
        try:
            found = parse_extensions(value)
        except ProtocolError as error:
            return Check(rule, False, error.found, error.expected, error.offset.moved(place.byte))
        return Check(rule, True, _quoted(write_extensions(found)), "a list of extensions", place)

    def _place(self, name: str) -> Offset:
        lines = self.head.named(name)
        return Offset(lines[0].value_at) if lines else self.head.end

    def _check_http(self) -> list[Check]:
        lone = first_lone_lf(self.head)
        fault = http_fault(self.head, self.sender)
        crlf, http, good = RULES["head-ends-lines-with-crlf"], RULES["head-is-http"], "a well-formed head"
        return [
            Check(crlf, lone is None, "LF alone" if lone else "CR LF everywhere", "CR LF", lone or self.head.end),
            Check(http, not fault, fault.found if fault else good, good, fault.place if fault else Offset(0)),
        ]

    def _check_once(self, rule: str, name: str, expected: str, good: bool) -> Check:
        """A header that must be there exactly once, and right."""
        lines = self.head.named(name)
        if not lines:
            return Check(RULES[rule], False, f"no {name} header", expected, self.head.end)
        if len(lines) > 1:
            return Check(RULES[rule], False, f"{name} {len(lines)} times", "it once", Offset(lines[1].name_at))
        return Check(RULES[rule], good, _quoted(lines[0].value), expected, Offset(lines[0].value_at))

    def _check_at_most_once(self, rule: str, name: str) -> Check:
        """A header that may be missing."""
        lines = self.head.named(name)
        place = Offset(lines[1].name_at) if len(lines) > 1 else self._place(name)
        return Check(RULES[rule], len(lines) < 2, f"{name} {len(lines)} times", "it at most once", place)

    def _check_token(self, rule: str, name: str, token: str) -> Check:
        """A comma-separated header that must hold a token, whatever its case."""
        value = self.header(name)
        good = token in (each.lower() for each in self.tokens(name))
        found = f"no {name} header" if value is None else _quoted(value)
        return Check(RULES[rule], good, found, f"`{token}` in it", self._place(name))


class HandshakeRequest(_Handshake):
    """The client's half (§4.1).

    >>> request = HandshakeRequest.build("127.0.0.1:9001", key="dGhlIHNhbXBsZSBub25jZQ==")
    >>> request.target, request.key, all(check.passed for check in request.checks())
    ('/', 'dGhlIHNhbXBsZSBub25jZQ==', True)
    """

    sender = Role.CLIENT

    @classmethod
    def build(
        cls,
        host: str,
        target: str = "/",
        *,
        key: str,
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        extensions: Sequence[Extension] = (),
        headers: Headers = (),
    ) -> HandshakeRequest:
        """A request for `host` (with its port) and `target` (path and query).

        `key` is 16 random bytes in Base64, fresh for every connection. Raises
        `LocalProtocolError` where a value cannot stand in a head, or host and target in a URI.
        """
        _check_address(host, target)
        fields = [
            ("Host", host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Version", VERSION),
            *_subprotocol_header(subprotocols),
            *_extensions_header(extensions),
            *([("Origin", origin)] if origin is not None else []),
            *headers,
        ]
        _check_once_written(fields, _ONCE_ASKED)
        _validate(lambda: h11.Request(method="GET", target=target, headers=fields))
        return cls(_write_head(f"GET {target} HTTP/1.1", fields))

    @classmethod
    def parse(cls, data: bytes) -> tuple[HandshakeRequest, bytes]:
        """A request and the bytes behind it; `ProtocolError` where `data` holds no whole head.

        The request itself may still break rules: see `checks`.
        """
        head, behind = _parse_head(data, Role.CLIENT)
        return cls(head), behind

    @property
    def method(self) -> str:
        """The method, which must be GET."""
        return self._first_line()[0]

    @property
    def target(self) -> str:
        """Path and query."""
        return self._first_line()[1]

    @property
    def http_version(self) -> str:
        """As in the first line: `HTTP/1.1`."""
        return self._first_line()[2]

    @property
    def key(self) -> str:
        """The Sec-WebSocket-Key, empty where it is missing."""
        return self.header("Sec-WebSocket-Key") or ""

    @property
    def subprotocols(self) -> list[str]:
        """The subprotocols asked for, the dearest first (§1.9)."""
        return self.tokens(_SUBPROTOCOL)

    @property
    def origin(self) -> str | None:
        """The page that asks, where a browser does (§10.2)."""
        return self.header("Origin")

    def checks(self, *, origins: Sequence[str] | None = None) -> list[Check]:
        """Every check a server makes, in order. `origins`: the allowed ones; None allows all."""
        return [
            *self._check_http(),
            self._check_method(),
            self._check_version_of_http(),
            self._check_target(),
            self._check_once("request-host", "Host", "the name of the site", _is_host(self.header("Host") or "")),
            self._check_token("request-upgrade", "Upgrade", "websocket"),
            self._check_token("request-connection", "Connection", "upgrade"),
            self._check_once("request-key", "Sec-WebSocket-Key", "16 bytes in Base64", _is_key(self.key)),
            self._check_once(
                "request-version", "Sec-WebSocket-Version", "`13`", self.header("Sec-WebSocket-Version") == VERSION
            ),
            self._check_subprotocols(),
            self._check_extension_syntax(),
            self._check_body(),
            *([] if origins is None else [self._check_origin(origins)]),
        ]

    def check(self, *, origins: Sequence[str] | None = None) -> None:
        """Raise the first failed check as a `ProtocolError`."""
        _raise_first_failed(self.checks(origins=origins))

    def _first_line(self) -> tuple[str, str, str]:
        method, _, rest = self.head.first.partition(" ")
        target, _, version = rest.rpartition(" ")
        return method, target, version

    def _check_method(self) -> Check:
        return Check(RULES["request-method"], self.method == "GET", _quoted(self.method), "`GET`", Offset(0))

    def _check_version_of_http(self) -> Check:
        good = _HTTP_VERSION.fullmatch(self.http_version) is not None
        place = Offset(len(self.head.first) - len(self.http_version))
        return Check(RULES["request-http-version"], good, _quoted(self.http_version), "`HTTP/1.1`", place)

    def _check_target(self) -> Check:
        target, begin = self.target, len(self.method) + 1
        wrong = target.find("#") if "#" in target else 0
        place = Offset(begin + wrong)
        return Check(RULES["request-target"], _is_target(target), _quoted(target), "a path without `#`", place)

    def _check_subprotocols(self) -> Check:
        asked = self.subprotocols
        good = len(set(asked)) == len(asked) and all(_TOKEN.fullmatch(name) for name in asked)
        good = good and (bool(asked) or self.header(_SUBPROTOCOL) is None)
        found = _quoted(", ".join(asked)) if asked else "none asked for"
        rule = RULES["request-subprotocol"]
        return Check(rule, good, found, "different tokens", self._place(_SUBPROTOCOL))

    def _check_body(self) -> Check:
        rule, length = RULES["request-no-body"], self.header("Content-Length")
        if self.header("Transfer-Encoding") is not None:
            place = self._place("Transfer-Encoding")
            return Check(rule, False, "a Transfer-Encoding header", "no body", place)
        found = "none" if length is None else f"{_quoted(length)} bytes"
        return Check(rule, length in (None, "0"), found, "no body", self._place("Content-Length"))

    def _check_origin(self, origins: Sequence[str]) -> Check:
        good = self.origin in origins
        found = "no Origin header" if self.origin is None else _quoted(self.origin)
        expected = f"one of {', '.join(origins) or 'none'}"
        return Check(RULES["request-origin"], good, found, expected, self._place("Origin"))


class HandshakeResponse(_Handshake):
    """The server's half (§4.2.2).

    >>> request = HandshakeRequest.build("127.0.0.1:9001", key="dGhlIHNhbXBsZSBub25jZQ==")
    >>> response = HandshakeResponse.accept(request)
    >>> response.status, all(check.passed for check in response.checks(request))
    (101, True)
    """

    sender = Role.SERVER

    @classmethod
    def accept(
        cls,
        request: HandshakeRequest,
        *,
        subprotocol: str | None = None,
        extensions: Sequence[Extension] = (),
        headers: Headers = (),
    ) -> HandshakeResponse:
        """101: the request is granted.

        `LocalProtocolError` for a subprotocol or an extension that it did not ask for.
        """
        _check_asked(request, subprotocol, extensions)
        fields = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_key(request.key)),
            *_subprotocol_header([] if subprotocol is None else [subprotocol]),
            *_extensions_header(extensions),
            *headers,
        ]
        _check_once_written(fields, _ONCE_ANSWERED)
        return cls._build(101, fields)

    @classmethod
    def refuse(cls, status: int, *, headers: Headers = (), body: str = "") -> HandshakeResponse:
        """Any other status: the connection stays HTTP and ends. `body` is what to tell; send it behind the head."""
        fields = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body.encode()))),
            ("Connection", "close"),
            *([("Sec-WebSocket-Version", VERSION)] if status == HTTPStatus.UPGRADE_REQUIRED else []),
            *([("Allow", "GET")] if status == HTTPStatus.METHOD_NOT_ALLOWED else []),
            *headers,
        ]
        return cls._build(status, fields)

    @classmethod
    def _build(cls, status: int, fields: list[tuple[str, str]]) -> HandshakeResponse:
        kind = h11.InformationalResponse if status < 200 else h11.Response
        _validate(lambda: kind(status_code=status, headers=fields))
        return cls(_write_head(f"HTTP/1.1 {status} {_phrase(status)}", fields))

    @classmethod
    def parse(cls, data: bytes) -> tuple[HandshakeResponse, bytes]:
        """An answer and the bytes behind it; `ProtocolError` where `data` holds no whole head."""
        head, behind = _parse_head(data, Role.SERVER)
        return cls(head), behind

    @property
    def http_version(self) -> str:
        """As in the first line: `HTTP/1.1`."""
        return self.head.first.split(" ")[0]

    @property
    def status(self) -> int:
        """The status code; 0 where the first line has none."""
        words = self.head.first.split(" ")
        return int(words[1]) if len(words) > 1 and re.fullmatch(r"[0-9]{3}", words[1]) else 0

    @property
    def accept_value(self) -> str:
        """The Sec-WebSocket-Accept, empty where it is missing."""
        return self.header("Sec-WebSocket-Accept") or ""

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose."""
        return self.header(_SUBPROTOCOL)

    def checks(self, request: HandshakeRequest) -> list[Check]:
        """Every check a client makes of the answer to its `request`, in order."""
        accept = accept_key(request.key)
        return [
            *self._check_http(),
            Check(RULES["response-http-version"], *self._http_version(), Offset(0)),
            Check(RULES["response-status"], self.status == 101, f"`{self.status}`", "`101`", self._status_place()),
            self._check_once("response-upgrade", "Upgrade", "`websocket`", self._upgrades()),
            self._check_token("response-connection", "Connection", "upgrade"),
            self._check_once("response-accept", "Sec-WebSocket-Accept", f"`{accept}`", self.accept_value == accept),
            self._check_at_most_once("response-subprotocol-once", _SUBPROTOCOL),
            self._check_subprotocol(request),
            self._check_at_most_once("response-extensions-once", _EXTENSIONS),
            *self._check_extensions(request),
        ]

    def check(self, request: HandshakeRequest) -> None:
        """Raise the first failed check as a `ProtocolError`."""
        _raise_first_failed(self.checks(request))

    def _http_version(self) -> tuple[bool, str, str]:
        good = _HTTP_VERSION.fullmatch(self.http_version) is not None
        return good, _quoted(self.http_version), "`HTTP/1.1`"

    def _status_place(self) -> Offset:
        return Offset(min(len(self.http_version) + 1, len(self.head.first)))

    def _upgrades(self) -> bool:
        return (self.header("Upgrade") or "").lower() == "websocket"

    def _check_subprotocol(self, request: HandshakeRequest) -> Check:
        chosen, asked = self.subprotocol, request.subprotocols
        good = chosen is None or chosen in asked
        found = "none chosen" if chosen is None else _quoted(chosen)
        expected = f"one of {', '.join(asked)}, or none" if asked else "none, for none was asked for"
        return Check(RULES["response-subprotocol"], good, found, expected, self._place(_SUBPROTOCOL))

    def _check_extensions(self, request: HandshakeRequest) -> list[Check]:
        syntax = self._check_extension_syntax()
        if not syntax.passed:
            return [syntax]
        place, chosen, offers = self._place(_EXTENSIONS), self.extensions, request.extensions
        names, offered = [each.name for each in chosen], [each.name for each in offers]
        found = _quoted(write_extensions(chosen)) if chosen else "none chosen"
        expected = f"some of {', '.join(offered)}, or none" if offered else "none, for none was offered"
        known = Check(RULES["response-extensions"], set(names) <= set(offered), found, expected, place)
        return [syntax, known, *(self._check_deflate(chosen, offers, place) if deflate.NAME in offered else [])]

    def _check_deflate(self, chosen: list[Extension], offers: list[Extension], place: Offset) -> Iterator[Check]:
        """Every rule of RFC 7692 §7.1 that an answer can break; the first that it does break is failed."""
        fault = deflate.check_answers(chosen, offers)
        for rule in deflate.ANSWER_RULES:
            if fault is not None and fault.rule is rule:
                yield Check(rule, False, fault.found, fault.expected, place)
            else:
                yield Check(rule, True, "nothing against it", "nothing against it", place)


def _parse_head(data: bytes, sender: Role) -> tuple[Head, bytes]:
    parsed = HeadReader(sender, max_head=max(len(data), 1)).feed(data)
    if parsed is None:
        found = "no bytes at all" if not data else "the end of the bytes"
        raise ProtocolError(RULES["head-is-http"], Offset(len(data)), found, "an empty line that ends the head")
    return parsed


def _is_key(key: str) -> bool:
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def _quoted(value: str) -> str:
    return f"`{shown(value)}`"


def _is_host(value: str) -> bool:
    return _HOST.fullmatch(value) is not None


def _is_target(target: str) -> bool:
    return "#" not in target and (target.startswith("/") or re.match(r"(ws|http)s?://.", target) is not None)


def _check_address(host: str, target: str) -> None:
    if not _is_host(host):
        raise LocalProtocolError(RULES["local-target"], f"the host {_quoted(host)}", "a name or an address")
    if not _is_target(target):
        raise LocalProtocolError(RULES["local-target"], f"the target {_quoted(target)}", "a path without `#`")


def _subprotocol_header(names: Sequence[str]) -> list[tuple[str, str]]:
    """The header that names subprotocols, if any: each is a token, for the list has no quotes (§4.1)."""
    rule = RULES["local-subprotocol"]
    if isinstance(names, str):
        raise LocalProtocolError(rule, "subprotocols as one str", "a list of names")
    for at, name in enumerate(names):
        if not _TOKEN.fullmatch(name):
            raise LocalProtocolError(rule, f"the subprotocol {_quoted(name)}", "a token")
        if name in names[:at]:
            raise LocalProtocolError(rule, f"the subprotocol {_quoted(name)} twice", "it once")
    return [(_SUBPROTOCOL, ", ".join(names))] if names else []


def _check_once_written(fields: Headers, once: frozenset[str]) -> None:
    names = [name.lower() for name, _ in fields]
    for at, name in enumerate(names):
        if name in once and name in names[:at]:
            raise LocalProtocolError(RULES["local-header-once"], f"{fields[at][0]} twice", "it once")


def _check_asked(request: HandshakeRequest, subprotocol: str | None, extensions: Sequence[Extension]) -> None:
    if subprotocol is not None and subprotocol not in request.subprotocols:
        found = f"the subprotocol {_quoted(subprotocol)}"
        raise LocalProtocolError(RULES["local-unasked"], found, "one that was asked for")
    offered = [each.name for each in request.extensions] if extensions else []
    for extension in extensions:
        if extension.name not in offered:
            found = f"the extension {_quoted(extension.name)}"
            raise LocalProtocolError(RULES["local-unasked"], found, "one that was offered")


def _extensions_header(extensions: Sequence[Extension]) -> list[tuple[str, str]]:
    return [(_EXTENSIONS, write_extensions(extensions))] if extensions else []


def _write_head(first: str, fields: Headers) -> Head:
    """A head of our own; a control character that h11 let through stops here."""
    lines = [first, *(f"{name}: {value}" for name, value in fields), "", ""]
    head = scan_head("\r\n".join(lines).encode("latin-1"))
    if fault := line_fault(head):
        raise LocalProtocolError(RULES["local-header"], fault.found, "visible characters")
    return head


def _validate(build: Callable[[], object]) -> None:
    """Let h11 refuse what cannot stand in a head, such as a line break in a value."""
    try:
        build()
    except (h11.LocalProtocolError, UnicodeEncodeError, ValueError) as error:
        raise LocalProtocolError(RULES["local-header"], str(error), "a valid head") from None
