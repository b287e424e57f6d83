"""What the table of opcodes shows: the chosen opcode, and a real frame of it as a client sends it (§5.2).

Left out: how it looks (`picture`), what the RFC demands of it (`facts`), and changing a frame (the inspector).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from wslab.explain.anatomy import Anatomy, anatomy
from wslab.explain.verdict import Verdict, verdict
from wslab.protocol.codes import Opcode, Role
from wslab.protocol.frames import Frame

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


@dataclass(frozen=True)
class OpcodeTableState:
    """The chosen opcode. Raises ValueError for a number outside 0 to 15."""

    opcode: int

    def __post_init__(self) -> None:
        in_range(self.opcode)

    @property
    def frame(self) -> bytes:
        """The bytes of its frame."""
        return sample(self.opcode)

    @cached_property
    def anatomy(self) -> Anatomy:
        """The frame as a server reads it, from the middle of a conversation."""
        return anatomy(self.frame, Role.SERVER, whole_stream=False)

    @cached_property
    def verdict(self) -> Verdict:
        """What a server makes of it."""
        return verdict(self.frame, Role.SERVER, whole_stream=False)
