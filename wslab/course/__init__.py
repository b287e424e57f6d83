"""What a teacher needs: predictions that a run answers, and checks that name the first wrong bit.

Nothing here blocks, raises at a learner, or knows an answer that a run or the protocol could give. A stub that is not
filled in yet survives Run All, and its check says "Not yet". This layer draws nothing: `wslab.widgets` does.

- `predictions`: a question, its choices, and the comparison with what happened.
- `answers`: what a learner gave to a check: a value of some type, or a function.
- `supervisor`: stops code of a learner's that never ends, or that calls what has no place in a check.
- `comparison`, `report`: the learner's bytes beside the right ones, and what a check says.
- `checks`, `values`: a learner's bytes and texts compared with the right ones.
- `accept`: a learner's Sec-WebSocket-Accept, with the step that went wrong.
- `check`: checks of a learner's functions: keys, frames, messages, with the mistake by its name.
- `exercises`: a learner's coroutines, run in virtual time through what breaks naive ones.
- `networks`: checks of a learner's functions for proxies and networks, most of them played in the lab.
- `messages`: checks of a learner's functions for what is in messages.
- `safety`: checks of a learner's functions that keep a service safe.
- `browsers`: checks about a browser's WebSocket and what can stand in its place.
- `libraries`: checks about programs that use the `websockets` library; loaded by themselves.
- `testing`: checks of a learner's tests, run against right programs and programs with a mistake.
- `proxied`: what jupyter-server-proxy changes, with a recording that shows it.
- `myths`: what people say about WebSockets, and what shows whether it is true.
- `claims`: `myths`, an experiment for each of them, run on the spot.
- `diagnosis`: `diagnose`, from a message, a log or a recording to its causes; the symptoms with their scenarios.
- `page`: both as a page, `CLAIMS.md`.
- `hand_in`: what happened in this kernel, and `report`, the file that a learner can hand in.
- `peers`: what real peers make of a legal exchange of which one byte is changed.
"""

from wslab.course import check
from wslab.course.accept import check_accept
from wslab.course.browsers import check_close, check_events, check_long_polling
from wslab.course.checks import check_bytes
from wslab.course.exercises import check_answers, check_fan_out, check_heartbeat, check_reconnect, check_relay
from wslab.course.messages import (
    check_in_order,
    check_readings,
    check_repaired,
    check_snapshot,
    check_whose,
)
from wslab.course.networks import (
    check_cause,
    check_forward,
    check_longest_interval,
    check_ping_interval,
    endings_behind,
)
from wslab.course.predictions import Answer, Prediction
from wslab.course.proxied import recorded_proxy
from wslab.course.report import CheckResult
from wslab.course.safety import (
    check_flood,
    check_inflate,
    check_leak,
    check_markup,
    check_origin,
    check_windows,
)
from wslab.course.testing import check_ending, check_fault, check_test
from wslab.course.values import check_value

__all__ = [
    "Answer",
    "CheckResult",
    "Prediction",
    "check",
    "check_accept",
    "check_answers",
    "check_bytes",
    "check_cause",
    "check_close",
    "check_ending",
    "check_events",
    "check_fan_out",
    "check_fault",
    "check_flood",
    "check_forward",
    "check_heartbeat",
    "check_in_order",
    "check_inflate",
    "check_leak",
    "check_long_polling",
    "check_longest_interval",
    "check_markup",
    "check_origin",
    "check_ping_interval",
    "check_readings",
    "check_reconnect",
    "check_relay",
    "check_repaired",
    "check_snapshot",
    "check_test",
    "check_value",
    "check_whose",
    "check_windows",
    "endings_behind",
    "recorded_proxy",
]
