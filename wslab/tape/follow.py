"""Following a tape while it grows: what is new since the last look, and when to look.

Everything that follows a tape uses these. `Cursor` knows how far its reader has come in the records of a log,
`Follower` the same of entries. An entry is completed after it was first given, when it arrives, is lost, or a side
believes something else: it is the same object, so a view that draws it again shows that. `TapeView` sorts what a
follower brings by connection.

While connections run, nothing on their loop may read all that is new: it would hold them up. And an entry takes some
350 bytes of memory, many times what a tiny frame takes on the tape. So `EntryStream` does a bounded amount of work in
each call, and keeps no entry. A terminal that looks at each entry once, for hours, has one; and so has a `TapeView`
that is `bounded`, which keeps the newest `MOST_KEPT` entries and counts the rest.

A follower looks when it is asked. To be asked in time, pass a callback to `watch`: `Watchers` calls it soon after
something new was recorded, and never from within the recording, so no connection waits for a view.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from typing import Any, Generic, TypeVar

from wslab.tape.entry import Entry
from wslab.tape.interpreter import Interpreter
from wslab.tape.log import Log
from wslab.tape.records import RecordKind, SilenceEnded
from wslab.tape.streams.pending import PendingPart

log = logging.getLogger("wslab")

Callback = Callable[[], object]
T = TypeVar("T")

WATCH_INTERVAL = 0.05
"""Seconds over which what happens is gathered before a watcher is called."""

MOST_ENTRIES = 200
MOST_BYTES = 512 * 1024
MOST_INFLATED = 4 * 1024 * 1024
"""What an `EntryStream` reads in one call: entries, bytes of records, and work of inflating, give or take one piece."""

MOST_KEPT = 10_000
"""Entries that a bounded `TapeView` keeps, of all connections together: some 4 MB, and the bytes of their frames."""

_CALLS_AT_FIRST = 50  # of an `EntryStream`, when a bounded view is made: most tapes are shorter
_PIECE = 1024  # bytes of a record that are read before these limits are looked at
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
        self.source: Any = getattr(source, "tape", source)
        if not isinstance(self.source, Iterable):
            raise TypeError(f"{TAKES}, not {type(source).__name__}.")
        self.seen = 0
        """How many entries of the source were given."""

    def new(self) -> list[Entry]:
        """The entries that came since the last time, in the order in which they departed."""
        source = self.source
        new = list((source if isinstance(source, Sequence) else list(source))[self.seen :])
        for entry in new:
            if not isinstance(entry, Entry):
                raise TypeError(f"{TAKES}; {type(entry).__name__} is not an entry of a tape.")
        self.seen += len(new)
        return new

    @property
    def can_watch(self) -> bool:
        """Whether the source can still grow, and calls watchers when it does; a played or loaded tape cannot."""
        return hasattr(self.source, "watch") and getattr(self.source, "goes_on", True)

    def watch(self, callback: Callback) -> Callback:
        """Call `callback` when something is new; returns a function that stops this."""
        stop: Callback = self.source.watch(callback)
        return stop

    def count_secrets(self) -> int:
        """How many secrets the heads hold; of a list, how many of its entries hold any."""
        if hasattr(self.source, "log"):
            return int(self.source.log.count_secrets())
        return sum(each.redacted() is not each for each in self.source)

    def stream(self) -> EntryStream | None:
        """The entries of the source from its first, in bounded batches; None where it cannot grow."""
        return EntryStream(self.source.log, completes=True) if self.can_watch else None


class EntryStream:
    """The entries of a log that grows, each given once, as it is then, and not kept.

    What happens to an entry later, such as its arrival, is not added to it. Where the stream `completes`
    entries, it is, until the reader lets go of them.
    """

    def __init__(self, log: Log, *, completes: bool = False) -> None:
        self.position = 0
        """Bytes of the log that were read; a record that was read in part does not count."""
        self._log = log
        self._completes = completes
        self._interpreter = Interpreter(hidden=log.hidden)
        self._reading = self._read()

    @property
    def is_behind(self) -> bool:
        """Whether there is more to read."""
        return self.position < self._log.size

    def new(self) -> list[Entry]:
        """The next entries: all that are new, or the first of them."""
        interpreter = self._interpreter
        if not self._completes:
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
        return interpreter.take() if self._completes else interpreter.entries

    def pending(self) -> list[PendingPart]:
        """Heads and frames that have begun and are not whole, as far as it has read."""
        return self._interpreter.pending()

    def let_go(self, oldest: Sequence[Entry]) -> None:
        """Complete no more the oldest entries of a connection."""
        self._interpreter.let_go(oldest)

    def _read(self) -> Iterator[int]:
        """Read record after record, large ones in pieces; yields the bytes of each, once it is read."""
        for end, time, number, kind, side, data in self._log.raw(self.position):
            pieces = _pieces(data) if kind in _IN_PIECES and isinstance(data, bytes) else (data,)
            for piece in pieces:
                self._interpreter.read([(end, time, number, kind, side, piece)])
                yield min(_PIECE, end - self.position)
            self.position = end


def _pieces(data: bytes) -> Iterator[bytes]:
    for begin in range(0, len(data) or 1, _PIECE):
        yield data[begin : begin + _PIECE]


class TapeView:
    """The entries of a source, by connection. `update` takes in what is new.

    A `bounded` view is for one that looks while connections run. Of a tape that can still grow, each `update` reads a
    bounded part, and `is_behind` says that there is more. It keeps `MOST_KEPT` entries: where there are more, the older
    half of the longest connections goes, and `dropped` counts them.
    """

    def __init__(self, source: object, *, bounded: bool = False) -> None:
        self._follower = Follower(source)
        self._stream = self._follower.stream() if bounded else None
        self._reading = Lock()  # a widget may look from a thread of its own
        self._by_connection: dict[int, list[Entry]] = {}
        self._cut: dict[int, int] = {}
        self._dropped: dict[int, int] = {}
        self._count = self._kept = 0
        for _ in range(_CALLS_AT_FIRST):
            self.update()
            if not self.is_behind:
                break

    def bounded(self) -> TapeView:
        """A bounded view of the same source: itself, where it is one or the source cannot grow."""
        return TapeView(self._follower.source, bounded=True) if self._stream is None and self.can_watch else self

    def count_secrets(self) -> int:
        """How many secrets the heads of the source hold."""
        return self._follower.count_secrets()

    def update(self) -> bool:
        """Take in new entries; whether there were any."""
        with self._reading:
            new = self._follower.new() if self._stream is None else self._stream.new()
            for entry in new:
                self._add(entry)
            self._count += len(new)
            self._kept += len(new)
            if self._stream is not None and self._kept > MOST_KEPT:
                self._trim(self._stream)
        return bool(new)

    def catch_up(self) -> None:
        """Take in all that is new, however long that takes."""
        self.update()
        while self.is_behind:
            self.update()

    @property
    def is_behind(self) -> bool:
        """Whether a bounded view has more to read."""
        return self._stream is not None and self._stream.is_behind

    def _add(self, entry: Entry) -> None:
        entries = self._by_connection.setdefault(entry.connection, [])
        if entry.cuts:
            self._cut.setdefault(entry.connection, len(entries))
        elif isinstance(entry.fact, SilenceEnded):
            self._cut.pop(entry.connection, None)
        entries.append(entry)

    def _trim(self, stream: EntryStream) -> None:
        # the longest first, so that one that floods does not push the others out
        for number, entries in sorted(self._by_connection.items(), key=lambda each: -len(each[1])):
            self._drop(stream, number, (len(entries) + 1) // 2)
            if self._kept <= MOST_KEPT * 3 // 4:
                break

    def _drop(self, stream: EntryStream, number: int, count: int) -> None:
        """Drop the oldest entries of a connection."""
        entries = self._by_connection[number]
        stream.let_go(entries[:count])
        del entries[:count]
        self._kept -= count
        self._dropped[number] = self.dropped(number) + count
        if number in self._cut:
            self._cut[number] = max(0, self._cut[number] - count)
        if not entries:
            del self._by_connection[number]

    def dropped(self, connection: int) -> int:
        """How many of the oldest entries of a connection are not kept."""
        return self._dropped.get(connection, 0)

    @property
    def connection_numbers(self) -> list[int]:
        """The numbers of the connections; 0, the lab as a whole, is last."""
        return sorted(self._by_connection, key=lambda number: number == 0)

    def __len__(self) -> int:
        """How many entries were read, with those that were dropped."""
        return self._count

    def entries(self, connection: int) -> list[Entry]:
        """The entries of a connection, in the order in which they departed."""
        return self._by_connection.get(connection, [])

    def pending(self, connection: int) -> list[PendingPart]:
        """What has begun on a connection and is not whole; a list of entries has nothing of that."""
        read = self._stream or self._follower.source
        return [each for each in getattr(read, "pending", list)() if each.connection == connection]

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
