"""The script's moments between the entries of the tape, so that the timeline gives each of them a row.

How it works: an entry knows the moments until the next at which a side changed its belief, and the timeline has a row
for each that belongs to no entry. So what the script did or saw is given to the entry before it, as such a moment of
the client. On the direct way the client is the browser, and then its belief is what `readyState` said. Through a proxy
the client on the tape is the proxy, and a moment of the page changes no belief: it draws a row and nothing else.

The tape itself is left as it is: what is shown are copies.

Left out: the column of the script's words (`column`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from wslab.protocol import State
from wslab.tape.entry import Belief, BeliefChange, Entry
from wslab.widgets.browser_peer.state import DIRECT, ScriptEvent
from wslab.widgets.timeline.state import TimelineState

__all__ = ["ScriptedEntries", "ScriptedTimeline", "belief_of"]


def belief_of(event: ScriptEvent) -> Belief:
    """What the browser believes after an event, as far as it tells the script."""
    closed = event.state is State.CLOSED and event.what == "close"
    return Belief(event.state, event.code if closed else None, _why(event))


def _why(event: ScriptEvent) -> str:
    if event.what == "close":
        return f"wasClean is {'true' if event.clean else 'false'}"
    return f"readyState is {event.ready}"


class ScriptedEntries(Sequence[Entry]):
    """Entries of one connection, each with the script's moments behind it; `events` have the times of the tape.

    What happened before the first entry is the first entry's.
    """

    def __init__(self, entries: Sequence[Entry], events: Sequence[ScriptEvent], way: str) -> None:
        self._entries = entries
        self._events = events
        self._beliefs = way == DIRECT
        self._times = [event.at for event in events]
        self._made: dict[int, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if index not in self._made:
            self._made[index] = self._scripted(index)
        return self._made[index]

    def events_of(self, index: int) -> Sequence[ScriptEvent]:
        """What the script did or saw from an entry to the next."""
        return self._events[self._until(index) if index else 0 : self._until(index + 1)]

    def _until(self, index: int) -> int:
        """How many events came before an entry."""
        return len(self._events) if index >= len(self) else bisect_left(self._times, self._entries[index].time)

    def _scripted(self, index: int) -> Entry:
        entry, events = copy(self._entries[index]), self.events_of(index)
        beliefs = (belief_of(each) if self._beliefs else entry.client for each in events)
        moments = (BeliefChange("client", each.at, belief) for each, belief in zip(events, beliefs, strict=True))
        entry.changes = tuple(sorted([*entry.changes, *moments], key=lambda each: each.time))
        before = self._events[: self._until(index + 1)]
        if self._beliefs and before:
            entry.client = belief_of(before[-1])
        return entry


@dataclass(frozen=True)
class ScriptedTimeline(TimelineState):
    """A timeline whose times count from where the script made the socket; `events` have the times of the tape."""

    events: tuple[ScriptEvent, ...] = ()

    @cached_property
    def began(self) -> float:
        """When the script made its socket, or, where that is not known, when the connection began."""
        times = [self.entries[0].time] if self.entries else []
        return min([*times, *(each.at for each in self.events[:1])], default=0.0)

    def events_of(self, number: int) -> Sequence[ScriptEvent]:
        """What the script did or saw from an entry, by its number, to the next."""
        entries = self.entries
        return entries.events_of(self.place(number)) if isinstance(entries, ScriptedEntries) else ()
