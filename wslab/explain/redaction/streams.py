"""All that one side of a connection sent, with asterisks in place of the secrets: in heads, and in a login at a proxy.

A stream begins with a head nearly always, and not only there does one stand: several requests come on one connection
(RFC 9112 §9.3), a CONNECT stands in front, a body lies between two answers, two programs answer one upgrade, a capture
begins in the middle of a head. So a `StreamRedactor` looks for heads wherever they may begin: at the first byte, behind
another head, where a first line of HTTP stands, and where a header stands that holds a secret. A first line may come in
two pieces, so a piece that is nothing but its beginning counts, too.

The login of SOCKS5 (RFC 1929) and the name of SOCKS4 are no text: they are found by their place.

Rules: what is given back has the length of what was given. Bytes of frames are passed over: where a piece has no
`HTTP/1.` and no line end, that costs one search for each. What this module leaves out: HTTP/2.
"""

from __future__ import annotations

import re

from wslab.explain.redaction.heads import HeadRedactor
from wslab.explain.redaction.lines import Secrets
from wslab.explain.redaction.names import SECRET_HEADER, SECRET_LINE

__all__ = ["StreamRedactor", "redact_bytes", "redact_login"]

_HTTP = b"HTTP/1."
_FIRST_LINE = re.compile(rb"[A-Za-z]{3,20} [!-~]+ HTTP/1\.[01]\r?\n|HTTP/1\.[01] [0-9]{3}(?=[ \r\n])")
_CUT_LINE = re.compile(  # the beginning of a first line
    rb"(?:[A-Za-z]{3,20} (?:/|[A-Za-z]{2,5}://|[\w.@:-]{1,300}:)[!-~]*(?: [!-~]{0,8})?|HTTP/1\.[01] ?[0-9]{0,3})\r?\Z"
)
_CUT_WORD = re.compile(rb"(?:[A-Za-z]{1,20}(?: [\w.-]{0,40}:?/?)?|HTTP/1?\.?[01]?)\Z")
_LONGEST_WORD = 64
_MOST_IN_FRONT = 4096  # bytes in front of the first head: a login, the PROXY protocol
_LONGEST_LOGIN = 1024


def redact_bytes(data: bytes) -> bytes:
    """What one side sent, from its first byte on, with asterisks in place of its secrets."""
    return StreamRedactor().feed(data)


def redact_login(login: bytes) -> bytes:
    """One login message of SOCKS5 with asterisks in place of name and password (RFC 1929 §2)."""
    return _starred(login, _login_parts(login, 0), Secrets())


class StreamRedactor:
    """The bytes of one side, in the pieces in which they come: `feed` gives each back, of the same length.

    `secrets` learns what was replaced; both sides of a connection share it.
    """

    def __init__(self, secrets: Secrets | None = None) -> None:
        self.secrets = Secrets() if secrets is None else secrets
        self._begin = b""  # of the stream, while a login may come
        self._may_log_in = True
        self._head: HeadRedactor | None = None
        self._in_front = 0  # bytes, while no head has come
        self._word = b""  # what came last, if it may be the beginning of a first line

    def passes(self, data: bytes) -> bool:
        """Whether the next bytes stay as they are: then they need not be given."""
        if self._in_front < _MOST_IN_FRONT or self._head is not None or self._word:
            return False
        if data[:1].isalpha() and _may_begin(data):
            return False
        return _HTTP not in data and (b"\n" not in data or SECRET_HEADER.search(data) is None)

    def feed(self, data: bytes) -> bytes:
        """The next bytes of the stream, with asterisks."""
        shown = self._hide_login(data) if self._may_log_in else data
        done: list[bytes] = []
        at = 0
        while at < len(shown):
            redacted, used = self._next(shown[at:])
            done.append(redacted)
            at += used
        return b"".join(done)

    def _next(self, data: bytes) -> tuple[bytes, int]:
        """The next part of a piece: of a head, or up to one."""
        if self._head is None:
            return self._up_to_a_head(data)
        redacted, used = self._head.take(data)
        if self._head.is_done:
            self._head = None
        return redacted, used

    def _up_to_a_head(self, data: bytes) -> tuple[bytes, int]:
        before, self._word = self._word, b""
        whole = before + data
        begin = self._beginning(whole)
        if begin is None:
            self._in_front += len(data)
            is_short = len(data) <= _LONGEST_WORD
            self._word = _cut_word(whole, anywhere=is_short or self._in_front < _MOST_IN_FRONT)
            return data, len(data)
        self._in_front = _MOST_IN_FRONT
        if begin < len(before):  # its first letters were passed on
            assert self._head is not None
            self._head.take(before[begin:])
            return b"", 0
        return data[: begin - len(before)], begin - len(before)

    def _beginning(self, data: bytes) -> int | None:
        """Where the first head begins, if one does; it is under way from now on."""
        found = (_HTTP in data and _FIRST_LINE.search(data)) or _CUT_LINE.search(data)
        header = SECRET_LINE.match(data) or SECRET_HEADER.search(data)
        if header is not None and (found is None or header.start() < found.start()):
            self._head = HeadRedactor.inside(self.secrets)
            return header.start(1)
        if found is not None:
            self._head = HeadRedactor(self.secrets)
        return None if found is None else found.start()

    def _hide_login(self, data: bytes) -> bytes:
        before = len(self._begin)
        self._begin += data[: _LONGEST_LOGIN - before]
        parts = _parts(self._begin)
        self._may_log_in = parts is not None and len(self._begin) < _LONGEST_LOGIN
        shown = _starred(self._begin, parts or [], self.secrets if _is_over(self._begin, parts) else Secrets())
        if _is_over(self._begin, parts):
            self._may_log_in = False
        return shown[before:] + data[len(shown) - before :]


def _may_begin(data: bytes) -> bool:
    """Whether a first line, or a header that holds a secret, may begin at the first byte."""
    return len(data) <= _LONGEST_WORD or bool(_CUT_LINE.match(data) or SECRET_LINE.match(data))


def _cut_word(data: bytes, *, anywhere: bool) -> bytes:
    """The end of a piece, or a whole piece, if a first line may begin with it."""
    end = data[-_LONGEST_WORD:]
    found = _CUT_WORD.search(end) if anywhere else None if len(data) > len(end) else _CUT_WORD.match(end)
    return b"" if found is None else found[0]


_Parts = list[tuple[int, int]]  # where secrets begin and end; the end of the last may be still to come


def _parts(begin: bytes) -> _Parts | None:
    """The secrets in what a stream begins with; None where no login can come."""
    if begin[:1] == b"\x04":  # SOCKS4: version, command, port, address, and a name up to its NUL
        end = begin.find(b"\0", 8)
        return [(8, end if end >= 0 else _LONGEST_LOGIN)]
    if begin[:1] != b"\x05":
        return None
    login = 2 + begin[1] if len(begin) > 1 else len(begin)
    # RFC 1929 §2: a version of 1; what comes without a login has a version of 5
    return _login_parts(begin, login) if begin[login : login + 1] in (b"\x01", b"") else None


def _login_parts(data: bytes, at: int) -> _Parts:
    if len(data) < at + 2:
        return []
    name = at + 2, at + 2 + data[at + 1]
    if len(data) <= name[1]:
        return [name]
    return [name, (name[1] + 1, name[1] + 1 + data[name[1]])]


def _is_over(begin: bytes, parts: _Parts | None) -> bool:
    """Whether the whole login came."""
    if not parts:
        return parts is None
    return parts[-1][1] <= len(begin) and (begin[:1] == b"\x04" or len(parts) == 2)


def _starred(data: bytes, parts: _Parts, secrets: Secrets) -> bytes:
    for begin, end in parts:
        data = data[:begin] + secrets.hide(data[begin:end]) + data[end:]
    return data
