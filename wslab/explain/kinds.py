"""The kinds of things that a recording shows, and the tints of a frame's fields, once: name, mark, colours and line.

Every view (widgets, exported pages, the terminal, plots, prose) takes its colours and marks from `KINDS`, so that the
same kind looks the same everywhere. The colours are the Okabe-Ito set, darkened for light paper and lightened for dark
paper until they reach a contrast of 4.5:1 as text. A colour never stands alone: each kind has a mark, and a line of its
own for arrows. The mark × means lost or refused, so no kind has it. What is refused has the colour of Close.

A tint says which field a bit belongs to. It is a fill and an edge, for light and for dark paper. The fill is pale
enough for text on it (at least 6:1), the edge is seen on the paper (at least 5:1); along a frame, fills alternate dark
and light, so that the fields are told apart in grey. The masking key is a middle tint, neither brightest nor darkest.
MASK has the key's tint: the bit says that the key follows.

What this module leaves out: how a view uses them. It knows no HTML and no terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["KINDS", "TINTS", "Kind", "Tint", "kind_of_opcode", "tint_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: `light` and `dark` are the colours on light and on dark paper (`#rrggbb`).

    `line` is a CSS border style; `dash` is the same line as an SVG `stroke-dasharray` (empty: unbroken).
    """

    id: str
    name: str
    mark: str
    light: str
    dark: str
    line: str
    dash: str

    @property
    def css(self) -> str:
        """The CSS value that names this kind's colour in any of our styles."""
        return f"var(--wsl-{self.id})"


_ALL = (
    Kind("text", "text", "T", "#0069a6", "#4fabe4", "solid", ""),
    Kind("binary", "binary", "B", "#00785a", "#2dbd93", "double", "12 3"),
    Kind("continuation", "continuation", "…", "#1b7386", "#7cc8f2", "dashed", "6 4"),
    Kind("ping", "Ping", "?", "#8f6200", "#e8a317", "dotted", "2 4"),
    Kind("pong", "Pong", "!", "#6f6900", "#e5d94a", "dotted", "2 4 8 4"),
    Kind("close", "Close", "C", "#b84a00", "#f5853d", "solid", "16 4 4 4"),
    Kind("http", "HTTP", "H", "#a03f78", "#d98fb8", "solid", ""),
    Kind("tcp", "TCP", "⇄", "#565656", "#b4b4b4", "dashed", "3 3"),
    Kind("fault", "fault", "⚡", "#000000", "#ffffff", "dotted", "1 3"),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.id: kind for kind in _ALL})

_BY_OPCODE = MappingProxyType({0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"})


def kind_of_opcode(opcode: int) -> Kind:
    """The kind of a frame by its opcode; a reserved opcode (§5.2) is a fault."""
    return KINDS[_BY_OPCODE.get(opcode, "fault")]


@dataclass(frozen=True, slots=True)
class Tint:
    """One tint: `fill` and `edge` on light paper, `dark_fill` and `dark_edge` on dark paper (`#rrggbb`)."""

    id: str
    name: str
    fill: str
    edge: str
    dark_fill: str
    dark_edge: str


_ALL_TINTS = (
    Tint("flags", "FIN and RSV", "#c6c6be", "#6b6b64", "#56564f", "#a9a9a0"),
    Tint("opcode", "opcode", "#ffe7a8", "#8a5c00", "#4f3b09", "#e0b04a"),
    Tint("length", "length", "#d2ecd7", "#2d7048", "#0b2615", "#7fcb98"),
    Tint("key", "MASK and key", "#d3c6ec", "#6a4c9c", "#504072", "#bda3ea"),
    Tint("payload", "payload", "#e6f1fb", "#2a6aa3", "#132a40", "#7db9ec"),
    Tint("close", "close code", "#f5b9a2", "#b54700", "#6e3118", "#ff8f4d"),
)

TINTS: Mapping[str, Tint] = MappingProxyType({tint.id: tint for tint in _ALL_TINTS})

_BY_FIELD = {"opcode": "opcode", "MASK": "key", "Masking-key": "key", "Close code": "close"}
_BY_FIELD |= {"Payload len": "length", "Extended payload length": "length"}
_BY_FIELD |= dict.fromkeys(("FIN", "RSV1", "RSV2", "RSV3"), "flags")


def tint_of(name: str) -> Tint:
    """The tint of a frame's field by its name in an anatomy; what is no field of a header is payload.

    >>> tint_of("RSV1").name
    'FIN and RSV'
    """
    return TINTS[_BY_FIELD.get(name, "payload")]
