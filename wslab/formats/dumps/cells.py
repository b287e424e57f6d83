r"""How a row of a dump writes its bytes: cells of hex, octal, decimal or bits, and the characters of `od -c`.

A kind of cell is a pattern, the number of bytes in one, and a function that gives them. `xxd` and tcpdump write words
with the first byte first; `hexdump` and `od -x` print numbers of a little-endian machine, so the bytes are swapped.

What this module leaves out: how many cells of a row are bytes and where its text begins (`rows`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

MOST = 256
"""Bytes in one row; `xxd -c` allows no more."""


class Cells(NamedTuple):
    """One kind of cell: `take` reads the bytes of a row from its text behind the offset, with the end of each cell.

    With `spaces` a space is a byte, and those at the end of a row may be lost.
    """

    take: Callable[[str], tuple[bytes, list[int]]]
    spaces: bool = False


def _matched(pattern: str, convert: Callable[[str], bytes], *, bare: bool = False) -> Cells:
    """Cells of one pattern; a `bare` row has nothing behind them."""
    cell = re.compile(rf"[ \t]*(?:(?<=[ \t])|^)({pattern})(?=[ \t|>]|$)")

    def take(rest: str) -> tuple[bytes, list[int]]:
        data, ends, at = bytearray(), [0], 0
        while len(data) < MOST and (found := cell.match(rest, at)):
            data += convert(found[1])
            at = found.end()
            ends += [at] * (len(data) + 1 - len(ends))
        return (b"", [0]) if bare and rest[at:].strip() else (bytes(data), ends)

    return Cells(take)


def _number(base: int, size: int) -> Callable[[str], bytes]:
    """A number as the bytes of a little-endian machine; one that is too large wraps, as a misread word may."""
    return lambda digits: (int(digits, base) % (1 << 8 * size)).to_bytes(size, "little")


def _reversed_hex(digits: str) -> bytes:
    return bytes.fromhex(digits)[::-1]


HEX = _matched(r"(?:[0-9a-fA-F]{2}){1,16}", bytes.fromhex)
SINGLE_HEX = _matched(r"[0-9a-fA-F]{2}", bytes.fromhex)
PREFIXED_HEX = _matched(r"0x[0-9a-fA-F]{2}", lambda digits: bytes.fromhex(digits[2:]))
HEX_WORDS = _matched(r"[0-9a-fA-F]{4}", _reversed_hex, bare=True)
HEX_LONGS = _matched(r"[0-9a-fA-F]{8}", _reversed_hex, bare=True)
HEX_QUADS = _matched(r"[0-9a-fA-F]{16}", _reversed_hex, bare=True)
XXD_E = _matched(r"(?:[0-9a-fA-F]{2}){1,8}", _reversed_hex)
BITS = _matched(r"[01]{8}", _number(2, 1))
OCTAL = _matched(r"[0-3][0-7]{2}", _number(8, 1), bare=True)
OCTAL_WORDS = _matched(r"[01][0-7]{5}", _number(8, 2), bare=True)
DECIMAL = _matched(r"\d{1,3}", _number(10, 1), bare=True)
SIGNED = _matched(r"-?\d{1,3}", _number(10, 1), bare=True)
DECIMAL_WORDS = _matched(r"\d{5}", _number(10, 2), bare=True)

_NAMED = {r"\0": 0, r"\a": 7, r"\b": 8, r"\t": 9, r"\n": 10, r"\v": 11, r"\f": 12, r"\r": 13}
_WIDTH = 4


def _characters(rest: str) -> tuple[bytes, list[int]]:
    """Cells of four characters, as `od -c` and `hexdump -c` write them; the last may have lost its spaces."""
    data, ends = bytearray(), [0]
    for at in range(0, min(len(rest), _WIDTH * MOST), _WIDTH):
        cell = rest[at : at + _WIDTH].ljust(_WIDTH)
        value = _character(cell)
        if value is None:
            return b"", [0]
        data.append(value)
        ends.append(at + _WIDTH)
    return bytes(data), ends


def _character(cell: str) -> int | None:
    word = cell[1:].lstrip(" ")
    if not cell.startswith(" "):
        return None
    if len(word) <= 1:
        return ord(word or " ") if word.isascii() else None
    if word in _NAMED:
        return _NAMED[word]
    return int(word, 8) if re.fullmatch("[0-3][0-7]{2}", word) else None


CHARACTERS = Cells(_characters, spaces=True)
