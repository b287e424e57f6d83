"""Functions that answer a client's request in a wrong way, as people do (`handshake`).

Left out: the requests, and what counts in an answer (`handshake`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wslab.course.check.task import Mistake
from wslab.course.check.tasks import accept_key as hashing
from wslab.protocol.handshake.base import accept_key

__all__ = ["BEGIN", "MISTAKES"]

Headers = Mapping[str, str]

Test = Callable[["_Request"], bool]


@dataclass(frozen=True)
class _Request:
    """A request in the simplest form: its first line in words, and its headers in small letters."""

    method: str
    version: str
    headers: Headers

    def tokens(self, name: str) -> list[str]:
        """The tokens of a list, in small letters."""
        return [each.strip().lower() for each in self.headers.get(name, "").split(",")]


def _has_key(request: _Request) -> bool:
    try:
        return len(base64.b64decode(request.headers.get("sec-websocket-key", ""), validate=True)) == 16
    except binascii.Error:
        return False


TESTS: Mapping[str, Test] = {
    "request-method": lambda request: request.method == "GET",
    "request-http-version": lambda request: request.version == "HTTP/1.1",
    "request-host": lambda request: "host" in request.headers,
    "request-upgrade": lambda request: "websocket" in request.tokens("upgrade"),
    "request-connection": lambda request: "upgrade" in request.tokens("connection"),
    "request-key": _has_key,
    "request-version": lambda request: request.headers.get("sec-websocket-version") == "13",
}


def _parsed(request: bytes, lower: bool, strip: bool) -> _Request:
    first, *lines = request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower() if lower else name: value.strip() if strip else value for name, _, value in pairs}
    return _Request(method, rest.rpartition(" ")[2], headers)


ANSWER = (("Upgrade", "websocket"), ("Connection", "Upgrade"))


@dataclass(frozen=True)
class _Server:
    """A server in the simplest way; each field is a part of it that can be wrong."""

    accept: Callable[[str], Any] = accept_key
    name: str = "Sec-WebSocket-Accept"
    first: str = "HTTP/1.1 101 Switching Protocols"
    fields: tuple[tuple[str, str], ...] = ANSWER
    end: str = "\r\n"
    last: str = "\r\n"
    behind: bytes = b""
    copies: tuple[str, ...] = ()
    """Headers of the request that it sends back."""
    lower: bool = True
    strip: bool = True
    tests: Mapping[str, Test] = field(default_factory=lambda: TESTS)
    says_version: bool = True
    status: str = "400 Bad Request"

    def __call__(self, request: bytes) -> Any:
        """Answer, with what is wrong here."""
        asked = _parsed(request, self.lower, self.strip)
        failed = [rule for rule, test in self.tests.items() if not test(asked)]
        if failed:
            return self._refuse("request-version" in failed)
        names = ("sec-websocket-key",) if self.lower else ("Sec-WebSocket-Key", "sec-websocket-key")
        key = next((asked.headers[name] for name in names if name in asked.headers), "")
        copies = [(name, asked.headers[name.lower()]) for name in self.copies if name.lower() in asked.headers]
        accept = [(self.name, str(self.accept(key)))] if self.name else []
        lines = [self.first, *(f"{name}: {value}" for name, value in (*self.fields, *accept, *copies))]
        return (self.end.join(lines) + self.end + self.last).encode() + self.behind

    def _refuse(self, version: bool) -> bytes:
        says = "Sec-WebSocket-Version: 13\r\n" if version and self.says_version else ""
        return f"HTTP/1.1 {self.status}\r\n{says}Content-Length: 0\r\n\r\n".encode()


def _without(*rules: str) -> _Server:
    """A server that does not make some of the checks."""
    return _Server(tests={rule: test for rule, test in TESTS.items() if rule not in rules})


def _with(rule: str, test: Test) -> _Server:
    return _Server(tests={**TESTS, rule: test})


def _instead(change: Callable[[bytes], Any], *, refuses: bool = False) -> Callable[[bytes], Any]:
    """The right answer in another form; with `refuses`, only where it is a refusal."""

    def handshake(request: bytes) -> Any:
        answer = _Server()(request)
        return answer if refuses and answer.startswith(b"HTTP/1.1 101") else change(answer)

    return handshake


def _raise(_: bytes) -> Any:
    raise ValueError


BEGIN = (
    "The answer is 101 with three headers, each line with CR LF at its end, and an empty line: Upgrade, Connection, "
    "Sec-WebSocket-Accept (§4.2.2)."
)
_READ = (
    "The request has to be a GET of HTTP/1.1 with Host, Upgrade: websocket, Connection: Upgrade, a key of 16 bytes in "
    "Base64, and version 13. Any other is answered with 400, or another status that begins with 4 (§4.2.1)."
)


def _mistake(name: str, rule: str, function: Callable[[bytes], Any], title: str, hint: str) -> Mistake:
    return Mistake(name, rule, function, title, hint, _READ if rule.startswith("request") else BEGIN)


_HASHED = {
    *("key-itself", "not-hashed", "hex", "hex-in-base64", "no-guid", "guid-first", "guid-lower-case", "key-decoded"),
    *("sha-256", "utf-16", "url-base64", "no-padding", "written-bytes", "example"),
}
"""The mistakes of `accept_key` that are made within an answer, too."""


def _accepts(rule: str, what: str, hint: str) -> Mistake:
    return _mistake(f"no-check-of-{rule.removeprefix('request-')}", rule, _without(rule), f"It accepts {what}.", hint)


MISTAKES = (
    *(
        Mistake(each.name, each.rule, _Server(accept=each.function), each.title, each.hint, each.bigger)
        for each in hashing.MISTAKES
        if each.name in _HASHED
    ),
    _mistake(
        "lf-only",
        "head-ends-lines-with-crlf",
        _Server(end="\n", last="\n"),
        "The lines end with LF alone.",
        "A line of HTTP ends with CR LF: \\r\\n (RFC 9112 §2.2).",
    ),
    _mistake(
        "no-empty-line",
        "head-is-http",
        _Server(last=""),
        "The empty line at the end is missing.",
        "The head ends with \\r\\n\\r\\n; without that the client waits for more.",
    ),
    _mistake(
        "status-200",
        "response-status",
        _Server(first="HTTP/1.1 200 OK"),
        "The status is 200.",
        "101 Switching Protocols says that the connection changes.",
    ),
    _mistake(
        "http-1.0",
        "response-http-version",
        _Server(first="HTTP/1.0 101 Switching Protocols"),
        "The answer says HTTP/1.0.",
        "101 exists from HTTP/1.1 on.",
    ),
    _mistake(
        "no-upgrade",
        "response-upgrade",
        _Server(fields=ANSWER[1:]),
        "The Upgrade header is missing.",
        "Upgrade: websocket says to what the connection changes.",
    ),
    _mistake(
        "no-connection",
        "response-connection",
        _Server(fields=ANSWER[:1]),
        "The Connection header is missing, or does not say Upgrade.",
        "Connection: Upgrade says that Upgrade is meant for this connection.",
    ),
    _mistake(
        "no-accept",
        "response-accept",
        _Server(name=""),
        "Sec-WebSocket-Accept is missing, or has another name.",
        "It shows that the server has read the key.",
    ),
    _mistake(
        "body",
        "response-status",
        _Server(behind=b"Welcome"),
        "There are bytes behind the head.",
        "Behind the empty line the frames begin: the client would take them for one.",
    ),
    _mistake(
        "copies-subprotocols",
        "response-subprotocol",
        _Server(copies=("Sec-WebSocket-Protocol",)),
        "It sends back all subprotocols that were asked for.",
        "The answer has one of them, or no such header (§4.2.2).",
    ),
    _mistake(
        "own-subprotocol",
        "response-subprotocol",
        _Server(fields=(*ANSWER, ("Sec-WebSocket-Protocol", "mine"))),
        "It names a subprotocol that nobody asked for.",
        "The answer has one of those that were asked for, or no such header (§4.2.2).",
    ),
    _mistake(
        "own-extension",
        "response-extensions",
        _Server(fields=(*ANSWER, ("Sec-WebSocket-Extensions", "x-mine"))),
        "It names an extension that nobody offered.",
        "Without Sec-WebSocket-Extensions there is none (§9.1).",
    ),
    _mistake(
        "key-with-space",
        "response-accept",
        _Server(strip=False, tests={}),
        "The key has the space behind the colon with it, and nothing is checked.",
        "White space around a header's value is no part of it: .strip() (RFC 9110 §5.5).",
    ),
    _mistake(
        "names-with-case",
        "request-key",
        _Server(lower=False, tests={}),
        "It knows the headers in one spelling only, and checks nothing.",
        "A header's name may be in any case: compare .lower() (RFC 9110 §5.1).",
    ),
    _mistake(
        "names-with-case",
        "request-key",
        _Server(lower=False),
        "It knows the headers in one spelling only.",
        "A header's name may be in any case: compare .lower() (RFC 9110 §5.1).",
    ),
    _mistake(
        "accepts-everything",
        "request-version",
        _Server(tests={"request-key": lambda request: "sec-websocket-key" in request.headers}),
        "It accepts every request that has a key.",
        "A server checks the request first, and answers 400 to one that is wrong.",
    ),
    _accepts("request-method", "other methods than GET", "The opening handshake is a GET."),
    _accepts("request-http-version", "HTTP/1.0", "HTTP/1.1 is the first version that can change a connection."),
    _accepts("request-host", "a request without Host", "HTTP/1.1 demands one Host header."),
    _accepts("request-upgrade", "a request without Upgrade: websocket", "That is what asks for a WebSocket."),
    _accepts("request-connection", "a request without Connection: Upgrade", "Upgrade alone may come from afar."),
    _accepts("request-key", "a key that is not 16 bytes in Base64", "Decode it, and count its bytes."),
    _accepts("request-version", "other versions than 13", "The answer to these is 426, and says which is known."),
    _mistake(
        "upgrade-with-case",
        "request-upgrade",
        _with("request-upgrade", lambda request: request.headers.get("upgrade") == "websocket"),
        "It refuses WebSocket in capital letters.",
        "The value may be in any case: compare .lower().",
    ),
    _mistake(
        "connection-as-whole",
        "request-connection",
        _with("request-connection", lambda request: request.headers.get("connection", "").lower() == "upgrade"),
        "It refuses a Connection header with more than one token.",
        "It is a list: `keep-alive, Upgrade` is what Firefox sends. Split it at the commas.",
    ),
    _mistake(
        "connection-with-case",
        "request-connection",
        _with(
            "request-connection",
            lambda request: "Upgrade" in [each.strip() for each in request.headers.get("connection", "").split(",")],
        ),
        "It refuses `upgrade` in small letters.",
        "The token may be in any case: compare .lower().",
    ),
    _mistake(
        "426-without-version",
        "request-version",
        _Server(says_version=False),
        "It refuses another version, and does not say which one it knows.",
        "The refusal has the header Sec-WebSocket-Version: 13 (§4.4).",
    ),
    _mistake(
        "refuses-with-500",
        "request-version",
        _Server(status="500 Internal Server Error"),
        "It refuses with 500.",
        "The mistake is the client's: the status begins with 4.",
    ),
    _mistake(
        "refuses-with-200",
        "request-version",
        _Server(status="200 OK"),
        "It refuses with 200.",
        "200 says that all went well: the status of a refusal begins with 4.",
    ),
    _mistake(
        "raises",
        "request-version",
        _instead(_raise, refuses=True),
        "It raises ValueError where the request is wrong.",
        "The client waits for an answer: 400.",
    ),
    _mistake(
        "says-nothing",
        "request-version",
        _instead(lambda answer: b"", refuses=True),
        "It gives no bytes where the request is wrong.",
        "The client waits for an answer: 400.",
    ),
    _mistake(
        "text",
        "response-status",
        _instead(bytes.decode),
        "It gives text.",
        "What travels is bytes: .encode() at the end.",
    ),
)
