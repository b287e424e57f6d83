"""A tape in words: what `print(tape)` shows, and the few words on an arrow of a timeline.

`in_words` has one line for each entry, with what each side believes where that changed. `label` says an entry in
two or three words, for there is no room for a sentence. `is_outdated` is whether a belief is no longer true.

What it leaves out: the sentence of an entry, which the entry has itself, and all geometry and style (`widgets`).
"""

from __future__ import annotations

from collections.abc import Sequence

from wslab.explain import KINDS, counted, size_in_words
from wslab.explain.preview import preview
from wslab.explain.words import printable
from wslab.protocol.states import State
from wslab.tape.entry import Belief, Entry
from wslab.tape.log import Log
from wslab.tape.sentences import label_of
from wslab.tape.streams.pending import PendingPart

__all__ = ["in_words", "is_outdated", "label", "pending_line"]

_WAYS = {"client": "client → server", "server": "client ← server", "wire": "wire"}


def in_words(entries: Sequence[Entry], log: Log, pending: Sequence[PendingPart] = (), *, many: bool) -> str:
    """Entries line by line, with beliefs where they change, and what is `pending` behind them.

    With `many` connections, each line says its own.
    """
    lines = [] if len(entries) else [_why_empty(log)]
    believed: dict[int, str] = {}
    for entry in entries:
        lines.append(_line(entry, many=many))
        belief = _beliefs(entry)
        if belief and belief != believed.get(entry.connection):
            lines.append(f"{'':>19}{belief}")
        believed[entry.connection] = belief
    lines += [pending_line(each, many=many) for each in pending]
    if log.dropped_records:
        lines.append(
            f"The tape is full: {counted(log.dropped_records, 'more record')} with {size_in_words(log.dropped_bytes)} "
            f"{'was' if log.dropped_records == 1 else 'were'} not kept. Lab(tape_bytes=...) sets its limit, "
            f"{size_in_words(log.max_bytes)} here."
        )
    return "\n".join(lines + log.warnings)


def _why_empty(log: Log) -> str:
    if not log.max_bytes:
        return "The tape is off: Lab(tape=True) turns it on."
    return "The tape is empty: nothing has happened yet."


def _line(entry: Entry, *, many: bool) -> str:
    number = f" #{entry.connection}" if many else ""
    mark = KINDS[entry.kind].mark
    return f"{entry.number:>4} {entry.time * 1000:>9.1f} ms{number}  {_WAYS[entry.sender]:<15}  {mark} {entry.sentence}"


def pending_line(part: PendingPart, *, many: bool) -> str:
    """What has begun and is not whole, as a line behind the entries."""
    number = f" #{part.connection}" if many else ""
    return f"{'…':>17}{number}  {_WAYS[part.side]:<15}  … {part.sentence}"


def _beliefs(entry: Entry) -> str:
    sides = (("client", entry.client), ("server", entry.server))
    return "; ".join(f"the {side} believes {belief}" for side, belief in sides if belief is not None)


def is_outdated(belief: Belief | None, other: Belief | None, *, cut: bool, gone: bool = False) -> bool:
    """Whether a belief is no longer true.

    `cut` says that TCP carries nothing any more, in neither direction; `gone` that the other side believes nothing any
    more, because its process has died.

    OPEN says that both sides may send and receive: that is no longer true once the other side has left OPEN, or once
    nothing passes. CONNECTING and CLOSING say that something is still to come: that is no longer true once nothing
    passes. CLOSING stays true while the other side is CLOSED already, for the end of TCP reaches one side first.
    CLOSED is always true: that side has ended.
    """
    if belief is None or belief.state is State.CLOSED:
        return False
    moved_on = gone or (other is not None and other.state in (State.CLOSING, State.CLOSED))
    return cut or (belief.state is State.OPEN and moved_on)


def label(entry: Entry) -> str:
    """The words on an arrow: `text “Hello”`, `Close 1000 “bye”`, `GET /chat`, `FIN`."""
    if entry.kind == "http":
        first = entry.data.split(b"\n", 1)[0].decode("latin-1").strip()
        shown = printable(first.removeprefix("HTTP/1.1 ").removesuffix(" HTTP/1.1")[:60])
        return shown if entry.error is None else f"{shown[:30]} breaks {entry.error.rule.id}"
    if entry.error is not None:
        return (
            f"breaks {entry.error.rule.id}" if entry.kind == "fault" else f"{entry.kind} breaks {entry.error.rule.id}"
        )
    if entry.fact is not None:
        return label_of(entry.fact)
    frame = entry.frame
    if frame is None:
        return entry.kind
    return preview(frame, entry.plain)
