"""Messages that arrived and wait to be received.

Rules of this module: the inbox is bounded, in bytes. What is over the limit is not dropped: TCP is not read
until the inbox is empty, and so holds back the peer. One task at a time may wait for a message.
"""

from __future__ import annotations

import asyncio
from collections import deque

from wslab.lab.alarm import Alarm
from wslab.lab.standing import Standing
from wslab.lab.world import World

Messages = list[str | bytes]


class Inbox:
    """A queue of messages that TCP fills."""

    __slots__ = ("_alarm", "_limit", "_loop", "_receiver", "_size", "_standing", "_world", "messages")

    def __init__(self, world: World, standing: Standing, limit: int) -> None:
        self.messages: deque[str | bytes] = deque()
        self._alarm: Alarm | None = None  # until a wait has a limit
        self._limit = limit
        self._loop = world.loop
        self._receiver: asyncio.Future[None] | None = None
        self._size = 0
        self._standing = standing
        self._world = world

    def put(self, messages: Messages, size: int) -> None:
        """What one read of `size` bytes brought. Inflated, it may weigh more than that."""
        if not self.messages:
            self._size = 0
        self.messages.extend(messages)
        weight = len(messages[0]) if len(messages) == 1 else sum(map(len, messages))
        self._size += max(size, weight)
        if self.messages:
            self.wake()

    @property
    def is_full(self) -> bool:
        """Whether no more should be read."""
        return self._size > self._limit and bool(self.messages)

    def wait(self, seconds: float | None) -> asyncio.Future[None]:
        """What `wake` finishes, or a `TimeoutError` after so many seconds."""
        self._receiver = self._loop.create_future()
        if seconds is not None:
            if self._alarm is None:
                self._alarm = Alarm(self._world, self._too_late)
            self._alarm.set(seconds)
        elif self._alarm is not None:
            self._alarm.unset()
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

    def end(self) -> None:
        """No message will come any more."""
        self.wake()
        if self._alarm is not None:
            self._alarm.stop()

    def _too_late(self, seconds: float) -> None:
        if self._receiver is not None and not self._receiver.done():
            self._receiver.set_exception(self._standing.too_slow("a message", seconds))
