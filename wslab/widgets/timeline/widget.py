"""`Timeline`, the widget: a tape, the connection that is shown, and whether it follows the tape.

With `live`, new entries draw the view again (`following`). A live view keeps a bounded number of entries
(`tape.follow.MOST_KEPT`); it says how many earlier ones it dropped.

A view at the newest entry stays at the newest; a view that was stepped back stays where it is.

Left out: which entries there are (`tape.follow`), and how they look (`picture`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.protocol.codes import Role
from wslab.scenarios.draft import Draft
from wslab.scenarios.interventions import can_change
from wslab.scenarios.player import Call, PlayedTape
from wslab.tape.follow import Callback, TapeView
from wslab.widgets.following import FollowingView
from wslab.widgets.image import timeline as image
from wslab.widgets.inspector import state as inspector
from wslab.widgets.inspector.state import InspectorState
from wslab.widgets.life import weakly
from wslab.widgets.timeline.forks import Story, change_of
from wslab.widgets.timeline.picture import regions
from wslab.widgets.timeline.state import REACH, Filter, TimelineState, first_connection
from wslab.widgets.timeline.text import text
from wslab.widgets.view import View

__all__ = ["OnTimeline", "Timeline"]


class OnTimeline(View):
    """A view that steps through a timeline: its steps are those of `timeline`."""

    @property
    def timeline(self) -> TimelineState:
        """The timeline as it is shown now."""
        raise NotImplementedError

    @property
    def last(self) -> int:
        """The last step: the number of the last entry that is shown."""
        return self.timeline.last

    @property
    def count(self) -> int:
        """How many steps there are."""
        return len(self.timeline.shown)

    def nearest(self, step: int) -> int:
        """The step that is shown up to this one."""
        return self.timeline.nearest(step)

    def window(self, middle: int, reach: int) -> range:
        """The steps to render around one."""
        return self.timeline.window(middle, reach)


class Timeline(FollowingView, OnTimeline):
    """A tape as a sequence diagram: client, wire, server, and what each side believes.

    `source` is a `Lab`, a `Tape` or a list of entries. `connection` is the one that is shown (by default the first at
    whose end a side believes what is no longer true, else the first of all). `step` is the number of the entry that has
    just happened, the same that `do=` takes (by default the last). With `live` it follows the tape while the lab runs:
    the newest entry of the newest connection, unless it was stepped back or shows another connection. Secrets in heads
    are shown and copied as asterisks, since a notebook is saved with its views; `secrets` shows them. Those of a
    scenario are invented, and are shown. A step of a scenario can be dropped, cut, delayed, edited or flipped: it is
    played again, and the view shows where it forks. All but `source` are traits.
    Raises TypeError for a source that holds no entries, ValueError for a connection that it does not have or for `live`
    with a list, which gives no sign when it grows.
    """

    title: ClassVar[str] = "Timeline"
    redraws_on: ClassVar[tuple[str, ...]] = ("connection", "live", "secrets")
    reach: ClassVar[int] = REACH
    folds: ClassVar[bool] = False
    """Whether it begins with Pings and Pongs folded."""

    _base: PlayedTape | None = None
    _stop: Callback | None = None
    _draft: Draft | None = None

    connection = traitlets.Int(0, help="The number of the connection that is shown.")
    live = traitlets.Bool(False, help="Whether the view follows the tape.")
    secrets = traitlets.Bool(False, help="Whether secrets in heads are shown.")

    def __init__(self, source: object = (), *, step: int | None = None, **traits: Any) -> None:
        self._tape_view = TapeView(source, bounded=bool(traits.get("live")))
        self._inspected: tuple[int, InspectorState] | None = None
        self._filter = Filter(folds=self.folds)
        self._played = source if isinstance(source, PlayedTape) else None
        self._base = None if self._played is None else self.compared_with(self._played)
        given = {"connection": first_connection(self._tape_view), "secrets": self._played is not None, **traits}
        super().__init__(step=sys.maxsize if step is None else step, **given)
        self.observe(self._on_live, names=["live"])
        self.observe(self._on_connection, names=["connection"])
        self._on_live()

    @traitlets.validate("connection")
    def _check_connection(self, proposal: Any) -> int:
        number, known = int(proposal["value"]), self._tape_view.connection_numbers
        if number not in known and (known or number):
            raise ValueError(f"The tape has no connection {number}; it has {', '.join(map(str, known)) or 'none yet'}.")
        return number

    @traitlets.validate("live")
    def _check_live(self, proposal: Any) -> bool:
        if proposal["value"] and not self._tape_view.can_watch:
            raise ValueError(
                "A list, or a tape that was played or loaded, does not grow: give Timeline the lab or its tape."
            )
        return bool(proposal["value"])

    @property
    def state(self) -> TimelineState:
        """What the view shows now."""
        return replace(
            TimelineState.of(self._tape_view, self.connection, secrets=self.secrets),
            step=self.step,
            live=self.live,
            inspected=self._inspected,
            filter=self._filter,
            story=self.story,
            draft=self._draft,
        )

    def count_secrets(self) -> int:
        """How many secrets of the tape it shows as asterisks."""
        return 0 if self.secrets else self._tape_view.count_secrets()

    @property
    def story(self) -> Story | None:
        """The scenario that the view stands on; None for a tape of another origin."""
        return None if self._played is None or self._base is None else Story(self._played, self._base)

    @property
    def timeline(self) -> TimelineState:
        """What the view shows now."""
        return self.state

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, steps)

    def text(self) -> str:
        """All entries as plain text."""
        return text(self.state)

    def image(self) -> Node:
        """The picture at the present step, without styles."""
        return image.drawn(self.state)

    # following the tape

    def _on_live(self, _change: Any = None) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None
        if self.live:
            self._tape_view = self._tape_view.bounded()
            self._stop = self._tape_view.watch(weakly(self.on_news))
            self.look()

    def take_in(self, *, whole: bool) -> bool:
        """Take in what is new on the tape; a view at the newest entry goes on to the new one."""
        if not self.live:
            return False
        tape, newest = self._tape_view, self.step == self.last
        connection = self.connection == max(tape.connection_numbers, default=self.connection)
        (tape.catch_up if whole else tape.update)()
        with self.hold_sync():
            self._show_newest(step=newest, connection=newest and connection)
        return tape.is_behind

    def _show_newest(self, *, step: bool, connection: bool) -> None:
        known = self._tape_view.connection_numbers
        if known and (connection or self.connection not in known):
            self.connection = max(known)
        if step:
            self.step = self.last
        self.redraw()

    def _on_connection(self, _change: Any) -> None:
        self._inspected = self._draft = None
        self.step = self.last
        self.redraw()

    def close(self) -> None:
        """Stop following the tape, and close the view."""
        if self._stop is not None:
            self._stop()
            self._stop = None
        super().close()

    # what the page asks for

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for: the inspector's actions go to the open inspector."""
        if self._inspected is None or name not in inspector.ACTIONS:
            return super().act(name, arg, value)
        self._problem = None
        number, state = self._inspected
        self._inspected = number, inspector.act(state, name, arg, value)
        self.redraw()
        return None

    def do_connection(self, arg: str, value: str) -> None:
        """Show another connection, at its end."""
        self.connection = int(value)

    def do_live(self, arg: str, value: str) -> None:
        """Follow the tape, or stop following it."""
        self.live = value == "true"

    def do_kind(self, arg: str, value: str) -> None:
        """Show or hide a kind of entries."""
        self._show(replace(self._filter, hidden=self._filter.toggled(arg)))

    def do_keepalive(self, arg: str, value: str) -> None:
        """Fold Pings that were answered into one line, or unfold them."""
        self._show(replace(self._filter, folds=not self._filter.folds))

    def do_side(self, arg: str, value: str) -> None:
        """Show what one side sent, or both."""
        self._show(replace(self._filter, side=value))

    def do_words(self, arg: str, value: str) -> None:
        """Show what has these words."""
        self._show(replace(self._filter, words=value.strip()))

    def do_show_all(self, arg: str, value: str) -> None:
        """Show all entries again."""
        self._show(Filter())

    def _show(self, chosen: Filter) -> None:
        self._filter = chosen
        self.step = self.nearest(self.step)

    # what can be changed in a scenario

    def do_change(self, arg: str, value: str) -> None:
        """Play the scenario again with a step changed, such as `6:drop`, and show that run at the same step."""
        step, change = change_of(arg)
        self._replay(lambda call: call.changed(step, change))

    def do_edit(self, arg: str, value: str) -> None:
        """Open the form that edits a step; the one that is open already is closed."""
        number = int(arg)
        is_open = self._draft is not None and self._draft.step == number
        found = next((entry for entry in self.state.entries if entry.number == number), None)
        if found is None or not can_change(found):
            raise ValueError(f"Step {number} is no bytes of an endpoint, so there is nothing to edit.")
        self._draft = None if is_open else Draft.of(found)

    def do_draft(self, arg: str, value: str) -> None:
        """Write something into a field of the form."""
        if self._draft is not None:
            self._draft = self._draft.written(arg, value)

    def do_edited(self, arg: str, value: str) -> None:
        """Play the scenario again with what was written."""
        draft = self._draft
        if draft is not None:
            change = draft.intervention
            self._replay(lambda call: call.changed(draft.step, change))

    def do_unchange(self, arg: str, value: str) -> None:
        """Take the last change back."""
        self._replay(Call.undone)

    def _replay(self, other: Callable[[Call], Call]) -> None:
        if self._played is None:
            raise ValueError("Only a tape that `play` returned can be played again.")
        self.show_run(self.run_of(other(self._played.call)))

    def run_of(self, call: Call) -> PlayedTape:
        """What a call of `play` gives."""
        return call.play()

    def compared_with(self, tape: PlayedTape) -> PlayedTape:
        """The run that another is compared with: the one without changes, which is played once."""
        if not tape.changed:
            return tape
        plain = replace(tape.call, do={})
        known = (each for each in (self._base, self._played) if each is not None and each.call == plain)
        return next(known, None) or plain.play()

    def show_run(self, tape: PlayedTape) -> None:
        """Show another run of the scenario, at the same step, and of the same connection if it has that."""
        self._played, self._base = tape, self.compared_with(tape)
        self._tape_view, self._inspected, self._draft = TapeView(tape), None, None
        known, step = self._tape_view.connection_numbers, self.step
        if self.connection not in known:
            self.connection = next(iter(known), 0)
        self.step = self.nearest(step)

    def do_inspect(self, arg: str, value: str) -> None:
        """Open an entry in the inspector; the one that is open already is closed."""
        number = int(arg)
        if self._inspected is not None and self._inspected[0] == number:
            self._inspected = None
            return
        found = next(entry for entry in self.state.entries if entry.number == number)
        receiver = Role.SERVER if found.sender == "client" else Role.CLIENT
        self._inspected = found.number, InspectorState.of(found.data, whole_stream=False, role=receiver)
