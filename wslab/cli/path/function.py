"""`wslab.build`: the path of `wslab build` for a coroutine function of this process, in virtual time.

Nothing waits: what a server on TCP would have seconds for takes none here, and the same function gives the same run in
every environment, a browser's Python too. What is printed is what the command prints.

Left out: a program and an address, which are the command's, and the file that keeps the progress.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from wslab.cli.path.terminal import CALL, Screen
from wslab.conformance.path.case import Stage
from wslab.conformance.path.run import StageResult, run_path
from wslab.conformance.path.served import Served
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.lab import Lab

__all__ = ["build"]

WIDTH = 70
"""Columns of what is printed: they fit into a notebook in half of a screen."""


def build(
    server: Any, *stages: str, go_on: bool = False, hints: bool = False, timeout: float = 3.0
) -> list[StageResult]:
    """Take a server that you write through the stages of the path, and print where it is wrong, to the byte.

    `server` is `async def server(reader, writer)`, as `asyncio.start_server` takes it; each connection is a call of it.
    `stages` are names of the stages to run, by default all of them in their order; `wslab build --list` says what each
    asks. The first that does not pass ends the run, unless it is to `go_on`. `hints` prints the bigger hint, too.
    `timeout` is how many seconds of virtual time the server has for each answer.

    Gives the stages that were run: of each `passed`, `failed` (the case that is not right) and `stage`.

    Raises TypeError for what is no coroutine function, ValueError for a stage that does not exist.
    """
    if not inspect.iscoroutinefunction(server):
        raise TypeError("build() wants your server as `async def server(reader, writer)`, without brackets behind it.")
    unknown = [name for name in stages if name not in STAGES]
    if unknown:
        raise ValueError(f"There is no stage {unknown[0]!r}; the stages are {', '.join(STAGES)}.")
    chosen = [STAGES[name] for name in stages or STAGES]
    lab = Lab(clock="virtual", tape=False, log_errors=False)
    try:
        return lab.run(_run(server, chosen, go_on=go_on, hints=hints, timeout=timeout))
    finally:
        lab.run(lab.close())


async def _run(server: Any, stages: Sequence[Stage], *, go_on: bool, hints: bool, timeout: float) -> list[StageResult]:
    console = Console(
        file=sys.stdout, width=WIDTH, color_system=None, force_jupyter=False, highlight=False, emoji=False
    )
    screen = Screen(console, hints=hints, before={}, wording=CALL)
    async with Served(server) as target:
        results = await run_path(target, stages, limit=timeout, go_on=go_on, on_result=screen.show)
    screen.end(results)
    return results
