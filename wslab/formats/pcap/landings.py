"""Where a reader lands in a stream of which it missed the beginning, or some bytes.

A capture that begins in the middle of a connection, and a gap in TCP, have one question in common: where does the next
frame begin? A `BoundarySearch` looks for it (`protocol.frames.boundary`), and what it finds is a `Landing`. So many
bytes before it belong to a frame whose beginning is not there, and are not told.

How much must speak for a place depends on what is known. In a connection that is a WebSocket for sure, the most likely
place is taken from `FEW` bits on. Whether a connection is one at all takes `LIKELY` bits, of both directions together.

At most `MOST_SEARCHES` look at one time, and `MOST_LANDINGS` are kept. What this module leaves out: which connections
are looked at (`survey`), and what frames say.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from wslab.formats.pcap.flows import Gap
from wslab.formats.pcap.tcpip import PacketPlace
from wslab.protocol.frames.boundary import ENOUGH, Boundary, BoundarySearch

FEW = 12.0
"""Bits of evidence for a place in what is a WebSocket for sure. Random bytes give so many in one of a thousand."""

LIKELY = 30.0
"""Bits of evidence, of both directions together, with which a connection counts as a WebSocket."""

MOST_SEARCHES = 4096
"""Streams in which a place is looked for at one time; the oldest gives way."""

MOST_LANDINGS = 100_000
"""Landings of a capture; behind further gaps nothing is told."""

MIDDLE = Gap(0, 0)
"""In place of a gap, where the capture begins in the middle."""

Side = tuple[int, PacketPlace]
"""A connection by its number, and who sends."""

_HEAD = re.compile(rb"[A-Z]{3,20} [^\r\n]* HTTP/1\.|HTTP/1\.[01] [1-5]")


class Landing(NamedTuple):
    """Behind a gap, `skipped` bytes are not told; then `frames` frames follow, or a head of HTTP.

    With no frames and no head, no place was found. `is_sure` says that chance is out of the question.
    """

    gap: Gap
    skipped: int
    frames: int = 0
    head: bool = False
    is_sure: bool = False


class _Look(NamedTuple):
    gap: Gap
    search: BoundarySearch


class Landings:
    """All places that were looked for in a capture."""

    def __init__(self) -> None:
        self._looks: dict[Side, _Look] = {}  # the oldest first
        self._found: dict[Side, dict[int, Landing]] = {}
        self._count = 0

    def begin(self, side: Side, gap: Gap, masked: bool | None) -> None:
        """Look for the next frame behind a gap; `masked` says what the frames of this side are, if it is known."""
        self.end(side, FEW)
        if self._count >= MOST_LANDINGS:
            return
        if len(self._looks) >= MOST_SEARCHES:
            self.end(next(iter(self._looks)), FEW)
        self._count += 1
        self._looks[side] = _Look(gap, BoundarySearch(masked))

    def is_looking(self, side: Side) -> bool:
        """Whether the place is still looked for."""
        return side in self._looks

    def looked(self, side: Side) -> int:
        """Bytes that were looked through behind the gap."""
        return self._looks[side].search.size if side in self._looks else 0

    def feed(self, side: Side, data: bytes, *, heads: bool) -> Boundary | None:
        """More of a stream: the place, once it is found. With `heads`, a head of HTTP at the begin of `data` is one."""
        gap, search = self._looks[side]
        if heads and _HEAD.match(data):
            self._land(side, Landing(gap, search.size, head=True))
            return None
        found = search.feed(data)
        if found is not None:
            self._land(side, _landing(gap, found))
        return found

    def settle(self, side: Side, masked: bool) -> None:
        """What the frames of this side are is known now."""
        if side in self._looks:
            self._looks[side].search.settle(masked)

    def best(self, side: Side) -> Boundary | None:
        """The place for which most speaks so far, where no more bytes come."""
        return self._looks[side].search.end() if side in self._looks else None

    def end(self, side: Side, least: float, others: float = 0.0) -> None:
        """No more bytes come: land at the best place that has `least` bits. `others` are of the other direction."""
        if side not in self._looks:
            return
        gap, search = self._looks[side]
        best = search.end()
        if best is None or best.bits < least:
            self._land(side, Landing(gap, search.size))
        else:
            self._land(side, _landing(gap, best._replace(bits=best.bits + others)))

    def _land(self, side: Side, landing: Landing) -> None:
        self._looks.pop(side)
        self._found.setdefault(side, {})[landing.gap.position] = landing

    def finish(self) -> None:
        """The capture ends."""
        for side in list(self._looks):
            self.end(side, FEW)

    def of(self, side: Side) -> dict[int, Landing]:
        """The landings of a side, by the position of the gap in its stream."""
        return self._found.get(side, {})

    def forget(self, side: Side) -> None:
        """The connection is none that is read."""
        self._looks.pop(side, None)
        self._count -= len(self._found.pop(side, {}))


def _landing(gap: Gap, found: Boundary) -> Landing:
    return Landing(gap, found.begin, found.frames, is_sure=found.bits >= ENOUGH)
