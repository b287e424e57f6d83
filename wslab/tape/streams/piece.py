"""What a stream is cut into: bytes of one direction that belong together."""

from __future__ import annotations

from dataclasses import dataclass

from wslab.protocol import ProtocolError
from wslab.tape.records import Fact


@dataclass(slots=True)
class Dissected:
    """Bytes of one direction that belong together. `error` is None for what is legal."""

    kind: str
    data: bytes
    error: ProtocolError | None = None
    opcode: int | None = None  # of a frame, legal or not
    header_size: int = 0  # of a whole and legal frame: where its payload begins
    more: bool = False  # whether it belongs to the one before it
    inflated: bytes | None = None  # the payload, where it travelled compressed
    fact: Fact | None = None  # what it is, where it is neither a head nor a frame
