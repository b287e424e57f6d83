"""A head or a frame that has begun and is not whole: it is no entry yet, and may never be one.

Most are whole soon. One that stays is a fault by itself: the receiver waits for ever, and nothing says why. So every
view shows what is pending, behind the entries: how much came, how much the header announces, and what would fit where
the length is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wslab.explain.causes.cause import Cause
from wslab.explain.causes.search import cause_of
from wslab.explain.narration import size_in_words
from wslab.explain.redaction import redact_bytes
from wslab.protocol import Role
from wslab.protocol.frames.scanner import announced_size

MOST_KEPT = 1 << 17
"""Bytes of it that are looked at."""


@dataclass(frozen=True, slots=True)
class PendingPart:
    """What `side` has begun on a connection: `size` bytes came, of which `begin` are the first; `in_head` is a head.

    `before` is the frame in front of it, as far as it is kept.
    """

    connection: int
    side: str
    in_head: bool
    size: int
    begin: bytes
    before: bytes = b""

    @property
    def announced(self) -> int | None:
        """Bytes that the whole frame has, as its header says; None for a head, and while the length is not whole."""
        return None if self.in_head else announced_size(self.begin)

    @property
    def cause(self) -> Cause | None:
        """Why it may never be whole; None where nothing fits."""
        return None if self.in_head else cause_of(self.begin, Role(self.side).peer, self.before)

    def redacted(self) -> PendingPart:
        """The same as others may read it: asterisks stand in place of the secrets in a head."""
        return replace(self, begin=redact_bytes(self.begin), before=redact_bytes(self.before))

    @property
    def sentence(self) -> str:
        """What is pending, and why, where that can be said."""
        came, cause = size_in_words(self.size), self.cause
        if self.in_head:
            return f"The {self.side} has begun a head: {came} of it came, and no empty line that ends it."
        whole = "" if self.announced is None else f" of {self.announced:,}"
        told = f"The {self.side} has begun a frame: {self.size:,}{whole} bytes came, and the rest is still to come."
        return told if cause is None else f"{told} {cause.sentence}"
