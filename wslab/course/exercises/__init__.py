"""Checks that run a learner's coroutine, in virtual time, through the situations that break naive versions.

A value can be compared with the right one (`wslab.course.checks`). A heartbeat cannot: whether it is right shows when a
path dies, when a Pong comes late, when the peer leaves. So each check here plays a list of situations, one after the
other, with the learner's function in the middle, and stops at the first that goes wrong. What it says then is a
`CheckResult` like any other: the situation, what the function did in it, two hints, the lines that fix it. Its `tape`
is that of the run, for a `Timeline`.

- `trial`: one run of a learner's function in a lab of its own; what leaves it as an error, and what was not awaited.
- `heartbeat`: `check_heartbeat`, its situations and how they are judged.
- `server`: `check_server`, its situations and how they are judged; `server_solution` is one that is right.
- `service`: the server that `check_reconnect` plays: numbered items, outages, restarts.
- `reconnect`: `check_reconnect`, its situations and how they are judged.

- `relay`: `check_relay`, two connections between which messages are passed on.
- `answers`: `check_answers`, a handler that works on several questions at once.
- `fan_out`: `check_fan_out`, a room in which one user stops reading.

Every run has the same seed, and Python's `random` is seeded for its time, too: the same code gets the same verdict each
time.
"""

from wslab.course.exercises.answers import check_answers
from wslab.course.exercises.fan_out import check_fan_out
from wslab.course.exercises.heartbeat import check_heartbeat
from wslab.course.exercises.reconnect import check_reconnect
from wslab.course.exercises.relay import check_relay
from wslab.course.exercises.server import check_server

__all__ = ["check_answers", "check_fan_out", "check_heartbeat", "check_reconnect", "check_relay", "check_server"]
