"""How much one endpoint takes, and how long it waits.

How it works: every size and every wait has a limit, and its default is here. One `Limits` serves all connections of a
server, so that one more limit costs a connection nothing. A message that is still arriving counts for `max_message`
alone: if it counted for `max_queue`, one that is larger could never be received. So a connection holds `max_message`
and `max_queue` bytes of messages, and what one read more brings (of a compressed stream, what 16 KiB inflate to), at
most. A value that cannot be a limit is refused when `Limits` is made.

What it leaves out: limits that a user cannot set; they are in the modules where they hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from wslab.protocol import DEFAULT_MAX_MESSAGE
from wslab.protocol.numbers import read_seconds, read_size

DEFAULT_MAX_QUEUE = 1024 * 1024
"""Bytes of whole messages that may wait to be received before the socket is not read any more: 1 MiB."""

DEFAULT_PING_TIMEOUT = 20.0
"""Seconds within which a Pong must answer a keepalive's Ping, as in the `websockets` library."""

HOLD_LIMIT = 1.0
"""Seconds for which our Close waits while messages that came before the peer's, or before a violation, are answered."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one endpoint: sizes in bytes, times in seconds; `ValueError` for a value that cannot be one."""

    timeout: float
    max_message: int = DEFAULT_MAX_MESSAGE
    max_queue: int = DEFAULT_MAX_QUEUE
    ping_interval: float | None = None
    ping_timeout: float | None = DEFAULT_PING_TIMEOUT

    def __post_init__(self) -> None:
        read_size("max_message", self.max_message)
        read_size("max_queue", self.max_queue)
        self._set_seconds("timeout", read_seconds("timeout", self.timeout))
        if self.ping_interval is not None:  # a Ping that never comes is no keepalive
            seconds = read_seconds("ping_interval", self.ping_interval, forever=False, otherwise=_OR_NONE)
            self._set_seconds("ping_interval", seconds)
        if self.ping_timeout is not None:
            self._set_seconds("ping_timeout", read_seconds("ping_timeout", self.ping_timeout, otherwise=_OR_NONE))

    def _set_seconds(self, name: str, value: float) -> None:
        object.__setattr__(self, name, value)


_OR_NONE = ", or None for none"
