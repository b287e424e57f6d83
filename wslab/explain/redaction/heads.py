"""A head, with asterisks in place of its secrets, in the pieces in which it comes.

`HeadRedactor` works line by line and keeps the beginning of a line that is not whole. Where a piece ends inside a
line, it may replace more than the whole line would need, never less of what it has recognised. A long line is kept as
its beginning, which names the header, and its end from the last parameter on, which names the value that goes on: so
the work stays in proportion to the bytes.

What is no head stays as it is. A head ends with its empty line, and where bytes stand that no head may have.

What this module leaves out: payloads and bodies, whose meaning belongs to the application, and heads that stand
somewhere in a stream (`streams`).
"""

from __future__ import annotations

import re

from wslab.explain.redaction.lines import LineRedactor, Secrets

__all__ = ["HeadRedactor", "redact_head", "redact_header", "redact_text", "redact_words"]

_BEGINS = re.compile(rb"[A-Za-z][A-Za-z-]{1,19} |HTTP/")
_MAY_BEGIN = re.compile(rb"[A-Za-z-]{0,20}\Z")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_QUOTED = re.compile("`([^`]*)`")
_KEY_OR_ACCEPT = re.compile("[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{27}=")  # §1.3: neither is a secret
_CHALLENGE = re.compile(  # RFC 9110 §11.6.1: a scheme and what it asks for, which is no credential
    r'[A-Za-z][\w-]* +(?:realm|error|scope|charset|nonce|qop|algorithm) *= *(?:"[^"]*"|[^\s",]+)'
    r'(?: *, *[\w-]+ *= *(?:"[^"]*"|[^\s",]+))*',
    re.IGNORECASE,
)
_LONGEST = 512  # bytes kept of a line that is not whole
_PART = 96
_DELIMITERS = (b"?", b"&", b"#", b",", b" ", b";")


def redact_head(head: bytes) -> bytes:
    """A whole head, or the beginning of one, with asterisks in place of its secrets; what is no head stays."""
    return HeadRedactor().feed(head)


def redact_header(name: str, value: str, secrets: Secrets | None = None) -> str:
    """The value of one header with asterisks in place of its secrets."""
    line = f"{name}: {value}".encode("utf-8", "replace")
    return (
        LineRedactor(Secrets() if secrets is None else secrets).line(line).decode("utf-8", "replace").partition(": ")[2]
    )


def redact_words(words: str, secrets: Secrets | None = None) -> str:
    """A sentence that quotes a head in backquotes, with asterisks in place of the tokens that are quoted."""
    known = Secrets() if secrets is None else secrets
    return _QUOTED.sub(lambda found: f"`{_redact_quoted(found[1], known)}`", words)


def redact_text(text: str, secrets: Secrets | None = None) -> str:
    """Any text, such as an error or a URL, with asterisks in place of the secrets in its URLs."""
    redactor = LineRedactor(Secrets() if secrets is None else secrets)
    return redactor.urls(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def _redact_quoted(text: str, secrets: Secrets) -> str:
    if _KEY_OR_ACCEPT.fullmatch(text) or _CHALLENGE.fullmatch(text):
        return text
    redactor = LineRedactor(secrets)
    return redactor.subprotocols(redactor.urls(text.encode("utf-8", "replace"))).decode("utf-8", "replace")


class HeadRedactor:
    """One head, in the pieces in which it comes: `feed` gives each back, of the same length.

    `secrets` learns what was replaced; a response gets that of its request, whose subprotocol it may repeat.
    """

    def __init__(self, secrets: Secrets | None = None) -> None:
        self.is_done = False
        self._lines = LineRedactor(Secrets() if secrets is None else secrets)
        self._line = b""  # the beginning of a line that is not whole
        self._is_first = True

    @property
    def secrets(self) -> Secrets:
        """What was replaced."""
        return self._lines.secrets

    @classmethod
    def inside(cls, secrets: Secrets) -> HeadRedactor:
        """One for a head whose first line is missing."""
        redactor = cls(secrets)
        redactor._is_first = False
        return redactor

    def feed(self, data: bytes) -> bytes:
        """The next bytes of the stream, with asterisks; behind the head they stay as they are."""
        shown, used = self.take(data)
        return shown + data[used:]

    def take(self, data: bytes) -> tuple[bytes, int]:
        """The bytes of `data` that belong to the head, with asterisks, and how many they are."""
        done: list[bytes] = []
        at = 0
        while not self.is_done and at < len(data):
            end = data.find(b"\n", at) + 1 or len(data)
            done.append(self._take(data[at:end]))
            at = end
        return b"".join(done), at

    def _take(self, piece: bytes) -> bytes:
        """The rest of a line, or a part of it."""
        before, line = len(self._line), self._line + piece
        is_whole = line.endswith(b"\n")
        # a part of a line may show a part of a value, which is not to be looked for elsewhere
        redacted = self._redacted(self._lines if is_whole else self._lines.part(), line)
        if is_whole:
            self._end(line)
        else:
            self._line = line if len(line) <= _LONGEST else _shortened(line)
        return redacted[before:]

    def _redacted(self, lines: LineRedactor, line: bytes) -> bytes:
        if not self._is_first:
            self.is_done = _NO_TEXT.search(line) is not None
            return lines.line(line)
        if line.strip() and not _BEGINS.match(line):
            self.is_done = not _MAY_BEGIN.match(line)  # else it may still become a method
            return line
        return lines.urls(line)

    def _end(self, line: bytes) -> None:
        is_empty = not line.strip()
        # RFC 9112 §2.2: an empty line in front of a request is passed over
        self.is_done = self.is_done or (is_empty and not self._is_first)
        self._is_first = self._is_first and is_empty
        self._line = b""


def _shortened(line: bytes) -> bytes:
    """The beginning of a long line, and what tells of the value in which it ends."""
    last = max(_PART, *(line.rfind(each) for each in _DELIMITERS))
    return line[: 2 * _PART] + line[max(2 * _PART, last - _PART) : last + _PART] + line[-_PART // 2 :]
