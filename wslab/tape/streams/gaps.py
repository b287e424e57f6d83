"""What a capture lacks, in words: bytes that never came, and where a reader lands behind them or in the middle.

Three facts tell it. `Missing` says which bytes are missing, and on a tape `MissingBehind` also behind which frame.
`FramesFound` says where frames go on, and how sure that is. `Torn` is the fact of bytes that are there and belong to
something that is not whole.

What it leaves out: reading on behind a gap (`dissector`), and finding the place (`protocol.frames.boundary`).
"""

from __future__ import annotations

from dataclasses import dataclass

from wslab.explain import counted, size_in_words
from wslab.tape.records import Fact, FramesFound, Missing


@dataclass(frozen=True, slots=True)
class MissingBehind(Missing):
    """Bytes that a capture does not have, behind so many whole frames of their sender."""

    frames: int

    @property
    def words(self) -> str:
        """The fact as a sentence."""
        where = f"behind its frame {self.frames:,}" if self.frames else "before any whole frame of it"
        return f"{missing_in_words(self)} That is {where}."


@dataclass(frozen=True, slots=True)
class Torn(Fact):
    """Bytes of `side` that belong together and are not whole.

    `what` is `head` or `frame` where the end is missing, `holed` for a frame of which `missing` bytes in its middle
    never came, `rest` for the end of a frame whose beginning is missing, and `untold` where no place was found at which
    frames begin.
    """

    what: str
    missing: int = 0

    @property
    def words(self) -> str:
        """The fact as a sentence."""
        return _TORN[self.what].format(side=self.side, missing=size_in_words(self.missing))


_TORN = {
    "head": "The beginning of a head of the {side}: the capture misses its end.",
    "frame": "The beginning of a frame of the {side}: the capture misses its end.",
    "holed": "A frame of the {side}, of which the capture misses {missing}. Its header says where it ends.",
    "rest": "The end of a frame or a head of the {side}: the capture misses its beginning, so it is not told.",
    "untold": "Bytes of the {side} among which no place is known at which a frame begins: they are not told.",
}

TORN_LABELS = {
    "head": "the beginning of a head",
    "frame": "the beginning of a frame",
    "holed": "a frame with a gap in it",
    "rest": "the end of a frame or a head",
    "untold": "bytes that are not told",
}


def missing_in_words(fact: Missing) -> str:
    """Which bytes a capture does not have."""
    size, why = size_in_words(fact.size), ": its snap length cut the packet" if fact.cut else ""
    return f"The capture misses {size} of what the {fact.side} sent, behind its byte {fact.position:,}{why}."


def found_in_words(fact: FramesFound) -> str:
    """Where frames go on, and how that was found out."""
    if fact.where == "mistake":
        return (
            f"Here frames of the {fact.side} begin again. Found by trying: from here {counted(fact.frames, 'frame')} "
            "follow one another. A receiver has failed the connection before, and reads none of them (§7.1.7)."
        )
    begin = "The capture begins in the middle of this connection" if fact.where == "middle" else "Behind the gap"
    size = size_in_words(fact.skipped)
    if fact.head:
        return f"{begin}, {size} of the {fact.side} before the next head of HTTP are not told."
    if not fact.frames:
        return f"{begin}, no place was found at which a frame of the {fact.side} begins: what comes is not told."
    is_are = "is" if fact.skipped == 1 else "are"
    told = f"{size} of the {fact.side} before its first whole frame {is_are} not told"
    if not fact.skipped:
        told = f"the first byte of the {fact.side} begins a frame"
    begin += ":" if fact.where == "middle" else ","
    follow = "follows" if fact.frames == 1 else "follow one another"
    return f"{begin} {told}. Found by trying: from there {counted(fact.frames, 'frame')} {follow}{_chance(fact)}."


def _chance(fact: FramesFound) -> str:
    return "" if fact.sure else ", which may be chance"
