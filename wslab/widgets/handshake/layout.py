"""Where things stand in the picture of the handshake: rows of text, boxes, and the lines that join them.

All measures are pixels from the upper edge of the picture in its wide form, and do not depend on the page. A row of
text is `ROW` high, and a line of a head that does not fit into its column breaks after its colon. The response is
placed so that the accept value stands at the height of the Base64 box: the sign between them reads like an equation.

Left out: the narrow form, which the style makes of the same parts, and how it looks (`picture`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from wslab.protocol.codes import Role
from wslab.widgets import components
from wslab.widgets.handshake.exchange import Line
from wslab.widgets.handshake.state import HandshakeState

__all__ = ["BOXES", "HEIGHT", "ROW", "HeadRow", "Places", "head_rows"]

ROW = 20
"""The height of a row of text."""

HEIGHT = 260
"""The least height of the picture below the names of both sides."""

BOXES = {"key": (0, 44), "guid": (60, 44), "sha1": (120, 64), "base64": (200, 44)}
"""The boxes of the accept value: the upper edge and the height of each."""

VALUE = 230
"""The height of the value in the last box."""

CHECKS = 24
"""The height of a side's checks."""

COLUMNS = {Role.CLIENT: 29, Role.SERVER: 32}
"""Characters of a row in each side's column."""

LONGEST = 3
"""Rows of the body of a refusal; more of it is left out."""


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One row of a head: its text, its line, and whether it is the value alone, which did not fit behind its name."""

    text: str
    line: Line
    is_value: bool = False


def head_rows(shown: Sequence[Line], side: Role) -> list[HeadRow]:
    """The rows of a head; its empty line is left out."""
    return [row for line in shown if line.data for row in _rows_of(line, COLUMNS[side])]


def _rows_of(line: Line, width: int) -> list[HeadRow]:
    name, colon, value = line.text.partition(": ")
    is_part = name.lower() in ("sec-websocket-key", "sec-websocket-accept")
    if len(line.text) <= width and not is_part:
        return [HeadRow(line.text, line)]
    if colon and " " not in name:
        return [HeadRow(f"{name}:", line), HeadRow(_cut(value, width - 2), line, is_value=True)]
    wrapped = textwrap.wrap(line.text, width, max_lines=LONGEST, placeholder=" …") or [line.text[:width]]
    return [HeadRow(_cut(text, width), line) for text in wrapped]


def _cut(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    head, tail, _ = components.cut_middle(text, width - 1)
    return f"{head}…{tail}"


@dataclass(frozen=True)
class Places:
    """Where the two heads begin, and at which heights the key and the accept value stand (None: they are not there)."""

    response: int
    key: int | None
    accept: int | None

    @classmethod
    def of(cls, state: HandshakeState) -> Places:
        """The places in this exchange."""
        key = _row_of(head_rows(state.request_lines, Role.CLIENT), "sec-websocket-key")
        accept = _row_of(head_rows(state.response_lines, Role.SERVER), "sec-websocket-accept")
        if accept is None or state.exchange.refusal is not None:
            return cls(CHECKS + ROW, key, None)
        return cls(VALUE - accept, key, VALUE)


def _row_of(rows: Sequence[HeadRow], name: str) -> int | None:
    """The middle of the row with this header's value, from the beginning of its head."""
    found = (n for n, row in enumerate(rows) if row.is_value and row.line.text.lower().startswith(name))
    place = next(found, None)
    return None if place is None else place * ROW + ROW // 2
