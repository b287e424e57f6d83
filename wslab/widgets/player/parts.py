"""The foot of the player: one part of the explanation at a time, or the present step, chosen by a row of tabs.

The parts are those of `scenarios.explanation`, each with the sections that it names as links; then what the fix changes
in the code (`lines`), and what real peers do where they differ. All parts are in the page, so it needs no Python to
change between them.

Left out: who says what of a run (`scenarios.explanations`), and the question (`ask`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import htpy as h
from htpy import Node

from wslab.scenarios.explanation import PARTS
from wslab.widgets.components import prose
from wslab.widgets.player import ask
from wslab.widgets.player.foot import lines, peers, states, step, story, values
from wslab.widgets.player.pair import meanwhile
from wslab.widgets.player.state import FIX, PEERS, SEEN, STEP, WHAT, PlayerState, part_name, said_name
from wslab.widgets.timeline.state import Span

__all__ = ["Part", "parts"]

ANSWERS, VALUES = part_name("answers"), part_name("values")
"""Why the other answers are not so; other values for the parameters."""

STATES, CODE = part_name("states"), part_name("code-of-step")
"""Both sides in their states; the line of the story that did the step."""

SHORT = {
    "What each side knows": "Who knows",
    "What to write": "To write",
    "Limits of the model": "Limits",
    "The fix in code": "The fix",
    "Real peers": "Peers",
    "Other values": "Values",
    "The line of code": "Code",
}
"""What stands on a tab where the title of its part is too long for that."""


class Part(NamedTuple):
    """A tab of the foot: its name (what `selected` is while it is open), its title, and what it shows."""

    name: str
    title: str
    node: Node


def parts(state: PlayerState, spans: Sequence[Span]) -> Node:
    """The tabs, and what each shows; `spans` are the steps that are rendered."""
    shown = list(_in_order(state, spans))
    return h.div(".wsl-parts")[
        h.div(".wsl-row.wsl-partnames", data_roving=True, role="group", aria_label="What explains this run")[
            (_tab(state, part.name, part.title) for part in shown)
        ],
        (_shown(state, *part) for part in shown),
    ]


def _in_order(state: PlayerState, spans: Sequence[Span]) -> Iterator[Part]:
    """All parts, in the order of their tabs: what explains the run, then what is of the present step."""
    yield from _told(state)
    yield from _more(state)
    if state.question.choices:
        yield Part(ANSWERS, "Answers", ask.answers(state))
    if state.played.scenario.parameters:
        yield Part(VALUES, "Other values", values.values(state.played))
    yield from _of_the_step(state, spans)


def _of_the_step(state: PlayerState, spans: Sequence[Span]) -> Iterator[Part]:
    """What the present step is, where both sides are then, and the line of code that did it."""
    yield Part(STEP, "This step", step.step(state.timeline, spans, meanwhile(state.beside, state.timeline)))
    yield Part(STATES, "States", states.states(state.timeline, spans))
    if state.lines:
        yield Part(CODE, "The line of code", story.story(state.played.scenario, state.timeline, spans, state.lines))


def _more(state: PlayerState) -> Iterator[Part]:
    """What the fix changes, and what real peers do; each only where there is something."""
    if state.played.scenario.fix:
        told = None if state.is_fixed else prose(state.played.fix)  # where it is fixed, that stands above
        yield Part(FIX, "The fix in code", lines.fix(state.played.scenario, told))
    differing = peers.differing(state.played)
    if differing:
        yield Part(PEERS, "Real peers", peers.told(differing))


def _told(state: PlayerState) -> Iterator[Part]:
    """Each part of the explanation that has a text."""
    for name, title in PARTS.items():
        text = getattr(state.explanation, name)
        if text:
            yield Part(part_name(name), title, _part(state, part_name(name), text))


def _tab(state: PlayerState, name: str, title: str) -> Node:
    names = _names(state, name)
    pressed = str(state.selected in names).lower()
    return h.button(
        ".wsl-button.wsl-partname",
        type="button",
        data_select=name,
        data_link=" ".join(names),
        data_key=name,
        aria_pressed=pressed,
        title=title,
    )[SHORT.get(title, title)]


def _names(state: PlayerState, name: str) -> list[str]:
    """Where the learner is while this part is open: the first is open after an answer, too."""
    answers = [SEEN, *(said_name(number) for number in range(len(state.question.choices)))]
    return [name, *answers] if name == WHAT else [name]


def _shown(state: PlayerState, name: str, title: str, node: Node) -> Node:
    names = _names(state, name)
    return h.div(
        ".wsl-part",
        data_show=" ".join(names),
        hidden=state.selected not in names,
        tabindex="0",  # a long part scrolls in its place, by the keyboard, too
        role="group",
        aria_label=title,
    )[node]


def _part(state: PlayerState, name: str, text: str) -> Node:
    nothing_to_fix = name == part_name("code") and not state.played.scenario.fix
    return [
        state.played.changed and h.p(".wsl-note")["This explains the run without your change."],
        h.p(".wsl-line")[prose(text)],
        nothing_to_fix and h.p(".wsl-line")[prose(state.played.scenario.fixed)],
    ]
