"""What the timeline shows: the entries of one connection, the step, what each side believes there, what is hidden.

A step is the number of an entry, the one that `do=` takes: at step 6 entry 6 has happened, and what follows it until
the next entry departs. Entries of other connections have numbers too, so the steps of one connection may have gaps.

Left out: which entries there are (`tape.follow`), where arrows lie (`layout`), and how it looks (`picture`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from wslab.scenarios.draft import Draft
from wslab.tape.entry import PEER, Belief, Entry, RedactedEntries
from wslab.tape.follow import TapeView
from wslab.tape.text import is_outdated, label
from wslab.widgets.inspector.state import InspectorState
from wslab.widgets.timeline.folds import Fold, folds
from wslab.widgets.timeline.forks import Story

__all__ = ["REACH", "SIDES", "Filter", "Span", "TimelineState", "first_connection", "most_telling"]

SIDES = ("client", "server")

REACH = 8
"""Steps that are rendered on each side of the present one, when there are too many to render all."""

Span = tuple[int, int, int]
"""The index of an entry, and the first and the last step at which it is the present one."""

BEGINNING = 8
"""Entries within which each side that is ours believes something."""


@dataclass(frozen=True)
class Filter:
    """Which entries are shown: not those of `hidden` kinds; of one `side`; those with these `words` (empty: all).

    With `folds`, Pings that were answered are one line.
    """

    hidden: frozenset[str] = frozenset()
    side: str = ""
    words: str = ""
    folds: bool = False

    def shows(self, entry: Entry) -> bool:
        """Whether an entry is shown."""
        if entry.kind in self.hidden or (self.side and entry.sender not in (self.side, "wire")):
            return False
        words = self.words.casefold()
        return not words or words in label(entry).casefold() or words in _payload(entry).casefold()

    @property
    def shows_all(self) -> bool:
        """Whether nothing is hidden."""
        return self == Filter()

    def toggled(self, kind: str) -> frozenset[str]:
        """The hidden kinds, with this one the other way round."""
        return self.hidden ^ {kind}


def _payload(entry: Entry) -> str:
    """What it carries, as text: a payload unmasked and inflated, or a head."""
    return (entry.plain or entry.data).decode("utf-8", "replace")


@dataclass(frozen=True)
class TimelineState:
    """What the picture shows: the entries of one connection, and `step`, the number of one of them.

    `cut` is the index from which on TCP carries nothing; `inspected` the number of an entry and its open inspector;
    `dropped` how many entries of the connection came earlier and are no longer kept; `story` the scenario that they are
    of, if they are of one; `draft` what is being written in the place of a step;
    `pending` says what has begun and is not whole.

    A run that stands beside another has no steps of its own: `beside` says of each entry, by its number, from which
    step of the other on and up to which it is the last that has happened. One that no step shows as the last has an end
    before its beginning. Two runs side by side have one axis of time: `zero` is where it begins.
    """

    entries: Sequence[Entry]
    cut: int | None = None
    step: int = 0
    connection: int = 0
    connections: tuple[int, ...] = ()
    all_entries: int = 0
    can_watch: bool = False
    live: bool = False
    inspected: tuple[int, InspectorState] | None = None
    dropped: int = 0
    filter: Filter = Filter()
    story: Story | None = None
    beside: Mapping[int, tuple[int, int]] | None = None
    draft: Draft | None = None
    pending: tuple[str, ...] = ()
    zero: float | None = None

    @classmethod
    def of(cls, view: TapeView, connection: int, *, secrets: bool) -> TimelineState:
        """A connection of a tape, at step 0; without `secrets`, those in its heads are asterisks."""
        entries, pending = view.entries(connection), view.pending(connection)
        return cls(
            entries if secrets else RedactedEntries(entries),
            view.cut(connection),
            connection=connection,
            connections=tuple(view.connection_numbers),
            all_entries=len(view),
            can_watch=view.can_watch,
            dropped=view.dropped(connection),
            pending=tuple((part if secrets else part.redacted()).sentence for part in pending),
        )

    def when(self, number: int) -> tuple[int, int]:
        """The first and the last step at which an entry has just happened."""
        return (number, number) if self.beside is None else self.beside.get(number, (self.step + 1, self.step))

    def spans(self, shown: Sequence[int]) -> list[Span]:
        """Each entry with the steps at which it is the present one: from its own up to the next that is shown."""
        numbers = [self.entries[index].number for index in shown]
        if self.beside is not None:
            spans = ((index, *self.when(number)) for index, number in zip(shown, numbers, strict=True))
            return [span for span in spans if span[1] <= span[2]]
        ends = [number - 1 for number in numbers[1:]] + numbers[-1:]
        return list(zip(shown, numbers, ends, strict=True))

    @cached_property
    def shown(self) -> Sequence[int]:
        """The indices of the entries that the filter shows; of a fold that of its first entry."""
        if not self.folds:
            return self._filtered
        folded = {index for first, fold in self.folds.items() for index in fold.indices if index > first}
        return [index for index in self._filtered if index not in folded]

    @cached_property
    def _filtered(self) -> Sequence[int]:
        every = range(len(self.entries))
        return every if self.filter.shows_all else [n for n in every if self.filter.shows(self.entries[n])]

    @cached_property
    def folds(self) -> Mapping[int, Fold]:
        """What is folded, by the index of its first entry."""
        return {fold.indices[0]: fold for fold in folds(self.entries, self._filtered)} if self.filter.folds else {}

    def sentence(self, entry: Entry) -> str:
        """What an entry is, or the fold that it stands for."""
        fold = next((fold for first, fold in self.folds.items() if self.entries[first].number == entry.number), None)
        return entry.sentence if fold is None else fold.sentence(self.began)

    @property
    def first(self) -> int:
        """The first step."""
        return self.number(0)

    @property
    def last(self) -> int:
        """The last step."""
        return self.number(-1)

    def number(self, place: int) -> int:
        """The step at a place among those that are shown; 0 where there is none."""
        return self.entries[self.shown[place]].number if self.shown else 0

    def place(self, step: int) -> int:
        """Where a step stands among those that are shown: that of the first one that is not before it."""
        return bisect_left(self.shown, step, key=lambda index: self.entries[index].number)

    def nearest(self, step: int) -> int:
        """The last step that is shown up to this one, or the first."""
        place = self.place(step)
        is_shown = place < len(self.shown) and self.number(place) == step
        return self.number(place if is_shown else max(0, place - 1))

    def stands_for(self, number: int | None) -> int | None:
        """The step that is shown for an entry: its own, or that of the fold that it is in; None where it is hidden."""
        index = next((index for index, entry in enumerate(self.entries) if entry.number == number), None)
        if index is None or index in self.shown:
            return None if index is None else number
        first = next((first for first, fold in self.folds.items() if index in fold.indices), None)
        return None if first is None else self.entries[first].number

    def window(self, middle: int, reach: int) -> range:
        """The steps around one, `reach` of those that are shown before it and behind it, or all if they are few."""
        if len(self.shown) <= 2 * reach:
            return range(self.first, self.last + 1)
        place = self.place(middle)
        return range(self.number(max(0, place - reach)), self.number(min(len(self.shown) - 1, place + reach)) + 1)

    def within(self, steps: range) -> Sequence[int]:
        """The indices of the entries that are shown and have these numbers."""
        return self.shown[self.place(steps.start) : self.place(steps.stop)]

    @cached_property
    def began(self) -> float:
        """When the connection began, or the axis that it has in common with another: times are counted from there."""
        if self.zero is not None:
            return self.zero
        return self.entries[0].time if self.entries else 0.0

    def belief(self, index: int, side: str) -> tuple[Belief | None, bool]:
        """What a side believes once entry `index` has happened, and whether that is still true."""
        if index < 0:
            return None, True
        mine, other = (self._believed(index, each) for each in (side, PEER[side]))
        cut = self.cut is not None and index >= self.cut
        gone = other is None and self.was_known(PEER[side], index)
        return mine, not is_outdated(mine, other, cut=cut, gone=gone)

    def _believed(self, index: int, side: str) -> Belief | None:
        """What a side believes at an entry.

        The opening of TCP is one moment for both sides, though a side's system may report it behind the next entry.
        """
        entry = self.entries[index]
        belief: Belief | None = getattr(entry, side)
        if belief is not None or entry.tcp != "connect":
            return belief
        changes = (change for each in self.entries[index : index + BEGINNING] for change in each.changes)
        return next((each.belief for each in changes if (each.side, each.entry) == (side, entry.number)), None)

    def was_known(self, side: str, index: int) -> bool:
        """Whether a side believed anything up to an entry: one that is ours does so from its beginning."""
        first = self._first_known[side]
        return first is not None and index >= first

    @cached_property
    def _first_known(self) -> Mapping[str, int | None]:
        """The index of the first entry at which each side believes something; None where it is not among the first."""
        first = list(enumerate(self.entries[:BEGINNING]))
        return {side: next((index for index, each in first if getattr(each, side) is not None), None) for side in SIDES}

    def is_ours(self, side: str) -> bool:
        """Whether a side ever believes anything that is recorded."""
        return self.was_known(side, BEGINNING)


def first_connection(view: TapeView) -> int:
    """The connection that is shown first: the most telling one, or the first; 0 where there is none."""
    telling = 0 if view.can_watch else most_telling(view)
    return telling or next(iter(view.connection_numbers), 0)


def most_telling(view: TapeView) -> int:
    """The first connection at whose end a side is wrong; 0 where none is."""
    states = (TimelineState(view.entries(number), view.cut(number)) for number in view.connection_numbers)
    wrong = (each for each in states if any(not each.belief(len(each.entries) - 1, side)[1] for side in SIDES))
    return next((state.entries[0].connection for state in wrong), 0)
