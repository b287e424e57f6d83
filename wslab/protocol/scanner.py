"""Where heads and frames begin and end in a stream, for those who stand in the middle of it.

Rules of this module: a `FrameScanner` only looks. It judges nothing, unmasks nothing and keeps at most a head or the
beginning of a frame; what is no HTTP and no frame passes as bytes. Frame 1 is the first behind the head.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import NamedTuple

from wslab.protocol import DEFAULT_MAX_HEAD

LONGEST_HEADER = 14
"""Bytes that the longest header of a frame has (§5.2)."""


class Span(NamedTuple):
    """Some bytes of one head or frame. `frame` is 0 in the head; `opcode` None there; `at` their place inside it."""

    data: bytes
    frame: int
    opcode: int | None
    at: int
    last: bool


def announced_size(begin: bytes) -> int | None:
    """The size that a frame's own header tells, legal or not; None while its length is not whole (§5.2)."""
    if len(begin) < 2:
        return None
    length, key = begin[1] & 0x7F, 4 if begin[1] & 0x80 else 0
    end = {126: 4, 127: 10}.get(length, 2)
    if len(begin) < end:
        return None
    return end + key + (int.from_bytes(begin[2:end], "big") if end > 2 else length)


class FrameScanner:
    """The stream of one side, cut into parts of heads and frames as its bytes come."""

    def __init__(self) -> None:
        self.frame = 0
        self._kept = b""  # of a head, or of a header whose length is not whole
        self._in_head = True
        self._has_page = False
        self._opcode: int | None = None
        self._at = 0
        self._left = 0

    def feed(self, data: bytes) -> list[Span]:
        """The parts that these bytes make; together with what is kept they are all the bytes."""
        data = self._with_kept(data)
        return [
            Span(data[begin:end], frame, opcode, at, last) for begin, end, frame, opcode, at, last in self._walk(data)
        ]

    def pass_by(self, data: bytes) -> None:
        """Only know what went by."""
        for _ in self._walk(self._with_kept(data)):
            pass

    @property
    def is_inside(self) -> bool:
        """Whether some bytes of a head or frame came, and not all."""
        return bool(self._left or self._kept)

    @property
    def kept(self) -> int:
        """Bytes that wait to be told apart."""
        return len(self._kept)

    def clone(self) -> FrameScanner:
        """Another one, that has seen the same bytes."""
        return copy(self)

    def before(self) -> FrameScanner:
        """One that has not seen anything yet of what this one is inside of."""
        other = copy(self)
        if self._left:
            other.frame -= 1
        other._left, other._kept = 0, b""
        return other

    def end(self) -> list[Span]:
        """No more bytes come: what waited to be told apart."""
        kept, self._kept = self._kept, b""
        return [Span(kept, self.frame, self._opcode, 0, False)] if kept else []

    def _with_kept(self, data: bytes) -> bytes:
        if self._kept:
            data, self._kept = self._kept + data, b""
        return data

    def _walk(self, data: bytes) -> Iterator[_Found]:
        """From part to part; what cannot be told apart is kept."""
        at, end = 0, len(data)
        while at < end:
            if self._in_head:
                begin, at = at, self._end_of_head(data)
            elif self._has_page:
                begin, at = at, end
            else:
                if not self._left and not self._begin(data[at : at + LONGEST_HEADER]):
                    self._kept = data[at:]
                    return
                begin, at = at, min(at + self._left, end)
                self._left -= at - begin
                yield begin, at, self.frame, self._opcode, self._at, not self._left
                self._at += at - begin
                continue
            if at == begin:
                self._kept = data
                return
            yield begin, at, 0, None, 0, True

    def _end_of_head(self, data: bytes) -> int:
        """Where the head ends, which begins here; 0 where it goes on."""
        place = data.find(b"\r\n\r\n")
        if place < 0 and len(data) < DEFAULT_MAX_HEAD:
            return 0
        self._in_head = False
        self._has_page = place < 0 or _refuses(data[:place])
        return len(data) if place < 0 else place + 4

    def _begin(self, begin: bytes) -> bool:
        """A frame begins; False where not even its length is whole."""
        size = announced_size(begin)
        if size is None:
            return False
        self.frame += 1
        self._opcode, self._at, self._left = begin[0] & 0b1111, 0, size
        return True


_Found = tuple[int, int, int, int | None, int, bool]


def _refuses(head: bytes) -> bool:
    """Whether it is a response behind which no frames come, but perhaps a page."""
    return head.startswith(b"HTTP/") and b" 101" not in head[:13]
