"""What several scenarios do: a step of a story, or a phrase of its notes.

What this module leaves out: what only one scenario needs, which stands beside it (`stories`).
"""

from __future__ import annotations

from contextlib import suppress

from wslab.lab import ConnectionClosed, Endpoint


async def read_all(connection: Endpoint) -> None:
    """Read every message, whatever it says, until the connection ends in whatever way."""
    with suppress(ConnectionClosed):
        async for _ in connection:
            pass


def counted(count: int, what: str) -> str:
    """`1 user`, `2,000 users`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
