"""What logs say: of nginx, HAProxy, Apache, Envoy, AWS, Google, Heroku, Cloudflare, Kubernetes and Linux."""

from __future__ import annotations

from wslab.course.diagnosis.pattern import Pattern, table

_SOCKET = r"(?:ws|socket|hub|signalr|stream|live|chat|realtime)"
_REQUEST = rf"\"GET /[^\" ]{{0,200}}?{_SOCKET}[^\" ]{{0,500}} HTTP/[\d.]+\" "
"""A request whose path looks like a WebSocket's: other lines of an access log say nothing about one."""

PATTERNS: tuple[Pattern, ...] = (
    *table(
        "nginx",
        (
            r"upstream timed out .* while (proxying upgraded connection|reading upstream)",
            "`proxy_read_timeout` passed in silence, or the server took nothing for `proxy_send_timeout` (each 60 s "
            "unless set).",
            "idle-proxy slow-keepalive",
            1006,
        ),
        (
            r"client timed out .* while proxying upgraded connection",
            "The client took nothing for `send_timeout`.",
            "half-open-server slow-consumer half-open",
            1006,
        ),
        (
            r"\[info\].{0,200}connection reset by peer\) while proxying upgraded connection",
            "The client's TCP was reset: nginx says so at the level info, and of the server's at the level error.",
            "cut network-change hasty-reset",
            1006,
        ),
        (
            r"connection reset by peer\) while (proxying upgraded connection|reading upstream)",
            "The server's TCP was reset.",
            "killed cut hasty-reset",
            1006,
        ),
        (
            r"upstream prematurely closed connection while",
            "The server ended TCP before its answer was whole.",
            "killed handshake-refused",
        ),
        (
            r"connect\(\) failed \(111: .*while connecting to upstream",
            "Behind nginx nothing listens, or a firewall refuses it.",
            "nothing-listens rolling-deploy killed",
        ),
        (
            r"upstream timed out .* while (connecting to|reading response header from) upstream",
            "The server did not take the connection, or did not answer the handshake, in time.",
            "handshake-unanswered blocked-loop",
        ),
        (
            r"client (?:prematurely )?closed (?:keepalive )?connection(?: while|,)",
            "The client's TCP ended.",
            "cut clean-close network-change",
        ),
        (
            r"worker_connections are not enough",
            "nginx has no connection left: each WebSocket that it passes on takes two.",
            "herd descriptors",
        ),
        source="nginx/nginx src/http/ngx_http_upstream.c, src/http/ngx_http_request.c",
    ),
    *table(
        "HAProxy",
        (
            r"\d+/\d+/\d+/\d+/\+?(?P<lasted_ms>\d+) 101 \d+ \S+ \S+ (?-i:[sc]D)[-A-Z]{2} ",
            "A timer of HAProxy ended it: `timeout tunnel`, or without that `timeout client` or `timeout server`.",
            "idle-proxy slow-keepalive age-limit",
            1006,
        ),
        (
            r"\d+/\d+/\d+/\d+/\+?(?P<lasted_ms>\d+) 101 \d+ \S+ \S+ (?-i:CD)[-A-Z]{2} ",
            "The client's TCP ended first; HAProxy does not see whether a Close came before.",
            "cut network-change clean-close",
            1006,
        ),
        (
            r"\d+/\d+/\d+/\d+/\+?(?P<lasted_ms>\d+) 101 \d+ \S+ \S+ (?-i:SD)[-A-Z]{2} ",
            "TCP to the server broke, most often by a RST from there; HAProxy sees no Close that came before.",
            "killed cut clean-close-by-server",
            1006,
        ),
        (
            r" 101 \d+ \S+ \S+ (?-i:K)[-A-Z]{3} ",
            "An operator ended it, or a reload (`hard-stop-after`).",
            "rolling-deploy age-limit",
            1006,
        ),
        (
            r" (?P<status>50[34]) \d+ \S+ \S+ (?-i:s[HCQ])[-A-Z]{2} ",
            "The server did not take the connection, or did not answer the handshake, in time.",
            "handshake-unanswered herd blocked-loop",
        ),
        (
            r" (?P<status>50[23]) \d+ \S+ \S+ (?-i:SC)[-A-Z]{2} ",
            "The server, or something in front of it, refused TCP, or is not reached.",
            "nothing-listens rolling-deploy herd",
        ),
        source="haproxy doc/configuration.txt, 8.5 (session state at disconnection)",
    ),
    *table(
        "Apache httpd",
        (
            r"\(70007\)the timeout specified has expired.*AH01102",
            "The server did not answer the handshake within `ProxyTimeout`, which is `Timeout` unless set.",
            "handshake-unanswered blocked-loop",
        ),
        (
            r"AH01102|error reading status line from remote server",
            "Apache could not read an answer: most often the server ended TCP before it answered.",
            "killed handshake-unanswered",
        ),
        (
            r"AH00957|AH01114|failed to make connection to backend",
            "Apache could not connect to the server: most often nothing listens there.",
            "nothing-listens rolling-deploy",
        ),
        (
            r"AH01144|no protocol handler was valid for the URL",
            "No loaded module takes this scheme: mod_proxy_http does, or for ws:// before 2.4.47 mod_proxy_wstunnel.",
            "upgrade-stripped handshake-refused",
        ),
        (
            r"\(70007\)the timeout specified has expired",
            "A timer of Apache passed and nothing had come: `ProxyTimeout`, or `Timeout`.",
            "idle-proxy slow-keepalive",
            1006,
        ),
        source="apache/httpd modules/proxy/proxy_util.c, mod_proxy_http.c",
    ),
    *table(
        "Envoy",
        (
            r"upgrade_failed",
            "Neither the route nor its connection manager has `upgrade_configs` for websocket.",
            "upgrade-stripped handshake-refused",
        ),
        (
            r"stream_idle_timeout|\b101 SI\b",
            "`stream_idle_timeout` passed (5 minutes unless set).",
            "idle-proxy slow-keepalive",
            1006,
        ),
        (
            r"max_duration_timeout|\b101 (DT|UMSDR)\b",
            "The connection, or its stream, reached its greatest age.",
            "age-limit",
            1006,
        ),
        (
            r"\b101 (UC|UR)\b|upstream_reset_after_response_started",
            "The server's TCP, or its stream of HTTP/2, ended.",
            "killed cut rolling-deploy",
            1006,
        ),
        (
            r"\b101 DC(?: \S+ - \S+| \S+)? \d+ \d+ (?P<lasted_ms>\d+) ",
            "The client's TCP ended, or that of a balancer in front of Envoy.",
            "cut network-change idle-proxy age-limit",
            1006,
        ),
        (r"\b101 DC\b|downstream_remote_disconnect", "The client's TCP ended.", "cut network-change clean-close", 1006),
        (
            r"\b(?P<status>503) (?:UC|UR)\b|upstream_reset_before_response_started\{(?:connection_termination|remote)",
            "The server ended TCP, or its stream of HTTP/2, before it answered the handshake.",
            "killed handshake-refused over-http2",
        ),
        (
            r"\b(?P<status>503) (UF|UH|URX)\b|upstream_reset_before_response_started|no healthy upstream",
            "Envoy got no answer: it could not connect, knows no healthy server, or has a limit of its own.",
            "nothing-listens rolling-deploy herd",
        ),
        source="envoyproxy/envoy source/common/router, response code details and flags in its documentation",
    ),
    *table(
        "AWS",
        (
            r"^wss? \S+ app/\S+ \S+ \S+ (-1|[\d.]+) (-1|[\d.]+) (-1|[\d.]+) 101 ",
            "A WebSocket through the ALB ended. Its idle timeout is 60 s unless set.",
            "idle-proxy cut age-limit",
        ),
        (
            r" app/\S+ \S+ \S+ (-1|[\d.]+) (-1|[\d.]+) (-1|[\d.]+) (?P<status>460) ",
            "The client left before the ALB's idle timeout, and nothing had been answered.",
            "handshake-unanswered network-change",
        ),
        (
            r"\bGoneException\b",
            "API Gateway has ended this connection: after ten idle minutes, two hours, or when the client left.",
            "idle-proxy age-limit zombie-user",
        ),
        source="the Elastic Load Balancing guide, access log entries and HTTP 460; the quotas of API Gateway",
    ),
    *table(
        "Google Cloud",
        (
            r"statusDetails\W+backend_timeout",
            "The backend service's timeout passed: for the answer, or for a WebSocket's age (a classic balancer) or "
            "silence.",
            "age-limit idle-proxy handshake-unanswered",
        ),
        (
            r"statusDetails\W+websocket_handshake_failed",
            "The handshake between the balancer and the backend failed.",
            "handshake-refused upgrade-stripped",
        ),
        (
            r"\b(backend_connection_closed_before_data_sent_to_client|failed_to_connect_to_backend"
            r"|failed_to_pick_backend)",
            "The balancer found no backend that answers.",
            "killed nothing-listens rolling-deploy",
        ),
        (
            r"\bclient_disconnected_before_any_response",
            "The client left before the answer.",
            "handshake-unanswered network-change",
        ),
        (r"statusDetails\W+websocket_closed", "A WebSocket through the balancer ended.", "age-limit idle-proxy cut"),
        source="failed_* and backend_* in public code; websocket_*: not compared",
    ),
    *table(
        "Heroku",
        (
            r"code=H15\b(?:.{0,300} service=(?P<lasted_ms>\d+)ms)?",
            "Heroku's router ends a connection on which nothing went for 55 s.",
            "idle-proxy slow-keepalive",
            1006,
        ),
        (r"code=H12\b", "No answer to the handshake came in 30 s.", "handshake-unanswered blocked-loop"),
        (r"code=H1[38]\b", "The server's TCP ended before its answer was whole.", "killed cut"),
        (r"code=H27\b", "The client left before the answer.", "network-change handshake-unanswered"),
        (
            r"code=R14\b|memory quota exceeded",
            "The dyno uses more memory than its quota.",
            "slow-consumer deflate-memory slow-one-in-the-room",
        ),
        source="heroku/devcenter error-codes, as public code quotes it",
    ),
    *table(
        "Cloudflare",
        (
            r"\berror(?: code)?\W{0,3}(?P<status>52[0134])\b",
            "Cloudflare did not reach the server, or got no answer that it could use.",
            "nothing-listens handshake-unanswered killed",
        ),
        (
            r"\b(?:error|status)(?: code)?\W{0,3}(?P<status>522)\b",
            "Cloudflare's TCP to the server got no answer.",
            "handshake-unanswered nothing-listens",
        ),
        (
            r"\berror(?: code)?\W{0,3}(?P<status>525)\b",
            "Cloudflare and the server did not agree on TLS: the port has none, or no common version or cipher.",
            "tls-at-plain-port tls-name-mismatch certificate-expired",
        ),
        (
            r"\berror(?: code)?\W{0,3}(?P<status>526)\b",
            "The server's certificate is not valid for Cloudflare.",
            "certificate-expired tls-name-mismatch",
        ),
        source="its list of 5xx errors, as public code quotes it",
    ),
    *table(
        "Kubernetes and Linux",
        (
            r"OOMKilled|out of memory: killed process",
            "The system killed the process because memory was full, or its limit reached.",
            "killed slow-consumer deflate-memory",
            1006,
        ),
        (
            r"exit code:?\s*137",
            "The process was killed (137 is 128 and SIGKILL's 9): for its memory most often, or it ended too late.",
            "killed slow-consumer rolling-deploy",
            1006,
        ),
        (r"code=killed, status=9|\bSIGKILL\b", "The process was killed.", "killed", 1006),
        (
            r"\bSIGTERM\b|terminating with exit code 143|stopping container",
            "The process was told to end: most often by a deploy, or for a smaller number of servers.",
            "rolling-deploy clean-close-by-server herd",
        ),
        (
            r"nf_conntrack: table full",
            "The firewall's table of connections is full: it drops the first packet of each new one.",
            "handshake-unanswered herd",
        ),
        (
            r"possible SYN flooding",
            "A queue for new connections is full: very many clients connect at once, or it is an attack.",
            "herd blocked-loop",
        ),
        (
            r"listen queue of a socket overflowed|times the listen queue",
            "The program takes new connections more slowly than they come.",
            "herd blocked-loop",
        ),
        source="torvalds/linux net/ipv4/tcp_input.c, net/netfilter, as public logs quote them; signal(7)",
    ),
    *table(
        "an access log",
        (_REQUEST + r"(?P<status>499)\b", "The client left before the answer.", "handshake-unanswered network-change"),
        (
            r"\"GET [^\" ]{1,500} HTTP/[\d.]+\" (?P<status>426)\b",
            "The server wants an Upgrade, and most often that did not reach it.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            _REQUEST + r"(?P<status>400)\b",
            "The server saw no valid handshake.",
            "upgrade-stripped inspecting-proxy",
        ),
        (
            _REQUEST + r"(?P<status>401|403)\b",
            "The server refused the handshake.",
            "handshake-refused token-expires cross-site-origin",
        ),
        (
            _REQUEST + r"(?P<status>404|405|200)\b",
            "An HTTP server answered that knows no WebSocket at this address.",
            "handshake-refused upgrade-stripped over-http2",
        ),
        (_REQUEST + r"(?P<status>429)\b", "Too many requests came from this client.", "herd handshake-refused"),
        (
            _REQUEST + r"(?P<status>502)\b",
            "The proxy got no valid answer from the server.",
            "killed nothing-listens handshake-refused",
        ),
        (
            _REQUEST + r"(?P<status>503)\b",
            "The server takes no more connections now.",
            "herd rolling-deploy handshake-refused",
        ),
        (_REQUEST + r"(?P<status>504)\b", "The server did not answer in time.", "handshake-unanswered blocked-loop"),
        source="the combined log format of Apache and nginx",
    ),
)
"""All messages of what stands between, in order."""
