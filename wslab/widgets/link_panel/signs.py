"""The small drawings of the faults, on their buttons and on the wire; what they mean stands beside them or in a title.

Left out: the drawings of all views (`components.glyph`).
"""

from __future__ import annotations

import htpy as h
from htpy import Node

__all__ = ["SIGNS", "sign"]

SIGNS = {
    "delay": "M8 2.5a5.5 5.5 0 1 0 .01 0M8 5v3h3",
    "rate": "M2 4h4v8H2M6 6.5h4M6 9.5h4M10 4h4M10 12h4",
    "loss": "M1.5 8h3M6.5 8h3M11.5 8h3",
    "outage": "M2 12V9a6 6 0 0 1 12 0v3M5 12V9a3 3 0 0 1 6 0v3",
    "silence": "M3 3h10v10H3zM3 8l5-5M3 13L13 3M8 13l5-5",
    "rst": "M2 8h4M10 8h4M6 4l4 8",
    "fin": "M2 8h8M10 4v8M13 4v8",
    "idle": "M4 2.5h8L4 13.5h8z",
    "flip": "M3 6h9L9 3M13 10H4l3 3",
    "header": "M4 3v10M12 3v10M4 8h8",
    "pongs": "M8 3v6M8 11.5v1.5M2 14L14 2",
    "hold": "M6 3.5v9M10 3.5v9",
}


def sign(name: str) -> Node:
    """One of the drawings; what carries it carries the words."""
    path = h.Element("path")
    return h.svg(class_="wsl-glyph", viewBox="0 0 16 16", aria_hidden="true", focusable="false")[path(d=SIGNS[name])]
