"""What the two halves of the opening handshake share (§4).

A half *is* its bytes, whether it was built here or received: what it means is read from the bytes each time, so that
there is no second copy of a header that could disagree. A half that was received may break any rule. Only `checks` and
`check` of a request or a response judge it, by a table of tests (see `wslab.protocol.handshake.checks`); the two tests
with which both tables begin, and the questions that both ask, stand here. A half that we build ourselves is refused
with a `LocalProtocolError` before it is made.

What this module leaves out: sending, waiting, redirects, authentication, TLS, and which extension to choose (that is
the extension's own task, see `deflate`).
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
from wslab.protocol.handshake.checks import CheckTest, Words
from wslab.protocol.handshake.head import (
    Head,
    HeadFault,
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
"""Header lines in order: names with values."""

EXTENSIONS = "Sec-WebSocket-Extensions"
SUBPROTOCOL = "Sec-WebSocket-Protocol"

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A token of HTTP (RFC 9110 §5.6.2)."""

_HTTP_VERSION = re.compile(r"HTTP/(1\.[1-9]|[2-9]\.[0-9])")


def accept_key(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (§4.2.2).

    >>> accept_key("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    digest = hashlib.sha1((key + GUID).encode("latin-1", "replace"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


class HandshakeHalf:
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
        value = self.header(EXTENSIONS)
        return () if value is None else tuple(parse_extensions(value))


# --- questions that the tables ask, each beside its answer in words -------------------------------


def place_of(half: HandshakeHalf, name: str) -> Offset:
    """Where the value of a header begins; the empty line where the header is missing."""
    lines = half.head.named(name)
    return Offset(lines[0].value_at) if lines else half.head.end


def only(half: HandshakeHalf, name: str) -> str | None:
    """The value of a header that is there exactly once."""
    lines = half.head.named(name)
    return lines[0].value if len(lines) == 1 else None


def only_words(half: HandshakeHalf, name: str, expected: str) -> Words:
    """What was found of a header that must be there exactly once."""
    lines = half.head.named(name)
    if not lines:
        return f"no {name} header", expected, half.head.end
    if len(lines) > 1:
        return f"{name} {len(lines)} times", "it once", Offset(lines[1].name_at)
    return quoted_text(lines[0].value), expected, Offset(lines[0].value_at)


def has_token(half: HandshakeHalf, name: str, token: str) -> bool:
    """Whether a comma-separated header holds a token (given in lower case), in any case."""
    value = (half.header(name) or "").lower()
    return value == token or token in [each.strip(" \t") for each in value.split(",")]


def token_words(half: HandshakeHalf, name: str, token: str) -> Words:
    """What was found of a header that must hold a token."""
    value = half.header(name)
    return f"no {name} header" if value is None else quoted_text(value), f"`{token}` in it", place_of(half, name)


def can_read_extensions(half: HandshakeHalf) -> bool:
    """Whether Sec-WebSocket-Extensions follows its grammar (§9.1)."""
    try:
        return half.extensions is not None
    except ProtocolError:
        return False


def extension_words(half: HandshakeHalf) -> Words:
    """What was found in Sec-WebSocket-Extensions."""
    place, value = place_of(half, EXTENSIONS), half.header(EXTENSIONS)
    try:
        found = "none" if value is None else quoted_text(write_extensions(half.extensions))
    except ProtocolError as error:
        return error.found, error.expected, _place_in_list(half, EXTENSIONS, error.offset.byte)
    return found, "a list of extensions", place


def _place_in_list(half: HandshakeHalf, name: str, at: int) -> Offset:
    """Character `at` of a header's value, which may stand in several lines, as a place in the head."""
    lines = half.head.named(name)
    for line in lines[:-1]:
        if at <= len(line.value):
            return Offset(line.value_at + at)
        at -= len(line.value) + 2  # the comma and the space that join the lines
    return Offset(lines[-1].value_at + max(at, 0))


def extension_names(half: HandshakeHalf) -> list[str]:
    """The names of the extensions offered or accepted."""
    return [each.name for each in half.extensions]


def is_http_1_1(version: str) -> bool:
    """Whether a version is HTTP/1.1 or later."""
    return _HTTP_VERSION.fullmatch(version) is not None


def quoted_text(value: str) -> str:
    """A stranger's text as it stands in a sentence of ours."""
    return f"`{shown(value)}`"


# --- the tests that both tables begin with --------------------------------------------------------


def _lf_words(half: HandshakeHalf, _: object) -> Words:
    lone = first_lone_lf(half.head)
    return "LF alone" if lone else "CR LF everywhere", "CR LF", lone or half.head.end


def _http_words(half: HandshakeHalf, _: object) -> Words:
    good = "a well-formed head"
    fault = http_fault(half.head, half.sender) or HeadFault(good, Offset(0))
    return fault.found, good, fault.place


HTTP_TESTS: tuple[CheckTest[HandshakeHalf, object], ...] = (
    # RFC 9112 §2.2: a line ends with CR LF; a bare LF is something that a recipient may forgive, and we do not
    CheckTest(RULES["head-ends-lines-with-crlf"], lambda half, _: first_lone_lf(half.head) is None, _lf_words),
    # §4.1: "The handshake MUST be a valid HTTP request"; the answer is a status line and headers likewise
    CheckTest(RULES["head-is-http"], lambda half, _: http_fault(half.head, half.sender) is None, _http_words),
)


# --- reading and writing a head -------------------------------------------------------------------


def parse_head(data: bytes, sender: Role) -> tuple[Head, bytes]:
    """A head and the bytes behind it; `ProtocolError` where `data` holds no whole head."""
    parsed = HeadReader(sender, max_head=max(len(data), 1)).feed(data)
    if parsed is None:
        found = "no bytes at all" if not data else "the end of the bytes"
        raise ProtocolError(RULES["head-is-http"], Offset(len(data)), found, "an empty line that ends the head")
    return parsed


def subprotocol_header(names: Sequence[str]) -> list[tuple[str, str]]:
    """The header that names subprotocols, if there are any; `LocalProtocolError` for names that cannot stand in it."""
    # §4.1: the elements "MUST be non-empty strings with characters in the range U+0021 to U+007E not including
    # separator characters", and "MUST all be unique strings"
    rule = RULES["local-subprotocol"]
    if isinstance(names, str):
        raise LocalProtocolError(rule, "subprotocols as one str", "a list of names")
    for at, name in enumerate(names):
        if not TOKEN.fullmatch(name):
            raise LocalProtocolError(rule, f"the subprotocol {quoted_text(name)}", "a token")
        if name in names[:at]:
            raise LocalProtocolError(rule, f"the subprotocol {quoted_text(name)} twice", "it once")
    return [(SUBPROTOCOL, ", ".join(names))] if names else []


def check_pairs(headers: object) -> None:
    """`TypeError` for headers that are not pairs of str."""
    pairs = headers if isinstance(headers, Iterable) else [headers]
    for pair in pairs:
        if not isinstance(pair, tuple | list) or [isinstance(each, str) for each in pair] != [True, True]:
            raise TypeError("headers is a list of names with values, all of them str, such as [('Cookie', 'a=b')].")


def check_once_written(fields: Headers, once: frozenset[str]) -> None:
    """`LocalProtocolError` where a header of `once` (in lower case) is written twice."""
    names = [name.lower() for name, _ in fields]
    for at, name in enumerate(names):
        if name in once and name in names[:at]:
            raise LocalProtocolError(RULES["local-header-once"], f"{fields[at][0]} twice", "it once")


def extensions_header(extensions: Sequence[Extension]) -> list[tuple[str, str]]:
    """The header that names extensions, if there are any."""
    return [(EXTENSIONS, write_extensions(extensions))] if extensions else []


def write_head(sender: Role, first: str, fields: Headers, write: Callable[[], object]) -> Head:
    """A head of our own; `LocalProtocolError` where a name or a value cannot stand in it.

    A head in the plain form needs no further look. For any other, `write` lets h11 judge it first, and then we refuse
    what h11 lets through: a control character, or a line break within a value.
    """
    text = "\r\n".join([first, *(f"{name}: {value}" for name, value in fields), "", ""])
    if not text.isascii():
        raise _not_ascii(first, fields)
    if text.count("\r\n") == len(fields) + 2 and is_plain(head := Head(text.encode()), sender):
        return head
    _validate(write)
    head = Head(text.encode())
    if fault := line_fault(head):
        raise LocalProtocolError(RULES["local-header"], fault.found, "visible characters")
    return head


def _not_ascii(first: str, fields: Headers) -> LocalProtocolError:
    """The error for the first character beyond ASCII, in the first line, in a name or in a value."""
    # RFC 9110 §5.5: new fields keep to ASCII, and recipients take other bytes as opaque: no two agree what they mean
    named = [("the first line", first), *((quoted_text(name), name + value) for name, value in fields)]
    place, wrong = next((name, each) for name, text in named for each in text if not each.isascii())
    found = f"{shown(wrong)} (U+{ord(wrong):04X}) in {place}"
    return LocalProtocolError(RULES["local-header"], found, "ASCII characters")


def _validate(write: Callable[[], object]) -> None:
    """Let h11 refuse what cannot stand in a head, such as a line break in a value."""
    try:
        write()
    except (h11.LocalProtocolError, UnicodeEncodeError, ValueError) as error:
        raise LocalProtocolError(RULES["local-header"], str(error), "a valid head") from None
