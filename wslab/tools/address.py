"""Where a person's ws:// address leads, and whether it may be dialled: every wrong one is one sentence."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from wslab.lab.world import Address


class Target(NamedTuple):
    """The server that an address means: `name` as it was written, `secure` whether TLS is spoken there."""

    url: str
    address: Address
    path: str
    secure: bool
    name: str

    @property
    def is_here(self) -> bool:
        """Whether it is this machine."""
        return _is_here(self.name)

    @property
    def host_header(self) -> str:
        """What a client that dials it writes as Host: its name, and its port where that is not the usual one (§4.1)."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.address.port == (443 if self.secure else 80) else f"{name}:{self.address.port}"


def target_of(url: str, *, beyond_loopback: bool) -> Target:
    """Read an address.

    Raises:
        click.UsageError: It is none, or it lies beyond this machine and nobody said that it may.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise click.UsageError(f"{url!r} is no address: {error}.") from error
    if parts.scheme not in ("ws", "wss") or not host:
        raise click.UsageError(f"{url!r} is no address of a WebSocket server: write ws://127.0.0.1:9001/ (§3).")
    if parts.fragment:
        raise click.UsageError(f"{url!r} has a fragment, and a WebSocket address has none (§3): leave # out.")
    if not beyond_loopback and not _is_here(host):
        raise click.UsageError(f"{host} is another machine: add --beyond-loopback if you mean to dial it.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    secure = parts.scheme == "wss"
    address = Address("127.0.0.1" if host == "localhost" else host, port or (443 if secure else 80))
    return Target(url, address, path, secure, host)


def listen_at(text: str, *, beyond_loopback: bool) -> tuple[str, int]:
    """`9000` or `127.0.0.1:9000` as host and port.

    Raises:
        click.UsageError: It is neither, or it is open to other machines and nobody said that it may.
    """
    host, colon, port = text.rpartition(":")
    host = host.strip("[]") if colon else "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise click.UsageError(f"--listen takes a port, 0 to 65535, or HOST:PORT; not {text!r}.")
    if not beyond_loopback and not _is_here(host):
        raise click.UsageError(f"{host} is open to other machines: add --beyond-loopback if you mean that.")
    return ("127.0.0.1" if host == "localhost" else host), int(port)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
