"""Two runs side by side under one cursor: the run as it is, and the one that a change or the fix made of it.

The steps are those of the changed run, so the counter shows what `do=` takes. The other run has no steps of its own:
at each step it shows what has happened in it by then, and where that is several steps, the sentence names them.

Both have one axis of time, so a moment has the same height in both, and one line marks the first difference. In a
narrow view they stand below each other, and each scrolls by itself.

Left out: one run alone (`timeline.picture`), and the rest of the player (`picture`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import htpy as h
from htpy import Node

from wslab.explain.words import counted
from wslab.tape.entry import Entry
from wslab.widgets import components
from wslab.widgets.timeline import picture as timeline
from wslab.widgets.timeline.forks import Story, done, proof, short
from wslab.widgets.timeline.layout import Layout, layouts
from wslab.widgets.timeline.state import TimelineState

__all__ = ["WIRES", "banner", "meanwhile", "on_one_axis", "picture", "set_beside", "verdicts", "within"]

MOST_BESIDE = 60
"""Entries of the run as it is that are drawn at most."""

WIRES = (110, 215, 160, 280)
"""Widths of the wire in pixels: of one below the other in views from 360 and 569 on, side by side from 853 and 1105."""

BACK_KEY = "Backspace"
"""The key that leads back to the run as it is."""


# ---- one cursor for both


def set_beside(base: TimelineState, now: TimelineState) -> TimelineState:
    """`base` with the steps of `now` at which each of its entries is the last that has happened.

    An entry has happened at the last step of `now` that is not later. Of entries at one moment the first counts as
    late as the first of the other run, and so on: where both runs are the same, their steps are.
    """
    shown = {now.entries[index].number for index in now.shown}
    keys = [key for key, number in _moments(now.entries) if number in shown]
    own = {number: key for key, number in _moments(base.entries)}
    numbers = [base.entries[index].number for index in base.shown] if now.shown else []
    begins = [now.number(max(0, bisect_right(keys, own[number]) - 1)) for number in numbers]
    ends = [*(begin - 1 for begin in begins[1:]), now.last]
    spans = zip(numbers, begins, ends[: len(numbers)], strict=True)
    return replace(base, step=now.step, beside={number: (begin, end) for number, begin, end in spans})


def meanwhile(base: TimelineState | None, now: TimelineState) -> Mapping[int, str]:
    """At which steps several of the run beside have happened since the step before, and which, as a sentence.

    The cursor has no steps for these: a learner goes back to step through them.
    """
    if base is None:
        return {}
    found: dict[int, list[int]] = {}
    for index in base.shown:
        number = base.entries[index].number
        found.setdefault(base.when(number)[0], []).append(number)
    title = _titles(base, now)[0]
    return {step: f"{title}, meanwhile: steps {n[0]} to {n[-1]}." for step, n in found.items() if len(n) > 1}


def on_one_axis(base: TimelineState, now: TimelineState) -> tuple[TimelineState, TimelineState]:
    """Both with times that are counted from where the first of them began."""
    zero = min(state.began for state in (base, now) if state.entries)
    return replace(base, zero=zero), replace(now, zero=zero)


def _moments(entries: Sequence[Entry]) -> Iterator[tuple[tuple[float, int], int]]:
    """When each entry departs, as a time and its place among those of this time; and its number."""
    place = 0
    for before, entry in pairwise([None, *entries]):
        assert entry is not None
        place = place + 1 if before is not None and before.time == entry.time else 0
        yield (entry.time, place), entry.number


def within(base: TimelineState, steps: range) -> Sequence[int]:
    """The indices of the entries of the run beside that these steps need: `MOST_BESIDE` at most."""
    needed = [
        index
        for index in base.shown
        if base.when(base.entries[index].number)[0] in steps or steps.start in range(*_span(base, index))
    ]
    return needed[:MOST_BESIDE]


def _span(base: TimelineState, index: int) -> tuple[int, int]:
    first, last = base.when(base.entries[index].number)
    return first, last + 1


# ---- the picture


def picture(base: TimelineState, now: TimelineState, steps: range) -> Node:
    """Both runs, with these steps rendered ahead."""
    shown, beside = now.within(steps), within(base, steps)
    spans = now.spans(shown)
    found = layouts([(base, beside), (now, shown)], WIRES)
    mark, veils = _parting(base, now, found), list(timeline.veils(now, found[1], spans))
    halves = [
        _half(state, each, mark, veils, title, side)
        for state, each, title, side in zip((base, now), found, _titles(base, now), ("base", "fork"), strict=True)
    ]
    return h.div(".wsl-pair")[timeline.box(now, spans, [h.div(".wsl-pairs")[halves], _cut_off(base, beside, steps)])]


def _half(state: TimelineState, found: Layout, mark: timeline.Mark | None, veils: Node, title: str, side: str) -> Node:
    heading = h.b(".wsl-pairname", title=title)[title]
    return h.div(
        class_=f"wsl-timeline is-{side}", role="group", aria_label=title, data_follow=True, data_aside=side == "base"
    )[timeline.columns(state, heading), timeline.drawing(state, found, mark=mark, veils=veils)]


def _cut_off(base: TimelineState, beside: Sequence[int], steps: range) -> Node:
    """What of the run as it is has no room."""
    more = sum(base.when(base.entries[index].number)[0] in steps for index in base.shown) - len(beside)
    return more > 0 and h.p(".wsl-tmore")[f"… as it is, {counted(more, 'step')} more"]


def _titles(base: TimelineState, now: TimelineState) -> tuple[str, str]:
    """What stands above each run; where they are of several connections, with its number."""
    story = now.story
    assert story is not None, "only runs of a scenario stand side by side"
    plain = "The fixed run" if story.base.call.fixed else "As it is"
    changed = short(story) if story.played.call.do else "Fixed"
    if base.connection == now.connection:
        return plain, changed
    return f"{plain}, {_number(base)}", f"{changed}, {_number(now)}"


def _number(state: TimelineState) -> str:
    return f"connection {state.connection}" if state.connection else "the lab itself"


def _parting(base: TimelineState, now: TimelineState, found: Sequence[Layout]) -> timeline.Mark | None:
    """The first difference, at the height of the earlier of both steps."""
    parting = None if now.story is None else now.story.parting(now.connection)
    if parting is None:
        return None
    here, there = (None if entry is None else entry.number for entry in (parting.here, parting.there))
    step = now.stands_for(there)
    tops = (timeline.height_of(found[0], base.stands_for(here)), timeline.height_of(found[1], step))
    top = min((top for top in tops if top is not None), default=None)
    return None if top is None else timeline.Mark(top, now.last if step is None else step)


def verdicts(base: TimelineState, now: TimelineState, steps: range) -> Node:
    """What both sides believe at each step, for each run."""
    spans = (base.spans(base.shown), now.spans(now.within(steps)))
    return h.div(".wsl-pairs.wsl-pairverdicts")[
        (
            h.div(".wsl-pairverdict", role="group", aria_label=title)[
                h.span(".wsl-note", title=title)[title], timeline.verdicts(state, each)
            ]
            for state, each, title in zip((base, now), spans, _titles(base, now), strict=True)
        )
    ]


# ---- what is other, and the way back


def banner(story: Story, connection: int, told: Node) -> Node:
    """What is done (`told` where it is the fix), the code, where it becomes different, and the way back."""
    nothing = story.parting(connection) is None and " Nothing becomes different on this connection."
    said = [h.b[done(story)], nothing] if story.played.changed else [h.b["Fixed. "], told]
    return h.div(".wsl-tfork", role="status")[h.p[said], proof(story, connection, _ways_back(story))]


def _ways_back(story: Story) -> Node:
    undo = components.do_button("Undo the last", "unchange", title="Take the last change back")
    back = h.button(
        ".wsl-button",
        type="button",
        data_do="back",
        data_arg="",
        data_key="back-",
        data_hotkey=BACK_KEY,
        aria_keyshortcuts=BACK_KEY,
        title=f"Back to the run beside it ({BACK_KEY})",
    )["Back"]
    return h.span(".wsl-row")[len(story.played.call.do) > 1 and undo, back]
