"""What each side believes, as ribbons along its lifeline, and the bands where the two differ.

A ribbon begins where its side learns: at the height of what it has just sent or received. It is cut where the belief
stops being true, which may be long before that side learns of it. `tape.text.is_outdated` says what true means.

Left out: heights of what is sent and received (`heights`), and how a ribbon looks (`picture`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from wslab.tape.entry import PEER, Belief, BeliefChange
from wslab.tape.text import is_outdated
from wslab.widgets.timeline.heights import ARRIVES, BELIEVES, DEPARTS, Heights

__all__ = ["Band", "Ribbon", "bands", "ribbons"]


@dataclass(frozen=True, slots=True)
class Ribbon:
    """What one side believes from one height to another, as long as it is equally true. `new`: it begins here."""

    side: str
    top: float
    bottom: float
    belief: Belief
    true: bool
    new: bool


@dataclass(frozen=True, slots=True)
class Band:
    """From where to where the two sides believe different things; `lasting` where nothing ends it."""

    top: float
    bottom: float
    lasting: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """One belief of one side, as far as it lasts."""

    top: float
    bottom: float
    belief: Belief | None


def ribbons(
    before: Mapping[str, Belief | None],
    changes: Sequence[BeliefChange],
    found: Heights,
    height: float,
    dead: float | None,
) -> list[Ribbon]:
    """The ribbons of both sides. `before` is what they believed above the picture, `dead` where TCP carries nothing."""
    runs = {side: _runs(belief, side, changes, found, height) for side, belief in before.items()}
    cuts = {run.top for side in runs.values() for run in side} | ({dead} if dead is not None else set())
    found_ribbons: list[Ribbon] = []
    for side, own in runs.items():
        for run in own:
            found_ribbons += _joined(_pieces(side, run, runs[PEER[side]], sorted(cuts), dead))
    return found_ribbons


def _runs(
    before: Belief | None, side: str, changes: Sequence[BeliefChange], found: Heights, height: float
) -> list[_Run]:
    starts: list[tuple[float, Belief | None]] = [(0.0, before)]
    for number, change in enumerate(changes):
        if change.side == side and str(change.belief) != str(starts[-1][1]):
            starts.append((max(starts[-1][0], _height(number, change, found)), change.belief))
    ends = [top for top, _ in starts[1:]] + [height]
    return [_Run(top, end, belief) for (top, belief), end in zip(starts, ends, strict=True)]


def _height(number: int, change: BeliefChange, found: Heights) -> float:
    """Where a side changes its belief."""
    alone = found.of.get((BELIEVES, number))
    if alone is not None or change.entry is None:
        return alone or 0.0
    end = ARRIVES if change.arrived else DEPARTS
    return found.of.get((end, change.entry), found.of[DEPARTS, change.entry])


def _pieces(
    side: str, run: _Run, others: Sequence[_Run], cuts: Sequence[float], dead: float | None
) -> Iterator[Ribbon]:
    """A run, cut where it may stop being true."""
    if run.belief is None or run.top >= run.bottom:
        return
    inside = [run.top, *(cut for cut in cuts if run.top < cut < run.bottom), run.bottom]
    for top, bottom in pairwise(inside):
        before = [each.belief for each in others if each.top <= top]
        other = before[-1] if before else None
        gone = other is None and any(before)
        true = not is_outdated(run.belief, other, cut=dead is not None and top >= dead, gone=gone)
        yield Ribbon(side, top, bottom, run.belief, true, new=top == run.top)


def _joined(pieces: Iterable[Ribbon]) -> list[Ribbon]:
    joined: list[Ribbon] = []
    for piece in pieces:
        if joined and joined[-1].true == piece.true:
            joined[-1] = replace(joined[-1], bottom=piece.bottom)
        else:
            joined.append(piece)
    return joined


def bands(found: Sequence[Ribbon], height: float) -> list[Band]:
    """Where the two sides believe different things, in state or close code."""
    cuts = sorted({edge for ribbon in found for edge in (ribbon.top, ribbon.bottom)})
    result: list[Band] = []
    for top, bottom in pairwise(cuts):
        if _differ([ribbon for ribbon in found if ribbon.top <= top < ribbon.bottom]):
            if result and result[-1].bottom == top:
                top = result.pop().top
            result.append(Band(top, bottom, lasting=bottom >= height))
    return result


def _differ(both: Sequence[Ribbon]) -> bool:
    return len({str(ribbon.belief) for ribbon in both}) > 1
