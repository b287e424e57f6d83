"""`BrowserPeer`, the widget: what the page is asked to do, what it reports, and the tape of its connection.

The page in the notebook has the socket (`PeerPage` in `static/wslab.js`); Python asks it by a message to dial, to send
and to close, and it reports what its script did and saw. Of several pages that show the widget, the one that was used
last is asked. The connection is found on the tape by a mark in the query of the URL.

The tape is read as in other views: a bounded `TapeView`, and a rest after each look (`following`).

Limits: a page has one socket at a time; a socket that does not open in 15 s, or lives 30 min, is closed. Of a dial
`state.MOST_KEPT` events are kept, of dials `MOST_RECORDS`. A message has `MOST_MESSAGE` bytes at most.

Left out: which way leads to the server (`ways`), and how it looks (`picture`).
"""

from __future__ import annotations

import inspect
import secrets
import sys
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import traitlets
from htpy import Node

from wslab.explain import parse_hex
from wslab.lab import Link, Server
from wslab.tape.entry import Entry, RedactedEntries
from wslab.tape.follow import TapeView
from wslab.widgets.browser_peer.clocks import on_tape
from wslab.widgets.browser_peer.column import line
from wslab.widgets.browser_peer.picture import FLOOD_COUNT, FLOOD_SIZE, regions, text
from wslab.widgets.browser_peer.scripted import ScriptedEntries, ScriptedTimeline
from wslab.widgets.browser_peer.state import (
    DIRECT,
    WAYS,
    BrowserPeerState,
    Dial,
    Draft,
    Place,
    Record,
    ScriptEvent,
    read_events,
    read_place,
)
from wslab.widgets.browser_peer.ways import address, way_of
from wslab.widgets.following import FollowingView
from wslab.widgets.image import timeline as image
from wslab.widgets.life import weakly
from wslab.widgets.timeline.state import TimelineState
from wslab.widgets.timeline.widget import OnTimeline
from wslab.widgets.view import View

__all__ = ["BrowserPeer"]

MOST_RECORDS = 20
"""Dials that are kept, the newest."""

MOST_PLACES = 20
"""Pages that show the widget and are remembered."""

MOST_SAID = 3
"""Events of a report that a screen reader reads, the newest."""

MOST_MESSAGE = 64 * 1024
"""Bytes of a message that is sent by hand."""

NO_SOCKETS = (
    "BrowserPeer needs a server that listens on a real socket, and this lab is in memory: use Lab() without "
    "clock='virtual', in Jupyter on a computer; the browser's Python has no sockets to listen on."
)


class BrowserPeer(FollowingView, OnTimeline):
    """A page's own `new WebSocket`, which talks to a server or link of a living `Lab`, beside the tape of it.

    `path` (with a query, if it has one), `subprotocols` (separated by commas) and `sandboxed` are those of the next
    dial; sandboxed, the page has an opaque origin and sends `Origin: null`. `way` is `auto`, `direct` or `proxy`:
    behind JupyterHub or Binder the page cannot reach the server, and goes through jupyter-server-proxy (`pip install
    'wslab[hub]'` where the Jupyter server runs). `shown` is the number of the socket that is shown; 0 is the newest.

    Raises TypeError for what is no server or link, ValueError for one in memory, which no page can reach: so in the
    browser's Python.
    """

    title: ClassVar[str] = "Browser peer"
    reach: ClassVar[int] = 8
    redraws_on: ClassVar[tuple[str, ...]] = ("path", "subprotocols", "sandboxed", "way")

    _stop: Callable[[], object] = staticmethod(lambda: None)  # until the tape is watched

    path = traitlets.Unicode("/", help="The path and query of the URL.")
    subprotocols = traitlets.Unicode("", help="What is offered as subprotocols, separated by commas.")
    sandboxed = traitlets.Bool(False, help="Whether the page has an opaque origin.")
    way = traitlets.Enum(WAYS, "auto", help="How the page reaches the server.")
    shown = traitlets.Int(0, help="The number of the socket that is shown; 0 is the newest.")

    def __init__(self, server: Server | Link, **traits: Any) -> None:
        _check(server)
        self.server = server
        self._tape_view = TapeView(server.lab.tape, bounded=True)
        self._places: dict[str, Place] = {}
        self._records: dict[int, Record] = {}
        self._connections: dict[int, int] = {}  # of dials
        self._looked_at: set[int] = set()  # connections whose request is known
        self._draft = Draft()
        self._unreached = False
        super().__init__(**{"step": sys.maxsize, **traits})
        self.observe(self._on_shown, names=["shown"])
        self._stop = server.lab.tape.watch(weakly(self.on_news))
        weakref.finalize(self, self._stop)

    # what is shown

    @property
    def place(self) -> Place | None:
        """Where the page is that was used last; None where no page has opened the widget."""
        return next(reversed(self._places.values()), None)

    @property
    def events(self) -> tuple[ScriptEvent, ...]:
        """What the script did and saw of the socket that is shown, with the page's own times."""
        record = self._record
        return () if record is None else record.events

    @property
    def connection(self) -> int:
        """The number on the tape of the connection that is shown; 0 where nothing of it arrived."""
        record = self._record
        return 0 if record is None else self._connections.get(record.dial.number, 0)

    @property
    def _record(self) -> Record | None:
        return self._records.get(self.shown or max(self._records, default=0))

    @property
    def state(self) -> BrowserPeerState:
        """What the view shows now."""
        server = self.server
        origins, listens = (server.origins, server.listens) if isinstance(server, Server) else (None, True)
        return BrowserPeerState(
            server.url,
            self.timeline,
            self.place,
            self._record,
            tuple(self._records),
            not self.shown,
            self.way,
            self._unreached,
            self.path,
            self.subprotocols,
            self.sandboxed,
            self._draft,
            None if origins is None else tuple(origins),
            listens,
        )

    @property
    def timeline(self) -> TimelineState:
        """The connection of the dial that is shown, with the script's moments; secrets are asterisks."""
        number, record, tape = self.connection, self._record, self._tape_view
        entries = RedactedEntries(tape.entries(number) if number else [])
        if record is None or not entries:
            return TimelineState(entries, step=self.step)
        events = tuple(on_tape(record, entries, self._began))
        return ScriptedTimeline(
            ScriptedEntries(entries, events, record.dial.way),
            tape.cut(number),
            self.step,
            number,
            can_watch=True,
            live=True,
            dropped=tape.dropped(number),
            events=events,
        )

    def count_secrets(self) -> int:
        """How many secrets of the tape it shows as asterisks."""
        return self._tape_view.count_secrets()

    @property
    def _began(self) -> float:
        """The Unix time of the tape's beginning."""
        return self.server.lab.tape.log.epoch

    @property
    def _now(self) -> float:
        """The Unix time, on the lab's clock."""
        lab = self.server.lab
        return lab.tape.log.epoch + lab.now - lab.tape.log.began

    def draw(self, steps: range) -> Mapping[str, Node]:
        """The regions for the present state."""
        return regions(self.state, steps)

    def image(self) -> Node:
        """What happened, as a picture without styles; None where nothing of the socket is on the tape."""
        return image.drawn(self.timeline)

    def text(self) -> str:
        """Both accounts as plain text."""
        return text(self.state)

    # following the tape

    def take_in(self, *, whole: bool) -> bool:
        """Take in what is new on the tape; a view at the newest step goes on to the new one."""
        newest = self.step >= self.last
        (self._tape_view.catch_up if whole else self._tape_view.update)()
        self._find_connections()
        self._follow(newest=newest)
        return self._tape_view.is_behind

    def _find_connections(self) -> None:
        for number in self._tape_view.connection_numbers:
            if number and number not in self._looked_at:
                self._find(number)

    def _find(self, number: int) -> None:
        """Whose connection this is: its request has the mark of a dial."""
        head = next((each for each in self._tape_view.entries(number)[:8] if _is_request(each)), None)
        if head is None:
            return
        self._looked_at.add(number)
        first = head.data.partition(b"\r\n")[0].decode("latin-1")
        for record in self._records.values():
            if f"page={record.dial.mark} " in first:
                self._connections[record.dial.number] = number

    def _follow(self, *, newest: bool) -> None:
        with self.hold_sync():
            if newest:
                self.step = self.last
            self.redraw()

    def _on_shown(self, _change: Any) -> None:
        self._follow(newest=True)

    def close(self) -> None:
        """Stop watching the tape, and close the view."""
        self._stop()
        super().close()

    # what the page reports

    def act(self, name: str, arg: str = "", value: str = "") -> None:
        """Do what the page asks for; a report of its own leaves an error in sight that a user's action put there."""
        before = self._problem if name in ("page", "left", "events") else None
        super().act(name, arg, value)
        if before is not None:
            self.show_problem(before)

    def _receive(self, widget: View, content: Any, buffers: Any) -> None:
        """On the lab's loop: JupyterLab may send what the page asks for to another thread."""
        self.server.enter(lambda: self._received(widget, content, buffers))

    def _received(self, widget: View, content: Any, buffers: Any) -> None:
        view = str(content.get("view", ""))
        if view in self._places:  # the page that is used goes to the end
            self._places[view] = self._places.pop(view)
        super()._receive(widget, content, buffers)

    def do_page(self, arg: str, value: str) -> None:
        """A page shows the widget, and says where it is."""
        place = read_place(value)
        self._places[place.view] = place
        while len(self._places) > MOST_PLACES:
            del self._places[next(iter(self._places))]

    def do_left(self, arg: str, value: str) -> None:
        """A page shows the widget no longer."""
        self._places.pop(arg, None)

    def do_events(self, arg: str, value: str) -> None:
        """What the script did and saw."""
        newest, seen, events = self.step >= self.last, self._now, read_events(value)
        for event in events:
            record = self._records.get(event.dial)
            if record is not None:
                self._records[event.dial] = record.with_events([event], seen)
        self.send({"say": ", then ".join(map(line, events[-MOST_SAID:]))})
        self._tape_view.update()
        self._find_connections()
        if newest:
            self.step = self.last
        self._go_round()

    def _go_round(self) -> None:
        """Where nothing of a direct dial arrived, dial through the proxy, if the page has one."""
        record, place = self._record, self.place
        if record is None or place is None or self._connections.get(record.dial.number):
            return
        ended = record.last("close") is not None and record.last("open") is None
        if ended and record.dial.way == DIRECT and self.way == "auto" and place.base is not None and self._can_listen:
            self._unreached = True
            self._start()

    @property
    def _can_listen(self) -> bool:
        return self.server.listens if isinstance(self.server, Server) else True

    # what the user asks for

    def do_dial(self, arg: str, value: str) -> None:
        """Open a socket; the one before it is closed."""
        self._start()

    def _start(self) -> None:
        place = self.place
        if place is None:
            raise ValueError("No page shows this widget: show it in a live notebook, and press Connect there.")
        dial = self._new_dial(place)
        self._records[dial.number] = Record(dial)
        for number in list(self._records)[:-MOST_RECORDS]:
            del self._records[number]
            self._connections.pop(number, None)
        self.shown, self.step = 0, self.last
        subprotocols = list(dial.subprotocols)
        self._ask("dial", dial=dial.number, way=dial.way, url=dial.url, subprotocols=subprotocols)

    def _new_dial(self, place: Place) -> Dial:
        number = max(self._records, default=0) + 1
        way = way_of(self.way, place, unreached=self._unreached)
        mark = f"{secrets.token_hex(2)}-{number}"
        url = address(way, self.server.url, place, self.path, mark)
        offered = tuple(filter(None, (each.strip() for each in self.subprotocols.split(","))))
        return Dial(number, way, url, offered, self.sandboxed, self._now, mark, again=self._unreached)

    def _ask(self, do: str, **what: Any) -> None:
        place, record = self.place, self._record
        if place is not None and record is not None:
            sandboxed = record.dial.sandboxed
            self.send({"page": {"do": do, "view": place.view, "sandboxed": sandboxed, **what}})

    def do_send(self, arg: str, value: str) -> None:
        """Let the script send what is in the field: a text, or bytes in hex."""
        draft = self._draft
        binary = draft.kind == "binary"
        payload = parse_hex(draft.message, "The message") if binary else draft.message.encode("utf-8", "replace")
        if len(payload) > MOST_MESSAGE:
            raise ValueError(f"A message has {MOST_MESSAGE:,} bytes at most here; this one has {len(payload):,}.")
        self._ask("send", data=payload.hex(" ") if binary else draft.message, binary=binary)

    def do_flood(self, arg: str, value: str) -> None:
        """Let the script send much at once."""
        self._ask("flood", count=FLOOD_COUNT, size=FLOOD_SIZE)

    def do_close(self, arg: str, value: str) -> None:
        """Let the script call `close`; what it may not say, the browser itself refuses."""
        code = self._draft.code.strip()
        if code and not (code.isascii() and code.isdigit() and len(code) < 6):
            raise ValueError(f"A close code is a number such as 1000 or 4001, or nothing; this is {code!r} (§7.4).")
        self._ask("close", code=int(code) if code else None, reason=self._draft.reason)

    # what is written in the fields

    def do_path(self, arg: str, value: str) -> None:
        """The path of the next dial."""
        self.path = value

    def do_subprotocols(self, arg: str, value: str) -> None:
        """The subprotocols of the next dial."""
        self.subprotocols = value

    def do_origin(self, arg: str, value: str) -> None:
        """Whether the page of the next dial has an origin of its own."""
        self.sandboxed = value == "null"

    def do_way(self, arg: str, value: str) -> None:
        """Which way the next dial goes; choosing one forgets that nothing arrived."""
        self.way, self._unreached = value, False

    def do_shown(self, arg: str, value: str) -> None:
        """Show another socket, or the newest."""
        self.shown = int(value)

    def do_kind(self, arg: str, value: str) -> None:
        """What is sent: text or bytes."""
        self._draft = replace(self._draft, kind="binary" if value == "binary" else "text")

    def do_message(self, arg: str, value: str) -> None:
        """Keep what is being written."""
        self._draft = replace(self._draft, message=value)

    def do_code(self, arg: str, value: str) -> None:
        """Keep the close code."""
        self._draft = replace(self._draft, code=value)

    def do_reason(self, arg: str, value: str) -> None:
        """Keep the reason."""
        self._draft = replace(self._draft, reason=value)


def _is_request(entry: Entry) -> bool:
    return entry.kind == "http" and entry.sender == "client"


def _check(server: object) -> None:
    """`TypeError` for what is no server, `ValueError` for one that no page can reach."""
    if inspect.iscoroutine(server):
        server.close()
        raise TypeError("This is a coroutine that nobody awaited: write `await lab.serve(...)` where you made it.")
    if not isinstance(server, (Server, Link)):
        raise TypeError(f"BrowserPeer takes a Server or a Link of a lab; this is {type(server).__name__}.")
    if server.lab.in_memory:
        raise ValueError(NO_SOCKETS)
