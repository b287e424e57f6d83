"""The timeline as plain text: one line for each entry, and beliefs where they change.

Left out: the picture (`picture`); a tape in words has no arrows (`tape.text`).
"""

from __future__ import annotations

from collections.abc import Iterator

from wslab.explain.durations import format_time
from wslab.explain.kinds import KINDS
from wslab.tape.entry import LOST
from wslab.widgets import components
from wslab.widgets.timeline.forks import told
from wslab.widgets.timeline.state import SIDES, TimelineState

__all__ = ["EXAMPLE", "dropped_words", "text"]

EXAMPLE = """lab = Lab()
server = await lab.serve(echo)
ws = await lab.connect(server)
await ws.send("Hello")
Timeline(lab)"""


def text(state: TimelineState) -> str:
    """The same as plain text: one line an entry, and beliefs where they change."""
    if not state.entries:
        return f"The tape is empty. A timeline shows what a lab recorded, for example:\n\n{EXAMPLE}"
    head, tail, out = components.cut_middle(range(len(state.shown)), 40 if state.live else 400)
    rows = [told(state.story, state.connection)] if state.story and state.story.played.changed else []
    rows += [f"      {dropped_words(state)}"] if state.dropped else []
    rows += [line for place in head for line in _lines(state, place)]
    rows += [f"      … {out:,} entries are left out"] if out else []
    return "\n".join(rows + [line for place in tail for line in _lines(state, place)])


def dropped_words(state: TimelineState) -> str:
    """How many entries before the first are no longer kept."""
    return f"… {state.dropped:,} entries before these are not kept: a live view has the newest"


def _lines(state: TimelineState, place: int) -> Iterator[str]:
    index = state.shown[place]
    before = state.shown[place - 1] if place else -1
    entry = state.entries[index]
    way = {"client": "client ─▶ server", "server": "client ◀─ server", "wire": "       wire     "}[entry.sender]
    if entry.fate == LOST and entry.sender != "wire":
        way = {"client": "client ─×  server", "server": "client  ×─ server"}[entry.sender]
    yield f"{format_time(entry.time):>10}  {way:<16}  {KINDS[entry.kind].mark} {state.sentence(entry)}"
    for side in SIDES:
        belief, true = state.belief(index, side)
        if belief is not None and (belief, true) != state.belief(before, side):
            yield f"{'':>12}the {side} {'is' if true else 'still believes'} {belief}"
