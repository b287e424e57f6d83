r"""Bytes as people write them in hex, both ways.

Reading takes what a learner pastes: `81 05`, `8105`, `0x81, 0x05`, `81:05`, `\x81\x05`, over several lines. What is
not hex is refused with its place.

Reading takes memory for a few copies of the text, and never an object for each byte, so a text may be long.

What this module leaves out: the offsets and text columns of a hex dump, whose text cannot be told from hex.
"""

from __future__ import annotations

import re

__all__ = ["parse_hex", "short_hex", "spaced_hex"]

_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_SEPARATORS = str.maketrans("", "", f"{_SPACES}\u2028\u2029\u202f\u205f\u3000,:;_-")
_PREFIXES = ("0x", "0X", r"\x")
# what is neither digit nor separator, nor part of a prefix
_WRONG = re.compile(r"[^0-9a-fA-F\s,:;_\-xX\\]|\\(?!x)|(?<![0\\])[xX]")


def parse_hex(text: str, what: str = "the bytes") -> bytes:
    """The bytes that `text` writes in hex. `what` names them in the error.

    Raises ValueError with the first wrong letter and its place, or when a digit is missing.
    """
    if (wrong := _WRONG.search(text)) is not None:
        raise ValueError(
            f"{wrong[0]!r} (character {wrong.start() + 1} of {what}) is no hex digit: "
            "write each byte as two of 0-9 and a-f, for example 81 05."
        )
    digits = text
    for prefix in _PREFIXES:
        digits = digits.replace(prefix, "")
    digits = digits.translate(_SEPARATORS)
    if len(digits) % 2:
        raise ValueError(
            f"{what} cannot end in half a byte: {len(digits)} is an odd number of hex digits, and a byte takes two. "
            f"Add a digit to the last one, {digits[-1]!r}, for example 0{digits[-1]}."
        )
    return bytes.fromhex(digits)


def spaced_hex(data: bytes) -> str:
    """Bytes as lower-case hex with one space between: `37 fa 21 3d`."""
    return data.hex(" ")


def short_hex(data: bytes, most: int = 16) -> str:
    """The first `most` bytes as hex, and `…` where there are more: `37 fa 21 3d …`."""
    return data[:most].hex(" ") + (" …" if len(data) > most else "")
