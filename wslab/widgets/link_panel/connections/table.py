"""The connections as a table: the number, what each side believes, and how full its buffers are; and the same as text.

A number is a button: it pins the connection, and pressed again it lets the panel follow the newest. A row is one line,
and where the view is wide, two rows stand beside each other; so the elements say by their roles that they are a table.
What is not said in words there, such as that a connection is over, a screen reader says, and the text.

Left out: which connections have a row (`rows`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import htpy as h
from htpy import Node

from wslab.protocol import Role
from wslab.widgets.link_panel.connections.levels import levels_picture
from wslab.widgets.link_panel.connections.rows import End, Row, unknown
from wslab.widgets.link_panel.signs import sign

__all__ = ["table", "table_text"]

OUTDATED = "no longer true"

HEADS = ("Connection", "Client and its buffers", "Server and its buffers")


def table(rows: Sequence[Row], shown: int, *, pinned: bool, total: int) -> Node:
    """The table; nothing before the first connection."""
    if not rows:
        return None
    return h.div(".wsl-lconns", data_scroll="connections")[
        h.table(role="table", aria_label="Connections of this link")[
            h.thead(".wsl-hidden", role="rowgroup")[h.tr(role="row")[(_head(each) for each in HEADS)]],
            h.tbody(role="rowgroup", data_roving=True)[(_row(row, shown, pinned=pinned) for row in rows)],
        ],
        total > len(rows) and h.p(".wsl-note")[_others(total - len(rows))],
    ]


def table_text(rows: Sequence[Row], total: int) -> Iterator[str]:
    """A line for each row, and how many have none."""
    for row in rows:
        ends = (f"{role.value} {_state(row.end(role))}, {_buffers(row.end(role), alive=row.alive)}" for role in Role)
        yield f"connection {row.number}{'' if row.alive else ', over'}: {'; '.join(ends)}"
    if total > len(rows):
        yield _others(total - len(rows))


def _others(number: int) -> str:
    return f"{number:,} more without a row."


def _head(words: str) -> Node:
    return h.th(scope="col", role="columnheader")[words]


def _row(row: Row, shown: int, *, pinned: bool) -> Node:
    here = row.number == shown
    return h.tr(role="row", class_=["is-now" if here else "", not row.alive and "is-over"])[
        h.th(scope="row", role="rowheader")[_pin(row, here=here, pinned=pinned), _held(row)],
        (_cell(role, row.end(role), alive=row.alive) for role in Role),
    ]


def _pin(row: Row, *, here: bool, pinned: bool) -> Node:
    is_on = here and pinned
    says = "Follow the newest again" if is_on else f"Show connection {row.number}, and stay with it"
    return h.button(
        ".wsl-button",
        type="button",
        data_do="pin",
        data_arg=str(row.number),
        data_key=f"pin-{row.number}",
        aria_pressed="true" if is_on else "false",
        aria_label=f"Connection {row.number}{'' if row.alive else ', over'}{', shown' if here else ''}",
        title=says,
    )[str(row.number)]


def _held(row: Row) -> Node:
    """How much the link holds of it: what waits on another connection is found here."""
    says = f"{row.held:,} held"
    return (
        row.held > 0 and h.span(".wsl-lheld", title=says)[sign("hold"), f"{row.held:,}", h.span(".wsl-hidden")["held"]]
    )


def _cell(role: Role, end: End, *, alive: bool) -> Node:
    """One end: its state, the picture of its buffers, and the numbers that are not 0."""
    told = f"{role.value} {_state(end)}, {_buffers(end, alive=alive)}"
    return h.td(role="cell", title=told)[
        h.span(".wsl-lquiet")[f"{role.value} "],
        h.b(class_="" if end.true else "is-false")[str(end.belief)] if end.belief is not None else None,
        not end.true and h.span(".wsl-hidden")[f", {OUTDATED}"],
        bool(end.levels) and levels_picture(end.levels),
        h.span(".wsl-lquiet")[" ", _brief(end, alive=alive)],
    ]


def _state(end: End) -> str:
    if end.belief is None:
        return unknown(ours=end.ours)
    return f"{end.belief}{'' if end.true else f', {OUTDATED}'}"


def _brief(end: End, *, alive: bool) -> str:
    """What waits, without what is 0; of a connection that is over, nothing waits any more."""
    if not alive:
        return ""
    if not end.levels:
        return "not the lab's own" if end.foreign else ""
    now = end.levels[-1]
    parts = ((now.unwritten, "B out"), (now.unread, "unread"))
    return ", ".join(f"{number:,} {what}" for number, what in parts if number) or "empty"


def _buffers(end: End, *, alive: bool) -> str:
    """What waits in the buffers of an end, or waited when it was last read."""
    if not end.levels:
        return "not the lab's own" if alive and end.foreign else "not read"
    now = end.levels[-1]
    return f"{now.unwritten:,} B out, {now.unread:,} unread"
