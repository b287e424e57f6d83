"""The opening handshake (§4): a request, an answer, and every check of each as a rule with its verdict.

Rules of this module: a request *is* its bytes, whether built here or received; what it
means is read from them. Each half is held against one table of tests. `checks` lists all
verdicts in words, passed and failed, so that a view can show them side by side; `check` goes
down the same table, makes no words for what passes, and raises the first that failed. A
server checks requests, a client checks answers; neither trusts.

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
from functools import cached_property, partial
from http import HTTPStatus
from typing import Generic, NamedTuple, TypeVar

import h11

from . import deflate
from .codes import Role
from .errors import LocalProtocolError, Offset, ProtocolError
from .extensions import Extension, parse_extensions, write_extensions
from .heads import Fault, Head, HeadReader, first_lone_lf, http_fault, is_plain, line_fault, shown
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
_CHALLENGE = 'Bearer realm="WebSocket"'  # a 401 has to say what it wants (RFC 9110 §15.5.2)
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


H = TypeVar("H", contravariant=True)
B = TypeVar("B", contravariant=True)

_Words = tuple[str, str, Offset]
"""What was found, what was expected, and where."""


class _Test(NamedTuple, Generic[H, B]):
    """A rule as it is held against a head: `passes` is all that an endpoint asks, `words` what a view shows beside it.

    Both are given the half of the handshake and what it is held against: the allowed origins, or the request.
    """

    rule: Rule
    passes: Callable[[H, B], bool]
    words: Callable[[H, B], _Words]


def _every_check(tests: Iterable[_Test[H, B]], half: H, against: B) -> list[Check]:
    return [Check(rule, passes(half, against), *words(half, against)) for rule, passes, words in tests]


def _raise_first_failed(tests: Iterable[_Test[H, B]], half: H, against: B) -> None:
    for rule, passes, words in tests:
        if not passes(half, against):
            raise Check(rule, False, *words(half, against)).error()


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
        lines = self.head.by_name.get(name.lower())
        if lines is None:
            return None
        return lines[0].value if len(lines) == 1 else ", ".join([line.value for line in lines])

    def tokens(self, name: str) -> list[str]:
        """The elements of a comma-separated header."""
        parts = (part.strip(" \t") for part in (self.header(name) or "").split(","))
        return [part for part in parts if part]

    @property
    def extensions(self) -> list[Extension]:
        """The extensions offered or accepted (§9.1); `ProtocolError` where the header cannot be read."""
        return list(self._extensions)

    @cached_property
    def _extensions(self) -> tuple[Extension, ...]:
        return tuple(parse_extensions(self.header(_EXTENSIONS) or ""))

    def _can_read_extensions(self) -> bool:
        try:
            return self._extensions is not None
        except ProtocolError:
            return False

    def _extension_words(self) -> _Words:
        place, value = self._place(_EXTENSIONS), self.header(_EXTENSIONS)
        try:
            found = "none" if value is None else _quoted(write_extensions(self._extensions))
        except ProtocolError as error:
            return error.found, error.expected, error.offset.moved(place.byte)
        return found, "a list of extensions", place

    def _place(self, name: str) -> Offset:
        lines = self.head.named(name)
        return Offset(lines[0].value_at) if lines else self.head.end

    def _lf_words(self) -> _Words:
        lone = first_lone_lf(self.head)
        return "LF alone" if lone else "CR LF everywhere", "CR LF", lone or self.head.end

    def _http_words(self) -> _Words:
        good = "a well-formed head"
        fault = http_fault(self.head, self.sender) or Fault(good, Offset(0))
        return fault.found, good, fault.place

    def _only(self, name: str) -> str | None:
        """The value of a header that is there exactly once."""
        lines = self.head.named(name)
        return lines[0].value if len(lines) == 1 else None

    def _only_words(self, name: str, expected: str) -> _Words:
        """The same in words."""
        lines = self.head.named(name)
        if not lines:
            return f"no {name} header", expected, self.head.end
        if len(lines) > 1:
            return f"{name} {len(lines)} times", "it once", Offset(lines[1].name_at)
        return _quoted(lines[0].value), expected, Offset(lines[0].value_at)

    def _has_token(self, name: str, token: str) -> bool:
        """Whether a comma-separated header holds a token (in lower case), whatever its case."""
        value = (self.header(name) or "").lower()
        return value == token or token in [each.strip(" \t") for each in value.split(",")]

    def _token_words(self, name: str, token: str) -> _Words:
        """The same in words."""
        value = self.header(name)
        return f"no {name} header" if value is None else _quoted(value), f"`{token}` in it", self._place(name)


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
        _check_pairs(headers)
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
        write = partial(h11.Request, method="GET", target=target, headers=fields)
        return cls(_write_head(Role.CLIENT, f"GET {target} HTTP/1.1", fields, write))

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
        return self._first_line[0]

    @property
    def target(self) -> str:
        """Path and query."""
        return self._first_line[1]

    @property
    def http_version(self) -> str:
        """As in the first line: `HTTP/1.1`."""
        return self._first_line[2]

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
        return _every_check(_request_tests(origins), self, origins or ())

    def check(self, *, origins: Sequence[str] | None = None) -> None:
        """Raise the first failed check as a `ProtocolError`."""
        _raise_first_failed(_request_tests(origins), self, origins or ())

    @cached_property
    def _first_line(self) -> tuple[str, str, str]:
        method, _, rest = self.head.first.partition(" ")
        target, _, version = rest.rpartition(" ")
        return method, target, version

    def _version_words(self) -> _Words:
        return _quoted(self.http_version), "`HTTP/1.1`", Offset(len(self.head.first) - len(self.http_version))

    def _target_words(self) -> _Words:
        wrong = max(self.target.find("#"), 0)
        return _quoted(self.target), "a path without `#`", Offset(len(self.method) + 1 + wrong)

    def _asks_for_tokens(self) -> bool:
        if self.header(_SUBPROTOCOL) is None:
            return True
        asked = self.subprotocols
        return bool(asked) and len(set(asked)) == len(asked) and all(_TOKEN.fullmatch(name) for name in asked)

    def _subprotocol_words(self) -> _Words:
        asked = self.subprotocols
        found = _quoted(", ".join(asked)) if asked else "none asked for"
        return found, "different tokens", self._place(_SUBPROTOCOL)

    def _has_no_body(self) -> bool:
        return self.header("Transfer-Encoding") is None and self.header("Content-Length") in (None, "0")

    def _body_words(self) -> _Words:
        if self.header("Transfer-Encoding") is not None:
            return "a Transfer-Encoding header", "no body", self._place("Transfer-Encoding")
        length = self.header("Content-Length")
        return "none" if length is None else f"{_quoted(length)} bytes", "no body", self._place("Content-Length")

    def _origin_words(self, origins: Sequence[str]) -> _Words:
        found = "no Origin header" if self.origin is None else _quoted(self.origin)
        return found, f"one of {', '.join(origins) or 'none'}", self._place("Origin")


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
        _check_pairs(headers)
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
            *([("WWW-Authenticate", _CHALLENGE)] if status == HTTPStatus.UNAUTHORIZED else []),
            *([("Allow", "GET")] if status == HTTPStatus.METHOD_NOT_ALLOWED else []),
            *headers,
        ]
        return cls._build(status, fields)

    @classmethod
    def _build(cls, status: int, fields: list[tuple[str, str]]) -> HandshakeResponse:
        kind = h11.InformationalResponse if status < 200 else h11.Response
        write = partial(kind, status_code=status, headers=fields)
        return cls(_write_head(Role.SERVER, f"HTTP/1.1 {status} {_phrase(status)}", fields, write))

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
        return _every_check(self._tests(request), self, request)

    def check(self, request: HandshakeRequest) -> None:
        """Raise the first failed check as a `ProtocolError`."""
        _raise_first_failed(self._tests(request), self, request)

    def _tests(self, request: HandshakeRequest) -> Iterator[_Test[HandshakeResponse, HandshakeRequest]]:
        yield from _RESPONSE_TESTS
        if self._can_read_extensions():  # otherwise nobody knows what to hold against the offers
            yield _EXTENSIONS_TEST
            if deflate.NAME in _names(request):
                fault = deflate.check_answers(self.extensions, request.extensions)
                yield from (_deflate_test(rule, fault) for rule in deflate.ANSWER_RULES)

    def _version_words(self) -> _Words:
        return _quoted(self.http_version), "`HTTP/1.1`", Offset(0)

    def _status_words(self) -> _Words:
        return f"`{self.status}`", "`101`", Offset(min(len(self.http_version) + 1, len(self.head.first)))

    def _once_words(self, name: str) -> _Words:
        """A header that may be missing."""
        lines = self.head.named(name)
        place = Offset(lines[1].name_at) if len(lines) > 1 else self._place(name)
        return f"{name} {len(lines)} times", "it at most once", place

    def _subprotocol_words(self, request: HandshakeRequest) -> _Words:
        chosen, asked = self.subprotocol, request.subprotocols
        expected = f"one of {', '.join(asked)}, or none" if asked else "none, for none was asked for"
        return "none chosen" if chosen is None else _quoted(chosen), expected, self._place(_SUBPROTOCOL)

    def _chosen_words(self, request: HandshakeRequest) -> _Words:
        chosen, offered = self.extensions, _names(request)
        found = _quoted(write_extensions(chosen)) if chosen else "none chosen"
        expected = f"some of {', '.join(offered)}, or none" if offered else "none, for none was offered"
        return found, expected, self._place(_EXTENSIONS)


# --- the tables: what is held against each half, in this order ------------------------------------


_HTTP_TESTS: tuple[_Test[_Handshake, object], ...] = (
    _Test(
        RULES["head-ends-lines-with-crlf"],
        lambda half, _: first_lone_lf(half.head) is None,
        lambda half, _: half._lf_words(),
    ),
    _Test(
        RULES["head-is-http"],
        lambda half, _: http_fault(half.head, half.sender) is None,
        lambda half, _: half._http_words(),
    ),
)

_REQUEST_TESTS: tuple[_Test[HandshakeRequest, Sequence[str]], ...] = (
    *_HTTP_TESTS,
    _Test(
        RULES["request-method"],
        lambda half, _: half.method == "GET",
        lambda half, _: (_quoted(half.method), "`GET`", Offset(0)),
    ),
    _Test(
        RULES["request-http-version"],
        lambda half, _: _is_http_1_1(half.http_version),
        lambda half, _: half._version_words(),
    ),
    _Test(
        RULES["request-target"],
        lambda half, _: _is_target(half.target),
        lambda half, _: half._target_words(),
    ),
    _Test(
        RULES["request-host"],
        lambda half, _: _is_host(half._only("Host") or ""),
        lambda half, _: half._only_words("Host", "the name of the site"),
    ),
    _Test(
        RULES["request-upgrade"],
        lambda half, _: half._has_token("Upgrade", "websocket"),
        lambda half, _: half._token_words("Upgrade", "websocket"),
    ),
    _Test(
        RULES["request-connection"],
        lambda half, _: half._has_token("Connection", "upgrade"),
        lambda half, _: half._token_words("Connection", "upgrade"),
    ),
    _Test(
        RULES["request-key"],
        lambda half, _: _is_key(half._only("Sec-WebSocket-Key") or ""),
        lambda half, _: half._only_words("Sec-WebSocket-Key", "16 bytes in Base64"),
    ),
    _Test(
        RULES["request-version"],
        lambda half, _: half._only("Sec-WebSocket-Version") == VERSION,
        lambda half, _: half._only_words("Sec-WebSocket-Version", "`13`"),
    ),
    _Test(
        RULES["request-subprotocol"],
        lambda half, _: half._asks_for_tokens(),
        lambda half, _: half._subprotocol_words(),
    ),
    _Test(
        RULES["extensions-syntax"],
        lambda half, _: half._can_read_extensions(),
        lambda half, _: half._extension_words(),
    ),
    _Test(
        RULES["request-no-body"],
        lambda half, _: half._has_no_body(),
        lambda half, _: half._body_words(),
    ),
)

_ORIGIN_TESTS: tuple[_Test[HandshakeRequest, Sequence[str]], ...] = (
    *_REQUEST_TESTS,
    _Test(
        RULES["request-origin"],
        lambda half, origins: half.origin in origins,
        lambda half, origins: half._origin_words(origins),
    ),
)

_RESPONSE_TESTS: tuple[_Test[HandshakeResponse, HandshakeRequest], ...] = (
    *_HTTP_TESTS,
    _Test(
        RULES["response-http-version"],
        lambda half, _: _is_http_1_1(half.http_version),
        lambda half, _: half._version_words(),
    ),
    _Test(
        RULES["response-status"],
        lambda half, _: half.status == HTTPStatus.SWITCHING_PROTOCOLS,
        lambda half, _: half._status_words(),
    ),
    _Test(
        RULES["response-upgrade"],
        lambda half, _: (half._only("Upgrade") or "").lower() == "websocket",
        lambda half, _: half._only_words("Upgrade", "`websocket`"),
    ),
    _Test(
        RULES["response-connection"],
        lambda half, _: half._has_token("Connection", "upgrade"),
        lambda half, _: half._token_words("Connection", "upgrade"),
    ),
    _Test(
        RULES["response-accept"],
        lambda half, request: half._only("Sec-WebSocket-Accept") == accept_key(request.key),
        lambda half, request: half._only_words("Sec-WebSocket-Accept", f"`{accept_key(request.key)}`"),
    ),
    _Test(
        RULES["response-subprotocol-once"],
        lambda half, _: len(half.head.named(_SUBPROTOCOL)) < 2,
        lambda half, _: half._once_words(_SUBPROTOCOL),
    ),
    _Test(
        RULES["response-subprotocol"],
        lambda half, request: half.subprotocol is None or half.subprotocol in request.subprotocols,
        lambda half, request: half._subprotocol_words(request),
    ),
    _Test(
        RULES["response-extensions-once"],
        lambda half, _: len(half.head.named(_EXTENSIONS)) < 2,
        lambda half, _: half._once_words(_EXTENSIONS),
    ),
    _Test(
        RULES["extensions-syntax"],
        lambda half, _: half._can_read_extensions(),
        lambda half, _: half._extension_words(),
    ),
)

_EXTENSIONS_TEST: _Test[HandshakeResponse, HandshakeRequest] = _Test(
    RULES["response-extensions"],
    lambda half, request: set(_names(half)) <= set(_names(request)),
    lambda half, request: half._chosen_words(request),
)


def _request_tests(origins: Sequence[str] | None) -> tuple[_Test[HandshakeRequest, Sequence[str]], ...]:
    return _REQUEST_TESTS if origins is None else _ORIGIN_TESTS


def _deflate_test(rule: Rule, fault: deflate.Fault | None) -> _Test[HandshakeResponse, object]:
    """A rule of RFC 7692 §7.1 that an answer can break; only the first that it does break is failed."""
    broken = fault if fault is not None and fault.rule is rule else None
    told = ("nothing against it", "nothing against it") if broken is None else (broken.found, broken.expected)
    return _Test(rule, lambda half, _: broken is None, lambda half, _: (*told, half._place(_EXTENSIONS)))


def _names(half: _Handshake) -> list[str]:
    return [each.name for each in half.extensions]


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


def _is_http_1_1(version: str) -> bool:
    """HTTP/1.1, or later."""
    return _HTTP_VERSION.fullmatch(version) is not None


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


def _check_pairs(headers: object) -> None:
    pairs = headers if isinstance(headers, Iterable) else [headers]
    for pair in pairs:
        if not isinstance(pair, tuple | list) or [isinstance(each, str) for each in pair] != [True, True]:
            raise TypeError("headers is a list of names with values, all of them str, such as [('Cookie', 'a=b')].")


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


def _write_head(sender: Role, first: str, fields: Headers, write: Callable[[], object]) -> Head:
    """A head of our own. Where it is not a plain one, `write` lets h11 judge it first.

    A control character that h11 let through stops here, and so does a line break within a value.
    """
    text = "\r\n".join([first, *(f"{name}: {value}" for name, value in fields), "", ""])
    if text.isascii() and text.count("\r\n") == len(fields) + 2 and is_plain(head := Head(text.encode()), sender):
        return head
    _validate(write)
    head = Head(text.encode("latin-1"))
    if fault := line_fault(head):
        raise LocalProtocolError(RULES["local-header"], fault.found, "visible characters")
    return head


def _validate(write: Callable[[], object]) -> None:
    """Let h11 refuse what cannot stand in a head, such as a line break in a value."""
    try:
        write()
    except (h11.LocalProtocolError, UnicodeEncodeError, ValueError) as error:
        raise LocalProtocolError(RULES["local-header"], str(error), "a valid head") from None
