"""Messages that arrived and wait to be received.

How it works: each read of TCP puts its messages at the end of a queue, and an endpoint takes the first. The queue is
bounded, in bytes of whole messages; one that is still arriving is `max_message`'s business. What is over the limit is
not dropped: TCP is not read until the queue is empty, and so holds back the peer. One task at a time may wait for a
message.

What it leaves out: whether reading stops, or what arrives is let go (`protocol`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from wslab.lab.clock.deadline import Deadline
from wslab.lab.clock.waiter import Waiter
from wslab.lab.endpoint.state import EndpointState
from wslab.protocol import Event

_NEVER_USED: deque[str | bytes] = deque(maxlen=0)  # an empty one takes 760 bytes, and many only listen or wait


class Inbox:
    """A queue of `messages`. `awaited` says that a task waits for one, and `receiver` lets it go on.

    `messages` is the deque itself, because a call for each message would cost more than to take one.
    """

    __slots__ = ("_deadline", "_limit", "_size", "_state", "awaited", "messages", "receiver")

    def __init__(self, state: EndpointState) -> None:
        self.awaited = False
        self.messages = _NEVER_USED
        self.receiver = Waiter(state.context.clock.loop)
        self._deadline: Deadline | None = None  # made for the first wait that has a limit
        self._limit = state.limits.max_queue
        self._size = 0
        self._state = state

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
            if self._deadline is None:
                self._deadline = Deadline(self._state.context.clock, self._too_late)
            self._deadline.set(seconds)
        elif self._deadline is not None:
            self._deadline.unset()
        return self.receiver

    def end(self) -> None:
        """No message will come any more."""
        self.receiver.wake()
        if self._deadline is not None:
            self._deadline.stop()

    def _too_late(self, seconds: float) -> None:
        self.receiver.fail(self._state.too_slow("a message", seconds))
