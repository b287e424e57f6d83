"""TCP put together again: what each side of each connection sent, as far as it is whole.

Each side of a connection is a `HalfStream`. Its `position` is the first byte of its stream that has not come; bytes
behind a missing one wait in a heap until it comes, for segments may come twice, cut otherwise, and in any order. An
acknowledgement means that what it acknowledges has arrived. Where bytes were acknowledged and never seen, the half
gives up after `UNSEEN_LIMIT` chunks: nothing behind the gap can be cut into frames.

A `FlowTable` has all connections, up to a limit, and their halves share a limit for the bytes that wait (`HeldBytes`).
What does not fit is left out and counted; memory stays bounded, whatever the capture.

What it leaves out: what the bytes are (`read`), and the headers of packets (`tcpip`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from wslab.formats.pcap.tcpip import ACK, FIN, RST, SYN, PacketPlace, Segment

MOST_FLOWS = 65_536
"""Connections that are followed at one time. One that has ended or is silent makes room for a new one."""

SILENT = 10 * MOST_FLOWS
"""Segments of other connections behind which one counts as silent."""

MOST_WAITING = 1024 * 1024
"""Bytes of a direction that may wait for bytes before them."""

MOST_HELD = 64 * 1024 * 1024
"""Bytes of all directions together that may wait, and of all requests that are not whole yet."""

MOST_SEGMENTS = 2048
"""Segments of a direction that may wait for bytes before them."""

UNSEEN_LIMIT = 200
"""Segments of a connection after which bytes that were acknowledged and not seen are given up."""

FlowKey = frozenset[PacketPlace]
_HALF = 1 << 31


class HeldBytes:
    """How many bytes wait on all connections together."""

    def __init__(self) -> None:
        self.size = 0


class HalfStream:
    """What one side sent: the bytes in order as far as they are whole."""

    def __init__(self, all_held: HeldBytes) -> None:
        self._all_held = all_held
        self.next: int | None = None
        self.position = 0  # of `next`, in the stream
        self.acknowledged = 0
        self.end: int | None = None  # the position of FIN
        self.promised = 0  # the position up to which the peer has it, seen or not
        self.missing = 0  # bytes that never came, once that is given up
        self.waiting: dict[int, bytes] = {}  # by position
        self._positions: list[int] = []  # of these, as a heap
        self._held = 0
        self._unseen_left = UNSEEN_LIMIT

    def place(self, seq: int) -> int:
        """The position of a sequence number in the stream, near to where it is now."""
        if self.next is None:
            self.next = seq
        return self.position + (seq - self.next + _HALF) % (2 * _HALF) - _HALF

    def take(self, at: int, data: bytes) -> Iterator[bytes]:
        """The bytes that this segment makes whole, in order."""
        if self.missing or at + len(data) <= self.position:
            return
        if at > self.position:
            if (
                self._held + len(data) > MOST_WAITING
                or len(self.waiting) >= MOST_SEGMENTS
                or self._all_held.size + len(data) > MOST_HELD
            ):
                self.give_up()
            elif len(data) > len(self.waiting.get(at, b"")):
                self._wait(at, data)
            return
        yield self._forward(data[self.position - at :])
        while self.waiting and (first := self._positions[0]) <= self.position:
            waited = self.waiting.pop(heapq.heappop(self._positions))
            self._hold(-len(waited))
            if first + len(waited) > self.position:
                yield self._forward(waited[self.position - first :])

    def _wait(self, at: int, data: bytes) -> None:
        if at not in self.waiting:
            heapq.heappush(self._positions, at)
        self._hold(len(data) - len(self.waiting.get(at, b"")))
        self.waiting[at] = data

    def _hold(self, size: int) -> None:
        self._held += size
        self._all_held.size += size

    def _forward(self, data: bytes) -> bytes:
        assert self.next is not None
        self.position += len(data)
        self.next = (self.next + len(data)) % (2 * _HALF)
        self._unseen_left = UNSEEN_LIMIT
        return data

    def acknowledge(self, at: int) -> int:
        """How many bytes have newly arrived; bytes that arrived without being seen are counted against the limit."""
        self.promised = max(self.promised, at)
        if at > self.position + 1:  # FIN counts for one
            self._unseen_left -= 1
            if not self._unseen_left:
                self.give_up()
        new = min(at, self.position) - self.acknowledged
        self.acknowledged = max(self.acknowledged, self.acknowledged + new)
        return max(0, new)

    def give_up(self) -> None:
        """What is missing will not come."""
        reached = self._positions[0] if self.waiting else self.promised
        if not self.missing and reached > self.position + (not self.waiting):
            self.missing = reached - self.position
            self.let_go()

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._hold(-self._held)
        self.waiting.clear()


class TcpFlow:
    """One connection: two halves by their sender's place. `client` is known by SYN or by the first request."""

    def __init__(self, first: Segment, all_held: HeldBytes) -> None:
        self.halves = {first.source: HalfStream(all_held), first.target: HalfStream(all_held)}
        self.client: PacketPlace | None = None
        self.began: int | None = None  # the sequence number of the client's SYN
        self.seen = 0
        self.last = 0  # the place of its last segment among all
        self.finished: set[PacketPlace] = set()  # who has sent FIN, or both after RST

    def other(self, place: PacketPlace) -> PacketPlace:
        """The place at the other end."""
        return next((each for each in self.halves if each != place), place)


class FlowTable:
    """All connections by their two places, each with the number of its first appearance, the one last used at the end.

    Where there are too many at once, one that has ended is dropped, or one that has been silent for long. If there is
    none, the new one is left out: otherwise each one that is followed would lose the rest of its bytes to the next.
    """

    def __init__(self) -> None:
        self.left_out = 0  # connections
        self._flows: dict[FlowKey, tuple[int, TcpFlow]] = {}
        self._ended: dict[FlowKey, None] = {}
        self._refused: set[FlowKey] = set()
        self._held = HeldBytes()
        self._numbers = 0
        self._segments = 0

    def find(self, each: Segment) -> tuple[int, TcpFlow] | None:
        """The connection of a segment, None where it is left out; a SYN with another number begins a new one."""
        key = frozenset((each.source, each.target))
        self._segments += 1
        known = self._flows.pop(key, None)
        opens = each.flags & (SYN | ACK) == SYN
        if known is None or (opens and known[1].began != each.seq and known[1].seen):
            if known is not None:
                self._forget(key, known[1])
            if not self._has_room(key, opens=opens):
                return None
            self._numbers += 1
            known = self._numbers, TcpFlow(each, self._held)
        self._flows[key] = known
        self._note(key, known[1], each, opens=opens)
        return known

    def _has_room(self, key: FlowKey, *, opens: bool) -> bool:
        """Make room for a new connection, if it can be; what was left out stays so until its next SYN."""
        if key in self._refused and not opens:
            return False
        self._refused.discard(key)
        if len(self._flows) < MOST_FLOWS:
            return True
        gives_way = next(iter(self._ended or self._flows))
        flow = self._flows[gives_way][1]
        if gives_way in self._ended or self._segments - flow.last > SILENT:
            del self._flows[gives_way]
            self._forget(gives_way, flow)
            return True
        self.left_out += 1
        if len(self._refused) < MOST_FLOWS:
            self._refused.add(key)
        return False

    def _forget(self, key: FlowKey, flow: TcpFlow) -> None:
        self._ended.pop(key, None)
        for half in flow.halves.values():
            half.give_up()
            half.let_go()

    def _note(self, key: FlowKey, flow: TcpFlow, each: Segment, *, opens: bool) -> None:
        """What a segment says of its connection."""
        if opens:
            flow.client, flow.began = each.source, each.seq
        elif each.flags & SYN:
            flow.client = each.target
        flow.seen += 1
        flow.last = self._segments
        if each.flags & (FIN | RST):
            flow.finished |= {each.source, each.target} if each.flags & RST else {each.source}
            if len(flow.finished) == len(flow.halves):
                self._ended[key] = None


def payload_of(half: HalfStream, each: Segment) -> Iterator[bytes]:
    """The bytes that a segment makes whole; its SYN and FIN are taken in."""
    if each.flags & SYN:
        if half.next is None:
            half.next = (each.seq + 1) % (2 * _HALF)
        return
    at = half.place(each.seq)
    if each.payload:
        yield from half.take(at, each.payload)
    if each.flags & FIN:
        half.end = at + each.size
