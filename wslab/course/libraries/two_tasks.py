"""`check_two_tasks`: a learner's handler that pushes news and answers questions, and loses neither error nor task.

The function is `async def talk(ws, push, reply)`. A server of the `websockets` library starts it as the handler of a
connection. `await push(ws)` sends prices, as long as there are any; `await reply(ws)` answers questions, until the
client has gone. What is asked of the function:

- both run at the same time, each once;
- it ends when the client has gone, and nothing that it started runs on then;
- where there are no more prices, questions are still answered;
- an error of either leaves it, so that the server closes with 1011, and the other ends, too.

How it works: one connection a situation, in virtual time. `Situation` says what the prices and the client do.

Left out: what a handler does with an error but let it go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed as TheirConnectionClosed

from wslab.course.exercises.trial import Finding, Trial, first_wrong, not_begun
from wslab.course.libraries.served import Part, serving
from wslab.course.report import CheckResult
from wslab.lab import ConnectionClosed, Endpoint

__all__ = ["check_two_tasks"]

Function = Callable[[ServerConnection], Awaitable[None]]

SLACK = 1.0
"""Seconds that an answer or an end may be late."""

LASTS = 12.0
"""Seconds after which the client leaves, unless it has gone before."""


class PriceFeedLost(Exception):
    """The source of the prices has failed."""


class UnknownQuestion(Exception):
    """A question that nobody can answer."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the prices do behind the third one, when the client asks, and when and how it goes.

    `then` is "waits" (for a price that does not come), "ends" or "fails". `cut` ends TCP without a Close.
    """

    setting: str
    then: str = "waits"
    asks: tuple[float, ...] = ()
    nonsense: bool = False
    leaves: float = LASTS
    cut: bool = False

    @property
    def fails(self) -> bool:
        """Whether a part of it fails."""
        return self.nonsense or self.then == "fails"


SITUATIONS = (
    Situation("Three prices come, one a second, and the client asks after 0.5 s.", then="ends", asks=(0.5,)),
    Situation("After three prices there are no more, and the client asks after 6 s.", then="ends", asks=(6.0,)),
    Situation("The client leaves after 5 s, and no price is due.", leaves=5.0),
    Situation("The source of the prices fails after three of them.", then="fails"),
    Situation("A question cannot be answered, and `reply` raises an error.", asks=(5.0,), nonsense=True),
    Situation("The client vanishes after 5 s, and TCP is reset.", leaves=5.0, cut=True),
)
"""In the order in which they are played."""

SOLUTION = """async def talk(ws, push, reply):
    async with asyncio.TaskGroup() as tasks:
        pushing = tasks.create_task(push(ws))
        await reply(ws)
        pushing.cancel()"""


def check_two_tasks(mine: object) -> CheckResult:
    """Run a learner's `async def talk(ws, push, reply)` through all situations; the first that goes wrong is told.

    Nothing takes real time, nothing raises at the learner, and code that never ends is stopped. The `tape` of the
    result is that of the situation that went wrong; where all go well, of the first.

    >>> async def talk(ws, push, reply):
    ...     await push(ws)
    ...     await reply(ws)
    >>> check_two_tasks(talk).ok
    False
    """
    early = not_begun(mine, "let both run, push(ws) and reply(ws).", _TOGETHER, _GROUP, SOLUTION)
    if early is not None:
        return replace(early, tape=_play(_one_by_one, SITUATIONS[0]).trial.tape)
    assert callable(mine)
    wrong = first_wrong(partial(_play, mine), SITUATIONS, _findings)
    if wrong is not None:
        return wrong
    what = f"in all {len(SITUATIONS)} situations no error is lost, and no task is left."
    return CheckResult(True, what, tape=_play(mine, SITUATIONS[0]).trial.tape)


async def _one_by_one(ws: ServerConnection, push: Function, reply: Function) -> None:
    """What a stub is shown: the question waits behind the prices."""
    await push(ws)
    await reply(ws)


# ---- one run


class _Seen:
    """What was observed of one run: when each answer came, how the connection ended, and what became of the parts."""

    def __init__(self, trial: Trial, situation: Situation) -> None:
        self.trial, self.situation = trial, situation
        self.pushing = Part(self._push)
        self.replying = Part(self._reply)
        self.answered: list[float] = []
        self.began = 0.0
        self.left: float | None = None
        """When the client went, by itself or because the server ended it."""
        self.code: int | None = None
        self.still_running: list[str] = []

    @property
    def failed(self) -> str:
        """The part that failed in this run, as the learner calls it; empty where none did."""
        return "push" if self.pushing.error is not None else "reply" if self.replying.error is not None else ""

    async def push(self, ws: ServerConnection) -> None:
        """What the learner's function gets: its name is in what is said of a call without `await`."""
        await self.pushing.run(ws)

    async def reply(self, ws: ServerConnection) -> None:
        """The same."""
        await self.replying.run(ws)

    async def _push(self, ws: ServerConnection) -> None:
        for number in range(1, 4):
            await asyncio.sleep(1)
            await ws.send(f"price {number}")
        if self.situation.then == "fails":
            raise PriceFeedLost("the source of the prices is gone")
        if self.situation.then == "waits":
            await asyncio.sleep(3600)

    async def _reply(self, ws: ServerConnection) -> None:
        async for question in ws:
            if self.situation.nonsense:
                raise UnknownQuestion(str(question))
            await ws.send(f"answer to {question!s}")


def _play(function: Callable[..., Awaitable[object]], situation: Situation) -> _Seen:
    seen = _Seen(Trial(function), situation)
    seen.trial.run(_story(seen))
    return seen


async def _story(seen: _Seen) -> None:
    lab, situation = seen.trial.lab, seen.situation
    async with serving(seen.trial, seen.push, seen.reply) as url:
        client = await lab.connect(url)
        seen.began = lab.now
        reading = asyncio.ensure_future(_read(seen, client))
        for moment in situation.asks:
            await asyncio.sleep(seen.began + moment - lab.now)
            with suppress(ConnectionClosed):
                await client.send(f"the question of {moment:g} s")
        await asyncio.wait({reading}, timeout=seen.began + situation.leaves - lab.now)
        seen.code = None if client.is_open else client.close_code
        seen.left = lab.now
        await _leave(client, situation)
        await asyncio.sleep(SLACK)
        parts = {"push": seen.pushing, "reply": seen.replying}
        seen.still_running = [name for name, part in parts.items() if part.running]
        reading.cancel()


async def _leave(client: Endpoint, situation: Situation) -> None:
    if situation.cut:
        client.abort()
    else:
        await client.close_quietly(1000, timeout=1)


async def _read(seen: _Seen, client: Endpoint) -> None:
    with suppress(ConnectionClosed):
        while True:
            message = await client.recv(timeout=None)
            if str(message).startswith("answer"):
                seen.answered.append(seen.trial.lab.now - seen.began)


# ---- what is asked of a run


def _findings(seen: _Seen) -> Iterator[Finding]:
    """Everything that went wrong, the most telling first."""
    for question in (_any_code, _calls, _raised, _lost_error, _late, _left_over, _swallowed, _not_returned):
        found = question(seen)
        if found is not None:
            yield replace(found, solution=found.solution or SOLUTION)


_TOGETHER = "Start `push(ws)` as a task, and await `reply(ws)` beside it."
_GROUP = (
    "`async with asyncio.TaskGroup() as tasks` holds its tasks: an error of one cancels the others, and leaves the "
    "block. It also waits for all of them, so cancel what has no end of its own."
)


def _any_code(seen: _Seen) -> Finding | None:
    return seen.trial.finding()


def _calls(seen: _Seen) -> Finding | None:
    """Each part is begun once. One that waits for the other is late, and `_late` tells of it."""
    broken = _has_error(seen) and _finding_of_error(seen) is not None
    for name, part in (("push", seen.pushing), ("reply", seen.replying)):
        if part.calls > 1:
            return Finding(f"Your function calls {name} {part.calls} times on one connection.", "Once is enough.")
        if part.calls == 0 and not broken and not (name == "reply" and "push" in seen.still_running):
            return Finding(f"Your function never calls {name}.", _TOGETHER, _GROUP)
    return None


def _late(seen: _Seen) -> Finding | None:
    if seen.situation.nonsense:
        return None
    for at, moment in enumerate(seen.situation.asks):
        came = seen.answered[at] if at < len(seen.answered) else None
        if came is None or came > moment + SLACK:
            when = "was never answered" if came is None else f"was answered after {came:.0f} s"
            return Finding(f"The question of {moment:g} s {when}.", _why_late(seen), _GROUP)
    return None


def _why_late(seen: _Seen) -> str:
    if seen.code is not None:
        return "Your function ended before the client had gone: the end of `reply` is its end, not that of `push`."
    return "`reply` waits for `push`. " + _TOGETHER


def _has_error(seen: _Seen) -> bool:
    return bool(seen.trial.runs) and seen.trial.runs[0].error is not None


def _raised(seen: _Seen) -> Finding | None:
    return _finding_of_error(seen) if _has_error(seen) else None


def _finding_of_error(seen: _Seen) -> Finding | None:
    """What to say of an error that left the function and is the learner's own; None where it may leave it."""
    run = seen.trial.runs[0]
    assert run.error is not None
    inside = _inside(run.error)
    wanted = (PriceFeedLost, UnknownQuestion, TheirConnectionClosed)
    return None if any(isinstance(each, wanted) for each in inside) else seen.trial.raised(run)


def _inside(error: BaseException) -> list[BaseException]:
    """The errors in a group, and in groups in it; an error that is no group by itself."""
    if isinstance(error, BaseExceptionGroup):
        return [each for one in error.exceptions for each in _inside(one)]
    return [error]


def _lost_error(seen: _Seen) -> Finding | None:
    """An error of a part, while the function and the connection go on as if nothing had happened."""
    if not (seen.situation.fails and seen.failed) or seen.code is not None:
        return None
    return Finding(
        f"`{seen.failed}` has failed, and your function goes on: the client waits on an open connection.",
        "A task keeps its error until somebody awaits it. Nobody awaits this one.",
        _GROUP,
    )


def _left_over(seen: _Seen) -> Finding | None:
    if not seen.still_running or not _returned(seen):
        return None
    return Finding(
        f"Your function is over, and `{seen.still_running[0]}` still runs, for a client that is not there.",
        "Cancel the task before you return, by an error, too; or hold it in a TaskGroup, which does.",
        _GROUP,
    )


def _swallowed(seen: _Seen) -> Finding | None:
    if not seen.situation.fails or seen.code == 1011:
        return None
    return Finding(
        f"`{seen.failed}` has failed, and the client is told {seen.code}, as if all were well.",
        "Let the error leave your function: then the library closes with 1011 and logs it.",
        "asyncio.wait raises nothing: the error stays in the task. A TaskGroup and gather hand it on.",
    )


def _not_returned(seen: _Seen) -> Finding | None:
    if _returned(seen):
        return None
    runs = " and ".join(f"`{name}`" for name in seen.still_running) or "your function"
    return Finding(
        f"The client has gone, and {SLACK:.0f} s later your function still waits; {runs} runs.",
        "`reply` ends when the client goes, `push` does not: it waits for a price. Cancel it when `reply` has ended.",
        _GROUP,
    )


def _returned(seen: _Seen) -> bool:
    """Whether the function was over before the story was."""
    ended = seen.trial.runs[0].ended if seen.trial.runs else None
    return ended is not None and seen.left is not None and ended <= seen.left + SLACK + 0.01
