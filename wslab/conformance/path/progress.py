"""The file that keeps what has passed: `wslab-build.json`.

It is JSON in UTF-8, an object with these names; later versions may have more of them, which a reader skips.

- `format`: `"wslab-build"`. `version`: 1; a change that a reader has to know of raises it.
- `wslab`: the version of wslab that wrote it last.
- `target`: the command as a list of words, or the address of a running server as a string.
- `stages`: an object by the names of stages that were run, in the order of the path. Of each:
    - `passed`: whether it passed when it was run last. `first_passed`: when it first did, null where it never did.
    - `run`: when it was run last. `runs`: how often it was run. `seconds`: how long the last run took.
    - `cases`: how many cases the stage has. `declined`: whether the server declined what the stage is about.
    - `notes`: remarks on cases that are right, each `{"case": ..., "note": ...}`.
    - `failed`: null, or the case that is not right: `case`, `title`, `problem`, `rule` (an id of the rules, or null),
      `section`, `byte` and `bit` of the first wrong bit (or null), `expected` and `came` as hex (the first 64 bytes).

Times are ISO 8601 in UTC, to the second. The order of the path is that of `wslab build --list`.

Left out: writing it to the disk, which the command does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from wslab.conformance.path.run import Result, StageResult
from wslab.conformance.path.stages.catalogue import STAGES

__all__ = ["FORMAT", "VERSION", "as_progress", "is_passed", "read_progress"]

FORMAT, VERSION = "wslab-build", 1
"""What the file calls itself, and the version of its format."""

MOST_BYTES = 64
"""Bytes of what came, and of what had to come, that are kept."""

Progress = dict[str, Any]


def read_progress(text: str) -> Progress:
    """The content of a progress file; `ValueError` with the end of a sentence where it is not one."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("stages"), dict):
        raise ValueError("is not a progress file of wslab build")
    if data.get("version") != VERSION:
        version = f"{data.get('version')!r:.40}"
        raise ValueError(f"has version {version} of the format, and this wslab knows version {VERSION}")
    return data


def is_passed(progress: Mapping[str, Any], stage: str) -> bool:
    """Whether a stage passed when it was run last."""
    kept = progress.get("stages", {}).get(stage)
    return isinstance(kept, dict) and kept.get("passed") is True


def as_progress(
    before: Mapping[str, Any], target: list[str] | str, results: Sequence[StageResult], version: str
) -> Progress:
    """What to keep after a run: the stages that were run, and of all others what was kept before.

    `version` is that of wslab.
    """
    stages = dict(before.get("stages", {}))
    for result in results:
        kept = stages.get(result.stage.name)
        stages[result.stage.name] = _stage_data(result, kept if isinstance(kept, dict) else {})
    known = [name for name in STAGES if name in stages]
    order = [*known, *(name for name in stages if name not in STAGES)]
    return {
        **before,
        "format": FORMAT,
        "version": VERSION,
        "wslab": version,
        "target": target,
        "stages": {name: stages[name] for name in order},
    }


def _stage_data(result: StageResult, before: Mapping[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    runs = before.get("runs", 0)
    return {
        "passed": result.passed,
        "first_passed": before.get("first_passed") or (now if result.passed else None),
        "run": now,
        "runs": (runs if isinstance(runs, int) else 0) + 1,
        "seconds": round(result.seconds, 3),
        "cases": len(result.stage.cases),
        "declined": result.declined,
        "notes": [{"case": case.name, "note": note} for case, note in result.notes],
        "failed": None if result.failed is None else _failed_data(result.failed),
    }


def _failed_data(failed: Result) -> dict[str, Any]:
    finding, lesson = failed.finding, failed.finding.lesson
    return {
        "case": failed.case.name,
        "title": failed.case.title,
        "problem": finding.problem,
        "rule": lesson.rule.id if lesson and lesson.rule else None,
        "section": lesson.section if lesson else None,
        "byte": finding.wrong.byte if finding.wrong else None,
        "bit": finding.wrong.bit if finding.wrong else None,
        "expected": finding.expected[:MOST_BYTES].hex(),
        "came": finding.came[:MOST_BYTES].hex(),
    }
