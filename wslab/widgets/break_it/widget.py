"""`BreakIt`, the widget: the exchange, the change and the guess as actions of the page, and the peers that are asked.

The step is the place in the exchange: the head or frame that is opened in bytes. The peers are looked for when they are
first asked, so that showing the widget starts no program; npm's `ws` ends when nobody has the widget any longer.

Left out: the state (`state`), how it looks (`picture`), and what a peer does (`wslab.course.peers`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.course.peers.attempt import BreakState, Guess
from wslab.course.peers.exchanges import EXCHANGES, HEADS, find_exchange
from wslab.course.peers.find import Judged, Peers, find_peers
from wslab.course.peers.judging import Outcome
from wslab.widgets.break_it.picture import regions, text
from wslab.widgets.view import View

__all__ = ["BreakIt"]


class BreakIt(View):
    """A legal exchange of which one bit or byte can be changed, and what real peers make of it.

    `exchange` is `"text"`, `"fragments"`, `"ping"`, `"close"` or `"compressed"`. `seed` decides the order of the
    surprises. `ws` is the folder of npm's `ws`; without it, Node.js looks for it from the present folder. Where
    Node.js, `ws` or wsproto is missing, a sentence says so and the others judge.

    In plain Python: `flip`, `type_byte` or `surprise`, then `judge`, and print the view.

    >>> broken = BreakIt("text")
    >>> broken.flip(2, 8)
    >>> broken.judge().ours.error.rule.id
    'client-masks'

    Raises ValueError for an exchange that is not there.
    """

    title: ClassVar[str] = "Break it"

    exchange = traitlets.Unicode("text", help="The name of the exchange.")
    seed = traitlets.Int(0, help="What decides the order of the surprises.")

    def __init__(
        self, exchange: str = "text", *, seed: int | None = None, ws: str | Path | None = None, **traits: Any
    ) -> None:
        chosen = secrets.randbelow(10_000) if seed is None else seed
        self.state = BreakState.of_exchange(find_exchange(exchange), chosen)
        self._ws = ws
        self._peers: Peers | None = None
        traits.setdefault("step", HEADS)
        super().__init__(exchange=exchange, seed=chosen, **traits)
        self.observe(self._on_outside, names=["exchange", "seed"])

    @traitlets.validate("exchange")
    def _check_exchange(self, proposal: Any) -> str:
        return find_exchange(proposal["value"]).name

    def _on_outside(self, _change: Any) -> None:
        """A trait was set from Python: show that."""
        if self.exchange != self.state.exchange.name:
            self._begin(self.exchange)
        if self.seed != self.state.seed:
            self.state = self.state.reseeded(self.seed)
        self.redraw()

    def _begin(self, name: str) -> None:
        fresh = BreakState.of_exchange(EXCHANGES[name], self.seed)
        self.state = replace(fresh, right=self.state.right, of=self.state.of)
        self.step = HEADS

    # --- in Python ------------------------------------------------------------------------------

    def flip(self, place: int, bit: int) -> None:
        """Flip one bit of what is sent at `place` (0 is the request), counted from its first, the highest bit."""
        self._show(self.state.flip(place, bit))

    def type_byte(self, place: int, byte: int, value: int) -> None:
        """Give a byte another value, 0 to 255."""
        if not 0 <= value <= 255:
            raise ValueError(f"A byte is 0 to 255, not {value}.")
        self._show(self.state.pick(place, byte).type_byte(place, byte, f"{value:02x}"))

    def surprise(self) -> None:
        """Flip a bit by chance: the next one in the order of the seed."""
        self._show(self.state.surprise())

    def undo(self) -> None:
        """Take the last change back."""
        self._show(self.state.undone())

    def reset(self) -> None:
        """Make all legal again."""
        self._show(self.state.with_change(None))

    def guess(self, outcome: str, answer: str = "", rule: str = "") -> None:
        """Say what you expect: "accepts", "reads something else", "waits" or "refuses".

        Where it refuses, also how (`"Close 1002"`, `"HTTP 400"`, `"TCP ends"`) and which rule, by its id.
        """
        self._show(self.state.guessed(Guess(Outcome(outcome), answer, rule)))

    def judge(self) -> Judged:
        """Ask every peer, and show what each did. Raises ValueError where nothing is changed."""
        told = self._judge()
        self.redraw()
        return told

    def _judge(self) -> Judged:
        if self.state.change is None:
            raise ValueError("Nothing is changed yet: flip a bit first, for example with flip(2, 8).")
        if self.state.told is not None:
            return self.state.told
        self._peers = self._peers or find_peers(self._ws)
        told = self._peers.judge(self.state.exchange, self.state.change)
        self.state = self.state.with_verdicts(told)
        return told

    def _show(self, state: BreakState) -> None:
        self._take(state)
        self.redraw()

    def _take(self, state: BreakState) -> None:
        """Another state; what is changed now is opened. An action of the page is drawn when it is done."""
        moved = state.change != self.state.change
        self.state = state
        if moved and state.change is not None:
            self.step = state.change.place

    # --- what the page asks for -----------------------------------------------------------------

    def do_exchange(self, arg: str, value: str) -> None:
        """Take another exchange."""
        self.exchange = value

    def do_pick(self, arg: str, value: str) -> None:
        """Open a byte in bits."""
        self.state = self.state.pick(*_pair(arg))

    def do_flip(self, arg: str, value: str) -> None:
        """Flip a bit."""
        self._take(self.state.flip(*_pair(arg)))

    def do_byte(self, arg: str, value: str) -> None:
        """Take a byte that was typed."""
        self._take(self.state.type_byte(*_pair(arg), value))

    def do_undo(self, arg: str, value: str) -> None:
        """Take the last change back."""
        self._take(self.state.undone())

    def do_reset(self, arg: str, value: str) -> None:
        """Make all legal again."""
        self._take(self.state.with_change(None))

    def do_surprise(self, arg: str, value: str) -> None:
        """Flip a bit by chance."""
        self._take(self.state.surprise())

    def do_seed(self, arg: str, value: str) -> None:
        """Take another seed."""
        if not value.strip().lstrip("-").isdecimal():
            raise ValueError(f"A seed is a whole number, not {value!r}.")
        self.seed = int(value)

    def do_guess(self, arg: str, value: str) -> None:
        """Take what the learner expects."""
        self.state = self.state.guessed(replace(self.state.guess, outcome=Outcome(arg)))

    def do_answer(self, arg: str, value: str) -> None:
        """Take which answer is expected."""
        self.state = self.state.guessed(replace(self.state.guess, answer=value))

    def do_rule(self, arg: str, value: str) -> None:
        """Take which rule is expected to be broken."""
        self.state = self.state.guessed(replace(self.state.guess, rule=value))

    def do_judge(self, arg: str, value: str) -> None:
        """Ask the peers."""
        self._judge()

    # --- what is shown --------------------------------------------------------------------------

    @property
    def last(self) -> int:
        """The last place of the exchange."""
        return len(self.state.exchange.sent) - 1

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, self.step)

    def text(self) -> str:
        """The exchange, the change and the verdicts as plain text."""
        return text(self.state)


def _pair(arg: str) -> tuple[int, int]:
    place, _, number = arg.partition(":")
    return int(place), int(number)
