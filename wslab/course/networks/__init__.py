"""Checks of what a learner writes about networks: each calls the learner's function with cases and names the mistake.

- `intervals`: how often to send a Ping on a path with idle timers.
- `beats`: how often a heartbeat asks, where a dead peer has to be known in time.
- `forwarding`: which headers of a request a reverse proxy passes on.
- `causes`: why the connections of a log ended.
- `trial`: what they share: calling a learner's function once for each case.
"""

from wslab.course.networks.beats import check_longest_interval
from wslab.course.networks.causes import check_cause, endings_behind
from wslab.course.networks.forwarding import check_forward
from wslab.course.networks.intervals import check_ping_interval

__all__ = ["check_cause", "check_forward", "check_longest_interval", "check_ping_interval", "endings_behind"]
