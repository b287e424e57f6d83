"""What may be behind a symptom, and what ends it: the fix in one sentence, and the setting of each software.

A cause is named after the scenario that reproduces it. `OUTSIDE` are those that no scenario plays, because the
WebSocket has not begun there, or because the fault is a library's rule: their sentence stands here.

`cause_of` finds both. What this module leaves out: which message leads to which cause (`messages`), and the longer
explanation, which is the scenario's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wslab.course.diagnosis.symptoms import SYMPTOMS
from wslab.scenarios.catalogue import SCENARIOS

__all__ = ["FIXES", "OUTSIDE", "Fix", "KnownCause", "Likely", "cause_of"]


@dataclass(frozen=True, slots=True)
class Fix:
    """What ends a cause, and by which setting: software and setting."""

    text: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownCause:
    """A cause in one sentence, its fix, and the scenario that shows it; None where there is none."""

    name: str
    text: str
    fix: Fix
    scenario: str | None


@dataclass(frozen=True, slots=True)
class Likely:
    """A cause with its weight, what speaks for it and what against it."""

    cause: KnownCause
    weight: float
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


def cause_of(name: str, *, seen: str = "") -> KnownCause:
    """The cause of this name, in the words for the symptom that was `seen`. Raises KeyError where there is none."""
    if name in OUTSIDE:
        text, fix = OUTSIDE[name]
        return KnownCause(name, text, Fix(fix), None)
    scenario = SCENARIOS[name]
    symptoms = sorted(SYMPTOMS, key=lambda symptom: symptom.name != seen)
    texts = (cause.text for symptom in symptoms for cause in symptom.causes if cause.scenario == name)
    return KnownCause(name, next(texts, scenario.sentence), FIXES[name], name)


_PINGS = {
    "websockets": "ping_interval=",
    "ws": "`ws.ping()` in a setInterval",
    "aiohttp": "heartbeat=",
    "OkHttp": "pingInterval()",
    ".NET": "KeepAliveInterval, and from .NET 9 on KeepAliveTimeout",
    "gorilla/websocket": "a Ping by WriteControl, SetReadDeadline and SetPongHandler",
    "uvicorn": "--ws-ping-interval",
}
_LIMITS = {
    "websockets": "max_size=",
    "ws": "maxPayload",
    "aiohttp": "max_msg_size=",
    "gorilla/websocket": "SetReadLimit",
    "Tomcat": "setDefaultMaxTextMessageBufferSize, or org.apache.tomcat.websocket.textBufferSize",
    "tungstenite": "max_message_size and max_frame_size",
    "uvicorn": "--ws-max-size",
    "Netty": "maxFramePayloadLength",
}
_INFLATED_LIMITS = {
    **{name: _LIMITS[name] for name in ("websockets", "ws", "aiohttp", "uvicorn")},
    "Netty": "maxAllocation of its compression handlers",
    "gorilla/websocket": "none: SetReadLimit counts the bytes before they are inflated",
}
_UPGRADE = {
    "nginx": "proxy_set_header Upgrade and Connection; proxy_http_version 1.1, where 1.0 is the default",
    "Apache httpd": "ProxyPass with upgrade=websocket, from 2.4.47 on",
    "Envoy": "upgrade_configs: websocket",
    "Cloudflare": "Network, WebSockets: on",
}
_IDLE = {
    "nginx": "proxy_read_timeout",
    "HAProxy": "timeout tunnel",
    "Apache httpd": "ProxyTimeout, or Timeout where that is longer",
    "Envoy": "stream_idle_timeout",
    "AWS ALB": "idle_timeout.timeout_seconds",
    "Heroku": "55 s, fixed",
}
_BACK_OFF = Fix(
    "Let each client wait before it connects again: a random time, longer after each failure.",
    {
        "websockets": "async for ... in connect(...): the first wait is random",
        "Socket.IO": "randomizationFactor, reconnectionDelayMax",
    },
)
_NEGOTIATE = Fix(
    "Let no proxy change Sec-WebSocket-Extensions, or turn compression off at both ends.",
    {"websockets": "compression=None", "ws": "perMessageDeflate: false"},
)
_UTF8 = Fix("Encode text as UTF-8, decode whole messages, and send other bytes as binary messages.")
_BINARY = Fix("Use a WebSocket library for this side: a client masks its frames, a server does not.")
_NEW_CODE = Fix(
    "Send 1000, 1001, 1003, 1007 to 1014, or a code of your own from 4000 to 4999; a page's script may send 1000 and "
    "3000 to 4999 only.",
    {"a page": "ws.close(1000), or ws.close(4000, reason)"},
)

FIXES: Mapping[str, Fix] = {
    "cut": Fix("Find out who ended TCP: compare the time in the logs of both sides and of everything between."),
    "killed": Fix(
        "Let the process catch SIGTERM and close its connections with 1001 or 1012; look for what killed it."
    ),
    "idle-proxy": Fix("Send a Ping more often than the timer, or raise the timer.", {**_IDLE, **_PINGS}),
    "slow-keepalive": Fix("Send Pings more often than the shortest timer on the way.", _PINGS),
    "age-limit": Fix(
        "Open a new connection before the old one is too old; no heartbeat helps.",
        {
            "Envoy": "max_connection_duration, max_stream_duration",
            "Google Cloud": "timeoutSec of the backend service, for a classic balancer",
            "AWS API Gateway": "2 hours, fixed",
        },
    ),
    "network-change": Fix(
        "Connect again when the network is back, and resume from the last number that was seen.",
        {"a page": "the event `online`"},
    ),
    "half-open": Fix("Send Pings from the side that must know, and end what does not answer.", _PINGS),
    "half-open-server": Fix("Send Pings, or a heartbeat of the page's own where scripts have no Ping.", _PINGS),
    "zombie-user": Fix("Send Pings from the server, and end what does not answer.", _PINGS),
    "blocked-loop": Fix(
        "Take the work off the event loop.",
        {"asyncio": "await asyncio.to_thread(...), or a process", "Node": "worker_threads"},
    ),
    "pong-behind-queue": Fix(
        "Read on while you work: put messages into a queue of your own with a bound.", {"websockets": "max_queue="}
    ),
    "pong-behind-upload": Fix(
        "Send large messages in fragments, or wait longer for a Pong.", {"websockets": "ping_timeout="}
    ),
    "pong-lost": Fix("Take each frame that comes for a sign of life, not the Pong only."),
    "tunnel": Fix("Wait longer for a Pong than the network may be away.", {"websockets": "ping_timeout="}),
    "three-heartbeats": Fix("Ask the program, not only its library: a heartbeat in messages of your own."),
    "background-tab": Fix("Let the server send Pings: the browser answers them in hidden tabs, too.", _PINGS),
    "wake-up": Fix(
        "When the page is shown again, ask for a sign of life and connect anew if none comes.",
        {"a page": "the events `visibilitychange` and `online`"},
    ),
    "herd": _BACK_OFF,
    "rolling-deploy": Fix(
        "Take an old server out of the balancer before it closes, and close with 1012.",
        {"HAProxy": "set server ... state drain", "Kubernetes": "preStop and terminationGracePeriodSeconds"},
    ),
    "clean-close-by-server": Fix("Nothing is wrong: connect again if you still need it."),
    "clean-close": Fix("Nothing is wrong."),
    "simultaneous-close": Fix("Nothing is wrong: take an error of `send` after a Close for the end of the connection."),
    "close-code": Fix("Read the reason of the Close; it is a rule of the application.", {}),
    "close-without-code": Fix(
        "Close with 1000 and a reason, so that the other side knows why.", {"a page": "ws.close(1000, reason)"}
    ),
    "wrong-close-code": _NEW_CODE,
    "close-unanswered": Fix(
        "Give the peer time to answer a Close, and go on without it when it does not.", {"websockets": "close_timeout="}
    ),
    "close-answer-lost": Fix("Believe no code to be proof of what the peer knows: number what must not be lost."),
    "hasty-reset": Fix(
        "Close with a Close and wait for the answer; do not end TCP with unread data.", {"TCP": "no SO_LINGER of 0"}
    ),
    "handshake-refused": Fix(
        "Look at the answer's status and body: they come from the server or from a proxy in front."
    ),
    "upgrade-stripped": Fix("Let the proxy pass on Upgrade and Connection.", _UPGRADE),
    "inspecting-proxy": Fix("Ask the office's administrators to let this address pass without inspection."),
    "over-http2": Fix(
        "Let the router take CONNECT with :protocol, or offer HTTP/1.1 only at this address.",
        {"Node": "enableConnectProtocol", "Envoy": "allow_connect", "HAProxy": "h2-workaround-bogus-websocket-clients"},
    ),
    "handshake-unanswered": Fix(
        "Limit the time of an attempt, and look which hop swallows the answer.",
        {"websockets": "open_timeout=", "ws": "handshakeTimeout"},
    ),
    "cross-site-origin": Fix(
        "Name the pages that may come in, exactly, with scheme and port.",
        {
            "websockets": "origins=",
            "Spring": "setAllowedOrigins",
            "Rails": "allowed_request_origins",
            "Phoenix": "check_origin",
        },
    ),
    "token-expires": Fix("Get a new token before each attempt; a page cannot see a 401."),
    "tls-name-mismatch": Fix("Get a certificate for the name in the URL."),
    "browser-says-no": Fix("Use wss:// from pages of https://, and name the address in connect-src."),
    "wrong-subprotocol": Fix(
        "Answer one of the subprotocols that were asked for, or none where none was.",
        {"websockets": "subprotocols=", "ws": "handleProtocols"},
    ),
    "rsv1-unasked": _NEGOTIATE,
    "unmasked-client": _BINARY,
    "masked-server": _BINARY,
    "long-ping": Fix("Keep a Ping to 125 bytes, and a reason to 123 bytes of UTF-8."),
    "fragmented-ping": Fix("Send a control frame whole, with FIN."),
    "text-not-utf8": _UTF8,
    "wrong-encoding": _UTF8,
    "split-character": _UTF8,
    "fragment-checker": Fix("Check UTF-8 over the whole message, not in each fragment."),
    "message-too-big": Fix("Send less, or raise the limit of the side that closed.", _LIMITS),
    "deflate-bomb": Fix("Have a limit that counts inflated bytes, and leave it where it is.", _INFLATED_LIMITS),
    "slow-consumer": Fix(
        "Wait for each send.", {"websockets": "await ws.send(...)", "ws": "bufferedAmount", "a page": "bufferedAmount"}
    ),
    "slow-one-in-the-room": Fix(
        "Give each user a queue with a bound, and end those whose queue is full.",
        {"websockets": "broadcast() has no bound: keep ping_interval= and ping_timeout= short"},
    ),
    "deflate-memory": Fix(
        "Keep no window between messages, or a smaller one, or do without compression.",
        {"websockets": "server_no_context_takeover, or compression=None", "ws": "perMessageDeflate: false"},
    ),
    "other-server": Fix(
        "Keep sessions where all servers find them, or send a client to its server.",
        {"Socket.IO": "sticky sessions", "nginx": "ip_hash", "HAProxy": "balance source, or cookie"},
    ),
    "socket-io": Fix("Use a client of Socket.IO for a server of Socket.IO."),
    "forgotten-task": Fix("Keep each task and read its error.", {"asyncio": "TaskGroup"}),
    "cancelled-close": Fix(
        "Clean up quickly and let a second cancellation through.", {"asyncio": "asyncio.shield, or close outside"}
    ),
    "wrong-thread": Fix(
        "Hand the call over to the loop that owns the connection.", {"asyncio": "asyncio.run_coroutine_threadsafe"}
    ),
    "loop-running": Fix("Use `await` where a loop runs.", {"asyncio": "await, in place of asyncio.run"}),
    "out-of-order": Fix("Answer in turn, or number the answers."),
    "snapshot-gap": Fix("Subscribe first, then fetch, and drop what the snapshot has already."),
    "censor": Fix("Use wss://, so that nothing on the way can read along."),
    "first-frame-glued": Fix("Take the bytes behind the empty line of a head for the first frames."),
}
"""The fix of each cause that a message or a symptom leads to."""

OUTSIDE: Mapping[str, tuple[str, str]] = {
    "extension-missing": (
        "The client needs an extension, and the server's answer does not have it (§7.4.1).",
        "Let the server agree to it, or the client do without; see what a proxy does to Sec-WebSocket-Extensions.",
    ),
    "nothing-listens": (
        "Nothing listens there: the program is not running, or listens on another address or port.",
        "Start it, and look on which address it listens: 127.0.0.1 is not reached from another machine or container.",
    ),
    "no-such-name": (
        "The name has no address, so no connection began.",
        "Look for a typing error, and whether this network has the name.",
    ),
    "certificate-expired": (
        "The certificate has expired, so TLS failed before the handshake.",
        "Renew it; look at the machine's clock, too.",
    ),
    "tls-at-plain-port": (
        "One side speaks TLS and the other does not.",
        "Use ws:// for a port without TLS, wss:// for one with it.",
    ),
    "not-http": ("What answered speaks no HTTP/1.1.", "Look which program listens at this port."),
    "wrong-accept": (
        "Sec-WebSocket-Accept is not the one of this key (§4.2.2): a cache answered, or the server errs.",
        "Append the GUID to the key as it was sent, take SHA-1, write its 20 bytes in Base64; cache no 101.",
    ),
    "framing-lost": (
        "One side no longer reads frames where they begin: a length was wrong, or the stream has other bytes.",
        "Record the bytes with `wslab tap`, and look at the last good frame before the error.",
    ),
    "no-websocket-there": (
        "The server program has no WebSocket library.",
        "pip install 'uvicorn[standard]', or websockets or wsproto alone; do not start it with --ws none.",
    ),
    "concurrent-reads": ("Two tasks read from one connection.", "Let one task read, and hand each message on."),
    "concurrent-writes": (
        "Two threads or tasks wrote to one connection at once, and this library forbids it.",
        "Let one task write, from a queue.",
    ),
    "sent-too-early": (
        "The program sent before the handshake was over.",
        "Send after the event `open`, or await the connection.",
    ),
    "closed-while-opening": (
        "The program itself closed before the handshake was over.",
        "Look which component is left: React's strict mode, for one, starts each effect twice in development.",
    ),
    "descriptors": (
        "The process or the proxy has no file descriptor left.",
        "Raise its limit (`ulimit -n`, LimitNOFILE, worker_connections); look for connections that are never closed.",
    ),
}
"""Causes that no scenario plays: what it is, and how to fix it."""
