"""The timeline as plain text, and the words that the text and the picture share.

The text has the words of the picture in its order: how many steps there are, then each step with its time and its
number, beliefs where they change, time without events as its length alone, and at the end what both believe at the
present step.

Left out: the picture (`picture`); a tape in words has no arrows (`tape.text`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wslab.explain.kinds import KINDS
from wslab.explain.words import counted
from wslab.tape.entry import LOST
from wslab.widgets import components
from wslab.widgets.timeline.forks import told
from wslab.widgets.timeline.heights import IDLE_S
from wslab.widgets.timeline.state import SIDES, TimelineState
from wslab.widgets.timeline.words import duration, moment

__all__ = ["EXAMPLE", "OUTDATED", "Half", "about", "dropped_words", "half", "rows", "sign_between", "text"]

EXAMPLE = """lab = Lab()
server = await lab.serve(echo)
ws = await lab.connect(server)
await ws.send("Hello")
Timeline(lab)"""

OUTDATED = "no longer true"
"""What stands beside a belief that is no longer true."""


def text(state: TimelineState) -> str:
    """The whole timeline as plain text, with what both believe at the present step."""
    if not state.entries:
        return f"The tape is empty. A timeline shows what a lab recorded, for example:\n\n{EXAMPLE}"
    changed = [told(state.story, state.connection)] if state.story and state.story.played.changed else []
    return "\n".join([about(state), *changed, "", rows(state), "", *_verdict(state)])


def about(state: TimelineState) -> str:
    """How much there is, in a few words."""
    if not state.entries:
        return "nothing recorded yet"
    count, passed = len(state.entries), state.entries[-1].time - state.entries[0].time
    words = f"{counted(count, 'step')} in {duration(passed)}" if count > 1 else counted(count, "step")
    hidden = count - len(state.shown) - sum(len(fold.indices) - 1 for fold in state.folds.values())
    words = f"{words}, {hidden:,} hidden" if hidden else words
    several = sum(1 for number in state.connections if number)
    whole = f"{words}; on the tape {counted(state.all_entries, 'step')} of {several:,} connections"
    return words if several < 2 else whole


def dropped_words(state: TimelineState) -> str:
    """How many entries before the first are no longer kept."""
    are = "is" if state.dropped == 1 else "are"
    return f"… {counted(state.dropped, 'entry', 'entries')} before these {are} not kept: a live view has the newest"


# ---- each step


def rows(state: TimelineState) -> str:
    """The steps alone, one line each, and beliefs where they change."""
    head, tail, out = components.cut_middle(range(len(state.shown)), 40 if state.live else 400)
    found = [f"      {dropped_words(state)}"] if state.dropped else []
    found += [line for place in head for line in _lines(state, place)]
    found += [f"      … left out: {counted(out, 'entry', 'entries')}"] if out else []
    found += [line for place in tail for line in _lines(state, place)]
    return "\n".join(found + [f"{'':>16}… {sentence}" for sentence in state.pending])


def _lines(state: TimelineState, place: int) -> Iterator[str]:
    index = state.shown[place]
    before = state.shown[place - 1] if place else -1
    entry = state.entries[index]
    idle = entry.time - state.entries[before].time if place else 0.0
    if idle >= IDLE_S:
        yield f"{'':>16}… {duration(idle)}"
    way = {"client": "client ─▶ server", "server": "client ◀─ server", "wire": "       wire     "}[entry.sender]
    if entry.fate == LOST and entry.sender != "wire":
        way = {"client": "client ─×  server", "server": "client  ×─ server"}[entry.sender]
    time = f"{moment(entry.time - state.began):>9} {entry.number:>4}"
    yield f"{time}  {way:<16}  {KINDS[entry.kind].mark} {state.sentence(entry)}"
    for side in SIDES:
        belief, true = state.belief(index, side)
        if belief is not None and (belief, true) != state.belief(before, side):
            yield f"{'':>16}{side} {belief}{'' if true else f', {OUTDATED}'}"


# ---- what both believe


def _verdict(state: TimelineState) -> Iterator[str]:
    """The large line at the present step, and what is said of each side."""
    if not state.shown:
        return
    number = state.nearest(state.step)
    both = {side: half(state, state.shown[state.place(number)], side) for side in SIDES}
    client, server = (f"{side} {shown.belief or shown.why}" for side, shown in both.items())
    yield f"step {number}: {client} {sign_between(both['client'], both['server']) or '·'} {server}"
    yield from (f"  {side}: {shown.why}" for side, shown in both.items() if shown.belief and shown.why)


class Half(NamedTuple):
    """One side's half of the large line: its belief (empty: none), whether it is true, and what is said of it."""

    belief: str
    true: bool
    why: str


def half(state: TimelineState, index: int, side: str) -> Half:
    """What a side believes after an entry."""
    belief, true = state.belief(index, side)
    if belief is None:
        return Half("", True, _nothing(state, index, side))
    return Half(str(belief), true, belief.detail if true else f"{OUTDATED}: nothing has told it")


def sign_between(client: Half, server: Half) -> str:
    """`=` or `≠`; nothing where a side believes nothing."""
    if not client.belief or not server.belief:
        return ""
    return "=" if client.belief == server.belief else "≠"


def _nothing(state: TimelineState, index: int, side: str) -> str:
    if state.was_known(side, index):
        return "believes nothing any more"
    return "believes nothing yet" if state.is_ours(side) else "believes nothing that is recorded"
