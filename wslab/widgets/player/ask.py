"""The question of the player, as HTML and as text: what is asked, what was said, and why the other answers are not so.

What there is to say of each answer is in the page before Python has heard of it, so the question works without Python.
The reason for the answer that was given stands under the question; those of all others are a part of the foot.

Left out: what is asked (`question`), and the rest of the player (`picture`, `parts`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.widgets import components
from wslab.widgets.components import prose
from wslab.widgets.player.question import Choice
from wslab.widgets.player.state import SEEN, PlayerState, said_name
from wslab.widgets.timeline import picture as timeline
from wslab.widgets.timeline.state import SIDES

__all__ = ["answers", "answers_text", "ask", "asked_text", "question", "score"]


def question(state: PlayerState) -> Node:
    """What is asked, and once something was said, what there is to say of it."""
    named = _named(state)
    shown = [(state.said, state.answer)] if state.said else named
    return h.div(".wsl-question")[
        h.p(".wsl-asked")[prose(_asked_of(state))],
        (_judged(state, name, choice) for name, choice in shown if choice is not None),
    ]


def _asked_of(state: PlayerState) -> str:
    """The question; with a fixed or changed run in sight, that it was asked of the one before."""
    before = "Before the change: " if state.played.changed else "Before the fix: " if state.is_fixed else ""
    return f"{before}{state.question.text}"


def _named(state: PlayerState) -> list[tuple[str, Choice]]:
    return [(said_name(number), choice) for number, choice in enumerate(state.question.choices)]


def _judged(state: PlayerState, name: str, choice: Choice) -> Node:
    """What there is to say of a choice, which is shown once it was made."""
    shown: components.Attributes = {} if state.said else {"data-show": name, "hidden": state.selected != name}
    return h.p(shown, class_=f"wsl-judged {'is-wrong' if choice.why else 'is-right'}", role="status")[
        h.b["≠ " if choice.why else "✓ "], prose(_said_of(state, choice))
    ]


def _said_of(state: PlayerState, choice: Choice) -> str:
    if not choice.why:
        return f"“{choice.words}”: so it is."
    return f"Not “{choice.words}”. {choice.why} Right is “{state.question.right}”."


# ---- before the answer


def ask(state: PlayerState) -> Node:
    """The choices and the beginning of the run, while nothing is chosen."""
    scene = state.scene
    return h.div(".wsl-ask", data_show="", hidden=state.selected != "")[
        h.div(".wsl-choices")[
            h.div(".wsl-row", role="group", aria_label="Answers")[
                (_chip(choice.words, name) for name, choice in _named(state))
            ],
            _chip("See what happens", SEEN),
        ],
        scene is not None and h.div(".wsl-scene", inert=True)[timeline.beginning(scene)],
        h.div(".wsl-tverdict", aria_hidden="true")[
            (h.span(class_=f"wsl-thalf is-{side}")[h.span[side, " ", h.b["?"]]] for side in SIDES)
        ],
    ]


def _chip(words: str, name: str) -> Node:
    # an input, because the focus alone chooses a button
    plain = words.replace("`", "")  # and an input's value is plain text, which has no marks of code
    return h.input(".wsl-button", type="button", value=plain, data_select=name, data_key=f"choose-{name}")


# ---- behind it


def answers(state: PlayerState) -> Node:
    """All answers, each wrong one with the reason why it is not so."""
    return h.ul(".wsl-answers")[
        (
            h.li(".is-right")[h.b["✓ "], prose(choice.words)]
            if not choice.why
            else h.li[h.b["≠ "], h.span[prose(choice.words)], ". ", prose(choice.why)]
            for choice in sorted(state.question.choices, key=lambda each: bool(each.why))
        )
    ]


def score(state: PlayerState) -> str:
    """How many answers were right, of those that were given in this view; empty before the first."""
    right, given = sum(state.score.values()), len(state.score)
    return f"{right} of {given} right" if given else ""


# ---- as text


def asked_text(state: PlayerState) -> str:
    """The question, and what there is to choose from."""
    return state.question.text + "".join(f"\n  ( ) {choice.words}" for choice in state.question.choices)


def answers_text(state: PlayerState) -> str:
    """The question, what was said, and why the others are not so."""
    return "\n".join([_asked_of(state), *_lines(state)])


def _lines(state: PlayerState) -> Iterator[str]:
    for choice in state.question.choices:
        you = " (your answer)" if choice == state.answer else ""
        yield f"  ≠ {choice.words}{you}. {choice.why}" if choice.why else f"  ✓ {choice.words}{you}"
