"""From what people see when a connection fails to the scenario that shows why, and how to fix it.

A `Symptom` is what somebody sees or reads in a log. Each of its causes is a `Cause`: the scenario that reproduces it,
and one sentence. The scenario's own explanation has the rest. A test holds that each scenario exists, and that the
notebook `doctor` has a heading for each symptom, with a cell that plays it and confirms the fix.

What this module leaves out: sentences that people believe (`myths`), and what fixes a cause (`causes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["NOTEBOOK", "SYMPTOMS", "Cause", "Symptom"]

NOTEBOOK = "doctor"
"""The notebook that runs each symptom, under its `heading`."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a symptom: the scenario that shows it, and the cause in one sentence.

    `values` are parameters with which the scenario shows this very symptom, where the defaults show another one.
    """

    scenario: str
    text: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Symptom:
    """What is seen from outside, and what may be behind it, the likeliest cause first."""

    name: str
    text: str
    causes: tuple[Cause, ...]
    sections: tuple[str, ...]
    """Where it is written, in RFC 6455 unless another RFC is named."""
    threads: tuple[str, ...] = ()
    """Where others asked the same, as repository and number."""

    @property
    def heading(self) -> str:
        """Its heading in the notebook that runs it, `NOTEBOOK`."""
        return self.text.removesuffix(".")


SYMPTOMS: tuple[Symptom, ...] = (
    Symptom(
        "1006",
        "“Closed with 1006”, and no reason.",
        (
            Cause(
                "cut", "TCP ended without a Close: 1006 is what a side reports then, and is never on the wire (§7.1.5)."
            ),
            Cause("killed", "The peer's process was killed, and its kernel closed TCP."),
            Cause("idle-proxy", "A proxy ended a connection that was idle for too long."),
            Cause(
                "browser-says-no",
                "A browser refused to connect at all: its console says why. Chromium has 1006 for a local address "
                "or a blocked port, an `error` event alone for the page's policy, and an exception for ws:// from https://.",
            ),
        ),
        (
            "§7.1.5",
            "§7.4.1",
        ),
        (
            "gorilla/websocket#789",
            "websockets#1202",
            "ws#1860",
        ),
    ),
    Symptom(
        "1011",
        "“1011 keepalive ping timeout”.",
        (
            Cause("blocked-loop", "The event loop computed and answered no Ping."),
            Cause("pong-behind-queue", "A slow consumer's queue was full, so the Ping stayed unread."),
            Cause("pong-behind-upload", "The Pong waited behind a large message."),
            Cause("tunnel", "The network really was gone for longer than `ping_timeout`."),
        ),
        (
            "§5.5.2",
            "§5.5.3",
            "§7.4.1",
        ),
        (
            "websockets#1620",
            "websockets#868",
        ),
    ),
    Symptom(
        "deaf-server",
        "The server is deaf while the program waits for input or sleeps.",
        (Cause("blocked-loop", "A blocking call runs on the event loop: `time.sleep`, `input`, a computation."),),
        ("§5.5.2",),
        ("websockets#868",),
    ),
    Symptom(
        "loop-running",
        "“This event loop is already running”, or “asyncio.run() cannot be called from a running event loop”.",
        (Cause("loop-running", "A loop runs already, in a handler as in a notebook's cell: use `await`."),),
        (),
        (
            "haystack#8951",
            "ib_insync#295",
        ),
    ),
    Symptom(
        "dropped-at-once",
        "A home-made client or server is dropped at its first frame.",
        (
            Cause("unmasked-client", "A client's frames must be masked (§5.1)."),
            Cause(
                "masked-server", "The server masks its frames, and a server must not mask (§5.1): the client ends it."
            ),
        ),
        (
            "§5.1",
            "§5.3",
        ),
        (
            "webbit#135",
            "deno_std#614",
            "websocket-kit#26",
        ),
    ),
    Symptom(
        "rsv1",
        "“Invalid frame: RSV1 set”.",
        (Cause("rsv1-unasked", "A compressed frame came, and no compression was agreed on (§5.2, RFC 7692 §6)."),),
        (
            "§5.2",
            "RFC 7692 §6",
        ),
        (
            "ws#2292",
            "ws#1140",
        ),
    ),
    Symptom(
        "long-control-frame",
        "A long Ping, or a Close with a long reason, fails the connection.",
        (Cause("long-ping", "A control frame carries at most 125 bytes, so a reason at most 123 (§5.5, §5.5.1)."),),
        (
            "§5.5",
            "§5.5.1",
        ),
        ("sockjs-node#107",),
    ),
    Symptom(
        "1007",
        "1007, and the text is good.",
        (
            Cause(
                "fragment-checker", "The receiver checks each fragment alone; only the message must be UTF-8 (§5.6)."
            ),
            Cause("wrong-encoding", "The sender used another encoding than UTF-8."),
            Cause(
                "split-character",
                "A character is cut. Between two fragments that is legal; between two messages it is not (§5.6).",
            ),
        ),
        (
            "§5.6",
            "§8.1",
        ),
        ("ws#1730",),
    ),
    Symptom(
        "ghosts",
        "Users are online who left long ago.",
        (
            Cause("zombie-user", "The path is silent and the server never asks: it needs a heartbeat of its own."),
            Cause("half-open", "The path is silent, and only a side that asks and gets no answer notices soon."),
        ),
        ("§5.5.2",),
        (
            "ws#686",
            "ws#759",
            "ws#1007",
        ),
    ),
    Symptom(
        "sixty-seconds",
        "The connection ends after exactly 60 s without a message.",
        (Cause("idle-proxy", "A reverse proxy's timer for idle connections, as `proxy_read_timeout` of nginx."),),
        ("§5.5.2",),
    ),
    Symptom(
        "same-age",
        "Every connection ends at the same age, however busy.",
        (Cause("age-limit", "A gateway ends connections at an age; no heartbeat helps."),),
        ("§7.2.3",),
    ),
    Symptom(
        "400-behind-proxy",
        "400, 405 or 426, but only behind the proxy.",
        (
            Cause("upgrade-stripped", "The proxy did not pass on Upgrade and Connection (RFC 9110 §7.6.1)."),
            Cause("inspecting-proxy", "An office's proxy ends TLS and sees the headers."),
            Cause("over-http2", "Over HTTP/2 the request is a CONNECT, which a router may not know."),
        ),
        (
            "§4.2.1",
            "RFC 9110 §7.6.1",
            "RFC 9110 §7.8",
        ),
        (
            "gorilla/websocket#61",
            "wscat#42",
        ),
    ),
    Symptom(
        "wrong-order",
        "Answers come in the wrong order.",
        (
            Cause("out-of-order", "The handler starts a task for each message."),
            Cause("snapshot-gap", "Two connections are read as if they were one ordered stream."),
        ),
        ("§5.4",),
        ("ws#542",),
    ),
    Symptom(
        "both-close",
        "Both sides close at once, and one reports an error.",
        (
            Cause(
                "simultaneous-close",
                "That is legal: each side has sent its Close, so neither needs an answer (§5.5.1, §7.1.5).",
            ),
        ),
        (
            "§5.5.1",
            "§7.1.5",
        ),
    ),
    Symptom(
        "restart-storm",
        "The server dies when it restarts.",
        (
            Cause("herd", "All clients come back in the same second."),
            Cause("rolling-deploy", "Clients land on the next server that restarts."),
        ),
        ("§7.2.3",),
        (
            "rails#40229",
            "channels#568",
        ),
    ),
    Symptom(
        "memory-while-sending",
        "Memory grows while the server sends.",
        (
            Cause("slow-consumer", "The sender does not wait for room (`await ws.send(...)`)."),
            Cause("slow-one-in-the-room", "One slow user, and no bound for what waits for each."),
        ),
        ("RFC 9293 §3.8.6",),
        (
            "aiohttp#1367",
            "ws#1830",
        ),
    ),
    Symptom(
        "1009",
        "1009, and nobody knows whose limit it was.",
        (Cause("message-too-big", "It is the limit of the side that sent the Close with 1009 (§7.4.1)."),),
        ("§7.4.1",),
        (
            "websockets#1247",
            "websockets#1382",
        ),
    ),
    Symptom(
        "upload-timeout",
        "The heartbeat fails during a large upload.",
        (Cause("pong-behind-upload", "A Pong waits behind the large message; fragments let it through (§5.4)."),),
        (
            "§5.4",
            "§5.5.2",
        ),
        ("websockets#1005",),
    ),
    Symptom(
        "foreign-page",
        "A page of another site uses my socket.",
        (Cause("cross-site-origin", "The server does not check Origin (§10.2)."),),
        ("§10.2",),
        ("cockpit#496",),
    ),
    Symptom(
        "close-after-101",
        "The browser closes right after a 101.",
        (Cause("wrong-subprotocol", "The answer names no subprotocol that was asked for, or one that was not."),),
        (
            "§4.1",
            "§4.2.2",
        ),
        ("swoole#946",),
    ),
    Symptom(
        "memory-per-connection",
        "Each idle connection takes hundreds of kilobytes.",
        (Cause("deflate-memory", "Compression keeps two windows for each connection (RFC 7692 §7.1.1)."),),
        (
            "RFC 7692 §7.1.1",
            "RFC 7692 §7.1.2",
        ),
        ("socket.io#3477",),
    ),
    Symptom(
        "socket-io",
        "A plain client gets in and understands nothing.",
        (Cause("socket-io", "The server speaks Socket.IO, a protocol in WebSocket's messages."),),
        ("§1.9",),
        ("socket.io#3022",),
    ),
    Symptom(
        "first-message-lost",
        "The first message is lost now and then.",
        (
            Cause(
                "first-frame-glued", "It came in one read with the 101, and was thrown away with the rest of that read."
            ),
        ),
        ("§4.2.2",),
        (
            "netty#2179",
            "zephyr#89193",
        ),
    ),
    Symptom(
        "empty-close",
        "An empty Close is reported as 1006.",
        (Cause("close-without-code", "A Close without a body means 1005; 1006 is for no Close at all (§7.1.5)."),),
        (
            "§7.1.5",
            "§7.4.1",
        ),
        ("WebSocket-Node#313",),
    ),
    Symptom(
        "nothing-comes",
        "The connection is open, Pings are answered, and nothing comes.",
        (
            Cause("forgotten-task", "A task that should send has failed, and nothing read its error."),
            Cause("three-heartbeats", "The handler hangs; a library answers Pings without it."),
        ),
        ("§5.5.2",),
    ),
    Symptom(
        "half-a-message",
        "A message begins and never ends.",
        (Cause("cancelled-close", "The handler was cancelled in the middle, and again in its clean-up."),),
        ("§5.4",),
    ),
    Symptom(
        "mojibake",
        "Each letter with an accent becomes two strange ones.",
        (Cause("wrong-encoding", "UTF-8 was read as another encoding.", {"mistake": "read as Mac Roman"}),),
        ("§5.6",),
    ),
    Symptom(
        "hidden-tab",
        "It ends when the user looks at another tab, or closes the lid.",
        (
            Cause("background-tab", "The page's own heartbeat is throttled; let the server send Pings."),
            Cause("wake-up", "The connection died while the machine slept, and `send` raises no error."),
        ),
        ("§5.5.2",),
    ),
    Symptom(
        "locked-out",
        "After a reconnect the user is locked out, in an endless loop.",
        (
            Cause("token-expires", "The token has expired, and a page cannot see the 401."),
            Cause("other-server", "Another server answers, which knows nothing of the session."),
        ),
        ("§10.5",),
    ),
)
"""Every symptom, the most frequent first."""
