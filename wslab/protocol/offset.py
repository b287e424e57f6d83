"""TODO."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    pass


class Offset(NamedTuple):
    """A place in a stream of bytes. Bit 0 is a byte's most significant one, as in the RFC's figures (§5.2)."""

    byte: int
    bit: int = 0

    def moved(self, by: int) -> Offset:
        """The same place counted from `by` bytes earlier."""
        return Offset(self.byte + by, self.bit)

    def __str__(self) -> str:
        return f"byte {self.byte}, bit {self.bit}"
