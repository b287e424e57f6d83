"""The HTTP head of the opening handshake: found in the stream, cut into lines, judged as HTTP.

How it works. `HeadReader` collects bytes until the empty line. What cannot become a head it refuses at once: more than
`max_head` bytes, a TLS handshake, a first byte with which HTTP does not begin. Bytes behind the empty line are never
touched: they are the first frame's (§4.1, §4.2).

`Head` cuts the head into lines only when it is asked. The cut is tolerant and knows where each line stands, so that
a check can name a place even in a head that HTTP refuses.

Whether a head is well-formed is the verdict of h11. Nearly all heads have one plain form, for which a regular
expression gives the same verdict at a fraction of the cost, and h11 is not asked. We are stricter than h11 in three
things: a line that ends with LF alone, a header line folded over two lines, and control characters in a value.

What this module leaves out: what the headers mean for WebSocket (`request`, `response`).
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

import h11

from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.numbers import size_in_words
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES

DEFAULT_MAX_HEAD = 64 * 1024
"""Bytes that the head of a request or response may have unless told otherwise: 64 KiB."""

# an empty line may end with LF alone: whether that is legal is for a check to say, not a reason to go on waiting
_END = re.compile(rb"\n\r?\n")
# a method is a token (RFC 9110 §9.1): bytes that begin with anything else are no HTTP request
_METHOD_BEGINS = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_LONE_LF = re.compile(rb"(?<!\r)\n")
# as much of a header line as is legal: a token, a colon, visible characters (RFC 9112 §5, RFC 9110 §5.5)
_LEGAL_PART = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?::[\t\x20-\x7e\x80-\xff]*)?)?")
# a header in its usual form; one about a length or an encoding goes to h11, because HTTP has more rules for it
_PLAIN_LINES = (
    rb"\r\n(?:(?!(?i:content-length|transfer-encoding):)[!#$%&'*+\-.^_`|~0-9A-Za-z]+: "
    rb"(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?\r\n)*\r\n"
)
_PLAIN = {
    Role.CLIENT: re.compile(rb"GET [\x21-\x7e]+ HTTP/1\.1" + _PLAIN_LINES),
    Role.SERVER: re.compile(rb"HTTP/1\.1 101 [\x20-\x7e]*" + _PLAIN_LINES),
}
_TLS_HANDSHAKE = 0x16  # the type of a TLS record with a ClientHello (RFC 8446 §5.1)
_SHOWN = 100


class HeaderLine(NamedTuple):
    """A header line: its name and value as they came, and the byte at which each begins."""

    name: str
    value: str
    name_at: int
    value_at: int


class Head:
    """A whole head: its bytes (with the empty line), its first line, its header lines.

    It is cut into lines when they are first asked for; the cut judges nothing.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def first(self) -> str:
        """The first line, without its end."""
        return _text(self.data.partition(b"\n")[0].rstrip(b"\r"))

    @cached_property
    def lines(self) -> tuple[HeaderLine, ...]:
        """Every line behind it that has a colon."""
        return tuple(_cut(self.data))

    def named(self, name: str) -> list[HeaderLine]:
        """The lines of one header; its name is compared without regard to case."""
        return self.by_name.get(name.lower(), [])

    @cached_property
    def by_name(self) -> dict[str, list[HeaderLine]]:
        """The lines of each header, by its name in lower case."""
        found: dict[str, list[HeaderLine]] = {}
        # §4.1: "all header field names in both HTTP requests and HTTP responses are case-insensitive"
        for line in self.lines:
            found.setdefault(line.name.lower(), []).append(line)
        return found

    @property
    def end(self) -> Offset:
        """Where the empty line begins: the place of a header that is missing."""
        return Offset(len(self.data) - (2 if self.data.endswith(b"\r\n") else 1))


def _cut(data: bytes) -> list[HeaderLine]:
    first, *rest = _text(data).split("\n")
    lines, at = [], len(first) + 1
    for raw in rest:
        name, colon, value = raw.partition(":")
        # a line without a colon is no header, and `line_fault` refuses it; the space around a value is no part of it
        # (RFC 9112 §5)
        if colon:
            bare = value.lstrip(" \t")
            lines.append(HeaderLine(name, bare.rstrip(" \t\r"), at, at + len(raw) - len(bare)))
        at += len(raw) + 1
    return lines


def _text(data: bytes) -> str:
    return data.decode("latin-1")  # every byte is a character: nothing is lost, and places stay


def shown(text: str) -> str:
    """A peer's text for a sentence of ours: cut to 100 characters, control characters escaped."""
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return escaped(short)


def escaped(text: str) -> str:
    r"""Text with every character that a terminal could obey, or that breaks the line, as an escape: `\x1b`, `\n`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def is_refusal(response: bytes) -> bool:
    """Whether a server's response, of which `response` is the beginning, has another status than 101 (§4.1)."""
    # the status stands behind `HTTP/1.1`, within the first 13 bytes
    return b" 101" not in response[:13]


_INFORMATIONAL = re.compile(rb"HTTP/[0-9]\.[0-9] 1[0-9][0-9]")


def is_interim(response: bytes) -> bool:
    """Whether a server's response, of which `response` is the beginning, is one before the final one: 1xx, but not 101.

    A client reads on behind it (RFC 9110 §15.2).
    """
    return _INFORMATIONAL.match(response) is not None and is_refusal(response)


class HeadReader:
    """Bytes of a stream in; the first head out, with what came behind it.

    `role` is who sends the head. Refuses early what cannot become a head: more than
    `max_head` bytes, TLS, or a first byte that HTTP does not begin with.
    """

    def __init__(self, role: Role, *, max_head: int = DEFAULT_MAX_HEAD) -> None:
        if max_head < 1:
            raise ValueError(f"max_head is a number of bytes, 1 or more: {max_head}")
        self._role = Role(role)
        self._max_head = max_head
        self._data = bytearray()

    @property
    def received(self) -> int:
        """Bytes so far, none of which is behind the head."""
        return len(self._data)

    def feed(self, data: bytes) -> tuple[Head, bytes] | None:
        """The head and the bytes behind it, or None while the head is not whole."""
        searched = max(len(self._data) - 2, 0)  # the end is LF CR LF at most, and may be cut
        self._data += data
        self._check_beginning()
        end = _END.search(self._data, searched)
        # the limit holds also for a head that ends in this read: how it was cut must not matter
        if (end.end() if end else len(self._data)) > self._max_head:
            found = f"a head of more than {size_in_words(self._max_head, grouped=False)}"
            raise ProtocolError(RULES["head-size"], Offset(self._max_head), found, "its end before that")
        if end is None:
            return None
        # a client may send no frame before the response (§4.1), a server may send one right behind it (§4.2.2): it must
        # not get lost
        return Head(bytes(self._data[: end.end()])), bytes(self._data[end.end() :])

    def _check_beginning(self) -> None:
        # at the first byte: TLS towards a plain port would otherwise hang until a time limit, and say nothing of the
        # cause
        data = self._data
        if self._role is Role.SERVER:
            _check_status_line_begins(bytes(data[:5]))
        elif data and data[0] == _TLS_HANDSHAKE:
            raise ProtocolError(RULES["head-not-tls"], Offset(0), "0x16, a TLS handshake", "the G of GET")
        elif data and data[0] not in _METHOD_BEGINS:
            raise ProtocolError(RULES["head-is-http"], Offset(0), f"0x{data[0]:02x}", "the G of GET")


def _check_status_line_begins(data: bytes) -> None:
    # as far as the bytes go: the rest is compared when it is here
    for at, (got, want) in enumerate(zip(data, b"HTTP/", strict=False)):
        if got != want:
            raise ProtocolError(RULES["head-is-http"], Offset(at), f"0x{got:02x}", f"the {chr(want)} of HTTP/")


def first_lone_lf(head: Head) -> Offset | None:
    """Where a line ends with LF without CR, if one does (RFC 9112 §2.2)."""
    match = _LONE_LF.search(head.data)
    return None if match is None else Offset(match.start())


class HeadFault(NamedTuple):
    """What HTTP has against a head, and where."""

    found: str
    place: Offset


def http_fault(head: Head, role: Role) -> HeadFault | None:
    """What HTTP has against this head, or None. `role` is who sent it.

    Host is left to our own check, which names it: h11 is shown exactly one. A head in the plain form is well-formed,
    and h11 is not asked: asking it would be most of what a handshake costs.
    """
    if is_plain(head, role):
        return None
    if first_lone_lf(head) is not None or not head.data.endswith(b"\r\n\r\n"):
        return None  # that is the finding of another rule, head-ends-lines-with-crlf
    # before h11, which would join a folded line and let control characters pass
    if fault := line_fault(head):
        return fault
    try:
        read_with_h11(head, role)
    except h11.RemoteProtocolError as error:
        return HeadFault(shown(str(error)) or "a head that cannot be read", Offset(0))
    return None


def is_plain(head: Head, role: Role) -> bool:
    """Whether a head has the form that nearly all have, which is always well-formed; others may be well-formed too."""
    return _PLAIN[role].fullmatch(head.data) is not None


def line_fault(head: Head) -> HeadFault | None:
    """The first byte that cannot stand in a header line; a folded line is one that begins with a space."""
    # RFC 9112 §5.2: "A sender MUST NOT generate a message that includes line folding"
    first, *rest = head.data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    at = len(first) + 2
    for line in rest:
        legal = _LEGAL_PART.match(line)
        end = legal.end() if legal else 0
        if end < len(line):
            return HeadFault(f"0x{line[end]:02x} in a header line", Offset(at + end))
        if b":" not in line:
            return HeadFault("a header line without a colon", Offset(at + end))
        at += len(line) + 2
    return None


def read_with_h11(head: Head, role: Role) -> None:
    """Raise `h11.RemoteProtocolError` where h11 refuses the head; in a request it sees one right Host in any case."""
    # `HeadReader` has judged the size already: h11's own limit must not be what refuses a head
    data = _with_one_host(head.data) if role is Role.CLIENT else head.data
    if role is Role.CLIENT:
        reader = h11.Connection(h11.SERVER, max_incomplete_event_size=2 * len(data))
    else:
        reader = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * len(data))
        # h11 reads no response before it has sent a request, and no 101 unless that asked for an upgrade
        reader.send(h11.Request(method="GET", target="/", headers=[("Host", "x"), ("Upgrade", "websocket")]))
    reader.receive_data(data)
    reader.next_event()


def _with_one_host(data: bytes) -> bytes:
    # h11 refuses a request with no Host or with two (RFC 9112 §3.2), before our own check could give it a place and a
    # rule
    first, *rest = data.split(b"\r\n")
    others = [line for line in rest if line.partition(b":")[0].lower() != b"host"]
    return b"\r\n".join([first, b"Host: x", *others])
