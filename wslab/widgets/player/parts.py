"""The foot of the player: one part of the explanation at a time, or the present step, chosen by a row of tabs.

The parts are those of `scenarios.explanation`, each with the sections that it names as links. What to write has the
fix, too: its sentence and the code that plays it. All parts are in the page, so it needs no Python to
change between them.

Left out: who says what of a run (`scenarios.explanations`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.scenarios.explanation import PARTS
from wslab.widgets.components import prose
from wslab.widgets.player.state import SEEN, STEP, WHAT, PlayerState, part_name, said_name

__all__ = ["parts"]


def parts(state: PlayerState, step: Node) -> Node:
    """The tabs, and what each shows; `step` is the drawer of the present step."""
    told = list(_told(state))
    return h.div(".wsl-parts")[
        h.div(".wsl-row.wsl-partnames", data_roving=True, role="group", aria_label="What explains this run")[
            (_tab(state, name, title) for name, title, _ in told), _tab(state, STEP, "This step")
        ],
        (_shown(state, name, title, _part(state, name, text)) for name, title, text in told),
        _shown(state, STEP, "This step", step),
    ]


def _told(state: PlayerState) -> Iterator[tuple[str, str, str]]:
    """Each part that has a text: its name, its title, its text."""
    texts = {name: getattr(state.explanation, name) for name in PARTS}
    yield from ((part_name(name), PARTS[name], text) for name, text in texts.items() if text)


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
    )[title]


def _names(state: PlayerState, name: str) -> list[str]:
    """Where the learner is while this part is open: the first is open after an answer, too."""
    answers = [SEEN, *(said_name(number) for number in range(len(state.choices)))]
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
    return [_unchanged(state), h.p(".wsl-line")[prose(text)], _fix(state, name)]


def _unchanged(state: PlayerState) -> Node:
    return state.played.changed and h.p(".wsl-note")["This explains the run without your change."]


def _fix(state: PlayerState, name: str) -> Node:
    """What the fixed variant changes, and its code."""
    scenario = state.played.scenario
    if name != part_name("code"):
        return None
    if not scenario.fix:
        return h.p(".wsl-line")[prose(scenario.fixed)]
    return h.p(".wsl-line")[
        h.b["Fixed: "], prose(state.played.fix), " ", h.code[f'play("{scenario.name}", fixed=True)']
    ]
