"""Messages that arrived and wait to be received.

Rules of this module: the inbox is bounded, in bytes. What is over the limit is not dropped: TCP is not read
until the inbox is empty, and so holds back the peer. One task at a time may wait for a message.
"""

from __future__ import annotations

from collections import deque

from wslab.lab.alarm import Alarm
from wslab.lab.handover import Handover
from wslab.lab.standing import Standing
from wslab.lab.world import World

Messages = list[str | bytes]


class Inbox:
    """A queue of messages that TCP fills. `receiver` is of the task that waits for one."""

    __slots__ = ("_alarm", "_limit", "_loop", "_size", "_standing", "_world", "messages", "receiver")

    def __init__(self, world: World, standing: Standing, limit: int) -> None:
        self.messages: deque[str | bytes] = deque()
        self._alarm: Alarm | None = None  # until a wait has a limit
        self._limit = limit
        self._loop = world.loop
        self.receiver: Handover | None = None
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

    @property
    def is_full(self) -> bool:
        """Whether no more should be read."""
        return self._size > self._limit and bool(self.messages)

    def wait(self, seconds: float | None) -> Handover:
        """What `hand_over` finishes, or a `TimeoutError` after so many seconds."""
        receiver = self.receiver = Handover(self._loop)
        if seconds is not None:
            if self._alarm is None:
                self._alarm = Alarm(self._world, self._too_late)
            self._alarm.set(seconds)
        elif self._alarm is not None:
            self._alarm.unset()
        return receiver

    def hand_over(self) -> None:
        """Bytes came, and with them perhaps a message: whoever waits takes it in this moment."""
        if self.receiver is not None and self.messages and not self.receiver.done():
            self.receiver.hand_over()

    def end(self) -> None:
        """No message will come any more."""
        if self.receiver is not None and not self.receiver.done():
            self.receiver.set_result(None)
        if self._alarm is not None:
            self._alarm.stop()

    def _too_late(self, seconds: float) -> None:
        if self.receiver is not None and not self.receiver.done():
            self.receiver.set_exception(self._standing.too_slow("a message", seconds))
