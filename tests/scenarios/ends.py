"""How a story ends: what both sides of its last connection believe."""

from __future__ import annotations

from wslab.lab import Entry, Tape
from wslab.protocol import State

OPEN, CLOSING, CLOSED, CONNECTING = State.OPEN, State.CLOSING, State.CLOSED, State.CONNECTING

End = tuple[State, int | None] | None
Ends = tuple[End, End]


def ends(tape: Tape, connection: int = 1) -> Ends:
    """What the client and the server believe at last, each with its code; None for a side that is not ours."""
    last: Entry = tape.entries(connection)[-1]
    client, server = (None if each is None else (each.state, each.code) for each in (last.client, last.server))
    return client, server
