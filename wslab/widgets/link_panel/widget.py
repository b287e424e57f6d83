"""`LinkPanel`, the widget: the faults of a link as a trait, and what the page asks for.

The link itself holds the truth, the panel only asks and shows. `faults` is a trait, so a slider or another widget can
drive it; setting it sets the faults of the link, and a refusal of the link is shown in the panel and raised. The link
calls the panel when anything changes, through a weak reference, so that a link keeps no closed panel alive.

Actions run on the lab's loop: JupyterLab may send them on a thread of its own.

Left out: how it looks (`picture`), and what happened on the link, which the timeline shows.
"""

from __future__ import annotations

import asyncio
import itertools
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.lab import Link
from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import Silence
from wslab.lab.faults.manual import Gate, Held
from wslab.lab.faults.names import faults_named
from wslab.lab.faults.presets import PRESETS
from wslab.tape.follow import WATCH_INTERVAL, TapeView
from wslab.tape.text import is_outdated
from wslab.widgets.life import weakly
from wslab.widgets.link_panel.draft import FIRST, choose, with_field
from wslab.widgets.link_panel.picture import WHOLE, regions, text
from wslab.widgets.link_panel.state import MOST_HELD, HeldFrame, LinkEnd, LinkPanelState, editable
from wslab.widgets.view import View

__all__ = ["LinkPanel"]


class LinkPanel(View):
    """A panel for a `Link`. `faults` is a trait: assign faults or names, or link it to another widget's.

    What the panel asks of the link it asks at once, while connections run; what others do to the link shows here too.
    Raises ValueError for a fault that is refused, and the panel shows it too.
    """

    title: ClassVar[str] = "Link"

    _undoing = False
    _stop: Callable[[], object] = staticmethod(lambda: None)  # until the link is watched

    faults = traitlets.Any((), help="What is wrong with the link: faults, or names as in 'delay:0.2' and 'mobile'.")

    def __init__(self, link: Link, **traits: Any) -> None:
        self.link = link
        self._draft, self._notice = FIRST, ""
        self._editing: tuple[int, str] | None = None
        self._past: list[tuple[Fault, ...]] = []
        self._tape_view = TapeView(link.tape, bounded=True)
        self._numbers: weakref.WeakKeyDictionary[Held, int] = weakref.WeakKeyDictionary()
        self._count = itertools.count(1)
        self._latest = 0
        self._further: asyncio.TimerHandle | None = None
        super().__init__(**{"faults": link.faults, **traits})
        self.observe(self._on_faults, names=["faults"])
        self._stop = link.watch(weakly(self.look))
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
            self._past.append(change["old"])
        self.redraw()

    def look(self) -> None:
        """Show the link as it is now."""
        if self.faults != self.link.faults:
            self.faults = self.link.faults
        self.redraw()
        if self._tape_view.is_behind:
            self._look_again()

    def _look_again(self) -> None:
        """Read on, but later: the lab's own work goes before."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._tape_view.catch_up()
            return self.redraw()
        self._put_off()
        self._further = loop.call_later(WATCH_INTERVAL, weakly(self.look))
        return None

    def _put_off(self) -> None:
        if self._further is not None:
            self._further.cancel()

    def close(self) -> None:
        """Stop watching the link, and close the view."""
        self._stop()
        self._put_off()
        super().close()

    @property
    def state(self) -> LinkPanelState:
        """What the view shows now."""
        self._tape_view.update()
        link, waiting = self.link, self._waiting()
        client, server = self._ends()
        editing = self._editing if any(each.number == (self._editing or (0,))[0] for each in waiting) else None
        return LinkPanelState(
            link.faults,
            client,
            server,
            tuple(link.connection_numbers),
            tuple(link.silent),
            waiting,
            link.held_counts,
            self._draft,
            editing,
            self._notice,
            bool(self._past),
        )

    def _waiting(self) -> tuple[HeldFrame, ...]:
        """The first that wait: a gate may hold very many, and a redraw costs what it shows."""
        held = self.link.first_held(MOST_HELD)
        for each in held:
            if each not in self._numbers:
                self._numbers[each] = next(self._count)
        return tuple(HeldFrame(self._numbers[each], each, self._plain(each)) for each in held)

    def _plain(self, held: Held) -> bytes | None:
        """The payload of a compressed frame; the tape knows it, because it has the frames before it."""
        if held.frame is None or not held.frame.rsv1:
            return None
        entries = reversed(self._tape_view.entries(held.connection))
        return next((each.plain for each in entries if each.sender == held.sender and each.data == held.data), None)

    def _ends(self) -> tuple[LinkEnd, LinkEnd]:
        """Both sides of the newest connection; beliefs are known of the lab's own endpoints."""
        self._latest = max(self.link.connection_numbers, default=self._latest)
        entries = self._tape_view.entries(self._latest) if self._latest else []
        if not entries:
            return LinkEnd(self.link.url), LinkEnd(self.link.target)
        client, server = entries[-1].client, entries[-1].server
        cut = self._tape_view.cut(self._latest) is not None
        return (
            LinkEnd(self.link.url, client, not is_outdated(client, server, cut=cut)),
            LinkEnd(self.link.target, server, not is_outdated(server, client, cut=cut)),
        )

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state)

    def text(self) -> str:
        """The link and its faults as plain text."""
        return text(self.state)

    # --- what the page asks for ---------------------------------------------------------

    def _receive(self, widget: View, content: Any, buffers: Any) -> None:
        """On the lab's loop: JupyterLab may send what the page asks for to another thread."""
        self.link.enter(lambda: super(LinkPanel, self)._receive(widget, content, buffers))

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for; the sentence about what was done before goes."""
        self._notice, before = "", self.link.faults
        super().act(name, arg, value)
        if self.link.faults != before:
            self.send({"say": " ".join(each.told() for each in self.link.faults) or WHOLE})
        elif self._notice:
            self.send({"say": self._notice})

    def do_choose(self, arg: str, value: str) -> None:
        """Put a preset or a fault into the draft."""
        self._draft = choose(value)

    def do_field(self, arg: str, value: str) -> None:
        """Write a field into the draft; an empty one gets its usual value again."""
        self._draft = with_field(self._draft, arg, value)

    def do_draft(self, arg: str, value: str) -> None:
        """Keep what is being written."""
        self._draft = value

    def do_add(self, arg: str, value: str) -> None:
        """Add what was put together: a fault to the others, a preset in the place of all."""
        made = faults_named(self._draft)
        self.faults = made if self._draft.strip() in PRESETS else (*self.link.faults, *made)

    def do_remove(self, arg: str, value: str) -> None:
        """Take one fault away."""
        self.faults = tuple(fault for number, fault in enumerate(self.link.faults) if number != int(arg))

    def do_heal(self, arg: str, value: str) -> None:
        """Take all away."""
        self.faults = ()

    def do_undo(self, arg: str, value: str) -> None:
        """The faults as they were before the last change."""
        if not self._past:
            return
        self._undoing = True
        try:
            self.faults = self._past.pop()
        finally:
            self._undoing = False

    def do_silence(self, arg: str, value: str) -> None:
        """Swallow everything from now on."""
        self.faults = (*self.link.faults, *(() if Silence() in self.link.faults else (Silence(),)))

    def do_cut(self, arg: str, value: str) -> None:
        """End the connections that go through it now."""
        numbers = " and ".join(f"#{number}" for number in self.link.connection_numbers)
        (self.link.fin if arg == "fin" else self.link.cut)()
        self._notice = (
            f"{numbers} {'ended' if arg == 'fin' else 'cut'} with {arg.upper()} to both sides. New connections pass."
        )

    def do_hold(self, arg: str, value: str) -> None:
        """Put a gate into the link."""
        self.faults = (*self.link.faults, Gate())

    def do_open(self, arg: str, value: str) -> None:
        """Take the gate away: all that waits passes."""
        self.faults = tuple(each for each in self.link.faults if not isinstance(each, Gate))

    def _numbered(self, arg: str) -> HeldFrame:
        found = next((each for each in self._waiting() if each.number == int(arg)), None)
        if found is None:
            raise ValueError("It no longer waits: it went on, or its connection ended.")
        return found

    def do_release(self, arg: str, value: str) -> None:
        """Let one through, or all."""
        for held in self.link.held if arg == "all" else [self._numbered(arg).held]:
            held.release()

    def do_drop(self, arg: str, value: str) -> None:
        """Drop one."""
        self._numbered(arg).held.drop()

    def do_edit(self, arg: str, value: str) -> None:
        """Begin to rewrite one, or leave it as it is."""
        is_open = self._editing is not None and self._editing[0] == int(arg)
        self._editing = None if is_open else (int(arg), editable(self._numbered(arg)))

    def do_text(self, arg: str, value: str) -> None:
        """Keep what is being written."""
        self._editing = int(arg), value

    def do_rewrite(self, arg: str, value: str) -> None:
        """Let another payload through."""
        payload = "" if self._editing is None else self._editing[1]
        self._numbered(arg).held.rewrite(payload)
        self._editing = None
