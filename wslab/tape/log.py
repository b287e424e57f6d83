"""The log below a tape: records put behind one another in one buffer, up to a limit.

A record is a header of 17 bytes and the bytes of one read or write (`records`). Recording is cheap, and only appends:
what the bytes mean is worked out later, by the `interpreter`, from the records alone. When `max_bytes` is reached, the
log keeps what it has, records nothing more and counts what it dropped, so that it never has a gap inside. Its buffer
grows ahead by an eighth, so it takes up to 1.125 times `max_bytes`. The entries of a tape come on top, once somebody
asks for them: 300 to 400 bytes each and their own bytes, whatever they take here (`follow.EntryStream` keeps none).

A log knows all that a file keeps of a recording, also which of its entries a slice shows (`hidden`, `shown`); it knows
nothing of entries. `RecordRedactor` replaces the secrets in heads by asterisks, record by record, where a log is copied
to a place where others may read it; the log itself keeps what was. It is one growing buffer, not a list of blocks.
Blocks of 1 MiB were measured, and neither the median nor the worst time of a record was better by more than the noise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from wslab.explain.redaction import (
    HeadRedactor,
    LineRedactor,
    Secrets,
    StreamRedactor,
    redact_header,
    redact_text,
    redact_words,
    stars_for,
)
from wslab.protocol import Role
from wslab.tape.records import (
    COUNTS,
    HEADER,
    SIDES,
    TOLD,
    Fact,
    FaultAct,
    Injected,
    RecordKind,
    RuleFailed,
    fact_of,
    pack,
    pack_change,
    tag,
    unpack_change,
)

DEFAULT_MAX_BYTES = 256 * 1024 * 1024
"""Bytes that a log may hold unless told otherwise, its headers of 17 bytes a record included: 256 MiB."""

Callback = Callable[[], object]
Data = bytes | int
"""What follows the header of a record, or a count."""

Record = tuple[float, int, RecordKind, str, Data]
"""Seconds since the first record, number of the connection, kind, side (or `wire`), bytes or a count."""

RawRecord = tuple[int, float, int, RecordKind, str, Data]
"""The position at which a record ends, and the record, with its time as it was recorded."""

_TAGGED = tuple((kind, side) for kind in RecordKind for side in (*SIDES, ""))  # a tag has two bits for the side
_COUNTED = frozenset(tag(kind, side) for kind in COUNTS for side in (None, *Role))


def _no_time() -> float:
    return 0.0


class Log:
    """Records, in the order in which they were made.

    `now` gives the time in seconds and `epoch` is the Unix time at which it was 0 (0.0 where nobody knows). Times that
    are read count from `began`, by default from the first record. The first `hidden` entries of the recording are not
    shown, and behind them only `shown` ones are (None: all). `on_record` is called, where it is set, after each record
    and once for the first that finds no room. `warnings` has a sentence for each part that could not be loaded from a
    file.
    """

    def __init__(
        self,
        now: Callable[[], float] = _no_time,
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        epoch: float = 0.0,
        began: float | None = None,
        hidden: int = 0,
        shown: int | None = None,
    ) -> None:
        self.max_bytes = max_bytes
        self.hidden = hidden
        self.shown = shown
        self.warnings: list[str] = []
        self.dropped_records = 0
        self.dropped_bytes = 0
        self.on_record: Callback | None = None
        self._now = now
        self._clock_epoch = epoch
        self._began = began
        self._data = bytearray()

    # --- recording ----------------------------------------------------------------------

    def record(self, connection: int, tag: int, data: bytes = b"") -> None:
        """Something happened; `tag` is `records.tag(kind, side)`."""
        log = self._data
        if self.dropped_records or len(log) + len(data) > self.max_bytes:
            self._drop(len(data))
            return
        log += HEADER.pack(self._now(), connection, tag, len(data))
        log += data
        if self.on_record is not None:
            self.on_record()

    def record_count(self, connection: int, tag: int, size: int) -> None:
        """Bytes moved on that are in the log already."""
        if self.dropped_records or len(self._data) > self.max_bytes:
            self._drop(0)
            return
        self._data += HEADER.pack(self._now(), connection, tag, size)
        if self.on_record is not None:
            self.on_record()

    def put(self, time: float, connection: int, tag: int, data: Data = b"") -> None:
        """A record with a time of its own, in seconds: for what was recorded elsewhere. A count is an int."""
        size, rest = (data, b"") if isinstance(data, int) else (len(data), data)
        if self.dropped_records or len(self._data) + len(rest) > self.max_bytes:
            self._drop(len(rest))
            return
        self._data += HEADER.pack(time, connection, tag, size)
        self._data += rest

    def _drop(self, size: int) -> None:
        """Count a record that has no room; the first one calls `on_record`, so that followers see the full log."""
        self.dropped_records += 1
        self.dropped_bytes += size
        if self.dropped_records == 1 and self.on_record is not None:
            self.on_record()

    # --- reading ------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Bytes that the log takes."""
        return len(self._data)

    @property
    def began(self) -> float:
        """The time from which the others count, on the clock of `now`: by default that of the first record."""
        if self._began is not None:
            return self._began
        began: float = HEADER.unpack_from(self._data)[0] if self._data else 0.0
        return began

    @property
    def epoch(self) -> float:
        """The Unix time of the moment from which times count; 0.0 where it is not known."""
        return self._clock_epoch + self.began if self._clock_epoch else 0.0

    def raw(self, start: int = 0) -> Iterator[RawRecord]:
        """The records from `start` on."""
        # names of the function itself: the loop runs for each record of a long tape
        log, at, read_header, behind_header = self._data, start, HEADER.unpack_from, HEADER.size
        while at < len(log):
            time, number, tagged, size = read_header(log, at)
            at += behind_header
            kind, side = _TAGGED[tagged]
            if tagged in _COUNTED:
                yield at, time, number, kind, side, size
            else:
                begin, at = at, at + size
                yield at, time, number, kind, side, bytes(log[begin:at])

    def since(self, position: int) -> Iterator[tuple[int, Record]]:
        """The records behind a position (0: all), each with the position behind it: what a `Cursor` reads."""
        began = self.began
        for end, time, number, kind, side, data in self.raw(position):
            yield end, (time - began, number, kind, side, data)

    def records(self) -> Iterator[Record]:
        """All records, one after the other: what files are made of."""
        for _, record in self.since(0):
            yield record

    def sent_bytes(self, connection: int, side: str) -> bytes:
        """Every byte that `side` sent on a connection; those of a sender outside the lab as they arrived."""
        return b"".join(
            data
            for _, _, number, kind, where, data in self.raw()
            if number == connection and isinstance(data, bytes) and (kind, where) in _SENT_BY[side]
        )

    def digest(self) -> str:
        """SHA-256 over all records, their times since the first included, as 64 hex digits: two equal runs are equal.

        The number of a kind of record has no part in it, nor has `epoch`.
        """
        whole = hashlib.sha256(f"{self.hidden} {self.shown} {self.dropped_records}".encode())
        for time, number, kind, side, data in self.records():
            rest = data if isinstance(data, bytes) else b"%d" % data
            whole.update(f"\n{time!r} {number} {kind.name} {side} {len(rest)} ".encode() + rest)
        return whole.hexdigest()

    def cut_out(self, end: int, kept: Collection[int] | None, hidden: int, shown: int | None) -> Log:
        """The records up to `end` of the connections that are `kept` (None: all), as a log of its own."""
        log = Log(max_bytes=self.max_bytes, epoch=self._clock_epoch, began=self.began, hidden=hidden, shown=shown)
        log.warnings = list(self.warnings)
        log.dropped_records, log.dropped_bytes = self.dropped_records, self.dropped_bytes
        if kept is None:
            log._data += self._data[:end]
            return log
        at = 0
        for behind, _, number, _, _, _ in self.raw():
            if behind <= end and number in kept:
                log._data += self._data[at:behind]
            at = behind
        return log

    def redacted(self) -> tuple[Log, int]:
        """A log with asterisks in place of the secrets in heads, and how many there are; itself where it has none."""
        count = self.count_secrets()
        return (self._redacted(), count) if count else (self, 0)

    def count_secrets(self) -> int:
        """How many secrets its heads hold; one that a connection shows several times counts once."""
        found = RecordRedactor()
        for _, _, number, kind, side, data in self.raw():
            if not isinstance(data, int):
                found.redacted(number, kind, side, data)
        return found.count

    def _redacted(self) -> Log:
        redactor = RecordRedactor()
        log = self.cut_out(0, None, self.hidden, self.shown)
        log.dropped_records = log.dropped_bytes = 0  # or `put` would drop
        for _, time, number, kind, side, data in self.raw():
            sender = None if side == "wire" else Role(side)
            shown = data if isinstance(data, int) else redactor.redacted(number, kind, side, data)
            log.put(time, number, tag(kind, sender), shown)
        log.dropped_records, log.dropped_bytes = self.dropped_records, self.dropped_bytes
        return log


_STREAMS = frozenset({RecordKind.SENT, RecordKind.ARRIVED, RecordKind.TAKEN})
_WORDS = frozenset({RecordKind.CONNECT, RecordKind.LOST, RecordKind.NOTE})
_TOLD = frozenset(
    {
        RecordKind.INJECTED,
        RecordKind.FAULT,
        RecordKind.FAILED,
        RecordKind.TLS_FAILED,
        RecordKind.UNREACHABLE,
        RecordKind.RAISED,
        RecordKind.REPORTED,
    }
)


class RecordRedactor:
    """Puts asterisks in place of the secrets in heads, in records that are given in their order.

    `count` is how many it has replaced so far; a value that one connection shows several times counts once. Words, such
    as an error that quotes a URL, lose what they quote.
    """

    def __init__(self) -> None:
        self._secrets: dict[int, Secrets] = {}  # by connection, where it has any
        self._streams: dict[tuple[int, RecordKind, str], StreamRedactor] = {}

    @property
    def count(self) -> int:
        """How many secrets were replaced so far."""
        return sum(len(each.values) for each in self._secrets.values())

    def is_behind(self, number: int, kind: RecordKind, side: str, data: bytes | int) -> bool:
        """Whether a record stays as it is, for no head is in it: then it need not be given."""
        stream = self._streams.get((number, kind, side))
        return stream is not None and (isinstance(data, int) or stream.passes(data))

    def redacted(self, number: int, kind: RecordKind, side: str, data: bytes) -> bytes:
        """The bytes that follow the header of the next record."""
        if not data:
            return data
        if kind in _STREAMS:
            return self._stream((number, kind, side), data)
        if kind in _WORDS:
            return LineRedactor(self._of(number)).urls(data)
        if kind is RecordKind.CHANGED and (b" HTTP/1" in data or b"HTTP/1" in data[:64]):
            return self._change(number, side, data)
        if kind in _TOLD:
            fact = redacted_fact(fact_of(kind, side, json.loads(data)), self._of(number))
            return self._known(number, pack(fact))
        return data

    def _of(self, number: int) -> Secrets:
        return self._secrets.setdefault(number, Secrets())

    def _stream(self, stream: tuple[int, RecordKind, str], data: bytes) -> bytes:
        redactor = self._streams.get(stream)
        if redactor is None:
            redactor = self._streams[stream] = StreamRedactor(self._of(stream[0]))
        return data if redactor.passes(data) else redactor.feed(data)

    def _change(self, number: int, side: str, data: bytes) -> bytes:
        """A head that a fault has changed."""
        start, size, new, act = unpack_change(side, data)
        head = HeadRedactor(self._of(number)).feed(new)
        if act is None or act.act == TOLD:
            return pack_change(start, size, head, "" if act is None else str(act.arguments["text"]))
        redacted = redacted_fact(act, self._of(number))
        assert isinstance(redacted, FaultAct)
        return pack_change(start, size, head, redacted)

    def _known(self, number: int, data: bytes) -> bytes:
        """Words with asterisks in place of the values that are known from the heads of this connection."""
        for each in self._secrets.get(number, Secrets()).values:
            if len(each) >= _TELLING:
                data = data.replace(each, stars_for(each))
        return data


_QUOTING = ("text", "error", "why", "target", "address", "message")
"""Fields of facts that may quote a URL or a header: an exception, a browser's words, where nothing was reached."""

_TELLING = 8  # bytes; a shorter value is likely to be an ordinary word, too


def redacted_fact(fact: Fact, secrets: Secrets | None = None) -> Fact:
    """A fact with asterisks in place of the secrets that it quotes, which `secrets` learns; itself without any."""
    known = Secrets() if secrets is None else secrets
    if isinstance(fact, RuleFailed):
        return _with(fact, found=redact_words(fact.found, known))
    if isinstance(fact, FaultAct):
        return _redacted_act(fact, known)
    if isinstance(fact, Injected):
        return _with(fact, data=StreamRedactor(known).feed(fact.data))
    return _with(fact, **{name: redact_text(getattr(fact, name), known) for name in _QUOTING if hasattr(fact, name)})


def _with(fact: Fact, **values: Any) -> Fact:
    is_new = any(getattr(fact, name) != value for name, value in values.items())
    return replace(fact, **values) if is_new else fact


def _redacted_act(fact: FaultAct, secrets: Secrets) -> Fact:
    if fact.act != "header-set":
        return fact
    value = str(fact.arguments.get("value"))
    hidden = redact_header(str(fact.arguments.get("name")), value, secrets)
    arguments = {**fact.arguments, "value": hidden}
    return _with(fact, fault=fact.fault.replace(value, hidden), arguments=arguments) if hidden != value else fact


_SENT_BY = {
    "client": {(RecordKind.SENT, "client"), (RecordKind.TAKEN, "client"), (RecordKind.ARRIVED, "server")},
    "server": {(RecordKind.SENT, "server"), (RecordKind.TAKEN, "server"), (RecordKind.ARRIVED, "client")},
}
