"""Where a ws:// or wss:// address leads (§3), and whether that is this machine: every wrong one is one sentence.

What it leaves out: names other than `localhost`, which the system's resolver knows.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from wslab.lab.network.address import LOOPBACK, Address

_PORTS = {"ws": 80, "wss": 443}  # where the URL names none (§3)
_WORDS = 200  # characters of a wrong address that are told


class WebSocketURI(NamedTuple):
    """The server that a URL means. `path` has its query, `host` is as it was written, `secure` where TLS is spoken."""

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
        """Whom TLS must find there; empty where there is no TLS."""
        return self.host if self.secure else ""


def parse_uri(url: str) -> WebSocketURI:
    """Read an address; `ValueError` with a sentence where it is none."""
    told = repr(url[:_WORDS])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{told} is no address: {error}.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{told} is no address of a WebSocket server: write ws://127.0.0.1:9001/ (§3).")
    _check(told, parts)
    host = LOOPBACK if parts.hostname == "localhost" else parts.hostname
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = Address(host, _PORTS[parts.scheme] if port is None else port)
    return WebSocketURI(address, path, parts.hostname, parts.scheme == "wss")


def _check(told: str, parts: SplitResult) -> None:
    if parts.fragment:
        raise ValueError(f"{told} has a fragment, and a WebSocket URL has none (§3): leave # and what follows out.")
    if "@" in parts.netloc:
        raise ValueError("A WebSocket URL has no user and no password (§3): send them in a header, Authorization.")
    if not re.fullmatch(r"[\x21-\x7e]*", parts.path + parts.query):
        raise ValueError(f"{told} has characters that a path cannot have: write them as percent and two hex digits.")
