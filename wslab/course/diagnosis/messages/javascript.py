"""What Node says: ws, undici, Node's sockets, Socket.IO and SignalR's client."""

from __future__ import annotations

from wslab.course.diagnosis.pattern import Pattern, table

PATTERNS: tuple[Pattern, ...] = (
    *table(
        "ws",
        (
            r"unexpected server response: (?P<status>401|403)",
            "The server refused the handshake: who asks has no right to it.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (
            r"unexpected server response: (?P<status>400|426)",
            "The server saw no valid handshake: most often Upgrade or Connection did not reach it.",
            "upgrade-stripped inspecting-proxy handshake-refused",
        ),
        (
            r"unexpected server response: (?P<status>200|404|405)",
            "An HTTP server answered that knows no WebSocket at this address.",
            "handshake-refused upgrade-stripped over-http2",
        ),
        (
            r"unexpected server response: (?P<status>50\d)",
            "The server, or a proxy in front of it, could not take the connection.",
            "handshake-refused herd handshake-unanswered",
        ),
        (r"unexpected server response: (?P<status>\d{3})", "The server refused the handshake.", ""),
        (
            r"RSV1 must be clear|WS_ERR_UNEXPECTED_RSV_1",
            "RSV1 was set: most often a compressed frame, and no compression was agreed on.",
            "rsv1-unasked",
            1002,
        ),
        (
            r"RSV2 and RSV3 must be clear",
            "A reserved bit was set: one wrong frame, or the stream is no longer read at a frame's beginning.",
            "framing-lost rsv1-unasked",
            1002,
        ),
        (r"MASK must be set", "A client sent a frame without a mask.", "unmasked-client", 1002),
        (r"MASK must be clear", "A server sent a frame with a mask.", "masked-server", 1002),
        (r"invalid UTF-8 sequence", "Text was not UTF-8.", "text-not-utf8 wrong-encoding fragment-checker", 1007),
        (r"invalid status code (?P<size>\d+)", "A Close had a code that may not be sent.", "wrong-close-code", 1002),
        (r"FIN must be set", "A control frame came in fragments.", "fragmented-ping", 1002),
        (r"invalid payload length 12[67]", "A control frame was longer than 125 bytes.", "long-ping", 1002),
        (
            r"invalid opcode [012]\b",
            "Fragments were mixed: one message began inside another, or a fragment came where no message had begun.",
            "cancelled-close framing-lost",
            1002,
        ),
        (
            r"invalid opcode \d+",
            "An opcode came that is reserved: one wrong frame, or the stream is no longer read at a frame's beginning.",
            "framing-lost",
            1002,
        ),
        (r"max payload size exceeded", "A message was larger than `maxPayload`.", "message-too-big deflate-bomb", 1009),
        (
            r"data size must not be greater than 125 bytes",
            "A Ping or Pong was too long, and was not sent.",
            "long-ping",
        ),
        (
            r"message must not be greater than 123 bytes",
            "The reason of a Close was too long, and was not sent.",
            "long-ping",
        ),
        (
            r"first argument must be a valid error code number",
            "This code may not be sent, and was not.",
            "wrong-close-code",
        ),
        (
            r"server sent (a subprotocol but none was requested|an invalid subprotocol|no subprotocol)",
            "Client and server do not agree on a subprotocol.",
            "wrong-subprotocol",
        ),
        (
            r"(?-i:Invalid Sec-WebSocket-Accept header)",
            "The answer does not belong to the key that was sent.",
            "wrong-accept",
        ),
        (
            r"(?-i:Invalid (Upgrade|Connection) header)",
            "The head that came lacks Upgrade or Connection.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"opening handshake has timed out",
            "No answer to the handshake came in time.",
            "handshake-unanswered blocked-loop herd",
        ),
        (
            r"WebSocket was closed before the connection was established",
            "The program closed while the handshake went on: often a page or a component that was left.",
            "closed-while-opening handshake-unanswered",
        ),
        (
            r"WebSocket is not open: readyState 0",
            "The program sent before the connection was open: wait for the event `open`.",
            "sent-too-early",
        ),
        (
            r"WebSocket is not open: readyState [23]",
            "The program sent on a connection that had ended.",
            "simultaneous-close cut wake-up",
        ),
        source="ws 8.23, installed",
    ),
    *table(
        "Node",
        (
            r"received network error or non-101 status code",
            "The handshake failed, and the message does not say how.",
            "handshake-refused upgrade-stripped nothing-listens",
        ),
        (r"socket hang.up", "TCP ended before an answer came.", "killed handshake-unanswered cut"),
        (
            r"(read|write) ECONNRESET",
            "TCP was reset: the peer's system, or something on the way, cut it.",
            "cut hasty-reset killed censor idle-proxy",
            1006,
        ),
        (r"write EPIPE", "The program wrote on a connection whose TCP had ended.", "wake-up cut killed", 1006),
        (
            r"connect ECONNREFUSED",
            "Nothing listens at this address and port, or a firewall refuses it.",
            "nothing-listens killed",
        ),
        (
            r"ETIMEDOUT",
            "TCP got no answer: the path swallows it, or the machine is off.",
            "half-open handshake-unanswered network-change",
        ),
        (
            r"getaddrinfo (ENOTFOUND|EAI_AGAIN)",
            "The name was not resolved: it has no address, or no name server answered.",
            "no-such-name",
        ),
        (
            r"ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames",
            "The certificate is for another name.",
            "tls-name-mismatch",
        ),
        (
            r"SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)",
            "The certificate's authority is not known here: an office's proxy, your own server, or a gap in the chain.",
            "inspecting-proxy tls-name-mismatch",
        ),
        (
            r"JavaScript heap out of memory",
            "Memory was full: often what `send` had queued.",
            "slow-consumer slow-one-in-the-room deflate-memory",
        ),
        source="nodejs/node lib/net.js, undici",
    ),
    *table(
        "Socket.IO",
        (
            r"session ID unknown",
            "The request came to a server that does not know the session: no sticky sessions, or it has restarted.",
            "other-server",
        ),
        (
            r"xhr poll error",
            "A request of the polling, plain HTTP, failed.",
            "handshake-refused other-server nothing-listens",
        ),
        (
            r"reason\W*ping timeout|disconnect\W*ping timeout|^ping timeout$",
            "Socket.IO's own heartbeat did not come in time.",
            "background-tab blocked-loop half-open",
        ),
        (
            r"\btransport close\b",
            "The connection under Socket.IO ended, and Socket.IO had not said so before.",
            "cut idle-proxy killed network-change",
        ),
        (r"\btransport error\b", "The connection under Socket.IO failed.", "cut handshake-refused"),
        (
            r"^\s*[<>]?\s*(0\{\"sid\"|42\[\"|40\{\"sid\"|40$)",
            "These are Socket.IO's own packets: a plain client does not understand them.",
            "socket-io",
        ),
        source="socketio/engine.io, socket.io-client",
    ),
    *table(
        "SignalR",
        (
            r"(server|service) timeout\b.{0,30}elapsed without receiving a message",
            "Nothing came for as long as SignalR waits, not even a message of its own keepalive.",
            "half-open blocked-loop idle-proxy background-tab",
        ),
        (
            r"WebSocket closed with status code: (?P<code>1\d{3})",
            "The connection under SignalR ended with this code.",
            "",
        ),
        (
            r"connection ID is not present on the server",
            "The connection did not open: that the server does not know it is one of three guesses of SignalR.",
            "other-server upgrade-stripped handshake-refused",
        ),
        (
            r"failed to start the transport 'WebSockets'",
            "The WebSocket did not open; SignalR tries its other transports, if there are any.",
            "upgrade-stripped handshake-refused inspecting-proxy",
        ),
        source="dotnet/aspnetcore src/SignalR/clients/ts",
    ),
)
"""All messages of Node, in order."""
