"""How much one endpoint takes, and how long it waits.

How it works: every size and every wait has a limit, and its default is here. One `Limits` serves all connections of a
server, so that one more limit costs a connection nothing.

What it leaves out: limits that a user cannot set; they are in the modules where they hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from wslab.protocol import DEFAULT_MAX_MESSAGE

DEFAULT_MAX_QUEUE = 1024 * 1024
"""Bytes that may wait to be received before the socket is not read any more: 1 MiB."""

DEFAULT_PING_TIMEOUT = 20.0
"""Seconds within which a Pong must answer a keepalive's Ping, as in the `websockets` library."""

HOLD_LIMIT = 1.0
"""Seconds for which our Close waits while messages that came before the peer's, or before a violation, are answered."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one endpoint: sizes in bytes, times in seconds."""

    timeout: float
    max_message: int = DEFAULT_MAX_MESSAGE
    max_queue: int = DEFAULT_MAX_QUEUE
    ping_interval: float | None = None
    ping_timeout: float | None = DEFAULT_PING_TIMEOUT

    def __post_init__(self) -> None:
        check_seconds("timeout", self.timeout)
        for name in ("ping_interval", "ping_timeout"):
            if getattr(self, name) is not None:
                check_seconds(name, getattr(self, name), ", or None for none")
        for name in ("max_message", "max_queue"):
            check_bytes(name, getattr(self, name))


def check_seconds(name: str, seconds: object, otherwise: str = "") -> None:
    """`ValueError` for what is no time to wait; infinity is one, NaN is not."""
    if not isinstance(seconds, (int, float)) or not seconds > 0:
        raise ValueError(f"{name} is a number of seconds above 0{otherwise}; this is {seconds!r}.")


def check_bytes(name: str, size: object) -> None:
    """`ValueError` for what is no size in bytes."""
    if not isinstance(size, int) or size < 0:
        raise ValueError(f"{name} is a number of bytes, 0 or more; this is {size!r}.")
