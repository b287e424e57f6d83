"""What the compressed messages of one direction inflate to, frame by frame, for a view (RFC 7692 §7.2.2).

How it works: the window continues from frame to frame, as it does at a receiver. All payloads together are inflated to
`MAX_INFLATED` bytes. Once one cannot be inflated, the window is lost, and with it all that follows.

What this module leaves out: whether a message is legal (`verdict`).
"""

from __future__ import annotations

from wslab.protocol.codes import Opcode, Role
from wslab.protocol.deflate import Deflate, Inflater
from wslab.protocol.errors import ProtocolError

MAX_INFLATED = 1 << 20
"""Bytes that all payloads together are inflated to, 1 MiB; what is beyond is not shown."""


class Compression:
    """What inflates the compressed messages of one direction, from frame to frame."""

    def __init__(self, agreed: Deflate, role: Role) -> None:
        self._inflater: Inflater | None = Inflater(agreed, role)
        self._kind: int | None = None  # of the compressed message that is unfinished
        self._room = MAX_INFLATED

    def kind(self, first: int) -> int | None:
        """Text or binary, where a frame with this first byte belongs to a compressed message."""
        opcode = first & 0b1111
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            self._kind = opcode if first & 0x40 else None
        return self._kind if opcode <= Opcode.BINARY else None

    def inflate(self, plain: bytes, *, last: bool) -> bytes | None:
        """What this payload stands for; None where it cannot be inflated, or could not before."""
        if last:
            self._kind = None
        if self._inflater is None:
            return None
        try:
            inflated = b"".join(self._inflater.inflate(plain, self._room, last=last))
        except ProtocolError:
            self._inflater = None  # the window is lost, and with it all that follows
            return None
        self._room -= len(inflated)
        return inflated
