"""A check of how often a heartbeat has to ask: within a time in which a dead peer is known, and below a timer.

The learner's function gets three times in seconds: within which a dead peer has to be known, how long a Ping waits for
its Pong, and the shortest idle timer on the path. It gives the longest interval with which both wishes hold:

- A peer that dies right after a Pong is known after one interval and one wait: the first minus the second.
- One Ping may be late by nearly an interval: half of the timer.

In each of `CASES` one of the two decides. What is wrong is named by the figure that the learner's values follow.

Left out: connections that are played with an interval (`intervals`), and heartbeats (`wslab.course.exercises`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_longest_interval"]


class Times(NamedTuple):
    """What is given, in seconds."""

    within: float
    timeout: float
    timer: float

    @property
    def longest(self) -> float:
        """The longest interval with which both wishes hold."""
        return min(self.within - self.timeout, self.timer / 2)


CASES = (Times(45, 20, 300), Times(60, 20, 60), Times(60, 10, 3600), Times(90, 10, 40), Times(30, 25, 60))

TASK = Task(
    (int, float),
    "a number of seconds",
    "Two figures limit the interval. Which of them is the smaller one?",
    "A dead peer is known after one interval and one wait, and one late Ping needs half of the timer: "
    "min(within - timeout, timer / 2).",
    "def longest_interval(times):\n    within, timeout, timer = times\n    return min(within - timeout, timer / 2)",
)

MISTAKES: tuple[tuple[Callable[[Times], float], str], ...] = (
    (
        lambda times: times.within - times.timeout,
        "You forget the timer, which ends a connection that is quiet.",
    ),
    (lambda times: times.timer / 2, "You forget the time within which a dead peer has to be known."),
    (
        lambda times: min(times.within, times.timer / 2),
        "You forget the wait: a peer that dies right after a Pong is known after one interval and one wait.",
    ),
    (
        lambda times: min(times.within - times.timeout, times.timer),
        "Where the interval is as long as the timer, no Ping may be late: take half of the timer.",
    ),
    (lambda times: times.timeout, "You give the wait for the Pong. The interval is the time between two Pings."),
    (
        lambda times: max(times.within - times.timeout, times.timer / 2),
        "You take the larger of the two. Both wishes have to hold, so the smaller one decides.",
    ),
    (
        lambda times: min(times.within, times.timer) - times.timeout,
        "You take the wait from both. It is a part of the time within which a peer is known, and not of the timer.",
    ),
    (
        lambda times: min(times.within, times.timer) / 2,
        "You take half of both. The wait for the Pong is given, and the rest of the time is the interval.",
    ),
)
"""Figures that people take instead, and what to say of each."""


def check_longest_interval(mine: object) -> CheckResult:
    """Give three times to the learner's function, and name what its interval forgets.

    `mine` is a function of `(within, timeout, timer)`, all in seconds, that returns the longest interval in seconds.

    >>> check_longest_interval(lambda times: times[2] / 2).hint
    'You forget the time within which a dead peer has to be known.'
    """
    values = TASK.values(mine, [tuple(each) for each in CASES])
    if isinstance(values, CheckResult):
        return values
    pairs = list(zip(CASES, values, strict=True))
    wrong = next(((times, value) for times, value in pairs if not _same(value, times.longest)), None)
    if wrong is None:
        return TASK.right("in all five cases a dead peer is known in time, and one Ping may be late.")
    times, value = wrong
    hints = (words for figure, words in MISTAKES if all(_same(each, figure(given)) for given, each in pairs))
    return TASK.wrong(_told(times, value), next(hints, _about(times, value)))


def _same(value: float, right: float) -> bool:
    return math.isclose(value, right, rel_tol=1e-6)


def _told(times: Times, value: float) -> str:
    return f"for {tuple(times)} it gives {value:g}, and it should be {times.longest:g}."


def _about(times: Times, value: float) -> str:
    """What goes wrong with this interval."""
    if value < times.longest:
        return "Both wishes hold, and with a longer interval, too: each Ping wakes a phone's radio."
    if value + times.timeout > times.within:
        known = f"{value:g} + {times.timeout:g} s"
        return f"A peer that dies right after a Pong is known after {known}, and {times.within:g} s are wanted."
    return f"A Ping that is late by nearly {value:g} s comes after the timer of {times.timer:g} s has run out."
