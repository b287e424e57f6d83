"""A check of how often to send a Ping on a path whose intermediaries have idle timers.

The learner's function gets the timers of a path, in seconds, and gives the seconds between two Pings. For each of
`PATHS` a connection is opened on the virtual clock through one link for each timer, twice: once on a good day, and once
with a first Ping that is late by `LATE` of the interval. Both connections have to live. So an interval may be a
little more than half of the shortest timer, and not more.

What is wrong is named by the figure that the learner's values follow: always the same, or a share of the shortest, the
longest, the first, the last timer, of their sum or their mean.

Left out: what the timers of real proxies are, and whether a peer is gone (`wslab.scenarios` has both).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from statistics import mean
from typing import NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult
from wslab.lab import Endpoint, Lab
from wslab.lab.faults.ending import IdleTimer
from wslab.lab.faults.timing import Outage

__all__ = ["check_ping_interval"]

PATHS: tuple[list[float], ...] = ([60.0], [350.0, 60.0], [3600.0, 20.0, 60.0], [300.0, 3600.0])
"""Idle timers in seconds, from the client to the server."""

LATE = 0.85
"""The share of its interval by which the first Ping is late on a bad day."""

RARE_ENOUGH = 10
"""More Pings than this within one shortest timer are too many."""

TASK = Task(
    (int, float),
    "a number of seconds",
    "Which of the timers ends the connection first? The Ping has to be quicker than that one.",
    "The shortest timer decides. A Ping every half of it leaves room for one that is late: min(timers) / 2.",
    "def ping_interval(timers):\n    return min(timers) / 2",
)


def check_ping_interval(mine: object) -> CheckResult:
    """Play connections with the learner's interval through paths with idle timers, and name what ends them.

    `mine` is a function of a list of timers, in seconds, that returns the seconds between two Pings.

    >>> check_ping_interval(lambda timers: max(timers) / 2).hint
    'You take the longest timer. The connection ends as soon as one of them runs out, so the shortest one decides.'
    """
    values = TASK.values(mine, PATHS)
    if isinstance(values, CheckResult):
        return values
    pairs = [_Pair(path, float(value)) for path, value in zip(PATHS, values, strict=True)]
    wrong = next((each for each in pairs if not each.is_right), None)
    if wrong is None:
        return TASK.right("on all four paths the connections live, also where a Ping is late.")
    return TASK.wrong(wrong.told(), _mistake(pairs) or wrong.hint())


class _Pair(NamedTuple):
    """A path, and the learner's interval for it."""

    path: list[float]
    interval: float

    @property
    def share(self) -> float:
        """The interval in shortest timers."""
        return self.interval / min(self.path)

    @property
    def is_possible(self) -> bool:
        """Whether a timer can be set to it."""
        return math.isfinite(self.interval) and self.interval > 0

    @property
    def is_right(self) -> bool:
        """Whether both connections live, and no more Pings are sent than needed."""
        return self.is_possible and self.share * RARE_ENOUGH >= 1 and self.died() is None

    def died(self) -> tuple[str, float] | None:
        """On which day and at which second the connection ended; None where it lived."""
        for day, late in (("on a good day", 0.0), ("with one late Ping", LATE)):
            second = _second_of_death(self, late)
            if second is not None:
                return day, second
        return None

    def told(self) -> str:
        """What became of its connections."""
        if not self.is_possible:
            return f"for {self.path} the function gives {self.interval:g}, and an interval is a finite number above 0."
        if self.share * RARE_ENOUGH < 1:
            sent, enough = 3600 / self.interval, 7200 / min(self.path)
            much = f"{sent:,.0f} Pings an hour, where {enough:,.0f} do"
            return f"for {self.path} the function gives {self.interval:g} s: {much}."
        day, second = self.died() or ("", 0.0)
        every = f"for {self.path} a Ping every {self.interval:g} s is too slow"
        return f"{every}: {day} the connection ended after {second:.0f} s."

    def hint(self) -> str:
        """What its share of the shortest timer says."""
        if not self.is_possible:
            return "Give a number above 0, in seconds."
        return next(words for most, words in _SHARES if self.share < most)


_SHARES = (
    (
        1 / RARE_ENOUGH,
        "Nothing ends, but each Ping wakes a phone's radio and a server: two within the shortest timer are enough.",
    ),
    (
        1.0,
        "On a good day the Ping is in time. Leave room for one that is late: half of the shortest timer.",
    ),
    (
        1 + 1e-9,
        "The Ping and the timer are due at the same moment, and chance decides: be quicker than the timer, by half.",
    ),
    (100.0, "The Ping comes after the timer has run out. It has to be quicker than the shortest timer."),
    (math.inf, "Is this in milliseconds? Intervals and timers are in seconds here."),
)
"""What to say of an interval below so many shortest timers."""


# ---- which figure the learner's values follow


def _mistake(pairs: Sequence[_Pair]) -> str:
    """Which figure of a path the values follow, in words; empty where it is the shortest timer, or none of these."""
    if len({each.interval for each in pairs}) == 1 and pairs[0].is_possible:
        return f"You give {pairs[0].interval:g} s whatever the path is: take it from the timers that you are given."
    if _follows(pairs, min):
        return ""
    found = (name for name, figure in _FIGURES if _follows(pairs, figure))
    name = next(found, "")
    words = "The connection ends as soon as one of them runs out, so the shortest one decides."
    return f"You take {name}. {words}" if name else ""


def _follows(pairs: Sequence[_Pair], figure: Callable[[list[float]], float]) -> bool:
    """Whether each value is the same share of this figure of its path."""
    shares = [each.interval / figure(each.path) for each in pairs]
    return all(math.isclose(share, shares[0]) for share in shares)


_FIGURES: tuple[tuple[str, Callable[[list[float]], float]], ...] = (
    ("the longest timer", max),
    ("the first timer", lambda path: path[0]),
    ("the last timer", lambda path: path[-1]),
    ("the sum of the timers", math.fsum),
    ("the mean of the timers", mean),
)


# ---- the experiment


def _second_of_death(pair: _Pair, late: float) -> float | None:
    lab = Lab(clock="virtual", log_errors=False)
    try:
        return lab.run(_connection(lab, pair, late * pair.interval))
    finally:
        lab.run(lab.close())


async def _connection(lab: Lab, pair: _Pair, late: float) -> float | None:
    """Open a connection, wait for three intervals and three shortest timers; the second at which it ended."""
    server = await lab.serve(_listen, ping_interval=pair.interval, ping_timeout=None)
    before = 0.05 * pair.interval  # so that the outage is there when the Ping is due
    outage = [Outage(before + late, after=pair.interval - before)] if late else []
    link = await lab.link(server, *outage)
    for timer in reversed(pair.path):
        link = await lab.link(link, IdleTimer(timer))
    client = await lab.connect(link)
    began = lab.now
    ended = asyncio.ensure_future(client.wait_closed())
    await asyncio.wait({ended}, timeout=3 * min(pair.interval + min(pair.path), 10 * min(pair.path)))
    if ended.done():
        return lab.now - began
    ended.cancel()
    return None


async def _listen(connection: Endpoint) -> None:
    await connection.wait_closed()
