"""`check_answers`: a learner's handler that works on several questions at once and still answers in order.

The function is `async def answer_all(ws, work)`. A server starts it as the handler of a connection. `await
work(question)` gives the answer, after some time. What is asked of it:

- each question is answered, once, in the order of the questions;
- the work on them goes on at the same time: the last answer comes when the slowest work is done, and not after the sum;
- an answer that may go is sent at once, and does not wait for later ones;
- where the client leaves, the function ends soon; there it may end by the `ConnectionClosed` that it gets.

How it works: one connection a situation, in virtual time. `Situation` says how long the work on each question takes.

Left out: a limit for what is worked on at once, and answers that carry the question's id instead of keeping its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from wslab.course.exercises.trial import Finding, Run, Trial, first_wrong, not_begun
from wslab.course.report import CheckResult
from wslab.explain.words import counted, quoted
from wslab.lab import ConnectionClosed, Endpoint

__all__ = ["check_answers"]

SLACK = 0.5
"""Seconds that an answer may be late."""

LASTS = 60.0
"""Seconds after which a run is over."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The seconds of work on each question; with `leaves_at` the client leaves at this second."""

    setting: str
    work: tuple[float, ...]
    leaves_at: float | None = None


SITUATIONS = (
    Situation("The client asks one question.", (1,)),
    Situation("The work on the first of three questions takes 3 s, on the others 2 s and 1 s.", (3, 2, 1)),
    Situation("The first of three questions is quick, 1 s, and the others take 10 s each.", (1, 10, 10)),
    Situation("The client asks ten questions of 4 s each.", (4,) * 10),
    Situation("The client leaves after 2 s, and the work takes 10 s.", (10, 10), leaves_at=2),
)
"""In the order in which they are played."""

SOLUTION = """async def answer_all(ws, work):
    waiting = asyncio.Queue()

    async def reply():
        with suppress(ConnectionClosed):
            while (task := await waiting.get()) is not None:
                await ws.send(await task)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(reply())
        async for question in ws:
            waiting.put_nowait(tasks.create_task(work(question)))
        waiting.put_nowait(None)"""


def check_answers(mine: object) -> CheckResult:
    """Run a learner's `async def answer_all(ws, work)` through all situations; the first that goes wrong is told.

    Nothing takes real time, nothing raises at the learner, and code that never ends is stopped. The `tape` of the
    result is that of the situation that went wrong; where all go well, of the second.

    >>> async def answer_all(ws, work):
    ...     async for question in ws:
    ...         await ws.send(await work(question))
    >>> check_answers(answer_all).ok
    False
    """
    early = not_begun(mine, "write what answers the questions of one client.", _TASKS, _REPLY, SOLUTION)
    if early is not None:
        return replace(early, tape=_play(_one_by_one, SITUATIONS[1]).trial.tape)
    assert callable(mine)
    wrong = first_wrong(partial(_play, mine), SITUATIONS, _findings)
    if wrong is not None:
        return wrong
    what = f"in all {len(SITUATIONS)} situations the answers come in order, and none later than it must."
    return CheckResult(True, what, tape=_play(mine, SITUATIONS[1]).trial.tape)


async def _one_by_one(ws: Endpoint, work: Callable[[str], Awaitable[str]]) -> None:
    """What a stub is shown: in order, and as slow as all together."""
    async for question in ws:
        await ws.send(await work(str(question)))


# ---- one run


@dataclass
class _Seen:
    """What was observed of one run: the answers with their moments, from the moment of the questions on."""

    situation: Situation
    trial: Trial
    answers: list[tuple[str, float]] = field(default_factory=list)
    run: Run = field(default_factory=Run)
    asked: float = 0.0

    @property
    def wanted(self) -> list[tuple[str, float]]:
        """The answers in order, and when each may go: when its work and all work before it is done."""
        work = self.situation.work
        return [(f"answer {number}", max(work[:number])) for number in range(1, len(work) + 1)]


def _play(function: Callable[..., Awaitable[object]], situation: Situation) -> _Seen:
    seen = _Seen(situation, Trial(function))
    seen.trial.run(_story(seen))
    return seen


async def _story(seen: _Seen) -> None:
    lab, situation = seen.trial.lab, seen.situation

    async def work(question: str) -> str:
        number = int(str(question).rpartition(" ")[2])
        await asyncio.sleep(situation.work[number - 1])
        return f"answer {number}"

    async def handle(ws: Endpoint) -> None:
        seen.run = seen.trial.start(ws, work)
        await ws.wait_closed()

    client = await lab.connect(await lab.serve(handle))
    seen.asked = lab.now
    for number in range(1, len(situation.work) + 1):
        await client.send(f"question {number}")
    reading = asyncio.ensure_future(_read(seen, client))
    await asyncio.wait({reading}, timeout=LASTS if situation.leaves_at is None else situation.leaves_at)
    await client.close_quietly(1000, timeout=5)
    await asyncio.sleep(max(situation.work) + 1)
    reading.cancel()


async def _read(seen: _Seen, client: Endpoint) -> None:
    """What comes. Behind the last answer it waits for the longest work: one answer more would be one too many."""
    wanted, longest = len(seen.situation.work), max(seen.situation.work) + 1
    with suppress(ConnectionClosed, TimeoutError):
        while len(seen.answers) <= wanted:
            answer = await client.recv(timeout=LASTS if len(seen.answers) < wanted else longest)
            shown = answer if isinstance(answer, str) else repr(answer)
            seen.answers.append((shown, seen.trial.lab.now - seen.asked))


# ---- what is asked of a run


def _findings(seen: _Seen) -> Iterator[Finding]:
    """Everything that went wrong, the most telling first."""
    for question in (_any_code, _raised, _order, _late, _returned):
        found = question(seen)
        if found is not None:
            yield replace(found, solution=found.solution or SOLUTION)


def _any_code(seen: _Seen) -> Finding | None:
    return seen.trial.finding()


def _raised(seen: _Seen) -> Finding | None:
    error = seen.run.error
    inside = list(error.exceptions) if isinstance(error, ExceptionGroup) else [error]
    if error is None or isinstance(inside[0], ConnectionClosed):
        return None
    return seen.trial.raised(seen.run)


_TASKS = "Start the work on each question in a task as it comes, and keep the tasks in a queue, in their order."
_REPLY = "One coroutine takes the tasks out of the queue: `await ws.send(await task)`, one after the other."


def _order(seen: _Seen) -> Finding | None:
    if seen.situation.leaves_at is not None:
        return None
    came, wanted = [answer for answer, _ in seen.answers], [answer for answer, _ in seen.wanted]
    if came == wanted:
        return None
    if sorted(came) == sorted(wanted):
        return Finding(f"The answers came as {', '.join(came)}.", "Quick work overtakes slow work. " + _TASKS, _REPLY)
    once = "Answer each question once: `async for question in ws` gives them all."
    strange = next((answer for answer in came if answer not in wanted), None)
    if strange is not None:
        hint = "Send what `await work(question)` gives, as it is: a text, and nothing around it."
        return Finding(f"An answer came as {quoted(strange.encode())}, and `work` gave no such text.", hint, _REPLY)
    twice = next((number for number, answer in enumerate(wanted, 1) if came.count(answer) > 1), None)
    if twice is not None:
        return Finding(f"Question {twice} was answered twice.", once, _TASKS)
    return Finding(f"Of {counted(len(wanted), 'answer')} {len(came)} came within {LASTS:.0f} s.", once, _TASKS)


def _late(seen: _Seen) -> Finding | None:
    for (answer, at), (_, due) in zip(seen.answers, seen.wanted, strict=False):
        if seen.situation.leaves_at is None and at > due + SLACK:
            sentence = f"{answer.capitalize()} came after {at:.0f} s, and might have come after {due:.0f} s."
            return Finding(sentence, _slow(seen), _REPLY)
    return None


def _slow(seen: _Seen) -> str:
    """Whether the work went on at the same time, and only the answers waited."""
    last = seen.answers[-1][1]
    if last > max(seen.situation.work) + SLACK:
        return "The work on one question waits for other work. " + _TASKS
    return "It waits for answers that come behind it: send each as soon as it and all before it are done."


def _returned(seen: _Seen) -> Finding | None:
    if seen.run.ended is not None:
        return None
    return Finding(
        "The client has left, and your function still runs.",
        "`async for` ends when the connection does: end what waits beside it, too, by None in its queue, for example.",
        "In an `asyncio.TaskGroup` the function returns when all its tasks have ended.",
    )
