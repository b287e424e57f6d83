"""TLS above a connection in memory: asyncio's own protocol for it, which works by `ssl.MemoryBIO` on any transport.

asyncio has no public name for that protocol, and each of its loops makes one. A copy of ours would be eight hundred
lines that nobody else tests.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a browser's Python has no ssl until it is asked for
    from ssl import SSLContext


def over_tls(
    loop: asyncio.AbstractEventLoop,
    protocol: asyncio.BaseProtocol,
    context: SSLContext | None,
    waiter: asyncio.Future[None] | None,
    **options: Any,
) -> Any:
    """A protocol for TCP that speaks TLS there, and gives `protocol` what is inside it.

    `waiter` is done once the TLS handshake is, or has its error. `context` None trusts what the system trusts. Options
    are those of asyncio: `server_side`, `server_hostname`, `ssl_handshake_timeout`, `ssl_shutdown_timeout` (seconds),
    `call_connection_made`.
    """
    from asyncio import sslproto

    make: Any = sslproto.SSLProtocol
    return make(loop, protocol, context, waiter, **options)
