"""What is written on a tape: records of one header and some bytes, one behind the other.

Rules of this module: a record is what one end of a connection did or saw at one moment, as it
was: the chunk that a read or write had, never a frame. Its header has the time, the
number of the connection, a tag (what, and at which side) and a size. Where the bytes of a direction
are on the tape already, because their sender is ours too, only their count is written again.

What it leaves out: what the bytes mean (`entries`), and how much a tape may hold (`tape`).
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from wslab.protocol import Role, State


class RecordKind(IntEnum):
    """The kinds of records. "Wire" is what a link does, the rest is what an endpoint does or sees."""

    CONNECT = 0  # the client's TCP connection stands; the address of the peer
    ACCEPT = 1  # the server took the connection
    SENT = 2  # bytes handed to TCP
    ARRIVED = 3  # bytes from TCP that nobody of ours sent
    COUNTED = 4  # bytes from TCP that are on the tape already: how many
    TAKEN = 5  # wire: bytes of a sender that is not ours came in; `side` is the sender
    PASSED = 6  # wire: that many bytes went out again; `side` is the sender
    FIN_SENT = 7
    FIN_ARRIVED = 8
    RST_SENT = 9
    RST_ARRIVED = 10
    LOST = 11  # TCP gave up; why, in the system's words
    ENDED = 12  # this end is gone: nothing more arrives here
    BELIEF = 13  # what this side believes from now on
    NOTE = 14  # a sentence
    LINKED = 15  # wire: a link stands between
    SILENCE = 16  # wire: the link swallows everything from now on
    CUT = 17  # wire: RST to both sides
    CUT_GENTLY = 18  # wire: FIN to both sides
    JOINED = 19  # wire: the recording begins behind the opening handshake: frames come from the first byte
    SWALLOWED = 20  # wire: bytes that `side` sent go no further; see `pack_change`
    CHANGED = 21  # wire: other bytes go on instead of some that `side` sent; see `pack_change`


COUNTS = frozenset({RecordKind.COUNTED, RecordKind.PASSED})
"""Records whose size is a count of bytes that do not follow."""

SIDED = frozenset(RecordKind) - {
    RecordKind.NOTE,
    RecordKind.LINKED,
    RecordKind.SILENCE,
    RecordKind.CUT,
    RecordKind.CUT_GENTLY,
    RecordKind.JOINED,
}
"""Records of one side; the others may be of the wire."""

HEADER = struct.Struct("<dIBI")
SIDES = ("wire", "client", "server")
_STATES = tuple(State)


def tag(what: RecordKind, side: Role | None = None) -> int:
    """What and where in one byte."""
    return what << 2 | (0 if side is None else SIDES.index(side.value))


def pack_belief(state: State, code: int | None, detail: str) -> bytes:
    """A belief as the bytes of a record."""
    return bytes((_STATES.index(state),)) + (code or 0).to_bytes(2, "big") + detail.encode()


def unpack_belief(data: bytes) -> tuple[State, int | None, str]:
    """The belief that `pack_belief` wrote."""
    return _STATES[data[0]], int.from_bytes(data[1:3], "big") or None, data[3:].decode()


class Change(NamedTuple):
    """What somebody on the way did: `size` bytes of the sender's stream from `start` on became `data`."""

    start: int
    size: int
    data: bytes
    words: str


_CHANGE = struct.Struct("<QII")


def pack_change(start: int, size: int, data: bytes, words: str) -> bytes:
    """A change as the bytes of a record."""
    return _CHANGE.pack(start, size, len(data)) + data + words.encode()


def unpack_change(record: bytes) -> Change:
    """The change that `pack_change` wrote."""
    start, size, length = _CHANGE.unpack_from(record)
    end = _CHANGE.size + length
    return Change(start, size, record[_CHANGE.size : end], record[end:].decode())
