"""What of an attempt is shown: a head or frame as it is now, with the names of its legal form.

Left out: the attempt itself (`wslab.course.peers.attempt`), and how it looks (`sent`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from wslab.course.peers.exchanges import HEADS, Exchange
from wslab.explain.anatomy import Anatomy, Field, Part, anatomy

__all__ = ["Shown", "part_of", "sent_name"]


@lru_cache(maxsize=64)
def part_of(exchange: Exchange, place: int) -> Part:
    """The legal head or frame of a place, cut into fields; a compressed payload inflated."""
    sent = exchange.sent[place]
    found: Anatomy = anatomy(sent.data, sent.sender.peer, whole_stream=False, deflate=exchange.deflate)
    return found.parts[0]


def sent_name(exchange: Exchange, place: int) -> str:
    """What is sent at a place: `request`, `text “Hello”`, `Close 1000`."""
    part = part_of(exchange, place)
    values = {field.name: field.value for field in part.fields}
    name = part.name.removesuffix(" frame")
    said = next((values[each] for each in ("Status code", "Close code", "Payload data") if each in values), "")
    return f"{name} {said}".strip()


@dataclass(frozen=True, slots=True)
class Shown:
    """A head or frame of an exchange as it is now, and which of its bytes is open in bits."""

    exchange: Exchange
    place: int
    data: bytes
    picked: int

    @property
    def part(self) -> Part:
        """Its legal form, cut into fields."""
        return part_of(self.exchange, self.place)

    @property
    def is_head(self) -> bool:
        """Whether it is shown as lines of text."""
        return self.place < HEADS

    def changed(self, index: int) -> int:
        """The bits of a byte that are not legal, as a number."""
        return self.data[index] ^ self.exchange.sent[self.place].data[index]

    def fields(self, index: int) -> list[Field]:
        """The fields of a byte."""
        return [field for field in self.part.fields if index in field.bytes]
