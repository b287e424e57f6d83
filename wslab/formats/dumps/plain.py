"""Bytes with nothing around them: hex, decimals, bits, Base64.

`hex` takes what `parse_hex` takes: `81 05`, `8105`, `0x81, 0x05`, `81:05`, `81-05`. The others also fit ordinary words
and numbers, so they are weak.
"""

from __future__ import annotations

import base64
import binascii
import re

from wslab.explain import parse_hex
from wslab.formats.dumps.form import Piece, UnfitText

LARGEST = 8 * 1024 * 1024
"""Characters of a text of a weak form."""

# what is no hex digit, no separator and no part of a prefix; one character at a time, for a text may be long
_NO_HEX = re.compile(r"[^0-9a-fA-F\s,:;_\-xX\\]|\\(?!x)|(?<![0\\])[xX]")
_SHORT = re.compile(r"\s*(?:(?:0[xX])?[0-9a-fA-F]{1,2}[\s,]+)*(?:0[xX])?[0-9a-fA-F]{1,2}[\s,]*")
_SINGLE = re.compile(r"[\s,][0-9a-fA-F](?:[\s,]|$)|^\s*[0-9a-fA-F][\s,]+[0-9a-fA-F]")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]+={0,2}\s*")


def read_hex(text: str) -> list[Piece]:
    """Plain hex; a missing digit is an error of the text, not another form."""
    if wrong := _NO_HEX.search(text):
        raise UnfitText(f"{wrong[0]!r} (character {wrong.start() + 1}) is no hex digit", wrong.start() / len(text))
    return [Piece(parse_hex(text, "the dump"))]


def read_short_hex(text: str) -> list[Piece]:
    """Hex without leading zeros, as Arduino's `Serial.print(byte, HEX)` writes it."""
    _whole(_SHORT, text, "it is not one or two hex digits for each byte")
    if not _SINGLE.search(text):
        raise UnfitText("no byte among several has one digit only", 0.1)
    return [Piece(bytes(int(found[1], 16) for found in re.finditer(r"(?:0[xX])?([0-9a-fA-F]{1,2})(?=[\s,]|$)", text)))]


def read_decimals(text: str) -> list[Piece]:
    """Numbers from -128 to 255, between spaces or commas."""
    _whole(re.compile(r"\s*-?\d{1,3}(?:[\s,;]+-?\d{1,3})+[\s,;]*"), text, "it is not numbers from -128 to 255")
    return [Piece(bytes(byte_of(int(found[0])) for found in re.finditer(r"-?\d+", text)))]


def byte_of(number: int) -> int:
    """A number as a byte; Java's are signed."""
    if not -128 <= number <= 255:
        raise UnfitText(f"{number} does not fit into a byte", 0.5)
    return number % 256


def read_bits(text: str) -> list[Piece]:
    """Groups of eight bits, with or without `0b`."""
    _whole(re.compile(r"\s*(?:(?:0b)?[01]{8}[\s,_]*)+"), text, "it is not groups of eight bits")
    return [Piece(bytes(int(found[0], 2) for found in re.finditer("[01]{8}", text)))]


def read_base64(text: str) -> list[Piece]:
    """Base64, of the standard alphabet or that for URLs, with or without padding."""
    _whole(_BASE64, text.strip(), "it is not Base64")
    return [Piece(from_base64(text))]


def from_base64(text: str) -> bytes:
    """The bytes that Base64 writes; `UnfitText` where that cannot be."""
    digits = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        raise UnfitText("the length of this Base64 cannot be", 0.5) from None


def _whole(pattern: re.Pattern[str], text: str, why: str) -> None:
    if len(text) > LARGEST:
        raise UnfitText(f"it has more than {LARGEST:,} characters")
    if not pattern.fullmatch(text):
        raise UnfitText(why, _end(pattern, text) / max(1, len(text)))


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
