"""The page of a player: the run that is shown, and below it, folded, the fixed variant and the forks that were made.

Each run is a still view with a scrubber of its own. Style and script are in the page once. The page is bounded: a run
that would make it larger than `MOST` is left out, and the last line says so, and how large the page is.

Left out: drawing a run (`player.picture`).
"""

from __future__ import annotations

from collections.abc import Iterable

import htpy as h
from htpy import Node

from wslab.widgets.page import html_of, page, rendered, standing
from wslab.widgets.player.home.files import size_words
from wslab.widgets.player.state import PlayerState
from wslab.widgets.timeline.forks import short

__all__ = ["MOST", "Run", "runs_page", "title_of"]

MOST = 2_000_000
"""Bytes of a page, with all of its runs."""

Run = tuple[str, Node]
"""A run: its title, and its still view."""


def title_of(state: PlayerState) -> str:
    """What a run is called on the page."""
    story = state.timeline.story
    if story is not None and story.played.changed:
        return f"{'The fixed run' if story.played.call.fixed else 'A fork'}: {short(story).lower()}"
    return "The fixed variant" if state.is_fixed else "As it is"


def runs_page(name: str, shown: Node, others: Iterable[Run]) -> str:
    """The page: the run that is shown, and the others while there is room."""
    kept, left_out = [rendered(shown)], 0
    size = len(html_of(standing(kept)).encode())
    for title, view in others:
        node = rendered(h.details(".wsl-run")[h.summary[title], view])
        more = len(node.encode())
        left_out += size + more > MOST
        if size + more <= MOST:
            kept, size = [*kept, node], size + more
    return page(f"{name} · wslab", standing([kept, h.p(".wsl-note")[_told(len(kept), left_out, size)]]))


def _told(runs: int, left_out: int, size: int) -> str:
    """How large the page is, and what has no room."""
    count = "1 run" if runs == 1 else f"{runs} runs"
    rest = f" {left_out} more would make it larger than {size_words(MOST)}." if left_out else ""
    return f"This page holds {count} and has {size_words(size)}. It loads nothing.{rest}"
