"""`StateMap`, the widget: a role, and the tape whose steps light it.

Left out: the states and their ways (`state`), and how they look (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.protocol.codes import Role
from wslab.tape.follow import TapeView
from wslab.widgets.state_map.picture import regions, text
from wslab.widgets.state_map.state import StateMapState, moves_of
from wslab.widgets.view import View

__all__ = ["StateMap"]


class StateMap(View):
    """The four states of one side of a connection and the ways between them (§4.1, §7.1).

    `role` is the side, "client" or "server". With `source` (a lab, a tape, a list of entries) each step of its
    `connection` (by default the first) lights the state that this side believes in and the way that led there. `step`
    is the trait of the Timeline, too: `traitlets.link((timeline, "step"), (state_map, "step"))` gives both one cursor.
    Raises ValueError for another role, or a connection that the source does not have.
    """

    title: ClassVar[str] = "State map"
    redraws_on: ClassVar[tuple[str, ...]] = ("role", "connection", "selected")

    role = traitlets.Unicode("client", help="The side: client or server.")
    connection = traitlets.Int(0, help="The number of the connection that is shown.")

    def __init__(self, role: str | Role = "client", source: object = (), **traits: Any) -> None:
        self._tape_view = TapeView(source)
        first = next(iter(self._tape_view.connection_numbers), 0)
        super().__init__(role=getattr(role, "value", role), **{"connection": first, **traits})

    @traitlets.validate("role")
    def _check_role(self, proposal: Any) -> str:
        value = str(proposal["value"])
        if value not in [each.value for each in Role]:
            raise ValueError(f'A side is "client" or "server"; this is {value!r}.')
        return value

    @traitlets.validate("connection")
    def _check_connection(self, proposal: Any) -> int:
        number, known = int(proposal["value"]), self._tape_view.connection_numbers
        if number not in known and (known or number):
            raise ValueError(f"The tape has no connection {number}; it has {', '.join(map(str, known)) or 'none yet'}.")
        return number

    @property
    def state(self) -> StateMapState:
        """What the view shows now."""
        role = Role(self.role)
        moves = moves_of(self._tape_view.entries(self.connection), role)
        return StateMapState(role, moves, min(self.step, max(0, len(moves) - 1)), self.selected)

    @property
    def last(self) -> int:
        """The last step of the tape; 0 without one."""
        return max(0, len(self._tape_view.entries(self.connection)) - 1)

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, steps)

    def text(self) -> str:
        """The table of states as plain text, and where this side stands."""
        return text(self.state)
