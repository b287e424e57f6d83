"""Secrets in the heads of the opening handshake, replaced by asterisks for what is saved, exported or printed.

A secret is what would let a reader act as somebody else. In a head that is the value of Authorization, of a cookie, of
a header such as X-Api-Key; a value in a URL, such as `?token=...`, or a password in front of its `@`; and a token that
stands in Sec-WebSocket-Protocol, where browsers put it because they can set no other header.

How it works: each secret becomes as many asterisks as it has bytes. So offsets, lengths and Content-Length stay true,
and a head stays one that can be judged: an asterisk may stand in a header, a URL and a subprotocol. What says of which
kind a secret is stays: the scheme (`Bearer`), the name of a cookie, the attributes behind it. A head may come in any
pieces, so `HeadRedactor` works line by line and keeps the beginning of a line that is not whole. Where a piece ends
inside a line, it may replace more than the whole line would need, never less of what it has recognised.

Rules: Sec-WebSocket-Key and Sec-WebSocket-Accept are no secrets (§1.3), nor is a challenge (WWW-Authenticate).
A subprotocol counts as a secret if it comes behind `bearer` or the like, begins with such a word and a dot, is a JSON
Web Token, or is long and looks like nothing that a person named.

What it leaves out: payloads and bodies, whose meaning belongs to the application, and names nobody would guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["STAR", "HeadRedactor", "Secrets", "notice", "redact_head", "redact_header", "redact_words", "stars_for"]

STAR = b"*"

# each repetition that another may follow is bounded, so that no head takes more time than its size
_WORDS = rb"token|secret|passw(?:or)?d|pwd|ticket|jwt|signature|credentials?|session|api[-_]?key|access[-_]?key"
_IN_URL = re.compile(
    rb"([?&;#](?:[\w.-]{0,40}(?:" + _WORDS + rb")[\w.-]{0,40}|auth|authorization|key|sig|sid|pass|pw)=)([^&;#\s]+)",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rb"(//[^/\s:@?#]*:)([^/\s@?#]+)(?=@)")
_CREDENTIALS = re.compile(rb"(?:proxy-)?authorization", re.IGNORECASE)
_COOKIE = re.compile(rb"cookie2?", re.IGNORECASE)
_SET_COOKIE = re.compile(rb"set-cookie2?", re.IGNORECASE)
_OTHER_SECRET = re.compile(
    rb"(?!sec-websocket-)(?:[\w-]*-)?(?:" + _WORDS + rb"|session-id|auth|auth-key|apikey)", re.IGNORECASE
)
_SUBPROTOCOL = re.compile(rb"sec-websocket-protocol", re.IGNORECASE)

_SCHEME = re.compile(rb"([!#$%&'+.^_`|~0-9A-Za-z-]+[ \t]+)?(.+)", re.DOTALL)
_PAIR = re.compile(rb"([^=;]*=|[ \t]*)([^;]+)")
_ITEM = re.compile(rb"[^,\s]+")
_ANNOUNCES = re.compile(
    rb"(?:x-)?(?:bearer|authorization|auth|access[-_]?token|token|ticket|jwt|api[-_]?key|basic)", re.IGNORECASE
)
_PREFIXED = re.compile(
    rb"((?:[\w-]+\.)*?[\w-]*(?:bearer|authorization|auth|token|ticket|jwt|secret|api[-_]?key)[.=])(.{4,})",
    re.IGNORECASE,
)
_JWT = re.compile(rb"(.{0,40}?)(eyJ[\w-]{8}[\w.-]*)")
_OPAQUE = re.compile(rb"(?=.{24})(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])(?:[\w.-]*\W)?[A-Za-z0-9_+/~=-]{20,}.*")

_BEGINS = re.compile(rb"(?:[A-Z]+ |HTTP/)")
_QUOTED = re.compile("`([^`]*)`")
_LONGEST = 256  # bytes kept of a line that is not whole


@dataclass(frozen=True, slots=True)
class Secrets:
    """The values that were replaced in the heads of one connection; of these, `tokens` were subprotocols."""

    values: set[bytes] = field(default_factory=set)
    tokens: set[bytes] = field(default_factory=set)

    def copy(self) -> Secrets:
        """One that may learn what this one shall not know."""
        return Secrets(set(self.values), set(self.tokens))


def stars_for(data: bytes) -> bytes:
    """As many asterisks as there are bytes."""
    return STAR * len(data)


def notice(count: int, where: object, way: str) -> str:
    """That so many secrets were replaced in a file, and the `way` to keep them, in a sentence."""
    what = "secret of a head was replaced" if count == 1 else "secrets of heads were replaced"
    return f"{where}: {count:,} {what} by asterisks (credentials, cookies, tokens); {way} keeps them."


def redact_head(head: bytes) -> bytes:
    """A whole head, or the beginning of one, with asterisks in place of its secrets; what is no head stays."""
    return HeadRedactor().feed(head)


def redact_header(name: str, value: str) -> str:
    """The value of one header with asterisks in place of its secrets."""
    line = f"{name}: {value}".encode("utf-8", "replace")
    return _LineRedactor(Secrets()).line(line, is_first=False).decode("utf-8", "replace").partition(": ")[2]


def redact_words(words: str) -> str:
    """A sentence that quotes a head in backquotes, with asterisks in place of the tokens that are quoted."""
    return _QUOTED.sub(lambda found: f"`{_redact_quoted(found[1])}`", words)


def _redact_quoted(text: str) -> str:
    redactor = _LineRedactor(Secrets())
    return redactor.subprotocols(redactor.urls(text.encode("utf-8", "replace"))).decode("utf-8", "replace")


class HeadRedactor:
    """One head, in the pieces in which it comes: `feed` gives each back, of the same length.

    `secrets` learns what was replaced; a response gets that of its request, whose subprotocol it may repeat.
    """

    def __init__(self, secrets: Secrets | None = None) -> None:
        self.is_done = False
        self.secrets = Secrets() if secrets is None else secrets
        self._line = b""  # the beginning of a line that is not whole
        self._is_first = True

    def feed(self, data: bytes) -> bytes:
        """The next bytes of the stream, with asterisks; behind the head they stay as they are."""
        done: list[bytes] = []
        at = 0
        while not self.is_done and at < len(data):
            end = data.find(b"\n", at) + 1 or len(data)
            done.append(self._take(data[at:end]))
            at = end
        return b"".join([*done, data[at:]])

    def _take(self, piece: bytes) -> bytes:
        """The rest of a line, or a part of it."""
        before, line = len(self._line), self._line + piece
        if self._is_first and not _BEGINS.match(line):
            self.is_done = len(line) > len(b"OPTIONS ") or not line.isalpha()  # else it may still become a method
        # a part of a line may show a part of a value, which is not to be looked for elsewhere
        secrets = self.secrets if line.endswith(b"\n") else self.secrets.copy()
        redacted = line if self.is_done else _LineRedactor(secrets).line(line, is_first=self._is_first)
        self._keep(line)
        return redacted[before:]

    def _keep(self, line: bytes) -> None:
        if line.endswith(b"\n"):
            self.is_done = self.is_done or not line.strip()
            self._line, self._is_first = b"", False
        else:
            # its name and its end say enough about what follows, and the work stays in proportion
            half = _LONGEST // 2
            self._line = line if len(line) <= _LONGEST else line[:half] + line[-half:]


class _LineRedactor:
    """What becomes of one line of a head."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def line(self, line: bytes, *, is_first: bool) -> bytes:
        """The first line, or a header."""
        name, colon, value = line.partition(b":")
        redact = None if is_first or not colon else self._of_header(name)
        return self.urls(line) if redact is None else name + colon + _inside(value, redact)

    def _of_header(self, name: bytes) -> Callable[[bytes], bytes] | None:
        for pattern, redact in (
            (_CREDENTIALS, self._credentials),
            (_COOKIE, self._cookies),
            (_SET_COOKIE, self._set_cookie),
            (_SUBPROTOCOL, self.subprotocols),
            (_OTHER_SECRET, self._hide),
        ):
            if pattern.fullmatch(name):
                return redact
        return None

    def _hide(self, value: bytes) -> bytes:
        if value.strip(STAR):  # else it was replaced before
            self._secrets.values.add(value)
        return stars_for(value)

    def _hide_behind(self, found: re.Match[bytes]) -> bytes:
        """The second group of a match hidden, and the first one left."""
        return (found[1] or b"") + self._hide(found[2])

    def _credentials(self, value: bytes) -> bytes:
        # RFC 9110 §11.4: a scheme, a space, and what is the secret
        return _SCHEME.sub(self._hide_behind, value, count=1)

    def _cookies(self, value: bytes) -> bytes:
        return _PAIR.sub(self._hide_behind, value)

    def _set_cookie(self, value: bytes) -> bytes:
        # RFC 6265 §4.1.1: one pair, and attributes behind it
        return _PAIR.sub(self._hide_behind, value, count=1)

    def urls(self, line: bytes) -> bytes:
        """A line with asterisks in place of the secrets in its URLs."""
        return _PASSWORD.sub(self._hide_behind, _IN_URL.sub(self._hide_behind, line))

    def subprotocols(self, value: bytes) -> bytes:
        """A list of subprotocols, of which some may be tokens."""
        announced = False
        done: list[bytes] = []
        at = 0
        for found in _ITEM.finditer(value):
            done += [value[at : found.start()], self._subprotocol(found[0], announced=announced)]
            announced, at = _ANNOUNCES.fullmatch(found[0]) is not None, found.end()
        return b"".join([*done, value[at:]])

    def _subprotocol(self, item: bytes, *, announced: bool) -> bytes:
        if announced or item in self._secrets.tokens or _OPAQUE.fullmatch(item):
            self._secrets.tokens.add(item)
            return self._hide(item)
        found = _PREFIXED.fullmatch(item) or _JWT.fullmatch(item)
        return item if found is None else self._hide_behind(found)


def _inside(value: bytes, redact: Callable[[bytes], bytes]) -> bytes:
    """A header's value without the space around it and the end of its line."""
    bare = value.strip()
    at = value.find(bare)
    return value[:at] + redact(bare) + value[at + len(bare) :] if bare else value
