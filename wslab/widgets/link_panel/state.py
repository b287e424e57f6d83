"""What the panel of a link shows: its faults, both ends, its connections, and what waits at its gate.

The link itself holds the truth; the widget reads it into this state each time it draws. Only three things are the
panel's own: the fault that is being put together (`draft`), the frame that is being rewritten (`editing`), and the
sentence about the last action (`notice`).

Left out: how it looks (`picture`, `wires`, `fault_form`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wslab.lab.faults.base import Fault
from wslab.lab.faults.manual import Gate, Held
from wslab.protocol import Role
from wslab.protocol.codes import Opcode
from wslab.protocol.messages import CloseBody
from wslab.tape.entry import Belief
from wslab.widgets.link_panel.draft import FIRST

__all__ = ["MOST_HELD", "HeldFrame", "LinkEnd", "LinkPanelState", "editable"]

MOST_HELD = 12
"""Frames at the gate that are listed; the others are counted."""


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """One side: its address, what it believes (None where that is not known), and whether that is still true."""

    address: str = ""
    belief: Belief | None = None
    true: bool = True


@dataclass(frozen=True, slots=True)
class HeldFrame:
    """A head or frame at the gate, by the number that the panel gave it; `plain` is its payload before compression."""

    number: int
    held: Held
    plain: bytes | None = None


@dataclass(frozen=True, slots=True)
class LinkPanelState:
    """What the panel shows.

    `connections` are the numbers of those that go through the link now, `silent` those of them that stay silent for
    good. `waiting` are the first `MOST_HELD` that wait at the gate, `waiting_counts` how many wait of each side.
    `editing` is the number of the frame that is being rewritten and its text, `notice` the sentence about what
    was done last.
    """

    faults: tuple[Fault, ...]
    client: LinkEnd
    server: LinkEnd
    connections: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()
    waiting: tuple[HeldFrame, ...] = ()
    waiting_counts: Mapping[Role, int] = field(default_factory=dict)
    draft: str = FIRST
    editing: tuple[int, str] | None = None
    notice: str = ""
    can_undo: bool = False

    @property
    def has_gate(self) -> bool:
        """Whether the link has a gate."""
        return any(isinstance(each, Gate) for each in self.faults)


def editable(waiting: HeldFrame) -> str:
    """The payload as the text that is edited: a Close as `1000 bye`, what is not printable as `hex 00 61`."""
    frame = waiting.held.frame
    assert frame is not None
    payload = frame.payload if waiting.plain is None else waiting.plain
    if frame.opcode == Opcode.CLOSE and len(payload) > 1:
        close = CloseBody.lenient(payload)
        return f"{close.code} {close.reason}".strip()
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        text = "\0"
    return text if text.isprintable() and frame.opcode != Opcode.BINARY else f"hex {payload.hex(' ')}"
