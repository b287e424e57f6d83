"""What people say about WebSockets, what is true of it, and the experiment that shows it.

A `Myth` is one sentence that articles repeat. Its verdict is what a run shows, and `scenarios` and `lessons` say which.
Names of scenarios are those of `wslab.play`, a lesson is a notebook and one of its headings. Tests hold that each
exists, and that every myth has one.

What this module leaves out: running anything (`claims` does, and computes the verdict anew), symptoms of a connection
that fails (`diagnosis`), and the page of both (`page`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["MYTHS", "Lesson", "Myth", "Verdict"]


class Verdict(Enum):
    """What an experiment says about a sentence."""

    TRUE = "true"
    HALF = "half true"
    FALSE = "false"
    OUTSIDE = "not a matter of the protocol"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A place in the course: the notebook's name without suffix, and a heading in it."""

    notebook: str
    heading: str

    @property
    def title(self) -> str:
        """The notebook's title."""
        return _TITLES[self.notebook]

    @property
    def link(self) -> str:
        """The notebook, from one beside it, with the heading as JupyterLab writes it in a fragment."""
        return f"{self.notebook}.ipynb#{self.heading.replace(' ', '-')}"


@dataclass(frozen=True, slots=True)
class Myth:
    """A sentence that people repeat, and what is true, with its section of RFC 6455 or of another document."""

    name: str
    claim: str
    verdict: Verdict
    truth: str
    scenarios: tuple[str, ...] = ()
    lessons: tuple[Lesson, ...] = ()


_START, _HANDSHAKE, _FRAMES, _MASKING, _ENDS = (
    "00_start",
    "01_handshake",
    "02_frames",
    "03_masking",
    "04_disconnects",
)
_NETWORKS, _BACK, _TEXT, _FLOW, _ORDER = (
    "05_proxies_and_networks",
    "06_heartbeats_and_reconnects",
    "07_messages_and_text",
    "08_flow_and_size",
    "09_order_and_delivery",
)
_SECURITY, _COMPRESSION, _BROWSERS = "10_security", "11_compression", "12_browsers_and_alternatives"
_LIBRARIES = "13_libraries"

_TITLES = {
    _START: "0 · Start here",
    _HANDSHAKE: "1 · The opening handshake",
    _FRAMES: "2 · Frames and opcodes",
    _MASKING: "3 · Masking",
    _ENDS: "4 · How connections end",
    _NETWORKS: "5 · Proxies and networks",
    _BACK: "6 · Heartbeats and reconnects",
    _TEXT: "7 · Messages and text",
    _FLOW: "8 · Flow and size",
    _ORDER: "9 · Order and delivery",
    _SECURITY: "10 · Security",
    _COMPRESSION: "11 · Compression",
    _BROWSERS: "12 · Browsers and alternatives",
    _LIBRARIES: "13 · A library in practice",
}
"""The titles of the notebooks; a test compares them with the notebooks' own."""

MYTHS: tuple[Myth, ...] = (
    Myth(
        "handshake-escalates",
        "The handshake is a slow negotiation that escalates step by step.",
        Verdict.FALSE,
        "It is one GET with Upgrade and one 101 (§1.3, §4). Over HTTP/2 it is one CONNECT and one 200 (RFC 8441).",
        ("over-http2",),
        (Lesson(_HANDSHAKE, "One request, one answer"), Lesson(_NETWORKS, "Over HTTP/2")),
    ),
    Myth(
        "key-always-same",
        "The key of the handshake is always dGhlIHNhbXBsZSBub25jZQ==.",
        Verdict.FALSE,
        "That is the RFC's example. A client takes 16 fresh random bytes for each connection (§4.1).",
        (),
        (Lesson(_HANDSHAKE, "The proof"),),
    ),
    Myth(
        "accept-value",
        "The answer to that key is s3pPLMBiTxaQ9kYGzzhZRbK+xOo=.",
        Verdict.TRUE,
        "It is SHA-1 of the key and a GUID, in Base64 (§1.3, §4.2.2). Another key has another answer.",
        (),
        (Lesson(_HANDSHAKE, "The proof"), Lesson(_HANDSHAKE, "Try it yourself: the server's proof")),
    ),
    Myth(
        "secret-string",
        "Only a server that knows a secret can answer the handshake.",
        Verdict.FALSE,
        "The GUID is public. The answer shows that the peer speaks WebSocket, not who it is (§1.3); TLS does that.",
        ("tls-name-mismatch",),
        (Lesson(_HANDSHAKE, "The proof"), Lesson(_SECURITY, "The same bytes under TLS")),
    ),
    Myth(
        "persistent-bidirectional",
        "One connection carries messages in both directions at any time.",
        Verdict.TRUE,
        "Each direction of TCP is a stream of its own, and neither waits for the other (§1.1, §1.2).",
        ("crossing-messages", "simultaneous-close"),
        (Lesson(_ORDER, "One connection"),),
    ),
    Myth(
        "no-http-overhead",
        "After the handshake a message costs nothing but its own bytes.",
        Verdict.HALF,
        "A frame has 2 to 14 bytes of header (§5.2). What TCP and TLS cost for each packet stays.",
        ("polling", "keepalive"),
        (Lesson(_FRAMES, "How long is a length?"), Lesson(_BROWSERS, "Four ways to get news")),
    ),
    Myth(
        "frame-parts",
        "A frame is an opcode, a length and a payload.",
        Verdict.HALF,
        "It has FIN, three reserved bits, MASK, perhaps a longer length and perhaps a key, too (§5.2).",
        (),
        (Lesson(_FRAMES, "One frame, bit by bit"), Lesson(_FRAMES, "Flip every bit of the header")),
    ),
    Myth(
        "opcodes",
        "There are five opcodes: text, binary, Close, Ping and Pong.",
        Verdict.HALF,
        "Continuation, 0x0, is the sixth. 3 to 7 and B to F are reserved (§5.2, §11.8).",
        (),
        (Lesson(_FRAMES, "Sixteen opcodes"),),
    ),
    Myth(
        "server-push",
        "A server can speak without being asked.",
        Verdict.TRUE,
        "From the moment the connection is open, either side may send, and a server is open with its 101 (§4.2.2).",
        ("half-open-server", "first-frame-glued"),
        (Lesson(_HANDSHAKE, "Nothing gets lost after the head"),),
    ),
    Myth(
        "masking-hides",
        "Masking keeps the payload secret.",
        Verdict.FALSE,
        "The key travels in the frame. Masking keeps scripts from choosing the bytes on the wire (§10.3).",
        ("censor",),
        (
            Lesson(_MASKING, "Does it hide anything?"),
            Lesson(_MASKING, "What it is for"),
            Lesson(_SECURITY, "Somebody on the way"),
        ),
    ),
    Myth(
        "ping-pong",
        "A Ping asks whether the peer is alive, and a Pong answers.",
        Verdict.TRUE,
        "A Pong repeats its Ping's data; one that nobody asked for is legal (§5.5.3). It shows that the library at "
        "the other end runs, not that the program does.",
        ("pong-lost", "one-way-heartbeat", "three-heartbeats", "ping-between-fragments"),
        (Lesson(_ENDS, "Silence, with your own hands"), Lesson(_BACK, "Three heartbeats")),
    ),
    Myth(
        "close-opcode",
        "Opcode 0x8 ends the connection.",
        Verdict.HALF,
        (
            "A clean end is two Close frames, one each way, and then the end of TCP, which the server should begin "
            "(§7.1.1)."
        ),
        ("clean-close", "simultaneous-close", "close-answer-lost", "cut"),
        (Lesson(_ENDS, "Politely"),),
    ),
    Myth(
        "encoding-lottery",
        "A receiver has to guess whether text is UTF-8, UTF-16 or ASCII.",
        Verdict.FALSE,
        "Text is UTF-8, or the receiver must fail the connection (§5.6, §8.1). Binary has no encoding.",
        ("wrong-encoding", "text-not-utf8", "split-character", "fragment-checker"),
        (Lesson(_TEXT, "Text is UTF-8"), Lesson(_TEXT, "The same bytes, read otherwise")),
    ),
    Myth(
        "unordered",
        "Messages may arrive out of order.",
        Verdict.FALSE,
        "On one connection TCP keeps their order. It is lost across reconnects and several connections, and where a "
        "program handles messages side by side.",
        ("in-order", "out-of-order", "reconnect", "partition", "snapshot-gap"),
        (
            Lesson(_ORDER, "One connection"),
            Lesson(_ORDER, "Two connections"),
            Lesson(_ORDER, "A list and its changes"),
            Lesson(_ORDER, "Side by side"),
        ),
    ),
    Myth(
        "delivery",
        "What was sent without an error was received.",
        Verdict.FALSE,
        "The protocol has no acknowledgement. What is on its way when a connection ends may be lost, and no error "
        "says so.",
        ("reconnect", "sent-twice", "hasty-reset", "close-in-flight", "wake-up"),
        (
            Lesson(_ENDS, "Silence, with your own hands"),
            Lesson(_BACK, "What is lost in flight"),
            Lesson(_ORDER, "Sent, received, done"),
        ),
    ),
    Myth(
        "mobile-loses-frames",
        "On a bad network frames get lost.",
        Verdict.FALSE,
        "While a connection lives, TCP sends again what was lost: loss is delay. A connection that ends takes with it "
        "what was on the way.",
        ("lossy-path", "network-change", "tunnel"),
        (Lesson(_NETWORKS, "On the phone: what is lost, and what is only late"),),
    ),
    Myth(
        "lb-random",
        "Load balancers end connections at random.",
        Verdict.FALSE,
        "They have timers: for an idle connection, for its age, for a deploy. Pings cure the first one only.",
        ("idle-proxy", "keepalive", "age-limit", "rolling-deploy"),
        (Lesson(_NETWORKS, "Load balancers: not at random"), Lesson(_NETWORKS, "Try it yourself: who was it?")),
    ),
    Myth(
        "sticky",
        "Sticky sessions keep a connection on its server.",
        Verdict.HALF,
        "A connection stays on its server without them. They matter for the next connection, and for polling.",
        ("other-server",),
        (Lesson(_NETWORKS, "Sticky sessions"),),
    ),
    Myth(
        "zombies",
        "Servers keep users who left long ago.",
        Verdict.TRUE,
        "A path that swallows everything looks quiet. Only a question that stays unanswered, or a heartbeat that no "
        "longer comes, shows it soon (§5.5.2).",
        ("zombie-user", "half-open"),
        (Lesson(_ENDS, "The zombie, and how to fix it"), Lesson(_BACK, "Users who are not there")),
    ),
    Myth(
        "reconnect",
        "A client has to reconnect by itself.",
        Verdict.TRUE,
        "Neither the protocol nor a browser does it. A client that connects again should first wait for a random "
        "time, longer after each failure (§7.2.3).",
        ("herd", "reconnect"),
        (Lesson(_BACK, "The herd"), Lesson(_BACK, "Try it yourself: come back")),
    ),
    Myth(
        "csrf-sqli-xss",
        "The usual attacks on web pages work here, too.",
        Verdict.TRUE,
        "The same-origin policy does not cover WebSockets, so the server has to check Origin (§10.2). A payload is "
        "input like any other: markup and SQL in it are the program's matter.",
        ("cross-site-origin", "token-in-url", "token-expires"),
        (
            Lesson(_HANDSHAKE, "Who may come in"),
            Lesson(_SECURITY, "A page of another site"),
            Lesson(_SECURITY, "What comes in with a message: markup"),
            Lesson(_SECURITY, "What comes in with a message: SQL"),
        ),
    ),
    Myth(
        "use-tls",
        "wss:// is worth its price.",
        Verdict.TRUE,
        "TLS gives secrecy (§10.6) and checks who the server is (§4.1). Intermediaries that see no header take none "
        "away.",
        ("tls-name-mismatch", "upgrade-stripped", "inspecting-proxy", "censor"),
        (Lesson(_NETWORKS, "Who looks inside TLS"), Lesson(_SECURITY, "The same bytes under TLS")),
    ),
    Myth(
        "size",
        "Large messages are your own fault.",
        Verdict.HALF,
        "The protocol allows 2^63 - 1 bytes a frame, and each side has a limit of its own (§10.4). A large message "
        "also delays the Ping or Pong behind it; fragments let it through (§5.4).",
        ("message-too-big", "pong-behind-upload", "deflate-bomb"),
        (
            Lesson(_FLOW, "Too large, for whom?"),
            Lesson(_FLOW, "The Pong behind the file"),
            Lesson(_SECURITY, "Bombs"),
            Lesson(_COMPRESSION, "A bomb is cheap"),
        ),
    ),
    Myth(
        "backpressure",
        "A slow receiver makes the sender's memory grow.",
        Verdict.TRUE,
        (
            "TCP's window closes, and what the program sends without waiting stays in its memory. It works in both "
            "directions."
        ),
        ("slow-consumer", "slow-one-in-the-room", "pong-behind-queue"),
        (
            Lesson(_FLOW, "Too fast"),
            Lesson(_FLOW, "The slow one in the room"),
            Lesson(_BROWSERS, "Sending faster than the line"),
        ),
    ),
    Myth(
        "library",
        "Take a library such as ws or Socket.IO.",
        Verdict.HALF,
        (
            "A maintained library, yes. Socket.IO is a protocol of its own on top, though it names no subprotocol "
            "(§1.9), and plain clients do not speak it."
        ),
        ("socket-io",),
        (
            Lesson(_START, "Any peer will do"),
            Lesson(_HANDSHAKE, "Does it hold with others?"),
            Lesson(_LIBRARIES, "What it does by itself"),
            Lesson(_LIBRARIES, "Socket.IO is another protocol"),
        ),
    ),
    Myth(
        "browsers-differ",
        "Browsers differ in their support.",
        Verdict.FALSE,
        "All current ones have WebSocket. Their `WebSocket` gives scripts no Ping, no backpressure (Chromium's "
        "`WebSocketStream` has it) and no request header but Sec-WebSocket-Protocol. They differ in what they refuse "
        "before they send a request.",
        ("browser-says-no", "background-tab"),
        (
            Lesson(_BROWSERS, "Your own browser"),
            Lesson(_BROWSERS, "Who refuses?"),
        ),
    ),
    Myth(
        "polling-fine",
        "Polling is sometimes enough.",
        Verdict.TRUE,
        "For rare news a request now and then is simpler, and caches help. The figures depend on the rate.",
        ("polling", "dashboard"),
        (
            Lesson(_BROWSERS, "Four ways to get news"),
            Lesson(_BROWSERS, "When not to use a WebSocket"),
        ),
    ),
    Myth(
        "partitions",
        "Two halves of a cluster drift apart.",
        Verdict.OUTSIDE,
        "WebSocket orders one connection. What two servers know of each other is the application's to merge.",
        ("partition",),
        (Lesson(_ORDER, "Two servers"),),
    ),
    Myth(
        "censors",
        "National firewalls break WebSockets.",
        Verdict.OUTSIDE,
        "An intermediary can reset, swallow or slow down what it sees. What real ones do cannot be tested here.",
        ("censor", "half-open"),
        (Lesson(_NETWORKS, "An intermediary that reads along"),),
    ),
    Myth(
        "use-cases",
        "Chat, games, dashboards and joint editing need WebSockets.",
        Verdict.HALF,
        "Where both sides speak, yes. News in one direction works with server-sent events; games may prefer datagrams. "
        "WebSocket keeps the order of one connection; one order for all, and merging, are the application's.",
        ("chat", "game", "dashboard", "joint-editing"),
        (Lesson(_BROWSERS, "When not to use a WebSocket"),),
    ),
)
"""Every sentence, in the order of the course."""
