"""Both sides in the map of states, step by step, and what is under way between them where it is much.

Each side is a row of the four states. The one that it believes is solid, hatched where it is no longer true; those that
it came through are outlined; an arrow leads to the one that it has just entered, with the reason. Below is how many
bytes have left one side's program and have not arrived: they are in the memory of the sender, in TCP or on the path,
and the tape cannot tell which. Few bytes say nothing, so they are not shown.

Left out: the whole map with all its ways (`StateMap`).
"""

from __future__ import annotations

from collections.abc import Sequence

import htpy as h
from htpy import Node

from wslab.explain import size_in_words
from wslab.protocol.states import State
from wslab.tape.entry import LOST, PEER, Belief, Entry
from wslab.widgets import components
from wslab.widgets.timeline.state import SIDES, Span, TimelineState

__all__ = ["states", "under_way"]

MUCH = 16 * 1024
"""Bytes under way from which on they are shown."""


def states(state: TimelineState, spans: Sequence[Span]) -> Node:
    """For each step where both sides are in their states, and what is under way."""
    most = max((under_way(state.entries, index, side) for index, _, _ in spans for side in SIDES), default=0)
    return [
        h.div(".wsl-states", components.during(state.step, first, last))[_both(state, index, most)]
        for index, first, last in spans
    ]


def _both(state: TimelineState, index: int, most: int) -> Node:
    return [
        *(_row(state, index, side) for side in SIDES),
        *(_buffer(state.entries, index, side, most) for side in SIDES if most >= MUCH),
    ]


def _row(state: TimelineState, index: int, side: str) -> Node:
    belief, true = state.belief(index, side)
    before = state.belief(index - 1, side)[0]
    entered = belief is not None and before is not None and before.state is not belief.state
    return h.div(".wsl-srow")[
        h.b(".wsl-sside")[side],
        h.span(".wsl-sboxes")[(_box(each, belief, before if entered else None, true=true) for each in State)],
        h.span(".wsl-note")[_why(belief, entered=entered, true=true)],
    ]


def _box(which: State, belief: Belief | None, before: Belief | None, *, true: bool) -> Node:
    now = belief is not None and belief.state is which
    came = before is not None and before.state is which
    words = str(belief) if now else which.value
    looks = ["wsl-sbox", now and "is-now-state", now and not true and "is-false", came and "is-left"]
    return h.span({"class": looks, "aria-current": "step" if now else None})[now and before is not None and "→ ", words]


def _why(belief: Belief | None, *, entered: bool, true: bool) -> str:
    if belief is None:
        return "believes nothing"
    if not true:
        return "no longer true: nothing has told it"
    return f"entered: {belief.detail}" if entered else belief.detail


# ---- what is under way


def under_way(entries: Sequence[Entry], index: int, sender: str) -> int:
    """Bytes that a side has sent by the time of entry `index` and that arrive later, or are still under way."""
    now = entries[index].time
    sent = (entry for entry in entries[: index + 1] if entry.sender == sender and entry.fate != LOST)
    return sum(len(entry.data) for entry in sent if entry.arrived is None or entry.arrived > now)


def _buffer(entries: Sequence[Entry], index: int, sender: str, most: int) -> Node:
    size = under_way(entries, index, sender)
    return h.div(".wsl-srow")[
        h.b(".wsl-sside")[f"→ {PEER[sender]}"],
        h.span(".wsl-sbar", style=f"--part:{100 * size / most:.0f}%", aria_hidden="true"),
        h.span(".wsl-note")[f"{size_in_words(size)} sent, not arrived" if size else "nothing under way"],
    ]
