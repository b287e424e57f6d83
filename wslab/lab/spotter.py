"""Where heads and frames begin and end in a stream, for those who stand in the middle of it.

Rules of this module: a `Spotter` only looks. It judges nothing, unmasks nothing and keeps at most a head or the
beginning of a frame; what is no HTTP and no frame passes as bytes. Frame 1 is the first behind the head.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from wslab.protocol import DEFAULT_MAX_HEAD

LONGEST_HEADER = 14
"""Bytes that the longest header of a frame has (§5.2)."""


class Part(NamedTuple):
    """Some bytes of one head or frame. `frame` is 0 in the head; `opcode` None there; `at` their place inside it."""

    data: bytes
    frame: int
    opcode: int | None
    at: int
    last: bool


def told_size(begin: bytes) -> int | None:
    """The size that a frame's own header tells, legal or not; None while its length is not whole (§5.2)."""
    if len(begin) < 2:
        return None
    length, key = begin[1] & 0x7F, 4 if begin[1] & 0x80 else 0
    end = {126: 4, 127: 10}.get(length, 2)
    if len(begin) < end:
        return None
    return end + key + (int.from_bytes(begin[2:end], "big") if end > 2 else length)


class Spotter:
    """The stream of one side, cut into parts of heads and frames as its bytes come."""

    def __init__(self) -> None:
        self.frame = 0
        self._kept = b""  # of a head, or of a header whose length is not whole
        self._in_head = True
        self._has_page = False
        self._opcode: int | None = None
        self._at = 0
        self._left = 0

    def feed(self, data: bytes) -> list[Part]:
        """The parts that these bytes make; together with what is kept they are all the bytes."""
        parts: list[Part] = []
        while data:
            if self._has_page:
                parts.append(Part(data, 0, None, 0, True))
                break
            if self._left:
                data = self._go_on(data, parts)
            elif self._in_head:
                data = self._feed_head(data, parts)
            else:
                data = self._begin(data, parts)
        return parts

    @property
    def is_inside(self) -> bool:
        """Whether some bytes of a head or frame came, and not all."""
        return bool(self._left or self._kept)

    @property
    def kept(self) -> int:
        """Bytes that wait to be told apart."""
        return len(self._kept)

    def clone(self) -> Spotter:
        """Another one, that has seen the same bytes."""
        return copy(self)

    def before(self) -> Spotter:
        """One that has not seen anything yet of what this one is inside of."""
        other = copy(self)
        if self._left:
            other.frame -= 1
        other._left, other._kept = 0, b""
        return other

    def end(self) -> list[Part]:
        """No more bytes come: what waited to be told apart."""
        kept, self._kept = self._kept, b""
        return [Part(kept, self.frame, self._opcode, 0, False)] if kept else []

    def _feed_head(self, data: bytes, parts: list[Part]) -> bytes:
        head, blank, behind = (self._kept + data).partition(b"\r\n\r\n")
        if not blank and len(head) < DEFAULT_MAX_HEAD:
            self._kept = head
            return b""
        self._kept = b""
        self._in_head = False
        self._has_page = not blank or _refuses(head)
        parts.append(Part(head + blank, 0, None, 0, True))
        return behind

    def _begin(self, data: bytes, parts: list[Part]) -> bytes:
        begin = self._kept + data
        size = told_size(begin)
        if size is None:
            self._kept = begin
            return b""
        self._kept = b""
        self.frame += 1
        self._opcode, self._at, self._left = begin[0] & 0b1111, 0, size
        return self._go_on(begin, parts)

    def _go_on(self, data: bytes, parts: list[Part]) -> bytes:
        part = data[: self._left]
        self._left -= len(part)
        parts.append(Part(part, self.frame, self._opcode, self._at, not self._left))
        self._at += len(part)
        return data[len(part) :]


def _refuses(head: bytes) -> bool:
    """Whether it is a response behind which no frames come, but perhaps a page."""
    return head.startswith(b"HTTP/") and b" 101" not in head[:13]
