"""What the options of several commands share: kinds of values, and what an address or a certificate means.

`PORT`, `FILE`, `CERTIFICATE`, `SECONDS` and `DURATION` are click types for decorators, `SECRETS` is an option.
`suggest` is what a shell offers for an argument.
`find_target`, `listen_at` and `trusting` turn words into what the lab takes. Nothing may leave this machine unless
--beyond-loopback says so: both functions that read an address refuse another machine without it. A wrong word is a
`CliError`, or click's own error where a type refuses it.
"""

from __future__ import annotations

import math
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from wslab.cli.errors import CliError
from wslab.lab.network.address import LOOPBACK, is_loopback
from wslab.lab.network.uri import WebSocketURI, parse_uri

PORT = click.IntRange(0, 65535)
FILE = click.Path(path_type=Path, dir_okay=False, writable=True)
CERTIFICATE = click.Path(path_type=Path, dir_okay=False, exists=True)
FREE_PORT = "The server's port on 127.0.0.1; 0, the default, takes a free one."


# --- kinds of values ----------------------------------------------------------------------------


class Seconds(click.FloatRange):
    """A number of seconds; `inf` is one, `nan` is not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of seconds."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return seconds


class Duration(click.ParamType[float]):
    """Seconds, as a number or with a unit: `10`, `10s`, `500ms`, `2m`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """In seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(-?[0-9.]+)\s*(ms|s|m|h)?", str(value))
        try:
            seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else float("nan")
        except ValueError:
            seconds = float("nan")
        if not 0 <= seconds < math.inf:
            self.fail(f"{value!r} is not a time: write 10s, 500ms or 2m, not below 0.", param, ctx)
        return seconds


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

SECONDS = Seconds(0, min_open=True)
DURATION = Duration()
SECRETS = click.option(
    "--secrets",
    is_flag=True,
    help="Show and save credentials, cookies and tokens in heads as they are, not as asterisks.",
)


# --- completion in a shell ----------------------------------------------------------------------


def suggest(known: Mapping[str, str], incomplete: str) -> list[CompletionItem]:
    """The names that begin so, each with its help, which zsh and fish show."""
    return [CompletionItem(name, help=words) for name, words in known.items() if name.startswith(incomplete)]


# --- addresses and certificates -----------------------------------------------------------------


def find_target(url: str, *, beyond_loopback: bool) -> WebSocketURI:
    """The server that a URL means.

    Raises:
        CliError: It is not a WebSocket URL, or it is another machine and --beyond-loopback was not given.
    """
    try:
        uri = parse_uri(url)
    except ValueError as error:
        raise CliError(str(error)) from error
    if not beyond_loopback and not is_loopback(uri.host):
        raise CliError(f"{uri.host} is another machine: add --beyond-loopback if you mean to dial it.")
    return uri


def listen_at(text: str, *, beyond_loopback: bool) -> tuple[str, int]:
    """`9000` or `127.0.0.1:9000` as host and port.

    Raises:
        CliError: It is neither, or it is open to other machines and --beyond-loopback was not given.
    """
    host, colon, port = text.rpartition(":")
    host = host.strip("[]") if colon else LOOPBACK
    if not (re.fullmatch(r"[0-9]{1,5}", port) and int(port) <= 65535):
        raise CliError(f"--listen takes a port, 0 to 65535, or HOST:PORT; not {text!r}.")
    if not beyond_loopback and not is_loopback(host):
        raise CliError(f"{host} is open to other machines: add --beyond-loopback if you mean that.")
    return (LOOPBACK if host == "localhost" else host), int(port)


def trusting(authority: Path | None, *, anybody: bool, secure: bool) -> ssl.SSLContext | None:
    """A context that trusts one more authority, or `anybody`; None for those that the system trusts.

    Raises:
        CliError: The file holds no certificate, or the address is ws:// and has no TLS.
    """
    if authority is None and not anybody:
        return None
    if not secure:
        raise CliError("--cafile and --insecure are about TLS, and ws:// has none; wss:// does.")
    context = ssl.create_default_context()
    if anybody:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except OSError as error:  # of which ssl.SSLError is one
            raise CliError(f"{authority} holds no certificate of an authority ({error.strerror}).") from error
    return context
