"""Checks of what a learner writes about a browser's WebSocket and what can stand in its place.

- `closing`: what becomes of a script's `close(code, reason)`.
- `events`: a stream of server-sent events, read as a browser reads it.
- `long_polling`: a client that follows news by long polling.
"""

from wslab.course.browsers.closing import check_close
from wslab.course.browsers.events import check_events
from wslab.course.browsers.long_polling import check_long_polling

__all__ = ["check_close", "check_events", "check_long_polling"]
