"""Where frames begin in a stream of which the beginning is not known.

A stream of frames has no marks between them. Who begins to listen in its middle, or has lost some of its bytes, can
only try: at the right place a legal header stands, its length leads to the next legal header, and so on. At a wrong
place such a chain soon breaks.

How it works. Each byte that may begin a frame begins a *chain*, and each chain waits for the byte at which its next
frame has to begin. There a legal header makes it longer, and anything else ends it. Every frame of a chain counts as
*evidence*, in bits: how much more often such bytes stand in a stream of frames than among random ones. The opcode, the
MASK bit (all frames of a direction have the same), a short control frame, text that is UTF-8, and a frame that ends
where a chunk ends give some each. A chain with `ENOUGH` bits is taken. Where the stream ends before that, the best is
told with what it has, and the caller decides.

The payload of a frame may hold frames itself, so what is found stays a conclusion, and is told as one.

The work is one pass: a byte is looked at once, `MOST_CHAINS` chains are followed, and of the stream only the bytes of
one header and of the begin of its payload are kept.

What this module leaves out: what is known because a header came (`scanner`), and judging frames (`parser`).
"""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass
from typing import NamedTuple

from wslab.protocol.codes import Opcode, may_be_sent
from wslab.protocol.frames.scanner import LONGEST_HEADER, announced_size
from wslab.protocol.masking import mask_unchecked

__all__ = ["ENOUGH", "Boundary", "BoundarySearch"]

ENOUGH = 40.0
"""Bits of evidence with which a place is taken: of a million places, one in a million is wrong by chance."""

MOST_CHAINS = 256
"""Chains that are followed at one time; those with the least evidence give way."""

_TEXT_LOOK = 32
"""Bytes of a text's begin that are decoded."""

_LOOK = LONGEST_HEADER + _TEXT_LOOK
_EXTENDS = 6.5  # what a frame in front of another must bring to be believed: one place in forty fits by chance

# a legal first byte (§5.2, §5.5; RSV1 for RFC 7692), and how much more often it begins a frame than by chance
_FIRST = {
    0x00: -4.0,  # messages of other protocols begin so, too: two bytes of their length, the first of them 0
    **dict.fromkeys((0x01, 0x02, 0x41, 0x42, 0x80), 2.4),
    **dict.fromkeys((0x88, 0x89, 0x8A), 4.0),
    **dict.fromkeys((0xC1, 0xC2), 4.7),
    0x81: 6.6,
    0x82: 5.7,
}
# an empty fragment that goes on says nothing: a run of NULs would be a chain of them
_BEGINS = re.compile(rb"\x00(?!\x00)|[\x01\x02\x41\x42\x80-\x82\x88-\x8a\xc1\xc2]")
_MASK_BIT, _EMPTY, _LONG, _CODE = 1.0, 3.0, 16.0, 5.0
_LARGEST = 1 << 32  # a length of 64 bits beyond this one is chance


class Boundary(NamedTuple):
    """A place at which frames begin.

    `begin` is how many bytes stand in front of it, `frames` how many frames follow one another from there, `masked`
    whether they are masked (§5.1: a client's are), and `bits` how much speaks for it.
    """

    begin: int
    frames: int
    masked: bool
    bits: float

    @property
    def is_sure(self) -> bool:
        """Whether so much speaks for it that chance is out of the question."""
        return self.bits >= ENOUGH


@dataclass(slots=True)
class _Chain:
    """Frames that follow one another; `last` is the evidence of the newest, whose end has not come."""

    begin: int
    frames: int
    masked: bool
    bits: float
    last: float
    in_message: bool | None  # None where nobody knows

    @property
    def found(self) -> Boundary:
        return Boundary(self.begin, self.frames, self.masked, self.bits)


class BoundarySearch:
    """Looks for the first frame in bytes that begin anywhere; `masked` says what its frames are, None for either."""

    def __init__(self, masked: bool | None = None) -> None:
        self.size = 0  # bytes that came
        self._masked = masked
        self._kept = b""  # the last of them, from `_at` on
        self._at = 0
        self._chains: dict[int, _Chain] = {}  # by the place where the next frame of each has to begin
        self._edges: dict[int, float] = {0: 2.0}  # where chunks begin, with the evidence of a frame that ends there

    def feed(self, data: bytes) -> Boundary | None:
        """The place, once enough speaks for one. Bytes that come together make a chunk: programs write whole frames."""
        self._kept += data
        self.size += len(data)
        self._edges[self.size] = min(5.0, len(data).bit_length() - 1.0)
        return self._walk(max(self._at, self.size - _LOOK), ENOUGH)

    def settle(self, masked: bool) -> None:
        """What the frames are is known now: only such chains are followed."""
        self._masked = masked
        self._chains = {at: chain for at, chain in self._chains.items() if chain.masked is masked}

    def end(self) -> Boundary | None:
        """The place for which most speaks, where no more bytes come."""
        self._walk(self.size, math.inf)
        told = (self._told(at, chain) for at, chain in self._chains.items() if at >= self.size)
        best = max(told, key=lambda each: (each.bits, -each.begin), default=None)
        return best if best is not None and best.frames else None

    def _told(self, at: int, chain: _Chain) -> Boundary:
        """A chain at the end of the stream, without its last frame where that is not whole."""
        if at > self.size:
            return Boundary(chain.begin, chain.frames - 1, chain.masked, chain.bits - chain.last)
        return chain.found._replace(bits=chain.bits + self._edges.get(at, 0.0))

    def _walk(self, end: int, enough: float) -> Boundary | None:
        """Try each place up to `end`, until a chain has enough evidence."""
        data, base = self._kept, self._at
        for match in _BEGINS.finditer(data, 0, end - base):
            chain = self._try(data, match.start(), base + match.start())
            if chain is not None and chain.bits >= enough and chain.frames > 1:
                return chain.found
        self._kept, self._at = data[end - base :], end
        self._edges = {at: bits for at, bits in self._edges.items() if at >= end}
        return None

    def _try(self, data: bytes, at: int, place: int) -> _Chain | None:
        """A frame may begin here: the chain that it makes longer, or a new one."""
        before = self._chains.pop(place, None)
        size = announced_size(data, at)
        if size is None:
            return None
        evidence = _evidence(data, at, size)
        if evidence is None:
            return None
        masked, edge = data[at + 1] > 0x7F, self._edges.get(place, 0.0)
        chain = _longer(before, data[at], masked, edge, evidence)
        if chain is None and self._masked in (None, masked):
            chain = _Chain(place, 1, masked, edge + evidence, evidence, _behind(data[at], None))
        if chain is not None:
            self._keep(place + size, chain)
        return chain

    def _keep(self, place: int, chain: _Chain) -> None:
        known = self._chains.get(place)
        if known is None or known.bits < chain.bits:
            self._chains[place] = chain
        if len(self._chains) > 2 * MOST_CHAINS:  # those of a place that is past are over
            order = sorted(self._chains.items(), key=lambda each: (each[0] >= self._at, each[1].bits))
            self._chains = dict(order[-MOST_CHAINS:])


def _longer(before: _Chain | None, first: int, masked: bool, edge: float, evidence: float) -> _Chain | None:
    """The chain with one more frame; None where that does not fit, or too little speaks for what came before."""
    if before is None or before.masked is not masked or before.bits + edge < _EXTENDS:
        return None
    if not _may_follow(first, before.in_message):
        return None
    bits = before.bits + edge + evidence
    return _Chain(before.begin, before.frames + 1, masked, bits, evidence, _behind(first, before.in_message))


def _may_follow(first: int, in_message: bool | None) -> bool:
    """§5.4: inside a message come its further fragments, and elsewhere no fragment that goes on."""
    opcode = first & 0x0F
    return opcode > Opcode.BINARY or in_message in (None, opcode == Opcode.CONTINUATION)


def _behind(first: int, in_message: bool | None) -> bool | None:
    """Whether a message goes on behind a frame with this first byte."""
    return in_message if first & 0x0F > Opcode.BINARY else first < 0x80


def _evidence(data: bytes, at: int, size: int) -> float | None:
    """What speaks for a frame at this place, in bits; None where its header is not legal."""
    first, second = data[at], data[at + 1]
    short = second & 0x7F
    begin = at + {126: 4, 127: 10}.get(short, 2) + (4 if second > 0x7F else 0)
    length = size - begin + at
    # §5.2: "the minimal number of bytes MUST be used to encode the length"; §5.5: a control frame has at most 125
    least = {126: 126, 127: 1 << 16}.get(short, 0)
    if begin > len(data) or size >= _LARGEST or length < least or (short > 125 and first > 0x87):
        return None
    if first & 0x0F == Opcode.CLOSE and length:
        return _close_evidence(data, begin, second > 0x7F, length)
    bits = _FIRST[first] + _MASK_BIT + (_LONG if short == 127 else 0.0)
    if first & 0x4F == Opcode.TEXT:
        return _text_evidence(data, begin, second > 0x7F, length, bits)
    return bits + (_EMPTY if first > 0x87 and not length else 0.0)


def _plain(data: bytes, begin: int, masked: bool, length: int) -> bytes:
    payload = data[begin : begin + min(length, _TEXT_LOOK)]
    return mask_unchecked(payload, data[begin - 4 : begin]) if masked else payload


def _close_evidence(data: bytes, begin: int, masked: bool, length: int) -> float | None:
    """§5.5.1 and §7.4: a Close has no payload, or begins with a code."""
    code = int.from_bytes(_plain(data, begin, masked, length)[:2], "big")
    return _FIRST[0x88] + _MASK_BIT + _CODE if length > 1 and may_be_sent(code) else None


def _text_evidence(data: bytes, begin: int, masked: bool, length: int, bits: float) -> float | None:
    """§5.6: a text is UTF-8. Each byte of it is in half of all values, as a rule."""
    plain = _plain(data, begin, masked, length)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(plain)
    except UnicodeDecodeError:
        return None
    return bits + sum(0x09 <= each < 0x7F for each in plain)
