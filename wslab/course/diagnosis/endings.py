"""How a connection ended without a Close, as a tape shows it: which causes come first, and by which sign.

A timer for silence needs a silence that was never survived before. A timer for age does not ask how busy it was. A RST
that answers the first frame after a silence comes from somebody who had forgotten the connection. Who resets in the
moment in which it sends throws its own data away. Who dials again in the same second has another network.

What this module leaves out: connections that ended with a Close (`recordings`), and Pongs (`pongs`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wslab.protocol import Opcode
from wslab.tape.entry import Entry
from wslab.tape.records import LinkEnded, TcpEvent

__all__ = ["End", "causes_of_end", "find_end", "is_end"]

_SILENT = 5.0  # seconds without a frame that count as a silence
_AT_ONCE = 1.0  # seconds between a frame and the RST that answers it
_SOME = 5  # frames in the same moment that a sender throws away with its RST
_OLD = 600.0  # seconds: a limit of age may be shorter, but an end so early has likelier another cause


@dataclass(frozen=True, slots=True)
class End:
    """An end without a Close: the entry, the frames before it, and what the program did next."""

    entry: Entry
    frames: Sequence[Entry]
    began: float
    dials_again: bool

    @property
    def silence(self) -> float:
        """Seconds since the last frame that was answered by nothing but the end itself."""
        last = [each.time for each in self.frames if not self.answers(each)]
        return (self.frames[-1].time if self.answered else self.entry.time) - max(last, default=self.began)

    @property
    def answered(self) -> bool:
        """Whether the end answers a frame."""
        return self.answers(self.frames[-1])

    def answers(self, frame: Entry) -> bool:
        """Whether a frame was sent just before the end, and came nowhere."""
        return frame.arrived is None and self.entry.time - frame.time <= _AT_ONCE

    @property
    def survived(self) -> float:
        """The longest silence before the last one."""
        times = sorted({each.time for each in self.frames if not self.answers(each)})
        return max((later - each for each, later in pairwise(times)), default=0.0)

    @property
    def age(self) -> float:
        """Seconds since the connection began."""
        return self.entry.time - self.began


def find_end(entries: Sequence[Entry], *, dials_again: Callable[[float], bool]) -> End | None:
    """The end of TCP while the connection was open; None where a Close was sent, or nothing ended."""
    frames = [each for each in entries if each.opcode is not None]
    ends = [each for each in entries if is_end(each)]
    if not ends or not frames or any(each.opcode == Opcode.CLOSE for each in frames):
        return None
    before = [each for each in frames if each.time <= ends[0].time] or frames[:1]
    return End(ends[0], before, entries[0].time, dials_again(ends[0].time))


def causes_of_end(end: End) -> str:
    """The causes, the likeliest first."""
    return next(names for fits, names in _SIGNS if fits(end))


def is_end(entry: Entry) -> bool:
    """Whether TCP ended here, in one direction at least."""
    fact = entry.fact
    return isinstance(fact, LinkEnded) or (isinstance(fact, TcpEvent) and fact.what in ("FIN", "RST"))


def _unfinished(end: End) -> bool:
    """A message had begun and was never finished."""
    data = [each for each in end.frames if each.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION)]
    return bool(data) and not data[-1].data[0] & 0x80


def _thrown_away(end: End) -> bool:
    """The side that resets had sent much in the same moment."""
    same = [each for each in end.frames if each.sender == end.entry.sender and end.entry.time - each.time <= 0.01]
    return isinstance(end.entry.fact, TcpEvent) and end.entry.fact.what == "RST" and len(same) >= _SOME


def _aged(end: End) -> bool:
    return end.age >= _OLD and end.survived >= 0.9 * end.silence


_SIGNS: tuple[tuple[Callable[[End], bool], str], ...] = (
    (_unfinished, "cancelled-close cut killed"),
    (_thrown_away, "hasty-reset cut"),
    (lambda end: end.dials_again and end.entry.sender == "client", "network-change cut"),
    (_aged, "age-limit cut killed"),
    (
        lambda end: end.silence > _SILENT and end.answered and end.frames[-1].opcode == Opcode.PING,
        "slow-keepalive idle-proxy half-open",
    ),
    (lambda end: end.silence > _SILENT and end.answered, "wake-up idle-proxy"),
    (lambda end: end.frames[-1].opcode == Opcode.PING, "half-open network-change cut"),
    (lambda end: end.silence > _SILENT, "idle-proxy cut killed network-change"),
    (lambda _end: True, "cut killed censor hasty-reset idle-proxy"),
)
"""Signs and causes; the first that fits counts."""
