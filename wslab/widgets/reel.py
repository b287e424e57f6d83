"""A tape as a timeline reads it: the entries of one connection, outdated beliefs, the words for things and times.

Rules: it takes a lab, a tape, or a list of entries (anything that has an entry's fields), looks at new ones only, and
copies none. Nothing here knows HTML. What an entry says as a sentence is the tape's; here are only the few words that
stand on an arrow.

Left out: geometry and looks (`timeline`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wslab.explain.narration import size_in_words
from wslab.explain.words import opcode_name, quoted
from wslab.lab.entries import Belief, Entry
from wslab.protocol.codes import Opcode
from wslab.protocol.frames import Frame
from wslab.protocol.states import State

__all__ = ["Reel", "brief", "clock", "duration", "outdated"]

Callback = Callable[[], object]


LONGEST = 60
"""Letters of a sentence that stand on an arrow."""

TAKES = "A timeline shows a Lab, a Tape or a list of entries"


class Reel:
    """The entries of a source, by connection. `update` takes in what is new."""

    def __init__(self, source: object) -> None:
        self._source: Any = getattr(source, "tape", source)
        if not isinstance(self._source, Iterable):
            raise TypeError(f"{TAKES}, not {type(source).__name__}.")
        self._by_connection: dict[int, list[Entry]] = {}
        self._cut: dict[int, int] = {}
        self._seen = 0
        self.update()

    def update(self) -> bool:
        """Take in new entries; whether there were any."""
        new = self._source[self._seen :] if isinstance(self._source, Sequence) else list(self._source)[self._seen :]
        self._seen += len(new)
        for entry in new:
            if not isinstance(entry, Entry):
                raise TypeError(f"{TAKES}; {type(entry).__name__} is no entry of a tape.")
            entries = self._by_connection.setdefault(entry.connection, [])
            if entry.cuts:
                self._cut.setdefault(entry.connection, len(entries))
            entries.append(entry)
        return bool(new)

    @property
    def connections(self) -> list[int]:
        """The numbers of the connections; 0, the lab as a whole, stands last."""
        return sorted(self._by_connection, key=lambda number: number == 0)

    def __len__(self) -> int:
        return self._seen

    def entries(self, connection: int) -> list[Entry]:
        """All entries of a connection, in the order in which they departed."""
        return self._by_connection.get(connection, [])

    def cut(self, connection: int) -> int | None:
        """The index of the entry from which on TCP carries nothing, where a fault made it so."""
        return self._cut.get(connection)

    @property
    def can_watch(self) -> bool:
        """Whether the source goes on and tells so; what was played or loaded does not."""
        return hasattr(self._source, "watch") and getattr(self._source, "goes_on", True)

    def watch(self, callback: Callback) -> Callback:
        """Have `callback` called when something is new; returns what stops it."""
        stop: Callback = self._source.watch(callback)
        return stop


def outdated(belief: Belief | None, other: Belief | None, *, cut: bool) -> bool:
    """Whether a belief is no longer true: TCP is gone, or the other side has left OPEN.

    Who is CONNECTING or CLOSED believes nothing false, and CLOSING is true until TCP ends, which one sees first.
    """
    if belief is None or belief.state not in (State.OPEN, State.CLOSING):
        return False
    moved_on = other is not None and other.state in (State.CLOSING, State.CLOSED)
    return cut or (belief.state is State.OPEN and moved_on)


def clock(seconds: float) -> str:
    """A moment, counted from the beginning: `0.5 ms`, `12.003 s`, `61:05.5 min`."""
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 100:
        return f"{seconds:.3f} s"
    minutes, tenths = divmod(round(seconds * 10), 600)
    return f"{minutes}:{tenths / 10:04.1f} min"


def duration(seconds: float) -> str:
    """How long something takes: `3 ms`, `10.0 s`, `6 min`, `2.5 h`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def brief(entry: Entry) -> str:
    """The words on an arrow: `text “Hello”`, `Close 1000 “bye”`, `GET /chat`, `FIN`."""
    if entry.kind == "http":
        first = entry.data.split(b"\n", 1)[0].decode("latin-1").strip()
        return _printable(first.removeprefix("HTTP/1.1 ").removesuffix(" HTTP/1.1")[:60])
    if entry.error is not None:
        return (
            f"breaks {entry.error.rule.id}" if entry.kind == "fault" else f"{entry.kind} breaks {entry.error.rule.id}"
        )
    if entry.kind in ("tcp", "fault"):
        return _happening(entry)
    frame = entry.frame
    if frame is None:
        return entry.kind
    if entry.plain is None:
        return _frame_words(frame)
    words = _frame_words(frame.replace(payload=entry.plain))
    deflated = frame.rsv1 and frame.opcode == Opcode.BINARY
    return f"{words} out of {len(frame.payload):,}" if deflated else words


def _happening(entry: Entry) -> str:
    if entry.kind == "tcp" and (named := re.search(r"\b(FIN|RST)\b", entry.sentence)):
        return named.group()
    if failed := re.search(r"fails the connection with (\d+)", entry.sentence):
        return f"fails with {failed[1]}"
    words = _printable(re.split(r"[:.]\s", entry.sentence)[0].rstrip("."))
    if words.endswith("opens a TCP connection to the server"):
        return "TCP connects"
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 2].rpartition(' ')[0]} …"


def _frame_words(frame: Frame) -> str:
    payload = frame.payload
    if frame.opcode == Opcode.CLOSE:
        code = f" {int.from_bytes(payload[:2], 'big')}" if len(payload) > 1 else ""
        return f"Close{code}" + (f" {quoted(payload[2:], 24)}" if len(payload) > 2 else "")
    name = opcode_name(frame.opcode)
    if not frame.opcode & 8:
        name += "" if frame.fin else ", more follows"
    if frame.opcode == Opcode.BINARY:
        return f"{name}, {size_in_words(len(payload))}"
    return f"{name} {_shown(payload, whole=bool(frame.opcode & 8))}" if payload else name


def _shown(payload: bytes, *, whole: bool) -> str:
    """Text in quotes; what is no text in hex. A fragment (not `whole`) may begin and end inside a character."""
    text = payload[:64].decode("utf-8", "replace")
    readable = "\ufffd" not in (text if whole else text.strip("\ufffd"))
    return quoted(payload, 24) if readable else payload[:8].hex(" ") + (" …" if len(payload) > 8 else "")


def _printable(words: str) -> str:
    return "".join(each if each.isprintable() else "·" for each in words)
