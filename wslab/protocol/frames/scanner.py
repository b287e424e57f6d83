"""Where heads and frames begin and end in a stream, for an intermediary that passes the bytes on.

A link with faults must know which bytes are which frame: to drop the third one, to hold a Ping, to put a frame
between two others. It must not do what `FrameParser` does, which stops at the first violation and waits for a whole
payload: an intermediary passes on what it cannot understand, and it passes it on at once. So a `FrameScanner` finds
boundaries and judges nothing. It unmasks nothing either.

How it works. The stream begins inside a head, whose end is the first empty line. An interim answer (1xx, but not
101) has another head behind it (RFC 9110 §15.2). Then frame follows frame. The first
two to ten bytes of a frame say its size (`announced_size`), legal or not, and from then on the scanner only counts down
what is left of it. All bytes go out as `Span`s as they come, so that a large frame passes in many of them. Only two
things are kept back until more bytes come: a head that is not whole (up to 64 KiB), and the beginning of a frame whose
length is not whole (up to 9 bytes). A stream without a head of HTTP, and the body behind a refusal, pass as bytes that
belong to no frame. Frame 1 is the first behind the head.

What this module leaves out: payloads and rules (`frames.parser`), and what a link does to a span (the lab's faults).
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import NamedTuple

from wslab.protocol.handshake.head import DEFAULT_MAX_HEAD, is_interim, is_refusal

_HEAD_ENDS = b"\r\n\r\n"

LONGEST_HEADER = 14
"""Bytes that the longest header of a frame has (§5.2)."""


class Span(NamedTuple):
    """Some bytes of one head or frame, in order.

    `frame` is the number of the frame, 0 for a head and what is no frame; `opcode` is None there. `at` is the place of
    the bytes inside their frame; `last` says that the frame or the head ends with them.
    """

    data: bytes
    frame: int
    opcode: int | None
    at: int
    last: bool


def announced_size(data: bytes, at: int = 0) -> int | None:
    """The size in bytes of the frame that begins at a place of `data`, as its header says it, legal or not (§5.2).

    None while its length is not whole.
    """
    # §5.2: seven bits of length; 126 and 127 say that it stands in the next two or eight bytes; then perhaps a key
    there = len(data) - at
    if there < 2:
        return None
    second = data[at + 1]
    length, key = second & 0x7F, 4 if second & 0x80 else 0
    if length < 126:
        return 2 + key + length
    end = 4 if length == 126 else 10
    return None if there < end else end + key + int.from_bytes(data[at + 2 : at + end], "big")


class FrameScanner:
    """The stream of one side, cut into spans of heads and frames as its bytes come."""

    def __init__(self) -> None:
        self.frame = 0
        self._kept = bytearray()  # of a head, or of a header whose length is not whole
        self._in_head = True
        self._has_body = False  # what is behind the head is no frame
        self._opcode: int | None = None
        self._at = 0  # in the frame
        self._left = 0  # of the frame

    def feed(self, data: bytes) -> list[Span]:
        """The spans that these bytes make; with what is kept they are all the bytes."""
        data = self._take(data)
        return [
            Span(data[begin:end], frame, opcode, at, last) for begin, end, frame, opcode, at, last in self._walk(data)
        ]

    def pass_by(self, data: bytes) -> None:
        """Follow bytes that somebody else passes on."""
        for _ in self._walk(self._take(data)):
            pass

    @property
    def is_inside(self) -> bool:
        """Whether some bytes of a head or frame came, and not all."""
        return bool(self._left or self._kept)

    @property
    def kept(self) -> int:
        """Bytes that are kept until more come."""
        return len(self._kept)

    def clone(self) -> FrameScanner:
        """Another scanner that has seen the same bytes."""
        other = copy(self)
        other._kept = self._kept.copy()
        return other

    def before(self) -> FrameScanner:
        """Another scanner, at the place where the head or frame that this one is inside of begins."""
        other = copy(self)
        if self._left:  # the frame was counted when it began
            other.frame -= 1
        other._left, other._kept = 0, bytearray()
        return other

    def end(self) -> list[Span]:
        """No more bytes come: what was kept, as it is."""
        kept, self._kept = bytes(self._kept), bytearray()
        return [Span(kept, self.frame, self._opcode, 0, False)] if kept else []

    def _take(self, data: bytes) -> bytes:
        """The bytes to walk over, with those that were kept; none while a head is not whole."""
        if not self._kept and not self._in_head:
            return data
        # of a head that comes byte by byte only the newest bytes are searched for its end
        searched = max(len(self._kept) - 3, 0)
        self._kept += data
        if self._in_head and self._kept.find(_HEAD_ENDS, searched) < 0 and len(self._kept) < DEFAULT_MAX_HEAD:
            return b""
        data, self._kept = bytes(self._kept), bytearray()
        return data

    def _walk(self, data: bytes) -> Iterator[_Found]:
        """The spans of `data` as places in it; what is not whole enough is kept."""
        at, end = 0, len(data)
        while at < end:
            # a head goes out whole, a body as it comes
            if self._in_head:
                if at and self._is_cut(data, at):  # a head behind an interim one
                    self._kept += data[at:]
                    return
                begin, at = at, self._end_of_head(data, at)
            elif self._has_body:
                begin, at = at, end
            else:
                # a frame begins where nothing is left of the one before; what is here of it goes out at once
                if not self._left and not self._begin(data, at):
                    self._kept += data[at:]
                    return
                begin, at = at, min(at + self._left, end)
                self._left -= at - begin
                yield begin, at, self.frame, self._opcode, self._at, not self._left
                self._at += at - begin
                continue
            yield begin, at, 0, None, 0, True

    def _is_cut(self, data: bytes, at: int) -> bool:
        """Whether the end of the head that begins at a place of `data` is still to come."""
        return data.find(_HEAD_ENDS, at) < 0 and len(data) - at < DEFAULT_MAX_HEAD

    def _end_of_head(self, data: bytes, at: int) -> int:
        """The place behind the head that begins at a place of `data`."""
        # this much without an empty line is no head that any endpoint of ours would accept: let it pass
        place = data.find(_HEAD_ENDS, at)
        self._in_head = place >= 0 and is_interim(data[at:place])
        self._has_body = place < 0 or (not self._in_head and _refuses(data[at:place]))
        return len(data) if place < 0 else place + 4

    def _begin(self, data: bytes, at: int) -> bool:
        """Begin the frame at a place of `data`; False where its length is not whole."""
        size = announced_size(data, at)
        if size is None:
            return False
        self.frame += 1
        self._opcode, self._at, self._left = data[at] & 0b1111, 0, size
        return True


# begin and end in the data, then frame, opcode, at, last as in `Span`
_Found = tuple[int, int, int, int | None, int, bool]


def _refuses(head: bytes) -> bool:
    """Whether a head is a response behind which no frames come, but perhaps a body."""
    return head.startswith(b"HTTP/") and is_refusal(head)
