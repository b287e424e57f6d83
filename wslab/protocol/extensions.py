"""Sec-WebSocket-Extensions as a list of names with parameters (§9.1).

The header is cut into tokens, quoted strings and separators first, and these are read from left to right: a name, then
parameters behind `;`, then `,` and the next element. The grammar is the RFC's: a value is a token, or a token in
quotes. This module knows no extension; what a parameter means is the extension's own (see `deflate`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wslab.protocol.errors import ProtocolError
from wslab.protocol.offset import Offset
from wslab.protocol.rules import RULES

# one token, one quoted string, or one separator; white space may stand around each
_LEXEME = re.compile(r"""[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)"|([,;=]))[ \t]*""")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Extension(NamedTuple):
    """One element of the header: a name, and its parameters in order; a value may be missing."""

    name: str
    parameters: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        words = (name if value is None else f"{name}={value}" for name, value in self.parameters)
        return "; ".join([self.name, *words])


class _Lexeme(NamedTuple):
    kind: str  # "token", "quoted", or the separator itself
    text: str
    at: int


def parse_extensions(value: str) -> list[Extension]:
    """Every element of a header value, in order; there is at least one. An offer's order is the client's preference.

    `websockets` and npm's `ws` refuse a value without an element, too; `wsproto` takes it.
    Raises `ProtocolError` at the first character that the grammar does not allow; its offset counts
    from the beginning of the value.

    >>> [str(each) for each in parse_extensions('permessage-deflate; client_max_window_bits, x-other; a="b"')]
    ['permessage-deflate; client_max_window_bits', 'x-other; a=b']
    """
    lexemes = [*_lexemes(value), _Lexeme(",", "", len(value))]
    found: list[Extension] = []
    at = 0
    while at < len(lexemes):
        if lexemes[at].kind == ",":  # an empty element counts for nothing (RFC 9110 §5.6.1)
            at += 1
            continue
        element, at = _element(lexemes, at)
        found.append(element)
    # §9.1: the list is `1#extension`; empty elements may stand in it, but do not count
    if not found:
        raise _wrong(len(value), "no extension", "the name of an extension, or no such header")
    return found


def write_extensions(extensions: Sequence[Extension]) -> str:
    """The header value that offers, or accepts, these."""
    return ", ".join(str(each) for each in extensions)


def _lexemes(value: str) -> Iterator[_Lexeme]:
    at = 0
    while at < len(value):
        match = _LEXEME.match(value, at)
        if match is None:
            raise _wrong(at, repr(value[at]), "a token, `;`, `=` or `,`")
        token, quoted, separator = match.groups()
        kind = "token" if token else separator or "quoted"
        begin = match.start(match.lastindex or 0)
        yield _Lexeme(kind, token or separator or re.sub(r"\\(.)", r"\1", quoted or ""), begin)
        at = match.end()


def _element(lexemes: list[_Lexeme], at: int) -> tuple[Extension, int]:
    name = _take(lexemes, at, "token", "the name of an extension")
    at += 1
    parameters = []
    while lexemes[at].kind == ";":
        parameter, at = _parameter(lexemes, at + 1)
        parameters.append(parameter)
    _take(lexemes, at, ",", "`;` or `,`")
    return Extension(name, tuple(parameters)), at + 1


def _parameter(lexemes: list[_Lexeme], at: int) -> tuple[tuple[str, str | None], int]:
    name = _take(lexemes, at, "token", "the name of a parameter")
    if lexemes[at + 1].kind != "=":
        return (name, None), at + 1
    value = lexemes[at + 2] if at + 2 < len(lexemes) else lexemes[-1]
    if value.kind not in ("token", "quoted") or not _TOKEN.fullmatch(value.text):
        raise _wrong(value.at, f"`{value.text}`", "a token, or a token in quotes")
    return (name, value.text), at + 3


def _take(lexemes: list[_Lexeme], at: int, kind: str, expected: str) -> str:
    lexeme = lexemes[at]
    if lexeme.kind != kind:
        raise _wrong(lexeme.at, f"`{lexeme.text}`" if lexeme.text else "the end", expected)
    return lexeme.text


def _wrong(at: int, found: str, expected: str) -> ProtocolError:
    return ProtocolError(RULES["extensions-syntax"], Offset(at), found, expected)
