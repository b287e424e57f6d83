"""Checks about programs that use a library: what its errors say, and what asyncio asks of a handler.

- `closed`: who closed a connection, read from the `ConnectionClosed` of the `websockets` library.
- `served`: a learner's coroutine as the handler of a server of that library, with what belongs to it.
- `two_tasks`: a handler that does two things at the same time, and loses neither an error nor a task.
- `cancelled`: a handler with a limit that says Close, whatever ends it.

It is loaded by itself, when one of its names is first used: it imports `websockets`.
"""

from wslab.course.libraries.cancelled import check_cancelled
from wslab.course.libraries.closed import check_who_closed
from wslab.course.libraries.two_tasks import check_two_tasks

__all__ = ["check_cancelled", "check_two_tasks", "check_who_closed"]
