"""A text of an author as HTML: its code as code, and each section as a quiet link.

Left out: what the text says (`scenarios.explanations`, `scenarios.answers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.widgets import components

__all__ = ["prose"]

_MARKED = re.compile(r"`([^`]+)`|((?:RFC \d+ )?§\d[\d.]*\d|(?:RFC \d+ )?§\d)")


def prose(text: str) -> Iterator[Node]:
    """A text with its code as code and each section as a quiet link."""
    done = 0
    for found in _MARKED.finditer(text):
        yield text[done : found.start()]
        yield h.code[found[1]] if found[1] else components.section(found[2].replace("§", ""))
        done = found.end()
    yield text[done:]
