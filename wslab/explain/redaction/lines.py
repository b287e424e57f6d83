"""One line of a head, with asterisks in place of its secrets.

Each secret becomes as many asterisks as it has bytes. So offsets, lengths and Content-Length stay true, and a head
stays one that can be judged: an asterisk may stand in a header, a URL and a subprotocol. What says of which kind a
secret is stays: the scheme (`Bearer`), the name of a cookie, the attributes behind it.

A line may belong to the one before: a header that goes on in a line that begins with a space (RFC 9112 §5.2), and a
list of subprotocols over several headers (RFC 9110 §5.3). So a `LineRedactor` keeps the header that it saw last.

What this module leaves out: which names are secrets (`names`), and where a line begins and ends (`heads`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wslab.explain.redaction.names import (
    ANNOUNCES,
    BEARER,
    CHALLENGE,
    COOKIE,
    CREDENTIALS,
    IN_ENCODED_URL,
    IN_URL,
    JWT,
    JWT_ITEM,
    OPAQUE,
    OTHER_SECRET,
    PARTIAL_PASSWORD,
    PASSWORD,
    PREFIXED,
    SET_COOKIE,
    SUBPROTOCOL,
    USER,
)

__all__ = ["STAR", "LineRedactor", "Secrets", "notice", "stars_for"]

STAR = b"*"

_SCHEME = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]+)?(.+)", re.DOTALL)
_PAIR = re.compile(rb"([^=;]*=|[ \t]*)([^;]+)")
_ITEM = re.compile(rb"[^,\s]+")
_IN_A_LINE = (IN_URL, IN_ENCODED_URL, PASSWORD, USER, JWT, BEARER)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The values that were replaced in the heads of one connection; of these, `tokens` were subprotocols."""

    values: set[bytes] = field(default_factory=set)
    tokens: set[bytes] = field(default_factory=set)

    def copy(self) -> Secrets:
        """One that may learn what this one shall not know."""
        return Secrets(set(self.values), set(self.tokens))

    def hide(self, value: bytes) -> bytes:
        """A value as asterisks; from now on it is known."""
        if value.strip(STAR):  # else it was replaced before
            self.values.add(value)
        return stars_for(value)


def stars_for(data: bytes) -> bytes:
    """As many asterisks as there are bytes."""
    return STAR * len(data)


def notice(count: int, where: object, way: str) -> str:
    """That so many secrets were replaced in a file, and the `way` to keep them, in a sentence."""
    what = "secret of a head was replaced" if count == 1 else "secrets of heads were replaced"
    return f"{where}: {count:,} {what} by asterisks (credentials, cookies, tokens); {way} keeps them."


@dataclass(slots=True)
class LineRedactor:
    """The lines of one head, in their order."""

    secrets: Secrets
    _header: bytes = b""  # the name of the last one
    _announced: bool = False  # the next subprotocol is a token
    _is_part: bool = False

    def part(self) -> LineRedactor:
        """One for the beginning of a line: what it sees is not kept, and more is taken for a password."""
        return replace(self, secrets=self.secrets.copy(), _is_part=True)

    def line(self, line: bytes) -> bytes:
        """A header, or what goes on from the header before."""
        if line[:1] in (b" ", b"\t"):
            return self._value(line)
        name, colon, value = line.partition(b":")
        if not colon:
            return self.urls(line)
        self._header = name.strip()
        return name + colon + self._value(value)

    def _value(self, value: bytes) -> bytes:
        bare = value.strip()
        at = value.find(bare)
        return value[:at] + self._way()(bare) + value[at + len(bare) :] if bare else value

    def _way(self) -> Callable[[bytes], bytes]:
        """How the value of the last header is read."""
        for pattern, redact in (
            (CREDENTIALS, self._credentials),
            (COOKIE, self._cookies),
            (SET_COOKIE, self._set_cookie),
            (SUBPROTOCOL, self.subprotocols),
            (CHALLENGE, bytes),
            (OTHER_SECRET, self.secrets.hide),
        ):
            if pattern.fullmatch(self._header):
                return redact
        return self.urls

    def _hide_behind(self, found: re.Match[bytes]) -> bytes:
        """The second group of a match hidden, and the first one left."""
        return (found[1] or b"") + self.secrets.hide(found[2])

    def _credentials(self, value: bytes) -> bytes:
        # RFC 9110 §11.4: a scheme, a space, and what is the secret
        return _SCHEME.sub(self._hide_behind, value, count=1)

    def _cookies(self, value: bytes) -> bytes:
        return _PAIR.sub(self._hide_behind, value)

    def _set_cookie(self, value: bytes) -> bytes:
        # RFC 6265 §4.1.1: one pair, and attributes behind it
        return _PAIR.sub(self._hide_behind, value, count=1)

    def urls(self, line: bytes) -> bytes:
        """A line with asterisks in place of the secrets in its URLs, and of tokens that look like one."""
        for pattern in _IN_A_LINE:
            line = pattern.sub(self._hide_behind, line)
        return PARTIAL_PASSWORD.sub(self._hide_behind, line) if self._is_part else line

    def subprotocols(self, value: bytes) -> bytes:
        """A list of subprotocols, of which some may be tokens."""
        done: list[bytes] = []
        at = 0
        for found in _ITEM.finditer(value):
            done += [value[at : found.start()], self._subprotocol(found[0])]
            at = found.end()
        return b"".join([*done, value[at:]])

    def _subprotocol(self, item: bytes) -> bytes:
        announced, self._announced = self._announced, ANNOUNCES.fullmatch(item) is not None
        if announced or item in self.secrets.tokens or OPAQUE.fullmatch(item):
            self.secrets.tokens.add(item)
            return self.secrets.hide(item)
        found = PREFIXED.fullmatch(item) or JWT_ITEM.fullmatch(item)
        return item if found is None else self._hide_behind(found)
