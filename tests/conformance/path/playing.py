"""Running the path against a program, as the tests do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from wslab.conformance.path.run import StageResult, run_path
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.conformance.path.target import Started

LIMIT = 3.0
"""Seconds for each answer: what has to come comes in milliseconds, on a busy machine in more of them."""


async def taken(command: Sequence[str], *stages: str, limit: float = LIMIT) -> list[StageResult]:
    """The results of the stages, by default of all, up to the first that has not passed."""
    async with Started(command) as target:
        return await run_path(target, [STAGES[name] for name in stages or STAGES], limit=limit)


def python(path: Path) -> list[str]:
    """The command that runs a server in Python."""
    return [sys.executable, str(path), "{port}"]
