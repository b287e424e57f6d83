r"""Bytes as programs write them: lists of numbers, strings with escapes, and hex or Base64 inside of a call.

    b'\x81\x05Hello'    {0x81, 0x05}    [129 5 72]    <Buffer 81 05>    write(3, "\201\5", 2) = 2

A literal is what begins it, what closes it, and how its inside is read; several may follow each other. A comment is
skipped. The call that strace shows, and the name that Wireshark gives to an array, say the direction.

What this module leaves out: the table of the literals (`table`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from wslab.explain import parse_hex
from wslab.formats.dumps.form import IN, OUT, Piece, UnfitText
from wslab.formats.dumps.plain import byte_of, from_base64

LARGEST = 8 * 1024 * 1024
"""Characters of a text with literals."""

_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w])//[^\n]*", re.DOTALL)
_NUMBER = re.compile(
    r"[\s,;]*(?:\(s?byte\)\s*)?(?:\"\d+\":\s*)?(0[xX][0-9a-fA-F]{1,2}|0b[01]{1,8}|-?\d{1,3})(?:u8|i8|[uU])?(?=[\s,;]|$)"
)
_ESCAPE = re.compile(
    r"\\x(?P<hex>[0-9a-fA-F]{1,2})|\\u(?P<point>[0-9a-fA-F]{4})|\\[xu]\{(?P<braced>[0-9a-fA-F]{1,4})\}"
    r"|\\(?P<octal>[0-7]{1,3})"
    r"|\\(?P<named>[abfnrtve\\\"'?$`/])|(?P<joined>\\\r?\n)|(?P<plain>[^\\])",
    re.DOTALL,
)
_DECIMAL_ESCAPE = re.compile(r"\\(?P<decimal>\d{1,3})|\\(?P<named>[abfnrtv\\\"'])|(?P<plain>[^\\])", re.DOTALL)
_NAMED = dict(zip("abfnrtve", b"\a\b\f\n\r\t\v\x1b", strict=True))
_BODIES = {quote: re.compile(rf"(?:[^\\{quote}]++|\\.)*+", re.DOTALL) for quote in "\"'"}
_BETWEEN = re.compile(r"(?:[\s,;+.\\]|#[^\n]*\n)*")
_INWARD = frozenset({"read", "recv", "recvfrom", "1"})


class Literal(NamedTuple):
    """What begins it, what closes it, what may follow, and how its inside is read.

    A group `call` of `begin` names the call or the side.
    """

    begin: re.Pattern[str]
    close: re.Pattern[str]
    inside: Callable[[str], bytes]


def read_literals(text: str, literal: Literal) -> list[Piece]:
    """Every literal of one kind, in order; `UnfitText` where anything else stands between."""
    if len(text) > LARGEST:
        raise UnfitText(f"it has more than {LARGEST:,} characters")
    text = _COMMENT.sub(" ", text) if "/" in text and literal.inside is numbers else text
    pieces, at = [], _skip(text, 0)
    while at < len(text):
        piece, at = _one(text, at, literal)
        pieces.append(piece)
        at = _skip(text, at)
    if not pieces:
        raise UnfitText("it is empty")
    return pieces


def read_inside(text: str, chosen: Sequence[Literal]) -> list[Piece]:
    """Literals in the midst of other words, such as an error that quotes one."""
    if len(text) > LARGEST:
        raise UnfitText(f"it has more than {LARGEST:,} characters")
    begins = sorted((each.start(), number) for number, kind in enumerate(chosen) for each in kind.begin.finditer(text))
    pieces, end = [], 0
    for at, number in begins:
        with suppress(UnfitText):
            if at >= end:
                piece, end = _one(text, at, chosen[number])
                pieces.append(piece)
    if not pieces:
        raise UnfitText("no literal stands in it")
    return pieces


def _one(text: str, at: int, literal: Literal) -> tuple[Piece, int]:
    begin = literal.begin.match(text, at)
    close = literal.close.search(text, _body_end(text, begin.end(), literal)) if begin else None
    if begin is None or close is None:
        raise UnfitText(f"{text[at : at + 20]!r} does not begin one", at / len(text))
    call = begin.groupdict().get("call")
    way = "" if call is None else IN if call in _INWARD else OUT
    try:
        return Piece(literal.inside(text[begin.end() : close.start()]), way), close.end()
    except ValueError as error:
        raise UnfitText(str(error), begin.end() / len(text)) from None


def _body_end(text: str, at: int, literal: Literal) -> int:
    """From where its end is looked for: in a string, behind all escapes, whose quotes end nothing."""
    body = _BODIES.get(text[at - 1]) if literal.inside in (escapes, decimal_escapes) else None
    found = body.match(text, at) if body else None
    return found.end() if found else at


def _skip(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def numbers(inside: str) -> bytes:
    """Numbers in hex, bits or decimals, signed or not, between commas or spaces."""
    data, at = bytearray(), 0
    while found := _NUMBER.match(inside, at):
        data.append(byte_of(_value(found[1])))
        at = found.end()
    if inside[at:].strip(" \t\r\n,;"):
        raise UnfitText(f"{inside[at : at + 20]!r} is no number of a byte")
    return bytes(data)


def _value(word: str) -> int:
    return int(word, 0) if word[:2] in ("0x", "0X", "0b") else int(word)


def hex_inside(inside: str) -> bytes:
    """Hex; what Node leaves out of a long Buffer (`... 78 more bytes`) is missing."""
    return parse_hex(re.sub(r"\.\.\. \d+ more bytes?$", "", inside), "the literal")


def base64_inside(inside: str) -> bytes:
    """Base64 in quotes, or in the indented lines of YAML."""
    return from_base64(inside)


def escapes(inside: str) -> bytes:
    r"""A string with `\x81`, `\201`, `\u0081`, `\n`; other characters stand for themselves."""
    return _unescaped(inside, _ESCAPE)


def decimal_escapes(inside: str) -> bytes:
    r"""A string of Lua or Haskell, whose `\129` is decimal."""
    return _unescaped(inside, _DECIMAL_ESCAPE)


def _unescaped(inside: str, pattern: re.Pattern[str]) -> bytes:
    data, at = bytearray(), 0
    while at < len(inside):
        found = pattern.match(inside, at)
        if found is None:
            raise UnfitText(f"{inside[at : at + 4]!r} is no escape")
        data += _byte(found)
        at = found.end()
    return bytes(data)


_BASES = {"hex": 16, "point": 16, "braced": 16, "octal": 8, "decimal": 10}


def _byte(found: re.Match[str]) -> bytes:
    kind, text = found.lastgroup or "", found[found.lastgroup or 0]
    if kind == "joined":
        return b""
    value = int(text, _BASES[kind]) if kind in _BASES else _NAMED.get(text) if kind == "named" else None
    value = ord(text) if value is None else value
    if value > 255:
        raise UnfitText(f"{text!r} is more than one byte")
    return bytes([value])
