"""What browsers write to the console, and the events that a page sees: Chromium, Firefox, Safari."""

from __future__ import annotations

from wslab.course.diagnosis.pattern import Pattern, table

PATTERNS: tuple[Pattern, ...] = (
    *table(
        "Chromium",
        (
            r"insecure WebSocket (endpoint|connection may not be initiated)",
            "A page of https:// may not use ws://.",
            "browser-says-no",
        ),
        (
            r"violates the following Content Security Policy directive.*connect-src",
            "The page's own Content-Security-Policy forbids the address.",
            "browser-says-no",
        ),
        (r"ERR_UNSAFE_PORT", "Browsers do not connect to this port.", "browser-says-no"),
        (
            r"unexpected response code: (?P<status>401|403)",
            "The server refused the handshake: who asks has no right to it.",
            "handshake-refused cross-site-origin token-expires",
        ),
        (
            r"unexpected response code: (?P<status>400|426)",
            "The server saw no valid handshake.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"unexpected response code: (?P<status>405)",
            "Something does not take the request's method here: over HTTP/2 that is CONNECT.",
            "over-http2 upgrade-stripped",
        ),
        (
            r"unexpected response code: (?P<status>200|404)",
            "An HTTP server answered that knows no WebSocket at this address.",
            "handshake-refused upgrade-stripped",
        ),
        (
            r"unexpected response code: (?P<status>50\d)",
            "The server, or a proxy in front of it, could not take the connection.",
            "handshake-refused herd handshake-unanswered",
        ),
        (r"unexpected response code: (?P<status>\d{3})", "The server refused the handshake.", ""),
        (
            r"'(Upgrade|Connection)' header (is missing|value must contain|value is not)",
            "The answer lacks Upgrade or Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"incorrect 'Sec-WebSocket-Accept' header value|'Sec-WebSocket-Accept' header is missing",
            "The answer does not belong to the key that was sent.",
            "wrong-accept",
        ),
        (
            r"Sec-WebSocket-Protocol'? header.*(no response was received|does not match|must not appear)",
            "Client and server do not agree on a subprotocol.",
            "wrong-subprotocol",
        ),
        (
            r"response must not include 'Sec-WebSocket-Protocol'",
            "The server chose a subprotocol that nobody asked for.",
            "wrong-subprotocol",
        ),
        (
            r"found an unsupported extension|Sec-WebSocket-Extensions' header",
            "The server agreed to an extension that was not offered.",
            "rsv1-unasked",
        ),
        (r"server must not mask", "A server sent a frame with a mask.", "masked-server", 1002),
        (
            r"could not decode a text frame as UTF-8",
            "Text was not UTF-8.",
            "text-not-utf8 wrong-encoding split-character",
            1007,
        ),
        (
            r"reserved bits are on",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked framing-lost",
            1002,
        ),
        (
            r"invalid frame header|unrecognized frame opcode",
            "A frame's header broke a rule (its opcode, its length, a control frame over 125 bytes), or the stream is "
            "no longer read at a frame's beginning.",
            "framing-lost long-ping rsv1-unasked",
            1002,
        ),
        (r"received a broken close frame", "The body of a Close broke a rule.", "wrong-close-code", 1002),
        (
            r"opening handshake timed out|ERR_(CONNECTION_)?TIMED_OUT",
            "No answer came in time.",
            "handshake-unanswered half-open",
        ),
        (
            r"closed before the connection is established",
            "The page closed while the handshake went on: often a component that was left.",
            "closed-while-opening handshake-unanswered",
        ),
        (
            r"closed before receiving a handshake response",
            "TCP ended before an answer came.",
            "killed handshake-unanswered upgrade-stripped",
        ),
        (
            r"still in CONNECTING state",
            "The page sent before the connection was open: wait for the event `open`.",
            "sent-too-early",
        ),
        (
            r"already in CLOSING or CLOSED state",
            "The page sent on a connection that had ended: `send` raises no error there.",
            "wake-up cut simultaneous-close",
        ),
        (
            r"code must be either 1000, or between 3000 and 4999",
            "A page may close with 1000 or 3000 to 4999 only: `close` raised an error, and nothing was sent.",
            "wrong-close-code close-code",
        ),
        (r"ERR_CERT_COMMON_NAME_INVALID", "The certificate is for another name.", "tls-name-mismatch"),
        (
            r"ERR_CERT_AUTHORITY_INVALID",
            "The certificate's authority is not known here: an office's proxy, your own server, or a gap in the chain.",
            "inspecting-proxy tls-name-mismatch",
        ),
        (
            r"ERR_CONNECTION_RESET",
            "TCP was reset: the peer's system, or something on the way, cut it.",
            "cut killed censor",
            1006,
        ),
        (
            r"ERR_CONNECTION_REFUSED",
            "Nothing listens at this address and port, or a firewall refuses it.",
            "nothing-listens killed",
        ),
        (
            r"ERR_NETWORK_(CHANGED|IO_SUSPENDED)|ERR_INTERNET_DISCONNECTED",
            "The machine lost or changed its network, or slept.",
            "network-change wake-up",
        ),
        (
            r"ERR_TUNNEL_CONNECTION_FAILED|ERR_PROXY_CONNECTION_FAILED",
            "The browser's proxy does not let the connection through, or is not reached.",
            "inspecting-proxy upgrade-stripped",
        ),
        (
            r"ERR_SSL_PROTOCOL_ERROR",
            "TLS failed, most often because the peer speaks none: `wss://` at a plain port.",
            "tls-at-plain-port",
        ),
        (
            r"ERR_INVALID_HTTP_RESPONSE",
            "What came is no HTTP: another protocol, or TLS at a plain port.",
            "not-http killed",
        ),
        (
            r"ERR_CONNECTION_CLOSED|ERR_EMPTY_RESPONSE",
            "TCP ended before an answer came.",
            "killed handshake-unanswered",
        ),
        source="the binary of Chromium",
    ),
    *table(
        "Firefox",
        (
            r"can.t establish a connection to the server at wss?:",
            "The handshake failed, and the console does not say how.",
            "handshake-refused upgrade-stripped nothing-listens tls-name-mismatch",
        ),
        (
            r"connection to wss?:\S+ was interrupted while the page was loading",
            "The page was left, or TCP ended, while the connection was open.",
            "clean-close-by-server killed cut",
        ),
        (
            r"SecurityError: the operation is insecure",
            "Firefox refused to connect: most often because a page of https:// may not use ws://.",
            "browser-says-no",
        ),
        source="mozilla/gecko-dev dom/locales appstrings.properties, public reports",
    ),
    *table(
        "Safari",
        (
            r"was blocked from connecting insecurely to wss?:|not allowed to run insecure content",
            "A page of https:// may not use ws://.",
            "browser-says-no",
        ),
        (
            r"software caused connection abort|aborted by the software in your host machine",
            "The system ended TCP: most often the app went to the background, or the network changed.",
            "wake-up network-change background-tab",
            1006,
        ),
        (
            r"socket is not connected|NSPOSIXErrorDomain.{0,20}57",
            "TCP had ended when the program read or wrote.",
            "wake-up network-change cut",
            1006,
        ),
        (
            r"network connection was lost|NSURLErrorDomain.{0,20}-1005",
            "TCP ended.",
            "network-change cut idle-proxy",
            1006,
        ),
        (
            r"bad response from the server|NSURLErrorDomain.{0,20}-1011",
            "The answer to the handshake was no 101, or not a right one.",
            "handshake-refused upgrade-stripped",
        ),
        source="WebKit/WebKit, public reports",
    ),
    *table(
        "a page's script",
        (r"CloseEvent.{0,400}?code\W{1,4}(?P<code>\d{4})", "The page's `close` event has this code.", ""),
        (
            r"\bwasClean\W{1,4}(true|false).{0,200}?code\W{1,4}(?P<code>\d{4})",
            "The page's `close` event has this code.",
            "",
        ),
        (r"\bcode\W{1,4}(?P<code>1\d{3})\b.{0,200}?wasClean", "The page's `close` event has this code.", ""),
        source="the fields of CloseEvent, as each console prints them",
    ),
)
"""All messages of browsers, in order."""
