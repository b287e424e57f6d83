"""The way out of an endpoint with somebody's hand in it: where an intervention happens.

Rules of this module: what an endpoint writes goes through a lane before TCP has it, so that no link is needed and
nothing else changes: up to the intervention the run is the same, byte for byte. It exists on the virtual clock only,
for only there a run can be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from wslab.lab.bench import Bench, Line
from wslab.lab.faults import Meddle
from wslab.lab.lane import Item, Lane, Piece, Sign
from wslab.lab.records import What, pack_change, tag
from wslab.lab.staging import Timed, flipped
from wslab.lab.virtual_tcp import VirtualTransport
from wslab.lab.world import World
from wslab.protocol import Role


class Departure:
    """What stands between one endpoint and its TCP connection."""

    def __init__(self, bench: Bench, line: Line, role: Role, transport: VirtualTransport, faults: Sequence[Meddle]):
        self.number = line.number
        self.random = Random(0)  # no intervention is left to chance
        self._bench = bench
        self._transport = transport
        self._lane = Lane(self, role)
        self._lane.stand([MeddleStage(fault, self._lane) for fault in faults])

    @property
    def world(self) -> World:
        """Time."""
        return self._bench.world

    def write(self, data: bytes) -> None:
        """Bytes for the peer."""
        self._lane.feed(data)

    def write_eof(self) -> None:
        """FIN behind them."""
        self._lane.sign(Sign.FIN)

    # --- what the lane says -----------------------------------------------------------

    def emit(self, role: Role, item: Item) -> None:
        """To TCP."""
        if self._transport.is_closing():
            return
        if isinstance(item, Piece):
            self._transport.write(item.data)
        else:
            self._bench.world.end_writing(self._transport)

    def hold(self, role: Role, *, full: bool) -> None:
        """What waits here is one frame, and what is behind it."""

    def swallowed(self, role: Role, piece: Piece, words: str) -> None:
        """Bytes go no further."""
        self._record(What.SWALLOWED, role, pack_change(piece.start, piece.size, b"", words))

    def unheard(self, role: Role) -> None:
        """No intervention swallows the end of TCP."""

    def changed(self, role: Role, piece: Piece, words: str) -> None:
        """Other bytes go on."""
        self._record(What.CHANGED, role, pack_change(piece.start, piece.size, piece.data, words))

    def tell(self, words: str) -> None:
        """A sentence for the tape."""
        self._record(What.NOTE, None, words.encode())

    def stir(self) -> None:
        """Nothing waits here that somebody could decide."""

    def cut(self, *, gently: bool) -> None:
        """RST to both sides."""
        self._record(What.CUT, None, b"")
        self._transport.sever()

    def reset(self, role: Role) -> None:
        """The same."""
        self.cut(gently=False)

    def _record(self, what: What, role: Role | None, data: bytes) -> None:
        if self._bench.tape is not None:
            self._bench.tape.record(self.number, tag(what, role), data)


class MeddleStage(Timed[Meddle]):
    """One thing done to some bytes of the stream."""

    def put(self, item: Item) -> None:
        """What is before and behind passes; a delay holds back what is behind, too."""
        if isinstance(item, Sign) or not _overlap(item, self.its):
            super().put(item)
            return
        before = max(0, self.its.start - item.start)
        if before:
            first, item = item.split(before)
            super().put(first)
        rest = None
        if item.start + item.size > self.its.stop:
            item, rest = item.split(self.its.stop - item.start)
        self._meddle(item)
        if rest is not None:
            super().put(rest)

    def _meddle(self, piece: Piece) -> None:
        if self.its.action == "delay":
            super().put(piece)
        elif self.its.action == "drop":
            self.holder.swallowed(self.role, piece, "")
        elif self.its.action == "cut":
            self.holder.swallowed(self.role, piece, "")
            self.holder.cut(gently=False)
        else:
            self._change(piece)

    def _change(self, piece: Piece) -> None:
        begins = piece.start == self.its.start
        if self.its.action == "edit":
            data, words = (self.its.data if begins else b""), f"The {self.role}'s bytes are changed on the way."
        else:
            bit = self.its.bit - (piece.start - self.its.start) * 8
            if not 0 <= bit < 8 * piece.size:
                self.on(piece)
                return
            data = flipped(piece.data, bit)
            words = f"Bit {self.its.bit % 8} of byte {self.its.bit // 8} of what the {self.role} sent is turned over."
        changed = piece._replace(data=data)
        self.holder.changed(self.role, changed, words)
        super().put(changed)

    def due(self, item: Item, now: float) -> float:
        """Later, where that is the action."""
        meant = isinstance(item, Piece) and self.its.action == "delay" and _overlap(item, self.its)
        return now + self.its.seconds if meant else now


def _overlap(piece: Piece, fault: Meddle) -> bool:
    return piece.start < fault.stop and fault.start < piece.start + piece.size


def way_out(bench: Bench, line: Line, role: Role, transport: asyncio.Transport) -> asyncio.Transport | Departure:
    """Where an endpoint writes to: TCP itself, unless somebody wants to meddle with this direction."""
    faults = [each for each in bench.meddles if each.connection == line.number and each.touches(role)]
    if not faults:
        return transport
    assert isinstance(transport, VirtualTransport)
    return Departure(bench, line, role, transport, faults)
