"""HARs as each tool writes them, made for these tests after its own code or what its makers say: no text is copied.

Of closed programs (Charles, Proxyman, Reqable) it is public only whether they write messages: the cases of those have
Chrome's fields. Each case has its kind, its source, an entry of a HAR, and what is right: what was said, when, what the
HAR lacks, what the server answered, and what the tool reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
BEGAN = 1_700_000_000
ISO = "2023-11-14T22:13:20.000Z"
TALK = [("client", b"hello"), ("server", b"world")]


@dataclass(frozen=True)
class Case:
    """One HAR of one connection."""

    name: str
    kind: str
    source: str
    entry: dict[str, Any]
    said: list[tuple[str, bytes]] = field(default_factory=lambda: TALK)
    lacks: str = ""
    answer: bytes = b"HTTP/1.1 101 Switching Protocols\r\n"
    times: tuple[float, ...] = (0.5, 0.6)
    reports: tuple[str, ...] = ()


def headers(*pairs: str) -> list[dict[str, str]]:
    return [dict(zip(("name", "value"), pair.split(": ", 1), strict=True)) for pair in pairs]


ASKS = headers(
    "Host: ws.example",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Key: {KEY}",
)
AGREES = headers("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {ACCEPT}")
NEWER = headers("sec-websocket-version: 13", "origin: https://ws.example")


def messages(*times: object, **more: object) -> list[dict[str, object]]:
    """Hello and world, at these times."""
    both = (("send", "hello"), ("receive", "world"))
    return [
        {"type": way, "time": time, "opcode": 1, "data": data, **more}
        for (way, data), time in zip(both, times, strict=True)
    ]


def entry(
    url: str = "wss://ws.example/chat",
    status: object = 101,
    method: str = "GET",
    version: str = "HTTP/1.1",
    asks: object = ASKS,
    answers: object = AGREES,
    began: str = ISO,
    time: float = 3000,
    response: dict[str, object] | None = None,
    **more: object,
) -> dict[str, Any]:
    words = {101: "Switching Protocols", 400: "Bad Request", 403: "Forbidden"}
    reason = words.get(status, "") if isinstance(status, int) else ""
    content = {"size": 0, "mimeType": "x-unknown"}
    answer = {"status": status, "statusText": reason, "httpVersion": version, "headers": answers, "content": content}
    return {
        "startedDateTime": began,
        "time": time,
        "request": {"method": method, "url": url, "httpVersion": version, "headers": asks},
        "response": {**answer, **(response or {})},
        "timings": {"send": 0, "wait": 20, "receive": 0},
        **more,
    }


def talk(*times: object, **more: object) -> dict[str, Any]:
    """What Chrome adds to an entry."""
    return {"_resourceType": "websocket", "_webSocketMessages": messages(*times), **more}


CHROME = "https://github.com/ChromeDevTools/devtools-frontend/blob/main/front_end/models/har/Log.ts"
FIREFOX = "https://searchfox.org/mozilla-central/source/devtools/client/netmonitor/src/har/har-builder.js"
SAFARI = "https://github.com/WebKit/WebKit/blob/main/Source/WebInspectorUI/UserInterface/Controllers/HARBuilder.js"
PLAYWRIGHT = "https://github.com/microsoft/playwright/pull/41015"
TOOLKIT = "https://github.com/httptoolkit/httptoolkit-ui/blob/main/src/model/http/har.ts"
MITMPROXY = "https://github.com/mitmproxy/mitmproxy/blob/main/mitmproxy/addons/savehar.py"
GORI = "https://github.com/hahwul/gori/blob/main/src/gori/export/har.cr"
CAPTURER = "https://github.com/cyrus-and/chrome-har-capturer/blob/master/lib/stats.js"
DEV_PROXY = "https://github.com/dotnet/dev-proxy/pull/1740"

CASES = [
    Case("chrome", "Unix seconds", CHROME, entry(**talk(BEGAN + 0.5, BEGAN + 0.6))),
    Case(
        "chrome-late",
        "DevTools were opened after the page had connected: no method, headers or status",
        "https://github.com/grafana/har-to-k6/issues/63",
        entry("ws://ws.example/chat", 0, "", "", [], [], **talk(BEGAN + 0.5, BEGAN + 0.6)),
        lacks="no-opening",
        answer=b"",
    ),
    Case(
        "chrome-refused",
        "an upgrade that was refused: status 0, and an error among the messages",
        CHROME,
        entry(
            status=0,
            answers=[],
            _resourceType="websocket",
            _webSocketMessages=[
                {
                    "type": "error",
                    "time": BEGAN + 0.1,
                    "opcode": -1,
                    "data": "Error during WebSocket handshake: Unexpected response code: 403",
                }
            ],
        ),
        [],
        answer=b"",
        times=(),
        reports=("Error during WebSocket handshake: Unexpected response code: 403",),
    ),
    Case(
        "chrome-silent",
        "messages were recorded, and none was sent: an empty list",
        CHROME,
        entry(_resourceType="websocket", _webSocketMessages=[]),
        [],
        times=(),
    ),
    Case(
        "edge-sanitized",
        "an export without cookies and logins, which keeps the messages",
        "https://devsnoop.com/do-har-files-contain-sensitive-information",
        entry(asks=ASKS[:4], _priority=None, **talk(BEGAN + 0.5, BEGAN + 0.6)),
    ),
    Case(
        "chrome-http2",
        "RFC 8441 as DevTools show it: GET, HTTP/1.1, no key, status 200",
        "https://github.com/whatwg/websockets/issues/70",
        entry(status=200, asks=ASKS[:4], answers=[], **talk(BEGAN + 0.5, BEGAN + 0.6)),
        lacks="newer-http",
        answer=b"HTTP/1.1 101 Switching Protocols (stands for 200)\r\n",
    ),
    Case(
        "chrome-http2-silent",
        "RFC 8441, and no message was sent",
        "https://github.com/whatwg/websockets/issues/70",
        entry(status=200, asks=ASKS[:4], answers=[], _resourceType="websocket", _webSocketMessages=[]),
        [],
        "newer-http",
        b"HTTP/1.1 101 Switching Protocols (stands for 200)\r\n",
        (),
    ),
    Case(
        "firefox",
        "no messages and no _resourceType, times with a zone",
        FIREFOX,
        entry("ws://ws.example/chat", began="2023-11-14T23:13:20.000+01:00", time=2, _securityState="insecure"),
        [],
        "no-messages",
        times=(),
    ),
    Case(
        "firefox-http2",
        "RFC 8441: a key in the list though none was sent, status 200 of HTTP/2, no timings",
        FIREFOX,
        entry(status=200, version="HTTP/2", answers=headers("X-Firefox-Spdy: h2"), time=0, timings={}),
        [],
        "newer-http,no-messages",
        b"HTTP/1.1 101 Switching Protocols (stands for 200)\r\n",
        (),
    ),
    Case(
        "firefox-refused-http2",
        "an extended CONNECT that was refused: no message could come, and none is missed",
        FIREFOX,
        entry(status=403, version="HTTP/2", answers=headers("content-length: 0"), time=0, timings={}),
        [],
        "newer-http",
        answer=b"HTTP/1.1 403 Forbidden\r\n",
        times=(),
    ),
    Case(
        "safari",
        "only the address says WebSocket; no messages, no version",
        SAFARI,
        entry(version="", pageref="page_0", _fetchType="Network Load"),
        [],
        "no-messages",
        times=(),
    ),
    Case(
        "safari-failed",
        "no connection at all: status 0 and a reason",
        SAFARI,
        entry(status=0, answers=[], version="", response={"_error": "The network connection was lost."}),
        [],
        answer=b"",
        times=(),
        reports=("The network connection was lost.",),
    ),
    Case(
        "playwright",
        "Unix milliseconds",
        PLAYWRIGHT,
        entry(time=100, timings={"send": -1, "wait": -1}, **talk((BEGAN + 0.5) * 1e3, (BEGAN + 0.6) * 1e3)),
    ),
    Case(
        "playwright-minimal",
        "its minimal mode leaves times out: -1",
        "https://github.com/microsoft/playwright/pull/41124",
        entry(time=-1, timings={"send": -1, "wait": -1, "receive": -1}, **talk(-1, -1)),
        lacks="no-times",
        times=(0.0, 0.0),
    ),
    Case(
        "playwright-refused",
        "an upgrade that was refused: status -1 and a reason",
        PLAYWRIGHT,
        entry(status=-1, answers=[], time=-1, response={"_failureText": "refused"}, _resourceType="websocket"),
        [],
        answer=b"",
        times=(),
        reports=("refused",),
    ),
    Case(
        "playwright-attached",
        "the messages are in a file of their own, and it is not beside the HAR",
        "https://github.com/microsoft/playwright/pull/41124",
        entry(response={"content": {"_file": "0123456789abcdef.jsonl"}}, _resourceType="websocket"),
        [],
        "messages-elsewhere",
        times=(),
    ),
    Case(
        "http-toolkit",
        "Unix seconds, headers as one line each, the close beside the messages",
        TOOLKIT,
        entry(
            **talk(BEGAN + 0.5, BEGAN + 0.6),
            _webSocketClose={"code": 4001, "reason": "done", "timestamp": 12.25},
        ),
        reports=("closed with 4001, private use: its meaning is agreed between these two programs; reason “done”",),
    ),
    Case(
        "http-toolkit-aborted",
        "the connection broke off",
        TOOLKIT,
        entry(**talk(BEGAN + 0.5, BEGAN + 0.6), _webSocketClose="aborted"),
        reports=("the connection was aborted",),
    ),
    Case(
        "mitmproxy",
        "https:// for wss://, Unix seconds",
        "https://github.com/mitmproxy/mitmproxy/pull/5663",
        entry("https://ws.example/chat", began="2023-11-14T22:13:20+00:00", **talk(BEGAN + 0.5, BEGAN + 0.6)),
    ),
    Case(
        "mitmproxy-refused",
        "https:// for wss://, and nothing but the headers says WebSocket; the body says why",
        MITMPROXY,
        entry(
            "https://ws.example/chat",
            403,
            answers=headers("Content-Type: text/plain", "Content-Encoding: gzip", "Content-Length: 30"),
            response={"content": {"size": 30, "text": "not you"}},
        ),
        [],
        answer=b"HTTP/1.1 403 Forbidden\r\n",
        times=(),
    ),
    Case(
        "mitmproxy-unanswered",
        "the server was not reached: status 0, an empty content and a reason",
        MITMPROXY,
        entry("https://ws.example/chat", 0, answers=[], response={"content": {}, "_error": "connection refused"}),
        [],
        answer=b"",
        times=(),
        reports=("connection refused",),
    ),
    Case(
        "gori",
        "RFC 8441 as it was: CONNECT, HTTP/2, status 200; base64 is marked",
        "https://github.com/hahwul/gori/issues/733",
        entry(
            "https://ws.example/chat",
            200,
            "CONNECT",
            "HTTP/2",
            NEWER,
            [],
            _resourceType="websocket",
            _webSocketMessages=[
                *messages(BEGAN + 0.5, BEGAN + 0.6),
                {"type": "receive", "time": BEGAN + 0.7, "opcode": 2, "data": "AP8=", "encoding": "base64"},
                {"type": "receive", "time": BEGAN + 0.8, "opcode": 9, "data": "ping"},
            ],
        ),
        [*TALK, ("server", b"\0\xff"), ("server", b"ping")],
        "newer-http",
        b"HTTP/1.1 101 Switching Protocols (stands for 200)\r\n",
        (0.5, 0.6, 0.7, 0.8),
    ),
    Case(
        "gori-refused-http2",
        "an extended CONNECT that the server does not know: 501",
        GORI,
        entry("https://ws.example/chat", 501, "CONNECT", "HTTP/2", [*NEWER, *headers(":protocol: websocket")], []),
        [],
        "newer-http",
        answer=b"HTTP/1.1 501 \r\n",
        times=(),
    ),
    Case(
        "chrome-har-capturer",
        "seconds since the computer started",
        CAPTURER,
        entry(**talk(98765.25, 98765.35)),
        lacks="own-clock",
        times=(0.02, 0.12),
    ),
    Case(
        "since-the-beginning",
        "milliseconds since the entry began, as HAR's own timings count; as seconds they would outlast it",
        "https://github.com/ahmadnassri/har-spec/blob/master/versions/1.2.md",
        entry(**talk(500, 600)),
        lacks="own-clock",
    ),
    Case(
        "dev-proxy",
        "a beginning with seven digits behind the second, as .NET writes it",
        DEV_PROXY,
        entry("https://ws.example/chat", began="2023-11-14T22:13:20.0000000+00:00", **talk(BEGAN + 0.5, BEGAN + 0.6)),
    ),
    Case(
        "charles",
        "https:// for wss://, no pages, no messages",
        "https://github.com/PretendoNetwork/nex-viewer/pull/23",
        entry("https://ws.example/chat"),
        [],
        "no-messages",
        times=(),
    ),
    Case(
        "proxyman",
        "messages since 2.28; its fields are not public",
        "https://github.com/ProxymanApp/Proxyman/issues/911",
        entry("https://ws.example/chat", **talk(BEGAN + 0.5, BEGAN + 0.6)),
    ),
    Case(
        "no-opcode",
        "no opcode: a generator that leaves it out means text",
        "https://github.com/hahwul/gori/blob/main/src/gori/import/har.cr",
        entry(
            "https://ws.example/chat",
            _webSocketMessages=[
                {key: value for key, value in each.items() if key != "opcode"}
                for each in messages(BEGAN + 0.5, BEGAN + 0.6)
            ],
        ),
    ),
    Case(
        "proxyman-no-zone",
        "times without a zone",
        "https://github.com/ProxymanApp/Proxyman/issues/2580",
        entry(began="2023-11-14T22:13:20.000000", **talk("2023-11-14T22:13:20.5", "2023-11-14T22:13:20.6")),
    ),
    Case(
        "proxyman-odd-opcode",
        "an opcode beyond a byte: the message is left out, and the others stay",
        "https://github.com/ProxymanApp/Proxyman/issues/976",
        entry(
            _webSocketMessages=[
                *messages(BEGAN + 0.5, BEGAN + 0.6),
                {"type": "receive", "time": BEGAN + 1, "opcode": 4096, "data": "?"},
            ]
        ),
    ),
    Case(
        "reqable",
        "messages since 2.22.1; its fields are not public",
        "https://github.com/reqable/reqable-app/issues/757",
        entry("https://ws.example/chat", _webSocketMessages=messages(BEGAN + 0.5, BEGAN + 0.6)),
    ),
    Case(
        "whole-milliseconds",
        "Unix milliseconds as whole numbers",
        "https://github.com/microsoft/playwright/pull/41364",
        entry(**talk(BEGAN * 1000 + 500, BEGAN * 1000 + 600)),
    ),
    Case(
        "reqable-before-2.22",
        "a proxy that did not keep messages: only the 101 and the headers say WebSocket",
        "https://github.com/reqable/reqable-app/issues/757",
        entry("https://ws.example/chat", response={"content": {"size": 0}}),
        [],
        "no-messages",
        times=(),
    ),
    Case(
        "page-instead",
        "a 200 that is a page: whatever serves this address knows no WebSocket",
        "https://github.com/spring-projects/spring-boot/issues/27540",
        entry(
            "https://ws.example/chat",
            200,
            answers=headers("Content-Type: text/html", "Transfer-Encoding: chunked"),
            response={"content": {"text": "PGh0bWw+", "encoding": "base64"}},
        ),
        [],
        answer=b"HTTP/1.1 200 \r\n",
        times=(),
    ),
]
