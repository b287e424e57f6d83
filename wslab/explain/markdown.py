"""Markdown, as far as the pages made of tables need it: one row.

A cell may hold any text but a line break; a `|` in it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable


def markdown_row(cells: Iterable[str]) -> str:
    """Cells as a row of a Markdown table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
