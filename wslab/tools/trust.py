"""Whom to trust at a wss:// address, as a command line says it."""

from __future__ import annotations

import ssl
from pathlib import Path

import click


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
