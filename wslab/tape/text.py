"""A tape as a timeline reads it: the entries of one connection, outdated beliefs, the words for things and times.

Rules: it takes a lab, a tape, or a list of entries (anything that has an entry's fields), looks at new ones only, and
copies none. Nothing here knows HTML. What an entry says as a sentence is the tape's; here are only the few words that
stand on an arrow.

Left out: geometry and looks (`timeline`).
"""

from __future__ import annotations

import re

from wslab.explain.preview import preview
from wslab.explain.words import printable
from wslab.protocol.states import State
from wslab.tape.entry import Belief, Entry

__all__ = ["is_outdated", "label"]


LONGEST = 60
"""Letters of a sentence that stand on an arrow."""


def is_outdated(belief: Belief | None, other: Belief | None, *, cut: bool) -> bool:
    """Whether a belief is no longer true: TCP is gone, or the other side has left OPEN.

    Who is CONNECTING or CLOSED believes nothing false, and CLOSING is true until TCP ends, which one sees first.
    """
    if belief is None or belief.state not in (State.OPEN, State.CLOSING):
        return False
    moved_on = other is not None and other.state in (State.CLOSING, State.CLOSED)
    return cut or (belief.state is State.OPEN and moved_on)


def label(entry: Entry) -> str:
    """The words on an arrow: `text “Hello”`, `Close 1000 “bye”`, `GET /chat`, `FIN`."""
    if entry.kind == "http":
        first = entry.data.split(b"\n", 1)[0].decode("latin-1").strip()
        return printable(first.removeprefix("HTTP/1.1 ").removesuffix(" HTTP/1.1")[:60])
    if entry.error is not None:
        return (
            f"breaks {entry.error.rule.id}" if entry.kind == "fault" else f"{entry.kind} breaks {entry.error.rule.id}"
        )
    if entry.kind in ("tcp", "fault"):
        return _happening(entry)
    frame = entry.frame
    if frame is None:
        return entry.kind
    return preview(frame, entry.plain)


def _happening(entry: Entry) -> str:
    if entry.kind == "tcp" and (named := re.search(r"\b(FIN|RST)\b", entry.sentence)):
        return named.group()
    if failed := re.search(r"fails the connection with (\d+)", entry.sentence):
        return f"fails with {failed[1]}"
    words = printable(re.split(r"[:.]\s", entry.sentence)[0].rstrip("."))
    if words.endswith("opens a TCP connection to the server"):
        return "TCP connects"
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 2].rpartition(' ')[0]} …"
