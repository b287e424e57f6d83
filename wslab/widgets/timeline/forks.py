"""A timeline that stands on a scenario: what can be done at each step, what was done, and where the run forks.

The scenario is played again with the change, which takes milliseconds, and the picture shows the new run. One line says
what is done, how both sides end now and before, and gives the code that does the same. Changes add up; Undo takes back
the last one. The first step that is not as in the run without changes is marked.

Left out: what a change does to the bytes (`scenarios.interventions`), and playing (`scenarios.player`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import htpy as h
from htpy import Node

from wslab.scenarios.interventions import Intervention, can_change, cut, delay, drop, flip
from wslab.scenarios.outcomes import outcomes
from wslab.scenarios.player import PlayedTape
from wslab.tape.diff import Difference, first_difference
from wslab.tape.entry import Belief, Entry
from wslab.widgets import components

__all__ = ["Story", "buttons", "change_of", "done", "ending", "line", "proof", "short", "told"]

DELAYS = ("0.1", "1", "3", "10", "60")
"""Seconds that a step can be held for."""

HEADER_BITS: Mapping[int, str] = {0: "FIN", 1: "RSV1", 7: "opcode, last bit", 8: "MASK", 15: "length, last bit"}
"""Bits of a frame's header that can be flipped here; all others can be with `do={6: flip(12)}`."""

CASE = 2
"""The bit of a letter that says whether it is a capital."""


@dataclass(frozen=True)
class Story:
    """The run of a scenario that is shown, and the one without changes that it is compared with."""

    played: PlayedTape
    base: PlayedTape

    @classmethod
    def of(cls, played: PlayedTape) -> Story:
        """A run, beside the one without changes, which is played for it."""
        return cls(played, replace(played.call, do={}).play() if played.changed else played)

    @property
    def differs(self) -> bool:
        """Whether another run than `base` is shown."""
        return self.played is not self.base

    def parting(self, connection: int) -> Difference | None:
        """Where a connection first is not as in `base`; of a changed run a time that is other counts, too."""
        now = self.played.entries(connection) if self.differs else []
        times = self.played.changed  # a step that was held is other, even if all ends as before
        return first_difference(self.base.entries(connection), now, times=times, keys=False) if now else None

    def difference(self, connection: int) -> int | None:
        """The first step of a connection that is not as in `base`; the last one where it ends before; None for none."""
        found = self.parting(connection)
        return None if found is None else (found.there or self.played.entries(connection)[-1]).number


# ---- what can be done


def buttons(story: Story | None, entry: Entry) -> Node:
    """What can be done at a step."""
    if story is None or not story.played.can_fork or not can_change(entry):
        return None
    number = entry.number
    return h.span(".wsl-tchanges", role="group", aria_label=f"Play again, with step {number} changed")[
        components.do_button("Drop", "change", f"{number}:drop", title="Play again, and lose this on the way"),
        components.do_button("Cut", "change", f"{number}:cut", title="Play again, with RST to both sides instead"),
        _menu("Delay", number, ((f"{each} s", f"{number}:delay:{each}") for each in DELAYS)),
        components.do_button("Edit …", "edit", str(number), title="Play again, with other bytes instead"),
        _menu("Flip", number, ((name, f"{number}:flip:{bit}") for bit, name in _bits(entry).items())),
    ]


def _menu(words: str, number: int, choices: Iterator[tuple[str, str]]) -> Node:
    return h.details(".wsl-tmenu", data_key=f"{words}-{number}")[
        h.summary(".wsl-button", data_key=f"{words}-{number}-button")[f"{words} …"],
        (components.do_button(name, "change", arg) for name, arg in choices),
    ]


def _bits(entry: Entry) -> Mapping[int, str]:
    """The bits that can be flipped here, by name."""
    if entry.kind == "http":
        return {CASE: "first letter, case"}
    first = 8 * entry.header_size
    payload = {first: "payload, first bit"} if entry.header_size and first < 8 * len(entry.data) else {}
    return {bit: name for bit, name in {**HEADER_BITS, **payload}.items() if bit < 8 * len(entry.data)}


_PLAIN: Mapping[str, Intervention] = {"drop": drop, "cut": cut}
_WITH: Mapping[str, Callable[[str], Intervention]] = {
    "delay": lambda text: delay(float(text)),
    "flip": lambda text: flip(int(text)),
}


def change_of(arg: str) -> tuple[int, Intervention]:
    """What a button asks for: `6:drop`, `6:delay:3`; ValueError for what cannot be."""
    step, action, *value = arg.split(":")
    if action not in _PLAIN and (action not in _WITH or not value):
        raise ValueError(f"There is no change {arg!r}: write 6:drop, 6:cut, 6:delay:3 or 6:flip:8.")
    return int(step), _PLAIN[action] if action in _PLAIN else _WITH[action](value[0])


# ---- what was done


def line(story: Story | None, connection: int) -> Node:
    """What is changed, how it ends now and before, the code, and the way back; nothing where nothing is changed."""
    if story is None or not story.played.changed:
        return None
    return h.div(".wsl-tfork", role="status")[
        h.p[h.b[done(story)], " ", _ends(story, connection)],
        proof(story, connection, components.do_button("Undo", "unchange", title="Take the last change back")),
    ]


def proof(story: Story, connection: int, back: Node) -> Node:
    """The code that gives this run, where it becomes different, and the way back."""
    code, step = str(story.played.call), story.difference(connection)
    return h.div(".wsl-row")[
        h.code[code],
        components.copy_button("Copy the code", code, picture="copy"),
        step is not None
        and h.button(".wsl-button", type="button", data_goto=str(step), data_key="difference")[
            f"≠ First difference: step {step}"
        ],
        back,
    ]


def told(story: Story | None, connection: int) -> str:
    """The same as plain text."""
    if story is None or not story.played.changed:
        return ""
    step = story.difference(connection)
    where = "" if step is None else f" The first difference is step {step}."
    return f"{done(story)} {_ends(story, connection)}{where}\n{story.played.call}\n"


def done(story: Story) -> str:
    """What is changed, as a sentence."""
    each = " and ".join(f"step {step} {did.done}" for step, did in sorted(story.played.call.do.items()))
    return f"{each[0].upper()}{each[1:]}."


def short(story: Story) -> str:
    """The same in few words: `Step 6 dropped, step 8 cut`."""
    each = ", ".join(f"step {step} {did.short}" for step, did in sorted(story.played.call.do.items()))
    return f"{each[0].upper()}{each[1:]}"


def _ends(story: Story, connection: int) -> str:
    """How both runs end."""
    if story.difference(connection) is None:
        return "Nothing becomes different on this connection."
    now, before = ending(story.played, connection), ending(story.base, connection)
    return "It ends as before." if now == before else f"Before: {before}; now: {now}."


def ending(tape: PlayedTape, connection: int) -> str:
    """What both sides of a connection believe in the end: `CLOSED 1006 ≠ OPEN`, the client first."""
    found = next((each for each in outcomes(tape, alike=False) if connection in each.connections), None)
    if found is None:
        return "without a connection"
    client, server = _belief(found.client), _belief(found.server)
    return f"{client} {'=' if client == server else '≠'} {server}"


def _belief(belief: Belief | None) -> str:
    return "nothing" if belief is None else str(belief)
