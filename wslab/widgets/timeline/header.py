"""The first line of the timeline: what it is, its tools, which connection, the filter; and what an empty tape shows.

Left out: the picture (`picture`).
"""

from __future__ import annotations

import htpy as h
from htpy import Node

from wslab.explain.kinds import KINDS
from wslab.explain.words import counted
from wslab.widgets import components
from wslab.widgets.timeline.folds import KEEPALIVE
from wslab.widgets.timeline.state import TimelineState
from wslab.widgets.timeline.text import EXAMPLE, about, text

__all__ = ["empty", "header", "tools"]

HELP = (
    "Time goes down, the client is on the left, the server on the right, and each arrow is what one of them sent. "
    "Step through it with the buttons, the slider or the arrow keys: the ribbons show what each side believes, "
    "and a hatched one is no longer true. "
    "Choose a tag to go to its step: the drawer below shows its bytes by field."
)


def header(state: TimelineState) -> Node:
    """Title, tools, and the filter, which is folded."""
    return [
        components.header(
            "Timeline",
            HELP,
            tools(state, text(state)),
            about=about(state),
        ),
    ]


def tools(state: TimelineState, story: str, save: Node = None) -> list[Node]:
    """Which connection, whether to follow, the filter, and what takes it elsewhere; `story` is it as text.

    `save` is what saves it, where that is more than a page.
    """
    return [
        state.can_watch and _live_box(state),
        len(state.connections) > 1 and _connections(state),
        _filter(state),
        components.copy_button("Copy the story as text", story, picture="copy"),
        save or components.do_button("Save as a page", "save", picture="save"),
    ]


def _connections(state: TimelineState) -> Node:
    options = [(str(number), f"connection {number}" if number else "the lab itself") for number in state.connections]
    chosen = components.select("connection", options, str(state.connection))
    return h.label[h.span(".wsl-hidden")["Show"], chosen]


def _live_box(state: TimelineState) -> Node:
    box = h.input(type="checkbox", checked=state.live, data_do="live", data_arg="", data_key="live")
    return h.label(".wsl-tlive")[box, " follow"]


def _filter(state: TimelineState) -> Node:
    """Which entries are shown: by kind, by side, by text; and whether Pings are folded away."""
    there = {entry.kind for entry in state.entries}
    kinds = [kind for kind in KINDS if kind in there]
    return h.details(".wsl-tfilter", data_key="filter")[
        h.summary(aria_label="Filter by kind, side and text", title="Filter", data_key="filter-button")[
            components.glyph("filter")
        ],
        h.div(".wsl-tfilters")[
            h.div(".wsl-row", role="group", aria_label="Kinds")[(_kind(state, kind) for kind in kinds)],
            _keepalive(state) if {*kinds} & {*KEEPALIVE} else None,
            components.field("From", components.select("side", SENDERS, state.filter.side)),
            components.field("With", components.text_input("words", state.filter.words, size=12)),
            not state.filter.shows_all and components.do_button("Show all", "show_all"),
        ],
    ]


SENDERS = [("", "both sides"), ("client", "client"), ("server", "server")]


def _kind(state: TimelineState, kind: str) -> Node:
    found = KINDS[kind]
    return h.button(
        class_=f"wsl-button wsl-k-{kind}",
        type="button",
        data_do="kind",
        data_arg=kind,
        data_key=f"kind-{kind}",
        aria_pressed="false" if kind in state.filter.hidden else "true",
        title=f"Show or hide: {found.name}",
    )[h.span(".wsl-mark", aria_hidden="true")[found.mark], found.name]


def _keepalive(state: TimelineState) -> Node:
    folded = state.filter.folds
    box = h.input(type="checkbox", checked=folded, data_do="keepalive", data_arg="", data_key="keepalive")
    return h.label(".wsl-tlive")[box, " fold Pings and Pongs"]


def empty(state: TimelineState) -> Node:
    """A tape without entries, or a filter that hides all."""
    if state.entries:
        return h.div(".wsl-blank")[
            h.p[f"The filter hides all: {counted(len(state.entries), 'step')}."],
            components.do_button("Show all", "show_all"),
        ]
    waiting = "The tape is empty. This view follows it: run something." if state.live else "The tape is empty."
    return h.div(".wsl-blank")[
        h.p[waiting, " A timeline shows what a lab recorded, for example:"],
        h.pre(".wsl-pre", tabindex="0", aria_label="An example")[EXAMPLE],
        components.copy_button("Copy the example", EXAMPLE),
    ]
