"""Where the other side does something else than the recording: facts, and their sentences when they are asked for.

How it works: a `Deviation` keeps both entries, the recorded one and the one that came, and the place of the first bit
that differs. A `ReplayResult` is how one connection went: its deviations in their order.

Rules: nothing is worded before it is asked for, and a sentence shows no secret of a head. What a peer sent is data, and
stands in a sentence cut and escaped.

What it leaves out: how the difference is found (`comparison`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wslab.explain import counted, size_in_words
from wslab.explain.durations import format_duration
from wslab.explain.preview import preview
from wslab.explain.redaction import redact_head
from wslab.protocol import Offset
from wslab.protocol.handshake.head import Head, shown
from wslab.tape.entry import Entry

CHANGED, MISSING, MORE = "changed", "missing", "more"
ENDED, UNREAD, FULL = "ended", "unread", "full"

MOST_DEVIATIONS = 100
"""Deviations of one connection that are kept; of the others there is a count."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that the other side did differently than in the recording.

    `kind` is `changed`, `missing` (it did not come, after `seconds` where it was waited for), `more` (the recording has
    no such thing there), `ended` (TCP ended before), `unread` (it does not read what is sent), or `full` (the tape of
    the replay has no room left). `recorded` and `live` are the entries, None where there is none. Of a change, `what`
    says which part differs, and `offset` which bit of it, as in `comparison.Place`. `frame` is the number of the
    recorded frame among those of its side, from 1; `recorded.number` is its step on the tape.
    """

    kind: str
    recorded: Entry | None = None
    live: Entry | None = None
    what: str = ""
    offset: Offset | None = None
    header: str = ""
    frame: int | None = None
    seconds: float | None = None
    side: str = ""

    @property
    def sentence(self) -> str:
        """What the other side does differently, in words."""
        return _SENTENCES[self.kind](self)

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """How the replay of one connection went.

    `connection` is its number on the tape of the replay, `compared` how many heads and frames of the other side were
    compared. `more` is how many deviations came behind those that are kept.
    """

    connection: int
    compared: int
    deviations: Sequence[Deviation]
    more: int = 0

    @property
    def is_same(self) -> bool:
        """Whether the other side did what the recording has."""
        return not self.deviations

    @property
    def first(self) -> Deviation | None:
        """The first deviation; None where there is none."""
        return next(iter(self.deviations), None)

    def __str__(self) -> str:
        what = counted(self.compared, "head or frame", "heads and frames")
        if self.is_same:
            return f"The other side did what the recording has: {what} compared."
        more = [f"{counted(self.more, 'more deviation')} came behind these."] if self.more else []
        return "\n".join([*(each.sentence for each in self.deviations), *more])


# --- words --------------------------------------------------------------------------------------


def _changed(found: Deviation) -> str:
    recorded, live = found.recorded, found.live
    assert recorded is not None
    assert live is not None
    if found.what == "first line":
        return (
            f"{_of(found)} begins differently: {_line(live)} came, and the recording has {_line(recorded)}{_at(found)}."
        )
    if found.what == "header":
        return f"{_of(found)} differs in {found.header}: {_headers(found)}{_at(found)}."
    came = f"{_words(live)} came, and the recording has {_words(recorded)}"
    if found.what in ("payload", "bytes", "rule"):
        return f"{_of(found)} differs{_at(found)}: {came}."
    return f"{_of(found)} differs in its {found.what}{_at(found)}: {came}."


def _missing(found: Deviation) -> str:
    waited = "" if found.seconds is None else f" within {format_duration(found.seconds)}"
    return f"{_of(found)} did not come{waited}{_recorded(found)}."


def _more(found: Deviation) -> str:
    assert found.live is not None
    return f"The {found.live.sender} sends {_words(found.live)}, and the recording has nothing more there."


def _ended(found: Deviation) -> str:
    subject = _of(found)
    return f"TCP ended before {subject[0].lower()}{subject[1:]}{_recorded(found)}."


_SENTENCES: Mapping[str, Callable[[Deviation], str]] = {
    CHANGED: _changed,
    MISSING: _missing,
    MORE: _more,
    ENDED: _ended,
    UNREAD: lambda found: f"The {found.side} does not read: for {found.seconds or 0:g} s TCP took no more bytes.",
    FULL: lambda found: "The tape of the replay is full: what comes from here on is not compared.",
}


def _of(found: Deviation) -> str:
    """The thing that is not as it was recorded, as the subject of a sentence."""
    entry = found.recorded
    if entry is None or entry.kind == "http":
        is_request = (found.side if entry is None else entry.sender) == "client"
        return f"The {'request of the client' if is_request else 'response of the server'}"
    return f"Frame {found.frame} of the {entry.sender} (step {entry.number} of the recording)"


def _recorded(found: Deviation) -> str:
    return "" if found.recorded is None else f": the recording has {_words(found.recorded)}"


def _at(found: Deviation) -> str:
    if found.offset is None:
        return ""
    return f" at {found.offset}{' of its payload' if found.what == 'payload' else ''}"


def _line(entry: Entry) -> str:
    return f"`{shown(Head(redact_head(entry.data)).first)}`"


def _headers(found: Deviation) -> str:
    assert found.live is not None
    assert found.recorded is not None
    came, recorded = _value(found.live, found.header), _value(found.recorded, found.header)
    return f"{came or 'none'} came, and the recording has {recorded or 'none'}"


def _value(entry: Entry, name: str) -> str:
    lines = Head(redact_head(entry.data)).named(name)
    return f"`{shown(', '.join(line.value for line in lines))}`" if lines else ""


def _words(entry: Entry) -> str:
    """A head, a frame or other bytes in a few words."""
    if entry.kind == "http":
        return _line(entry)
    frame = entry.frame
    if frame is not None:
        return preview(frame, entry.plain)
    broken = (
        "" if entry.error is None else f" that break a rule ({entry.error.rule.text}, {entry.error.rule.reference})"
    )
    return f"{size_in_words(len(entry.data))}{broken}"
