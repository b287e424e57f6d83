"""What several scenarios do: a step of a story.

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
