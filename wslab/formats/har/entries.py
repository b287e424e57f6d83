"""The entries of a HAR: which are WebSocket connections, and how each was opened.

No tool marks them all. Chrome writes `_resourceType` and an address with `wss://`; Firefox and Safari only the address;
proxies write `https://`, so that the headers have to say it: `Upgrade: websocket`, a key, or `:protocol`. An upgrade
that was refused is such an entry, too.

How it was opened is told by the status, and where that says nothing, by the messages:

    101            over HTTP/1.1 (RFC 6455 §4.2.2)
    2xx            over HTTP/2 or HTTP/3 (RFC 8441 §5, RFC 9220), or refused: a page came instead
    300 and more   refused
    none           not answered; where messages were exchanged, the opening was missed
    any, messages  open: who refuses exchanges no messages

A HAR is data from elsewhere: every value may be of any type, or missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

Json = Mapping[str, Any]

LARGEST = 256 * 1024 * 1024
"""Bytes that a HAR may have: it is one JSON value, and must be held as a whole."""

MOST_VALUES = 2_000_000
"""Values that the JSON of a HAR may have. An empty list of two characters would take 64 bytes of memory.

Reading takes three times the file's size in memory, nine times where text holds characters beyond U+FFFF, and at most
200 bytes a value.
"""

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NEWER = re.compile(r"(?:HTTP/|h)[23]", re.IGNORECASE)
_LISTS = ("_webSocketMessages", "_websocketMessages", "webSocketMessages")
_SIGNS = ("sec-websocket-key", "sec-websocket-version")


class HowOpened(Enum):
    """How a connection was opened, as far as its entry says."""

    UPGRADED = "by a 101 of HTTP/1.1"
    CONNECTED = "by a 2xx of HTTP/2 or HTTP/3"
    REFUSED = "not, but answered"
    UNANSWERED = "not, and not answered"
    MISSED = "before the recording began"


def part(entry: Json, name: str) -> Json:
    """An object in an entry; empty where it is missing or no object."""
    value = entry.get(name)
    return value if isinstance(value, dict) else {}


def text(entry: Json, name: str) -> str:
    """A string in an entry; empty where it is missing or none."""
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def address(entry: Json) -> str:
    """The address of an entry, as `ws://` or `wss://`: proxies write `http://` and `https://`."""
    scheme, colon, rest = text(part(entry, "request"), "url").partition(":")
    return {"http": "ws", "https": "wss"}.get(scheme.lower(), scheme) + colon + rest


def header_pairs(message: Json) -> Iterator[tuple[str, str]]:
    """Names and values of the headers of a request or response, a list or an object of them."""
    headers = message.get("headers")
    if isinstance(headers, dict):
        yield from ((name, _plain(value)) for name, value in headers.items())
    for header in headers if isinstance(headers, list) else []:
        if isinstance(header, dict):
            yield _plain(header.get("name")), _plain(header.get("value"))


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) else ""


def header(message: Json, name: str) -> str:
    """The values of one header, in lower case, one behind the other."""
    return ", ".join(value.strip().lower() for each, value in header_pairs(message) if each.lower() == name)


def is_web_socket(entry: Json) -> bool:
    """Whether an entry is a WebSocket connection, or an upgrade that was refused."""
    return (
        bool(listed_in(entry))
        or text(entry, "_resourceType").lower() == "websocket"
        or text(part(entry, "request"), "url")[:6].lower().startswith(("ws://", "wss://"))
        or _asks(part(entry, "request"))
    )


def _asks(request: Json) -> bool:
    if "websocket" in re.split(r"[, \t]+", header(request, "upgrade")) or header(request, ":protocol") == "websocket":
        return True
    return any(header(request, sign) for sign in _SIGNS)


def listed_in(entry: Json) -> list[Any] | None:
    """The list of an entry's messages, errors that a browser has there included; None where there is no list."""
    return next((entry[name] for name in _LISTS if isinstance(entry.get(name), list)), None)


def failures(entry: Json) -> list[str]:
    """What the tool says of a connection that failed."""
    response = part(entry, "response")
    said = [text(response, name) for name in ("_error", "_failureText")]
    return [each for each in dict.fromkeys(said) if each]


def status_of(entry: Json) -> int:
    """The status of the answer; 0 where none came, which Chrome writes as 0 and Playwright as -1."""
    status = part(entry, "response").get("status")
    if isinstance(status, str) and status.isdecimal():
        status = int(status[:4])
    return status if isinstance(status, int) and 100 <= status < 600 else 0


def opening_of(entry: Json, listed: Sequence[Any]) -> HowOpened:
    """How the connection was opened, by its entry and its messages."""
    status, talked = status_of(entry), any(not _is_error(each) for each in listed)
    if status == 101:
        return HowOpened.UPGRADED
    if 200 <= status < 300 and (talked or _was_connected(entry, listed)):
        return HowOpened.CONNECTED
    if talked:
        return HowOpened.MISSED
    return HowOpened.REFUSED if status else HowOpened.UNANSWERED


def is_over_newer_http(entry: Json, opening: HowOpened) -> bool:
    """Whether the opening went over HTTP/2 or HTTP/3."""
    answered = opening in (HowOpened.REFUSED, HowOpened.UNANSWERED)
    return opening is HowOpened.CONNECTED or (answered and _names_newer_http(entry))


def _names_newer_http(entry: Json) -> bool:
    request, response = part(entry, "request"), part(entry, "response")
    newer = any(_NEWER.match(text(half, "httpVersion")) for half in (request, response))
    return newer or text(request, "method") == "CONNECT" or header(request, ":protocol") == "websocket"


def _is_error(message: Any) -> bool:
    return isinstance(message, dict) and message.get("type") == "error"


def _was_connected(entry: Json, listed: Sequence[Any]) -> bool:
    """Whether a 2xx without messages opened it, and is no page that came instead."""
    if listed or failures(entry):  # what is listed are errors then
        return False
    # RFC 8441 §5: the key "has been superseded by the :protocol pseudo-header field"; Chrome lists none then
    return _names_newer_http(entry) or not header(part(entry, "request"), "sec-websocket-key")
