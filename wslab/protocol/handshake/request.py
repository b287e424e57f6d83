"""The client's half of the opening handshake (§4.1), and what a server holds against it (§4.2.1).

`HandshakeRequest.build` writes the request of a client; `parse` takes any head apart, legal or not. `_REQUEST_TESTS` is
the table of the RFC's numbered requirements, in the order in which a server checks them. A server that allows only some
origins makes one check more. A request that fails is answered with the HTTP status of the rule that it broke.

What this module leaves out: whom a server lets in. Authentication, paths and subprotocols are the application's.
"""

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
    HTTP_TESTS,
    SUBPROTOCOL,
    TOKEN,
    VERSION,
    HandshakeHalf,
    Headers,
    can_read_extensions,
    check_once_written,
    check_pairs,
    extension_words,
    extensions_header,
    has_token,
    is_http_1_1,
    only,
    only_words,
    parse_head,
    place_of,
    quoted_text,
    subprotocol_header,
    token_words,
    write_head,
)
from wslab.protocol.handshake.checks import Check, CheckTest, Words, every_check, raise_first_failed
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES

# a second one of these would break a rule: the caller may not add one in `headers`
_ONCE_ASKED = frozenset({"host", "sec-websocket-key", "sec-websocket-version"})
# a name, an IPv4 address or an IPv6 one in brackets, and a port (RFC 3986 §3.2)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z\-._~%!$&'()*+,;=]+)(?::[0-9]*)?")


class HandshakeRequest(HandshakeHalf):
    """A request to open a connection (§4.1).

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
        check_pairs(headers)
        fields = [
            # §4.1, 4 to 9: what every request must have; behind it what a client may add
            ("Host", host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Version", VERSION),
            *subprotocol_header(subprotocols),
            *extensions_header(extensions),
            # §4.1, 8: "The request MUST include a header field with the name |Origin| [RFC6454] if the request is
            # coming from a browser client."; a program may leave it out
            *([("Origin", origin)] if origin is not None else []),
            *headers,
        ]
        check_once_written(fields, _ONCE_ASKED)
        write = partial(h11.Request, method="GET", target=target, headers=fields)
        return cls(write_head(Role.CLIENT, f"GET {target} HTTP/1.1", fields, write))

    @classmethod
    def parse(cls, data: bytes) -> tuple[HandshakeRequest, bytes]:
        """A request and the bytes behind it; `ProtocolError` where `data` holds no whole head.

        The request itself may still break rules: see `checks`.
        """
        head, behind = parse_head(data, Role.CLIENT)
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
        """The subprotocols asked for, in order of preference (§4.1)."""
        return self.tokens(SUBPROTOCOL)

    @property
    def origin(self) -> str | None:
        """The origin that a browser names (§10.2): scheme, host and port; None where the header is missing."""
        return self.header("Origin")

    def checks(self, *, origins: Sequence[str] | None = None) -> list[Check]:
        """Every check that a server makes, in order. `origins` are the allowed ones; None allows all (§10.2)."""
        return every_check(_request_tests(origins), self, origins or ())

    def check(self, *, origins: Sequence[str] | None = None) -> None:
        """Raise the first failed check as a `ProtocolError`. `origins` as in `checks`."""
        raise_first_failed(_request_tests(origins), self, origins or ())

    @cached_property
    def _first_line(self) -> tuple[str, str, str]:
        # cut at the first and at the last space, so that a broken target with spaces in it is shown as a whole
        method, _, rest = self.head.first.partition(" ")
        target, _, version = rest.rpartition(" ")
        return method, target, version

    def _version_words(self) -> Words:
        return quoted_text(self.http_version), "`HTTP/1.1`", Offset(len(self.head.first) - len(self.http_version))

    def _target_words(self) -> Words:
        # the place is the fragment's, or the beginning where the target is wrong as a whole
        wrong = max(self.target.find("#"), 0)
        return quoted_text(self.target), "a path from `/` on, without `#`", Offset(len(self.method) + 1 + wrong)

    def _asks_for_tokens(self) -> bool:
        # a request may ask for none, but then it leaves the header out: an empty one breaks the rule
        if self.header(SUBPROTOCOL) is None:
            return True
        asked = self.subprotocols
        return bool(asked) and all(TOKEN.fullmatch(name) for name in asked)

    def _subprotocol_words(self, expected: str) -> Words:
        asked = self.subprotocols
        found = quoted_text(", ".join(asked)) if asked else "none asked for"
        return found, expected, place_of(self, SUBPROTOCOL)

    def _has_no_body(self) -> bool:
        # RFC 9112 §6: "The presence of a message body in a request is signaled by a Content-Length or Transfer-Encoding
        # header field."
        return self.header("Transfer-Encoding") is None and self.header("Content-Length") in (None, "0")

    def _body_words(self) -> Words:
        # Transfer-Encoding first: where both are there it decides (RFC 9112 §6.3)
        if self.header("Transfer-Encoding") is not None:
            return "a Transfer-Encoding header", "no body", place_of(self, "Transfer-Encoding")
        length = self.header("Content-Length")
        found = "none" if length is None else f"a Content-Length of {quoted_text(length)}"
        return found, "no body", place_of(self, "Content-Length")

    def _origin_words(self, origins: Sequence[str]) -> Words:
        found = "no Origin header" if self.origin is None else quoted_text(self.origin)
        expected = f"one of {', '.join(origins)}" if origins else "none, for none is allowed"
        return found, expected, place_of(self, "Origin")


# the order is that of the RFC's lists: the first test that fails gives the server its answer
_REQUEST_TESTS: tuple[CheckTest[HandshakeRequest, Sequence[str]], ...] = (
    *HTTP_TESTS,
    # §4.1, 2: "The method of the request MUST be GET, and the HTTP version MUST be at least 1.1."
    CheckTest(
        RULES["request-method"],
        lambda half, _: half.method == "GET",
        lambda half, _: (quoted_text(half.method), "`GET`", Offset(0)),
    ),
    CheckTest(
        RULES["request-http-version"],
        lambda half, _: is_http_1_1(half.http_version),
        lambda half, _: half._version_words(),
    ),
    # §4.1, 3: the target is the resource name of §3, a path and query without a fragment, or an absolute URI
    CheckTest(
        RULES["request-target"],
        lambda half, _: _is_target(half.target),
        lambda half, _: half._target_words(),
    ),
    # §4.1, 4: "The request MUST contain a |Host| header field"; more than one is no HTTP (RFC 9112 §3.2)
    CheckTest(
        RULES["request-host"],
        lambda half, _: _is_host(only(half, "Host") or ""),
        lambda half, _: only_words(half, "Host", "the name of the site"),
    ),
    # §4.2.1, 3: an Upgrade header with the value "websocket", "treated as an ASCII case-insensitive value"
    CheckTest(
        RULES["request-upgrade"],
        lambda half, _: has_token(half, "Upgrade", "websocket"),
        lambda half, _: token_words(half, "Upgrade", "websocket"),
    ),
    # §4.2.1, 4: a Connection header "that includes the token "Upgrade"", in any case too
    CheckTest(
        RULES["request-connection"],
        lambda half, _: has_token(half, "Connection", "upgrade"),
        lambda half, _: token_words(half, "Connection", "upgrade"),
    ),
    # §4.2.1, 5: a key with "a base64-encoded (see Section 4 of [RFC4648]) value that, when decoded, is 16 bytes in
    # length"; it "MUST NOT appear more than once in an HTTP request" (§11.3.1)
    CheckTest(
        RULES["request-key"],
        lambda half, _: _is_key(only(half, "Sec-WebSocket-Key") or ""),
        lambda half, _: only_words(half, "Sec-WebSocket-Key", "16 bytes in Base64"),
    ),
    # §4.2.1, 6: "A |Sec-WebSocket-Version| header field, with a value of 13."
    CheckTest(
        RULES["request-version"],
        lambda half, _: only(half, "Sec-WebSocket-Version") == VERSION,
        lambda half, _: only_words(half, "Sec-WebSocket-Version", "`13`"),
    ),
    # §4.1, 10: subprotocols, if there are any, are tokens, which is the grammar that a server asks for (§4.2.1)
    CheckTest(
        RULES["request-subprotocol"],
        lambda half, _: half._asks_for_tokens(),
        lambda half, _: half._subprotocol_words("tokens"),
    ),
    # §4.1, 10: they "MUST all be unique strings"; §4.2.1 says nothing of that to a server
    CheckTest(
        RULES["request-subprotocol-once"],
        lambda half, _: len(set(half.subprotocols)) == len(half.subprotocols),
        lambda half, _: half._subprotocol_words("different names"),
    ),
    # §4.1, 11: extensions, if there are any, in the grammar of §9.1
    CheckTest(
        RULES["extensions-syntax"],
        lambda half, _: can_read_extensions(half),
        lambda half, _: extension_words(half),
    ),
    # the bytes behind the head are the first frame's: a body would be read as frames
    CheckTest(
        RULES["request-no-body"],
        lambda half, _: half._has_no_body(),
        lambda half, _: half._body_words(),
    ),
)

_ORIGIN_TESTS: tuple[CheckTest[HandshakeRequest, Sequence[str]], ...] = (
    *_REQUEST_TESTS,
    # §4.2.2, 4: a server that validates the origin and does not accept it answers with 403, for example (§10.2)
    CheckTest(
        RULES["request-origin"],
        lambda half, origins: half.origin in origins,
        lambda half, origins: half._origin_words(origins),
    ),
)


def _request_tests(origins: Sequence[str] | None) -> tuple[CheckTest[HandshakeRequest, Sequence[str]], ...]:
    return _REQUEST_TESTS if origins is None else _ORIGIN_TESTS


def _is_key(key: str) -> bool:
    # 16 bytes are 24 characters in Base64; the length is asked first, since a peer may send a key of any length
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _is_host(value: str) -> bool:
    return _HOST.fullmatch(value) is not None


def _is_target(target: str) -> bool:
    # the usual form is a path; a whole http or https URI is legal too (§4.1, 3), although it is meant for proxies, and
    # one of ws or wss is taken as well
    return "#" not in target and (target.startswith("/") or re.match(r"(ws|http)s?://.", target) is not None)


def _check_address(host: str, target: str) -> None:
    if not _is_host(host):
        raise LocalProtocolError(RULES["local-target"], f"the host {quoted_text(host)}", "a name or an address")
    if not _is_target(target):
        found = f"the target {quoted_text(target)}"
        raise LocalProtocolError(RULES["local-target"], found, "a path from `/` on, without `#`")
