"""A client under test: its command is started against a fuzzing server that waits for it.

The command runs in a session of its own, so that it can be ended with all that it has started. It is ended when it has
asked for the reports and does not end within a few seconds, when its time is over, and when the run is cancelled. Where
a client ends without asking for the reports, they are asked for in its place, so that the cases that it ran count.

Left out: choosing the cases and collecting the grades (`runner`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from wslab.conformance.errors import NotGraded
from wslab.lab import ConnectionClosed, Lab

if TYPE_CHECKING:
    from kosoku import FuzzingServer
    from kosoku._kosoku import CaseResult

__all__ = ["ENVIRONMENT", "run_batch"]

ENVIRONMENT = "WSLAB_CONFORMANCE_URL"
"""The environment variable in which a client finds the address of the fuzzing server."""

END_LIMIT = 5.0
"""Seconds that a client's command has to end by itself, once it has asked for the reports."""

_PROTOCOL = (
    "a client under test asks URL/getCaseCount, sends every message back on URL/runCase?case=N&agent=NAME for each N"
    " from 1, and ends with URL/updateReports?agent=NAME; the URL stands for {url} in the command and in " + ENVIRONMENT
)


async def run_batch(command: Sequence[str], batch: tuple[str, ...], limit: float) -> tuple[dict[str, CaseResult], str]:
    """Start the client against a fuzzing server with these cases.

    Returns the results by case, and a sentence that says why there are none. `limit` is in seconds.
    """
    from kosoku import run_fuzzingserver

    with tempfile.TemporaryFile() as output:
        async with run_fuzzingserver(batch, port=0) as server:
            url = f"ws://127.0.0.1:{server.port}"
            results = asyncio.ensure_future(_results(server))
            try:
                code = await _let_it_run(command, url, output, results, limit)
                await _end_run(url, results)
                found = await results
            finally:
                results.cancel()
        return {result.case_id: result for result in found}, _ran_nothing(command, code, output)


async def _results(server: FuzzingServer) -> list[CaseResult]:
    from kosoku import FailureError

    try:
        return await server.get_result()
    except FailureError as failure:
        return failure.results


async def _let_it_run(
    command: Sequence[str], url: str, output: IO[bytes], results: asyncio.Future[Any], limit: float
) -> int | None:
    """Run the client until it ends or has asked for the reports; its exit code, None where it was ended."""
    words = [word.replace("{url}", url) for word in command]
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            env={**os.environ, ENVIRONMENT: url},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
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
    """Ask for the reports in the place of a client that ended without asking."""
    await asyncio.wait({results}, timeout=0.2)
    if not results.done():
        async with Lab(tape=False) as lab:
            ws = await lab.connect(f"{url}/updateReports?agent=wslab")
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                await ws.close_quietly(1000)


def _ran_nothing(command: Sequence[str], code: int | None, output: IO[bytes]) -> str:
    output.seek(max(0, output.seek(0, os.SEEK_END) - 400))
    last = " ".join(output.read().decode(errors="replace").split())
    end = "was ended by us" if code is None else f"ended with {code}"
    return f"{command[0]} {end} and ran no case{f' (it said: {last})' if last else ''}: {_PROTOCOL}."
