"""What the widget shows: where its page is, what was dialled, what the page's script saw, and the tape beside it.

The page reports what its script saw as JSON, at most `MOST_AT_ONCE` events in one message. `read_events` makes
`ScriptEvent`s of it and cuts what is long: whatever a page sends, an event stays small. Of each dial the first
`FIRST_KEPT` events and the newest are kept, `MOST_KEPT` together.

Left out: which way leads to the server (`ways`), the tape (`scripted`), and how it looks (`picture`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wslab.protocol import State
from wslab.widgets.timeline.state import TimelineState

__all__ = [
    "DIRECT",
    "FIRST_KEPT",
    "MOST_AT_ONCE",
    "MOST_KEPT",
    "PROXY",
    "WAYS",
    "BrowserPeerState",
    "Dial",
    "Draft",
    "Place",
    "Record",
    "ScriptEvent",
    "read_events",
    "read_place",
]

DIRECT, PROXY = "direct", "proxy"
WAYS = ("auto", DIRECT, PROXY)
"""How the page reaches the server: `auto` chooses."""

MOST_AT_ONCE = 200
"""Events that are read of one report; the page gathers them for 30 ms, and joins those of a flood."""

MOST_KEPT, FIRST_KEPT = 300, 20
"""Events of one dial that are kept, and how many of them are its first."""

MOST_TEXT = 200
"""Characters of a text in an event."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
_READY = (State.CONNECTING, State.OPEN, State.CLOSING, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is: its origin, its host, and Jupyter's base URL there, None where it is no page of Jupyter's.

    `secure` says that it came by HTTPS. `view` is the page's name for itself.
    """

    origin: str
    host: str
    base: str | None = None
    secure: bool = False
    view: str = ""

    @property
    def is_local(self) -> bool:
        """Whether the page's own address is on loopback: then 127.0.0.1 should be the kernel's machine, too."""
        return self.host in _LOOPBACK or self.host.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Dial:
    """One `new WebSocket`: its number, the way it goes, its URL, the subprotocols, and whether its origin is hidden.

    `asked` is the Unix time at which the page was asked for it. `mark` stands in its URL: by it the connection is found
    on the tape. `again` says that it follows one on which nothing arrived.
    """

    number: int
    way: str
    url: str
    subprotocols: tuple[str, ...] = ()
    sandboxed: bool = False
    asked: float = 0.0
    mark: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class ScriptEvent:
    """One thing that the script did or saw.

    `what` is `new`, `send`, `flood`, `closing` (it called `close`), `throws`, or an event of the socket: `open`,
    `message`, `error`, `close`; or `buffered`, for a look at `bufferedAmount`; or what the widget itself says: `limit`
    (it ends a socket), `blocked` (the sandboxed frame does not start), `unproxied` (there is no jupyter-server-proxy).
    `at` is the Unix time on the page's clock. `ready` and `buffered` are `readyState` and `bufferedAmount` after it.
    `count` is how many were alike. `code` 0 is none.
    """

    dial: int
    at: float
    what: str
    ready: int = 0
    buffered: int = 0
    text: str = ""
    size: int = 0
    binary: bool = False
    count: int = 1
    code: int = 0
    clean: bool = False
    protocol: str = ""
    extensions: str = ""

    @property
    def state(self) -> State:
        """What `readyState` means."""
        return _READY[self.ready]


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of one dial: its events in order, and how many were left out behind the first `FIRST_KEPT`.

    `seen` is the Unix time at which Python had the newest report. `sent` and `received` count all messages, also those
    of events that were left out.
    """

    dial: Dial
    events: tuple[ScriptEvent, ...] = ()
    dropped: int = 0
    seen: float = 0.0
    sent: int = 0
    received: int = 0

    def with_events(self, new: Sequence[ScriptEvent], seen: float) -> Record:
        """The same with further events."""
        events = (*self.events, *new)
        over = max(0, len(events) - MOST_KEPT)
        kept = (*events[:FIRST_KEPT], *events[FIRST_KEPT + over :])
        sent, received = self.sent + _messages(new, "send", "flood"), self.received + _messages(new, "message")
        return replace(self, events=kept, dropped=self.dropped + over, seen=seen, sent=sent, received=received)

    def last(self, *kinds: str) -> ScriptEvent | None:
        """The newest event of these kinds."""
        return next((each for each in reversed(self.events) if each.what in kinds), None)

    @property
    def is_alive(self) -> bool:
        """Whether its socket is not closed, as far as the page has said."""
        return bool(self.events) and self.events[-1].state is not State.CLOSED


def _messages(events: Sequence[ScriptEvent], *kinds: str) -> int:
    """How many messages events of these kinds stand for."""
    return sum(each.count for each in events if each.what in kinds)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written in the fields: a message and its kind, a close code and a reason."""

    kind: str = "text"
    message: str = "Hello"
    code: str = "1000"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BrowserPeerState:
    """What the widget shows.

    `url` is the server's, `origins` those that it lets in (None: all), `listens` whether it takes connections. `place`
    is None as long as no page has opened the widget. `record` is that of the dial that is shown, `known` the numbers of
    all dials. `timeline` is empty where nothing of the dial is on the tape.
    """

    url: str
    timeline: TimelineState
    place: Place | None = None
    record: Record | None = None
    known: tuple[int, ...] = ()
    newest: bool = True
    way: str = "auto"
    unreached: bool = False
    path: str = "/"
    subprotocols: str = ""
    sandboxed: bool = False
    draft: Draft = Draft()
    origins: tuple[str, ...] | None = None
    listens: bool = True

    @property
    def events(self) -> tuple[ScriptEvent, ...]:
        """What the script saw of the dial that is shown."""
        return self.record.events if self.record is not None else ()

    @property
    def port(self) -> int:
        """The server's port."""
        return int(self.url.split("/")[2].rpartition(":")[2])


# ---- what a page reports


def read_place(written: str) -> Place:
    """Where a page is, of its report; `ValueError` for what is no report."""
    told = _object(json.loads(written))
    base = told.get("base")
    return Place(
        _text(told, "origin"),
        _text(told, "host"),
        None if base is None else str(base)[:MOST_TEXT],
        bool(told.get("secure")),
        _text(told, "view"),
    )


def read_events(written: str) -> list[ScriptEvent]:
    """The events of a report; `ValueError` for what is no report."""
    told = json.loads(written)
    if not isinstance(told, list):
        raise ValueError("A page reports a list of events.")
    return [_event(_object(each)) for each in told[:MOST_AT_ONCE]]


def _event(told: Mapping[str, Any]) -> ScriptEvent:
    return ScriptEvent(
        _number(told, "dial"),
        float(told.get("at") or 0.0) / 1000,
        _text(told, "what"),
        min(3, _number(told, "ready")),
        _number(told, "buffered"),
        _text(told, "text"),
        _number(told, "size"),
        bool(told.get("binary")),
        max(1, _number(told, "count")),
        _number(told, "code"),
        bool(told.get("clean")),
        _text(told, "protocol"),
        _text(told, "extensions"),
    )


def _object(told: object) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise ValueError("A page reports objects.")
    return told


def _text(told: Mapping[str, Any], name: str) -> str:
    text = str(told.get(name) or "")
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"


def _number(told: Mapping[str, Any], name: str) -> int:
    return max(0, int(told.get(name) or 0))
