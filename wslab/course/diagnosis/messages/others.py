"""What programs in Go, Rust, Java, Kotlin, C#, Ruby and Elixir say."""

from __future__ import annotations

from wslab.course.diagnosis.pattern import Pattern, table

PATTERNS: tuple[Pattern, ...] = (
    *table(
        "gorilla/websocket",
        (
            r"'upgrade' token not found in 'Connection' header|'websocket' token not found in 'Upgrade' header",
            "The request came without Upgrade or Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"websocket: request origin not allowed",
            "The server does not take this Origin.",
            "cross-site-origin handshake-refused",
        ),
        (
            r"websocket: bad handshake",
            "The answer was no 101; the response that comes with the error has its status.",
            "handshake-refused upgrade-stripped",
        ),
        (
            r"websocket: close (?P<code>1006)",
            "TCP ended without a Close.",
            "cut idle-proxy killed network-change age-limit",
        ),
        (
            r"websocket: read limit exceeded",
            "A message was larger than this side's `SetReadLimit`.",
            "message-too-big",
            1009,
        ),
        (r"concurrent write to websocket connection", "Two goroutines wrote at once.", "concurrent-writes"),
        (r"repeated read on failed websocket connection", "The program went on reading after an error.", "cut"),
        (
            r"websocket: RSV1 set\W*$|websocket: RSV1 set, (?:bad )?MASK|websocket: unexpected reserved bits 0x40",
            "RSV1 was set: most often a compressed frame, and this side agreed on no compression.",
            "rsv1-unasked",
            1002,
        ),
        (
            r"websocket: (bad MASK|incorrect mask flag)",
            "A frame came with a mask where it must have none, or without one where it must.",
            "unmasked-client masked-server",
            1002,
        ),
        (
            r"websocket: (unknown|bad) opcode|websocket: (?:RSV[123] set,? ?)+|websocket: unexpected reserved bits",
            "Several bits are wrong at once, or the opcode is reserved: this is no frame's beginning.",
            "framing-lost rsv1-unasked",
            1002,
        ),
        (
            r"websocket: close sent",
            "The program wrote after this side had sent a Close: its own, or the answer to the peer's.",
            "simultaneous-close clean-close",
        ),
        (
            r"websocket: invalid control frame",
            "The program's own control frame was longer than 125 bytes, and was not sent.",
            "long-ping",
        ),
        (
            r"websocket: (control frame length > 125|len > 125 for control)",
            "A control frame was longer than 125 bytes.",
            "long-ping",
            1002,
        ),
        (
            r"websocket: (control frame not final|FIN not set on control)",
            "A control frame came in fragments.",
            "fragmented-ping",
            1002,
        ),
        (r"websocket: close (?P<code>\d{4})", "The connection ended with this code.", ""),
        (
            r"read tcp .{1,200} i/o timeout",
            "Nothing came before the program's deadline.",
            "half-open blocked-loop tunnel",
        ),
        (r"dial tcp .{1,200} i/o timeout", "TCP got no answer.", "handshake-unanswered half-open"),
        source="gorilla/websocket conn.go, server.go, client.go",
    ),
    *table(
        "coder/websocket",
        (
            r"expected handshake response status code 101 but got (?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        (
            r"status = StatusGoingAway",
            "The peer left: a server that stops, or a page that was left.",
            "clean-close-by-server rolling-deploy",
            1001,
        ),
        (r"failed to read frame header: EOF", "TCP ended without a Close.", "cut killed idle-proxy", 1006),
        (
            r"read limited at (?P<limit>\d+) bytes",
            "A message was larger than this side's `SetReadLimit`.",
            "message-too-big",
            1009,
        ),
        (r"request Origin .{1,300} is not authorized", "The server does not take this Origin.", "cross-site-origin"),
        (
            r"protocol violation: (Connection|Upgrade) header",
            "The head that came lacks Upgrade or Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        source="coder/websocket dial.go, accept.go, read.go",
    ),
    *table(
        "tungstenite",
        (
            r"connection reset without closing handshake|\bResetWithoutClosingHandshake\b",
            "TCP ended without a Close.",
            "cut idle-proxy killed network-change",
            1006,
        ),
        (
            r"HTTP error: (?P<status>401|403)",
            "The server refused the handshake.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (r"HTTP error: (?P<status>\d{3})", "The server refused the handshake.", ""),
        (
            r"reserved bits are non-zero|\bNonZeroReservedBits\b",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked",
            1002,
        ),
        (
            r"received an unmasked frame from client|\bUnmaskedFrameFromClient\b",
            "A client sent a frame without a mask.",
            "unmasked-client",
            1002,
        ),
        (
            r"received a masked frame from server|\bMaskedFrameFromServer\b",
            "A server sent a frame with a mask.",
            "masked-server",
            1002,
        ),
        (
            r"message too (?:long|big): (?P<size>\d+) > (?P<limit>\d+)",
            "A message was larger than `max_message_size`, or a frame than `max_frame_size`.",
            "message-too-big",
            1009,
        ),
        (
            r"\bMessageTooLong \{ size: (?P<size>\d+), max_size: (?P<limit>\d+)",
            "A message was larger than `max_message_size`, or a frame than `max_frame_size`.",
            "message-too-big",
            1009,
        ),
        (
            r"\bHttp\(Response \{ status: (?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        (
            r"UTF-8 encoding error",
            "Text was not UTF-8; during the handshake, a header was no ASCII.",
            "text-not-utf8 wrong-encoding",
            1007,
        ),
        (
            r"sending after closing is not allowed|\bSendAfterClosing\b",
            "The program wrote after a Close had been sent or had come.",
            "simultaneous-close clean-close",
        ),
        (
            r"trying to work with closed connection|\bAlreadyClosed\b",
            "The program went on after it had been told that the connection was closed.",
            "simultaneous-close clean-close",
        ),
        (
            r"control frame too big|\bControlFrameTooBig\b",
            "A control frame was longer than 125 bytes.",
            "long-ping",
            1002,
        ),
        (
            r"fragmented control frame|\bFragmentedControlFrame\b",
            "A control frame came in fragments.",
            "fragmented-ping",
            1002,
        ),
        (
            r"handshake not finished|\bHandshakeIncomplete\b",
            "TCP ended during the handshake.",
            "killed cut handshake-unanswered",
        ),
        (
            r"encountered invalid opcode|\bInvalidOpcode\(\d+\)",
            "An opcode came that is reserved.",
            "framing-lost",
            1002,
        ),
        (
            r"key mismatch in .{0,3}Sec-WebSocket-Accept|\bSecWebSocketAcceptKeyMismatch\b",
            "The answer has no Sec-WebSocket-Accept, or not the one of the key that was sent.",
            "wrong-accept",
        ),
        (
            r"no .{0,3}(Connection: upgrade|Upgrade: websocket).{0,3} header"
            r"|\bMissing(Connection)?Upgrade(WebSocket)?Header\b",
            "The head that came lacks Upgrade or Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        source="snapview/tungstenite-rs src/error.rs",
    ),
    *table(
        "Java",
        (
            r"can .?upgrade.? only to .?websocket|handshake failed due to invalid (upgrade|connection) header",
            "The request came without Upgrade, or without it in Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"text message was too big for the output buffer",
            "A message was larger than Tomcat's buffer for text (8192 unless set).",
            "message-too-big",
            1009,
        ),
        (r"CloseStatus\[code=(?P<code>\d{4})", "The session ended with this code.", ""),
        (
            r"connection idle timeout|idle timeout expired",
            "The idle timer of the program that says so ended the connection.",
            "idle-proxy half-open",
        ),
        (
            r"remote endpoint was in state \[(TEXT|BINARY|STREAM)",
            "A send began before another had ended: Spring's ConcurrentWebSocketSessionDecorator puts them in order.",
            "concurrent-writes",
        ),
        (
            r"may be called on a closed session",
            "The program sent on a session that had ended.",
            "cut simultaneous-close",
        ),
        (
            r"response from the server \[(?P<status>\d{3})\] did not permit the HTTP upgrade",
            "The server refused the handshake.",
            "",
        ),
        (
            r"expected HTTP 101 response but was .?(?P<status>401|403)",
            "The server refused the handshake.",
            "handshake-refused token-expires",
        ),
        (
            r"expected HTTP 101 response but was .?(?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        (
            r"expected .(Connection|Upgrade). header value",
            "The answer lacks Upgrade or Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"sent ping but didn.t receive pong within (?P<took_ms>\d+)ms",
            "OkHttp's Ping got no Pong.",
            "half-open blocked-loop network-change tunnel",
            1006,
        ),
        (r"control frames must be final", "A control frame came in fragments.", "fragmented-ping", 1002),
        (r"server-sent frames must not be masked", "A server sent a frame with a mask.", "masked-server", 1002),
        (r"client-sent frames must be masked", "A client sent a frame without a mask.", "unmasked-client", 1002),
        (r"unexpected rsv1", "A compressed frame came, and this side knows of no compression.", "rsv1-unasked", 1002),
        (
            r"IllegalArgumentException: code \d+ is reserved and may not be used",
            "The program tried to close with a code that may not be sent, and nothing was sent.",
            "wrong-close-code",
        ),
        (
            r"code \d+ is reserved and may not be used",
            "A Close had a code that may not be sent.",
            "wrong-close-code",
            1002,
        ),
        (
            r"java\.io\.EOFException|\bEofException\b",
            "TCP ended, most often without a Close.",
            "cut idle-proxy killed network-change",
            1006,
        ),
        (
            r"max frame length of (?P<limit>\d+) has been exceeded",
            "A frame was larger than Netty's `maxFramePayloadLength`.",
            "message-too-big",
            1009,
        ),
        source="apache/tomcat, spring-projects/spring-framework DefaultHandshakeHandler, square/okhttp"
        " RealWebSocket, WebSocketReader, netty/netty WebSocket08FrameDecoder",
    ),
    *table(
        ".NET",
        (
            r"closed the WebSocket connection without completing the close handshake",
            "TCP ended without a Close.",
            "cut idle-proxy killed network-change",
            1006,
        ),
        (
            r"returned status code '(?P<status>401|403)' when status code '101' was expected",
            "The server refused the handshake.",
            "handshake-refused token-expires",
        ),
        (
            r"returned status code '(?P<status>400|426)' when status code '101' was expected",
            "The server saw no valid handshake.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"returned status code '(?P<status>\d{3})' when status code '101' was expected",
            "The server refused the handshake.",
            "",
        ),
        (
            r"WebSocket is in an invalid state \('(Aborted|Closed|CloseSent)'\)",
            "The program went on after the connection had ended, or after its own Close.",
            "cut simultaneous-close idle-proxy",
        ),
        (r"already one outstanding 'SendAsync' call", "Two tasks sent at once.", "concurrent-writes"),
        (r"already one outstanding 'ReceiveAsync' call", "Two tasks read at once.", "concurrent-reads"),
        (
            r"reserved bits set|compressed frame when compression is not enabled",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked",
            1002,
        ),
        (
            r"Pong frame in response to a Ping frame within the configured KeepAliveTimeout",
            "A Ping got no Pong.",
            "half-open blocked-loop network-change",
            1006,
        ),
        (
            r"The 'Sec-WebSocket-Accept' header value '",
            "The answer does not belong to the key that was sent.",
            "wrong-accept",
        ),
        source="dotnet/runtime System.Net.WebSockets Strings.resx",
    ),
    *table(
        "Java-WebSocket",
        (
            r"other endpoint did not respond with a pong in time",
            "Its Pings got no Pong.",
            "half-open blocked-loop network-change",
            1006,
        ),
        (
            r"invalid status code received: (?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        source="TooTallNate/Java-WebSocket AbstractWebSocket, Draft_6455",
    ),
    *table(
        "Starscream",
        (r"invalid HTTP upgrade", "The answer is no upgrade.", "upgrade-stripped handshake-refused"),
        source="daltoniam/Starscream",
    ),
    *table(
        "Ruby and Elixir",
        (
            r"failed to upgrade to WebSocket .*HTTP_UPGRADE: \)",
            "The request came without Upgrade.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"failed to upgrade to WebSocket .*HTTP_UPGRADE: websocket",
            "Rails did not take the handshake: the line before says why, or HTTP_CONNECTION lacks Upgrade.",
            "cross-site-origin handshake-refused upgrade-stripped",
        ),
        (
            r"request origin not allowed:",
            "The server does not take this Origin.",
            "cross-site-origin handshake-refused",
        ),
        (
            r"could not check origin for Phoenix",
            "The server does not take this Origin.",
            "cross-site-origin handshake-refused",
        ),
        source="rails/rails actioncable connection/base.rb, phoenixframework/phoenix transport.ex",
    ),
)
"""All messages of these languages, in order."""
