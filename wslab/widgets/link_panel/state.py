"""TODO."""

from __future__ import annotations

from dataclasses import dataclass

from wslab.lab.faults.base import Fault
from wslab.lab.faults.manual import Gate, Held
from wslab.widgets.link_panel.wires import End

FIRST = "delay:seconds=0.2"
"""What stands ready to be put on before anything was chosen."""


@dataclass(frozen=True, slots=True)
class HeldFrame:
    """A head or frame at the gate, by the number that the panel gave it; `plain` is its payload before compression."""

    number: int
    held: Held
    plain: bytes | None = None


@dataclass(frozen=True, slots=True)
class LinkPanelState:
    """What the panel shows. `editing`: which of what waits is rewritten, and the text; `said`: what was done last."""

    faults: tuple[Fault, ...]
    client: End
    server: End
    connections: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()
    waiting: tuple[HeldFrame, ...] = ()
    draft: str = FIRST
    editing: tuple[int, str] | None = None
    said: str = ""
    can_undo: bool = False

    @property
    def has_gate(self) -> bool:
        """Whether something can wait."""
        return any(isinstance(each, Gate) for each in self.faults)
