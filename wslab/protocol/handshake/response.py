"""The server's half of the opening handshake (§4.2.2), and what a client holds against it (§4.1).

`HandshakeResponse.accept` grants a request and `refuse` declines it; `parse` takes any head apart, legal or not. A
response is judged together with its request: the accept value, the subprotocol and the extensions only make sense
against what was asked for. `_RESPONSE_TESTS` is the table of the RFC's numbered requirements. Behind it come the tests
of the extensions, but only where their header can be read at all: what cannot be read cannot be compared.

What this module leaves out: following a redirect, answering a 401, reading the body of a refusal.
"""

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
    EXTENSIONS,
    HTTP_TESTS,
    SUBPROTOCOL,
    VERSION,
    HandshakeHalf,
    Headers,
    accept_key,
    can_read_extensions,
    check_once_written,
    check_pairs,
    extension_names,
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
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES, Rule

# a second one of these would break a rule, or of the extensions be one more that nobody compared with the offers: the
# caller may not add one in `headers`
_ONCE_ANSWERED = frozenset({"upgrade", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions"})
# a 426 has to name the protocol that it wants (RFC 9110 §15.5.22), and a sender of Upgrade names that in Connection too
# (RFC 9110 §7.8); the version that this server speaks has to stand beside it (§4.2.2, §4.4)
_UPGRADE_REQUIRED = [("Upgrade", "websocket"), ("Connection", "Upgrade, close"), ("Sec-WebSocket-Version", VERSION)]
_CHALLENGE = 'Bearer realm="WebSocket"'  # a 401 has to say what it wants (RFC 9110 §15.5.2)


class HandshakeResponse(HandshakeHalf):
    """The server's answer to a request (§4.2.2).

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

        Raises `LocalProtocolError` for a subprotocol or an extension that the request did not ask for (§4.2.2), and
        for a header that cannot stand in a head or that the handshake writes itself.
        """
        _check_asked(request, subprotocol, extensions)
        check_pairs(headers)
        fields = [
            # §4.2.2, 5: what every accepting response must have; behind it what was agreed on
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_key(request.key)),
            *subprotocol_header([] if subprotocol is None else [subprotocol]),
            *extensions_header(extensions),
            *headers,
        ]
        check_once_written(fields, _ONCE_ANSWERED)
        return cls._build(101, fields)

    @classmethod
    def refuse(cls, status: int, *, headers: Headers = (), body: str = "") -> HandshakeResponse:
        """Any other status: the connection stays HTTP and ends.

        `body` is the text that explains it: its length is in the head, and it is to be sent behind the head. A 401 or
        405 says what it wants in any case: what `headers` do not say, a usual value does. Raises `ValueError` for a
        body where the status has none (RFC 9110 §6.4.1).
        """
        named = {name.lower() for name, _ in headers}
        fields = [
            *_content(status, body),
            # the client is not to ask for anything else here: a refusal ends the connection
            *(_UPGRADE_REQUIRED if status == HTTPStatus.UPGRADE_REQUIRED else [("Connection", "close")]),
            # RFC 9110 §11.6.1: "A server generating a 401 (Unauthorized) response MUST send a WWW-Authenticate header
            # field containing at least one challenge"
            *_unless("WWW-Authenticate", _CHALLENGE, named, wanted=status == HTTPStatus.UNAUTHORIZED),
            # RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response"
            *_unless("Allow", "GET", named, wanted=status == HTTPStatus.METHOD_NOT_ALLOWED),
            *headers,
        ]
        return cls._build(status, fields)

    @property
    def has_no_content(self) -> bool:
        """Whether nothing comes behind the head, whatever it says of a length (RFC 9112 §6.3)."""
        return _has_no_content(self.status)

    @classmethod
    def _build(cls, status: int, fields: list[tuple[str, str]]) -> HandshakeResponse:
        # 101 is one of the 1xx, for which h11 has a class of its own
        kind = h11.InformationalResponse if status < 200 else h11.Response
        write = partial(kind, status_code=status, headers=fields)
        return cls(write_head(Role.SERVER, f"HTTP/1.1 {status} {_phrase(status)}", fields, write))

    @classmethod
    def parse(cls, data: bytes) -> tuple[HandshakeResponse, bytes]:
        """An answer and the bytes behind it; `ProtocolError` where `data` holds no whole head."""
        head, behind = parse_head(data, Role.SERVER)
        return cls(head), behind

    @property
    def http_version(self) -> str:
        """As in the first line: `HTTP/1.1`."""
        return self.head.first.split(" ")[0]

    @property
    def status(self) -> int:
        """The status code; 0 where the first line has none."""
        # a status has three digits (RFC 9112 §4); anything else counts as 0, and no test takes that for 101
        words = self.head.first.split(" ")
        return int(words[1]) if len(words) > 1 and re.fullmatch(r"[0-9]{3}", words[1]) else 0

    @property
    def accept_value(self) -> str:
        """The Sec-WebSocket-Accept, empty where it is missing."""
        return self.header("Sec-WebSocket-Accept") or ""

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose."""
        return self.header(SUBPROTOCOL)

    def checks(self, request: HandshakeRequest) -> list[Check]:
        """Every check that a client makes of the answer to its `request`, in order."""
        return every_check(self._tests(request), self, request)

    def check(self, request: HandshakeRequest) -> None:
        """Raise the first failed check as a `ProtocolError`."""
        raise_first_failed(self._tests(request), self, request)

    def _tests(self, request: HandshakeRequest) -> Iterator[CheckTest[HandshakeResponse, HandshakeRequest]]:
        # what cannot be read cannot be compared with the request; `extensions-syntax` has failed by then
        yield from _RESPONSE_TESTS
        if can_read_extensions(self):
            yield _EXTENSIONS_TEST
            # the rules of RFC 7692 are for those who offered it; without an offer `response-extensions` says all
            if deflate.NAME in extension_names(request):
                fault = deflate.check_answers(self.extensions, request.extensions)
                yield from (_deflate_test(rule, fault) for rule in deflate.ANSWER_RULES)

    def _version_words(self) -> Words:
        return quoted_text(self.http_version), "`HTTP/1.1`", Offset(0)

    def _status_words(self) -> Words:
        return f"`{self.status}`", "`101`", Offset(min(len(self.http_version) + 1, len(self.head.first)))

    def _once_words(self, name: str) -> Words:
        """What was found of a header that may be missing, but must not be there twice."""
        lines = self.head.named(name)
        place = Offset(lines[1].name_at) if len(lines) > 1 else place_of(self, name)
        return f"{name} {'once' if len(lines) == 1 else f'{len(lines)} times'}", "it at most once", place

    def _subprotocol_words(self, request: HandshakeRequest) -> Words:
        chosen, asked = self.subprotocol, request.subprotocols
        expected = f"one of {', '.join(asked)}, or none" if asked else "none, for none was asked for"
        return "none chosen" if chosen is None else quoted_text(chosen), expected, place_of(self, SUBPROTOCOL)

    def _chosen_words(self, request: HandshakeRequest) -> Words:
        chosen, offered = self.extensions, extension_names(request)
        found = quoted_text(write_extensions(chosen)) if chosen else "none chosen"
        expected = f"some of {', '.join(offered)}, or none" if offered else "none, for none was offered"
        return found, expected, place_of(self, EXTENSIONS)


_RESPONSE_TESTS: tuple[CheckTest[HandshakeResponse, HandshakeRequest], ...] = (
    *HTTP_TESTS,
    # §4.2.2, 5: "A Status-Line with a 101 response code as per RFC 2616", which is HTTP/1.1; a client's own checks
    # (§4.1) have no version, so to refuse another is our strictness
    CheckTest(
        RULES["response-http-version"],
        lambda half, _: is_http_1_1(half.http_version),
        lambda half, _: half._version_words(),
    ),
    # §4.1, 1 of the answer: "If the status code received from the server is not 101", it stays HTTP
    CheckTest(
        RULES["response-status"],
        lambda half, _: half.status == HTTPStatus.SWITCHING_PROTOCOLS,
        lambda half, _: half._status_words(),
    ),
    # §4.1, 2: the Upgrade header is "an ASCII case-insensitive match for the value "websocket"": this one value alone
    CheckTest(
        RULES["response-upgrade"],
        lambda half, _: (only(half, "Upgrade") or "").lower() == "websocket",
        lambda half, _: only_words(half, "Upgrade", "`websocket`"),
    ),
    # §4.1, 3: the Connection header contains the token "Upgrade", in any case
    CheckTest(
        RULES["response-connection"],
        lambda half, _: has_token(half, "Connection", "upgrade"),
        lambda half, _: token_words(half, "Connection", "upgrade"),
    ),
    # §4.1, 4: Sec-WebSocket-Accept is the SHA-1 of key and GUID in Base64; the key "as a string, not base64-decoded"
    CheckTest(
        RULES["response-accept"],
        lambda half, request: only(half, "Sec-WebSocket-Accept") == accept_key(request.key),
        lambda half, request: only_words(half, "Sec-WebSocket-Accept", f"`{accept_key(request.key)}`"),
    ),
    # §11.3.4: Sec-WebSocket-Protocol "MUST NOT appear more than once in an HTTP response"
    CheckTest(
        RULES["response-subprotocol-once"],
        lambda half, _: len(half.head.named(SUBPROTOCOL)) < 2,
        lambda half, _: half._once_words(SUBPROTOCOL),
    ),
    # §4.1, 6: no subprotocol "that was not present in the client's handshake"
    CheckTest(
        RULES["response-subprotocol"],
        lambda half, request: half.subprotocol is None or half.subprotocol in request.subprotocols,
        lambda half, request: half._subprotocol_words(request),
    ),
    # several lines of Sec-WebSocket-Extensions are one list, in an answer too: §11.3.2 as erratum 3433 corrects it
    CheckTest(
        RULES["extensions-syntax"],
        lambda half, _: can_read_extensions(half),
        lambda half, _: extension_words(half),
    ),
)

# §4.1, 5: no extension "that was not present in the client's handshake"
_EXTENSIONS_TEST: CheckTest[HandshakeResponse, HandshakeRequest] = CheckTest(
    RULES["response-extensions"],
    lambda half, request: set(extension_names(half)) <= set(extension_names(request)),
    lambda half, request: half._chosen_words(request),
)


def _deflate_test(rule: Rule, fault: deflate.ExtensionFault | None) -> CheckTest[HandshakeResponse, object]:
    """A rule of RFC 7692 as a test; of all that the answer breaks, only the first, `fault`, is failed."""
    # `check_answers` finds at most one fault in the whole response: here it is the one failed test among these rules
    broken = fault if fault is not None and fault.rule is rule else None
    told = ("nothing against it", "nothing against it") if broken is None else (broken.found, broken.expected)
    return CheckTest(rule, lambda half, _: broken is None, lambda half, _: (*told, place_of(half, EXTENSIONS)))


def _has_no_content(status: int) -> bool:
    # RFC 9110 §6.4.1: "All 1xx (Informational), 204 (No Content), and 304 (Not Modified) responses do not include
    # content." A 205 has a length, which is 0 (§15.3.6)
    return status < 200 or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


def _content(status: int, body: str) -> list[tuple[str, str]]:
    """The headers that describe the content of a refusal."""
    if body and (_has_no_content(status) or status == HTTPStatus.RESET_CONTENT):
        raise ValueError(f"A {status} has no content (RFC 9110 §6.4.1, §15.3.6): leave the text out.")
    # RFC 9110 §8.6: a server "MUST NOT send a Content-Length header field in any response with a status code of 1xx
    # (Informational) or 204 (No Content)", nor in a 304 "unless its field value equals" the length of the 200
    if _has_no_content(status):
        return []
    return [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body.encode())))]


def _unless(name: str, value: str, named: set[str], *, wanted: bool) -> list[tuple[str, str]]:
    """A header that is wanted, unless it is named already."""
    return [(name, value)] if wanted and name.lower() not in named else []


def _phrase(status: int) -> str:
    # any three digits are a status, and Python has no phrase for many of them
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def _check_asked(request: HandshakeRequest, subprotocol: str | None, extensions: Sequence[Extension]) -> None:
    # §4.2.2: "The value chosen MUST be derived from the client's handshake"
    if subprotocol is not None and subprotocol not in request.subprotocols:
        found = f"the subprotocol {quoted_text(subprotocol)}"
        raise LocalProtocolError(RULES["local-unasked"], found, "one that was asked for")
    # §4.2.2: "Extensions not listed by the client MUST NOT be listed."
    offered = [each.name for each in request.extensions] if extensions else []
    for extension in extensions:
        if extension.name not in offered:
            found = f"the extension {quoted_text(extension.name)}"
            raise LocalProtocolError(RULES["local-unasked"], found, "one that was offered")
