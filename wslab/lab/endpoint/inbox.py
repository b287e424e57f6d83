"""Messages that arrived and wait to be received.

Rules of this module: the inbox is bounded, in bytes. What is over the limit is not dropped: TCP is not read
until the inbox is empty, and so holds back the peer. One task at a time may wait for a message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from wslab.lab.clock.base import World
from wslab.lab.clock.deadline import Deadline
from wslab.lab.clock.waiter import Waiter
from wslab.lab.endpoint.state import EndpointState
from wslab.protocol import Event

_NEVER_USED: deque[str | bytes] = deque(maxlen=0)  # an empty one takes 760 bytes, and many only listen or wait


class Inbox:
    """A queue of messages that TCP fills. `awaited` says that a task waits for one, and `receiver` lets it go on."""

    __slots__ = ("_alarm", "_limit", "_size", "_standing", "_world", "awaited", "messages", "receiver")

    def __init__(self, world: World, standing: EndpointState, limit: int) -> None:
        self.messages = _NEVER_USED
        self._alarm: Deadline | None = None  # until a wait has a limit
        self._limit = limit
        self.receiver = Waiter(world.loop)
        self._size = 0
        self.awaited = False
        self._standing = standing
        self._world = world

    def put(self, happened: Iterable[Event | str | bytes], size: int) -> list[Event]:
        """Keep the messages that one read of `size` bytes brought; what else it brought is returned."""
        messages = self.messages
        if messages is _NEVER_USED:
            messages = self.messages = deque()
        before, weight = len(messages), 0
        events: list[Event] = []
        for each in happened:
            if isinstance(each, (bytes, str)):
                messages.append(each)
                weight += len(each)  # inflated, it may be more than was read
            else:
                events.append(each)
        self._size = max(size, weight) + (self._size if before else 0)
        return events

    @property
    def is_full(self) -> bool:
        """Whether no more should be read."""
        return self._size > self._limit and bool(self.messages)

    def wait(self, seconds: float | None) -> Waiter:
        """What `receiver.hand_over` finishes, or a `TimeoutError` after so many seconds."""
        if seconds is not None:
            if self._alarm is None:
                self._alarm = Deadline(self._world, self._too_late)
            self._alarm.set(seconds)
        elif self._alarm is not None:
            self._alarm.unset()
        return self.receiver

    def end(self) -> None:
        """No message will come any more."""
        self.receiver.wake()
        if self._alarm is not None:
            self._alarm.stop()

    def _too_late(self, seconds: float) -> None:
        self.receiver.fail(self._standing.too_slow("a message", seconds))
