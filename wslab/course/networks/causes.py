"""A check of why the connections of a log ended: an idle timer, a limit on their age, a deploy, or something else.

The learner's function gets a log, a list of endings: when each was (`at`), how old the connection was then (`age`), and
for how long no byte had passed (`quiet`), in seconds. It gives one of `CAUSES`. The logs are measured on connections of
the lab, on the virtual clock: five users with habits of their own, behind a timer, behind a limit of age, at a server
whose process is replaced, and each on a path of its own that breaks at some moment.

No log has the code: it would be 1006 in all of them. What tells them apart is which of the three figures is nearly the
same for all. Nearly, for a close takes its way to the user.

Left out: how to cure each of them (the scenarios say it).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult
from wslab.lab import ConnectionClosed, Endpoint, Lab, Link, Server
from wslab.lab.faults.base import Fault
from wslab.lab.faults.ending import Fin, IdleTimer, MaxAge
from wslab.lab.faults.names import resolve
from wslab.lab.faults.timing import Delay

__all__ = ["CAUSES", "check_cause", "endings_behind"]

IDLE, AGE, DEPLOY, OTHER = CAUSES = ("idle timer", "age limit", "deploy", "something else")

USERS = 5

A_DAY = 86_400.0
"""Seconds after which a quiet connection is taken for one that nothing ends."""


class Ending(NamedTuple):
    """The end of one connection, in seconds: when it was, how old it was then, and for how long no byte had passed."""

    at: float
    age: float
    quiet: float


TASK = Task(
    (str,),
    f"one of {', '.join(map(repr, CAUSES))}",
    "Which of the three figures is the same for all endings: quiet, age, or at?",
    "Take max - min of each column: below a second is the same. quiet: idle timer; age: age limit; at: deploy.",
    '''def cause(endings):
    for name, column in (("idle timer", 2), ("age limit", 1), ("deploy", 0)):
        values = [each[column] for each in endings]
        if max(values) - min(values) < 1:
            return name
    return "something else"''',
)


def check_cause(mine: object) -> CheckResult:
    """Give measured logs to the learner's function, and name what it overlooks.

    `mine` is a function of a log, a list of endings (at, age, quiet) in seconds, that returns "idle timer",
    "age limit", "deploy" or "something else".

    >>> check_cause(lambda endings: "idle timer").hint
    "You say 'idle timer' of every log: look at the figures in it, and how far apart they are."
    """
    logs = _logs()
    values = TASK.values(mine, [log for _, log in logs])
    if isinstance(values, CheckResult):
        return values
    said = [_Said(log, cause, value) for (cause, log), value in zip(logs, values, strict=True)]
    wrong = next((each for each in said if each.value != each.cause), None)
    if wrong is None:
        return TASK.right(f"all {len(logs)} logs are read as what they are.")
    return TASK.wrong(wrong.told(), _mistake(said) or wrong.hint())


class _Said(NamedTuple):
    """A log, why its connections ended, and what the learner says."""

    log: list[Ending]
    cause: str
    value: str

    @property
    def spread(self) -> float:
        """By how many seconds the figures differ that are the same here."""
        column = Ending._fields.index(_COLUMNS[self.cause])
        return max(each[column] for each in self.log) - min(each[column] for each in self.log)

    def told(self) -> str:
        """The figures that say why, and what was said."""
        column = Ending._fields.index(_COLUMNS[self.cause]) if self.cause in _COLUMNS else None
        if column is None:
            return f"of a log in which no figure is the same it says {self.value!r}."
        figures = ", ".join(f"{each[column]:.2f}" for each in self.log)
        name = Ending._fields[column]
        return f"of a log in which {name} is {figures} it says {self.value!r}, and it is {self.cause!r}."

    def hint(self) -> str:
        """What to look at."""
        if self.value not in CAUSES:
            return f"The four answers are {', '.join(map(repr, CAUSES))}, written like that."
        return _HINTS[self.cause]


_COLUMNS = {IDLE: "quiet", AGE: "age", DEPLOY: "at"}
_HINTS = {
    IDLE: "The users spoke last at different moments, and each ended as long after it: that is a timer for idle ones.",
    AGE: "Some of them spoke until the end, and all ended at the same age: that is a limit on age.",
    DEPLOY: "They began at different moments and ended in the same one: somebody ended them all, as a deploy does.",
    OTHER: "Nothing is the same here, so none of the three explains it: say 'something else'.",
}


# ---- which mistake it is


def _mistake(said: Sequence[_Said]) -> str:
    """The mistake that gives these answers, in words; empty where it is none of those that people make."""
    values = {each.value for each in said}
    if not values <= set(CAUSES):
        return ""
    if len(values) == 1 and values != {OTHER}:
        return f"You say {said[0].value!r} of every log: look at the figures in it, and how far apart they are."
    return _too_strict(said) or _swapped(said) or _one_timer(said)


def _too_strict(said: Sequence[_Said]) -> str:
    """Wrong where the figures that are the same differ most, and right where they differ less."""
    wrong = [each for each in said if each.value != each.cause]
    right = [each.spread for each in said if each.value == each.cause != OTHER]
    if {each.value for each in wrong} != {OTHER} or min(each.spread for each in wrong) <= max(right, default=0):
        return ""
    return "The figures differ in their last digits, since a close takes its way: compare with a second of slack."


def _swapped(said: Sequence[_Said]) -> str:
    swapped = all(each.value == {IDLE: AGE, AGE: IDLE}.get(each.cause, each.value) for each in said)
    return "You take age for quiet: an ending is (at, age, quiet), in this order." if swapped else ""


def _one_timer(said: Sequence[_Said]) -> str:
    """Right for one value of a timer and wrong for another one."""
    for cause in (IDLE, AGE):
        right = [each.value == cause for each in said if each.cause == cause]
        if any(right) and not all(right):
            name = _COLUMNS[cause]
            return (
                f"You know one {cause} by its value. Others have another one: ask whether {name} is the same for all."
            )
    return ""


# ---- the logs


@cache
def _logs() -> list[tuple[str, list[Ending]]]:
    """Measured once: each with why its connections ended.

    The seeds are chosen so that no slack knows one cause alone, or one of its timers: `_too_strict` tells by that.
    """
    return [
        (IDLE, endings_behind(IdleTimer(60), seed=1)),
        (AGE, endings_behind(MaxAge(3600), seed=9)),
        (DEPLOY, endings_behind(seed=3)),
        (OTHER, _broken_one_by_one(seed=4)),
        (IDLE, endings_behind(IdleTimer(20), seed=11)),
        (AGE, endings_behind(MaxAge(600), seed=8)),
    ]


def endings_behind(*faults: Fault | str, seed: int = 0) -> list[Ending]:
    """The log of five users who come through a path with these faults; without a fault the server is deployed.

    `faults` are faults of a link, or their names, as in `endings_behind("idle:45")`. Each user comes at another moment,
    speaks now and then, and falls quiet after a while where there is an idle timer. Raises `ValueError` for a fault
    that cannot be, what `Lab.connect` raises where a fault lets no connection open, and `TimeoutError` where it ends
    none that has.
    """
    lab = Lab(clock="virtual", seed=seed, log_errors=False)
    try:
        return lab.run(_through_one_link(lab, resolve(faults)))
    finally:
        lab.run(lab.close())


async def _through_one_link(lab: Lab, faults: Sequence[Fault]) -> list[Ending]:
    server = await lab.serve(_listen)
    link = await lab.link(await lab.link(server, *faults), Delay(0.02, jitter=0.05))
    falls_quiet = any(isinstance(each, IdleTimer) for each in faults)
    deploy = asyncio.ensure_future(_kill_at(server, 1000)) if not faults else None
    endings = await asyncio.gather(*(_user(lab, link, falls_quiet) for _ in range(USERS)))
    if deploy is not None:
        await deploy
    return endings


def _broken_one_by_one(seed: int) -> list[Ending]:
    lab = Lab(clock="virtual", seed=seed, log_errors=False)
    return lab.run(_through_many_links(lab))


async def _through_many_links(lab: Lab) -> list[Ending]:
    server = await lab.serve(_listen)
    links = [await lab.link(server, Fin(after=lab.random.uniform(300, 2000))) for _ in range(USERS)]
    return await asyncio.gather(*(_user(lab, link, False) for link in links))


async def _user(lab: Lab, link: Link, falls_quiet: bool) -> Ending:
    """Come, speak now and then, fall quiet, and wait for the end."""
    await asyncio.sleep(lab.random.uniform(0, 200))
    client = await lab.connect(link)
    began = last = lab.now
    ended = asyncio.ensure_future(client.wait_closed())
    for _ in range(lab.random.randint(3, 9) if falls_quiet else 10_000):
        await asyncio.wait({ended}, timeout=lab.random.uniform(2, 15))
        if ended.done():
            break
        last = await _speak(lab, client, last)
    await asyncio.wait({ended}, timeout=A_DAY)
    if not ended.done():
        ended.cancel()
        raise TimeoutError("Nothing ends the connection. Give a fault that ends one for both sides, such as idle:45.")
    return Ending(round(lab.now, 2), round(lab.now - began, 2), round(lab.now - last, 2))


async def _speak(lab: Lab, client: Endpoint, last: float) -> float:
    """Send something; the moment at which that was."""
    try:
        await client.send("still here")
    except ConnectionClosed:
        return last
    return lab.now


async def _kill_at(server: Server, second: float) -> None:
    await asyncio.sleep(second)
    server.kill()


async def _listen(connection: Endpoint) -> None:
    await connection.wait_closed()
