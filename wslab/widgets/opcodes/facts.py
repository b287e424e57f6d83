"""What the RFC demands of each opcode's frames, as three short facts (§5.2 to §5.6).

Left out: what an opcode is for, which `wslab.explain.words` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from wslab.protocol.codes import Opcode

__all__ = ["Fact", "facts_of"]


class Fact(NamedTuple):
    """One fact: a few words, a note beside them, and the section."""

    words: str
    note: str
    section: str


_SHORT = Fact("at most 125 bytes of payload", "as in every control frame", "5.5")
_WHOLE = Fact("FIN must be 1", "a control frame is never fragmented", "5.5")
_BETWEEN = Fact("may stand between fragments", "of a message that is under way", "5.4")
_LONG = Fact("any length", "written in 7, 16 or 64 bits", "5.2")
_CUT = Fact("FIN 0: fragments follow", "each a continuation frame", "5.4")

_FACTS: Mapping[int, Sequence[Fact]] = MappingProxyType(
    {
        Opcode.CONTINUATION: (
            Fact("must not begin a message", "a text or binary frame comes before", "5.4"),
            Fact("has the type of the first", "text or binary, as that one said", "5.4"),
            Fact("FIN 1: the last fragment", "the message is whole now", "5.4"),
        ),
        Opcode.TEXT: (Fact("must be UTF-8", "the message, not a fragment", "5.6"), _CUT, _LONG),
        Opcode.BINARY: (Fact("any bytes", "what they mean is the application's", "5.6"), _CUT, _LONG),
        Opcode.CLOSE: (
            Fact("first two bytes: the code", "or no payload at all; then a reason", "5.5.1"),
            Fact("no data frame may follow", "from the side that sent it", "5.5.1"),
            _SHORT,
        ),
        Opcode.PING: (_SHORT, _WHOLE, _BETWEEN),
        Opcode.PONG: (
            Fact("repeats the Ping's payload", "of the Ping that it answers", "5.5.3"),
            Fact("may come unasked", "and needs no answer then", "5.5.3"),
            _SHORT,
        ),
    }
)

_RESERVED = (
    Fact("reserved for later", "its meaning is not defined yet", "5.2"),
    Fact("a receiver must refuse it", "it fails the connection", "5.2"),
    Fact("an extension may define it", "once both sides agreed on it", "5.8"),
)


def facts_of(opcode: int) -> Sequence[Fact]:
    """The three facts of an opcode; all reserved ones have the same."""
    return _FACTS.get(opcode, _RESERVED)
