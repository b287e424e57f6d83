"""The six tints that say which field a bit belongs to, once: FIN and RSV, opcode, length, key, payload, close code.

Bits, bytes, tables, hints and prose take a field's tint from here, in HTML and in the terminal. A tint is a fill and an
edge, for light and for dark paper. The fill is pale enough for text on it (at least 6:1), the edge is seen on the paper
(at least 5:1); along a frame, fills alternate dark and light, so that the fields are told apart in grey. The masking
key is a middle tint, never the brightest or the darkest. MASK has the key's tint: the bit says that the key follows.

What this module leaves out: colours of kinds (`kinds`), which say what a whole frame is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["TINTS", "Tint", "tint_of"]


@dataclass(frozen=True, slots=True)
class Tint:
    """One tint: `fill` and `edge` on light paper, `dark_fill` and `dark_edge` on dark paper (`#rrggbb`)."""

    id: str
    name: str
    fill: str
    edge: str
    dark_fill: str
    dark_edge: str


_ALL = (
    Tint("flags", "FIN and RSV", "#c6c6be", "#6b6b64", "#56564f", "#a9a9a0"),
    Tint("opcode", "opcode", "#ffe7a8", "#8a5c00", "#4a3608", "#e0b04a"),
    Tint("length", "length", "#d2ecd7", "#2d7048", "#14331f", "#7fcb98"),
    Tint("key", "MASK and key", "#d3c6ec", "#6a4c9c", "#504072", "#bda3ea"),
    Tint("payload", "payload", "#e6f1fb", "#2a6aa3", "#132a40", "#7db9ec"),
    Tint("close", "close code", "#f5b9a2", "#b54700", "#6e3118", "#ff8f4d"),
)

TINTS: Mapping[str, Tint] = MappingProxyType({tint.id: tint for tint in _ALL})

_BY_FIELD = {"opcode": "opcode", "MASK": "key", "Masking-key": "key", "Status code": "close"}
_BY_FIELD |= {"Payload len": "length", "Extended payload length": "length"}
_BY_FIELD |= dict.fromkeys(("FIN", "RSV1", "RSV2", "RSV3"), "flags")


def tint_of(name: str) -> Tint:
    """The tint of a frame's field by its name in an anatomy; what is no field of a header is payload.

    >>> tint_of("RSV1").name
    'FIN and RSV'
    """
    return TINTS[_BY_FIELD.get(name, "payload")]
