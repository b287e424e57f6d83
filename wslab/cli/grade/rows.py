"""What is told of each file that was handed in: facts in a row, which a table, CSV and JSON show alike.

Left out: how it is shown (`table`), and what is run (`running`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from wslab.cli.grade.exercises import Lesson
from wslab.cli.grade.folder import HandedIn, Notebook, Problem
from wslab.cli.grade.jobs import Verdict
from wslab.conformance.path.progress import is_passed
from wslab.conformance.path.stages.catalogue import STAGES
from wslab.course.hand_in.contents import Report
from wslab.explain.words import counted

__all__ = ["Graded", "Row", "row_of"]

Kind = Literal["report", "build", "notebook", "unreadable"]

MOST_WORDS = 160
"""Characters of a remark."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is told of a file: `passed` of `total` exercises, checks or stages; both are None where it was not graded.

    `predictions` is how many were right, how many were made, and how many questions there were. `remark` is the first
    thing that is open, or why the file cannot be graded. `verdicts` has each exercise, check or stage. `name` is the
    one that stands in a report.
    """

    learner: str
    file: str
    kind: Kind
    what: str
    passed: int | None = None
    total: int | None = None
    predictions: tuple[int, int, int] | None = None
    remark: str = ""
    verdicts: Sequence[Verdict] = ()
    name: str = ""


class Graded(NamedTuple):
    """Of a notebook: which one of the course it is, None where it is none; its verdicts, None where it was not run."""

    lesson: Lesson | None
    verdicts: Sequence[Verdict] | None


def row_of(handed: HandedIn, learner: str, graded: Graded, course: Sequence[Lesson]) -> Row:
    """The row of a file; only a notebook is `graded`."""
    where = (learner, handed.place.as_posix())
    match handed.content:
        case Problem(why):
            return Row(*where, "unreadable", "", remark=f"{handed.place.name} {why}.")
        case Notebook():
            return _of_notebook(where, graded.lesson, graded.verdicts)
        case Report() as report:
            return _of_report(where, report, course)
        case progress:
            return _of_build(where, progress)


def _of_notebook(where: tuple[str, str], lesson: Lesson | None, verdicts: Sequence[Verdict] | None) -> Row:
    if lesson is None:
        return Row(*where, "notebook", "", remark="It is no notebook of the course.")
    if verdicts is None:
        return Row(*where, "notebook", lesson.name, remark="Nothing was run.")
    return _graded(Row(*where, "notebook", lesson.name), verdicts)


def _of_report(where: tuple[str, str], report: Report, course: Sequence[Lesson]) -> Row:
    cells = {each.cell for each in report.checks} | {each.cell for each in report.predictions}
    names = [lesson.name for lesson in course if cells & set(lesson.by_id)]
    made = (report.right, report.chosen, len(report.predictions))
    verdicts = [
        Verdict(
            " ".join(filter(None, (each.check, each.function and f"({each.function})"))),
            "right" if each.passed else each.result,
            rule=each.rule,
            mistake=each.mistake,
        )
        for each in report.checks
    ]
    left = f"{counted(report.left_out, 'entry', 'entries')} did not fit." if report.left_out else ""
    return _graded(Row(*where, "report", ", ".join(names), predictions=made, remark=left, name=report.name), verdicts)


def _of_build(where: tuple[str, str], progress: Mapping[str, Any]) -> Row:
    """The stages of the path; what the file says of others, or in another form, counts as not passed."""
    verdicts = [
        Verdict(name, "right" if is_passed(progress, name) else "wrong" if kept else "not yet", *_failed(kept))
        for name in STAGES
        for kept in [progress["stages"].get(name)]
    ]
    return _graded(Row(*where, "build", _target(progress)), verdicts)


def _failed(kept: object) -> tuple[str, str]:
    """What the file says of the case that is not right, and its rule; empty texts where it says nothing."""
    failed = kept.get("failed") if isinstance(kept, dict) else None
    values = [failed.get(name) for name in ("problem", "rule")] if isinstance(failed, dict) else []
    problem, rule = [value if isinstance(value, str) else "" for value in values] or ["", ""]
    return problem, rule


def _target(progress: Mapping[str, Any]) -> str:
    target = progress.get("target")
    words = target if isinstance(target, list) else [target]
    return " ".join(word for word in words if isinstance(word, str))[:MOST_WORDS]


def _graded(row: Row, verdicts: Sequence[Verdict]) -> Row:
    """A row with its verdicts, and the first thing that is open as its remark."""
    passed = sum(each.is_right for each in verdicts)
    still = next((each for each in verdicts if not each.is_right), None)
    remark = " ".join(filter(None, [_open(still), row.remark]))
    made = (row.learner, row.file, row.kind, row.what)
    return Row(*made, passed, len(verdicts), row.predictions, remark[:MOST_WORDS], tuple(verdicts), row.name)


def _open(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    about = verdict.sentence or verdict.mistake or verdict.rule
    return f"{verdict.exercise}: {verdict.result}" + (f", {about}" if about else "")
