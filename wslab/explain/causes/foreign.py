"""Bytes of something else where a frame should be: HTTP, HTML, a TLS record, a line end, NULs, and so on.

How it works: `KINDS` is a table. A kind has a pattern for its first bytes, and what is told of it: what these bytes
are, who writes them (which may depend on the sender), and how to find out. `extent` says how many bytes belong to it.
Bytes whose header is legal, or may still become so, are none of them: a kind explains a violation, and never makes one.
A frame with opcode 0 is legal only where it continues a message, which its own bytes do not show; who knows that it
continues none says so (`stray`). To add a kind: a line in the table, and an example in the tests.

The work is bounded: a pattern sees the first `LOOK` bytes.

What this module leaves out: frames whose count of bytes was lost (`framing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from wslab.explain.causes.cause import Cause
from wslab.explain.words import is_text, quoted
from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames.parser import read_header
from wslab.protocol.handshake.head import Head, shown
from wslab.protocol.handshake.response import HandshakeResponse

__all__ = [
    "KINDS",
    "LOOK",
    "STRAY",
    "Foreign",
    "ForeignKind",
    "ForeignReader",
    "find_foreign",
    "find_text",
    "may_become_foreign",
]

LOOK = 64 * 1024
"""Bytes that are looked at."""

UNDECIDED = 24
"""Bytes by which every kind but text is known."""

STRAY = "continuation-needs-start"
"""The rule that a frame with opcode 0 breaks where it continues no message."""

_ANY_LENGTH = (1 << 63) - 1

Found = re.Match[bytes]
Extent = Callable[[Found], "ForeignReader"]


class ForeignKind(NamedTuple):
    """One kind of foreign bytes.

    `what` gets the match and returns what these bytes are, to stand behind "These bytes are". `writer` and `check` are
    as in `Cause`; where they depend on who sent the bytes, or on a status, they are a function of match and sender.
    `begins` are beginnings, from the first byte on, of which a part alone leaves the kind open.
    """

    id: str
    pattern: re.Pattern[bytes]
    what: Callable[[Found], str]
    writer: Callable[[Found, Role], str]
    check: str
    extent: Extent
    begins: tuple[bytes, ...] = ()


class Foreign(NamedTuple):
    """What was found: its cause, and what counts its bytes."""

    cause: Cause
    reader: ForeignReader


def find_foreign(data: bytes, sender: Role, *, stray: bool = False) -> Foreign | None:
    """What the bytes are that begin where a frame should; None for a legal header, and for a look that is not known.

    `stray` says that no message has begun which a frame with opcode 0 could continue (§5.4).
    """
    look = data[:LOOK]
    if not stray and _is_legal(look, sender.peer):
        return None
    for kind in KINDS.values():
        found = kind.pattern.match(look)
        if found is not None:
            what = f"These bytes are no frame, but {kind.what(found)}."
            return Foreign(Cause(kind.id, what, kind.writer(found, sender), kind.check), kind.extent(found))
    return None


def _is_legal(data: bytes, receiver: Role) -> bool:
    """Whether a frame may begin so, as far as its header is there."""
    try:
        read_header(data[:14], receiver, _ANY_LENGTH)
    except ProtocolError:
        return False
    return True


def may_become_foreign(data: bytes) -> bool:
    """Whether these first bytes are too few to say what they are: more may make them one of the kinds."""
    if len(data) >= UNDECIDED:
        return False
    begins = (each for kind in KINDS.values() for each in kind.begins)
    return _CHUNK_BEGINS.fullmatch(data) is not None or any(
        each.startswith(data) or data.startswith(each) for each in begins
    )


# --- how many bytes belong to it ----------------------------------------------------------------------


class ForeignReader:
    """Counts the bytes that belong to what `find_foreign` named, as they come: `left` of them, None to the end.

    Of a `run` each byte is one of these. A message of HTTP begins with `sender`'s head, and has a body of the length
    that it says.
    """

    def __init__(self, left: int | None = 0, *, run: bytes = b"", head: Role | None = None) -> None:
        self.is_over = False
        self._left = left
        self._run = run
        self._head = b""
        self._sender = head

    def take(self, data: bytes) -> int:
        """How many of these bytes belong to it."""
        if self._run:
            end = len(data) - len(data.lstrip(self._run))
            self.is_over = end < len(data)
            return end
        begin = 0 if self._sender is None else self._take_head(self._sender, data)
        if self._sender is not None or self._left is None:
            return len(data)
        end = min(len(data), begin + self._left)
        self._left -= end - begin
        self.is_over = not self._left
        return end

    def _take_head(self, sender: Role, data: bytes) -> int:
        """The place behind the head, once its empty line is there."""
        before = len(self._head)
        self._head += data[: LOOK - before]
        end = _EMPTY_LINE.search(self._head, max(0, before - 3))
        if end is None and len(self._head) < LOOK:
            return len(data)
        self._sender = None
        self._left = None if end is None else _body_size(self._head[: end.end()], sender)
        return len(data) if end is None else end.end() - before


def _body_size(head: bytes, sender: Role) -> int | None:
    if sender is Role.CLIENT:
        return 0
    response = HandshakeResponse(Head(head))
    length = response.header("Content-Length") or ""
    if response.has_no_content:
        return 0
    return int(length) if re.fullmatch("[0-9]{1,9}", length) else None


def _all(_: Found) -> ForeignReader:
    return ForeignReader(None)


def _matched(found: Found) -> ForeignReader:
    return ForeignReader(found.end())


def _request(_: Found) -> ForeignReader:
    return ForeignReader(head=Role.CLIENT)


def _response(_: Found) -> ForeignReader:
    return ForeignReader(head=Role.SERVER)


def _run(found: Found) -> ForeignReader:
    return ForeignReader(run=b"\0" if found[0][0] == 0 else b"\r\n")


def _record(found: Found) -> ForeignReader:
    """A record of TLS: five bytes of header, the last two of which are the length of what follows (RFC 8446 §5.1)."""
    return ForeignReader(5 + int.from_bytes(found[0][3:5], "big"))


_CHUNK_BEGINS = re.compile(rb"[0-9a-fA-F]{1,8}\r?")
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


# --- what is told -------------------------------------------------------------------------------------


def _said(words: str) -> Callable[[Found], str]:
    return lambda _: words


def _written(words: str) -> Callable[[Found, Role], str]:
    return lambda _, __: words


def _line(found: Found) -> str:
    return shown(found[0].split(b"\r\n")[0].decode("latin-1"))


def _request_writer(_: Found, sender: Role) -> str:
    if sender is Role.SERVER:
        return "No server writes a request: the two directions are mixed up, or a proxy sends the client's bytes back."
    return (
        "A client, or a proxy before it, sends its request a second time on a connection that is a WebSocket already: "
        "a retry or a login below the WebSocket library, or an HTTP client that shares the connection."
    )


def _response_writer(found: Found, sender: Role) -> str:
    if sender is Role.CLIENT:
        return "No client writes a response: the two directions are mixed up, or these bytes are the server's."
    if found[1] == b"101":
        return "Two programs answer one upgrade: two WebSocket libraries at one path, or a proxy and the server behind."
    if found[1] == b"400":
        return "An HTTP server still reads this connection, takes the client's frames for a request, and refuses that."
    return "A proxy, a firewall or the HTTP part of the server writes its answer into the stream behind the upgrade."


_TLS_NAMES = {0x14: "change of cipher", 0x15: "alert", 0x16: "handshake", 0x17: "encrypted data"}


def _tls(found: Found) -> str:
    return f"a TLS record ({_TLS_NAMES[found[0][0]]}, RFC 8446 §5.1)"


def _tls_writer(found: Found, sender: Role) -> str:
    if found[0][0] == 0x15:
        return f"The {sender} speaks TLS on a connection that its peer takes for plain, and ends it with an alert."
    return f"The {sender} speaks TLS where its peer speaks plain: wss:// here and ws:// there, or no hop ends TLS."


def _http2_writer(_: Found, sender: Role) -> str:
    if sender is Role.SERVER:
        return "The server, or a proxy in front of it, speaks HTTP/2 where the client asked in HTTP/1.1."
    return "A client or a proxy speaks HTTP/2 without asking; a WebSocket in HTTP/2 opens with CONNECT (RFC 8441)."


def _ssh_writer(_: Found, sender: Role) -> str:
    if sender is Role.CLIENT:
        return "The tunnel leads to the wrong port: an SSH client was led to this one."
    return "The tunnel leads to the wrong port: an SSH server answers there."


def _mqtt_writer(_: Found, sender: Role) -> str:
    if sender is Role.SERVER:
        return "No MQTT server writes a CONNECT: the two directions are mixed up, or the client's bytes come back."
    return "The client speaks MQTT over TCP; over WebSocket its packets are sent in binary messages."


def _proxy_writer(_: Found, sender: Role) -> str:
    if sender is Role.SERVER:
        return "No server writes it: it is for a load balancer to send, to the server and first of all."
    return "A load balancer says whose connection this is, and the server does not expect that."


def _count(name: str) -> Callable[[Found], str]:
    return lambda found: f"{'a' if len(found[0]) == 1 else len(found[0])} {name}{'' if len(found[0]) == 1 else 's'}"


def _quote(found: Found) -> str:
    return f"text: {quoted(found[0], 60)}"


_ASKS = "GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE"
_METHODS = tuple(f"{each} ".encode() for each in (*_ASKS.split("|"), "CONNECT", "PRI"))
_SERVER_LOG = (
    "read its Server header and its words, look into the log of each hop, and connect to the server without proxies"
)


def _kind(
    id_: str,
    pattern: bytes,
    what: str | Callable[[Found], str],
    writer: str | Callable[[Found, Role], str],
    check: str,
    extent: Extent = _all,
    *begins: bytes,
) -> ForeignKind:
    said = _said(what) if isinstance(what, str) else what
    written = _written(writer) if isinstance(writer, str) else writer
    return ForeignKind(id_, re.compile(pattern, re.DOTALL), said, written, check, extent, begins)


_TABLE = (
    _kind(
        "http2",
        rb"PRI \* HTTP/2|\x00[\x00-\x40].\x04[\x00\x01]\x00\x00\x00\x00",
        "HTTP/2 (RFC 9113 §3.4, §6.5)",
        _http2_writer,
        "look for `http2` or `h2c` in the settings of the client, of the server and of each proxy",
        _all,
        b"PRI * HTTP/2",
    ),
    _kind(
        "http-request",
        rb"(?:" + _ASKS.encode() + rb") (?:/|\*|https?:|wss?:)[^\r\n]{0,8192}|CONNECT [\w.\-\[\]:]{1,300}[^\r\n]{0,99}",
        lambda found: f"a request of HTTP (`{_line(found)}`)",
        _request_writer,
        "see who else holds this connection in the client, and whether a proxy sends requests again",
        _request,
        *_METHODS,
    ),
    _kind(
        "http-response",
        rb"HTTP/[0-9](?:\.[0-9])? ([0-9]{3})[^\r\n]{0,300}",
        lambda found: f"a{' second' if found[1] == b'101' else 'n'} answer of HTTP (`{_line(found)}`)",
        _response_writer,
        _SERVER_LOG,
        _response,
        b"HTTP/1.1 ",
        b"HTTP/1.0 ",
    ),
    _kind(
        "html",
        rb"(?i)[ \t\r\n]{0,16}<(?:!doctype|!--|\?xml|/?[a-z][a-z0-9]{0,15}[\s/>])",
        "HTML or XML",
        "An application or a proxy writes a page into the stream, such as one about an error or a login.",
        "read the page: its words name the program; connect to the server without the proxies",
        _all,
        b"<!doctype ",
        b"<html ",
    ),
    _kind(
        "proxy-protocol",
        rb"PROXY (?:TCP[46]|UNKNOWN)[^\r\n]{0,100}\r\n|\r\n\r\n\x00\r\nQUIT\n",
        "the PROXY protocol",
        _proxy_writer,
        "turn the PROXY protocol off at the load balancer, or on at the server",
        _matched,
        b"PROXY ",
    ),
    _kind(
        "chunk",
        rb"[0-9a-fA-F]{1,8}\r\n(?=[\x81\x82\x88-\x8a]|\Z)",
        "the size of a chunk of HTTP (RFC 9112 §7.1)",
        "A proxy or a server sends what is behind the upgrade as `Transfer-Encoding: chunked`.",
        "look for Transfer-Encoding in the answer: a 101 has none (RFC 9112 §6.1)",
        _matched,
    ),
    _kind(
        "line-end",
        rb"\r?\n[\r\n]*",
        lambda found: f"{'a line end' if found[0].count(10) == 1 else f'{found[0].count(10)} line ends'} (CR LF or LF)",
        "A program ends what it wrote with a line end: a head with an empty line too many, or println for print.",
        "count the CR LF behind the head, and look for println, puts or `end=` where frames are written",
        _run,
        b"\r\n",
    ),
    _kind(
        "hixie-76",
        rb"\x00[\t\n\r\x20-\x7e\x80-\xf4]{1,4096}\xff",
        "a frame of a draft before the RFC (hixie-76: 00, text, FF)",
        "The library is from 2010 or 2011, or speaks the old draft to a request without Sec-WebSocket-Version.",
        "update the library, and see whether the handshake has Sec-WebSocket-Key1",
        _matched,
    ),
    _kind(
        "nul",
        rb"\x00+(?=[\x81\x82\x88-\x8a]|\Z)|\x00{2,}",
        _count("NUL byte"),
        "A C program sends the NUL that ends a string, or a buffer that is larger than what it holds.",
        "look at the size given to send or write: strlen without + 1, not sizeof",
        _run,
    ),
    _kind(
        "tls",
        rb"[\x14-\x17]\x03[\x00-\x04]..",
        _tls,
        _tls_writer,
        "compare ws:// and wss:// for each hop, and see at which port TLS ends",
        _record,
        b"\x16\x03\x01",
        b"\x16\x03\x03",
        b"\x15\x03\x01",
        b"\x15\x03\x03",
        b"\x17\x03\x03",
        b"\x14\x03\x03",
    ),
    _kind(
        "ssh",
        rb"SSH-[12]\.",
        "the greeting of SSH",
        _ssh_writer,
        "check the target of the proxy or the tunnel",
        _all,
        b"SSH-2.",
    ),
    _kind(
        "mqtt",
        rb"\x10.\x00\x04MQTT",
        "MQTT without a frame around it",
        _mqtt_writer,
        "choose the WebSocket transport in the MQTT client",
        _all,
    ),
    _kind(
        "gzip",
        rb"\x1f\x8b\x08",
        "gzip",
        "A proxy compresses what is behind the upgrade as if it were the body of a response.",
        "turn compression off for this path, and look for Content-Encoding in the answer",
        _all,
    ),
    _kind(
        "frame-as-text",
        rb"8[12][0-9a-fA-F]{2}(?:[0-9a-fA-F]{2}){2,99}|g[IoQY][A-Za-z0-9+/]{6,99}={0,2}",
        "a frame written as hex or Base64",
        "A program encodes the frame as text before it writes it.",
        "write the bytes themselves to the socket",
        _all,
    ),
)
_TEXT = _kind(
    "text",
    rb"(?![\x80-\x8f])[\t\r\n\x20-\x7e\x80-\xf4]{6,}",
    _quote,
    "A program writes to the socket past its WebSocket library: a print, a line of a log, a send on the raw socket.",
    "search the program for these words, and for the socket in other hands than the library's",
)

KINDS: Mapping[str, ForeignKind] = {kind.id: kind for kind in _TABLE}
"""Every kind that is known by its first bytes, in the order in which they are tried."""


def find_text(data: bytes) -> Cause | None:
    """Text without a frame around it; asked last, for what was a payload may be text as well."""
    data = data[:LOOK]
    found = _TEXT.pattern.match(data)
    if found is None or not is_text(found[0], whole=False) or found.end() < min(len(data), 4 * UNDECIDED):
        return None
    what = f"These bytes are no frame, but {_quote(found)}."
    return Cause("text", what, _TEXT.writer(found, Role.CLIENT), _TEXT.check)
