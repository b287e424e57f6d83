"""Reads a link and its tape into what the panel shows.

How it works: a bounded `TapeView` follows the tape. Of what is held only the first in each direction is looked at, for
TCP keeps order: nothing passes before it. Its entry on the tape is found by a cursor for each direction, which stands
at the first entry that is still held and never goes back. So a redraw costs the same, however many wait.

Left out: what the panel itself keeps (`widget`), and how it looks (`picture`).
"""

from __future__ import annotations

import itertools
import weakref
from bisect import bisect_left
from typing import Any

from wslab.lab import Link
from wslab.lab.faults.manual import Held
from wslab.protocol import Role, State
from wslab.tape.entry import Entry, RedactedEntries
from wslab.tape.follow import TapeView
from wslab.widgets.link_panel.connections.rows import End, Levels, Row, rows_of
from wslab.widgets.link_panel.state import Bead, PingClock, Side
from wslab.widgets.timeline.state import TimelineState

__all__ = ["LinkReader"]

MOST_KNOWN = 20
"""Connections that may be chosen: the newest."""

NEAR = 64
"""Entries that are looked at for the one that a held frame is."""


class LinkReader:
    """One link, and its tape as far as it was read. `typed` is what was typed in place of a held frame, by number."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.tape = TapeView(link.tape, bounded=True)
        self.known: list[int] = []
        self.typed: dict[int, str] = {}
        self.levels = Levels()
        self._numbers: weakref.WeakKeyDictionary[Held, int] = weakref.WeakKeyDictionary()
        self._count = itertools.count(1)
        self._cursors: dict[tuple[int, str], int] = {}
        self._endpoints: dict[Role, Any] = {}
        self.update()
        self.sample(link.newest)

    def update(self) -> None:
        """Take in what is new: a bounded part."""
        self.tape.update()
        self._know()

    def catch_up(self) -> None:
        """Take in all that is new, however long that takes."""
        self.tape.catch_up()
        self._know()

    def _know(self) -> None:
        """Many connections may begin between two looks; of those that also ended by then, only the newest is known."""
        found = {*self.known, *self.link.connection_numbers, self.link.newest} - {0}
        known = sorted(found)[-MOST_KNOWN:]
        if known != self.known:
            self.known = known
            self._cursors.clear()
            self._endpoints.clear()

    def timeline(self, number: int, step: int) -> TimelineState:
        """What happened on a connection, with secrets as asterisks."""
        entries = self.tape.entries(number) if number else []
        cut, dropped = self.tape.cut(number), self.tape.dropped(number)
        return TimelineState(RedactedEntries(entries), cut, step, number, can_watch=True, live=True, dropped=dropped)

    # ---- what is held

    def beads(self, number: int) -> tuple[Bead, ...]:
        """What is held first in each direction of a connection."""
        found = (self.link.first_held(1, connection=number, of=role) for role in Role)
        return tuple(self._bead(held) for first in found for held in first)

    def _bead(self, held: Held) -> Bead:
        number = self._numbers.setdefault(held, 0) or next(self._count)
        self._numbers[held] = number
        entry = self._entry(held)
        behind = self.link.count_held(held.connection, Role(held.sender)) - 1
        return Bead(number, held, entry, behind, _plain(held, entry), self.typed.get(number))

    def _entry(self, held: Held) -> Entry | None:
        """The entry of what is held first; None where the tape keeps it no longer."""
        entries, key = self.tape.entries(held.connection), (held.connection, held.sender)
        place = bisect_left(entries, self._cursors.get(key, 0), key=lambda each: each.number)
        while place < len(entries) - 1 and not _is_held(entries[place], held.sender):
            place += 1
        if not entries[place:]:
            return None
        self._cursors[key] = entries[place].number
        near = (each for each in entries[place : place + NEAR] if _is_held(each, held.sender))
        return next((each for each in near if each.data == held.data), None)

    def frames_of(self, number: int, sender: Role) -> int:
        """How many frames a side of a connection has sent; of a long one, how many of them have come to the link."""
        # the tape has those that are still on their way to the link, but a bounded view keeps only the newest entries
        kept = sum(each.opcode is not None and each.sender == sender.value for each in self.tape.entries(number))
        return max(kept, self.link.count_frames(number, sender))

    # ---- all connections

    def rows(self, shown: int) -> tuple[Row, ...]:
        """The table: a row for each of the newest connections, and for the one that is shown."""
        living = set(self.link.connection_numbers)
        return tuple(self._row(number, number in living) for number in rows_of(self.known, shown))

    def _row(self, number: int, alive: bool) -> Row:
        timeline = self.timeline(number, 0)
        client, server = (self._end(timeline, role) for role in Role)
        held = sum(self.link.count_held(number, role) for role in Role) if alive else 0
        return Row(number, alive, client, server, held)

    def _end(self, timeline: TimelineState, role: Role) -> End:
        belief, true = timeline.belief(len(timeline.entries) - 1, role.value)
        number, ours = timeline.connection, timeline.is_ours(role.value)
        return End(belief, true, self.levels.of(number, role), ours, not ours and self.levels.is_foreign(number, role))

    def sample(self, shown: int) -> None:
        """Read the buffers of all that have a row; the history of the others goes."""
        numbers, living, now = rows_of(self.known, shown), set(self.link.connection_numbers), self.link.lab.now
        self.levels.forget_all_but(numbers)
        for number in living.intersection(numbers):
            for role in Role:
                self.levels.take(number, role, self.link.lab.endpoint(number, role), now)

    # ---- both sides

    def endpoint(self, number: int, role: Role) -> Any:
        """One end of the connection, where it is the lab's own and lives."""
        known = self._endpoints.get(role)
        if known is None or known.number != number or known.state is State.CLOSED:
            self._endpoints[role] = known = self.link.lab.endpoint(number, role) if number else None
        return known

    def side(self, timeline: TimelineState, role: Role) -> Side:
        """What a side of a connection believes, and when it sends the next Ping."""
        belief, true = timeline.belief(len(timeline.entries) - 1, role.value)
        ping = self._ping(timeline, self.endpoint(timeline.connection, role))
        return Side(belief, true, ping, timeline.is_ours(role.value))

    def _ping(self, timeline: TimelineState, endpoint: Any) -> PingClock | None:
        if endpoint is None or endpoint.next_ping is None or not timeline.entries:
            return None
        left = max(0.0, endpoint.next_ping - self.link.lab.now)
        at = endpoint.next_ping - self.link.tape.log.began - timeline.began
        return PingClock(endpoint.ping_interval, left, at, runs=bool(self.link.tape.log.epoch))


def _is_held(entry: Entry, sender: str) -> bool:
    return entry.held and entry.sender == sender


def _plain(held: Held, entry: Entry | None) -> bytes | None:
    """The payload of a compressed frame; the tape knows it, because it has the frames before it."""
    frame = None if entry is None else held.frame
    return entry.plain if entry is not None and frame is not None and frame.rsv1 else None
