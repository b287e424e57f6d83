r"""Bytes as people write them in hex, both ways.

Reading takes what a learner pastes: `81 05`, `8105`, `0x81, 0x05`, `81:05`, `\x81\x05`, over several lines. What is
not hex is refused with its place.

What this module leaves out: the offsets and text columns of a hex dump, whose text cannot be told from hex.
"""

from __future__ import annotations

import re

__all__ = ["parse_hex", "short_hex", "spaced_hex"]

_FILLER = re.compile(r"0[xX]|\\x|[\s,:;_-]+")
_RIGHT = re.compile(rf"(?:{_FILLER.pattern}|[0-9a-fA-F])*")


def parse_hex(text: str, what: str = "the bytes") -> bytes:
    """The bytes that `text` writes in hex. `what` names them in the error.

    Raises ValueError with the first wrong letter and its place, or when a digit is missing.
    """
    right = _RIGHT.match(text)
    if right is not None and (end := right.end()) < len(text):
        raise ValueError(
            f"{text[end]!r} (character {end + 1} of {what}) is no hex digit: "
            "write each byte as two of 0-9 and a-f, for example 81 05."
        )
    digits = _FILLER.sub("", text)
    if len(digits) % 2:
        raise ValueError(
            f"{what} end in half a byte: {len(digits)} hex digits is an odd number, and a byte takes two. "
            f"Add a digit to the last one, {digits[-1]!r}, for example 0{digits[-1]}."
        )
    return bytes.fromhex(digits)


def spaced_hex(data: bytes) -> str:
    """Bytes as lower-case hex with one space between: `37 fa 21 3d`."""
    return data.hex(" ")


def short_hex(data: bytes, most: int = 16) -> str:
    """The first `most` bytes as hex, and `…` where there are more: `37 fa 21 3d …`."""
    return data[:most].hex(" ") + (" …" if len(data) > most else "")
