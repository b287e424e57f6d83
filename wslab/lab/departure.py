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
from wslab.lab.stages import MeddleStage
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
            self._transport.write_eof()

    def hold(self, role: Role, *, full: bool) -> None:
        """What waits here is one frame, and what is behind it."""

    def swallowed(self, role: Role, piece: Piece, words: str) -> None:
        """Bytes go no further."""
        self._record(What.SWALLOWED, role, pack_change(piece.start, piece.size, b"", words))

    def changed(self, role: Role, piece: Piece, words: str) -> None:
        """Other bytes go on."""
        self._record(What.CHANGED, role, pack_change(piece.start, piece.size, piece.data, words))

    def tell(self, words: str) -> None:
        """A sentence for the tape."""
        self._record(What.NOTE, None, words.encode())

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


def way_out(bench: Bench, line: Line, role: Role, transport: asyncio.Transport) -> asyncio.Transport | Departure:
    """Where an endpoint writes to: TCP itself, unless somebody wants to meddle with this direction."""
    faults = [each for each in bench.meddles if each.connection == line.number and each.touches(role)]
    if not faults:
        return transport
    assert isinstance(transport, VirtualTransport)
    return Departure(bench, line, role, transport, faults)
