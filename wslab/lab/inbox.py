"""Messages that arrived and wait to be received.

Rules of this module: the inbox is bounded, in bytes. What is over the limit is not dropped: TCP is not read
until the inbox is empty, and so holds back the peer. One task at a time may wait for a message.
"""

from __future__ import annotations

import asyncio
from collections import deque

from wslab.lab.tcp import Tcp

Messages = list[str | bytes]


class Inbox:
    """A queue of messages that TCP fills."""

    __slots__ = ("_limit", "_receiver", "_size", "_tcp", "messages")

    def __init__(self, tcp: Tcp, limit: int) -> None:
        self.messages: deque[str | bytes] = deque()
        self._limit = limit
        self._receiver: asyncio.Future[None] | None = None
        self._size = 0
        self._tcp = tcp

    def put(self, messages: Messages, size: int) -> None:
        """What one read of `size` bytes brought. Inflated, it may weigh more than that."""
        if not self.messages:
            self._size = 0
        self.messages.extend(messages)
        self._size += max(size, sum(map(len, messages)))
        if self.messages:
            self.wake()

    @property
    def is_full(self) -> bool:
        """Whether no more should be read."""
        return self._size > self._limit and bool(self.messages)

    def take(self) -> str | bytes:
        """The next message; there must be one."""
        message = self.messages.popleft()
        if not self.messages:
            self._tcp.go_on_reading()
        return message

    def wait(self) -> asyncio.Future[None]:
        """What `wake` finishes."""
        self._receiver = asyncio.get_running_loop().create_future()
        return self._receiver

    @property
    def has_receiver(self) -> bool:
        """Whether a task waits."""
        return self._receiver is not None

    def stop_waiting(self) -> None:
        """The task that waited has gone on."""
        self._receiver = None

    def wake(self) -> None:
        """A message is there, or none will come."""
        if self._receiver is not None and not self._receiver.done():
            self._receiver.set_result(None)
