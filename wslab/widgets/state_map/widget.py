"""`StateMap`, the widget: a role, and the tape whose steps light it, or the Timeline whose cursor it has.

A map beside a timeline shows what the timeline shows: its connection, its run, its step. Either may be stepped. The
timeline does not keep the map alive.

Left out: the states and their ways (`state`), and how they look (`picture`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.protocol.codes import Role
from wslab.tape.entry import Entry
from wslab.tape.follow import TapeView
from wslab.widgets.image import state_map as image
from wslab.widgets.life import weakly
from wslab.widgets.state_map.picture import regions, said, text
from wslab.widgets.state_map.state import Move, StateMapState, moves_of
from wslab.widgets.timeline.widget import Timeline
from wslab.widgets.view import View

__all__ = ["StateMap"]


class StateMap(View):
    """The four states of one side of a connection and the ways between them (§4.1, §7.1.3, §7.1.4).

    `role` is the side, "client" or "server". With `source` each step of its `connection` (by default the first) lights
    the state that this side believes in and the way that led there; a step is the number of an entry, as in the
    Timeline. `source` is a lab, a tape or a list of entries, or a `Timeline`: then the two have one cursor.
    `StateMap(timeline)` is that of the client, `StateMap("server", timeline)` that of the server. Raises ValueError for
    another role, or a connection that the source does not have.
    """

    title: ClassVar[str] = "State map"
    redraws_on: ClassVar[tuple[str, ...]] = ("role", "connection", "selected")

    role = traitlets.Unicode("client", help="The side: client or server.")
    connection = traitlets.Int(0, help="The number of the connection that is shown.")

    def __init__(self, role: str | Role | Timeline = "client", source: object = (), **traits: Any) -> None:
        if isinstance(role, Timeline):
            role, source = Role.CLIENT, role
        self._timeline = source if isinstance(source, Timeline) else None
        self._tape_view = TapeView(() if self._timeline else source)
        self._moves: tuple[object, tuple[Move, ...]] = None, ()
        self._leads = False
        first = {"connection": next(iter(self._known()), 0)}
        super().__init__(role=getattr(role, "value", role), **{**first, **traits})
        self._join()

    @traitlets.validate("role")
    def _check_role(self, proposal: Any) -> str:
        value = str(proposal["value"])
        if value not in [each.value for each in Role]:
            raise ValueError(f'A side is "client" or "server"; this is {value!r}.')
        return value

    @traitlets.validate("connection")
    def _check_connection(self, proposal: Any) -> int:
        number, known = int(proposal["value"]), self._known()
        if number not in known and (known or number):
            raise ValueError(f"The tape has no connection {number}; it has {', '.join(map(str, known)) or 'none yet'}.")
        return number

    def _known(self) -> Sequence[int]:
        """The connections that it can show: beside a timeline that of the timeline."""
        return self._tape_view.connection_numbers if self._timeline is None else [self._timeline.connection]

    def _entries(self) -> Sequence[Entry]:
        return self._tape_view.entries(self.connection) if self._timeline is None else self._timeline.state.entries

    # one cursor with a timeline

    def _join(self) -> None:
        if self._timeline is not None:
            self._timeline.observe(weakly(self._follow), names=["step", "regions"])
            self.observe(self._lead, names=["step"])
            self.step = self._timeline.step

    def _follow(self, change: Any) -> None:
        """The timeline was stepped, or shows something else."""
        assert self._timeline is not None, "observed"
        if change["name"] == "regions":
            self._moves = None, ()
            self.connection = self._timeline.connection
            self.redraw()
        if not self._leads:
            self.step = self._timeline.step

    def _lead(self, _change: Any) -> None:
        """This map was stepped; a timeline that hides the step shows the one before, and the map stays."""
        assert self._timeline is not None, "observed"
        self._leads = True
        try:
            self._timeline.step = self.step
        finally:
            self._leads = False

    # what it shows

    @property
    def state(self) -> StateMapState:
        """What the view shows now."""
        role, shown = Role(self.role), (self.role, self.connection)
        if self._moves[0] != shown:
            self._moves = shown, moves_of(self._entries(), role)
        return StateMapState(role, self._moves[1], self.step, self.selected)

    @property
    def last(self) -> int:
        """The last step of the tape; 0 without one."""
        return self.state.last

    @property
    def count(self) -> int:
        """How many steps there are."""
        return len(self.state.moves)

    def nearest(self, step: int) -> int:
        """The step that is shown up to this one."""
        state = self.state
        return state.moves[state.place(step)].entry.number if state.moves else 0

    def window(self, middle: int, reach: int) -> range:
        """The steps to render around one: so many of this connection before it and behind it."""
        state = self.state
        if not state.moves:
            return range(1)
        place, most = state.place(middle), len(state.moves) - 1
        first, last = (state.moves[min(max(0, each), most)].entry.number for each in (place - reach, place + reach))
        return range(first, last + 1)

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, steps)

    def image(self) -> Node:
        """The map at the present step, without styles."""
        return image.drawn(self.state, said(self.state))

    def text(self) -> str:
        """The table of states as plain text, and where this side stands."""
        return text(self.state)
