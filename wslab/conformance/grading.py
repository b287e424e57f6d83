"""From a result of the suite to a `Case`: one grade from two verdicts, and what there is to learn.

The suite judges twice, the behaviour and the end. A case is "ok", "non-strict", "informational" or "unimplemented" by
its behaviour; it has failed where the behaviour or the end is wrong. A case that the client never came to has failed.

Left out: the lesson itself (`lessons`), and running the case (`runner`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslab.conformance.lessons import lesson, never_run, remark
from wslab.conformance.report import Case, Grade
from wslab.conformance.results import Log, closing, events, log_of, plain, wanted
from wslab.protocol import Role

if TYPE_CHECKING:
    from kosoku._kosoku import CaseResult

__all__ = ["case_of", "not_run"]


def case_of(result: CaseResult, role: Role) -> Case:
    """The case that a result is about; `role` is the role of the endpoint that is graded."""
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


def not_run(case: str) -> Case:
    """The case of this number, which the endpoint did not come to, or not to the end of."""
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
        lesson=never_run(),
    )
