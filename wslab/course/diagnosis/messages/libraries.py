"""What further libraries and gateways say, in C, C++, C#, Dart, Erlang, Java, JavaScript, PHP and Swift."""

from __future__ import annotations

from wslab.course.diagnosis.pattern import Pattern, table

PATTERNS: tuple[Pattern, ...] = (
    *table(
        "Java",
        (
            r"\bidle for (?P<ms>\d+) ?ms|CloseReason\[1001,Idle Timeout",
            "The idle timer of the program that says so ended the connection.",
            "idle-proxy half-open",
            1001,
        ),
        (
            r"(text|binary) message size \[(?P<size>\d+)\] exceeds maximum size \[(?P<limit>\d+)\]",
            "A message was larger than Jetty's limit.",
            "message-too-big",
            1009,
        ),
        (
            r"send time \d+ \(ms\) for session|buffer size \d+ bytes for session .{1,80} exceeds the allowed limit",
            "The client takes less than Spring sends: its limit for waiting or for its buffer was passed.",
            "slow-consumer slow-one-in-the-room half-open-server",
        ),
        (
            r"(?-i:Failed to connect to) (?:[\w.-]+)?/[\d.a-f:\[\]]+",
            "TCP could not be opened: most often nothing listens at this address and port.",
            "nothing-listens killed",
        ),
        (
            r"\bClosedChannelException\b",
            "The program went on with a connection that had ended.",
            "cut simultaneous-close wake-up",
        ),
        (
            r"unexpected end of stream on",
            "TCP ended before an answer came.",
            "killed cut handshake-unanswered",
        ),
        (
            r"status line is: HTTP/[\d.]+ (?P<status>\d{3})",
            "The server, or a proxy on the way to it, refused the handshake.",
            "",
        ),
        (
            r"draft\b.{1,80} refuses handshake",
            "The answer's headers are no upgrade; versions from before 2018 say so of each status but 101, too.",
            "handshake-refused wrong-accept upgrade-stripped",
        ),
        (r"due to no pong received", "Its Pings got no Pong.", "half-open blocked-loop network-change", 1006),
        (
            r"received a frame that is not masked as expected",
            "A frame came with a mask where it must have none, or without one where it must.",
            "unmasked-client masked-server",
            1002,
        ),
        (
            r"RSV != 0 and no extension negotiated",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked",
            1002,
        ),
        (r"using reserved opcode \d+", "An opcode came that is reserved.", "framing-lost rsv1-unasked", 1002),
        (
            r"control frame with payload length > 125\b",
            "A control frame was longer than 125 bytes.",
            "long-ping",
            1002,
        ),
        (
            r"invalid handshake response (?:getStatus|status): (?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        source="jetty/jetty.project, spring-projects/spring-framework, TakahikoKawasaki/nv-websocket-client,"
        " TooTallNate/Java-WebSocket, netty/netty",
    ),
    *table(
        ".NET",
        (r"net_WebSockets_ConnectStatusExpected, (?P<status>\d{3})", "The server refused the handshake.", ""),
        (
            r"an internal WebSocket error occurred",
            "Something failed below the WebSocket, most often TCP: the inner exception says how.",
            "cut network-change killed",
            1006,
        ),
        (
            r"client reset the request stream",
            "The client ended its stream of HTTP/2: a page was left, or its program gave up.",
            "cut clean-close",
            1006,
        ),
        source="dotnet/runtime, dotnet/aspnetcore",
    ),
    *table(
        "Dart",
        (
            r"was not upgraded to websocket.{0,3}HTTP status code:? (?P<status>\d{3})",
            "The server refused the handshake.",
            "",
        ),
        (
            r"connection closed before full header was received",
            "TCP ended before an answer came.",
            "killed not-http tls-at-plain-port",
        ),
        (
            r"was not upgraded to websocket",
            "The answer was no 101, or lacks Upgrade or Connection; curl shows which.",
            "handshake-refused upgrade-stripped",
        ),
        source="dart-lang/sdk sdk/lib/_http/websocket_impl.dart",
    ),
    *table(
        "libwebsockets",
        (r"got bad HTTP response '(?P<status>\d{3})", "The server refused the handshake.", ""),
        (
            r"ws upgrade response not 101",
            "The server refused the handshake; the line before has its status.",
            "handshake-refused upgrade-stripped",
        ),
        source="warmcat/libwebsockets lib/roles/ws/client-ws.c",
    ),
    *table(
        "Boost.Beast",
        (
            r"handshake was declined by the remote peer",
            "The server refused the handshake: the response has its status.",
            "handshake-refused upgrade-stripped",
        ),
        (r"^(?:.{0,60}\W)?stream truncated", "TLS ended without its own close: TCP ended.", "cut killed", 1006),
        source="boostorg/beast impl/error.ipp, boostorg/asio ssl/error",
    ),
    *table(
        "WebSocket++",
        (
            r"handle_read_frame error.{0,60}(End of File|TLS Short Read)",
            "TCP ended without a Close.",
            "cut killed idle-proxy network-change",
            1006,
        ),
        (
            r"handle_read_frame error.{0,60}Underlying Transport Error",
            "TCP broke; the system's reason is in a line before, of the level info.",
            "cut network-change half-open",
            1006,
        ),
        (
            r"invalid HTTP status",
            "The server refused the handshake: the answer was no 101.",
            "handshake-refused upgrade-stripped",
        ),
        (
            r"error in handle_read_http_response",
            "No answer to the handshake came that can be read.",
            "handshake-refused killed not-http",
        ),
        source="zaphoyd/websocketpp websocketpp/impl/connection_impl.hpp",
    ),
    *table(
        "ESP-IDF",
        (r"esp_ws_handshake_status_code=(?P<status>[1-9]\d{2})", "The server refused the handshake.", ""),
        (
            r"Sec-WebSocket-Accept not found",
            "The answer has no Sec-WebSocket-Accept: it was no 101, but a redirect or an error.",
            "handshake-refused wrong-accept upgrade-stripped",
        ),
        (
            r"error read response for upgrade header",
            "No answer to the handshake came.",
            "handshake-unanswered cut handshake-refused",
        ),
        source="espressif/esp-idf components/tcp_transport/transport_ws.c",
    ),
    *table(
        "Starscream",
        (
            r"masked and rsv data is not currently supported",
            "A frame of the server had a mask or a reserved bit that it must not have.",
            "rsv1-unasked masked-server framing-lost",
            1002,
        ),
        source="daltoniam/Starscream",
    ),
    *table(
        "Traefik",
        (
            r"unable to hijack the connection|hijack failed on protocol switch|does not implement http\.Hijacker"
            r"|does ?n[o']t support the Hijacker",
            "The connection cannot be upgraded: a middleware hides it, or the request came over HTTP/2.",
            "upgrade-stripped handshake-refused over-http2",
        ),
        source="golang/go net/http/httputil/reverseproxy.go, traefik/traefik",
    ),
    *table(
        "Jupyter",
        (
            r"WebSocket ping timeout after (?P<took_ms>\d+) ms",
            "The server's Pings got no Pong: the browser or the machine was busy, or away.",
            "blocked-loop half-open-server network-change",
            1006,
        ),
        source="jupyter_server base/websocket.py, installed",
    ),
    *table(
        "ASGI servers",
        (
            r"\"WebSocket [^\"]{1,2000}\" (?P<status>[45]\d{2})\b",
            "The application refused the handshake.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (
            r"application failed to respond within time limit",
            "Daphne took it for a plain HTTP request, which the application did not answer within `--http-timeout`.",
            "blocked-loop handshake-unanswered upgrade-stripped",
        ),
        (
            r"closed protocol",
            "The program sent after the connection had ended.",
            "cut simultaneous-close",
        ),
        (
            r"ASGI callable returned without (?:completing|sending) handshake",
            "The application returned before it took or refused the connection.",
            "handshake-refused",
        ),
        source="Kludex/uvicorn uvicorn/protocols/websockets, django/daphne daphne/server.py",
    ),
    *table(
        "GraphQL over WebSocket",
        (
            r"\b(?P<code>44(?:00|01|03|06|08|09|29)|450[04])\W{1,3}(?:bad|invalid|unauthori|forbidden|subprotocol|conn"
            r"|subscriber|too many|internal)",
            "A side closed with a code of this protocol: its reason says which rule.",
            "close-code token-expires",
        ),
        source="enisdenjo/graphql-ws src/common.ts, PROTOCOL.md",
    ),
    *table(
        "Apache httpd",
        (
            r"ap_proxy_transfer_between_connections: error on (client - ap_get|(sock|origin) - ap_pass)",
            "Apache could not read from the client, or not write to it: most often its TCP broke.",
            "cut network-change clean-close",
            1006,
        ),
        (
            r"ap_proxy_transfer_between_connections: error on ((sock|origin) - ap_get|client - ap_pass)",
            "Apache could not read from the server, or not write to it: most often its TCP broke.",
            "killed cut",
            1006,
        ),
        source="apache/httpd modules/proxy/proxy_util.c (AH03307, AH03308), mod_proxy_wstunnel.c",
    ),
    *table(
        "Tyrus",
        (r"response code was not 101: (?P<status>\d{3})", "The server refused the handshake.", ""),
        source="eclipse-ee4j/tyrus core TyrusUpgradeResponse and client",
    ),
    *table(
        "websocket-sharp",
        (
            r"an (?:exception|error) has occurr?ed while connecting",
            "The connection did not open: its log has the exception.",
            "nothing-listens handshake-refused tls-name-mismatch",
            1006,
        ),
        (
            r"an (?:exception|error) has occurr?ed during a TLS handshake",
            "TLS did not come to an agreement.",
            "tls-name-mismatch certificate-expired tls-at-plain-port inspecting-proxy",
        ),
        source="sta/websocket-sharp WebSocket.cs",
    ),
    *table(
        "SocketRocket",
        (r"bad response code from server:? (?P<status>\d{3})", "The server refused the handshake.", ""),
        (
            r"error writing to stream",
            "TCP had ended, most often, when the program wrote.",
            "wake-up cut network-change",
            1006,
        ),
        source="facebookincubator/SocketRocket SocketRocket/SRWebSocket.m",
    ),
    *table(
        "SockJS",
        (
            r"reason\W{1,4}can(?:no|')t connect to server",
            "The first request, which is plain HTTP for `/info`, failed: no WebSocket was tried.",
            "handshake-refused nothing-listens",
        ),
        (
            r"all transports failed",
            "Each transport was tried, and none opened a connection.",
            "handshake-refused nothing-listens",
        ),
        (
            r"server lost session",
            "The server opened a new session: it had restarted, or another server got the request.",
            "other-server rolling-deploy killed",
            1006,
        ),
        source="sockjs/sockjs-client lib/main.js",
    ),
    *table(
        "STOMP",
        (r"whoops! lost connection", "The WebSocket ended, and the library does not print its code.", "cut killed"),
        (r"connection to broker closed", "Behind the server, the broker ended.", "killed rolling-deploy"),
        source="stomp-js/stompjs, spring-projects/spring-framework StompBrokerRelayMessageHandler",
    ),
    *table(
        "Ratchet",
        (
            r"incorrect frame mask",
            "A client sent a frame without a mask.",
            "unmasked-client",
            1002,
        ),
        (
            r"invalid reserve code",
            "A frame had a reserved bit set that no extension explains.",
            "rsv1-unasked framing-lost",
            1002,
        ),
        (
            r"mismatch between final bit and indicated payload length",
            "A control frame was longer than 125 bytes, or in fragments.",
            "long-ping fragmented-ping",
            1002,
        ),
        source="ratchetphp/RFC6455 src/Messaging/MessageBuffer.php",
    ),
    *table(
        "Paho",
        (r"AMQJSC?0001E", "The broker's CONNACK did not come in time.", "handshake-unanswered nothing-listens"),
        (r"AMQJS0004E", "Its Pings of MQTT got no answer.", "half-open blocked-loop network-change"),
        (
            r"AMQJS0007E",
            "The WebSocket failed, and its error does not say why.",
            "nothing-listens handshake-refused cut",
        ),
        (
            r"AMQJS0008I",
            "The WebSocket ended, and Paho does not print its code.",
            "cut idle-proxy clean-close-by-server",
        ),
        source="eclipse/paho.mqtt.javascript src/paho-mqtt.js",
    ),
    *table(
        "Home Assistant",
        (
            r"client (?:exceeded max pending messages|unable to keep up with pending messages)",
            "The client takes less than it is sent: what waits for it has reached the limit.",
            "slow-consumer slow-one-in-the-room",
        ),
        source="home-assistant/core homeassistant/components/websocket_api/http.py",
    ),
    *table(
        "Erlang and Elixir",
        (
            r"\{:?(?:remote|error), ?:?closed\}",
            "TCP ended without a Close.",
            "cut killed idle-proxy network-change",
            1006,
        ),
        (
            r":econnrefused\b|\{(?:error|failed_connect), ?econnrefused",
            "Nothing listens at this address and port, or a firewall refuses it.",
            "nothing-listens killed",
        ),
        (r":nxdomain\b|\{error, ?nxdomain\}", "The name has no address.", "no-such-name"),
        (r"RequestError\{code: (?P<status>\d{3})", "The server refused the handshake.", ""),
        source="ninenines/cowboy, ninenines/gun, dominicletz/websockex",
    ),
    *table(
        "Kubernetes",
        (
            r"(?<!an )upgrade request required",
            "The request came without an upgrade: something between took it out, or the client asked for none.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            r"unable to upgrade (?:connection|streaming request): "
            r"(?:.{0,30}\b(?P<status>[345]\d{2})\b|.{0,60}unauthorized)",
            "The server refused the upgrade.",
            "handshake-refused upgrade-stripped",
        ),
        (
            r"unable to upgrade (?:connection|streaming request).{0,40}\bEOF",
            "TCP ended before an answer came.",
            "killed cut handshake-unanswered",
        ),
        source="kubernetes/apimachinery pkg/util/httpstream",
    ),
)
"""All messages of these libraries, in order."""
