"""TCP put together again: what each side of each connection sent, as far as it is whole.

Each side of a connection is a `HalfStream`. Its `position` is the first byte of its stream that has not come; bytes
behind a missing one wait in a heap until it comes, for segments may come twice, cut otherwise, and in any order. An
acknowledgement means that what it acknowledges has arrived. Where bytes never come, the half gives up after
`UNSEEN_LIMIT` segments, or when too much waits behind them: it tells a `Gap` and goes on behind it. One who reads the
packets a second time knows the gaps (`known`), and passes each of them with the first segment behind it.

Where a capture begins in the middle, the first segment of a silent peer is a probe of TCP keepalive. Its sequence
number is one too small, and it may have one byte that does not belong to the stream (RFC 9293 §3.8.4).

A `FlowTable` has all connections, up to a limit, and their halves share a limit for the bytes that wait (`HeldBytes`).
What does not fit is left out and counted; memory stays bounded, whatever the capture.

What it leaves out: what the bytes are (`read`), and the headers of packets (`tcpip`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

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

MOST_UNREACHED = 4096
"""Gaps of a direction that no acknowledgement has passed; with more of them, arrivals are not counted any more."""

FlowKey = frozenset[PacketPlace]
_HALF = 1 << 31


class Gap(NamedTuple):
    """Bytes of one side that never came: so many, behind the first `position` of its stream.

    They were `cut` from a packet that did come.
    """

    position: int
    size: int
    cut: bool = False


Part = bytes | Gap
"""What comes next of a stream."""


class HeldBytes:
    """How many bytes wait on all connections together."""

    def __init__(self) -> None:
        self.size = 0


class HalfStream:
    """What one side sent: the bytes in order, and gaps where some never came."""

    def __init__(self, all_held: HeldBytes) -> None:
        self._all_held = all_held
        self.next: int | None = None
        self.position = 0  # of `next`, in the stream
        self.acknowledged = 0
        self.end: int | None = None  # the position of FIN
        self.known: list[Gap] = []  # gaps of which an earlier reading knows that they stay, the last of them first
        self.waiting: dict[int, bytes] = {}  # by position
        self.promised = 0  # the position up to which the peer has it, seen or not
        self._positions: list[int] = []  # of those that wait, as a heap
        self._unreached: list[Gap] = []  # that no acknowledgement has passed
        self._held = 0
        self._unseen_left = UNSEEN_LIMIT
        self._may_be_probe = False  # what came first

    def begin_with(self, each: Segment) -> None:
        """The first segment: SYN, or one of a connection that began before."""
        is_probe = each.flags == ACK and each.payload == b"\0"
        self.next = (each.seq + bool(each.flags & SYN or is_probe)) % (2 * _HALF)
        self._may_be_probe = each.flags == ACK and not each.size

    def place(self, seq: int) -> int:
        """The position of a sequence number in the stream, near to where it is now."""
        assert self.next is not None
        return self.position + (seq - self.next + _HALF) % (2 * _HALF) - _HALF

    def take(self, at: int, data: bytes) -> Iterator[Part]:
        """What this segment makes whole, in order."""
        if at > self.position and self.known and self.known[-1].position == self.position:
            yield self.pass_over(self.known[-1].size, cut=self.known[-1].cut)
        if at > self.position and not self._may_wait(data):
            yield from self.give_up(at)
        if at + len(data) <= self.position:
            return
        if at > self.position:
            self._wait(at, data)
            return
        yield self._forward(data[self.position - at :])
        yield from self._whole()

    def _whole(self) -> Iterator[bytes]:
        """The bytes that waited and do so no more."""
        while self.waiting and (first := self._positions[0]) <= self.position:
            waited = self.waiting.pop(heapq.heappop(self._positions))
            self._hold(-len(waited))
            if first + len(waited) > self.position:
                yield self._forward(waited[self.position - first :])

    def _may_wait(self, data: bytes) -> bool:
        return (
            self._held + len(data) <= MOST_WAITING
            and len(self.waiting) < MOST_SEGMENTS
            and self._all_held.size + len(data) <= MOST_HELD
        )

    def _wait(self, at: int, data: bytes) -> None:
        if at not in self.waiting:
            heapq.heappush(self._positions, at)
        elif len(data) <= len(self.waiting[at]):
            return
        self._hold(len(data) - len(self.waiting.get(at, b"")))
        self.waiting[at] = data

    def _hold(self, size: int) -> None:
        self._held += size
        self._all_held.size += size

    def _forward(self, data: bytes) -> bytes:
        self._go_on(len(data))
        return data

    def _go_on(self, size: int) -> None:
        assert self.next is not None
        self.position += size
        self.next = (self.next + size) % (2 * _HALF)
        self._unseen_left = UNSEEN_LIMIT

    def pass_over(self, size: int, *, cut: bool = False) -> Gap:
        """These bytes never come: go on behind them."""
        if self.known and self.known[-1].position == self.position:
            self.known.pop()
        gap = Gap(self.position, size, cut)
        self._go_on(size)
        self._unreached.append(gap)
        return gap

    def acknowledge(self, at: int) -> int:
        """How many bytes have newly arrived; bytes that arrived without being seen are counted against the limit."""
        if self._may_be_probe:
            at -= self._passes_probe(at)
        self.promised = max(self.promised, at)
        if at > self.position + 1:  # FIN counts for one
            self._unseen_left -= 1
        reached = min(at, self.position)
        new = reached - self.acknowledged
        if new <= 0 or len(self._unreached) > MOST_UNREACHED:
            return 0
        while self._unreached and (gap := self._unreached[0]).position < reached:
            del self._unreached[0]
            inside = min(gap.size, reached - gap.position)
            new -= inside
            if inside < gap.size:
                self._unreached.insert(0, Gap(reached, gap.size - inside))
        self.acknowledged = reached
        return new

    def _passes_probe(self, at: int) -> bool:
        """Whether what came first was a probe, as its acknowledgement says: the stream begins one byte later."""
        is_probe = at == 1 and not self.position and not self.waiting and self.end is None
        self._may_be_probe = False
        if is_probe and self.next is not None:
            self.next = (self.next + 1) % (2 * _HALF)
        return is_probe

    @property
    def is_overdue(self) -> bool:
        """Whether bytes that were acknowledged have not come for so long that they will not."""
        return self._unseen_left <= 0

    def give_up(self, known: int = 0) -> Iterator[Part]:
        """What is missing will not come. `known` is a position up to which the sender has sent."""
        if self.waiting:
            known = min(known or self._positions[0], self._positions[0])
        elif not known and self.end is not None:
            known = self.end
        elif not known and self.promised > self.position + 1:  # one more may be FIN
            known = self.promised
        self._unseen_left = UNSEEN_LIMIT
        if known > self.position:
            yield self.pass_over(known - self.position)
            yield from self._whole()

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._hold(-self._held)
        self.waiting.clear()
        self._positions.clear()


class TcpFlow:
    """One connection: two halves by their sender's place. `client` is known by SYN or by the first request."""

    def __init__(self, first: Segment, all_held: HeldBytes) -> None:
        self.halves = {first.source: HalfStream(all_held), first.target: HalfStream(all_held)}
        self.client: PacketPlace | None = None
        self.began: int | None = None  # the sequence number of the client's SYN
        self.has_opening = False  # whether a SYN was seen
        self.seen = 0
        self.last = 0  # the place of its last segment among all
        self.finished: set[PacketPlace] = set()  # who has sent FIN, or both after RST

    def other(self, place: PacketPlace) -> PacketPlace:
        """The place at the other end."""
        return next((each for each in self.halves if each != place), place)

    def take(self, each: Segment) -> Iterator[tuple[PacketPlace, Part | int]]:
        """What a segment makes known of both streams, with who sent it; a number counts bytes that arrived."""
        there = self.other(each.source)
        half = self.halves[there]
        if each.flags & ACK and not each.flags & SYN and half.next is not None:
            arrived = half.acknowledge(half.place(each.ack))
            if arrived:
                yield there, arrived
            if half.is_overdue:
                yield from ((there, part) for part in half.give_up())
        for part in payload_of(self.halves[each.source], each):
            yield each.source, part

    def finish(self) -> Iterator[tuple[PacketPlace, Part]]:
        """The capture ends: what is missing now will not come."""
        for place, half in self.halves.items():
            before = -1
            while before < half.position:
                before = half.position
                yield from ((place, part) for part in half.give_up())


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

    def all(self) -> Iterator[tuple[int, TcpFlow]]:
        """The connections that are followed, each with its number."""
        return iter(self._flows.values())

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
            half.let_go()

    def _note(self, key: FlowKey, flow: TcpFlow, each: Segment, *, opens: bool) -> None:
        """What a segment says of its connection."""
        flow.has_opening |= bool(each.flags & SYN)
        if opens:
            flow.client, flow.began = each.source, each.seq
        elif each.flags & SYN:
            flow.client = each.target
            if flow.began is None:  # it stands before the SYN that it answers
                flow.began = (each.ack - 1) % (2 * _HALF)
        flow.seen += 1
        flow.last = self._segments
        if each.flags & (FIN | RST):
            flow.finished |= {each.source, each.target} if each.flags & RST else {each.source}
            if len(flow.finished) == len(flow.halves):
                self._ended[key] = None


def payload_of(half: HalfStream, each: Segment) -> Iterator[Part]:
    """What a segment makes whole of its sender's stream; its SYN and FIN are taken in.

    A SYN may have data behind it (RFC 9293 §3.4; RFC 7413).
    """
    if half.next is None:
        half.begin_with(each)
    at = half.place(each.seq + bool(each.flags & SYN))
    if each.payload:
        yield from half.take(at, each.payload)
    behind = at + len(each.payload)
    if each.size > len(each.payload) and half.position == behind:  # the capture has kept no more of the packet
        yield half.pass_over(at + each.size - behind, cut=True)
    if each.flags & FIN:
        half.end = at + each.size
