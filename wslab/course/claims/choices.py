"""Experiments on choices: libraries, browsers, polling, clusters, censors, and what WebSockets are for."""

from __future__ import annotations

from websockets.http11 import Request
from websockets.server import ServerProtocol

from wslab.course.claims.charts import Bars, Boxes, Chart
from wslab.course.claims.experiment import Experiment, Figures, half, number, series, status, whether
from wslab.course.myths import Verdict
from wslab.lab import Tape
from wslab.protocol import Frame, HandshakeRequest, HandshakeResponse, Opcode, ProtocolError
from wslab.scenarios import play
from wslab.scenarios.stories.uses.news import figures as news_figures
from wslab.scenarios.stories.uses.together import oldest

__all__ = ["EXPERIMENTS"]

KEY = "dGhlIHNhbXBsZSBub25jZQ=="

# ---- libraries


def _libraries() -> Figures:
    engine = {client: play("socket-io", client=client) for client in ("says hello", "speaks it")}
    return {
        "a plain client meets websockets: texts that arrive": _meets_websockets("hello"),
        "a plain client meets Socket.IO: texts that are answered": _answered(engine["says hello"]),
        "a plain client meets Socket.IO: ended after s": round(_ended(engine["says hello"]), 1),
        "a Socket.IO client meets Socket.IO: texts that are answered": _answered(engine["speaks it"]),
    }


def _meets_websockets(text: str) -> int:
    """How many texts the library `websockets`, as a server, reads from a handshake and a frame of ours."""
    theirs = ServerProtocol()
    theirs.receive_data(HandshakeRequest.build("127.0.0.1", key=KEY).serialize())
    for request in theirs.events_received():
        if isinstance(request, Request):
            theirs.send_response(theirs.accept(request))
    theirs.receive_data(Frame.text(text, mask=bytes.fromhex("37fa213d")).serialize())
    return sum(bytes(getattr(event, "data", b"")) == text.encode() for event in theirs.events_received())


def _answered(tape: Tape) -> int:
    """How many of the client's own texts come back in some form."""
    return sum(b"hello" in (each.plain or b"") for each in tape.frames(Opcode.TEXT, "server"))


def _ended(tape: Tape) -> float:
    return next((each.time for each in tape.frames(Opcode.CLOSE, "server")), 0.0)


def _takes_any(figures: Figures) -> Verdict:
    one = number(figures, "a plain client meets websockets: texts that arrive") > 0
    return half(one, number(figures, "a plain client meets Socket.IO: texts that are answered") > 0)


def _draw_libraries(figures: Figures) -> Chart:
    names = [name for name in figures if ": texts" in name]
    boxes = tuple((name.partition(":")[0], "good" if number(figures, name) else "bad") for name in names)
    return Boxes("Who understands whom", (("good", "hello is understood"), ("bad", "it is not")), boxes)


# ---- browsers

HEADS = {
    "Chromium": ("Upgrade", "permessage-deflate; client_max_window_bits"),
    "Firefox": ("keep-alive, Upgrade", "permessage-deflate"),
    "Safari": ("Upgrade", "permessage-deflate"),
}
"""What each writes as Connection and as Sec-WebSocket-Extensions."""

REFUSALS = ("mixed content", "content policy", "local network")
"""Why a browser refuses before it sends a request."""


def _browsers() -> Figures:
    asked = [len(play("browser-says-no", reason=reason).connection_numbers) for reason in REFUSALS]
    return {
        "browsers": len(HEADS),
        "whose handshake the same server accepts": sum(_is_accepted(name) for name in HEADS),
        **{f"{name}: accepted": _is_accepted(name) for name in HEADS},
        "reasons to refuse before the first byte": len(REFUSALS),
        "requests that the server sees then": sum(asked),
    }


def _is_accepted(browser: str) -> bool:
    """Whether our server finds nothing wrong with the handshake of a browser."""
    connection, extensions = HEADS[browser]
    head = (
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: {connection}\r\n"
        f"Origin: http://127.0.0.1\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
        f"Sec-WebSocket-Extensions: {extensions}\r\n\r\n"
    )
    request, _ = HandshakeRequest.parse(head.encode())
    try:
        request.check()
        HandshakeResponse.accept(request).check(request)
    except ProtocolError:
        return False
    return True


def _differ(figures: Figures) -> Verdict:
    return whether(number(figures, "whose handshake the same server accepts") < number(figures, "browsers"))


def _draw_browsers(figures: Figures) -> Chart:
    boxes = [(name, "good" if number(figures, f"{name}: accepted") else "bad") for name in HEADS]
    boxes += [(reason, "other") for reason in REFUSALS]
    looks = (("good", "the server accepts it"), ("bad", "the server refuses"), ("other", "refused before any request"))
    return Boxes("Three handshakes, and three reasons not to send one", looks, tuple(boxes))


# ---- polling

RATES = ((60, 60), (3600, 1800))
"""Seconds between two news items, and between two requests."""


def _rates() -> Figures:
    found: dict[str, float | str] = {}
    for every, poll in RATES:
        tape = play("polling", every=every, poll=poll)
        asked, pushed = (news_figures(tape, polled=polled) for polled in (True, False))
        found[f"news every {every} s: bytes by polling"] = asked.size
        found[f"news every {every} s: bytes by WebSocket"] = pushed.size
        found[f"news every {every} s: seconds late by polling"] = round(max(asked.delays, default=0.0))
    return found


def _is_enough(figures: Figures) -> Verdict:
    """Whether polling costs less at some rate."""
    names = [f"news every {every} s: bytes by " for every, _ in RATES]
    return whether(any(number(figures, f"{name}polling") < number(figures, f"{name}WebSocket") for name in names))


def _draw_rates(figures: Figures) -> Chart:
    rows = tuple((name.replace(": bytes", ""), number(figures, name)) for name in figures if ": bytes" in name)
    return Bars("One hour: bytes on the wire", "bytes", rows)


# ---- clusters


def _halves() -> Figures:
    apart, merged = play("partition"), play("partition", numbered=True)
    places = _differences(_read(apart, 1), _read(apart, 2))
    return {
        "connections": len(apart.connection_numbers),
        "connections that lost their order": sum(not _in_order(apart, n) for n in apart.connection_numbers),
        "lines that Ann reads": len(_read(apart, 1)),
        "lines that Ben reads": len(_read(apart, 2)),
        "places where they read another line": len(places),
        "lines of the bus that were lost": sum(each.arrived is None for each in apart.frames(Opcode.TEXT)),
        "such places, with the lines by number": len(_differences(sorted(_read(merged, 1)), sorted(_read(merged, 2)))),
        "places": places,
    }


def _in_order(tape: Tape, connection: int) -> bool:
    """Whether what arrived of each side arrived in the order in which it was sent."""
    times = [
        [each.arrived for each in tape.frames(Opcode.TEXT, side, connection=connection) if each.arrived is not None]
        for side in ("client", "server")
    ]
    return all(each == sorted(each) for each in times)


def _read(tape: Tape, connection: int) -> list[bytes]:
    return [each.plain or b"" for each in tape.frames(Opcode.TEXT, "server", connection=connection)]


def _differences(ann: list[bytes], ben: list[bytes]) -> tuple[float, ...]:
    """The places, from 0, where they read another line."""
    return tuple(float(at) for at, (one, two) in enumerate(zip(ann, ben, strict=False)) if one != two)


def _drift(figures: Figures) -> Verdict:
    """The protocol's matter would be a connection out of order; the halves drift apart without one."""
    if number(figures, "connections that lost their order"):
        return Verdict.TRUE
    return Verdict.OUTSIDE if number(figures, "places where they read another line") else Verdict.FALSE


def _draw_halves(figures: Figures) -> Chart:
    apart, lines = series(figures, "places"), int(number(figures, "lines that Ann reads"))
    boxes = tuple((f"line {n + 1}", "bad" if n in apart else "good") for n in range(lines))
    return Boxes("The lines of Ann and Ben", (("good", "the same for both"), ("bad", "not the same")), boxes)


# ---- censors


def _censored() -> Figures:
    seen, other = play("censor"), play("censor", word="tea")
    silent = play("half-open")
    ended = seen[-1].client
    return {
        "with the word: the client's code": 0 if ended is None else ended.code or 0,
        "with another word: texts that arrived": _texts(other),
        "with the word: texts that arrived": _texts(seen),
        "Close frames on the wire": len(seen.frames(Opcode.CLOSE)),
        "rules that a peer broke": sum(each.error is not None for each in seen),
        "a path that swallows: frames that were lost": sum(each.fate == "lost" for each in silent.frames()),
    }


def _texts(tape: Tape) -> int:
    return sum(each.arrived is not None for each in tape.frames(Opcode.TEXT))


def _break(figures: Figures) -> Verdict:
    """A peer that broke a rule would make it the protocol's matter; no end at all would make it false."""
    if number(figures, "rules that a peer broke"):
        return Verdict.TRUE
    return Verdict.OUTSIDE if number(figures, "with the word: the client's code") == 1006 else Verdict.FALSE


def _draw_censored(figures: Figures) -> Chart:
    rows = tuple((name, number(figures, name)) for name in figures if "texts" in name or "lost" in name)
    return Bars("Two intermediaries: one looks for a word, one swallows", "", rows)


# ---- uses

LATE = 0.1
"""Seconds; a position that was not held up takes 30 ms."""


def _uses() -> Figures:
    chat, board = play("chat"), play("dashboard")
    events, game = play("dashboard", way="SSE"), play("game")
    late = [each for each in game.frames(Opcode.BINARY, "server") if (each.arrived or 0.0) - each.time > LATE]
    return {
        "chat: messages of the pages": len(chat.frames(Opcode.TEXT, "client")),
        "dashboard: messages of the page": len(board.frames(Opcode.TEXT, "client")),
        "dashboard: status by events": status(events, 1),
        "game: positions that waited for a lost one": len(late),
        "game: the oldest picture, in ms": round(1000 * oldest(game)),
        "joint editing: an edit is lost": not _kept("the whole text"),
        "joint editing, by operations: an edit is lost": not _kept("operations"),
    }


def _kept(sends: str) -> bool:
    """Whether each page was told both edits."""
    told = [_read(play("joint-editing", sends=sends), connection) for connection in (1, 2)]
    return all(any(edit in line for line in own) for own in told for edit in (b"black", b"down"))


def _need_it(figures: Figures) -> Verdict:
    """Two parts: that one of the four speaks both ways, and that each of them does and has nothing better."""
    chat = number(figures, "chat: messages of the pages") > 0
    board = number(figures, "dashboard: messages of the page") > 0
    return half(chat, board and not number(figures, "game: positions that waited for a lost one"))


def _draw_uses(figures: Figures) -> Chart:
    speaks = bool(number(figures, "chat: messages of the pages"))
    page = bool(number(figures, "dashboard: messages of the page"))
    waited = bool(number(figures, "game: positions that waited for a lost one"))
    merged = not number(figures, "joint editing: an edit is lost")
    boxes = (
        ("chat", "good" if speaks else "other"),
        ("dashboard", "good" if page else "other"),
        ("game", "bad" if waited else "good"),
        ("joint editing", "good" if merged else "bad"),
    )
    looks = (
        ("good", "needs both directions"),
        ("other", "one direction is enough"),
        ("bad", "needs something else or more"),
    )
    return Boxes("What each of the four needs", looks, boxes)


EXPERIMENTS = (
    Experiment(
        "library",
        "A handshake and a frame of ours go to the `websockets` library; then a plain client meets a Socket.IO server.",
        _libraries,
        _takes_any,
        _draw_libraries,
        "`websockets`, aiohttp and npm's `ws` talk to each other and to browsers. Socket.IO's client and server "
        "talk to "
        "each other, over WebSocket or polling.",
        "Take a library, and know which protocol it speaks.",
        "The Socket.IO server is as much of its protocol as one client sees.",
        otherwise={"a plain client meets Socket.IO: texts that are answered": 1},
    ),
    Experiment(
        "browsers-differ",
        "The handshakes of three browsers go to one server; then a browser refuses three times before it sends one.",
        _browsers,
        _differ,
        _draw_browsers,
        "All current browsers have `WebSocket`, and none gives scripts Ping, Pong or a header of their own. "
        "`WebSocketStream`, with backpressure, is Chromium's.",
        "The API is the same everywhere; the reasons to refuse are not.",
        "The heads are written down as these browsers are reported to send them, and no browser runs here. Yours runs "
        "in the notebook on browsers.",
        otherwise={"whose handshake the same server accepts": 2},
    ),
    Experiment(
        "polling-fine",
        "An hour of news at two rates, by asking again and again and by a WebSocket with its Pings.",
        _rates,
        _is_enough,
        _draw_rates,
        "A plain GET can come from a cache, and needs no heartbeat and no reconnect. A browser keeps TCP open between "
        "two requests, for a while.",
        "How often is there news, and how old may it be? Then choose.",
        "A request is modelled with the headers of a browser. TCP's and TLS's own bytes are in no figure.",
        otherwise={"news every 3600 s: bytes by polling": 5000},
    ),
    Experiment(
        "partitions",
        "A chat on two servers loses the bus between them; both halves go on, and are put together again.",
        _halves,
        _drift,
        _draw_halves,
        "No WebSocket library merges. A bus such as Redis's publish and subscribe passes each line on once and forgets "
        "it; a log with numbers, or a data type that merges, puts halves together.",
        "A connection has an order; a cluster has as many as it has halves.",
        "Servers, bus and partition are the lab's.",
        otherwise={"places where they read another line": 0},
    ),
    Experiment(
        "censors",
        "An intermediary cuts at a word; another swallows everything from a moment on.",
        _censored,
        _break,
        _draw_censored,
        "What a national firewall does cannot be tested here. Resets, silence and throttling are reported; wss:// "
        "hides "
        "the words, not the name of the host.",
        "Somebody on the way can end a connection, and neither side sees who it was.",
        "Both intermediaries are the lab's; no real firewall was tried.",
        otherwise={"with the word: the client's code": 1000},
    ),
    Experiment(
        "use-cases",
        "The four are played as small programs: a chat, a dashboard, a game and an editor for two.",
        _uses,
        _need_it,
        _draw_uses,
        "Beside WebSocket browsers have `EventSource` for news, and for datagrams WebRTC's data channels and, in some, "
        "WebTransport. For merging there are types such as Yjs's, which travel over a WebSocket.",
        "WebSocket carries messages both ways, in order. Ask first whether you need that.",
        "The game's path is a model that loses one packet in twenty, and sends it again after 200 ms.",
        otherwise={"dashboard: messages of the page": 60, "game: positions that waited for a lost one": 0},
    ),
)
