"""Where a `ws://` or `wss://` URL leads (RFC 6455 §3).

Python's `urlsplit` takes the URL apart; here stands what RFC 6455 asks beyond that: one of two schemes, no fragment, no
user, a path that can be sent. A URL that breaks this is refused in one sentence, which shows no password.

What it leaves out: names other than `localhost`. Only the system's resolver knows them, and the lab does not ask it.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from wslab.lab.network.address import LOOPBACK, Address

_PORTS = {"ws": 80, "wss": 443}  # where the URL names none (§3)
_SHOWN = 200  # characters of a wrong URL that an error shows


class WebSocketURI(NamedTuple):
    """A parsed URL. `path` includes the query, `host` is as it was written, `secure` is whether TLS is used."""

    address: Address
    path: str
    host: str
    secure: bool

    @property
    def host_header(self) -> str:
        """What a client that dials it sends as Host: its name, and its port where that is not the default (§4.1)."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.address.port == _PORTS["wss" if self.secure else "ws"] else f"{name}:{self.address.port}"

    @property
    def name(self) -> str:
        """The name that the server's certificate must have; empty where there is no TLS."""
        return self.host if self.secure else ""


def parse_uri(url: str) -> WebSocketURI:
    """Parse a URL; `ValueError` with one sentence where it is not that of a WebSocket."""
    shown = repr(url[:_SHOWN])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{shown} is no address: {error}.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{shown} is no address of a WebSocket server: write ws://127.0.0.1:9001/ (§3).")
    _check(shown, parts)
    host = LOOPBACK if parts.hostname == "localhost" else parts.hostname
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = Address(host, _PORTS[parts.scheme] if port is None else port)
    return WebSocketURI(address, path, parts.hostname, parts.scheme == "wss")


def _check(shown: str, parts: SplitResult) -> None:
    # RFC 6455 §3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used"
    if parts.fragment:
        raise ValueError(f"{shown} has a fragment, and a WebSocket URL has none (§3): leave # and what follows out.")
    if "@" in parts.netloc:
        raise ValueError("A WebSocket URL has no user and no password (§3): send them in a header, Authorization.")
    # the path goes into the request line as it is (§4.1), and that is ASCII without spaces (RFC 9112 §3.2)
    if not re.fullmatch(r"[\x21-\x7e]*", parts.path + parts.query):
        raise ValueError(f"{shown} has characters that a path cannot have: write them as percent and two hex digits.")
