"""The compressed messages of one direction, inflated within a budget.

One who only looks on inflates what nobody asked it to: a bomb costs a thousand times its bytes. So a direction has a
budget that grows with its bytes, and once that is used up, no further message of it is inflated.

Every compressed message is inflated, and in order: the next one may refer to its bytes (RFC 7692 §7.1.1). What this
module leaves out: the bytes of DEFLATE (`protocol.deflate`), and how much of what it gives is kept (`interpreter`).
"""

from __future__ import annotations

from wslab.protocol import DEFAULT_MAX_MESSAGE, Frame, Opcode, ProtocolError, Role
from wslab.protocol.deflate import Deflate, Inflater

FREELY_INFLATED = 64 * 1024 * 1024
TIMES_INFLATED = 100
"""A direction is inflated while that gives at most `FREELY_INFLATED` bytes and `TIMES_INFLATED` times its own size."""

_A_BYTE = 64  # of work: it may be half of a DEFLATE block that gives nothing, and takes as long as so many do


class MessageInflater:
    """Frames of one direction in, their inflated payloads out; it does nothing until compression is agreed on.

    `is_on` says that compression was agreed on, and messages are inflated. `work` is what that has cost so far, in
    bytes; `inflated` are the bytes that came of it, kept or not.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.work = 0
        self.inflated = 0
        self._size = 0  # bytes that were inflated
        self._inflater: Inflater | None = None
        self._compressed = False  # whether the message that is being sent is

    def begin(self, agreed: Deflate, receiver: Role) -> None:
        """Both heads agreed on permessage-deflate: from here on messages may be compressed."""
        self._inflater, self.is_on = Inflater(agreed, receiver), True

    def give_up(self) -> None:
        """Inflate nothing more: later messages may refer to one that is missing or was not read."""
        self._inflater, self.is_on = None, False

    def inflate(self, frame: Frame) -> bytes | None:
        """The payload of a compressed frame; None for a plain one, and where it cannot be read."""
        if self._inflater is None or frame.opcode > Opcode.BINARY:
            return None
        # RSV1 is set on the first frame of a message and holds for all of it (RFC 7692 §6)
        if frame.opcode != Opcode.CONTINUATION:
            self._compressed = frame.rsv1
        return self._inflate(self._inflater, frame) if self._compressed else None

    def _inflate(self, inflater: Inflater, frame: Frame) -> bytes | None:
        parts: list[bytes] = []
        try:
            parts.extend(inflater.inflate(frame.payload, DEFAULT_MAX_MESSAGE, last=frame.fin))
            return b"".join(parts)
        except ProtocolError:  # the receiver fails the connection; the tape keeps what was sent
            return None
        finally:
            self._count(len(frame.payload), sum(map(len, parts)))

    def _count(self, size: int, inflated: int) -> None:
        self._size += size
        self.inflated += inflated
        self.work += inflated + _A_BYTE * size
        if self.inflated > FREELY_INFLATED + TIMES_INFLATED * self._size:
            self.give_up()
