"""`check_cancelled`: a learner's handler with a limit, which says Close whatever ends it.

The function is `async def deliver(ws, rows, save)`. A server of the `websockets` library starts it as the handler of a
connection. `async for row in rows` gives what a database finds, `await ws.send(row)` sends it, `await save()` writes a
log and takes 3 s. What is asked of the function:

- after the last row it closes with 1000;
- after 5 s it closes with 1013, even if rows go on to come; what the database does then is cancelled;
- where it is cancelled it closes with 1001, and the cancellation goes on;
- an error of the database leaves it, and the library closes with 1011;
- the log is written in all of these, and the Close goes out first: a second cancellation may come during the log.

How it works: one connection a situation, in virtual time. `Situation` says what the database does, and when the handler
is cancelled.

Left out: a client that does not answer the Close (the library has a limit for that, `close_timeout`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from wslab.course.exercises.trial import Finding, Trial, first_wrong, not_begun
from wslab.course.libraries.served import serving
from wslab.course.report import CheckResult
from wslab.explain.words import counted
from wslab.lab import ConnectionClosed, Endpoint

__all__ = ["check_cancelled"]

LIMIT = 5.0
"""Seconds that the rows may take."""

SAVES = 3.0
"""Seconds that the log takes."""

SLACK = 0.5
"""Seconds that a Close may be late."""

LASTS = 20.0
"""Seconds after which a run is over."""


class DatabaseLost(Exception):
    """The database has failed."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The seconds before each row, what then becomes of the database, when the handler is cancelled, and the code.

    `fails` is whether the database fails after its rows.
    """

    setting: str
    pauses: tuple[float, ...]
    code: int
    due: float
    fails: bool = False
    cancels: tuple[float, ...] = ()


SITUATIONS = (
    Situation("Three rows come within a second.", (0.2,) * 3, 1000, 0.6),
    Situation("The database stands still after the first row.", (0.2, 3600), 1013, LIMIT),
    Situation("A row comes each second, for a minute.", (1.0,) * 60, 1013, LIMIT),
    Situation("The server stops after 2 s, and cancels the handler.", (0.2, 3600), 1001, 2.0, cancels=(2.0,)),
    Situation(
        "The server stops after 2 s, cancels the handler, and cancels it again a second later.",
        (0.2, 3600),
        1001,
        2.0,
        cancels=(2.0, 3.0),
    ),
    Situation("The database fails after the first row.", (0.2,), 1011, 0.2 + SAVES, fails=True),
)
"""In the order in which they are played."""

SOLUTION = """async def deliver(ws, rows, save):
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
        await ws.close(1000)
    except TimeoutError:
        await ws.close(1013)
    except asyncio.CancelledError:
        await ws.close(1001)
        raise
    finally:
        await save()"""


def check_cancelled(mine: object) -> CheckResult:
    """Run a learner's `async def deliver(ws, rows, save)` through all situations; the first that goes wrong is told.

    Nothing takes real time, nothing raises at the learner, and code that never ends is stopped. The `tape` of the
    result is that of the situation that went wrong; where all go well, of the second.

    >>> async def deliver(ws, rows, save):
    ...     async for row in rows:
    ...         await ws.send(row)
    >>> check_cancelled(deliver).ok
    False
    """
    early = not_begun(mine, "send the rows, and say Close, whatever ends it.", _AROUND, _BEFORE, SOLUTION)
    if early is not None:
        return replace(early, tape=_play(_no_limit, SITUATIONS[3]).trial.tape)
    assert callable(mine)
    wrong = first_wrong(partial(_play, mine), SITUATIONS, _findings)
    if wrong is not None:
        return wrong
    what = f"in all {len(SITUATIONS)} situations the client gets the right Close in time, and the log is written."
    return CheckResult(True, what, tape=_play(mine, SITUATIONS[1]).trial.tape)


async def _no_limit(ws: Endpoint, rows: AsyncIterator[str], save: Callable[[], Awaitable[None]]) -> None:
    """What a stub is shown: it is cancelled, and the client gets no Close."""
    async for row in rows:
        await ws.send(row)
    await save()


# ---- one run


class _Seen:
    """What was observed of one run: the rows, when the connection ended and how, and the log."""

    def __init__(self, trial: Trial, situation: Situation) -> None:
        self.trial, self.situation = trial, situation
        self.began = 0.0
        self.rows = 0
        self.code: int | None = None
        """What the client was told; None where the connection has not ended."""
        self.ended: float | None = None
        self.saving: float | None = None
        self.saves = 0
        self.database_runs = False
        self.cancelled = False

    async def database(self) -> AsyncIterator[str]:
        """The rows, one after the other."""
        self.database_runs = True
        try:
            for number, pause in enumerate(self.situation.pauses, 1):
                await asyncio.sleep(pause)
                yield f"row {number}"
            if self.situation.fails:
                raise DatabaseLost("the database is gone")
        finally:
            self.database_runs = False

    async def save(self) -> None:
        """Write the log."""
        self.saves += 1
        self.saving = self.trial.lab.now - self.began if self.saving is None else self.saving
        await asyncio.sleep(SAVES)


def _play(function: Callable[..., Awaitable[object]], situation: Situation) -> _Seen:
    seen = _Seen(Trial(function), situation)
    seen.trial.run(_story(seen))
    return seen


async def _story(seen: _Seen) -> None:
    lab, situation = seen.trial.lab, seen.situation
    async with serving(seen.trial, seen.database(), seen.save) as url:
        client = await lab.connect(url)
        seen.began = lab.now
        reading = asyncio.ensure_future(_read(seen, client))
        for moment in situation.cancels:
            await asyncio.sleep(seen.began + moment - lab.now)
            _cancel(seen)
        await asyncio.wait({reading}, timeout=LASTS)
        await asyncio.sleep(SAVES + SLACK)
        task = seen.trial.runs[0].task if seen.trial.runs else None
        seen.cancelled = task is not None and task.cancelled()
        reading.cancel()
        await client.close_quietly(1000, timeout=1)


def _cancel(seen: _Seen) -> None:
    for run in seen.trial.runs:
        if run.task is not None:
            run.task.cancel()


async def _read(seen: _Seen, client: Endpoint) -> None:
    with suppress(ConnectionClosed):
        while True:
            await client.recv(timeout=None)
            seen.rows += 1
    seen.code, seen.ended = client.close_code, seen.trial.lab.now - seen.began


# ---- what is asked of a run


def _findings(seen: _Seen) -> Iterator[Finding]:
    """Everything that went wrong, the most telling first."""
    for question in (_any_code, _raised, _rows, _never, _code, _late, _swallowed, _log, _left_over):
        found = question(seen)
        if found is not None:
            yield replace(found, solution=found.solution or SOLUTION)


_AROUND = "Put `async with asyncio.timeout(5):` around the loop, and nothing else in it."
_BEFORE = "Close first, then save: each `await` behind a cancellation may be the one that the next cancellation ends."


def _any_code(seen: _Seen) -> Finding | None:
    return seen.trial.finding()


def _raised(seen: _Seen) -> Finding | None:
    run = seen.trial.runs[0]
    if run.error is None or isinstance(run.error, DatabaseLost):
        return None
    if isinstance(run.error, TimeoutError):
        return Finding(
            f"The limit is over, and its TimeoutError leaves your function: the client is told {seen.code}.",
            "Catch the TimeoutError outside of the `async with`, and close with 1013 there.",
            "asyncio.timeout cancels what is inside it, and makes a TimeoutError of that cancellation at its end.",
        )
    return seen.trial.raised(run)


def _rows(seen: _Seen) -> Finding | None:
    wanted = sum(1 for at, _ in enumerate(seen.situation.pauses) if sum(seen.situation.pauses[: at + 1]) < LIMIT)
    if seen.situation.code != 1000 or seen.rows == wanted:
        return None
    sentence = f"Of {wanted} rows {seen.rows} came to the client."
    return Finding(sentence, "`async for row in rows:` gives them, one after the other; send each.", _AROUND)


def _never(seen: _Seen) -> Finding | None:
    if seen.code is not None:
        return None
    return Finding(
        f"{LASTS:.0f} s later the connection is still open, and the client has {counted(seen.rows, 'row')}.",
        "The rows may take 5 s, all together. " + _AROUND,
        "Behind the `async with`, `except TimeoutError` is the place for `await ws.close(1013)`.",
    )


def _code(seen: _Seen) -> Finding | None:
    situation = seen.situation
    if seen.code == situation.code:
        return None
    told = f"The client is told {seen.code} after {seen.ended or 0:.1f} s, and it should be {situation.code}."
    return Finding(told, _why_code(seen), "Each way out has its own code: 1000 after the loop, and one `except` each.")


def _why_code(seen: _Seen) -> str:
    wanted, told = seen.situation.code, seen.code
    if wanted == 1001 and told == 1006:
        return _BEFORE if len(seen.situation.cancels) > 1 else f"No Close went out. {_CATCH}"
    if wanted == 1001 and told == 1000 and not seen.cancelled:
        return f"Your function was cancelled, and went on as after the last row. {_RAISE}"
    if wanted == 1013 and told == 1001:
        return (
            "The limit ends the rows by a cancellation, too, and an `except` inside the `async with` took it for the "
            "server's. Catch both outside of the `async with`: TimeoutError, and CancelledError."
        )
    if wanted == 1011 and told == 1001:
        return f"1001 is for the cancellation alone, and this is an error. {_CATCH}"
    if wanted == 1013 and told == 1000:
        return "1000 says that all is done, and it is not: after the limit say 1013, try again later."
    return _CODES[wanted]


_RAISE = "In the `except` that catches it close with 1001, and write `raise` behind that."
_CATCH = "A cancellation is an exception: `except asyncio.CancelledError` catches it, and nothing else."
_CODES = {
    1000: "After the last row close with 1000.",
    1001: _CATCH,
    1011: "An error is not the end of the rows: close with 1000 behind the loop only, and let the error go on.",
    1013: "After the limit say 1013, try again later: `except TimeoutError` behind the `async with`.",
}


def _late(seen: _Seen) -> Finding | None:
    due, ended = seen.situation.due, seen.ended or 0.0
    if ended <= due + SLACK:
        return None
    told = f"The Close came after {ended:.1f} s, and was due after {due:.1f} s."
    if seen.saving is not None and seen.saving < ended:
        return Finding(told, "The log is written first, and it takes 3 s. Close before you save.", _BEFORE)
    return Finding(told, "The limit is for all rows together, not for each of them. " + _AROUND, _BEFORE)


def _swallowed(seen: _Seen) -> Finding | None:
    if not seen.situation.cancels or seen.cancelled:
        return None
    return Finding(
        "Your function was cancelled, and returned as if it had not been.",
        "Behind the Close write `raise`: who cancels waits for the CancelledError.",
        "A task that swallows its cancellation goes on, and TaskGroup and asyncio.timeout around it are confused.",
    )


def _log(seen: _Seen) -> Finding | None:
    if seen.saves == 1:
        return None
    if seen.saves:
        return Finding(f"The log was written {seen.saves} times.", "Once: `finally` runs on every way out.")
    return Finding(
        "The log was not written.",
        "`finally:` runs on every way out: put `await save()` there.",
        "`finally` stands behind all `except`, so the Close has gone out by then.",
    )


def _left_over(seen: _Seen) -> Finding | None:
    if not seen.database_runs:
        return None
    return Finding("Your function is over, and the database still works for it.", _AROUND)
