"""Grading anybody's endpoint by the 517 cases of Autobahn's test suite, and saying what each failure teaches.

A server is graded by its address: each case is one connection to it, and the server has to send every message back. A
client is graded by a command that speaks Autobahn's own protocol, over plain WebSocket: it asks `URL/getCaseCount`,
then connects to `URL/runCase?case=N&agent=NAME` for each N from 1, sends every message back until the connection ends,
and at last connects to `URL/updateReports?agent=NAME`. The address of the fuzzing server is put where `{url}` stands
in the command, and into the environment variable `WSLAB_CONFORMANCE_URL`. The command is started once for each group
of cases (of the slow groups 9, 12 and 13 once for each series), so that a crash loses no more than that.

The verdict on a case is the suite's (`kosoku`, of the extra `conformance`); what it means is found by `lessons`.
Nothing is drawn or printed here: `on_case` is called with each case as it is done.

Left out: wss://, and the suite's own report files.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from wslab.conformance.cases import batches, choose, order
from wslab.conformance.client import run_batch
from wslab.conformance.errors import NotGraded
from wslab.conformance.grading import case_of, not_run
from wslab.conformance.report import Case, Report
from wslab.extras import EXTRAS, MissingExtra
from wslab.lab import ConnectionClosed, HandshakeRefused, Lab
from wslab.protocol import Role

__all__ = ["OnCase", "grade_client", "grade_server"]

CASE_LIMIT = 600.0
"""Seconds after which a case without a verdict is given up; the suite's own longest limit is 480."""

BATCH_LIMIT = 1800.0
"""Seconds that a client's command has for its cases, before it is ended."""

Done = TypeVar("Done")

OnCase = Callable[[Case, int], None]
"""Called with each case as it is done, and how many cases there are in all."""


async def grade_server(
    url: str,
    *,
    cases: Iterable[str] = (),
    exclude: Iterable[str] = (),
    parallel: int = 2,
    beyond_loopback: bool = False,
    on_case: OnCase | None = None,
) -> Report:
    """Grade the server at `url`, which has to send every message back.

    `cases` and `exclude` are numbers as `1.1.1` or patterns as `9.*`; without them all 517 are run. `parallel` is how
    many connections there are at once. Only this machine is dialled, unless `beyond_loopback`.

    Raises NotGraded where there is no such case, no suite, or nothing at `url` that speaks WebSocket.
    """
    begin = time.monotonic()
    ids = _chosen(cases, exclude)
    version = _suite_version()
    await _greet(url, beyond_loopback)
    done = partial(_announce, on_case, len(ids))

    async def run(case: str) -> Case:
        return done(await _run_case(url, case))

    found = await _limited(parallel, [partial(run, case) for case in ids])
    return Report(Role.SERVER, url, url, version, time.monotonic() - begin, tuple(found))


async def grade_client(
    command: Sequence[str],
    *,
    cases: Iterable[str] = (),
    exclude: Iterable[str] = (),
    parallel: int = 2,
    limit: float = BATCH_LIMIT,
    on_case: OnCase | None = None,
) -> Report:
    """Grade the client that `command` starts; the opening of this module says what it has to speak.

    `parallel` is how many of it run at once, `limit` how many seconds each has for its cases. A case that the client
    does not come to has failed. Raises NotGraded where there is no such case, no suite or no such command, and where
    the command ran no case at all.
    """
    begin = time.monotonic()
    ids = _chosen(cases, exclude)
    version = _suite_version()
    done = partial(_announce, on_case, len(ids))
    agents: list[str] = []

    async def run(batch: tuple[str, ...]) -> list[Case]:
        seen, problem = await run_batch(command, batch, limit)
        agents.extend(result.agent for result in seen.values())
        if not agents:
            raise NotGraded(problem)
        return [done(case_of(seen[case], Role.CLIENT) if case in seen else not_run(case)) for case in batch]

    found = await _limited(parallel, [partial(run, batch) for batch in batches(ids)])
    whole = tuple(sorted((case for batch in found for case in batch), key=lambda case: order(case.id)))
    agent = agents[0] if agents else ""
    return Report(Role.CLIENT, " ".join(command), agent, version, time.monotonic() - begin, whole)


def _announce(on_case: OnCase | None, total: int, case: Case) -> Case:
    if on_case is not None:
        on_case(case, total)
    return case


async def _limited(parallel: int, jobs: Sequence[Callable[[], Awaitable[Done]]]) -> list[Done]:
    """Run the jobs, some at once; when one raises, the others end first."""
    slots = asyncio.Semaphore(parallel)

    async def one(job: Callable[[], Awaitable[Done]]) -> Done:
        async with slots:
            return await job()

    tasks = [asyncio.ensure_future(one(job)) for job in jobs]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# --- the suite ------------------------------------------------------------------------


def _chosen(cases: Iterable[str], exclude: Iterable[str]) -> tuple[str, ...]:
    try:
        return choose(cases, exclude)
    except ValueError as error:
        raise NotGraded(str(error)) from None


def _suite_version() -> str:
    from importlib.metadata import version

    try:
        import kosoku
    except ImportError:
        raise NotGraded(str(MissingExtra("The test suite", EXTRAS["conformance"]))) from None
    return f"{kosoku.__name__} {version('kosoku')}"


async def _run_case(url: str, case: str) -> Case:
    from kosoku import FailureError, run_fuzzingclient

    try:
        async with asyncio.timeout(CASE_LIMIT):  # `wait_for` can swallow the Ctrl-C that comes at the same moment
            results = await run_fuzzingclient(url, [case])
    except FailureError as failure:
        results = failure.results
    except TimeoutError:
        results = []
    return case_of(results[-1], Role.SERVER) if results else not_run(case)


# --- a server under test --------------------------------------------------------------


async def _greet(url: str, beyond_loopback: bool) -> None:
    """Complete one opening handshake with `url`, before hundreds of cases wait for it."""
    if url.lower().startswith("wss:"):
        raise NotGraded(f"{url} has TLS, and the suite speaks none: grade the server without it, at ws://.")
    try:
        if not beyond_loopback and _is_elsewhere(url):
            raise NotGraded(
                f"{url} is beyond this machine, and only this machine is graded unless beyond-loopback is asked for."
            )
        async with Lab(tape=False, beyond_loopback=beyond_loopback) as lab:
            ws = await lab.connect(url)
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                await ws.close_quietly(1000)
    except TimeoutError:
        raise NotGraded(
            f"{url} does not answer the opening handshake within 10 seconds: is it a WebSocket server?"
        ) from None
    except (HandshakeRefused, ConnectionClosed, OSError, ValueError) as error:
        raise NotGraded(str(error)) from None


def _is_elsewhere(url: str) -> bool:
    split = urlsplit(url)
    if split.scheme != "ws" or split.hostname in (None, "localhost"):
        return False
    try:
        return not ipaddress.ip_address(split.hostname or "").is_loopback
    except ValueError:
        return True
