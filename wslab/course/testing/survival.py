"""`check_test`: a learner's test of a client, run against clients that are right and against mutants.

The function is `async def survives(lab, client)`. It starts what it needs in `lab`, which is a new one in virtual time,
runs `client(url, heard)` as a task, and asserts. For a right client it has to return, for a mutant it has to raise.

How it works: each client of `clients` is one run, a `Trial`. What befell the connections is read from the facts on the
tape, and says which hint fits.

Left out: tests with pytest's fixtures, which need a process of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wslab.course.exercises.trial import Finding, Run, Trial, not_begun
from wslab.course.report import CheckResult
from wslab.tape.records import WentSilent

if TYPE_CHECKING:  # it loads the websockets library, which nothing else here needs
    from wslab.course.testing.clients import Client

__all__ = ["check_test"]

LONGEST = 2 * 3600.0
"""Seconds of virtual time that a test may take."""

BEGIN = "Serve news that is new on each connection, let the path fall silent for a minute, and assert what was heard."
BIGGER = (
    "The order: `lab.serve`, `lab.link`, `asyncio.create_task(client(link.url, heard))`, some seconds, "
    "`link.silence()`, a minute, `link.faults = ()`, a minute, and `assert` that the second news was heard."
)
SOLUTION = """async def survives(lab, client):
    connections = []

    async def news(ws):
        connections.append(ws)
        await ws.send(f"news {len(connections)}")
        await ws.wait_closed()

    heard = []
    link = await lab.link(await lab.serve(news))
    task = asyncio.create_task(client(link.url, heard))
    await asyncio.sleep(10)
    link.silence()
    await asyncio.sleep(60)
    link.faults = ()
    await asyncio.sleep(60)
    task.cancel()
    assert heard == ["news 1", "news 2"]"""


def check_test(mine: object) -> CheckResult:
    """Run a learner's `async def survives(lab, client)` with right clients and with mutants.

    It has to return for each client that is right and to raise for each mutant. Nothing takes real time, nothing raises
    at the learner, and code that never ends is stopped. The `tape` of the result is that of the run that is told.

    >>> async def survives(lab, client):
    ...     assert client
    >>> check_test(survives).ok
    False
    """
    early = not_begun(mine, "start a server, a link and the client.", BEGIN, BIGGER, SOLUTION)
    if early is not None:
        return early
    assert callable(mine)
    from wslab.course.testing.clients import RIGHT, WRONG

    for client in (*RIGHT, *WRONG):
        seen = _played(mine, client)
        found = _too_strict(seen) if client in RIGHT else _too_mild(seen)
        if found is not None:
            return _told(found, seen)
    sentence = f"your test passes with {len(RIGHT)} right clients, and fails with each of {len(WRONG)} mutants."
    return CheckResult(True, sentence, tape=_played(mine, WRONG[0]).trial.tape)


def _told(found: Finding, seen: _Seen) -> CheckResult:
    bigger = found.bigger_hint or BIGGER
    return CheckResult(False, found.sentence, found.hint or BEGIN, bigger, SOLUTION, tape=seen.trial.tape)


# ---- one run


@dataclass
class _Seen:
    """What was observed of one run of the test."""

    client: Client
    trial: Trial
    run: Run

    @property
    def silences(self) -> int:
        """How many connections were on a link when it was silent."""
        return sum(isinstance(entry.fact, WentSilent) for entry in self.trial.tape)

    @property
    def dialled(self) -> int:
        """How many connections there were."""
        return len(self.trial.tape.connection_numbers)


def _played(function: Callable[..., Awaitable[object]], client: Client) -> _Seen:
    seen = _Seen(client, Trial(function), Run())
    seen.trial.run(_story(seen))
    return seen


async def _story(seen: _Seen) -> None:
    seen.run = seen.trial.start(seen.trial.lab, seen.client.run)
    assert seen.run.task is not None
    await asyncio.wait({seen.run.task}, timeout=LONGEST)


# ---- what is asked of a run


def _any_code(seen: _Seen) -> Finding | None:
    """What is wrong with the test whatever the client does."""
    found = seen.trial.finding()
    if found is not None:
        return found
    if seen.run.ended is None:
        return Finding(
            f"your test has not ended after {LONGEST / 3600:g} hours of virtual time.",
            "A client that is to run for ever never returns: start it as a task, `asyncio.create_task(...)`.",
        )
    return None


def _too_strict(seen: _Seen) -> Finding | None:
    """What to say where the test does not pass with a right client."""
    error = seen.run.error
    if (found := _any_code(seen)) is not None or error is None:
        return found
    if not isinstance(error, AssertionError):
        return seen.trial.raised(seen.run)
    return Finding(f"your test fails with a client that is right: it {seen.client.what}.", _why_strict(seen))


def _why_strict(seen: _Seen) -> str:
    if not seen.dialled:
        return "Nobody ever dialled: `asyncio.create_task(client(link.url, heard))`, and then give it some seconds."
    if not seen.silences:
        return "It heard one connection's news and lived on, for its path was well: `link.silence()` makes it silent."
    if seen.trial.tape[-1].time - _last_silence(seen) < 1 or seen.dialled == seen.silences:
        return (
            "Its new connections meet a silent path, too, or it has had no time to dial: a minute after "
            "`link.silence()` make the path whole with `link.faults = ()`, and wait another minute."
        )
    return "How often a client asks and dials is its own affair. Assert what it has heard in the end."


def _last_silence(seen: _Seen) -> float:
    return max(entry.time for entry in seen.trial.tape if isinstance(entry.fact, WentSilent))


def _too_mild(seen: _Seen) -> Finding | None:
    """What to say where the test passes with a mutant."""
    if (found := _any_code(seen)) is not None or seen.run.error is not None:
        return found
    return Finding(f"your test passes with a client that {seen.client.what}.", _why_mild(seen))


def _why_mild(seen: _Seen) -> str:
    if not seen.dialled:
        return "Nobody ever dialled: `asyncio.create_task(client(link.url, heard))`."
    if not seen.silences:
        return "Nothing befell its connection: let it dial `link.url` and not the server's, and call `link.silence()`."
    return seen.client.hint
