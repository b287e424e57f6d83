"""What Python programs say: websockets, aiohttp, wsproto, uvicorn, Django Channels, asyncio itself."""

from __future__ import annotations

from wslab.course.diagnosis.pattern import Pattern, table

PATTERNS: tuple[Pattern, ...] = (
    *table(
        "websockets",
        (
            r"(?<!then )sent (?P<code>1011) \(.*keepalive ping timeout",
            "This side sent Pings, got no Pong in time, and failed the connection.",
            "blocked-loop pong-behind-queue tunnel pong-behind-upload pong-lost",
        ),
        (
            r"(?<!then )received (?P<code>1011) \(.*keepalive ping timeout",
            "The peer sent Pings, got no Pong in time, and failed the connection.",
            "blocked-loop pong-behind-queue pong-behind-upload tunnel",
        ),
        (
            r"(sent|received) (?P<code>1011) \(",
            "The side that sent 1011 met an error of its own: often an exception in its handler.",
            "loop-running forgotten-task blocked-loop",
        ),
        (
            r"sent (?P<code>1009).*?(?P<size>\d+) bytes exceeds limit of (?P<limit>\d+) bytes",
            "A message was larger than this side's `max_size`.",
            "message-too-big deflate-bomb",
        ),
        (
            r"frame with (?P<size>\d+) bytes (?:after reading \d+ bytes )?exceeds limit of (?P<limit>\d+) bytes",
            "A message was larger than the `max_size` of the side that says so.",
            "message-too-big deflate-bomb",
            1009,
        ),
        (
            r"(sent|received) (?P<code>1009) \(",
            "A message was larger than the limit of the side that sent 1009.",
            "message-too-big deflate-bomb",
        ),
        (
            r"sent (?P<code>1002) \(protocol error\).*incorrect masking",
            "A frame came with a mask where it must have none, or without one where it must.",
            "unmasked-client masked-server",
        ),
        (
            r"sent (?P<code>1002) \(protocol error\).*reserved bits",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked",
        ),
        (
            r"sent (?P<code>1002) \(protocol error\).*invalid (status|close) code",
            "A Close had a code that may not be sent.",
            "wrong-close-code",
        ),
        (
            r"sent (?P<code>1002) \(protocol error\).*(control frame too long|fragmented control frame)",
            "A control frame was longer than 125 bytes, or in fragments.",
            "long-ping fragmented-ping",
        ),
        (
            r"sent (?P<code>1002) \(protocol error\).*continuation frame|incomplete fragmented message",
            "Fragments were mixed: one message began inside another, or a fragment came where no message had begun.",
            "cancelled-close framing-lost",
        ),
        (
            r"sent (?P<code>1002) \(protocol error\).*invalid opcode",
            "An opcode came that is reserved: one wrong frame, or the stream is no longer read at a frame's beginning.",
            "framing-lost rsv1-unasked",
        ),
        (
            r"(sent|received) (?P<code>1002) \(",
            "The side that sent 1002 saw the other break the protocol.",
            "rsv1-unasked unmasked-client masked-server long-ping wrong-close-code",
        ),
        (
            r"(sent|received) (?P<code>1007) \(",
            "A message had data that does not fit its type: most often text that is not UTF-8.",
            "text-not-utf8 wrong-encoding fragment-checker split-character",
        ),
        (
            r"received (?P<code>1001) \(going away\)",
            "The peer left: a server that stops, or a page that was left.",
            "clean-close-by-server rolling-deploy herd",
        ),
        (r"received (?P<code>1012) \(", "The server restarts.", "rolling-deploy herd clean-close-by-server"),
        (
            r"(sent|received) (?P<code>1008) \([^)]{0,40}\) ?(?P<reason>[^;]{0,123})",
            "The side that sent 1008 refused for a reason of its own, often a login.",
            "close-code token-expires other-server background-tab",
        ),
        (r"(sent|received) (?P<code>1003) \(", "The receiver takes no messages of this type.", "close-code"),
        (r"received (?P<code>1005) \(", "The peer's Close had no code.", "close-without-code socket-io"),
        (
            r"sent (?P<code>1000) \(OK\); no close frame received",
            "This side said Close, and the peer never answered.",
            "close-unanswered close-answer-lost half-open",
        ),
        (
            r"sent (?P<code>1001) \(going away\); no close frame received",
            "This side left, and the peer never answered its Close.",
            "close-unanswered close-answer-lost half-open",
        ),
        (r"received (?P<code>1000) \(OK\)", "The peer closed, and all went well.", "clean-close clean-close-by-server"),
        (
            r"no close frame received or sent",
            "TCP ended, and neither side had sent a Close.",
            "cut idle-proxy killed network-change age-limit",
            1006,
        ),
        (
            r"server rejected WebSocket connection: HTTP (?P<status>401|403)",
            "The server refused the handshake: who asks has no right to it.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (
            r"server rejected WebSocket connection: HTTP (?P<status>400|426)",
            "The server saw no valid handshake: most often Upgrade or Connection did not reach it.",
            "upgrade-stripped inspecting-proxy handshake-refused",
        ),
        (
            r"server rejected WebSocket connection: HTTP (?P<status>200|404|405)",
            "An HTTP server answered that knows no WebSocket at this address.",
            "handshake-refused upgrade-stripped over-http2",
        ),
        (
            r"server rejected WebSocket connection: HTTP (?P<status>50\d)",
            "The server, or a proxy in front of it, could not take the connection.",
            "handshake-refused herd handshake-unanswered",
        ),
        (
            r"server rejected WebSocket connection: HTTP (?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        (
            r"(?-i:(?<!due to )(missing|invalid) (Connection|Upgrade) header)",
            "The head that came lacks Upgrade or Connection: something took it out, or no WebSocket answered.",
            "upgrade-stripped inspecting-proxy",
        ),
        (r"invalid Origin header", "The server does not take this Origin.", "cross-site-origin handshake-refused"),
        (
            r"(?-i:invalid Sec-WebSocket-Accept header)",
            "The answer does not belong to the key that was sent: a cache, or a server that computes it wrongly.",
            "wrong-accept",
        ),
        (
            r"(no subprotocols supported|(unsupported|invalid|missing) subprotocol)",
            "Client and server do not agree on a subprotocol.",
            "wrong-subprotocol",
        ),
        (
            r"timed out during opening handshake",
            "No answer to the handshake came in time.",
            "handshake-unanswered blocked-loop herd",
        ),
        (
            r"connection closed while reading HTTP (request|status) line",
            "TCP ended before an answer came.",
            "killed not-http handshake-unanswered",
        ),
        (
            r"did not receive a valid HTTP (request|response)",
            "What came was no HTTP: another protocol, TLS at a plain port, or the end of TCP.",
            "not-http killed",
        ),
        (
            r"cannot call recv while another (coroutine|thread) is already",
            "Two tasks read from one connection: each message can go to one of them only.",
            "concurrent-reads",
        ),
        source="websockets 17, installed",
    ),
    *table(
        "wslab",
        (r"server refused the handshake with (?P<status>\d{3})", "The server refused the handshake.", ""),
        (
            r"(closed TCP before it|TCP ended before the server) answered the opening handshake",
            "TCP ended before an answer came.",
            "killed handshake-unanswered upgrade-stripped",
        ),
        source="wslab itself",
    ),
    *table(
        "asyncio",
        (
            r"(this event loop is already running|asyncio\.run\(\) cannot be called from a running event loop)",
            "A loop runs already: use `await`.",
            "loop-running",
        ),
        (
            r"task exception was never retrieved",
            "A task failed, and nobody read its error.",
            "forgotten-task",
        ),
        (
            r"task was destroyed but it is pending",
            "A task was thrown away while it waited.",
            "forgotten-task cancelled-close",
        ),
        (
            r"non-thread-safe operation invoked on an event loop",
            "A thread used the loop that belongs to another one.",
            "wrong-thread",
        ),
        (
            r"no running event loop|there is no current event loop in thread",
            "Code outside of a running loop, often in another thread, called what needs one.",
            "wrong-thread",
        ),
        (
            r"executing <.+> took (?P<took>\d+(\.\d+)?) seconds",
            "One callback held the loop for that long.",
            "blocked-loop",
        ),
        (
            r"got future .+ attached to a different loop",
            "An object of one loop was used in another, often in a thread.",
            "wrong-thread loop-running",
        ),
        source="CPython 3.11 to 3.14, asyncio",
    ),
    *table(
        "aiohttp",
        (
            r"WSServerHandshakeError: (?P<status>401|403)",
            "The server refused the handshake: who asks has no right to it.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (
            r"WSServerHandshakeError: \d{3}, message='?Invalid (upgrade|connection) header",
            "The answer lacks Upgrade or Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        (r"Invalid challenge response", "The answer does not belong to the key that was sent.", "wrong-accept"),
        (
            r"WSServerHandshakeError: (?P<status>400|426)",
            "The server saw no valid handshake.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"WSServerHandshakeError: (?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        (
            r"received frame with non-zero reserved bits",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked",
            1002,
        ),
        (r"received fragmented control frame", "A control frame came in fragments.", "fragmented-ping", 1002),
        (
            r"control frame payload cannot be larger than 125 bytes",
            "A control frame was longer than 125 bytes.",
            "long-ping",
            1002,
        ),
        (r"invalid UTF-8 text message", "Text was not UTF-8.", "text-not-utf8 wrong-encoding fragment-checker", 1007),
        (r"invalid close code: (?P<size>\d+)", "A Close had a code that may not be sent.", "wrong-close-code", 1002),
        (r"unexpected opcode=(?P<size>\d+)", "An opcode came that is reserved.", "framing-lost", 1002),
        (
            r"decompressed message exceeds size limit (?P<limit>\d+)",
            "A message was larger than `max_msg_size` once it was inflated.",
            "deflate-bomb message-too-big",
            1009,
        ),
        (r"concurrent call to receive\(\) is not allowed", "Two tasks read from one connection.", "concurrent-reads"),
        (
            r"message size (?P<size>\d+) exceeds limit (?P<limit>\d+)",
            "A message was larger than `max_msg_size`.",
            "message-too-big",
            1009,
        ),
        (
            r"(cannot write to closing transport|ClientConnectionResetError)",
            "The program sent on a connection that had ended, or after its own Close.",
            "cut idle-proxy wake-up killed",
        ),
        (
            r"No PONG received after (?P<took>\d+(\.\d+)?) seconds",
            "aiohttp's heartbeat got no Pong.",
            "blocked-loop half-open tunnel pong-behind-upload",
            1006,
        ),
        (
            r"WSMsgType\.CLOSED|WSMsgType\.CLOSING",
            "The connection ended; `ws.close_code` says how.",
            "cut clean-close-by-server idle-proxy",
        ),
        (
            r"ServerDisconnectedError|RemoteDisconnected|remote end closed connection without response",
            "TCP ended before an answer came.",
            "killed cut handshake-unanswered",
        ),
        source="aiohttp 3.14, installed",
    ),
    *table(
        "wsproto",
        (r"bad accept token", "The answer does not belong to the key that was sent.", "wrong-accept"),
        (
            r"missing header, '(Connection|Upgrade): ",
            "The head that came lacks Upgrade or Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"reserved bit set unexpectedly",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked",
            1002,
        ),
        (r"control frame with payload len > 125", "A control frame was longer than 125 bytes.", "long-ping", 1002),
        (r"attempt to fragment control frame", "A control frame came in fragments.", "fragmented-ping", 1002),
        (r"CLOSE with (invalid|unknown reserved) code", "A Close had a code that may not be sent.", "wrong-close-code"),
        source="wsproto, installed",
    ),
    *table(
        "websocket-client",
        (
            r"handshake status (?P<status>401|403)",
            "The server refused the handshake: who asks has no right to it.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (
            r"handshake status (?P<status>400|426)",
            "The server saw no valid handshake.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"handshake status (?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        (
            r"connection to remote host was lost",
            "TCP ended without a Close.",
            "cut idle-proxy killed network-change",
            1006,
        ),
        (r"ping/pong timed out", "Its Pings got no Pong.", "half-open blocked-loop tunnel", 1006),
        (r"socket is already closed", "The program went on after the connection had ended.", "cut simultaneous-close"),
        source="websocket-client, installed",
    ),
    *table(
        "Tornado",
        (r"WebSocketClosedError", "The program sent on a connection that had ended.", "cut simultaneous-close"),
        (r"cross origin websockets not allowed", "The server does not take this Origin.", "cross-site-origin"),
        source="Tornado, installed",
    ),
    *table(
        "ASGI servers",
        (
            r"connection rejected \((?P<status>\d{3})",
            "The application, or its library, refused the handshake.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (
            r"Unsupported upgrade request",
            "uvicorn does not take what Upgrade asks for: for a WebSocket it has no library, see the next line.",
            "no-websocket-there",
        ),
        (
            r"No supported WebSocket library detected",
            "uvicorn has no WebSocket library: install `uvicorn[standard]`.",
            "no-websocket-there",
        ),
        (
            r"took too long to shut down and was killed",
            "The connection had ended, and the handler did not end in time: Daphne cancelled it.",
            "cancelled-close",
        ),
        (
            r"WebSocket REJECT",
            "The application refused the handshake.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (
            r"Unexpected ASGI message 'websocket\.(send|close)'",
            "The program sent after the connection had ended, or after its own Close.",
            "cut simultaneous-close",
        ),
        (r"WebSocketDisconnect\W+(?:code\W*)?(?P<code>1\d{3})", "The peer closed with this code, or ended TCP.", ""),
        source="uvicorn and Starlette, installed",
    ),
)
"""All messages of Python, in order."""
