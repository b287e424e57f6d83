"""Checks of what a learner writes about networks: each plays the learner's function in the lab and names the mistake.

- `intervals`: how often to send a Ping on a path with idle timers.
- `forwarding`: which headers of a request a reverse proxy passes on.
- `causes`: why the connections of a log ended.
- `trial`: what the three share: calling a learner's function once for each case.
"""

from wslab.course.networks.causes import check_cause, endings_behind
from wslab.course.networks.forwarding import check_forward
from wslab.course.networks.intervals import check_ping_interval

__all__ = ["check_cause", "check_forward", "check_ping_interval", "endings_behind"]
