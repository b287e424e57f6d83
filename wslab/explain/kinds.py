"""The kinds of things that a recording shows, once: name, mark, colours and line.

Every view (widgets, exported pages, the terminal, plots, prose) takes its colours and marks from `KINDS`, so that the
same kind looks the same everywhere. The colours are the Okabe-Ito set, darkened for light paper and lightened for dark
paper until they reach a contrast of 4.5:1 as text. A colour never stands alone: each kind has a mark, and a line of its
own for arrows. The mark × means lost or refused, so no kind has it. What is refused has the colour of Close.

What this module leaves out: how a view uses them. It knows no HTML and no terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["KINDS", "Kind", "kind_of_opcode"]


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
