"""What travels through a pipeline: chunks of bytes, FIN and RST.

A chunk knows which bytes of the sender's stream it stands for, whatever became of it on the way. A chunk that is cut in
many is never copied again for each: `part` and `pieces` take what they need and leave the rest where it is.

Left out: what is done to them (`stage`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wslab.lab.network.base import TcpSignal


class StreamChunk(NamedTuple):
    """Some bytes on their way; they stand for `size` bytes of the sender's stream from `start` on."""

    data: bytes
    start: int
    size: int

    def split(self, at: int) -> tuple[StreamChunk, StreamChunk]:
        """Two chunks; `at` counts in `data`. Where the bytes were changed, the first chunk stands for all of them."""
        # inside changed bytes no place of the original stream can be told
        size = at if self.size == len(self.data) else self.size
        first = StreamChunk(self.data[:at], self.start, size)
        return first, StreamChunk(self.data[at:], self.start + size, self.size - size)

    def part(self, begin: int, end: int) -> StreamChunk:
        """The bytes from `begin` to `end` of `data`, as repeated splits would give them; the rest is not copied."""
        if end - begin == len(self.data):
            return self
        if self.size == len(self.data):
            return StreamChunk(self.data[begin:end], self.start + begin, end - begin)
        return StreamChunk(self.data[begin:end], self.start + (self.size if begin else 0), 0 if begin else self.size)

    def pieces(self, size: int) -> Iterator[StreamChunk]:
        """Chunks of so many bytes; the last may be shorter."""
        for begin in range(0, len(self.data) or 1, size):
            yield self.part(begin, min(begin + size, len(self.data)))


StreamItem = StreamChunk | TcpSignal


def joined(chunks: list[StreamChunk]) -> StreamChunk:
    """Chunks that follow each other, as one."""
    # most spans are one chunk, and bytes are not copied for them
    if len(chunks) == 1:
        return chunks[0]
    return StreamChunk(b"".join(each.data for each in chunks), chunks[0].start, sum(each.size for each in chunks))


def weight(item: StreamItem) -> int:
    """The number of bytes in an item."""
    return 0 if isinstance(item, TcpSignal) else len(item.data)
