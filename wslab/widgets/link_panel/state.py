"""What the panel shows: the faults of a link, the connection that is looked at, and what the link holds of it.

The link and its tape hold the truth; the widget reads them into this state each time it draws. The panel's own are only
what is being typed and chosen, and the sentence about what was done last.

Left out: how it looks (`picture`), and how it is read (`reader`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Gate, Held
from wslab.protocol import Role
from wslab.protocol.codes import Opcode
from wslab.protocol.messages import CloseBody
from wslab.tape.entry import Belief, Entry
from wslab.tape.records import WentSilent
from wslab.widgets.link_panel.connections.by_hand import OVER, ByHand, cannot_send
from wslab.widgets.link_panel.connections.rows import Row
from wslab.widgets.link_panel.draft import FIRST
from wslab.widgets.link_panel.next_dial import OPENS, NextDial
from wslab.widgets.timeline.state import TimelineState

__all__ = ["Bead", "LinkPanelState", "PingClock", "Side", "editable"]

FRESH = ByHand()
"""The fields before anything was typed."""

OPEN_AT_ONCE = NextDial(OPENS)
"""What becomes of the next connection through a link without faults."""


@dataclass(frozen=True, slots=True)
class PingClock:
    """The clock of a keepalive: a Ping every `interval` seconds, the next in `left` seconds, which is at `at`.

    `at` counts from the connection's beginning. `runs`: time passes by itself.
    """

    interval: float
    left: float
    at: float
    runs: bool = True


@dataclass(frozen=True, slots=True)
class Side:
    """One side: what it believes (None where that is not known), whether that is still true, and its keepalive.

    `ours`: what it believes is recorded, or was before its process died.
    """

    belief: Belief | None = None
    true: bool = True
    ping: PingClock | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Bead:
    """What is held first in one direction: the panel's `number` for it, its entry on the tape where that is kept.

    `behind` is how many wait behind it, `plain` its payload before compression, `typed` the text that is to go instead.
    """

    number: int
    held: Held
    entry: Entry | None = None
    behind: int = 0
    plain: bytes | None = None
    typed: str | None = None

    @property
    def sender(self) -> Role:
        """Who sent it."""
        return Role(self.held.sender)


@dataclass(frozen=True, slots=True)
class LinkPanelState:
    """What the panel shows.

    `connection` is the number of the connection that is looked at (0: there was none), `newest` whether it follows the
    newest. `known` are those that may be chosen, `living` those that go through the link now, `silent` those of them
    that stay silent for good. `waiting` counts what is held on all of them. `can_send` says whether the client is the
    lab's own and open, `is_foreign` that it is alive and another program's. `next_dial` is what the next connection
    comes to, `numbers` are those of buttons that are not pressed. `rows` is the table of connections, of `total`;
    `hand` what is in the fields to send from, and `owned` the ends that can send.
    """

    faults: tuple[Fault, ...]
    timeline: TimelineState
    url: str = ""
    target: str = ""
    client: Side = Side()
    server: Side = Side()
    connection: int = 0
    newest: bool = True
    known: tuple[int, ...] = ()
    living: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()
    beads: tuple[Bead, ...] = ()
    waiting: int = 0
    can_send: bool = False
    is_foreign: bool = False
    next_dial: NextDial = OPEN_AT_ONCE
    numbers: Mapping[str, str] = field(default_factory=dict)
    draft: str = FIRST
    notice: str = ""
    can_undo: bool = False
    rows: tuple[Row, ...] = ()
    total: int = 0
    hand: ByHand = FRESH
    owned: tuple[Role, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the link holds each frame."""
        return any(isinstance(each, Gate) for each in self.faults)

    def side(self, role: Role) -> Side:
        """One of the two sides."""
        return self.client if role is Role.CLIENT else self.server

    def bead(self, sender: Role) -> Bead | None:
        """What is held first of a sender."""
        return next((each for each in self.beads if each.sender is sender), None)

    @property
    def why_not_by_hand(self) -> str:
        """Why what is in the fields cannot be sent; empty where it can."""
        if not self.connection:
            return "No connection yet: dial first."
        sender = self.hand.sender
        if not self.hand.on_link and sender in self.owned:
            return ""
        if self.connection not in self.living:
            return OVER
        return "" if self.hand.on_link else cannot_send(sender, is_own=self.side(sender).ours)

    def is_dead(self, sender: Role) -> bool:
        """Whether what a sender sends goes nowhere: the link is silent."""
        if self._went_silent or self.stays_silent:
            return True
        return any(isinstance(each, Silence) and each.touches(sender) and not each.after for each in self.faults)

    @property
    def _went_silent(self) -> bool:
        cut = self.timeline.cut
        return cut is not None and isinstance(self.timeline.entries[cut].fact, WentSilent)

    @property
    def stays_silent(self) -> bool:
        """Whether the connection is silent although the fault is gone."""
        return self.connection in self.silent and not any(isinstance(each, Silence) for each in self.faults)


def editable(bead: Bead) -> str:
    """The payload as the text that is edited: a Close as `1000 bye`, what is not printable as `hex 00 61`."""
    frame = bead.held.frame
    if frame is None:
        return ""
    payload = frame.payload if bead.plain is None else bead.plain
    if frame.opcode == Opcode.CLOSE and len(payload) > 1:
        close = CloseBody.lenient(payload)
        return f"{close.code} {close.reason}".strip()
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        text = "\0"
    return text if text.isprintable() and frame.opcode != Opcode.BINARY else f"hex {payload.hex(' ')}"
