"""The tape: everything that happened in a lab, recorded first and drawn after.

A tape is a sequence of entries over a log of records. The lab records into the log; the interpreter turns records into
entries, only when somebody looks, and only those that are new since the last look. So recording is cheap, and all views
of one tape agree. Queries (`frames`, `bytes`, `heads`), slices and comparisons are here.

A slice is a tape of its own: its log holds the records of its connections up to its last entry, and the first entries
stay hidden, for without them no frame behind them could be understood.

What it leaves out: the buffer and its limit (`log`), the words (`text`, `sentences`), the format of files
(`jsonlines`), and how two tapes are compared (`diff`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import ClassVar, overload

from wslab._gc import relaxed_gc
from wslab.explain import counted, size_in_words
from wslab.explain.redaction import notice
from wslab.protocol import Role
from wslab.protocol.numbers import read_size
from wslab.tape import jsonlines, text
from wslab.tape.diff import Difference, first_difference
from wslab.tape.entry import Entry, RedactedEntries
from wslab.tape.follow import Callback, Watchers
from wslab.tape.interpreter import Interpreter
from wslab.tape.log import DEFAULT_MAX_BYTES, Log, Record, RecordRedactor
from wslab.tape.records import Fact, RecordKind, fact_tag, pack, tag
from wslab.tape.streams.pending import PendingPart

logger = logging.getLogger("wslab")

Chunk = bytes
Span = slice  # `Tape.slice` hides the name inside the class


class Tape(Sequence[Entry]):
    """A recording: a sequence of `Entry`, one for each handshake head, frame, TCP event and fault.

    `print(tape)` shows it in words, with asterisks in place of the secrets in heads, since a notebook is saved with
    what it prints. `now` returns the time in seconds, `later(seconds, call)` calls something after a while (needed by
    `watch` only), `epoch` is the Unix time at which `now` was 0 (0.0 where time is not real); a lab passes those of its
    clock. Its recording takes `max_bytes` at most, and it drops what comes behind them. Each entry
    takes 300 to 400 bytes more, from when somebody looks: of tiny frames that is many times what the recording takes.
    `log` is what it is made of.
    """

    is_invented: ClassVar[bool] = False
    """Whether all of it is made up, as in a scenario, so that it has no secrets."""

    def __init__(
        self,
        now: Callable[[], float],
        later: Callable[[float, Callback], object],
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        epoch: float = 0.0,
    ) -> None:
        self._begin(Log(now, max_bytes=max_bytes, epoch=epoch), later)

    @classmethod
    def over(cls, log: Log) -> Tape:
        """The tape over a log that was recorded already: no lab records on it."""
        tape = cls.__new__(cls)
        tape._begin(log, None)
        return tape

    @classmethod
    def blank(cls, *, max_bytes: int = DEFAULT_MAX_BYTES, epoch: float = 0.0, began: float = 0.0) -> Tape:
        """A tape without a clock, to be filled by `put`, whose times count from `began`; `epoch` as above."""
        return cls.over(Log(max_bytes=max_bytes, epoch=epoch, began=began))

    def _begin(self, log: Log, later: Callable[[float, Callback], object] | None) -> None:
        self.log = log
        self._interpreter = Interpreter(hidden=log.hidden)
        self._reading = Lock()  # a widget may look from a thread of its own
        self._watchers = Watchers(later)
        self._goes_on = later is not None
        # the log's own methods, so that recording a read of a socket is one call
        self.record = log.record
        self.record_count = log.record_count
        self.put = log.put

    # --- recording ----------------------------------------------------------------------

    def note(self, connection: int, side: Role | None, text: str) -> None:
        """A sentence that somebody wrote; connection 0 is the lab as a whole."""
        self.record(connection, tag(RecordKind.NOTE, side), text.encode())

    def record_fact(self, connection: int, fact: Fact) -> None:
        """A fact, at its side; connection 0 is the lab as a whole."""
        self.record(connection, fact_tag(fact), pack(fact))

    @property
    def goes_on(self) -> bool:
        """Whether a lab may still record on it: not so on a copy, a slice, or what was loaded."""
        return self._goes_on

    @property
    def hidden(self) -> int:
        """Of a slice: how many entries before its first are in the recording, unseen."""
        return self.log.hidden

    @property
    def shown(self) -> int | None:
        """Of a slice: how many entries it shows; None for a whole tape."""
        return self.log.shown

    @property
    def size(self) -> int:
        """Bytes that the recording takes."""
        return self.log.size

    @property
    def max_bytes(self) -> int:
        """Bytes that the recording may take."""
        return self.log.max_bytes

    @property
    def dropped_records(self) -> int:
        """Records that found no room."""
        return self.log.dropped_records

    @property
    def dropped_bytes(self) -> int:
        """Bytes of the records that found no room."""
        return self.log.dropped_bytes

    @property
    def warnings(self) -> list[str]:
        """A sentence for each part that could not be loaded from the file."""
        return self.log.warnings

    @property
    def epoch(self) -> float:
        """The Unix time of the moment from which entries count their seconds; 0.0 where it is not known."""
        return self.log.epoch

    # --- slices ---------------------------------------------------------------------------

    def copy(self) -> Tape:
        """A copy of what is on the tape now, which the lab no longer writes to."""
        return Tape.over(self.log.cut_out(self.log.size, None, self.hidden, self.shown))

    def slice(self, first: int, last: int | None = None) -> Tape:
        """Entries `first` up to, not including, `last` (None: the end) as a tape of its own; the same entries in all.

        Numbers below 0 count from the end, as in `tape[first:last]`. Times stay those of the whole tape. What came
        before on the same connections stays in the recording, unseen, for without it no frame can be understood (its
        compression, its fragments, what each side believed): `save` writes it too. Other connections are left out.
        """
        first, last, _ = Span(first, last).indices(len(self))
        shown = self[first : max(first, last)]
        kept = {entry.connection for entry in shown}
        before = self._interpreter.entries[: self.hidden + first]
        hidden = sum(1 for entry in before if entry.connection in kept)
        # the records behind the last change of these entries say nothing more about them
        end = max((entry.changed_at for entry in shown), default=0)
        return Tape.over(self.log.cut_out(end, kept, hidden, len(shown)))

    # --- comparing and keeping ----------------------------------------------------------

    def records(self) -> Iterator[Record]:
        """All records, one after the other: what files are made of."""
        return self.log.records()

    def digest(self) -> str:
        """SHA-256 over all records, their times since the first included, as 64 hex digits: two equal runs are equal.

        The number of a kind of record has no part in it, nor has `epoch`.
        """
        return self.log.digest()

    def diff(self, other: Tape, *, times: bool = False, keys: bool = False) -> Difference | None:
        """The first step at which `other` goes another way, in words; None where they are alike.

        Left out unless asked for: `times`; and `keys`, all that is drawn by chance or given by the system and changes
        nothing else: masking keys (what they mask is compared), the handshake's key and its accept value, ports.
        """
        return first_difference(self.entries(), other.entries(), times=times, keys=keys)

    def save(self, path: str | Path, *, secrets: bool = False) -> Path:
        """Write all of it to a file of JSON lines, one a record, at once or not at all; returns its path.

        Secrets in heads (credentials, cookies, tokens in a URL or a subprotocol) become asterisks, as many as they
        have bytes, unless `secrets` asks for them; a warning of the logger `wslab` says how many.
        """
        redactor = None if secrets else RecordRedactor()
        saved = jsonlines.save(self.log, path, redactor=redactor)
        if redactor is not None and redactor.count:
            logger.warning("%s", notice(redactor.count, path, "secrets=True"))
        return saved

    def redacted(self) -> tuple[Tape, int]:
        """A copy with asterisks in place of the secrets in heads, and how many there are; itself where there are none.

        See `save` for what counts as a secret.
        """
        log, count = self.log.redacted()
        return (Tape.over(log), count) if count else (self, 0)

    @classmethod
    def load(cls, path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Tape:
        """Read what `save` wrote.

        What is whole is loaded; `warnings` says which lines are not, and why. Raises `UnreadableFile` for a file
        that is missing, not a tape, or of a newer version.
        """
        return cls.over(jsonlines.load(path, max_bytes=read_size("max_bytes", max_bytes)))

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
        """The entries that are frames, including those that break a rule; with arguments, those that match.

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
        return self.log.sent_bytes(connection, side)

    def heads(self, connection: int) -> dict[str, Chunk]:
        """The heads of the opening handshake, by who sent them, `"client"` and `"server"`; of a slice too."""
        self._entries()
        return self._interpreter.heads(connection)

    def pending(self) -> list[PendingPart]:
        """Heads and frames that have begun and are not whole; of a slice none, for it shows its entries alone."""
        self._entries()
        return self._interpreter.pending() if self.shown is None else []

    @property
    def connection_numbers(self) -> list[int]:
        """The numbers of the connections, in the order in which they began."""
        self._entries()
        return self._interpreter.connection_numbers

    def __len__(self) -> int:
        return len(self._shown())

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: Span) -> list[Entry]: ...
    def __getitem__(self, index: int | Span) -> Entry | list[Entry]:
        shown = self._shown()[index]
        entries = self._interpreter.entries
        if isinstance(shown, range):
            return entries[shown.start : shown.stop] if shown.step == 1 else [entries[each] for each in shown]
        return entries[shown]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def _shown(self) -> range:
        """The indexes of the entries that are shown, once all records are read. Nothing is copied."""
        interpreter = self._interpreter
        with self._reading, relaxed_gc():
            interpreter.began = self.log.began
            interpreter.read(self.log.raw(interpreter.position))
        every = range(len(interpreter.entries))
        if not self.hidden and self.shown is None:
            return every
        return every[self.hidden : None if self.shown is None else self.hidden + self.shown]

    def _entries(self) -> list[Entry]:
        """The entries that are shown; of a whole tape the interpreter's own list, which is not copied."""
        shown = self._shown()
        entries = self._interpreter.entries
        return entries if len(shown) == len(entries) else entries[shown.start : shown.stop]

    # --- following ----------------------------------------------------------------------

    def watch(self, callback: Callback) -> Callback:
        """Call `callback()` soon after something new was recorded, at most 20 times a second.

        Returns a function that stops this. A callback that raises is logged and removed; no connection notices.
        """
        self.log.on_record = self._watchers.notify  # a tape that nobody watches saves the call
        return self._watchers.watch(callback)

    def notify_watchers(self, *, at_once: bool = False) -> None:
        """Something happened that is not recorded: call the watchers soon, or in the next turn of the loop."""
        self._watchers.notify(at_once=at_once)

    # --- in words -----------------------------------------------------------------------

    def __repr__(self) -> str:
        connections = counted(len(self.connection_numbers), "connection")
        return f"<Tape of {counted(len(self), 'entry', 'entries')}, {connections}, {size_in_words(self.size)}>"

    def __str__(self) -> str:
        # what is printed in a notebook is saved with it
        shown = self if self.is_invented else RedactedEntries(self)
        pending = [each if self.is_invented else each.redacted() for each in self.pending()]
        return text.in_words(shown, self.log, pending, many=len(self.connection_numbers) > 1)


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
