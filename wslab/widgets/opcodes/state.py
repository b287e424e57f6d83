"""What the table of opcodes shows: the chosen opcode, and a real frame of it in an inspector (§5.2).

Left out: how it looks (`picture`), and what can be done to the frame, which is the inspector's (`inspector.state`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wslab.protocol.codes import Opcode, Role
from wslab.protocol.frames import Frame
from wslab.widgets.inspector import state as inspector
from wslab.widgets.inspector.state import InspectorState

__all__ = ["OpcodeTableState", "in_range", "sample"]

KEY = bytes.fromhex("37fa213d")
"""The masking key of all samples: that of the RFC's example (§5.7)."""

_PAYLOADS: Mapping[int, bytes] = {
    Opcode.CONTINUATION: b"lo",
    Opcode.TEXT: b"Hello",
    Opcode.BINARY: bytes.fromhex("00ff10e280"),
    Opcode.CLOSE: (1000).to_bytes(2, "big") + b"bye",
    Opcode.PING: b"alive?",
    Opcode.PONG: b"alive?",
}


def sample(opcode: int) -> bytes:
    """A frame of this opcode as a client sends it."""
    return Frame(opcode, _PAYLOADS.get(opcode, b"?"), mask=KEY).serialize()


def in_range(opcode: int) -> int:
    """The opcode itself. Raises ValueError for a number outside 0 to 15."""
    if not 0 <= opcode <= 15:
        raise ValueError(f"An opcode is four bits, 0 to 15 (§5.2), not {opcode}.")
    return opcode


@dataclass(frozen=True, slots=True)
class OpcodeTableState:
    """The chosen opcode, and the inspector below the table: its frame may have been changed since."""

    opcode: int
    inspector: InspectorState

    @classmethod
    def of(cls, opcode: int) -> OpcodeTableState:
        """The state in which an opcode has just been chosen. Raises ValueError for a number outside 0 to 15."""
        data = sample(in_range(opcode))
        return cls(opcode, InspectorState.of(data, whole_stream=False, role=Role.SERVER))

    def act(self, name: str, arg: str, value: str) -> OpcodeTableState:
        """The state after an action of the inspector's."""
        return replace(self, inspector=inspector.act(self.inspector, name, arg, value))
