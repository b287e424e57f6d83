"""A place in a stream of bytes, to the bit.

Errors, checks, fields and rules all say where with the same value. Bits are counted as the figures of the RFC draw
them (§5.2): bit 0 of a byte is the most significant one. An offset compares and sorts as the pair that it is. What it
counts from is said by the one who gives it, and `moved` changes that.
"""

from __future__ import annotations

from typing import NamedTuple


class Offset(NamedTuple):
    """A place in a stream of bytes. Bit 0 is a byte's most significant one, as in the RFC's figures (§5.2)."""

    byte: int
    bit: int = 0

    def moved(self, by: int) -> Offset:
        """The same place counted from `by` bytes earlier."""
        return Offset(self.byte + by, self.bit)

    def __str__(self) -> str:
        return f"byte {self.byte}, bit {self.bit}"
