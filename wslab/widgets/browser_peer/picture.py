"""The widget as HTML and as text: the way to the server, the controls, both accounts, and the two beside each other.

From above: which way the page's WebSocket goes, the fields with what the script shall do, the rows that compare what
the script was told with what the tape has, and the timeline with the script's column.

Left out: the words of an event (`column`), of a way (`ways`) and of a row (`compare`).
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from htpy import Node

from wslab.course.proxied import DIFFERENCES, MEASURED, Difference
from wslab.extras import EXTRAS
from wslab.protocol import State
from wslab.widgets import components
from wslab.widgets.browser_peer.column import alone, column, told
from wslab.widgets.browser_peer.compare import Row, rows
from wslab.widgets.browser_peer.scripted import ScriptedTimeline
from wslab.widgets.browser_peer.state import BrowserPeerState, ScriptEvent
from wslab.widgets.browser_peer.ways import is_proxied, policy, way_words
from wslab.widgets.timeline import picture as timeline
from wslab.widgets.timeline.text import text as timeline_text

__all__ = ["FLOOD_COUNT", "FLOOD_SIZE", "regions", "text"]

FLOOD_COUNT, FLOOD_SIZE = 32, 64 * 1024
"""Messages of a flood, and the bytes of each: 2 MiB together."""

HELP = (
    "Connect lets this page open a WebSocket to the server in Python; what its script sees stands left of the "
    "timeline, with readyState in front, and what really passed stands in it. "
    "A script hears nothing of Pings, Pongs, fragments and masks, and of an end without a Close only 1006; the rows "
    "above the picture compare both accounts. "
    "With Origin “null” the script runs in an iframe with sandbox and without allow-same-origin, as a page of "
    "no site: the server sees Origin: null."
)


def regions(state: BrowserPeerState, steps: range) -> dict[str, Node]:
    """All regions of the view, with these steps rendered ahead."""
    return {
        "header": _header(state),
        "way": _way(state),
        "dial": _dial(state),
        "script": _script(state),
        "compare": _compare(state),
        **_both(state, steps),
    }


def _header(state: BrowserPeerState) -> Node:
    return components.header(
        "Browser peer",
        HELP,
        len(state.known) > 1 and _dials(state),
        components.copy_button("Copy both accounts as text", text(state), picture="copy"),
        components.do_button("Save as a page", "save", picture="save"),
        about=_now(state),
    )


def _now(state: BrowserPeerState) -> Node:
    """The socket now, as the script sees it."""
    if not state.events:
        return "no socket yet"
    last = state.events[-1]
    return f"readyState {last.ready} {last.state.value}, bufferedAmount {last.buffered:,}"


def _dials(state: BrowserPeerState) -> Node:
    newest = state.known[-1]
    options = [("0", f"socket {newest}, the newest")]
    options += [(str(number), f"socket {number}") for number in reversed(state.known[:-1])]
    chosen = 0 if state.newest or state.record is None else state.record.dial.number
    return h.label[h.span(".wsl-hidden")["Show"], components.select("shown", options, str(chosen))]


def _way(state: BrowserPeerState) -> Node:
    note = "" if state.listens else "The server is closed: nothing can reach it."
    return h.div(".wsl-bway", data_page=True)[
        h.p[way_words(state)],
        (h.p(".wsl-note")[each] for each in (note, policy(state), _trouble(state)) if each),
        is_proxied(state) and _changes(),
    ]


_CHANGES = f"What this proxy changes and passes on (measured: {MEASURED})"
_COLUMNS = ("subject", "the page's half", "the server's half", "what follows")


def _changes() -> Node:
    """What the proxy changes, folded."""
    return h.details(".wsl-bchanges", data_key="changes", data_stays=True)[
        h.summary(data_key="changes-button")[_CHANGES],
        h.table[
            h.thead[h.tr[(h.th(scope="col")[each] for each in _COLUMNS)]],
            h.tbody[(_change(each) for each in DIFFERENCES)],
        ],
    ]


def _change(found: Difference) -> Node:
    cells = (found.page, found.server, found.means)
    return h.tr[h.th(scope="row")[found.subject], (h.td[components.prose(each)] for each in cells)]


_TROUBLE = {
    "unproxied": f"There is no jupyter-server-proxy where the Jupyter server runs: {EXTRAS['hub'].command} there, and "
    "start it again.",
    "blocked": "The sandboxed frame does not start: the policy of this host (CSP) forbids its script.",
    "limit": "The widget has ended this socket: one that does not open in 15 s, or lives for 30 min, is closed.",
}


def _trouble(state: BrowserPeerState) -> str:
    """What the widget itself has to say of the socket."""
    record = state.record
    found = None if record is None else record.last(*_TROUBLE)
    return "" if found is None else _TROUBLE[found.what]


# ---- what the script shall do


def _dial(state: BrowserPeerState) -> Node:
    ways = [("auto", "way: automatic"), ("direct", "way: direct"), ("proxy", "way: proxy")]
    origins = [("own", "Origin: the notebook's"), ("null", "Origin: null")]
    return h.div(".wsl-brow")[
        h.label[h.span["path"], components.text_input("path", state.path, size=9, code=True, enter="dial-")],
        h.label[
            h.span["subprotocols"],
            components.text_input("subprotocols", state.subprotocols, size=9, code=True, enter="dial-"),
        ],
        h.label[
            h.span(".wsl-hidden")["Origin"],
            components.select("origin", origins, "null" if state.sandboxed else "own"),
        ],
        h.label[h.span(".wsl-hidden")["Way"], components.select("way", ways, state.way)],
        _button("Connect", "dial", title="new WebSocket(url, subprotocols)", off=state.place is None, main=True),
    ]


def _script(state: BrowserPeerState) -> Node:
    draft, has_socket = state.draft, bool(state.events)
    return h.div(".wsl-brow")[
        h.label[
            h.span(".wsl-hidden")["What to send"],
            components.select("kind", [("text", "text"), ("binary", "binary")], draft.kind),
        ],
        h.label[
            h.span(".wsl-hidden")["Message"],
            components.text_input("message", draft.message, size=12, enter="send-"),
        ],
        _button("Send", "send", title="ws.send(…); bytes are written in hex", off=not has_socket),
        _button("Flood", "flood", title=_FLOOD, off=not has_socket),
        h.label[h.span["code"], components.text_input("code", draft.code, size=4, code=True, enter="close-")],
        h.label[h.span["reason"], components.text_input("reason", draft.reason, size=8, enter="close-")],
        _button("Close", "close", title="ws.close(code, reason); without a code: ws.close()", off=not has_socket),
    ]


_FLOOD = (
    f"{FLOOD_COUNT} × ws.send of {FLOOD_SIZE // 1024} KiB at once, then a look at bufferedAmount until it is 0, "
    "for 5 s at most"
)


def _button(words: str, do: str, *, title: str, off: bool, main: bool = False) -> Node:
    return h.button(
        class_=["wsl-button", main and "wsl-bmain"],
        type="button",
        data_do=do,
        data_arg="",
        data_key=f"{do}-",
        title=title,
        aria_disabled="true" if off else None,
    )[words]


# ---- both accounts


def _compare(state: BrowserPeerState) -> Node:
    found = rows(state)
    if not found:
        return None
    tape = "the tape behind the proxy" if is_proxied(state) else "the tape"
    return h.table(".wsl-bcompare")[
        h.caption(".wsl-hidden")[f"What the script was told, and what {tape} has"],
        h.tbody[(_row(each) for each in found)],
    ]


def _row(row: Row) -> Node:
    head = h.th(scope="row")[row.subject]
    if row.script == row.tape:
        return h.tr[head, h.td(".wsl-bsame", title=row.tape)[row.tape, h.span[" = on the tape"]]]
    sign = h.span(role="img", aria_label="differs from the tape")["≠"] if row.differs else "·"
    return h.tr(class_=row.differs and "is-different")[
        head,
        h.td(title=row.script)[row.script or h.i["nothing"]],
        h.td(".wsl-bdiffers")[sign],
        h.td(title=row.tape)[row.tape],
    ]


def _both(state: BrowserPeerState, steps: range) -> dict[str, Node]:
    shown = state.timeline
    if not isinstance(shown, ScriptedTimeline) or not shown.shown:
        return {"picture": _unreached(state)}
    drawn = timeline.regions(shown, steps, middle=_middle(state), beside=column(shown, steps))
    return {
        "picture": h.div(
            class_=["wsl-bboth", is_proxied(state) and "is-proxied"], data_follow=True, data_scroll="both"
        )[h.b(".wsl-bheading")[_script_name(state)], drawn["picture"]],
        "verdict": [_verdict(state, drawn["verdict"]), h.div(".wsl-bsteps")[timeline.captions(shown, steps)]],
        "controls": drawn["controls"],
    }


def _script_name(state: BrowserPeerState) -> str:
    return "Page's half: its script" if is_proxied(state) else "Page's script"


def _middle(state: BrowserPeerState) -> str:
    number = state.timeline.connection
    return f"connection {number}; its client is the proxy" if is_proxied(state) else f"connection {number}"


def _verdict(state: BrowserPeerState, drawn: Node) -> Node:
    """What the two sides believe in the end; through a proxy, the page and the server are of two connections."""
    if state.record is None or not is_proxied(state) or not state.events:
        return drawn
    closed, last = state.record.last("close"), state.events[-1]
    page = f"{last.state.value}{f' {closed.code}' if closed is not None and last.state is State.CLOSED else ''}"
    server = str(state.timeline.belief(len(state.timeline.entries) - 1, "server")[0])
    return h.div(class_=["wsl-tverdict", page != server and "is-different"])[
        h.span(".wsl-thalf.is-client")[h.span["page ", h.b[page]]],
        h.span(".wsl-tsign")["=" if page == server else "≠"],
        h.span(".wsl-thalf.is-server")[h.span["server ", h.b[server]]],
    ]


def _unreached(state: BrowserPeerState) -> Node:
    """Where nothing of the socket is on the tape: what the script saw, and that this is all there is."""
    if not state.events:
        return h.div(".wsl-bblank")[
            h.p["Press Connect: this script runs in the page, and both accounts begin here."],
            h.pre(".wsl-code")[h.code[_SCRIPT]],
        ]
    began = state.events[0].at
    return h.div(".wsl-bblank")[h.p["Nothing of this socket is on the tape so far."], alone(state.events, began)]


_SCRIPT = """const ws = new WebSocket(url, subprotocols);
ws.onopen = () => tell("open", ws.protocol, ws.extensions);
ws.onmessage = ({ data }) => tell("message", data);
ws.onerror = () => tell("error");
ws.onclose = ({ code, reason, wasClean }) => tell("close", code, reason, wasClean);"""


# ---- as text


def text(state: BrowserPeerState) -> str:
    """The same as plain text."""
    return "\n".join([f"Browser peer of {state.url}", *(f"  {each}" for each in _told(state))])


def _told(state: BrowserPeerState) -> Iterator[str]:
    yield way_words(state)
    if policy(state):
        yield policy(state)
    for row in rows(state):
        script = f"the script was told {row.script}" if row.script else "the script was told nothing"
        yield f"{row.subject}: {script}; the tape has {row.tape}{' (they differ)' if row.differs else ''}"
    yield from _told_events(state)
    if is_proxied(state):
        yield f"{_CHANGES}:"
        yield from (f"  {each.subject}: {each.page} | {each.server}. {each.means}" for each in DIFFERENCES)


def _told_events(state: BrowserPeerState) -> Iterator[str]:
    shown = state.timeline
    events: tuple[ScriptEvent, ...] = shown.events if isinstance(shown, ScriptedTimeline) else state.events
    if events:
        began = shown.began if shown.entries else events[0].at
        yield "what the script did and saw:"
        yield from (f"  {told(event, began)}" for event in events)
    if shown.entries:
        yield "what is on the tape:"
        yield from (f"  {line}" for line in timeline_text(shown).splitlines())
