"""Four more lots of messages from public threads, each collected and measured before the patterns were widened for it.

The share whose cause was among the first two when a lot was measured, and what was mended then counts for the next lot:

- the first lot (`fresh.FIRST`), of programs that the tables name: 49 of 85 (58 %)
- `SECOND`, of runtimes, bots and games that no table named: 13 of 33 (39 %)
- `THIRD`, of programs far away from all tables, often words without "WebSocket": 9 of 43 (21 %)
- `FOURTH`, of servers and clients that many use: 20 of 35 (57 %)
- `FIFTH`, likewise: 21 of 31 (68 %)

So of a message that no pattern was written for, expect about two of three to be led to their cause. The rows are as in
`fresh`: the message with names and numbers of our own, the causes its thread comes to, and the thread.
"""

# ruff: noqa: E501 (a message is one line, as it was printed)
from __future__ import annotations

from tests.course.diagnosis.fresh import Report

__all__ = ["LATER"]


def _rows(text: str) -> tuple[Report, ...]:
    return tuple(Report(*(part.strip() for part in line.rsplit("|", 2))) for line in text.strip().splitlines())


_SECOND = """
[vite] failed to connect to websocket.|upgrade-stripped nothing-listens handshake-refused|agentuity/sdk#923
client.ts:19 WebSocket connection to 'wss://play.example:3000/' failed: |nothing-listens handshake-refused|internettrans/vite-single-spa-example#12
Firefox can’t establish a connection to the server at wss://localhost:3000/.|nothing-listens tls-at-plain-port|vitejs/vite#9374
io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException: RSV != 0 and no extension negotiated, RSV:4|rsv1-unasked|quarkusio/quarkus#16132
Error during WebSocket handshake: net::ERR_INVALID_HTTP_RESPONSE|not-http|quarkusio/quarkus#4541
[ERROR] io.vertx.core.impl.ContextImpl Unhandled exception java.lang.IllegalStateException: WebSocket is closed|cut simultaneous-close|vert-x3/vertx-web#1590
close 1002 Protocol error - expected control frame|framing-lost|oven-sh/bun#1592
Protocol error - control frame is fragmented|fragmented-ping framing-lost|oven-sh/bun#7775
close event: code 1002, protocol violation|wrong-close-code|denoland/deno#15392
SyntaxError: WebSocket connection failed|no-such-name nothing-listens handshake-refused|oven-sh/bun#8088
ERROR: _get_socket_error: Socket error: 10054|cut|godotengine/godot#33279
Error on receive Internal(Protocol(ResetWithoutClosingHandshake))|cut idle-proxy killed|decentraland/godot-explorer#1975
Websocket disconnected: 1006|cut idle-proxy killed|EpicGames/PixelStreamingInfrastructure-archived-2024#184
HTTP/1.1 426 Upgrade Required|upgrade-stripped|Kong/kong#2525
192.0.2.209 - - [15/May/2017:09:45:50 +0000] "GET /ws HTTP/1.1" 426 27 "-" "curl/7.51.0"|upgrade-stripped|Kong/kong#2525
Error during WebSocket handshake: 'Upgrade' header is missing|upgrade-stripped|Kong/kong#5714
disconnected: 3502, stale|close-code|centrifugal/centrifuge-js#263
CRITICAL:root:start_socket(1, ['arr']) - Exception ConnectionClosed - error_msg: code = 1001 (going away), no reason|clean-close-by-server rolling-deploy|ccxt/binance-trade-bot#419
Exception ConnectionClosed - error_msg: code = 1006 (connection closed abnormally [internal]), no reason|cut idle-proxy|ccxt/binance-trade-bot#380
ConnectionResetError: [WinError 10054] An existing connection was forcibly closed by the remote host|cut|whittlem/pycryptobot#78
error from callback: [WinError 10054]|cut|websocket-client/websocket-client#678
http.client.RemoteDisconnected: Remote end closed connection without response|killed handshake-unanswered|sammchardy/python-binance#195
websockets.exceptions.ConnectionClosedError: sent 1011 (unexpected error) keepalive ping timeout; no close frame received|blocked-loop|oliver-zehentleitner/unicorn-binance-websocket-api#266
Connection to 'ws://a.example' failed: Server sent invalid upgrade response: [0]|handshake-refused not-http|Textalk/websocket-php#133
{"severity":"WARNING","message":"websocket path not matching"}|handshake-refused|gitpod-io/gitpod#14897
WebSocket Error: Incorrect HTTP response. Status code 200, OK|handshake-refused upgrade-stripped|s-u/Rserve#53
1007 invalid payload size for control frame|long-ping framing-lost|tidwall/SwiftWebSocket#31
WebSocket is already in CLOSING or CLOSED state.|cut wake-up|quarkusio/quarkus#26063
java.io.EOFException at okio.RealBufferedSource.require(RealBufferedSource.java:61)|close-unanswered cut|eclipse-vertx/vert.x#2486
WebSocket connection to 'wss://api.example/' failed: Invalid frame header|framing-lost|Effect-TS/effect#7457
CloseEvent {isTrusted: true, wasClean: false, code: 1006, reason: "", type: "close"}|cut|walkor/workerman#236
[Clean: false, Code: 1006, Reason: none]|cut killed|joewalnes/websocketd#405
Error: Close code 1006 is not valid.|wrong-close-code|theturtle32/WebSocket-Node#254
"""

_THIRD = """
Socket Error: The remote host closed the connection|cut killed upgrade-stripped|Dhwty/flist-messenger#21
Caused by: org.glassfish.tyrus.core.HandshakeException: Response code was not 101: 200|handshake-refused upgrade-stripped|eclipse-ee4j/tyrus#42
Error: WebSocket is not open: readyState 2 (CLOSING)|simultaneous-close cut|crossbario/autobahn-js#379
WARNING: session closed with reason wamp.close.transport_lost [WAMP transport was lost without closing the session before]|cut killed|labgrid-project/labgrid#293
Uncaught DOMException: Failed to execute 'close' on 'WebSocket': The code must be either 1000, or between 3000 and 4999. 1002 is neither.|wrong-close-code|crossbario/autobahn-js#355
[Router 5492] failing WebSocket opening handshake ('This server only speaks WebSocket subprotocols wamp.2.json')|wrong-subprotocol|crossbario/autobahn-js#348
DEBUG autobahn.asyncio.websocket.WebSocketClientProtocol [-] _connectionLost: [Errno 104] Connection reset by peer|cut killed|crossbario/autobahn-python#1153
websocat: WebSocketError: Received unexpected status code (404)|handshake-refused upgrade-stripped|vi/websocat#55
websocat: WebSocketError: Received unexpected status code|handshake-refused upgrade-stripped|vi/websocat#55
error: Unexpected server response: 200|handshake-refused upgrade-stripped|websockets/wscat#136
[WS => Shard 0] Destroying shard Reason: Zombie connection Code: 4200|half-open close-code|discordjs/discord.js#10382
[WS => Shard 27] Didn't receive a heartbeat ack last time, assuming zombie connection. Destroying and reconnecting.|half-open blocked-loop|discordjs/discord.js#3201
Websocket closed with reason Heartbeat was not answered properly and code 1001 by client!|half-open blocked-loop|Javacord/Javacord#157
WebSocket-> Error: The WebSocket connection has already been closed.|cut simultaneous-close nothing-listens|sta/websocket-sharp#44
Closed Connection - Reason: An exception has occurred while connecting.|nothing-listens handshake-refused|sta/websocket-sharp#484
An error has occurred during a TLS handshake.|tls-name-mismatch certificate-expired tls-at-plain-port inspecting-proxy|sta/websocket-sharp#219
OnClose, code: 1006, reason: Unable to connect to the remote server|nothing-listens tls-name-mismatch inspecting-proxy|psygames/UnityWebSocket#51
EOFError: connection closed while reading HTTP status line|killed not-http|python-websockets/websockets#1548
read: websocket: close 1006 (abnormal close): unexpected EOF|cut killed|caddyserver/caddy#746
2019/10/02 08:06:14 [ERROR] failed to copy buffer:  read tcp 192.0.2.3:49656->192.0.2.2:80: use of closed network connection|cut clean-close simultaneous-close|caddyserver/caddy#2783
[signal] WS read from 192.0.2.81:48742: ws read: failed to get reader: failed to read frame header: EOF (uptime=807ms read_frames=0)|cut killed|UNITRONIX/BetterDesk#294
Ratchet detected an incorrect frame mask|unmasked-client masked-server|ratchetphp/Ratchet#782
Ratchet detected an invalid reserve code|framing-lost rsv1-unasked|ratchetphp/Ratchet#645
Clients may not send unmasked frames|unmasked-client|matyhtf/framework#112
recv data before handshake|not-http handshake-refused|walkor/workerman#432
Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received|wrong-subprotocol|walkor/workerman#456
[WS-Client][handleHeader] RX: HTTP/1.1 426 No Sec-WebSocket-Protocols requested supported|wrong-subprotocol upgrade-stripped|Links2004/arduinoWebSockets#523
[warning] websocket terminated: {error, closed}|cut killed|ninenines/gun#81
%WebSockex.ConnError{original: :econnrefused}|nothing-listens|dominicletz/websockex#73
disconnected: {:remote, :closed}|cut killed|dominicletz/websockex#73
[components.websocket_api.http.connection] [5469] Client unable to keep up with pending messages. Stayed over 512 for 5 seconds|slow-consumer|home-assistant/core#81293
[components.websocket_api.http.connection] Client exceeded max pending messages [2]: 2048|slow-consumer|home-assistant/core#79929
[:close, 1002, "Error during WebSocket handshake: Invalid HTTP response"]|not-http handshake-refused|faye/websocket-driver-ruby#71
{"wasClean":true,"code":1002,"advice":"reconnect","reason":"wrong handshake"}|handshake-refused upgrade-stripped|masuidrive/ti-websocket-client#2
SyntaxError: Invalid Sec-WebSocket-Extensions header: x-webkit-       -frame|handshake-refused rsv1-unasked inspecting-proxy|faye/faye-websocket-node#42
webSockets timed out when trying to connect.|handshake-unanswered|SignalR/SignalR#2780
onConnectionLost:AMQJS0008I Socket closed.|cut idle-proxy|eclipse-paho/paho.mqtt.javascript#198
MQTT connection failed, err: AMQJS0007E Socket error:undefined.|nothing-listens handshake-refused cut|roccomuso/reveal.js-mqtt-plugin#1
The websocket is in an invalid state ('Closed') for this operation. Valid states are: Open, CloseReceived, CloseSent|cut simultaneous-close|eclipse-paho/paho.mqtt.javascript#157
Error from server: Upgrade request required|upgrade-stripped|kubernetes/kubernetes#33151
error: unable to upgrade connection: unexpected EOF|killed cut|kubernetes/kubernetes#96333
Internal error occurred: unable to upgrade connection: 404 page not found|handshake-refused|k3s-io/k3s#13470
KubernetesClientException: Upgrade request required|upgrade-stripped|fabric8io/kubernetes-client#904
"""

_FOURTH = """
Logs in my java application: 1006 - WebSocket Read EOF|idle-proxy cut|oven-sh/bun#11452
DEBUG: lws_ssl_get_error: 0x2068790 0 -> 6 (errno 0)|cut idle-proxy|warmcat/libwebsockets#1681
2021/03/05 10:00:00 [info] 43#43: *12 client closed connection while waiting for request, client: 192.0.2.7, server: 0.0.0.0:443|clean-close cut network-change|nginx/kubernetes-ingress#1434
2018-02-04 13:02:59,944 - DEBUG - http_protocol - HTTP 503 response started for ['127.0.0.1', 39558]|herd handshake-refused idle-proxy age-limit|django/daphne#158
<body> <h1>503 Service Unavailable</h1> <p>Application failed to respond within time limit.</p>|handshake-unanswered blocked-loop herd handshake-refused|django/channels#883
WARNING Application instance <Task pending> for connection <WebSocketProtocol client=['127.0.0.1', 43174]> took too long to shut down and was killed.|cancelled-close|django/channels_redis#81
192.0.2.9 - - [03/Aug/2018:14:47:53 +0000] "GET /ws/49256-197598 HTTP/1.1" 499 0 "-" "Mozilla/5.0 (iPhone)"|handshake-unanswered network-change|django/channels_redis#81
autobahn.exception.Disconnected: Attempt to send on a closed protocol|cut simultaneous-close|django/channels#1981
Expected HTTP 101 response but was '403 Forbidden'|handshake-refused cross-site-origin|react/react-native#17692
{"isTrusted":false,"message":"Failed to connect to /127.0.0.1:3000"}|nothing-listens|react/react-native#37331
"websocketFailed",{"message":"unexpected end of stream on Connection{192.0.2.2:8080, proxy=DIRECT protocol=http/1.1}","id":3}|killed cut handshake-unanswered|react/react-native#3346
Failed to upgrade to WebSocket (REQUEST_METHOD: GET, HTTP_CONNECTION: close, HTTP_UPGRADE: )|upgrade-stripped|react/react-native#14667
Invalid Sec-WebSocket-Accept response|wrong-accept|react/react-native#15082
recvfrom failed: ECONNRESET (Connection reset by peer)|cut killed|react/react-native#10523
websocket closed {"ev": {"code": 1006, "isTrusted": false, "reason": "Received bad response code from server: 401."}}|handshake-refused token-expires|livekit/client-sdk-react-native#78
Error writing to stream|cut wake-up network-change|react/react-native#26450
Error: Whoops! Lost connection to ws://example.test/ws|cut killed|stomp-js/ng2-stompjs#54
onClose: code=1002 reason=Invalid status code received: 200 Status line: HTTP/1.1 200  remote=false|handshake-refused upgrade-stripped|NaikSoftware/StompProtocolAndroid#105
WebSocket connection to 'ws://x.test/ws' failed: WebSocket is closed before the connection is established.|closed-while-opening|sockjs/sockjs-client#444
Transport error for SockJS session id=yuj3dm0r java.util.concurrent.ExecutionException: java.io.IOException: Broken pipe|wake-up cut killed|zyro23/grails-spring-websocket#7
ERROR message:Connection to broker closed.|killed cut|rstoyanchev/spring-websocket-portfolio#73
ReadMessage error, read tcp 192.0.2.1:8080->192.0.2.5:37429: use of closed network connection|simultaneous-close cut clean-close|gorilla/websocket#48
panic: concurrent write to websocket connection|concurrent-writes|googollee/go-engine.io#52
panic: repeated read on failed websocket connection|cut|andreykaipov/goobs#62
io: read/write on closed pipe|cut simultaneous-close|gorilla/websocket#919
The remote party closed the WebSocket connection without completing the close handshake.|cut killed|radu-matei/websocket-manager#74
System.Net.WebSockets.WebSocketException: Unable to connect to the remote server|nothing-listens|dotnet/corefx#9449
System.Net.WebSockets.WebSocketException: An internal WebSocket error occurred. Please see the innerException, if present, for more details.|cut network-change|SignalR/SignalR#1644
System.IO.IOException: Unable to write data to the transport connection: Broken pipe.|wake-up cut|jchristn/WatsonWebsocket#83
Network Error 12029, A connection with the server could not be established|nothing-listens tls-name-mismatch|kerryjiang/SuperWebSocket#4
browserType.connectOverCDP: WebSocket error: wss://x.test/ 403 Forbidden|handshake-refused cross-site-origin token-expires|dgtlmoon/changedetection.io#3965
System.Net.WebSockets.WebSocketException (0x80004005): The server returned status code '400' when status code '101' was expected.|upgrade-stripped handshake-refused|aerokube/ggr#362
websocket._exceptions.WebSocketBadStatusException: Handshake status 403 Forbidden|cross-site-origin handshake-refused|marty90/PyChromeDevTools#28
[286:286:ERROR:devtools_http_handler.cc(766)] Rejected an incoming WebSocket connection from the http://127.0.0.1:9222 origin. Use the command line flag --remote-allow-origins|cross-site-origin|catchpoint/WebPageTest.api-nodejs#173
Exception WebSocket is not open: readyState 3 (CLOSED)|cut simultaneous-close|codeceptjs/CodeceptJS#1610
"""

_FIFTH = """
Request origin not allowed: http://localhost:5000|cross-site-origin|shakacode/react-webpack-rails-tutorial#357
2015/12/07 15:27:56 [error] 12984#0: *1556 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.134, server: localhost, request: "GET / HTTP/1.1", upstream: "http://0.0.0.0:28080/"|nothing-listens|rails/actioncable#131
E, [2016-10-18T15:20:21.514995 #8906] ERROR -- : Failed to upgrade to WebSocket (REQUEST_METHOD: GET, HTTP_CONNECTION: close, HTTP_UPGRADE: )|upgrade-stripped|john/drive.vote#488
WebSocket connection to 'wss://domain.test/cable' failed: |handshake-refused upgrade-stripped nothing-listens|hotwired/turbo-rails#585
Failed to upgrade to WebSocket (REQUEST_METHOD: GET, HTTP_CONNECTION: Upgrade, HTTP_UPGRADE: websocket)|cross-site-origin handshake-refused|turbolinks/turbolinks-ios#43
[client] 127.0.0.1:35182 <> www.x.test:443 tungstenite::error::Error WebSocket protocol error: Connection reset without closing handshake|cut|ShadowsocksR-Live/overtls#20
Failed to establish a WebSocket connection: Protocol(HttparseError(Version))|not-http handshake-refused|servo/servo#34520
Error during the WebSocket handshake occurred: WebSocket protocol error: Handshake not finished|killed cut handshake-unanswered|snapview/tokio-tungstenite#12
called `Result::unwrap()` on an `Err` value: Protocol(ResetWithoutClosingHandshake)|cut|programatik29/axum-server#182
winsock error code 10053|cut network-change|websocket-client/websocket-client#1042
ping/pong timed out|half-open blocked-loop|websocket-client/websocket-client#395
Disconnected, reason: transport close|cut idle-proxy killed|socketio/socket.io#3025
socket.io:client client close with reason ping timeout +6s|half-open blocked-loop background-tab|socketio/socket.io#3191
Error: xhr poll error {type: "TransportError", description: 0}|handshake-refused nothing-listens other-server|socketio/engine.io-client#371
2020/06/19 16:27:11 [error] 109742#109742: *118933 upstream prematurely closed connection while reading response header from upstream, client: 192.0.2.7, request: "GET /socket.io/?EIO=3 HTTP/1.1"|killed|miguelgrinberg/Flask-SocketIO#1307
_ws_onclose. wasClean: false code: 1006 reason: Server lost session|cut other-server|sockjs/sockjs-node#194
_ws_onclose. wasClean: false code: 2000 reason: All transports failed|handshake-refused nothing-listens|sockjs/sockjs-node#194
_ws_onclose. wasClean: false code: 1002 reason: Cannot connect to server|nothing-listens handshake-refused|sockjs/sockjs-node#194
INFO closureCode=1011; closureReason="EofException";|cut killed|jetty/jetty.project#5314
org.eclipse.jetty.io.EofException: null|cut killed wake-up|jetty/jetty.project#3519
ERROR o.omnifaces.cdi.push.SocketEndpoint - An exception occurred during processing web socket request. java.io.EOFException: null|cut|omnifaces/omnifaces#867
java.io.EOFException: Disconnected|cut|jetty/jetty.project#3386
Server - Client websocket connection error: java.nio.channels.ClosedChannelException|cut simultaneous-close wake-up|fauu/Kamite#15
Server - Client websocket connection closed: code 1006|cut|fauu/Kamite#15
EofException, An established connection was aborted by the software in your host machine|wake-up network-change cut|jetty/jetty.project#544
WebSocketChannelException: HttpException: Connection closed before full header was received, uri = http://192.0.2.30:3001|killed not-http handshake-unanswered tls-at-plain-port|dart-lang/http#1483
INFO phoenix_socket.socket - Socket closed with reason  and code 1005|close-without-code|braverhealth/phoenix-socket-dart#5
PhoenixException: PhoenixException: socket closed|cut clean-close|braverhealth/phoenix-socket-dart#5
WebSocket connection to 'wss://domain.test/ws' failed: Error during WebSocket handshake: Unexpected response code: 503|herd handshake-refused|aspnet/SignalR#954
failed: Error during WebSocket handshake: Unexpected response code: 302|handshake-refused token-expires|aspnet/SignalR#2515
WebSocket connection to 'wss://domain.test/signalr/connect' failed: Error during WebSocket handshake: net::ERR_CONNECTION_RESET|cut killed|SignalR/SignalR#4132
"""

LATER = {
    name: _rows(text) for name, text in (("second", _SECOND), ("third", _THIRD), ("fourth", _FOURTH), ("fifth", _FIFTH))
}
"""The rows by the lot's name."""
