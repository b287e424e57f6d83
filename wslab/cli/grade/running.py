"""The jobs of learners, each learner's in a process of its own (`worker`), several at once.

A process has `limit` seconds for each exercise, measured from verdict to verdict. One that takes longer is ended with
all that it has started. The exercise at which that happened, or at which the process died, is told so, and the rest
goes on in a new process. What a process wrote is data of somebody's program: it is looked at before it is believed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from wslab.cli.grade.jobs import Job, Verdict
from wslab.conformance.program import Program, running
from wslab.course.hand_in.contents import KINDS

__all__ = ["run_jobs", "run_learners"]

MOST_AT_ONCE = 8
"""Processes at once, or as many as the machine has processors, where that is fewer."""

MOST_READ = 1024 * 1024
"""Bytes of verdicts that are read of a process."""

LOOK = 0.05
"""Seconds between two looks at what a process has written."""

START = 30.0
"""Seconds that a process has to load the lab."""


async def run_learners(
    jobs: Sequence[Sequence[Job]], limit: float, on_done: Callable[[], None] = lambda: None
) -> list[list[Verdict]]:
    """The verdicts on the jobs of several learners, in their order; `on_done` is called behind each learner."""
    places = asyncio.Semaphore(min(MOST_AT_ONCE, os.cpu_count() or 1))

    async def one(of_learner: Sequence[Job]) -> list[Verdict]:
        async with places:
            found = await run_jobs(of_learner, limit)
        on_done()
        return found

    return await asyncio.gather(*map(one, jobs))


async def run_jobs(jobs: Sequence[Job], limit: float) -> list[Verdict]:
    """The verdicts on one learner's jobs, in their order."""
    left = [job for job in jobs if job.verdict is None]
    found: list[Verdict] = []
    while len(found) < len(left):
        found += await _run_some(left[len(found) :], limit)
    verdicts = iter(found)
    return [next(verdicts) if job.verdict is None else job.verdict for job in jobs]


async def _run_some(jobs: Sequence[Job], limit: float) -> list[Verdict]:
    """The verdicts of one process; at least one, of which the last says why it ended early, where it did."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.json"
        path.write_text(json.dumps([asdict(job) for job in jobs]), "utf-8")
        command = (sys.executable, "-P", "-m", "wslab.cli.grade.worker", "{jobs}")
        async with running(command, "{jobs}", str(path), "WSLAB_GRADE_JOBS", grace=0) as process:
            is_over = await _wait(process, path.with_suffix(".verdicts"), limit)
        found = [_verdict(line, job) for line, job in zip(_lines(path.with_suffix(".verdicts")), jobs, strict=False)]
    if len(found) < len(jobs):
        why = f"it did not end within {limit:g} s" if is_over else "it ended the process that checks it"
        found.append(Verdict(jobs[len(found)].exercise, "hangs" if is_over else "raises", why))
    return found


async def _wait(process: Program, path: Path, limit: float) -> bool:
    """Wait for the end of a process; whether its time was over before."""
    written, since, allowed = 0, asyncio.get_running_loop().time(), START
    while process.exit_code is None:
        await process.wait(LOOK)
        size, now = _size(path), asyncio.get_running_loop().time()
        if size > written:
            written, since, allowed = size, now, limit
        if now - since > allowed:
            return True
    return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _lines(path: Path) -> list[str]:
    """The whole lines that a process wrote; the first one is empty, and says that it has begun."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        return file.read(MOST_READ).decode("utf-8", "replace").split("\n")[1:-1]


def _verdict(line: str, job: Job) -> Verdict:
    try:
        data = json.loads(line)
        values = [data[name] for name in ("result", "sentence", "rule", "mistake")]
    except (ValueError, LookupError, TypeError, RecursionError):
        values = []
    if not values or not all(isinstance(value, str) for value in values) or values[0] not in (*KINDS, "not run"):
        return Verdict(job.exercise, "not run", "what came of its process cannot be read")
    return Verdict(job.exercise, *values)
