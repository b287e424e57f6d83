"""Following a tape while it grows: what is new since the last look, and when to look.

Everything that follows a tape uses these. `Cursor` knows how far its reader has come in something that only grows: the
entries of a tape, or the records of its log. `Follower` is a cursor over entries. An entry is
completed after it was first given, when it arrives, is lost, or a side believes something else: it is the same object,
so a view that draws it again shows that. `TapeView` sorts what a follower brings by connection.

`EntryStream` is for a program that looks at each entry once, for hours, while connections run. An entry takes some 350
bytes of memory, many times what a tiny frame takes on the tape, so it keeps none. And it never reads all that is new:
each call does a bounded amount of work, so that on the same loop other connections have their turn.

A follower looks when it is asked. To be asked in time, pass a callback to `watch`: `Watchers` calls it soon after
something new was recorded, and never from within the recording, so no connection waits for a view.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from wslab.tape.entry import Entry
from wslab.tape.interpreter import Interpreter
from wslab.tape.log import Log
from wslab.tape.records import RecordKind

log = logging.getLogger("wslab")

Callback = Callable[[], object]
T = TypeVar("T")

WATCH_INTERVAL = 0.05
"""Seconds over which what happens is gathered before a watcher is called."""

MOST_ENTRIES = 500
MOST_BYTES = 512 * 1024
MOST_INFLATED = 4 * 1024 * 1024
"""What an `EntryStream` reads in one call: entries, bytes of records, and work of inflating, give or take one piece."""

_PIECE = 2048  # bytes of a record that are read before these limits are looked at
_IN_PIECES = {RecordKind.SENT, RecordKind.TAKEN, RecordKind.ARRIVED}  # a part of one is a smaller one

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


class EntryStream:
    """The entries of a log that grows, each given once, as it is then, and not kept.

    What happens to an entry later, such as its arrival, is not added to it.
    """

    def __init__(self, log: Log) -> None:
        self.position = 0
        """Bytes of the log that were read; a record that was read in part does not count."""
        self._log = log
        self._interpreter = Interpreter(hidden=log.hidden)
        self._reading = self._read()

    @property
    def is_behind(self) -> bool:
        """Whether there is more to read."""
        return self.position < self._log.size

    def new(self) -> list[Entry]:
        """The next entries: all that are new, or the first of them."""
        interpreter = self._interpreter
        interpreter.forget()
        interpreter.began = self._log.began
        most_inflating, size = interpreter.inflating + MOST_INFLATED, 0
        for read in self._reading:
            size += read
            if (
                len(interpreter.entries) >= MOST_ENTRIES
                or size >= MOST_BYTES
                or interpreter.inflating >= most_inflating
            ):
                break
        else:
            self._reading = self._read()  # it has come to the end of the log, for now
        return interpreter.entries

    def _read(self) -> Iterator[int]:
        """Read record after record, large ones in pieces; yields the bytes of each, once it is read."""
        for end, time, number, kind, side, data in self._log.raw(self.position):
            pieces = _pieces(data) if kind in _IN_PIECES and isinstance(data, bytes) else (data,)
            for piece in pieces:
                self._interpreter.read(end, time, number, kind, side, piece)
                yield min(_PIECE, end - self.position)
            self.position = end


def _pieces(data: bytes) -> Iterator[bytes]:
    for begin in range(0, len(data) or 1, _PIECE):
        yield data[begin : begin + _PIECE]


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

    def notify(self, *, at_once: bool = False) -> None:
        """Something happened: call the callbacks soon, or `at_once`, which is in the next turn of the loop."""
        if self._callbacks and not self._awaited and self._later is not None:
            self._awaited = True
            self._later(0.0 if at_once else WATCH_INTERVAL, self._call)

    def _call(self) -> None:
        self._awaited = False
        for callback in list(self._callbacks):
            try:
                callback()
            except Exception:
                self._callbacks.remove(callback)
                log.exception("A watcher of the tape raised an error, and is no longer called")
