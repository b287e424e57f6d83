"""Where the steps are that one looks for: the frames, the Closes, and those at which the two sides begin to differ.

Each has a button that goes to the next such step, and a letter that does the same; Shift with the letter goes back to
the one before. The steps are those of the whole connection, so the page needs no Python to find the next one.

Left out: going there (`static/wslab.js`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import htpy as h
from htpy import Node

from wslab.widgets.timeline.state import SIDES, TimelineState

__all__ = ["Mark", "marks", "seekers"]


class Mark(NamedTuple):
    """A kind of step that one looks for: the letter of its key, its name, what its button shows, and the steps."""

    key: str
    name: str
    words: str
    steps: tuple[int, ...]


def marks(state: TimelineState) -> tuple[Mark, ...]:
    """All kinds, with the steps of those that are shown."""
    shown = [state.entries[index] for index in state.shown]
    return (
        Mark("f", "frame", "Frame", tuple(each.number for each in shown if each.opcode is not None)),
        Mark("c", "Close", "Close", tuple(each.number for each in shown if each.kind == "close")),
        Mark("d", "difference", "≠", tuple(_differences(state))),
    )


def _differences(state: TimelineState) -> Iterator[int]:
    """The steps at which the two sides come to believe different things."""
    before: tuple[str, ...] = ()
    for index in state.shown:
        beliefs = [state.belief(index, side)[0] for side in SIDES]
        now = tuple(map(str, beliefs))
        if None not in beliefs and now[0] != now[1] and now != before:
            yield state.entries[index].number
        before = now


def seekers(state: TimelineState) -> Node:
    """The buttons that go to the next step of each kind, and the speed at which the run plays."""
    return h.div(".wsl-seekers", role="group", aria_label="Go to the next")[
        h.span(".wsl-note", aria_hidden="true")["next"],
        (_seeker(mark) for mark in marks(state)),
        h.button(
            ".wsl-button.wsl-speed",
            type="button",
            data_speed=True,
            data_key="speed",
            title="How fast it plays (keys + and −)",
        )["1×"],
    ]


def _seeker(mark: Mark) -> Node:
    return h.button(
        ".wsl-button",
        type="button",
        data_seek=mark.key,
        data_steps=" ".join(map(str, mark.steps)),
        data_name=mark.name,
        data_key=f"seek-{mark.key}",
        aria_label=f"Next {mark.name}",
        title=f"Next {mark.name} (key {mark.key.upper()}; with Shift the one before)",
    )[mark.words]
