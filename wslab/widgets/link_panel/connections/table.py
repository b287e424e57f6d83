"""The connections as a table: the number, what each side believes, and how full its buffers are; and the same as text.

A number is a button: it pins the connection, and pressed again it lets the panel follow the newest. HTML and text say
the same words in the same order.

Left out: which connections have a row (`rows`), and the form (`by_hand`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import htpy as h
from htpy import Node

from wslab.protocol import Role
from wslab.widgets.link_panel.connections.levels import levels_picture
from wslab.widgets.link_panel.connections.rows import End, Row

__all__ = ["table", "table_text"]

OUTDATED = "no longer true"


def table(rows: Sequence[Row], shown: int, *, pinned: bool, total: int) -> Node:
    """The table; nothing before the first connection."""
    if not rows:
        return None
    return h.div(".wsl-ltable")[
        h.table(aria_label="Connections of this link")[
            h.thead[h.tr[h.th(scope="col")["Connection"], (_heads(role) for role in Role)]],
            h.tbody[(_row(row, shown, pinned=pinned) for row in rows)],
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


def _heads(role: Role) -> Node:
    return [h.th(scope="col")[role.value.capitalize()], h.th(scope="col")["Its buffers"]]


def _row(row: Row, shown: int, *, pinned: bool) -> Node:
    here = row.number == shown
    return h.tr(class_=f"{'is-now' if here else ''} {'' if row.alive else 'is-over'}")[
        h.th(scope="row")[_pin(row, here=here, pinned=pinned), not row.alive and h.span(".wsl-note")["over"]],
        (_cells(row.end(role), alive=row.alive) for role in Role),
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
        aria_label=f"Connection {row.number}",
        title=says,
    )[str(row.number)]


def _cells(end: End, *, alive: bool) -> Node:
    return [
        h.td[_state(end)],
        h.td[bool(end.levels) and levels_picture(end.levels), h.span(".wsl-note")[_buffers(end, alive=alive)]],
    ]


def _state(end: End) -> str:
    if end.belief is None:
        return "not recorded"
    return f"{end.belief}{'' if end.true else f', {OUTDATED}'}"


def _buffers(end: End, *, alive: bool) -> str:
    """What waits in the buffers of an end, or waited when it was last read."""
    if not end.levels:
        return "not the lab's own" if alive and end.foreign else "not read"
    now = end.levels[-1]
    return f"{now.unwritten:,} B out, {now.unread:,} unread"
