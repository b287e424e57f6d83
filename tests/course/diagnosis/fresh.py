"""Messages that were collected before anybody looked at the patterns: what a stranger's log may hold.

Each row is a message as its program prints it, with names and numbers of our own; the causes that its thread comes to;
and where such a message was reported. No text of a person is copied.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FIRST", "Report"]


class Report(NamedTuple):
    """One message, the causes that are right, the likeliest first, and the thread."""

    message: str
    causes: str
    source: str


FIRST: tuple[Report, ...] = (
    Report(
        'connection closed with code 1000 and message "Idle for 300241ms > 300000ms"',
        "idle-proxy",
        "itm/testbed-runtime#307",
    ),
    Report(
        'level=error msg="vulcand/oxy/forward/websocket: Error when copying from backend to client: '
        'websocket: close 1006 (abnormal closure): unexpected EOF"',
        "idle-proxy",
        "antoniomika/sish#274",
    ),
    Report(
        "java.util.concurrent.TimeoutException: Idle timeout expired: 300001/300000 ms",
        "idle-proxy",
        "jetty/jetty.project#2637",
    ),
    Report("Socket Closed: CloseReason[1001,Idle Timeout]", "idle-proxy", "jetty/jetty.project#2637"),
    Report(
        "org.eclipse.jetty.websocket.core.exception.WebSocketTimeoutException: Connection Idle Timeout",
        "idle-proxy",
        "jetty/jetty.project#13475",
    ),
    Report(
        "2017/01/21 09:24:56 [error] 11#11: *380 upstream prematurely closed connection while reading response header "
        'from upstream, client: 192.0.2.84, server: chat.example, request: "GET /ws/ HTTP/1.1", '
        'upstream: "http://10.0.0.5:8080/ws/", host: "chat.example"',
        "killed handshake-refused",
        "socketio/engine.io#283",
    ),
    Report(
        "Socket connection closed prematurely.\n"
        "System.Net.WebSockets.WebSocketException (2): The remote party closed the WebSocket connection without "
        "completing the close handshake.",
        "cut killed",
        "dotnet/aspnetcore#24689",
    ),
    Report(
        " ---> System.IO.IOException: The client reset the request stream.\n"
        "   at System.IO.Pipelines.Pipe.GetReadResult(ReadResult& result)",
        "cut",
        "SignalR/SignalR#4740",
    ),
    Report(
        "System.IO.IOException: Unable to write data to the transport connection: Broken pipe.\n"
        " ---> System.Net.Sockets.SocketException (32): Broken pipe",
        "wake-up cut",
        "jchristn/WatsonWebsocket#83",
    ),
    Report(
        "java.net.ProtocolException: Expected HTTP 101 response but was '403 Forbidden'",
        "handshake-refused",
        "troyzhxu/okhttps#41",
    ),
    Report(
        "java.lang.Exception: java.net.ProtocolException: Expected HTTP 101 response but was '200 '",
        "handshake-refused upgrade-stripped",
        "NaikSoftware/StompProtocolAndroid#138",
    ),
    Report(
        "com.neovisionaries.ws.client.OpeningHandshakeException: The status code of the opening handshake response is "
        "not '101 Switching Protocols'. The status line is: HTTP/1.1 403 Forbidden",
        "handshake-refused",
        "TakahikoKawasaki/nv-websocket-client#165",
    ),
    Report(
        "ERROR -- : Failed to upgrade to WebSocket (REQUEST_METHOD: GET, HTTP_CONNECTION: close, HTTP_UPGRADE: )",
        "upgrade-stripped",
        "john/drive.vote#488",
    ),
    Report(
        "Failed to upgrade to WebSocket (REQUEST_METHOD: GET, HTTP_CONNECTION: , HTTP_UPGRADE: )",
        "upgrade-stripped",
        "phusion/passenger#2292",
    ),
    Report(
        "Request origin not allowed: http://localhost:3001\n"
        "Failed to upgrade to WebSocket (REQUEST_METHOD: GET, HTTP_CONNECTION: keep-alive, Upgrade, HTTP_UPGRADE: "
        "websocket)",
        "cross-site-origin",
        "rails/rails#24817",
    ),
    Report(
        "disconnected with error Optional(Starscream.WSError(type: Starscream.ErrorType.upgradeError, "
        'message: "Invalid '
        'HTTP upgrade", code: 404))',
        "handshake-refused",
        "kubernetes-sigs/aws-load-balancer-controller#2631",
    ),
    Report(
        "websocket disconnected: masked and rsv data is not currently supported",
        "rsv1-unasked masked-server framing-lost",
        "daltoniam/Starscream#46",
    ),
    Report(
        'WSError\n  - type : Starscream.ErrorType.protocolError\n  - message : ""\n  - code : 1000',
        "clean-close-by-server clean-close",
        "daltoniam/Starscream#478",
    ),
    Report(
        "websocket is disconnected: The operation couldn’t be completed. (Starscream.WSError error 1.). "
        "Connection refused",
        "nothing-listens",
        "daltoniam/Starscream#518",
    ),
    Report(
        "Unhandled Exception: WebSocketException: Connection to 'https://chat.example:0/ws#' was not upgraded to "
        "websocket",
        "handshake-refused upgrade-stripped",
        "dart-lang/http#1696",
    ),
    Report(
        "WARN: lws_client_handshake: got bad HTTP response '200 OK'",
        "handshake-refused upgrade-stripped",
        "warmcat/libwebsockets#1775",
    ),
    Report(
        "[2019/12/03 18:16:53:5200] E: CLIENT_CONNECTION_ERROR: HS: ws upgrade response not 101",
        "handshake-refused",
        "warmcat/libwebsockets#1784",
    ),
    Report(
        "Error: The WebSocket handshake was declined by the remote peer [boost.beast.websocket:20]",
        "handshake-refused",
        "boostorg/beast#2566",
    ),
    Report("read: stream truncated", "cut killed", "boostorg/beast#2917"),
    Report(
        "E (6344) TRANSPORT_WS: Sec-WebSocket-Accept not found",
        "handshake-refused wrong-accept",
        "espressif/esp-idf#8631",
    ),
    Report(
        "E (16491) transport_base: poll_read select error 104, errno = Connection reset by peer, fd = 54\n"
        "E (16491) transport_ws: Error read response for Upgrade header GET / HTTP/1.1",
        "cut handshake-unanswered handshake-refused",
        "espressif/esp-protocols#512",
    ),
    Report(
        "  socket.io:client client close with reason ping timeout +6s",
        "background-tab blocked-loop half-open",
        "socketio/socket.io#3191",
    ),
    Report(
        "socket.io:socket closing socket - reason transport close +0ms",
        "cut killed network-change",
        "socketio/socket.io-client-swift#319",
    ),
    Report(
        "Error: Connection disconnected with error 'Error: WebSocket closed with status code: 1006 (no reason given).'",
        "cut idle-proxy",
        "SignalR/SignalR#4694",
    ),
    Report(
        "Error: Connection disconnected with error 'Error: Server timeout elapsed without receiving a message from the "
        "server.'",
        "half-open network-change",
        "dotnet/aspnetcore#42043",
    ),
    Report(
        "Error: Failed to start the transport 'WebSockets': Error: WebSocket failed to connect. The "
        "connection could not "
        "be found on the server, either the endpoint may not be a SignalR endpoint, the connection ID is not "
        "present on "
        "the server, or there is a proxy blocking WebSockets. If you have multiple servers check that sticky sessions "
        "are enabled.",
        "other-server upgrade-stripped",
        "kubernetes-sigs/aws-load-balancer-controller#2917",
    ),
    Report(
        "Service timeout. 30.00ms elapsed without receiving a message from service.",
        "half-open network-change",
        "Azure/azure-signalr#448",
    ),
    Report(
        '[2025-07-02T10:00:00.000Z] "GET /ws HTTP/1.1" 503 UC upstream_reset_before_response_started'
        '{connection_termination} - "-" 0 95 3 - "10.0.0.7"',
        "killed handshake-refused",
        "envoyproxy/envoy#40094",
    ),
    Report(
        '[2019-09-04T08:00:00.000Z] "GET /chat HTTP/1.1" 503 UR "-" "-" 0 85 2 - "-"',
        "handshake-refused over-http2 killed",
        "envoyproxy/envoy#8147",
    ),
    Report(
        '[2024-02-22T10:00:00.000Z] "GET /ws HTTP/1.1" 101 DC 512 2048 30002 - "-" "Mozilla/5.0"',
        "idle-proxy age-limit",
        "envoyproxy/envoy#32525",
    ),
    Report(
        "haproxy[12]: 192.0.2.9:51344 [04/Dec/2025:10:00:00.000] fe_ws be_ws/app1 0/0/1/3/5010 101 350 - - SD-- "
        '1/1/0/0/0 0/0 "GET /ws HTTP/1.1"',
        "killed cut",
        "haproxy/haproxy#3205",
    ),
    Report(
        "haproxy[9]: 192.0.2.9:40122 [14/Aug/2026:09:00:00.000] fe be/harp 0/0/1/2/30004 101 412 - - cD-- "
        "3/3/1/1/0 0/0 "
        '"GET /ws HTTP/1.1"',
        "idle-proxy",
        "nextcloud/HaRP#115",
    ),
    Report(
        "SessionLimitExceededException: Buffer size 524371 bytes for session 'k1' exceeds the allowed limit 524288",
        "slow-consumer slow-one-in-the-room",
        "spring-projects/spring-framework#29220",
    ),
    Report(
        "Send time 10234 (ms) for session 'k1' exceeded the allowed limit 10000",
        "slow-consumer slow-one-in-the-room",
        "spring-projects/spring-framework#29220",
    ),
    Report(
        "The decoded text message was too big for the output buffer and the endpoint does not support partial messages",
        "message-too-big",
        "Linyuzai/concept#28",
    ),
    Report(
        "WebSocket error: Text message size [129876] exceeds maximum size [65536]",
        "message-too-big",
        "openhab/openhab-core#4587",
    ),
    Report(
        "io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException: Max frame length of 65536 has been "
        "exceeded.",
        "message-too-big",
        "apache/shenyu#3014",
    ),
    Report(
        "20:25:43.595 [error] Could not check origin for Phoenix.Socket transport.",
        "cross-site-origin",
        "tonyc/open890#85",
    ),
    Report(
        "2021/12/06 08:53:07 websocket: unexpected reserved bits 0x40",
        "rsv1-unasked concurrent-reads",
        "gorilla/websocket#741",
    ),
    Report(
        "handle error: conn [::1]:62097: websocket read error: failed to read: read limited at 32769 bytes",
        "message-too-big",
        "novnc/websockify-other#29",
    ),
    Report(
        "Error reading message: websocket: read limit exceeded",
        "message-too-big",
        "dutchcoders/marija#76",
    ),
    Report(
        "WebSocket connection to 'ws://localhost:3000/' failed: One or more reserved bits are on: reserved1 = 1, "
        "reserved2 = 0, reserved3 = 0",
        "rsv1-unasked framing-lost",
        "jaspervdj/websockets#83",
    ),
    Report(
        "WebSocket\\Exception\\BadOpcodeException: Invalid opcode '7' provided",
        "framing-lost",
        "sirn-se/websocket-php#155",
    ),
    Report(
        "level=warning msg=\"Unable to hijack the connection: the ResponseWriter doesn't support the "
        'Hijacker interface"',
        "upgrade-stripped",
        "traefik/traefik#367",
    ),
    Report(
        'proxy.go:113 > 500 Internal Server Error error="Hijack failed on protocol switch: not a hijacker"',
        "upgrade-stripped",
        "traefik/plugin-simplecache#23",
    ),
    Report(
        'vulcand/oxy/forward/websocket: Error dialing "dev.example": websocket: bad handshake with resp: 200 200 OK',
        "handshake-refused upgrade-stripped",
        "traefik/traefik#2891",
    ),
    Report(
        "Closed draft org.java_websocket.drafts.Draft_6455@a52e28e refuses handshake",
        "handshake-refused wrong-accept",
        "varvet/mobile-websocket-example#2",
    ),
    Report(
        "Code: 1002\nReason: Invalid status code received: 400 Status line: HTTP/1.1 400 Bad Request",
        "handshake-refused upgrade-stripped",
        "TooTallNate/Java-WebSocket#759",
    ),
    Report(
        "Closing connection due to no pong received: org.java_websocket.WebSocketImpl@107c96a",
        "half-open pong-lost",
        "TooTallNate/Java-WebSocket#547",
    ),
    Report(
        "[onClose] connection is close : 1006, The connection was closed because the other endpoint did not respond "
        "with a pong in time.",
        "half-open pong-lost",
        "TooTallNate/Java-WebSocket#1217",
    ),
    Report(
        "[2016-09-09 19:40:53] [error] handle_read_frame error: websocketpp.transport:7 (End of File)",
        "cut killed",
        "zaphoyd/websocketpp#580",
    ),
    Report(
        "[info] asio async_read_at_least error: system:60 (Operation timed out)\n"
        "[error] handle_read_frame error: websocketpp.transport:2 (Underlying Transport Error)",
        "network-change half-open",
        "zaphoyd/websocketpp#610",
    ),
    Report(
        "[2013-09-10 10:28:08] [error] error in handle_read_http_response: End of File",
        "handshake-refused killed",
        "zaphoyd/websocketpp#289",
    ),
    Report("Caused by:\n    Invalid status code: 522", "handshake-unanswered nothing-listens", "erebe/wstunnel#213"),
    Report(
        'ERR failed to connect to origin error="websocket: bad handshake" originURL=https://app.example',
        "handshake-refused",
        "cloudflare/cloudflared#324",
    ),
    Report(
        "aiohttp.client_exceptions.WSServerHandshakeError: 520, message='Invalid response status', "
        "url=URL('wss://gateway.example/?v=10')",
        "killed handshake-refused",
        "CSSS/wall_e#2313",
    ),
    Report(
        "RuntimeError: Unexpected ASGI message 'websocket.send', after sending 'websocket.close'",
        "simultaneous-close forgotten-task",
        "fastapi/fastapi#3438",
    ),
    Report("ASGI callable returned without completing handshake.", "handshake-refused", "Kludex/uvicorn#1916"),
    Report(
        "INFO     uvicorn.error:websockets_impl.py:194 ('127.0.0.1', 53910) - \"WebSocket /\" 403",
        "handshake-refused",
        "Kludex/uvicorn#704",
    ),
    Report(
        "websockets.exceptions.InvalidStatus: server rejected WebSocket connection: HTTP 200",
        "handshake-refused upgrade-stripped",
        "signalbot-org/signalbot#122",
    ),
    Report(
        "websocket._exceptions.WebSocketBadStatusException: Handshake status 429",
        "herd handshake-refused",
        "danpaquin/coinbasepro-python#201",
    ),
    Report("Handshake status 404 Not Found - goodbye", "handshake-refused", "mandrewcito/signalrcore#113"),
    Report(
        "Firefox can’t establish a connection to the server at wss://pages.example/pocket.io/.",
        "browser-says-no nothing-listens tls-name-mismatch",
        "WebReflection/pocket.io#2",
    ),
    Report(
        "The connection to wss://my.example/wss2/ was interrupted while the page was loading.",
        "closed-while-opening",
        "ratchetphp/Ratchet#593",
    ),
    Report(
        "errored: RangeError: Invalid WebSocket frame: invalid status code 1006\n"
        "    code: 'WS_ERR_INVALID_CLOSE_CODE',",
        "wrong-close-code",
        "empiricaly/empirica#461",
    ),
    Report(
        "RangeError: Invalid WebSocket frame: invalid status code 22373",
        "wrong-close-code framing-lost",
        "websockets/ws#1916",
    ),
    Report(
        "WebSocket connection to 'wss://localhost:2346/' failed: Connection closed before receiving a "
        "handshake response",
        "killed handshake-refused",
        "walkor/workerman#394",
    ),
    Report("WebSocket opening handshake timed out", "handshake-unanswered", "ratchetphp/Ratchet#597"),
    Report(
        "WebSocket connection to 'ws://localhost:8080/' failed: Error during WebSocket handshake: Unexpected response "
        "code: 302",
        "handshake-refused",
        "ratchetphp/Ratchet#798",
    ),
    Report(
        '{"level":"error","message":"Websocket upgrade failed: websocket: the client is not using the websocket '
        "protocol: 'upgrade' token not found in 'Connection' header\"}",
        "upgrade-stripped",
        "openware/opendax#284",
    ),
    Report(
        "java.lang.IllegalStateException: The remote endpoint was in state [TEXT_FULL_WRITING] which is an invalid "
        "state for called method",
        "concurrent-writes",
        "javaee/mojarra#4136",
    ),
    Report(
        "[proxy:warn] [pid 15457] [client 192.0.2.45:49641] AH01144: No protocol handler was valid for the URL "
        "/socket.io/1/. If you are using a DSO version of mod_proxy, make sure the proxy submodules are "
        "included in the "
        "configuration using LoadModule.",
        "upgrade-stripped",
        "micwallace/wallacepos#7",
    ),
    Report(
        "[proxy:debug] proxy_util.c(5257): (5)Input/output error: [client 192.0.2.2:63587] AH03308: "
        "ap_proxy_transfer_between_connections: error on client - ap_get_brigade",
        "cut",
        "icing/mod_tls#8",
    ),
    Report(
        "[W 17:24:13.097 NotebookApp] WebSocket ping timeout after 90000 ms.",
        "blocked-loop half-open-server",
        "jupyter/notebook#1474",
    ),
    Report("4408: Connection initialisation timeout", "close-code", "enisdenjo/graphql-ws#112"),
    Report(
        "WebSocket protocol error occured. It was most likely caused due to an unsupported subprotocol "
        '"graphql-transport-ws" requested by the client.',
        "wrong-subprotocol",
        "apollosolutions/federation-subscription-tools#2",
    ),
    Report("error WebSocket is not open: readyState 3 (CLOSED)", "idle-proxy cut", "docker-archive/for-aws#83"),
    Report(
        "31920: Stream - WebSocket - Handshake Error: server didn't respond with 101",
        "handshake-refused",
        "cloudflare/cloudflared#1465",
    ),
    Report(
        "Cannot connect to the socket server. [Error: websocket error] Reconnecting...",
        "upgrade-stripped handshake-refused",
        "louislam/uptime-kuma#1586",
    ),
    Report(
        "java.io.IOException: java.util.concurrent.ExecutionException: java.io.IOException: Broken pipe",
        "wake-up cut",
        "wso2/product-iots#456",
    ),
)
"""Collected first, measured first; the patterns were mended by them later."""
