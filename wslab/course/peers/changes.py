"""One byte of an exchange that is not what it was: by hand, or by chance.

`surprises` is every single-bit change of an exchange, once each, in an order that a seed decides. It takes a head or a
frame first and a bit of it then, so that the short frames have their turn among the long heads.

Left out: what a peer makes of a change (`judging`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from wslab.course.peers.exchanges import EXCHANGES, Exchange

__all__ = ["Change", "flipped", "surprises"]


@dataclass(frozen=True, slots=True)
class Change:
    """Byte `byte` of what is sent at `place` has another value."""

    place: int
    byte: int
    value: int

    def data(self, exchange: Exchange) -> bytes:
        """What is sent at its place, changed."""
        data = bytearray(exchange.sent[self.place].data)
        data[self.byte] = self.value
        return bytes(data)

    def was(self, exchange: Exchange) -> int:
        """The legal value."""
        return exchange.sent[self.place].data[self.byte]

    def bits(self, exchange: Exchange) -> tuple[int, ...]:
        """The bits of the byte that differ, counted from the first, the highest."""
        differs = self.was(exchange) ^ self.value
        return tuple(bit for bit in range(8) if differs & 0x80 >> bit)


def flipped(exchange: Exchange, place: int, bit: int, before: Change | None = None) -> Change | None:
    """The change with one bit flipped, counted from the first that is sent at `place`; None where all is legal again.

    A change of the same byte before it is kept; any other is taken back, for one byte at most is changed. Raises
    ValueError for a place or a bit that is not there.
    """
    _check_bit(exchange, place, bit)
    byte, mask = bit // 8, 0x80 >> bit % 8
    was = exchange.sent[place].data[byte]
    same = before is not None and (before.place, before.byte) == (place, byte)
    value = (before.value if before is not None and same else was) ^ mask
    return None if value == was else Change(place, byte, value)


def _check_bit(exchange: Exchange, place: int, bit: int) -> None:
    if not 0 <= place < len(exchange.sent):
        raise ValueError(f"The exchange has the places 0 to {len(exchange.sent) - 1}, not {place}.")
    size = len(exchange.sent[place].data) * 8
    if not 0 <= bit < size:
        raise ValueError(f"What is sent at place {place} has the bits 0 to {size - 1}, not {bit}.")


@lru_cache(maxsize=64)
def surprises(name: str, seed: int) -> tuple[Change, ...]:
    """Every single-bit change of an exchange, once each, in the order of this seed."""
    exchange, dice = EXCHANGES[name], random.Random(f"{seed} {name}")  # else all exchanges had one order
    left = {place: list(range(len(each.data) * 8)) for place, each in enumerate(exchange.sent)}
    for bits in left.values():
        dice.shuffle(bits)
    found: list[Change | None] = []
    while left:
        place = dice.choice(list(left))
        found.append(flipped(exchange, place, left[place].pop()))
        if not left[place]:
            del left[place]
    return tuple(each for each in found if each is not None)
