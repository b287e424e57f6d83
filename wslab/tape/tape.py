"""The tape: everything that happened in a lab, recorded first and drawn after.

Rules of this module: recording is append-only and cheap: one small header and the bytes of one
read or write, put behind one another in one buffer (see `records`). What the bytes mean is
worked out later, by `entries`, from the records alone, and only for those that are new since the last look.
A tape is bounded: when `max_bytes` is reached it keeps what it has, records nothing more, and
counts what it dropped, so that a story never has a hole in it.

A tape is one growing buffer, not a list of blocks: blocks of 1 MiB were measured, and neither a record's median nor its
worst time was better by what could be told from noise.

What it leaves out: the formats of files (`formats`), and how two tapes are compared (`difference`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import overload

from wslab._gc import relaxed_gc
from wslab.explain import KINDS
from wslab.protocol import Role
from wslab.tape.diff import Difference, first_difference
from wslab.tape.entry import Entry
from wslab.tape.interpreter import Interpreter
from wslab.tape.records import COUNTS, HEADER, SIDES, RecordKind, tag

log = logging.getLogger("wslab")

DEFAULT_MAX_BYTES = 256 * 1024 * 1024
"""Bytes that a tape may hold unless told otherwise, its headers of 17 bytes a record included: 256 MiB."""

WATCH_INTERVAL = 0.05
"""Seconds over which what happens is gathered before a watcher is called."""

_COUNTED = frozenset(tag(what, side) for what in COUNTS for side in (None, *Role))

Chunk = bytes
Callback = Callable[[], object]
Data = Chunk | int  # what follows a record's header, or a count
Span = slice  # `Tape.slice` hides the name inside the class
Record = tuple[float, int, RecordKind, str, Data]
"""Seconds since the first record, number of the connection, what, side (or `wire`), bytes or a count."""


class Tape(Sequence[Entry]):
    """A recording: a sequence of `Entry`, one for each handshake head, frame, TCP event and fault.

    `print(tape)` tells the story. `now` gives the time in seconds, `later(seconds, call)` calls
    something after a while (needed by `watch` only), `epoch` is the Unix time at which `now` was 0 (0.0 where time is
    not the world's own); a lab passes those of its world. `warnings` has a sentence for everything that a file it
    was loaded from did not give.
    """

    def __init__(
        self,
        now: Callable[[], float],
        later: Callable[[float, Callback], object],
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        epoch: float = 0.0,
    ) -> None:
        self.max_bytes = max_bytes
        self.warnings: list[str] = []
        self.dropped_records = 0
        self.dropped_bytes = 0
        self._now = now
        self._later = later
        self._epoch = epoch
        self._log = bytearray()
        self._reader = Interpreter()
        self._reading = Lock()  # a widget may look from a thread of its own
        self._shown: int | None = None  # of a slice: how many entries it shows
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
            self.stir()

    def record_count(self, connection: int, tag: int, size: int) -> None:
        """Bytes moved on that are on the tape already."""
        if self.dropped_records or len(self._log) > self.max_bytes:
            self.dropped_records += 1
            return
        self._log += HEADER.pack(self._now(), connection, tag, size)
        if self._watchers:
            self.stir()

    def note(self, connection: int, side: Role | None, text: str) -> None:
        """A sentence of the lab itself; connection 0 is the lab as a whole."""
        self.record(connection, tag(RecordKind.NOTE, side), text.encode())

    def put(self, time: float, connection: int, tag: int, data: Data = b"") -> None:
        """A record with a time of its own, in seconds: for what was recorded elsewhere. A count is an int."""
        size, rest = (data, b"") if isinstance(data, int) else (len(data), data)
        if self.dropped_records or len(self._log) + len(rest) > self.max_bytes:
            self.dropped_records += 1
            self.dropped_bytes += len(rest)
            return
        self._log += HEADER.pack(time, connection, tag, size)
        self._log += rest

    @classmethod
    def blank(
        cls,
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        epoch: float = 0.0,
        began: float = 0.0,
        hidden: int = 0,
        shown: int | None = None,
    ) -> Tape:
        """A tape without a clock, to be filled by `put`, whose times count from `began`.

        The first `hidden` entries are not shown, and behind them only `shown` ones are (None: all).
        """
        tape = cls(_no_time, _never, max_bytes=max_bytes, epoch=epoch)
        tape._reader = Interpreter(began=began, hidden=hidden)
        tape._shown = shown
        return tape

    @property
    def goes_on(self) -> bool:
        """Whether a lab may still record on it: not so on a copy, a slice, or what was loaded."""
        return self._later is not _never

    @property
    def hidden(self) -> int:
        """Of a slice: how many entries before its first are in the recording, unseen."""
        return self._reader.hidden

    @property
    def shown(self) -> int | None:
        """Of a slice: how many entries it shows; None for a whole tape."""
        return self._shown

    @property
    def size(self) -> int:
        """Bytes that the recording takes."""
        return len(self._log)

    @property
    def epoch(self) -> float:
        """The Unix time of the moment from which entries count their seconds; 0.0 where nobody knows it."""
        return self._epoch + self._began if self._epoch else 0.0

    @property
    def _began(self) -> float:
        if self._reader.began is not None:
            return self._reader.began
        began: float = HEADER.unpack_from(self._log)[0] if self._log else 0.0
        return began

    def copy(self) -> Tape:
        """What is on the tape now, as a tape of its own, on which the lab writes no more."""
        return self._cut_out(len(self._log), None, self.hidden, self._shown)

    def slice(self, first: int, last: int | None = None) -> Tape:
        """Entries `first` up to, not including, `last` (None: the end) as a tape of its own; the same entries in all.

        Numbers below 0 count from the end, as in `tape[first:last]`. Times stay those of the whole tape. What came
        before on the same connections stays in the recording, unseen, for without it no frame can be understood (its
        compression, its fragments, what each side believed): `save` writes it too. Other connections are left out.
        """
        first, last, _ = Span(first, last).indices(len(self))
        shown = self[first : max(first, last)]
        kept = {entry.connection for entry in shown}
        hidden = sum(1 for each in self._reader.entries[: self._reader.hidden + first] if each.connection in kept)
        return self._cut_out(max((entry.changed_at for entry in shown), default=0), kept, hidden, len(shown))

    def _cut_out(self, end: int, kept: Collection[int] | None, hidden: int, shown: int | None) -> Tape:
        """The records up to `end` of the connections that are `kept`."""
        tape = Tape.blank(max_bytes=self.max_bytes, epoch=self._epoch, began=self._began, hidden=hidden, shown=shown)
        tape.warnings = list(self.warnings)
        tape.dropped_records, tape.dropped_bytes = self.dropped_records, self.dropped_bytes
        if kept is None:
            tape._log += self._log[:end]
            return tape
        at = 0
        for behind, _, number, _, _, _ in self._raw(0):
            if behind <= end and number in kept:
                tape._log += self._log[at:behind]
            at = behind
        return tape

    # --- comparing and keeping ----------------------------------------------------------

    def records(self) -> Iterator[Record]:
        """What was recorded, one thing after the other: what files are made of."""
        began = self._began
        for _, time, number, what, side, data in self._raw(0):
            yield time - began, number, what, side, data

    def digest(self) -> str:
        """SHA-256 over all records, their times since the first included, as 64 hex digits: two equal runs are equal.

        The number of a kind of record has no part in it, nor has `epoch`.
        """
        whole = hashlib.sha256(f"{self._reader.hidden} {self._shown} {self.dropped_records}".encode())
        for time, number, what, side, data in self.records():
            rest = data if isinstance(data, bytes) else b"%d" % data
            whole.update(f"\n{time!r} {number} {what.name} {side} {len(rest)} ".encode() + rest)
        return whole.hexdigest()

    def diff(self, other: Tape, *, times: bool = False, keys: bool = False) -> Difference | None:
        """The first step at which `other` goes another way, in words; None where both tell the same story.

        Left out unless asked for: `times`; and `keys`, all that is drawn by chance or given by the system and changes
        nothing else: masking keys (what they mask is compared), the handshake's key and its accept value, ports.
        """
        return first_difference(self.entries(), other.entries(), times=times, keys=keys)

    def save(self, path: str | Path) -> Path:
        """Write all of it to a file of JSON lines, one a record, at once or not at all; returns its path."""
        from wslab.tape import jsonlines

        return jsonlines.save(self, path)

    @classmethod
    def load(cls, path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Tape:
        """Read what `save` wrote.

        What is whole is loaded; `warnings` says which lines are not, and why. Raises `UnreadableFile` for a file
        that is no tape or of a newer version.
        """
        from wslab.tape import jsonlines

        return jsonlines.load(path, max_bytes=max_bytes)

    # --- reading ------------------------------------------------------------------------

    def entries(self, connection: int | None = None) -> list[Entry]:
        """All entries, or those of one connection, in the order in which they departed."""
        entries = self._entries()
        return [each for each in entries if connection is None or each.connection == connection]

    def frames(
        self,
        opcode: int | Collection[int] | None = None,
        side: str | Role | None = None,
        connection: int | None = None,
        between: tuple[float, float] | None = None,
    ) -> list[Entry]:
        """The entries that are frames, also those that break a rule, or of them those that are asked for.

        `opcode` is one or several, `side` who sent them, `between` two times in seconds, both included, within which
        they departed. Raises ValueError for a side or times that cannot be.
        """
        opcodes = (opcode,) if isinstance(opcode, int) else opcode
        sender = None if side is None else _sender(side)
        first, last = _in_order(between)
        return [
            entry
            for entry in self.entries(connection)
            if (found := entry.opcode) is not None
            and (opcodes is None or found in opcodes)
            and (sender is None or entry.sender == sender)
            and first <= entry.time <= last
        ]

    def bytes(self, connection: int, side: str) -> bytes:
        """Every byte that `side`, `"client"` or `"server"`, sent on a connection, head and frames alike."""
        return b"".join(data for number, sender, data in self._chunks() if (number, sender) == (connection, side))

    def heads(self, connection: int) -> dict[str, Chunk]:
        """The heads of the opening handshake, by who sent them, `"client"` and `"server"`; of a slice too."""
        self._entries()
        return self._reader.heads(connection)

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections, in the order in which they began."""
        self._entries()
        return self._reader.connection_numbers

    def __len__(self) -> int:
        return len(self._entries())

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: Span) -> list[Entry]: ...
    def __getitem__(self, index: int | Span) -> Entry | list[Entry]:
        return self._entries()[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def _entries(self) -> list[Entry]:
        reader = self._reader
        with self._reading, relaxed_gc():
            for record in self._raw(reader.position):
                reader.read(*record)
        if reader.hidden or self._shown is not None:
            end = None if self._shown is None else reader.hidden + self._shown
            return reader.entries[reader.hidden : end]
        return reader.entries

    def _chunks(self) -> Iterator[tuple[int, str, Chunk]]:
        """Number, sender and bytes of every chunk that was sent."""
        for _, _, number, what, side, data in self._raw(0):
            if what in (RecordKind.SENT, RecordKind.TAKEN) and not isinstance(data, int):
                yield number, side, data
            elif what is RecordKind.ARRIVED and not isinstance(data, int):
                yield number, "server" if side == "client" else "client", data

    def _raw(self, start: int) -> Iterator[tuple[int, float, int, RecordKind, str, Data]]:
        """The records from `start` on, each with the place at which it ends, and its time as it was recorded."""
        log, at = self._log, start
        while at < len(log):
            time, number, tagged, size = HEADER.unpack_from(log, at)
            at += HEADER.size
            data: Data = size
            if tagged not in _COUNTED:
                data = bytes(log[at : at + size])
                at += size
            yield at, time, number, _WHATS[tagged >> 2], SIDES[tagged & 3], data

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

    def stir(self) -> None:
        """Something happened, recorded or not: call the watchers soon."""
        if self._watchers and not self._awaited:
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
        return "\n".join(lines + self.warnings)

    def _why_empty(self) -> str:
        return "The tape is empty: nothing has happened yet." if self.max_bytes else "The tape is off: Lab(tape=True)."


_WHATS = tuple(RecordKind)


def _no_time() -> float:
    return 0.0


def _never(_seconds: float, _call: Callback) -> None:
    """Nothing new comes to a tape that nobody records on."""


def _sender(side: str | Role) -> str:
    name = side.value if isinstance(side, Role) else side
    if name not in ("client", "server"):
        raise ValueError(f"A frame's side is 'client' or 'server'; this is {side!r}.")
    return name


def _in_order(between: tuple[float, float] | None) -> tuple[float, float]:
    if between is None:
        return float("-inf"), float("inf")
    first, last = between
    if not first <= last:
        raise ValueError(f"between=(from, to) is two times in seconds, the earlier first; this is {between!r}.")
    return first, last


def _line(entry: Entry, *, many: bool) -> str:
    way = {"client": "client → server", "server": "client ← server", "wire": "wire"}[entry.sender]
    number = f" #{entry.connection}" if many else ""
    return (
        f"{entry.number:>4} {entry.time * 1000:>9.1f} ms{number}  {way:<15}  {KINDS[entry.kind].mark} {entry.sentence}"
    )


def _beliefs(entry: Entry) -> str:
    told = [
        f"the {side} believes {belief}"
        for side, belief in (("client", entry.client), ("server", entry.server))
        if belief is not None
    ]
    return "; ".join(told)
