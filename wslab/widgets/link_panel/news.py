"""What a screen reader is told of what happens on the connection that is shown.

A link may carry thousands of frames a second, and nobody can hear of each. So an action of the user asks for news:
the next `MOST_LOOKS` looks that find something new say it, the newest `MOST_STEPS` steps in words. That a side believes
something else is always said.

Left out: when the panel looks, and who speaks (`widget`, `wslab.js`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from wslab.protocol import Role
from wslab.widgets.link_panel.connections.rows import unknown
from wslab.widgets.timeline.state import TimelineState
from wslab.widgets.timeline.text import OUTDATED

__all__ = ["MOST_LOOKS", "MOST_STEPS", "News"]

MOST_LOOKS = 4
"""Looks after an action that say what is new."""

MOST_STEPS = 2
"""Steps that are said in words, the newest; those before them are counted."""


class News:
    """What was said last, and how often more is to be said."""

    def __init__(self, timeline: TimelineState) -> None:
        self._asked = 0
        self._connection, self._last, self._beliefs = _seen(timeline)

    def ask(self) -> None:
        """The user did something: what it leads to is to be said."""
        self._asked = MOST_LOOKS

    def said(self, timeline: TimelineState) -> str:
        """What is new, in words; empty where nothing is to be said."""
        before = self._connection, self._last, self._beliefs
        self._connection, self._last, self._beliefs = _seen(timeline)
        if before == (self._connection, self._last, self._beliefs):
            return ""
        is_same, last = self._connection == before[0], before[1] if self._connection == before[0] else -1
        words = [*self._told(timeline, last)] if self._asked else []
        if self._beliefs != before[2] and (is_same or self._asked):
            words.append(f"Now {self._beliefs}.")
        self._asked = max(0, self._asked - 1)
        return " ".join(words)

    def _told(self, timeline: TimelineState, last: int) -> Iterator[str]:
        """The steps behind `last`."""
        new = [entry for entry in timeline.entries[-MOST_STEPS:] if entry.number > last]
        more = _count(timeline, last) - len(new)
        if more > 0:
            yield f"{more:,} more step{'s' if more > 1 else ''}."
        for entry in new:
            yield f"Step {entry.number}: {entry.sentence}{' The link holds it.' if entry.held else ''}"


def _count(timeline: TimelineState, last: int) -> int:
    """How many steps came behind `last`; numbers count the steps of all connections."""
    entries = timeline.entries
    return len(entries) - bisect_right(entries, last, key=lambda entry: entry.number)


def _seen(timeline: TimelineState) -> tuple[int, int, str]:
    """The connection, its newest step, and what both sides believe, in words."""
    entries = timeline.entries
    if not entries:
        return timeline.connection, -1, ""
    told = (_believed(timeline, role.value) for role in Role)
    return timeline.connection, entries[-1].number, "; ".join(told)


def _believed(timeline: TimelineState, side: str) -> str:
    belief, true = timeline.belief(len(timeline.entries) - 1, side)
    said = belief or unknown(ours=timeline.is_ours(side))
    return f"{side} {said}{'' if true else f', {OUTDATED}'}"
