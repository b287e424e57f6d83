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
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import h11

from wslab.protocol.codes import Role
from wslab.protocol.errors import LocalProtocolError, ProtocolError
from wslab.protocol.extensions import Extension, parse_extensions, write_extensions
from wslab.protocol.handshake.checks import _Test, _Words
from wslab.protocol.handshake.head import (
    Fault,
    Head,
    HeadReader,
    first_lone_lf,
    http_fault,
    is_plain,
    line_fault,
    shown,
)
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""The public constant of §1.3 that turns a key into its accept value."""

VERSION = "13"
"""The version of the protocol that RFC 6455 defines (§4.1)."""

Headers = Sequence[tuple[str, str]]

_EXTENSIONS = "Sec-WebSocket-Extensions"
_SUBPROTOCOL = "Sec-WebSocket-Protocol"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HTTP_VERSION = re.compile(r"HTTP/(1\.[1-9]|[2-9]\.[0-9])")


def accept_key(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (§4.2.2).

    >>> accept_key("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    digest = hashlib.sha1((key + GUID).encode("latin-1", "replace"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


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


def _names(half: _Handshake) -> list[str]:
    return [each.name for each in half.extensions]


def _parse_head(data: bytes, sender: Role) -> tuple[Head, bytes]:
    parsed = HeadReader(sender, max_head=max(len(data), 1)).feed(data)
    if parsed is None:
        found = "no bytes at all" if not data else "the end of the bytes"
        raise ProtocolError(RULES["head-is-http"], Offset(len(data)), found, "an empty line that ends the head")
    return parsed


def _quoted(value: str) -> str:
    return f"`{shown(value)}`"


def _is_http_1_1(version: str) -> bool:
    """HTTP/1.1, or later."""
    return _HTTP_VERSION.fullmatch(version) is not None


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
