"""What comes now beside what was recorded: the first bit that means something else.

How it works: `differing` compares two entries by what they mean. Of a frame that is FIN, the RSV bits, the opcode and
the payload, unmasked and inflated; not the masking key, nor how the length is written. Of a head it is the first line
and each header, in any order. What has to differ may differ: Host, Sec-WebSocket-Key, the accept value (the handshake's
own checks judge it), Date, and the payload of a Ping, which libraries draw by chance; its length counts. Where the
recording has asterisks for secrets, the secret is not compared, whatever its length.

A `Comparison` goes through the queues of a script. Behind a difference it goes on: where a recorded frame is left out,
or one more came, it finds the place again with the next frame.

What it leaves out: where a compressed message was cut into fragments, which its compressor decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from wslab.explain.redaction import redact_head
from wslab.lab.replay.deviation import CHANGED, MISSING, MORE, Deviation
from wslab.lab.replay.script import FRAMES, HEADS, PINGS, QUEUES, Script, queue_of
from wslab.protocol import Frame, Offset, Opcode
from wslab.protocol.frames.frame import RSV1
from wslab.protocol.handshake.head import Head
from wslab.tape.entry import Entry

_MAY_DIFFER = frozenset({"host", "sec-websocket-key", "sec-websocket-accept", "date"})
_STARS = re.compile(r"\*{2,}")
_PARTS = ("FIN", "RSV1", "RSV2", "RSV3", "opcode", "opcode", "opcode", "opcode")  # the bits of a first byte (§5.2)


class Place(NamedTuple):
    """Where two entries first differ: in which part, and at which bit.

    `what` is `FIN`, `RSV1`, `RSV2`, `RSV3`, `opcode`, `payload`, `first line`, `header`, `rule` or `bytes`. `offset`
    counts from the beginning of the frame or the head, of a payload from the beginning of that; None for a header
    that is missing. `header` is the name of a header.
    """

    what: str
    offset: Offset | None
    header: str = ""


def differing(recorded: Entry, live: Entry, *, inflates: bool = True, omits_headers: bool = False) -> Place | None:
    """Where an entry first means something else than the recorded one; None where it means the same.

    Unless `inflates`, both connections compress differently, and RSV1 is not compared. `omits_headers` says that the
    recording keeps only some headers.
    """
    if (recorded.error and recorded.error.rule.id) != (live.error and live.error.rule.id):
        return Place("rule", None if live.error is None else live.error.offset)
    if recorded.kind == live.kind == "http":
        return _differing_head(recorded.data, live.data, omits_headers=omits_headers)
    mine, other = recorded.frame, live.frame
    if mine is None or other is None:
        same = recorded.error is not None or recorded.data == live.data  # a rule broken in the same way
        return None if same else Place("bytes", first_difference_of(recorded.data, live.data))
    return _differing_bits(mine, other, inflates=inflates) or _differing_payload(recorded, live)


def first_difference_of(mine: bytes, other: bytes) -> Offset:
    """The first bit at which two different strings of bytes part; where one ends first, that is its end."""
    low, high = 0, min(len(mine), len(other))
    while low < high:  # by halves, for a payload may have many bytes
        middle = (low + high + 1) // 2
        low, high = (middle, high) if mine[low:middle] == other[low:middle] else (low, middle - 1)
    if low == min(len(mine), len(other)):
        return Offset(low)
    return Offset(low, 8 - (mine[low] ^ other[low]).bit_length())


def _differing_bits(mine: Frame, other: Frame, *, inflates: bool) -> Place | None:
    different = (mine.first ^ other.first) & (0xFF if inflates else 0xFF ^ RSV1)
    if not different:
        return None
    bit = 8 - different.bit_length()
    return Place(_PARTS[bit], Offset(0, bit))


def _differing_payload(recorded: Entry, live: Entry) -> Place | None:
    mine, other = recorded.plain or b"", live.plain or b""
    if mine == other or (live.opcode == Opcode.PING and len(mine) == len(other)):
        return None
    return Place("payload", first_difference_of(mine, other))


# --- heads --------------------------------------------------------------------------------------


def _differing_head(recorded: bytes, live: bytes, *, omits_headers: bool) -> Place | None:
    mine, other = Head(_without_body(recorded)), Head(_without_body(live))
    hidden = Head(redact_head(other.data))  # as long as the live one, with asterisks for secrets
    if not _same(mine.first, other.first, hidden.first):
        return Place("first line", first_difference_of(mine.first.encode("latin-1"), other.first.encode("latin-1")))
    return next(_differing_headers(mine, other, hidden, omits_headers=omits_headers), None)


def _differing_headers(mine: Head, other: Head, hidden: Head, *, omits_headers: bool) -> Iterator[Place]:
    for name in dict.fromkeys([*mine.by_name, *other.by_name]):
        recorded, live = _value(mine, name), _value(other, name)
        if recorded is None and omits_headers:
            continue
        if recorded is None or live is None:
            line = (other if recorded is None else mine).named(name)[0]
            yield Place("header", Offset(line.name_at) if recorded is None else None, line.name)
        elif name not in _MAY_DIFFER and not _same(recorded, live, _value(hidden, name) or ""):
            line = other.named(name)[0]
            offset = first_difference_of(recorded.encode("latin-1"), live.encode("latin-1"))
            yield Place("header", Offset(line.value_at + offset.byte, offset.bit), line.name)


def _without_body(data: bytes) -> bytes:
    """A head alone: the body of a refusal may still be on its way."""
    head, end, _ = data.partition(b"\r\n\r\n")
    return head + end


def _value(head: Head, name: str) -> str | None:
    lines = head.named(name)
    return ", ".join(line.value for line in lines) if lines else None


def _same(recorded: str, live: str, hidden: str) -> bool:
    """Whether two lines are alike; asterisks in the recording stand for a secret of any length."""
    return recorded == live or (
        _STARS.search(recorded) is not None and _STARS.sub("**", recorded) == _STARS.sub("**", hidden)
    )


# --- queues -------------------------------------------------------------------------------------


class Comparison:
    """How far the other side has come in the recording; `inflates` as in `differing`.

    `pings` are the payloads of the Pings that came, by their place in the recording.
    """

    def __init__(self, script: Script) -> None:
        self.inflates = True
        self.compared = 0
        self.pings: dict[int, bytes] = {}
        self.at = dict.fromkeys(QUEUES, 0)
        self._script = script
        self._doubted: dict[str, int] = {}  # by queue: the place of a recorded entry that another one came for

    def take(self, live: Entry) -> Deviation | None:
        """Compare what came next with what was recorded."""
        queue = queue_of(live)
        expected, at = self._script.expected[queue], self.at[queue]
        if queue == HEADS and not expected:  # the recording has no head, and any may come
            self.at[queue] = 1
            return None
        self.compared += 1
        if at < len(expected) and (place := self._differing(expected[at], live)) is None:
            self._move(queue, at + 1, live)
            return None
        doubted = self._doubted.pop(queue, None)
        if doubted is not None and self._differing(expected[doubted], live) is None:
            return None  # the one before was one more, and that was told
        if at >= len(expected):
            return Deviation(MORE, None, live)
        if at + 1 < len(expected) and self._differing(expected[at + 1], live) is None:
            self._move(queue, at + 2, live)
            return self.missing(expected[at])
        self._doubted[queue] = at
        self._move(queue, at + 1, live)
        assert place is not None
        return Deviation(CHANGED, expected[at], live, *place, frame=self.frame_number(expected[at]))

    def missing(self, recorded: Entry | None, seconds: float | None = None, *, kind: str = MISSING) -> Deviation:
        """That a recorded entry did not come, within `seconds` where it was waited for; None is a head."""
        number = None if recorded is None else self.frame_number(recorded)
        return Deviation(kind, recorded, frame=number, seconds=seconds, side=self._script.role.peer.value)

    def frame_number(self, recorded: Entry) -> int | None:
        """The number of a recorded frame among all frames of its side, from 1; None for a head."""
        return self._frame_numbers.get(recorded.number)

    @cached_property
    def _frame_numbers(self) -> dict[int, int]:
        frames = (*self._script.expected[FRAMES], *self._script.expected[PINGS])
        return {each: place for place, each in enumerate(sorted(frame.number for frame in frames), 1)}

    def next_in(self, queue: str) -> Entry | None:
        """What the recording has next there; None for a head that it does not have."""
        expected, at = self._script.expected[queue], self.at[queue]
        return expected[at] if at < len(expected) else None

    def skip_to(self, queue: str, place: int) -> None:
        """Wait no more for what is recorded up to `place`."""
        if self._script.expected[queue]:
            self._doubted[queue] = self.at[queue]  # it may still come, late
        self.at[queue] = place

    def _differing(self, recorded: Entry, live: Entry) -> Place | None:
        return differing(recorded, live, inflates=self.inflates, omits_headers=self._script.omits_headers)

    def _move(self, queue: str, place: int, live: Entry) -> None:
        self.at[queue] = place
        if queue == PINGS and live.opcode == Opcode.PING:
            self.pings[place - 1] = live.plain or b""
