"""The tape: everything that happened in a lab, recorded first and drawn after.

Rules of this module: recording is append-only and cheap: one small header and the bytes of one
read or write, put behind one another in one buffer (see `records`). What the bytes mean is
worked out later, by `entries`, from the records alone, and only for those that are new since the last look.
A tape is bounded: when `max_bytes` is reached it keeps what it has, records nothing more, and
counts what it dropped, so that a story never has a hole in it.

What it leaves out: files and formats to save it in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import overload

from wslab.explain import KINDS
from wslab.lab.entries import Belief, Entry, Reader
from wslab.lab.records import COUNTS, HEADER, What, tag
from wslab.protocol import Role

log = logging.getLogger("wslab")

DEFAULT_MAX_BYTES = 256 * 1024 * 1024
"""Bytes that a tape may hold unless told otherwise, its headers of 17 bytes a record included: 256 MiB."""

WATCH_INTERVAL = 0.05
"""Seconds over which what happens is gathered before a watcher is called."""

_COUNTED = frozenset(tag(what, side) for what in COUNTS for side in (None, *Role))

Chunk = bytes
Callback = Callable[[], object]
Data = Chunk | int  # what follows a record's header, or a count


class Tape(Sequence[Entry]):
    """A recording: a sequence of `Entry`, one for each handshake head, frame, TCP event and fault.

    `print(tape)` tells the story. `now` gives the time in seconds, `later(seconds, call)` calls
    something after a while (needed by `watch` only); a lab passes those of its world.
    """

    def __init__(
        self,
        now: Callable[[], float],
        later: Callable[[float, Callback], object],
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self.max_bytes = max_bytes
        self.dropped_records = 0
        self.dropped_bytes = 0
        self._now = now
        self._later = later
        self._log = bytearray()
        self._read = 0
        self._reader = Reader()
        self._watchers: list[Callback] = []
        self._awaited = False

    # --- recording --------------------------------------------------------------------

    def record(self, connection: int, tag: int, data: bytes = b"") -> None:
        """Something happened; `tag` is `records.tag(what, side)`."""
        log = self._log
        if self.dropped_records or len(log) + len(data) > self.max_bytes:
            self.dropped_records += 1
            self.dropped_bytes += len(data)
            return
        log += HEADER.pack(self._now(), connection, tag, len(data))
        log += data
        if self._watchers:
            self._call_watchers_soon()

    def record_count(self, connection: int, tag: int, size: int) -> None:
        """Bytes moved on that are on the tape already."""
        if self.dropped_records or len(self._log) > self.max_bytes:
            self.dropped_records += 1
            return
        self._log += HEADER.pack(self._now(), connection, tag, size)
        if self._watchers:
            self._call_watchers_soon()

    def note(self, connection: int, side: Role | None, text: str) -> None:
        """A sentence of the lab itself; connection 0 is the lab as a whole."""
        self.record(connection, tag(What.NOTE, side), text.encode())

    @property
    def size(self) -> int:
        """Bytes that the recording takes."""
        return len(self._log)

    def copy(self) -> Tape:
        """What is on the tape now, as a tape of its own, on which the lab writes no more."""
        copy = Tape(self._now, self._later, max_bytes=self.max_bytes)
        copy._log += self._log
        copy.dropped_records, copy.dropped_bytes = self.dropped_records, self.dropped_bytes
        return copy

    # --- reading ------------------------------------------------------------------------

    def entries(self, connection: int | None = None) -> list[Entry]:
        """All entries, or those of one connection, in the order in which they departed."""
        entries = self._entries()
        return [each for each in entries if connection is None or each.connection == connection]

    def bytes(self, connection: int, side: str) -> bytes:
        """Every byte that `side`, `"client"` or `"server"`, sent on a connection, head and frames alike."""
        return b"".join(data for number, sender, data in self._chunks() if (number, sender) == (connection, side))

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections, in the order in which they began."""
        self._entries()
        return self._reader.connections

    def __len__(self) -> int:
        return len(self._entries())

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._entries()[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def _entries(self) -> list[Entry]:
        for time, number, what, side, data in self._records(self._read):
            self._reader.read(time, number, what, side, data)
        self._read = len(self._log)
        return self._reader.entries

    def _chunks(self) -> Iterator[tuple[int, str, Chunk]]:
        """Number, sender and bytes of every chunk that was sent."""
        for _, number, what, side, data in self._records(0):
            if what in (What.SENT, What.TAKEN) and not isinstance(data, int):
                yield number, side, data
            elif what is What.ARRIVED and not isinstance(data, int):
                yield number, "server" if side == "client" else "client", data

    def _records(self, start: int) -> Iterator[tuple[float, int, What, str, Data]]:
        log, at = self._log, start
        while at < len(log):
            time, number, tagged, size = HEADER.unpack_from(log, at)
            at += HEADER.size
            data: Data = size
            if tagged not in _COUNTED:
                data = bytes(log[at : at + size])
                at += size
            yield time, number, _WHATS[tagged >> 2], _SIDES[tagged & 3], data

    # --- watching -----------------------------------------------------------------------

    def watch(self, callback: Callback) -> Callback:
        """Call `callback()` soon after something new was recorded, at most 20 times a second; returns what stops it.

        An error in it is logged and ends its watch; it never reaches the connection.
        """
        self._watchers.append(callback)

        def stop() -> None:
            if callback in self._watchers:
                self._watchers.remove(callback)

        return stop

    def _call_watchers_soon(self) -> None:
        if not self._awaited:
            self._awaited = True
            self._later(WATCH_INTERVAL, self._call_watchers)

    def _call_watchers(self) -> None:
        self._awaited = False
        for callback in list(self._watchers):
            try:
                callback()
            except Exception:
                self._watchers.remove(callback)
                log.exception("A watcher of the tape raised an error, and is not called any more")

    # --- telling ------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<Tape of {len(self)} entries, {len(self.connections)} connections, {self.size} bytes>"

    def __str__(self) -> str:
        lines = [] if len(self) else [self._why_empty()]
        believed: dict[int, str] = {}
        for entry in self:
            lines.append(_line(entry, many=len(self.connections) > 1))
            belief = _beliefs(entry)
            if belief and belief != believed.get(entry.connection):
                lines.append(f"{'':>19}{belief}")
            believed[entry.connection] = belief
        if self.dropped_records:
            lines.append(
                f"The tape is full: {self.dropped_records:,} more records with {self.dropped_bytes:,} bytes "
                f"were not kept. Lab(tape_bytes=...) sets its limit, {self.max_bytes:,} bytes here."
            )
        return "\n".join(lines)

    def _why_empty(self) -> str:
        return "The tape is empty: nothing has happened yet." if self.max_bytes else "The tape is off: Lab(tape=True)."


_WHATS = tuple(What)
_SIDES = ("wire", "client", "server")


def _line(entry: Entry, *, many: bool) -> str:
    way = {"client": "client → server", "server": "client ← server", "wire": "wire"}[entry.sender]
    number = f" #{entry.connection}" if many else ""
    return (
        f"{entry.number:>4} {entry.time * 1000:>9.1f} ms{number}  {way:<15}  {KINDS[entry.kind].mark} {entry.sentence}"
    )


def _beliefs(entry: Entry) -> str:
    told = [
        f"the {side} believes {_belief(belief)}"
        for side, belief in (("client", entry.client), ("server", entry.server))
        if belief is not None
    ]
    return "; ".join(told)


def _belief(belief: Belief) -> str:
    return belief.state.value if belief.code is None else f"{belief.state.value} {belief.code}"
