"""Addresses that a command line names: where to dial, where to listen, whom to trust."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

import click

from wslab.lab.network.address import Address, is_loopback
from wslab.lab.network.uri import parse_uri


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
        return is_loopback(self.name)

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
        place = parse_uri(url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not beyond_loopback and not is_loopback(place.host):
        raise click.UsageError(f"{place.host} is another machine: add --beyond-loopback if you mean to dial it.")
    return Target(url, place.address, place.path, place.secure, place.host)


def listen_at(text: str, *, beyond_loopback: bool) -> tuple[str, int]:
    """`9000` or `127.0.0.1:9000` as host and port.

    Raises:
        click.UsageError: It is neither, or it is open to other machines and nobody said that it may.
    """
    host, colon, port = text.rpartition(":")
    host = host.strip("[]") if colon else "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise click.UsageError(f"--listen takes a port, 0 to 65535, or HOST:PORT; not {text!r}.")
    if not beyond_loopback and not is_loopback(host):
        raise click.UsageError(f"{host} is open to other machines: add --beyond-loopback if you mean that.")
    return ("127.0.0.1" if host == "localhost" else host), int(port)


def trusting(authority: Path | None, *, anybody: bool, secure: bool) -> ssl.SSLContext | None:
    """A context that also trusts an authority, or anybody at all; None for whom the system trusts.

    Raises:
        click.UsageError: The file holds no certificate, or there is no TLS to trust anybody in.
    """
    if authority is None and not anybody:
        return None
    if not secure:
        raise click.UsageError("--cafile and --insecure are about TLS, and ws:// has none; wss:// does.")
    context = ssl.create_default_context()
    if anybody:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except OSError as error:  # of which ssl.SSLError is one
            raise click.UsageError(f"{authority} holds no certificate of an authority ({error.strerror}).") from error
    return context
