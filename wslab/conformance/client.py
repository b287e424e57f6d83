"""A client under test: its command is started against a fuzzing server that waits for it.

The command is ended, with all that it has started (`program`), when it has asked for the reports and does not end
within a few seconds, when its time is over, and when the run is cancelled. Where
a client ends without asking for the reports, they are asked for in its place, so that the cases that it ran count.

Left out: choosing the cases and collecting the grades (`runner`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wslab.conformance.program import Program, running
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

    async with run_fuzzingserver(batch, port=0) as server:
        url = f"ws://127.0.0.1:{server.port}"
        results = asyncio.ensure_future(_results(server))
        try:
            problem = await _let_it_run(command, url, results, limit)
            await _end_run(url, results)
            found = await results
        finally:
            results.cancel()
    return {result.case_id: result for result in found}, problem


async def _results(server: FuzzingServer) -> list[CaseResult]:
    from kosoku import FailureError

    try:
        return await server.get_result()
    except FailureError as failure:
        return failure.results


async def _let_it_run(command: Sequence[str], url: str, results: asyncio.Future[Any], limit: float) -> str:
    """Run the client until it ends or has asked for the reports; why it ran no case, if it did not."""
    async with running(command, "{url}", url, ENVIRONMENT, grace=0) as program:
        ended = asyncio.ensure_future(program.wait())
        try:
            await asyncio.wait({ended, results}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({ended}, timeout=END_LIMIT if results.done() else 0)
        finally:
            ended.cancel()
        return _ran_nothing(command, program)


async def _end_run(url: str, results: asyncio.Future[Any]) -> None:
    """Ask for the reports in the place of a client that ended without asking."""
    await asyncio.wait({results}, timeout=0.2)
    if not results.done():
        async with Lab(tape=False) as lab:
            ws = await lab.connect(f"{url}/updateReports?agent=wslab")
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                await ws.close_quietly(1000)


def _ran_nothing(command: Sequence[str], program: Program) -> str:
    code, last = program.exit_code, " ".join(program.said[-400:].split())
    end = "was ended by us" if code is None else f"ended with {code}"
    return f"{command[0]} {end} and ran no case{f' (it said: {last})' if last else ''}: {_PROTOCOL}."
