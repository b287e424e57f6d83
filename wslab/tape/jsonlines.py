"""Our own format: JSON lines, one a record, to be read by people and by `grep`.

The first line says what the file is, its version, and what is known of the whole:

    {"wslab": "tape", "version": 2, "epoch": 0.0, "hidden": 0, "shown": null, "dropped_records": 0, "dropped_bytes": 0}

Each further line is a record: seconds since the first one, the number of the connection (0: the lab as a whole), what
happened, at which side (`client`, `server`, `wire`), and what goes with it: `text` or `hex` for bytes, `bytes` for
a mere count, or a belief:

    {"time":0.0004,"connection":1,"what":"sent","side":"client","hex":"818537fa213d7f9f4d5158"}
    {"time":0.0006,"connection":1,"what":"counted","side":"server","bytes":11}
    {"time":0.0006,"connection":1,"what":"belief","side":"server","state":"OPEN","code":null,"detail":"so far"}
    {"time":0.0007,"connection":1,"what":"timed_out","side":"client","waited_for":"close","seconds":5.0}

A fact has its fields by name, as its class in `records` has them; a change has its place in the stream, its bytes as
`hex`, and the fault with what it did. Only a note has a sentence, which a person wrote.

The file has names, never internal numbers. A line that is damaged is left out and named in `warnings`, with its
number and why; the lines behind it are loaded. Reading and writing go line by line, whatever the file's size. A line of
more than `LONG` bytes is read only as ASCII with at most `MOST_VALUES` values, as all that we write of that length is;
reading it then takes three times its length in memory, and the tape.

Version 1 had no facts: the lab wrote notes instead, and changes had `words`. Such a file is read as it is, and its
sentences stay notes.

What it leaves out: compression. `gzip` does that: a tape of small frames shrinks to a tenth, and is read as it is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, repeat
from pathlib import Path
from reprlib import repr as shown
from types import TracebackType
from typing import Any, Self

from wslab.protocol import Role, State
from wslab.tape.files import LATEST, UnreadableFile, Warnings, growing, has_more_values, opened, replacing, target_of
from wslab.tape.follow import Cursor
from wslab.tape.log import DEFAULT_MAX_BYTES, Log, Record, RecordRedactor
from wslab.tape.records import (
    COUNTS,
    FACTS,
    SIDED,
    TOLD,
    FaultAct,
    RecordKind,
    fact_of,
    pack,
    pack_belief,
    pack_change,
    tag,
    unpack_belief,
    unpack_change,
)


class JsonlinesWriter:
    """A log on its way to a file, while it grows. `OSError` where it cannot be written; the file begins empty.

    A `redactor` puts asterisks in place of secrets; without one they are kept.

    The first line has room at its end: once the log is full, it is written again with what was dropped so far.
    """

    BATCH = 256 * 1024  # bytes that are made into lines before they are written
    FIRST = 512  # characters of the first line

    def __init__(self, log: Log, path: str | Path, *, redactor: RecordRedactor | None = None) -> None:
        self._log = log
        self._redactor = redactor
        self._path = target_of(path)
        self._file = growing(self._path)
        self._cursor = Cursor(log.since)
        self._lines = bytearray()  # on their way
        self.count = 0
        """Records that it made into lines."""
        self._dropped = 0  # records, as the first line has it

    def append(self) -> None:
        """Write what came since the last time, and hand it to the system."""
        while self.append_part():
            pass

    def append_part(self) -> bool:
        """Write a bounded part of what came since the last time; whether there is more."""
        if self._file.closed:
            return False
        self._write()
        if self._log.size > self._cursor.position == 0:
            self._lines += self._first_line()
        for record in self._cursor:
            self._lines += line_of(record, self._redactor).encode()
            self.count += 1
            if len(self._lines) > self.BATCH:
                break
        self._write()
        self._write_dropped()
        return self._cursor.position < self._log.size

    def _write_dropped(self) -> None:
        if self._cursor.position and self._log.dropped_records != self._dropped:
            self._file.seek(0)
            self._file.write(self._first_line())
            self._file.seek(0, os.SEEK_END)

    def _first_line(self) -> bytes:
        self._dropped = self._log.dropped_records
        return first_line(self._log).removesuffix("\n").ljust(self.FIRST).encode() + b"\n"

    def _write(self) -> None:
        # a disk that is full takes a part of it, or raises: what is left is tried again
        while self._lines:
            del self._lines[: self._file.write(self._lines)]

    def close(self) -> None:
        """Write the rest; an empty log has its first line alone."""
        with self._file:
            self.append()
        if not self._cursor.position:
            save(self._log, self._path, redactor=self._redactor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


VERSION = 2
"""Raised when an older wslab would misread what a newer one writes."""

LONG = 1024 * 1024
"""Bytes from which on a line is looked at before it is read: JSON of a few characters may take much memory."""

_LONGEST_IN_LETTERS = LONG // 8  # characters: of at most 4 bytes each, and other fields may stand beside

MOST_VALUES = 10_000
"""Values that a long line may have; one that wslab writes has at most a few dozen."""

_TEXTS = frozenset({RecordKind.CONNECT, RecordKind.ACCEPT, RecordKind.LOST, RecordKind.NOTE, RecordKind.ORIGINS})
_CHANGES = frozenset({RecordKind.SWALLOWED, RecordKind.CHANGED})
_OWN_FIELDS = _CHANGES | set(FACTS) | {RecordKind.BELIEF}
_NAMES = {what: what.name.lower() for what in RecordKind}
_FORMER_NAMES = {"cut_gently": RecordKind.FIN_TO_BOTH}  # in files of version 2, too
_ROLES: Mapping[str, Role | None] = {"wire": None, "client": Role.CLIENT, "server": Role.SERVER}
_TAGS = {
    (name, side): (what, tag(what, role))
    for what, name in (*_NAMES.items(), *((what, name) for name, what in _FORMER_NAMES.items()))
    for side, role in _ROLES.items()
    if role is not None or what not in SIDED
}
_STATES = {state.value: state for state in State}
_BATCH = 1000
_LONGEST_FIRST_LINE = 4096


def is_ours(begin: bytes) -> bool:
    """Whether a file that begins like this is in this format, in any version."""
    return _head(begin.partition(b"\n")[0]) is not None


# ---- writing


def save(log: Log, path: str | Path, *, redactor: RecordRedactor | None = None) -> Path:
    """Write a log to a file, whole or not at all; a `redactor` puts asterisks in place of secrets."""
    with replacing(path) as file:
        for batch in _batches(chain((first_line(log),), map(line_of, log.records(), repeat(redactor)))):
            file.write("".join(batch).encode())
    return Path(path)


def _batches(lines: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def first_line(log: Log) -> str:
    """The first line: what is known of the whole recording."""
    about = {
        "wslab": "tape",
        "version": VERSION,
        "epoch": log.epoch,
        "hidden": log.hidden,
        "shown": log.shown,
        "dropped_records": log.dropped_records,
        "dropped_bytes": log.dropped_bytes,
    }
    return json.dumps(about) + "\n"


def line_of(record: Record, redactor: RecordRedactor | None = None) -> str:
    """One record as a line."""
    time, number, what, side, data = record
    begin = f'{{"time":{time!r},"connection":{number},"what":"{_NAMES[what]}","side":"{side}"'
    if isinstance(data, int):
        return f'{begin},"bytes":{data}}}\n'
    if redactor is not None and not redactor.is_behind(number, what, side, data):  # most are behind a head
        data = redactor.redacted(number, what, side, data)
    if not data:
        return begin + "}\n"
    if what not in _OWN_FIELDS:  # nearly all of a tape
        text = _as_text(what, data)
        return f'{begin},"hex":"{data.hex()}"}}\n' if text is None else f'{begin},"text":{text}}}\n'
    if what is RecordKind.BELIEF:
        state, code, detail = unpack_belief(data)
        belief = {"state": state.value, "code": code, "detail": detail}
        return f"{begin},{_compact(belief)[1:]}\n"
    if what in _CHANGES:
        start, size, new, act = unpack_change(side, data)
        change: dict[str, object] = {"start": start, "size": size, "hex": new.hex()}
        if act is not None:
            change |= {"fault": act.fault, "act": act.act, "arguments": act.arguments}
        return f"{begin},{_compact(change)[1:]}\n"
    return f"{begin},{_written_fact(data.decode())[1:]}\n" if len(data) > len("{}") else begin + "}\n"


def _written_fact(packed: str) -> str:
    return packed if len(packed) <= _LONGEST_IN_LETTERS else _compact(json.loads(packed))


def _compact(value: object) -> str:
    """JSON in letters of every script; what may become a long line is ASCII, which is all that `_json` reads there."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _LONGEST_IN_LETTERS else json.dumps(value, separators=(",", ":"))


def _as_text(what: RecordKind, data: bytes) -> str | None:
    """Sentences and handshake heads as a JSON string; None for frames."""
    if what not in _TEXTS and not (data.isascii() and data.startswith((b"GET ", b"HTTP/"))):
        return None
    try:
        return _compact(data.decode())
    except UnicodeDecodeError:
        return None


# ---- reading


def load(path: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Log:
    """Read a log; its `warnings` name the lines that were damaged.

    Raises `UnreadableFile` where there is no such file, or its first line is not that of a tape, or that of a newer
    version.
    """
    with opened(path) as file:
        about = _checked(path, file.readline(_LONGEST_FIRST_LINE))
        hidden, shown = _whole(about, "hidden") or 0, _whole(about, "shown")
        log = Log(max_bytes=max_bytes, epoch=_epoch(about), began=0.0, hidden=hidden, shown=shown)
        warn = Warnings(log.warnings, "line")
        limit = 2 * max_bytes + 1000
        for number, line in enumerate(iter(lambda: file.readline(limit), b""), 2):
            if line.isspace():
                continue
            try:
                log.put(*_record(_json(line)))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
                warn(f"Line {number} of the file is left out: {_why(line, problem)}.")
        warn.finish()
    log.dropped_records += _whole(about, "dropped_records") or 0
    log.dropped_bytes += _whole(about, "dropped_bytes") or 0
    return log


def _json(line: bytes) -> Any:
    if len(line) > LONG:
        if not line.isascii():
            raise ValueError(f"it has more than {LONG:,} bytes and is not all ASCII")
        if has_more_values(line, MOST_VALUES):
            raise ValueError(f"it has more than {MOST_VALUES:,} values")
    text = line.decode()
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise ValueError("it has a number of thousands of digits") from None


def _head(line: bytes) -> dict[str, Any] | None:
    try:
        about = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return about if isinstance(about, dict) and about.get("wslab") == "tape" else None


def _checked(path: str | Path, line: bytes) -> dict[str, Any]:
    about = _head(line)
    if about is None:
        raise UnreadableFile(path, 'this is not a tape of wslab: its first line would begin with {"wslab": "tape".')
    version = about.get("version")
    if not isinstance(version, int) or version < 1:
        raise UnreadableFile(path, f"this tape says version {shown(version)}, and no such version exists.")
    if version > VERSION:
        raise UnreadableFile(
            path,
            f"this tape is of version {version}, written by a newer wslab; this one reads up to {VERSION}: update it.",
        )
    return about


def _whole(about: Mapping[str, Any], name: str) -> int | None:
    value = about.get(name)
    return value if isinstance(value, int) and value >= 0 else None


def _epoch(about: Mapping[str, Any]) -> float:
    value = about.get("epoch")
    return float(value) if isinstance(value, (int, float)) and 0 <= value < LATEST else 0.0


def _record(line: Any) -> tuple[float, int, int, bytes | int]:
    if not isinstance(line, dict):
        raise TypeError("it is not a JSON object")
    time, number, name, side = line["time"], line["connection"], line["what"], line["side"]
    known = _TAGS.get((name, side)) if isinstance(name, str) and isinstance(side, str) else None
    if known is None:
        raise ValueError(_unknown(name, side))
    if not isinstance(time, (int, float)) or not 0 <= time < LATEST:
        raise ValueError(f"time={shown(time)} is not a number of seconds")
    if not isinstance(number, int) or not 0 <= number < 1 << 32:
        raise ValueError(f"connection={shown(number)} is not a number of a connection")
    return time, number, known[1], _data(known[0], line)


def _unknown(name: object, side: object) -> str:
    if name not in _NAMES.values():
        return f"it has what={shown(name)}, which this version does not know"
    return f"side={shown(side)} does not go with {shown(name)}"


def _data(what: RecordKind, line: Mapping[str, Any]) -> bytes | int:
    read = _READ.get(what)
    if read is not None:
        return read(what, line)
    if "hex" in line:
        return _hex(line)
    text = line.get("text", "")
    if not isinstance(text, str):
        raise TypeError(f"text={shown(text)} is not text")
    return text.encode()


def _count(_: RecordKind, line: Mapping[str, Any]) -> int:
    count = line["bytes"]
    if not isinstance(count, int) or not 0 <= count < 1 << 32:
        raise ValueError(f"bytes={shown(count)} is not a number of bytes")
    return count


def _fact(what: RecordKind, line: Mapping[str, Any]) -> bytes:
    return pack(fact_of(what, line["side"], line))


def _hex(line: Mapping[str, Any]) -> bytes:
    digits = line["hex"]
    try:
        return bytes.fromhex(digits)
    except (ValueError, TypeError):
        raise ValueError(f"hex={shown(digits)} is not hex, two digits a byte") from None


def _belief(_: RecordKind, line: Mapping[str, Any]) -> bytes:
    state, code = _STATES.get(line["state"]), line["code"]
    if state is None or not (code is None or (isinstance(code, int) and 0 <= code < 1 << 16)):
        raise ValueError(f"state={shown(line['state'])} with code={shown(code)} is not a belief")
    return pack_belief(state, code, str(line["detail"]))


def _change(_: RecordKind, line: Mapping[str, Any]) -> bytes:
    start, size = line["start"], line["size"]
    if not isinstance(start, int) or not 0 <= start < 1 << 48 or not isinstance(size, int) or not 0 <= size < 1 << 32:
        raise ValueError(f"start={shown(start)} with size={shown(size)} is not a place in a stream")
    return pack_change(start, size, _hex(line), _act(line))


def _act(line: Mapping[str, Any]) -> FaultAct | str:
    """What the fault did; version 1 has a sentence instead, which stays one."""
    if "words" in line:
        return str(line["words"])
    if "act" not in line:
        return ""
    act = fact_of(RecordKind.FAULT, line["side"], line)
    assert isinstance(act, FaultAct)
    return str(act.arguments.get("text", "")) if act.act == TOLD else act


def _why(line: bytes, problem: Exception) -> str:
    if not line.endswith(b"\n"):
        return "the file ends inside it"
    if isinstance(problem, json.JSONDecodeError):
        return f"it is not JSON ({problem.msg} at character {problem.pos + 1})"
    if isinstance(problem, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(problem, RecursionError):
        return "it is nested beyond all reason"
    if isinstance(problem, KeyError):
        return f"{problem.args[0]!r} is missing"
    return str(problem) or type(problem).__name__


_READ: Mapping[RecordKind, Callable[[RecordKind, Mapping[str, Any]], bytes | int]] = {
    **dict.fromkeys(COUNTS, _count),
    RecordKind.BELIEF: _belief,
    **dict.fromkeys(_CHANGES, _change),
    **dict.fromkeys(FACTS, _fact),
}
"""Kinds with fields of their own. One look-up a line is enough, which matters: a file may have millions of lines."""
