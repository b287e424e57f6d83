"""TODO."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus

import h11

from wslab.protocol import deflate
from wslab.protocol.codes import Role
from wslab.protocol.errors import LocalProtocolError
from wslab.protocol.extensions import Extension, write_extensions
from wslab.protocol.handshake.base import (
    _EXTENSIONS,
    _HTTP_TESTS,
    _SUBPROTOCOL,
    VERSION,
    Headers,
    _check_once_written,
    _check_pairs,
    _extensions_header,
    _Handshake,
    _is_http_1_1,
    _names,
    _parse_head,
    _quoted,
    _subprotocol_header,
    _write_head,
    accept_key,
)
from wslab.protocol.handshake.checks import Check, _every_check, _raise_first_failed, _Test, _Words
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES, Rule

_ONCE_ANSWERED = frozenset({"upgrade", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"})
_CHALLENGE = 'Bearer realm="WebSocket"'  # a 401 has to say what it wants (RFC 9110 §15.5.2)


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


def _deflate_test(rule: Rule, fault: deflate.Fault | None) -> _Test[HandshakeResponse, object]:
    """A rule of RFC 7692 §7.1 that an answer can break; only the first that it does break is failed."""
    broken = fault if fault is not None and fault.rule is rule else None
    told = ("nothing against it", "nothing against it") if broken is None else (broken.found, broken.expected)
    return _Test(rule, lambda half, _: broken is None, lambda half, _: (*told, half._place(_EXTENSIONS)))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def _check_asked(request: HandshakeRequest, subprotocol: str | None, extensions: Sequence[Extension]) -> None:
    if subprotocol is not None and subprotocol not in request.subprotocols:
        found = f"the subprotocol {_quoted(subprotocol)}"
        raise LocalProtocolError(RULES["local-unasked"], found, "one that was asked for")
    offered = [each.name for each in request.extensions] if extensions else []
    for extension in extensions:
        if extension.name not in offered:
            found = f"the extension {_quoted(extension.name)}"
            raise LocalProtocolError(RULES["local-unasked"], found, "one that was offered")
