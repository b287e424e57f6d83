"""How a story ends: what both sides of its last connection believe."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from wslab.lab import Entry, Tape
from wslab.protocol import State
from wslab.scenarios import play

OPEN, CLOSING, CLOSED, CONNECTING = State.OPEN, State.CLOSING, State.CLOSED, State.CONNECTING

End = tuple[State, int | None] | None
Ends = tuple[End, End]
Stories = Mapping[str, Ends | tuple[int, Ends]]
"""How each story ends, by its name: its first connection, or the one whose number stands before the ends."""


def ends(tape: Tape, connection: int = 1) -> Ends:
    """What the client and the server believe at last, each with its code; None for a side that is not ours."""
    last: Entry = tape.entries(connection)[-1]
    client, server = (None if each is None else (each.state, each.code) for each in (last.client, last.server))
    return client, server


def stories_end(stories: Stories, *, fixed: bool = False) -> Callable[[str], None]:
    """The test that each story ends so."""

    @pytest.mark.parametrize("name", stories)
    def test(name: str) -> None:
        wanted = stories[name]
        connection, end = wanted if isinstance(wanted[0], int) else (1, wanted)
        assert ends(play(name, fixed=fixed), connection) == end, name

    return test
