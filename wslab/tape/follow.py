"""Following a tape while it grows: what is new since the last look, and when to look.

Everything that follows a tape uses these. `Cursor` knows how far its reader has come in something that only grows: the
entries of a tape, or the records of its log. `Follower` is a cursor over entries. An entry is
completed after it was first given, when it arrives, is lost, or a side believes something else: it is the same object,
so a view that draws it again shows that. `TapeView` sorts what a follower brings by connection.

A follower looks when it is asked. To be asked in time, pass a callback to `watch`: `Watchers` calls it soon after
something new was recorded, and never from within the recording, so no connection waits for a view.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from wslab.tape.entry import Entry

log = logging.getLogger("wslab")

Callback = Callable[[], object]
T = TypeVar("T")

WATCH_INTERVAL = 0.05
"""Seconds over which what happens is gathered before a watcher is called."""

TAKES = "A timeline shows a Lab, a Tape or a list of entries"


class Cursor(Generic[T]):
    """How far one reader has come; iterating goes on from there.

    `since(position)` yields what follows a position, each thing with the position after it; 0 is the beginning.
    A reader that stops in the middle continues with the next thing.
    """

    def __init__(self, since: Callable[[int], Iterable[tuple[int, T]]]) -> None:
        self.position = 0
        self._since = since

    def __iter__(self) -> Iterator[T]:
        for end, thing in self._since(self.position):
            self.position = end
            yield thing


class Follower:
    """The entries of a source that are new since the last look.

    `source` is a `Lab`, a `Tape`, or entries in a list; `TypeError` for anything else. Each follower has a place of its
    own, so any number may follow one tape.
    """

    def __init__(self, source: object) -> None:
        self._source: Any = getattr(source, "tape", source)
        if not isinstance(self._source, Iterable):
            raise TypeError(f"{TAKES}, not {type(source).__name__}.")
        self._cursor: Cursor[Entry] = Cursor(self._since)

    @property
    def seen(self) -> int:
        """How many entries of the source were given."""
        return self._cursor.position

    def new(self) -> list[Entry]:
        """The entries that came since the last time, in the order in which they departed."""
        return list(self._cursor)

    @property
    def can_watch(self) -> bool:
        """Whether the source can still grow, and calls watchers when it does; a played or loaded tape cannot."""
        return hasattr(self._source, "watch") and getattr(self._source, "goes_on", True)

    def watch(self, callback: Callback) -> Callback:
        """Call `callback` when something is new; returns a function that stops this."""
        stop: Callback = self._source.watch(callback)
        return stop

    def _since(self, position: int) -> Iterator[tuple[int, Entry]]:
        source = self._source
        new = source[position:] if isinstance(source, Sequence) else list(source)[position:]
        for end, entry in enumerate(new, position + 1):
            if not isinstance(entry, Entry):
                raise TypeError(f"{TAKES}; {type(entry).__name__} is not an entry of a tape.")
            yield end, entry


class TapeView:
    """The entries of a source, by connection. `update` takes in what is new."""

    def __init__(self, source: object) -> None:
        self._follower = Follower(source)
        self._by_connection: dict[int, list[Entry]] = {}
        self._cut: dict[int, int] = {}
        self.update()

    def update(self) -> bool:
        """Take in new entries; whether there were any."""
        new = self._follower.new()
        for entry in new:
            entries = self._by_connection.setdefault(entry.connection, [])
            if entry.cuts:
                self._cut.setdefault(entry.connection, len(entries))
            entries.append(entry)
        return bool(new)

    @property
    def connection_numbers(self) -> list[int]:
        """The numbers of the connections; 0, the lab as a whole, is last."""
        return sorted(self._by_connection, key=lambda number: number == 0)

    def __len__(self) -> int:
        return self._follower.seen

    def entries(self, connection: int) -> list[Entry]:
        """All entries of a connection, in the order in which they departed."""
        return self._by_connection.get(connection, [])

    def cut(self, connection: int) -> int | None:
        """The index of the entry from which on TCP carries nothing, where a fault made it so."""
        return self._cut.get(connection)

    @property
    def can_watch(self) -> bool:
        """Whether the source can still grow, and calls watchers when it does; a played or loaded tape cannot."""
        return self._follower.can_watch

    def watch(self, callback: Callback) -> Callback:
        """Call `callback` when something is new; returns a function that stops this."""
        return self._follower.watch(callback)


class Watchers:
    """Callbacks that are called soon after something happened, at most once in `WATCH_INTERVAL` seconds.

    `later(seconds, call)` calls something after a while; without it no callback is ever called.
    """

    def __init__(self, later: Callable[[float, Callback], object] | None) -> None:
        self._later = later
        self._callbacks: list[Callback] = []
        self._awaited = False

    def watch(self, callback: Callback) -> Callback:
        """Add a callback; returns a function that removes it. A callback that raises is logged and removed."""
        self._callbacks.append(callback)

        def stop() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return stop

    def notify(self) -> None:
        """Something happened: call the callbacks soon."""
        if self._callbacks and not self._awaited and self._later is not None:
            self._awaited = True
            self._later(WATCH_INTERVAL, self._call)

    def _call(self) -> None:
        self._awaited = False
        for callback in list(self._callbacks):
            try:
                callback()
            except Exception:
                self._callbacks.remove(callback)
                log.exception("A watcher of the tape raised an error, and is no longer called")
