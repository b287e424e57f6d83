"""The cause of a violation in a stream of frames: what stands there, or how the count of bytes was lost.

Asked only where a rule is broken, or where a frame has no end: nothing here makes a legal frame suspect.
"""

from __future__ import annotations

from functools import lru_cache

from wslab.explain.causes.cause import Cause
from wslab.explain.causes.foreign import find_foreign, find_text
from wslab.explain.causes.framing import find_framing
from wslab.protocol.codes import Role
from wslab.protocol.frames.scanner import announced_size

__all__ = ["cause_in", "cause_of"]

LOOK = 1 << 16
"""Bytes of the frame in front that are looked at."""


@lru_cache(maxsize=8)
def cause_of(
    data: bytes, receiver: Role, before: bytes = b"", *, rsv1: bool = False, stray: bool = False
) -> Cause | None:
    """Why the bytes that begin a frame are no legal one, or never become whole; None where nothing fits.

    `before` is the whole frame in front of them, as far as it is known; `stray` says that no message has begun. The
    last few are kept, because a view asks once for the sentence and once for the cause.
    """
    foreign = find_foreign(data, receiver.peer, stray=stray or _ends_a_message(before))
    if foreign is not None:
        return foreign.cause
    return find_framing(data, receiver, before[:LOOK], rsv1=rsv1) or find_text(data)


def _ends_a_message(frame: bytes) -> bool:
    """Whether a message ends with this frame: behind it none has begun (§5.4)."""
    return bool(frame) and frame[0] & 0x8F in (0x80, 0x81, 0x82)


def cause_in(
    stream: bytes, at: int, receiver: Role, begin: int = 0, *, rsv1: bool = False, stray: bool = False
) -> Cause | None:
    """The cause of what went wrong at byte `at` of a stream, whose frames begin at byte `begin`."""
    before = begin
    while (size := announced_size(stream, begin)) is not None and begin + size <= at:
        before, begin = begin, begin + size
    return cause_of(stream[begin:], receiver, stream[before:begin], rsv1=rsv1, stray=stray)
