"""The picture of a timeline as geometry: arrows, ribbons of belief, bands, gaps and the silence, before it is HTML.

Heights are pixels from the top of the picture, places across are parts of the wire from the client (0) to the server
(1). So the same layout serves every width; only the tags have a place for each of a few widths (`tags`).

- An arrow goes from where it departs to where it arrives. What is lost ends on the way, and at the edge of a silence.
- What each side believes is a ribbon, and a band joins the two where they differ (`ribbons`).

Where a tag finds no place for its words, the rows are drawn further apart, as long as the picture is not too high.

Left out: which heights moments have (`heights`), what is shown (`state`), and how it looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wslab.tape.entry import ARRIVED, LOST, ON_THE_WAY, Belief, BeliefChange, Entry
from wslab.tape.records import LinkEnded, WentSilent
from wslab.widgets.timeline.folds import Fold
from wslab.widgets.timeline.heights import (
    ANSWER,
    ARRIVES,
    BELIEVES,
    DEPARTS,
    Events,
    Gap,
    Heights,
    heights,
    is_held,
    travels,
)
from wslab.widgets.timeline.ribbons import Band, Ribbon, bands, ribbons
from wslab.widgets.timeline.state import SIDES, TimelineState
from wslab.widgets.timeline.tags import CROSS, WIRES, Line, Tag, place
from wslab.widgets.timeline.words import ways_to_say

__all__ = ["SILENCE", "USUAL", "Arrow", "Layout", "layout", "layouts"]

ROWS = (24, 28, 32, 36)
"""Pixels between two moments that are tried, the narrowest first."""

HIGHEST = 420
"""Pixels; rows are not drawn further apart where the picture would become higher."""

USUAL = 2
"""Of `WIRES` the one that most views have."""

APART_WHEN_BENT = 14
"""Pixels between an arrival and the answer below it, where arrows are bent: a tag and a level line do not meet."""

ROOM = 1.25
"""How much higher a picture may become that is too high in any case and scrolls."""

BELOW = 24
"""Pixels below the last row."""

SILENCE = (0.42, 0.58)
"""Where a silence stands across the wire."""

UNDER_TAG = 13
"""Pixels from the middle of a tag to what begins below it."""

NEARLY_LEVEL = 4
"""Pixels that an arrow may fall and is drawn level where others are bent: its tag may stand anywhere on it."""

LEASH = 24
"""Pixels that the tag of an event at one side may stand from it."""

STOPS, SLOPE = 0.6, 16
"""How far a lost frame comes, in parts of the wire, and how far it falls, in pixels; at a silence a quarter of that."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """An entry in the picture: its line and its tag at each of `WIRES`.

    `shape` is `arrives`, `lost`, `held` (by a link), `flying`, `unknown` (nobody of ours sees it arrive), `local` (at
    one side), `wire`, or `fold`: then the entry is the first of a fold.
    """

    entry: Entry
    line: Line
    shape: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """All that is drawn, in pixels from the top and in parts of the wire.

    `moments` are the time and the height of each row. `silence` is where it begins, if there is one. `ends` are what a
    cut sends to both sides, RST or FIN; they have no tags.
    """

    height: float
    arrows: tuple[Arrow, ...] = ()
    ribbons: tuple[Ribbon, ...] = ()
    bands: tuple[Band, ...] = ()
    gaps: tuple[Gap, ...] = ()
    moments: tuple[tuple[float, float], ...] = ()
    silence: float | None = None
    ends: tuple[Line, ...] = ()


def layout(state: TimelineState, shown: Sequence[int]) -> Layout:
    """The picture of these entries, which are indices of the state's entries, in order."""
    return layouts([(state, shown)])[0]


View = tuple[TimelineState, Sequence[int]]


def layouts(views: Sequence[View], wires: Sequence[int] = WIRES) -> list[Layout]:
    """The pictures of runs that stand side by side, with one axis of time; `wires` are the widths of the wire."""
    tried: list[tuple[int, float, list[Layout]]] = []
    for row in ROWS:
        found = _layouts(views, row, wires)
        if tried and found[0].height > max(HIGHEST, ROOM * tried[0][2][0].height):
            break
        tried.append((sum(_faults(each) for each in found), row, found))
        if not 0 < tried[-1][0] < HOPELESS:
            break
    faults, _, best = min(tried, key=lambda each: each[:2])
    if faults < TOUCHES:
        return best
    bent = _layouts(views, ROWS[0], wires, bent=True)
    return bent if sum(map(_faults, bent)) <= faults else best


TOUCHES, HOPELESS = 100, 400
"""What one tag that touches something counts, and from where on other rows are not tried."""


def _faults(found: Layout) -> int:
    """What is wrong with the tags: what touches something, and, at the width that most views have, short words."""
    touching = sum(not tag.free for arrow in found.arrows for tag in arrow.tags[1:])
    return TOUCHES * touching + sum(arrow.tags[USUAL].words > 0 for arrow in found.arrows)


def _layouts(views: Sequence[View], row: float, wires: Sequence[int], *, bent: bool = False) -> list[Layout]:
    events = [_events(state, shown) for state, shown in views]
    found = heights(events, row, APART_WHEN_BENT if bent else ANSWER)
    all_gaps = {gap for each in found for gap in each.gaps}
    gaps = tuple(sorted(all_gaps, key=lambda gap: gap.top))
    return [
        _layout(*view, each, placed, gaps, wires=wires, bent=bent)
        for view, each, placed in zip(views, events, found, strict=True)
    ]


def _events(state: TimelineState, shown: Sequence[int]) -> Events:
    """What is placed of a run."""
    ends_at = {state.entries[index].number: fold.ends for index, fold in state.folds.items()}
    return Events(
        [state.entries[index] for index in shown],
        list(_changes(_within(state, shown))),
        ends_at,
    )


def _layout(
    state: TimelineState,
    shown: Sequence[int],
    events: Events,
    found: Heights,
    gaps: tuple[Gap, ...],
    *,
    wires: Sequence[int],
    bent: bool,
) -> Layout:
    height, dead = found.bottom + BELOW, _dead(state, shown, found)
    silent = dead if state.cut is not None and isinstance(state.entries[state.cut].fact, WentSilent) else None
    before = {side: state.belief(shown[0] - 1, side)[0] if shown else None for side in SIDES}
    both = ribbons(before, events.changes, found, height, dead)
    ends = tuple(_ends(events.entries, events.changes, found))
    folded = {state.entries[index].number: fold for index, fold in state.folds.items()}
    return Layout(
        height,
        _arrows(events.entries, found, silent, ends, folded, wires=wires, bent=bent),
        tuple(both),
        tuple(bands(both, height)),
        gaps,
        tuple(found.moments),
        silent,
        ends,
    )


def _dead(state: TimelineState, shown: Sequence[int], found: Heights) -> float | None:
    """From which height on TCP carries nothing: that of the cut, or of what follows where a filter hides it."""
    if state.cut is None or not shown or state.cut > shown[-1]:
        return None
    first = next(index for index in shown if index >= state.cut)
    return 0.0 if first == shown[0] and first > state.cut else found.of[DEPARTS, state.entries[first].number]


def _within(state: TimelineState, shown: Sequence[int]) -> Sequence[Entry]:
    """The entries from the first that is shown to the last, with those that a filter hides."""
    return state.entries[shown[0] : shown[-1] + 1] if shown else ()


def _changes(entries: Sequence[Entry]) -> Iterator[BeliefChange]:
    """All changes of belief; a side that believes nothing from an entry on has died there."""
    last: dict[str, Belief | None] = {}
    for entry in entries:
        yield from entry.changes
        for side in SIDES:
            belief = getattr(entry, side)
            if belief is None and last.get(side) is not None:
                yield BeliefChange(side, entry.time, None, entry.number)
            last[side] = belief


# ---- arrows


def _ends(entries: Sequence[Entry], changes: Sequence[BeliefChange], found: Heights) -> Iterator[Line]:
    """What a cut of the link sends to both sides: it arrives where they learn of it."""
    cut = next((entry for entry in entries if isinstance(entry.fact, LinkEnded)), None)
    for number, change in enumerate(changes):
        if cut is not None and (BELIEVES, number) in found.of and change.time >= cut.time:
            top, bottom = found.of[DEPARTS, cut.number] + UNDER_TAG, found.of[BELIEVES, number]
            yield Line(0.5, min(top, bottom), float(change.side == "server"), bottom, (), cut.number)


def _arrows(
    entries: Sequence[Entry],
    found: Heights,
    silent: float | None,
    ends: Sequence[Line],
    folded: Mapping[int, Fold],
    *,
    wires: Sequence[int],
    bent: bool,
) -> tuple[Arrow, ...]:
    lines = [_drawn(entry, found, silent, folded, bent=bent) for entry in entries]
    wide = [place(lines, wire, bare=ends, patient=bent) for wire in wires[1:]]
    # the narrowest is last, and not worth its time where the others say that this layout will not do
    narrow = place(lines, wires[0], bare=ends, patient=all(tag.free for tags in wide for tag in tags))
    tags = [narrow, *wide]
    shapes = ("fold" if entry.number in folded else _shape(entry) for entry in entries)
    return tuple(Arrow(*each) for each in zip(entries, lines, shapes, zip(*tags, strict=True), strict=True))


def _drawn(entry: Entry, found: Heights, silent: float | None, folded: Mapping[int, Fold], *, bent: bool) -> Line:
    fold = folded.get(entry.number)
    if fold is None:
        line = _line(entry, found, silent)
        is_level = bent and line.y1 - line.y0 <= NEARLY_LEVEL
        return replace(line, y1=line.y0) if is_level else replace(line, bent=bent)
    top = found.of[DEPARTS, entry.number]
    return Line(0.0, top, 1.0, top, fold.ways_to_say, entry.number, ends=0, middle=True)


def _shape(entry: Entry) -> str:
    if not travels(entry):
        return "wire" if entry.sender == "wire" else "local"
    if is_held(entry):
        return "held"
    return {ARRIVED: "arrives", LOST: "lost", ON_THE_WAY: "flying"}.get(entry.fate, "unknown")


def _line(entry: Entry, found: Heights, silent: float | None) -> Line:
    top, words = found.of[DEPARTS, entry.number], ways_to_say(entry)
    shape = _shape(entry)
    if shape == "wire":
        return Line(0.0, top, 1.0, top, words, entry.number, ends=0, middle=True)
    begin = 0.0 if entry.sender == "client" else 1.0
    if shape == "local":
        return Line(begin, top, 1 - begin, top, words, entry.number, ends=0, drawn=False, leash=LEASH)
    if shape == "arrives":
        bottom = found.of.get((ARRIVES, entry.number), top)
        return Line(begin, top, 1 - begin, bottom, words, entry.number)
    if shape == "unknown":
        return Line(begin, top, 1 - begin, top + SLOPE / 4, words, entry.number)
    way, falls = _stops(top, silent)
    return Line(begin, top, abs(begin - way), top + falls, words, entry.number, ends=CROSS)


def _stops(top: float, silent: float | None) -> tuple[float, float]:
    """How far a frame comes that does not arrive, in parts of the wire, and how far it falls, in pixels."""
    return (SILENCE[0] - 0.02, SLOPE / 4) if silent is not None and top >= silent else (STOPS, SLOPE)
