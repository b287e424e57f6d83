"""TODO."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from functools import cached_property, partial

import h11

from wslab.protocol.codes import Role
from wslab.protocol.errors import LocalProtocolError
from wslab.protocol.extensions import Extension
from wslab.protocol.handshake.base import (
    _HTTP_TESTS,
    _SUBPROTOCOL,
    _TOKEN,
    VERSION,
    Headers,
    _check_once_written,
    _check_pairs,
    _extensions_header,
    _Handshake,
    _is_http_1_1,
    _parse_head,
    _quoted,
    _subprotocol_header,
    _write_head,
)
from wslab.protocol.handshake.checks import Check, _every_check, _raise_first_failed, _Test, _Words
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES

_ONCE_ASKED = frozenset({"host", "sec-websocket-key", "sec-websocket-version"})
# a name, an IPv4 address or an IPv6 one in brackets, and a port (RFC 3986 §3.2)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z\-._~%!$&'()*+,;=]+)(?::[0-9]*)?")


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


def _request_tests(origins: Sequence[str] | None) -> tuple[_Test[HandshakeRequest, Sequence[str]], ...]:
    return _REQUEST_TESTS if origins is None else _ORIGIN_TESTS


def _is_key(key: str) -> bool:
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _is_host(value: str) -> bool:
    return _HOST.fullmatch(value) is not None


def _is_target(target: str) -> bool:
    return "#" not in target and (target.startswith("/") or re.match(r"(ws|http)s?://.", target) is not None)


def _check_address(host: str, target: str) -> None:
    if not _is_host(host):
        raise LocalProtocolError(RULES["local-target"], f"the host {_quoted(host)}", "a name or an address")
    if not _is_target(target):
        raise LocalProtocolError(RULES["local-target"], f"the target {_quoted(target)}", "a path without `#`")
