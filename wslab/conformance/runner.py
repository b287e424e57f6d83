"""Grading anybody's endpoint by the 517 cases of Autobahn's test suite, and saying what each failure teaches.

A server is graded by its address: each case is one connection to it, and the server has to send every message back. A
client is graded by a command that speaks Autobahn's own protocol, over plain WebSocket: it asks `URL/getCaseCount`,
then connects to `URL/runCase?case=N&agent=NAME` for each N from 1, sends every message back until the connection ends,
and at last connects to `URL/updateReports?agent=NAME`. The address of the fuzzing server is put where `{url}` stands
in the command, and into the environment variable `WSLAB_CONFORMANCE_URL`. The command is started once for each group
of cases (of the slow groups 9, 12 and 13 once for each series), so that a crash loses no more than that.

Rules of this module: the verdict on a case is the suite's (`kosoku`, of the extra `conformance`); what it means is
told by `conformance_lessons`. It draws and prints nothing; `told` is called with each case as it is done.

What it leaves out: wss://, and the suite's own report files.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from wslab.conformance.cases import batches, choose, order
from wslab.conformance.lessons import Log, closing, events, lesson, log_of, never_run, plain, remark, wanted
from wslab.conformance.report import GRADES, Case, Grade, Report, Taught
from wslab.lab import ConnectionClosed, HandshakeRefused, Lab
from wslab.protocol import Role

if TYPE_CHECKING:
    from kosoku import FuzzingServer
    from kosoku._kosoku import CaseResult


__all__ = [
    "ENVIRONMENT",
    "GRADES",
    "Case",
    "Grade",
    "NotGraded",
    "Report",
    "Taught",
    "Told",
    "grade_client",
    "grade_server",
]

ENVIRONMENT = "WSLAB_CONFORMANCE_URL"
"""The environment variable in which a client finds the address of the fuzzing server."""

CASE_LIMIT = 600.0
"""Seconds after which a case without a verdict is given up; the suite's own longest limit is 480."""

BATCH_LIMIT = 1800.0
"""Seconds that a client's command has for its cases, before it is ended."""

END_LIMIT = 5.0
"""Seconds that a client's command has to end by itself, once it has asked for the reports."""

Done = TypeVar("Done")

_SPEAKS = (
    "a client under test asks URL/getCaseCount, sends every message back on URL/runCase?case=N&agent=NAME for each N"
    " from 1, and ends with URL/updateReports?agent=NAME; the URL stands for {url} in the command and in " + ENVIRONMENT
)


class NotGraded(ValueError):
    """There was nothing to grade: no such case, nobody there, or no suite. The text is one sentence for people."""


Told = Callable[[Case, int], None]
"""Called with each case as it is done, and how many cases there are in all."""


async def grade_server(
    url: str,
    *,
    cases: Iterable[str] = (),
    exclude: Iterable[str] = (),
    parallel: int = 2,
    beyond_loopback: bool = False,
    told: Told | None = None,
) -> Report:
    """Grade the server at `url`, which has to send every message back.

    `cases` and `exclude` are numbers as `1.1.1` or patterns as `9.*`; without them all 517 are run. `parallel` is how
    many connections there are at once. Only this machine is dialled, unless `beyond_loopback`.

    Raises NotGraded where there is no such case, no suite, or nobody who speaks WebSocket.
    """
    begin = time.monotonic()
    ids = _chosen(cases, exclude)
    version = _suite_version()
    await _greet(url, beyond_loopback)
    done = _Teller(len(ids), told)

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
    told: Told | None = None,
) -> Report:
    """Grade the client that `command` starts; the module says what it has to speak.

    `parallel` is how many of it run at once, `limit` how many seconds each has for its cases. A case that the client
    does not come to has failed. Raises NotGraded where there is no such case, no suite or no such command, and where
    the command ran no case at all.
    """
    begin = time.monotonic()
    ids = _chosen(cases, exclude)
    version = _suite_version()
    done = _Teller(len(ids), told)
    agents: list[str] = []

    async def run(batch: tuple[str, ...]) -> list[Case]:
        seen, problem = await _run_batch(command, batch, limit)
        agents.extend(result.agent for result in seen.values())
        if not agents:
            raise NotGraded(problem)
        return [done(_told(seen[case], Role.CLIENT) if case in seen else _not_run(case)) for case in batch]

    found = await _limited(parallel, [partial(run, batch) for batch in batches(ids)])
    whole = tuple(sorted((case for batch in found for case in batch), key=lambda case: order(case.id)))
    agent = agents[0] if agents else ""
    return Report(Role.CLIENT, " ".join(command), agent, version, time.monotonic() - begin, whole)


class _Teller:
    """Passes a case on as it is done."""

    def __init__(self, total: int, told: Told | None) -> None:
        self._total = total
        self._told = told

    def __call__(self, case: Case) -> Case:
        if self._told is not None:
            self._told(case, self._total)
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
        raise NotGraded("The test suite is not installed: pip install 'wslab[conformance]' brings it.") from None
    return f"{kosoku.__name__} {version('kosoku')}"


async def _run_case(url: str, case: str) -> Case:
    from kosoku import FailureError, run_fuzzingclient

    try:
        results = await asyncio.wait_for(run_fuzzingclient(url, [case]), CASE_LIMIT)
    except FailureError as failure:
        results = failure.results
    except TimeoutError:
        results = []
    return _told(results[-1], Role.SERVER) if results else _not_run(case)


def _told(result: CaseResult, role: Role) -> Case:
    grade = _grade(result)
    sent, answered = log_of(result, "TO"), log_of(result, "RO")
    return Case(
        id=result.case_id,
        title=plain(result.description),
        grade=grade,
        behaviour=result.behavior.value,
        close_behaviour=result.behavior_close.value,
        expectation=plain(result.expectation),
        expected=wanted(result),
        received=f"{events(result.received or [])}; then {closing(result)}",
        outcome=f"{result.result.rstrip('.')}. {result.result_close.rstrip('.')}.",
        sent=sent,
        answered=answered,
        seconds=result.duration / 1000,
        lesson=lesson(result, grade, sent, answered, role),
        remark=remark(result, answered, role),
    )


def _grade(result: CaseResult) -> Grade:
    behaviour, close = result.behavior.value, result.behavior_close.value
    if behaviour == "UNIMPLEMENTED":
        return "unimplemented"
    if behaviour not in ("OK", "NON-STRICT", "INFORMATIONAL") or close not in ("OK", "INFORMATIONAL"):
        return "failed"
    return "informational" if behaviour == "INFORMATIONAL" else "non-strict" if behaviour == "NON-STRICT" else "ok"


def _not_run(case: str) -> Case:
    taught = never_run()
    nothing = Log(b"", whole=True)
    return Case(
        id=case,
        title="The case came to no verdict.",
        grade="failed",
        behaviour="FAILED",
        close_behaviour="FAILED",
        expectation="",
        expected="a connection for this case",
        received="none, or no end of it",
        outcome="The case was not run to its end.",
        sent=nothing,
        answered=nothing,
        seconds=0.0,
        lesson=taught,
    )


# --- a server under test --------------------------------------------------------------


async def _greet(url: str, beyond_loopback: bool) -> None:
    """See that somebody at `url` completes an opening handshake, before hundreds of cases wait for it."""
    if url.lower().startswith("wss:"):
        raise NotGraded(f"{url} has TLS, and the suite speaks none: grade the server without it, at ws://.")
    try:
        if not beyond_loopback and _is_elsewhere(url):
            raise NotGraded(
                f"{url} is beyond this machine, and only this machine is graded: beyond-loopback lets it out."
            )
        async with Lab(tape=False, beyond_loopback=beyond_loopback) as lab:
            ws = await lab.connect(url)
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                await ws.close_quietly(1000)
    except TimeoutError:
        raise NotGraded(f"{url} does not answer the opening handshake within 10 seconds: is it a WebSocket?") from None
    except (HandshakeRefused, ConnectionClosed, OSError, ValueError) as error:
        raise NotGraded(str(error)) from None


def _is_elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "ws" or parts.hostname in (None, "localhost"):
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True


# --- a client under test --------------------------------------------------------------


async def _run_batch(command: Sequence[str], batch: tuple[str, ...], limit: float) -> tuple[dict[str, CaseResult], str]:
    """Start the client against a fuzzing server with these cases; what came of each, and what went wrong if nothing."""
    from kosoku import run_fuzzingserver

    with tempfile.TemporaryFile() as said:
        async with run_fuzzingserver(batch, port=0) as server:
            url = f"ws://127.0.0.1:{server.port}"
            results = asyncio.ensure_future(_results(server))
            try:
                code = await _let_it_run(command, url, said, results, limit)
                await _end_run(url, results)
                found = await results
            finally:
                results.cancel()
        return {result.case_id: result for result in found}, _ran_nothing(command, code, said)


async def _results(server: FuzzingServer) -> list[CaseResult]:
    from kosoku import FailureError

    try:
        return await server.get_result()
    except FailureError as failure:
        return failure.results


async def _let_it_run(
    command: Sequence[str], url: str, said: IO[bytes], results: asyncio.Future[Any], limit: float
) -> int | None:
    """Run the client until it ends or has asked for the reports; its exit code, None where it was ended."""
    words = [word.replace("{url}", url) for word in command]
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            env={**os.environ, ENVIRONMENT: url},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise NotGraded(f"The command {words[0]!r} cannot be started: {error.strerror or error}.") from None
    ended = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait({ended, results}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({ended}, timeout=END_LIMIT if results.done() else 0)
    finally:
        ended.cancel()
        code = process.returncode
        if code is None:
            _kill(process)
            await process.wait()
    return code


def _kill(process: asyncio.subprocess.Process) -> None:
    """End the client and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


async def _end_run(url: str, results: asyncio.Future[Any]) -> None:
    """Ask for the reports in the place of a client that ended without."""
    await asyncio.wait({results}, timeout=0.2)
    if not results.done():
        async with Lab(tape=False) as lab:
            ws = await lab.connect(f"{url}/updateReports?agent=wslab")
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                await ws.close_quietly(1000)


def _ran_nothing(command: Sequence[str], code: int | None, said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - 400))
    last = " ".join(said.read().decode(errors="replace").split())
    end = "was ended by us" if code is None else f"ended with {code}"
    return f"{command[0]} {end} and ran no case{f' (it said: {last})' if last else ''}: {_SPEAKS}."
