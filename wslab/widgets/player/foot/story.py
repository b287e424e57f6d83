"""The line of the scenario's code that did the present step, with the lines around it.

Where no line of the story did it, the lab's own code did, such as a Pong that a library sends by itself. Then the line
is the one at which the story waits meanwhile, and it says so. Of a run on real sockets that was played elsewhere
nothing is known: it cannot be played again to find out.

Left out: finding the lines (`scenarios.tracing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

import htpy as h
from htpy import Node

from wslab.scenarios.catalogue import Scenario
from wslab.scenarios.tracing import StoryLine, source_around
from wslab.tape.entry import Entry
from wslab.widgets import components
from wslab.widgets.timeline.state import Span, TimelineState

__all__ = ["Lines", "story"]

AROUND = 2
"""Lines that are shown before the line and behind it."""

Lines = Mapping[int, StoryLine | None]
"""The line of each entry, by its number."""


def story(scenario: Scenario, state: TimelineState, spans: Sequence[Span], lines: Lines) -> Node:
    """For each step the line that did it."""
    return [
        h.div(".wsl-story", components.during(state.step, first, last))[
            _excerpt(scenario, state.entries[index], lines.get(state.entries[index].number))
        ]
        for index, first, last in spans
    ]


def _excerpt(scenario: Scenario, entry: Entry, line: StoryLine | None) -> Node:
    if line is None:
        return h.p(".wsl-note")["The story is over: the lab did this by itself."]
    source = source_around(scenario.name, line.number)
    here = line.number - source.first
    low, high = max(0, here - AROUND), here + AROUND + 1
    return [
        h.p(".wsl-note")[_who(entry, line), " ", h.code[_place(scenario, line)]],
        h.pre(".wsl-storylines", tabindex="0", aria_label="The story's code")[
            (
                _line(text, now=number == here, did_it=line.did_it)
                for number, text in enumerate(source.lines[low:high], low)
            )
        ],
    ]


def _who(entry: Entry, line: StoryLine) -> str:
    if line.did_it:
        return "This line of the story did it:"
    who = "The link" if entry.sender == "wire" else f"The lab's {entry.sender}"
    return f"{who} did this by itself, while the story waits here:"


def _place(scenario: Scenario, line: StoryLine) -> str:
    file = PurePath(scenario.run.__code__.co_filename)
    return f"{file.name}:{line.number}"


def _line(text: str, *, now: bool, did_it: bool) -> Node:
    looks = ["wsl-sline", now and ("is-cause" if did_it else "is-waiting")]
    return h.span({"class": looks, "aria-current": "true" if now else None})["▸ " if now else "  ", text, "\n"]
