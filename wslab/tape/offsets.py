"""What of a stream is still to arrive, and what of it never will, by its place in the stream.

Places are bytes counted from the stream's beginning. All three classes find things by bisection or with a heap, so that
a recording from elsewhere with very many of a kind does not take time with their square.

What it leaves out: what the bytes mean (`dissector`, `interpreter`).
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from wslab.tape.records import Change

T = TypeVar("T")


class PendingByOffset(Generic[T]):
    """Things ordered by the byte with which each ends, kept until that byte has arrived."""

    __slots__ = ("_begin", "_ends", "_first", "_things")

    def __init__(self, begin: int = 0) -> None:
        self._begin = begin  # of the first that is still here
        self._ends: list[int] = []
        self._things: list[T] = []
        self._first = 0

    def add(self, end: int, thing: T) -> None:
        """Add one that ends after all the others."""
        self._ends.append(end)
        self._things.append(thing)

    def reached(self, position: int) -> Sequence[T]:
        """Remove and return those that end up to there."""
        ends, first = self._ends, self._first
        if first == len(ends) or ends[first] > position:
            return ()
        if first or ends[-1] > position:
            return self.take(bisect_right(ends, position, first) - first)
        things, self._begin = self._things, ends[-1]  # all of them, as most counts say
        self._ends, self._things = [], []
        return things

    def take(self, count: int) -> Sequence[T]:
        """Remove and return the first so many."""
        ends, first = self._ends, self._first
        last = self._first = min(first + count, len(ends))
        things = self._things[first:last]
        if things:
            self._begin = ends[last - 1]
        if last * 2 >= len(ends):  # a list gives room back only as a whole
            del ends[:last], self._things[:last]
            self._first = 0
        return things

    @property
    def begin(self) -> int:
        """The place behind which the first ends that is still here, or will come."""
        return self._begin

    def within(self, start: int, stop: int) -> list[T]:
        """Those of which some byte lies between these places."""
        first = bisect_right(self._ends, start, self._first)
        last = bisect_left(self._ends, stop, self._first) + 1
        if start >= stop or (first == self._first and stop <= self._begin):
            return []
        return self._things[first:last]

    def placed(self) -> Iterator[tuple[int, int, T]]:
        """Each with the places at which it begins and ends."""
        ends = self._ends[self._first :]
        return zip([self._begin, *ends], ends, self, strict=False)

    def __iter__(self) -> Iterator[T]:
        return iter(self._things[self._first :])


class Gaps:
    """Stretches of a stream that never arrive."""

    __slots__ = ("_starts", "_stops")

    def __init__(self) -> None:
        self._starts: list[int] = []  # in order; where two touched, they are one
        self._stops: list[int] = []

    def add(self, start: int, stop: int) -> tuple[int, int]:
        """Add a gap. Returns the part of it that is new, from its first new byte to its last."""
        first, last = bisect_left(self._stops, start), bisect_right(self._starts, stop)
        starts, stops = self._starts[first:last], self._stops[first:last]
        self._starts[first:last] = [min(start, *starts[:1])] if starts else [start]
        self._stops[first:last] = [max(stop, *stops[-1:])] if stops else [stop]
        new = stops[0] if starts and starts[0] <= start else start
        return new, (starts[-1] if stops and stops[-1] >= stop else stop)

    def forget(self, before: int) -> None:
        """Forget those that end before this place."""
        count = bisect_right(self._stops, before)
        del self._starts[:count], self._stops[:count]

    def touch(self, begin: int, end: int) -> bool:
        """Whether some of these bytes never arrive."""
        place = bisect_left(self._starts, end)
        return place > 0 and self._stops[place - 1] > begin


class Edits:
    """Stretches of a stream that vanish or become others on the way, until they have arrived."""

    __slots__ = ("_latest", "_order")

    def __init__(self) -> None:
        self._order: list[tuple[int, int]] = []  # a heap of places and sizes
        self._latest: dict[tuple[int, int], Change] = {}

    def add(self, change: Change) -> None:
        """Add an edit; of bytes that are changed twice only the last form arrives."""
        key = change.start, change.size
        if key not in self._latest:
            heapq.heappush(self._order, key)
        self._latest[key] = change

    def __bool__(self) -> bool:
        return bool(self._order)

    @property
    def first(self) -> Change:
        """The one that begins first."""
        return self._latest[self._order[0]]

    def pop(self) -> Change:
        """Remove the first, which has arrived."""
        return self._latest.pop(heapq.heappop(self._order))
