"""Running the stages of the path against a server, one after the other.

A stage ends at its first case that is not right: one mistake is enough to fix, and those behind it often follow from
it. The path ends at the first stage that has not passed, unless it is told to go on. Behind a case that was right
although the server ended TCP, and behind each `Survival`, the program has to be alive and to serve the next client.

Nothing is drawn or printed here: `on_stage` and `on_result` are called as the path goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wslab.conformance.lessons import Lesson
from wslab.conformance.path.case import Case, Echo, Stage, Survival
from wslab.conformance.path.exchange import KEY, Seen, play
from wslab.conformance.path.judging import Finding, judge
from wslab.conformance.path.target import Target, reason
from wslab.protocol import Frame

__all__ = ["DEATH", "Result", "StageResult", "run_path"]

DEATH = Lesson(
    "a server serves the next client, whatever one client has done; no RFC says so, this path does",
    "",
    "one client that is broken, hostile or gone must not take the connections of all others with it",
    "catch every error of a connection in that connection: close it, log it, and go on accepting",
)

_NEXT = Case(
    "next-client",
    "the next client",
    Echo((Frame.text("next"),)),
    (Frame.text("next", mask=KEY),),
)


@dataclass(frozen=True, slots=True)
class Result:
    """A case that was played: what passed on its connection (None: there was none), and the finding.

    `death` says how the program ended, empty while it runs. `said` is the last that it printed then, or the error that
    left its code.
    """

    case: Case
    seen: Seen | None
    finding: Finding
    death: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class StageResult:
    """A stage that was run. `results` are its cases up to the first that is not right."""

    stage: Stage
    results: tuple[Result, ...]
    seconds: float

    @property
    def failed(self) -> Result | None:
        """The case that is not right."""
        return next((each for each in self.results if not each.finding.passed), None)

    @property
    def passed(self) -> bool:
        """Whether every case is right."""
        return self.failed is None

    @property
    def declined(self) -> bool:
        """Whether the server declined what the stage is about, which is its right."""
        return any(each.finding.declined for each in self.results)

    @property
    def notes(self) -> tuple[tuple[Case, str], ...]:
        """The cases that are right and have a remark."""
        return tuple((each.case, each.finding.note) for each in self.results if each.finding.note)


async def run_path(
    target: Target,
    stages: Sequence[Stage],
    *,
    limit: float,
    go_on: bool = False,
    on_stage: Callable[[Stage], object] = lambda stage: None,
    on_result: Callable[[StageResult], object] = lambda result: None,
) -> list[StageResult]:
    """Run the stages; with at most `limit` seconds for each answer of the server.

    `go_on` runs the stages behind the first that has not passed, too. Raises NotGraded where the server cannot be
    started or reached at all.
    """
    done: list[StageResult] = []
    for stage in stages:
        on_stage(stage)
        await target.ready()
        done.append(await _run_stage(target, stage, limit))
        on_result(done[-1])
        if not (done[-1].passed or go_on):
            break
    return done


async def _run_stage(target: Target, stage: Stage, limit: float) -> StageResult:
    begin = time.monotonic()
    results: list[Result] = []
    for case in stage.cases:
        results.append(await _run_case(target, case, limit))
        if not results[-1].finding.passed:
            break
    return StageResult(stage, tuple(results), time.monotonic() - begin)


async def _run_case(target: Target, case: Case, limit: float) -> Result:
    try:
        connection = await target.dial()
    except OSError as error:
        death = await target.death()
        return Result(case, None, _not_served(death or f"takes no connection ({reason(error)})"), death, target.said)
    try:
        seen = await play(case, target.uri, connection, limit)
        if case.ends == "reset":
            connection.reset()
        result = await _survived(target, Result(case, seen, judge(case, seen)), limit)
        return result if result.finding.passed or result.said else replace(result, said=target.raised)
    finally:
        await connection.close()


async def _survived(target: Target, result: Result, limit: float) -> Result:
    """The result, unless the program ended, or the next client is not served."""
    assert result.seen is not None
    must = isinstance(result.case.want, Survival)
    if not must and result.finding.passed and not result.seen.just_ended:
        return result
    death = "" if must else await target.death()
    if must and not (death := await _ask_again(target, limit)):
        return result
    if not death:
        return result
    return replace(result, finding=_not_served(death), death=death, said=target.said)


async def _ask_again(target: Target, limit: float) -> str:
    """Why the next client is not served, in words; empty where it is."""
    try:
        connection = await target.dial()
    except OSError as error:
        return await target.death() or f"takes no connection ({reason(error)})"
    try:
        seen = await play(_NEXT, target.uri, connection, limit)
        told = judge(_NEXT, seen).problem
        return (await target.death() or f"does not serve the next client ({told.rstrip('.')})") if told else ""
    finally:
        await connection.close()


def _not_served(death: str) -> Finding:
    return Finding(f"The program {death}.", lesson=DEATH, wanted="the next client is served")
