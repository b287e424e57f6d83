"""`LinkPanel`, the widget: the faults of a link as a trait, the connection that is shown, and what the page asks for.

The link itself holds the truth, the panel only asks and shows. `faults` is a trait, so a slider or another widget can
drive it; setting it sets the faults of the link, and a refusal of the link is shown in the panel and raised. The link
calls the panel when anything changes, through a weak reference, so that a link keeps no closed panel alive.

It shows the newest connection, unless another one is chosen, and the newest step, unless it was stepped back. When it
looks, and how long it rests, is `following`.

Actions run on the lab's loop: JupyterLab may send them on a thread of its own. What takes time, such as a dial, is
started and not waited for; where it fails, the panel says why.

Left out: how a link is read (`reader`), and how it looks (`picture`).
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.lab import Link
from wslab.lab.faults.base import Fault
from wslab.lab.faults.manual import Gate, Insert
from wslab.lab.faults.names import faults_named
from wslab.lab.faults.presets import PRESETS
from wslab.protocol import Role, State
from wslab.widgets.following import FollowingView
from wslab.widgets.image import timeline as image
from wslab.widgets.life import weakly
from wslab.widgets.link_panel.connections.by_hand import FRAME, ByHand, send_by_hand
from wslab.widgets.link_panel.draft import FIRST, choose, with_field
from wslab.widgets.link_panel.fault_row import NOTHING_TO_END, WHOLE
from wslab.widgets.link_panel.knobs import KNOBS, worn
from wslab.widgets.link_panel.news import News
from wslab.widgets.link_panel.next_dial import next_dial
from wslab.widgets.link_panel.picture import regions, text
from wslab.widgets.link_panel.reader import LinkReader
from wslab.widgets.link_panel.state import Bead, LinkPanelState, editable
from wslab.widgets.timeline.state import TimelineState
from wslab.widgets.timeline.widget import OnTimeline
from wslab.widgets.view import View

__all__ = ["LinkPanel"]

GONE = "It no longer waits: it went on, or its connection ended."

QUIET = {"window", "dismiss", "hand", "text", "number", "choose", "field", "draft"}
"""What the page asks for while something is typed or looked at: nothing happens on the link."""


@dataclass
class _Own:
    """What is the panel's own: what is typed and chosen, and what was done last."""

    numbers: dict[str, str] = field(default_factory=dict)
    draft: str = FIRST
    notice: str = ""
    hand: ByHand = field(default_factory=ByHand)
    past: list[tuple[Fault, ...]] = field(default_factory=list)


class LinkPanel(FollowingView, OnTimeline):
    """A `Link` to work at. `faults` is a trait: assign faults or names, or link it to another widget's.

    `connection` is the number of the connection that is shown; 0, as usual, is the newest. `step` is that of its
    timeline. What the panel asks of the link it asks at once, while connections run; what others do to the link shows
    here too. Raises ValueError for a fault that is refused, and the panel shows it too.
    """

    title: ClassVar[str] = "Link"
    reach: ClassVar[int] = 8

    _undoing = False
    _stop: Callable[[], object] = staticmethod(lambda: None)  # until the link is watched

    faults = traitlets.Any((), help="What is wrong with the link: faults, or names as in 'delay:0.2' and 'mobile'.")
    connection = traitlets.Int(0, help="The number of the connection that is shown; 0 is the newest.")

    def __init__(self, link: Link, **traits: Any) -> None:
        self.link = link
        self._own = _Own()
        self._reader = LinkReader(link)
        self._shown = 0
        super().__init__(**{"faults": link.faults, "step": sys.maxsize, **traits})
        self._shown = self._number
        self._news = News(self.timeline)
        self.observe(self._on_faults, names=["faults"])
        self.observe(self._on_connection, names=["connection"])
        self._stop = link.watch(weakly(self.on_news))
        weakref.finalize(self, self._stop)

    @traitlets.validate("faults")
    def _apply(self, proposal: Any) -> tuple[Fault, ...]:
        given: Iterable[Fault | str] = proposal["value"]
        try:
            self.link.faults = (given,) if isinstance(given, (str, Fault)) else tuple(given)
        except (ValueError, TypeError) as problem:
            if self._ready:
                self.show_problem(problem)
            raise
        return self.link.faults

    def _on_faults(self, change: Any) -> None:
        self._problem = None
        if not self._undoing:
            self._own.past.append(change["old"])
        self.redraw()

    def _on_connection(self, _change: Any) -> None:
        self._follow(newest=True)

    # what is shown

    def count_secrets(self) -> int:
        """How many secrets of the tape it shows as asterisks."""
        return self._reader.tape.count_secrets()

    @property
    def _number(self) -> int:
        return self.connection or self.link.newest

    @property
    def timeline(self) -> TimelineState:
        """The connection that is shown."""
        return self._reader.timeline(self._number, self.step)

    @property
    def state(self) -> LinkPanelState:
        """What the view shows now."""
        link, own, timeline, number = self.link, self._own, self.timeline, self._number
        client, client_side = self._reader.endpoint(number, Role.CLIENT), self._reader.side(timeline, Role.CLIENT)
        return LinkPanelState(
            link.faults,
            timeline,
            link.url,
            link.target,
            client_side,
            self._reader.side(timeline, Role.SERVER),
            connection=number,
            newest=not self.connection,
            known=tuple(self._reader.known),
            living=tuple(link.connection_numbers),
            silent=tuple(link.silent),
            beads=self._reader.beads(number),
            waiting=sum(link.held_counts.values()),
            can_send=client is not None and client.state is State.OPEN,
            is_foreign=not client_side.ours and client is None and number in link.connection_numbers,
            next_dial=next_dial(link.faults, link.lab.timeout),
            numbers=own.numbers,
            draft=own.draft,
            notice=own.notice,
            can_undo=bool(own.past),
            rows=self._reader.rows(number),
            total=link.connection_count,
            hand=own.hand,
            owned=self._owned(),
        )

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, steps)

    def image(self) -> Node:
        """What happened, as a picture without styles."""
        return image.drawn(self.timeline)

    def text(self) -> str:
        """The link, its faults and what it holds as plain text."""
        return text(self.state)

    # following the link

    def take_in(self, *, whole: bool) -> bool:
        """Take in the link as it is now; a view at the newest step goes on to the new one."""
        newest = self.step >= self.last or self._shown != self._number
        if self.faults != self.link.faults:
            self.faults = self.link.faults
        (self._reader.catch_up if whole else self._reader.update)()
        self._follow(newest=newest)
        return self._reader.tape.is_behind

    def _follow(self, *, newest: bool) -> None:
        self._reader.sample(self._number)
        with self.hold_sync():
            if newest or self._shown != self._number:
                self.step = self.last
            self._shown = self._number
            self.redraw()
        said = self._news.said(self.timeline)
        if said:
            self.send({"say": said})

    def close(self) -> None:
        """Stop watching the link, and close the view."""
        self._stop()
        super().close()

    # --- what the page asks for ---------------------------------------------------------

    def _receive(self, widget: View, content: Any, buffers: Any) -> None:
        """On the lab's loop: JupyterLab may send what the page asks for to another thread."""
        self.link.enter(lambda: super(LinkPanel, self)._receive(widget, content, buffers))

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for; the sentence about what was done before goes."""
        self._own.notice, before = "", self.link.faults
        if name not in QUIET:
            self._news.ask()
        super().act(name, arg, value)
        if self.link.faults != before:
            told = " ".join(each.told() for each in self.link.faults) or WHOLE
            self.send({"say": f"{told} {next_dial(self.link.faults, self.link.lab.timeout).told()}"})
        elif self._own.notice:
            self.send({"say": self._own.notice})

    def do_pin(self, arg: str, value: str) -> None:
        """Stay with a connection; the one that is pinned already lets the panel follow the newest again."""
        self.connection = 0 if self.connection == int(arg) else int(arg)

    # by hand

    def _owned(self) -> tuple[Role, ...]:
        """The ends of the connection that is shown which the lab can make send."""
        ends = ((role, self._reader.endpoint(self._number, role)) for role in Role)
        return tuple(role for role, end in ends if end is not None and end.state is not State.CLOSED)

    def do_hand(self, arg: str, value: str) -> None:
        """Keep what is in one field."""
        self._own.hand = replace(self._own.hand, **{arg: value})

    def do_by_hand(self, arg: str, value: str) -> None:
        """Send a message, a Ping, a Close or any frame: from an end, or on the link."""
        hand, why = self._own.hand, self.state.why_not_by_hand
        if why:
            raise ValueError(why)
        if hand.on_link:
            self._insert(hand, arg)
        else:
            self._start(send_by_hand(self._reader.endpoint(self._number, hand.sender), hand, arg))
        self._own.hand = hand.sent(arg)

    def _insert(self, hand: ByHand, what: str) -> None:
        """Put a frame in, on the connection that is shown."""
        frame, wrong = hand.frame(what), what == FRAME and hand.is_wrong
        if not any(isinstance(each, Insert) for each in self.link.faults):
            self.faults = (*self.link.faults, Insert())
        self.link.inject(frame, to=hand.sender.peer, connection=self._number, as_it_is=wrong)
        self._own.notice = f"The link put it in, as if the {hand.sender} had sent it."

    def do_dial(self, arg: str, value: str) -> None:
        """Open one more connection through the link; it is the newest."""
        self.connection = 0
        self._start(self.link.lab.connect(self.link))

    def _start(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Start what takes time; where it fails, say why."""
        here = weakref.ref(self)

        async def watched() -> None:
            try:
                await coroutine
            except Exception as problem:
                panel = here()
                if panel is not None:
                    panel.show_problem(problem)
            await asyncio.sleep(0.01)  # on the virtual clock nothing arrives unless time passes

        self.link.lab.start(watched())

    # faults

    def do_fault(self, arg: str, value: str) -> None:
        """Put the fault of a button on, or take it away."""
        knob, faults = KNOBS[arg], list(self.link.faults)
        place = worn(knob, faults)
        if place is not None:
            del faults[place]
        else:
            made = knob.make(self._reader.frames_of(self._number, Role.CLIENT))
            written = self._own.numbers.get(arg)
            faults.append(made if knob.number is None or written is None else knob.number.within(made, written))
        self.faults = tuple(faults)

    def do_number(self, arg: str, value: str) -> None:
        """Change the number of a fault; one that is not on is put on with it later."""
        knob, faults = KNOBS[arg], list(self.link.faults)
        number, place = knob.number, worn(knob, self.link.faults)
        assert number is not None
        changed = number.within(knob.make(0) if place is None else faults[place], value)
        self._own.numbers[arg] = number.shown(changed)
        if place is not None:
            faults[place] = changed
            self.faults = tuple(faults)

    def do_choose(self, arg: str, value: str) -> None:
        """Put a preset or a fault into the draft."""
        self._own.draft = choose(value)

    def do_field(self, arg: str, value: str) -> None:
        """Write a field into the draft; an empty one gets its usual value again."""
        self._own.draft = with_field(self._own.draft, arg, value)

    def do_draft(self, arg: str, value: str) -> None:
        """Keep what is being written."""
        self._own.draft = value

    def do_add(self, arg: str, value: str) -> None:
        """Add what was put together: a fault to the others, a preset in the place of all."""
        made = faults_named(self._own.draft)
        self.faults = made if self._own.draft.strip() in PRESETS else (*self.link.faults, *made)

    def do_remove(self, arg: str, value: str) -> None:
        """Take one fault away."""
        self.faults = tuple(fault for number, fault in enumerate(self.link.faults) if number != int(arg))

    def do_heal(self, arg: str, value: str) -> None:
        """Take all away."""
        self.faults = ()

    def do_undo(self, arg: str, value: str) -> None:
        """The faults as they were before the last change."""
        if not self._own.past:
            return
        self._undoing = True
        try:
            self.faults = self._own.past.pop()
        finally:
            self._undoing = False

    def do_cut(self, arg: str, value: str) -> None:
        """End the connections that go through it now."""
        numbers = self.link.connection_numbers
        if not numbers:  # it ended while the button was being pressed
            raise ValueError(f"{NOTHING_TO_END}: dial again, then end it.")
        (self.link.fin if arg == "fin" else self.link.cut)()
        which = f"Connection {numbers[0]} ends" if len(numbers) == 1 else f"{len(numbers)} connections end"
        self._own.notice = f"{which} with {arg.upper()} to both sides."

    # what is held

    def do_hold(self, arg: str, value: str) -> None:
        """Hold each frame, or let all that waits pass and hold none."""
        gates = tuple(each for each in self.link.faults if isinstance(each, Gate))
        self.faults = tuple(each for each in self.link.faults if each not in gates) if gates else (*self.faults, Gate())

    def _bead(self, arg: str) -> Bead:
        found = next((each for each in self._reader.beads(self._number) if each.number == int(arg)), None)
        if found is None:
            raise ValueError(GONE)
        return found

    def do_release(self, arg: str, value: str) -> None:
        """Let one through."""
        self._bead(arg).held.release()

    def do_release_all(self, arg: str, value: str) -> None:
        """Let all through that wait of one side of the connection that is shown."""
        number, role = self._number, Role(arg)
        for held in self.link.first_held(sys.maxsize, connection=number, of=role):
            held.release()

    def do_drop(self, arg: str, value: str) -> None:
        """Drop one."""
        self._bead(arg).held.drop()

    def do_text(self, arg: str, value: str) -> None:
        """Keep what is being written in the place of one."""
        self._reader.typed = {int(arg): value}

    def do_rewrite(self, arg: str, value: str) -> None:
        """Let another payload through."""
        bead = self._bead(arg)
        bead.held.rewrite(editable(bead) if bead.typed is None else bead.typed)
        self._reader.typed = {}
