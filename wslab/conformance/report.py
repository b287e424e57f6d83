"""The report of a run: its cases with their grades, and what there is to fix.

A report is plain data. What the terminal, the page and the JSON file show is derived from its cases: counts by grade
and group, lessons with all cases that need them, remarks. A lesson is shown once: cases with the same duty and the same
way to fix it come together.

Left out: the sentences around it (`words`), and how it looks (`page`, the terminal).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from wslab.conformance.cases import GROUPS, group_of
from wslab.conformance.lessons import Lesson
from wslab.conformance.results import Log
from wslab.protocol import Role

__all__ = ["GRADES", "Case", "Grade", "Report", "Taught"]

Grade = Literal["ok", "non-strict", "informational", "unimplemented", "failed"]
GRADES: tuple[Grade, ...] = ("ok", "non-strict", "informational", "unimplemented", "failed")


@dataclass(frozen=True, slots=True)
class Case:
    """One case that was run.

    `behaviour` and `close_behaviour` are the suite's two verdicts in its words, `grade` is both in one. `expectation`
    is the suite's text; `expected` and `received` are events and the end in words. `sent` and `answered` are the bytes
    as the suite logged them, up to the first that it left out. `lesson` says why the grade is not ok; `remark` is a
    rule that `answered` breaks, which a case of any grade may have.
    """

    id: str
    title: str
    grade: Grade
    behaviour: str
    close_behaviour: str
    expectation: str
    expected: str
    received: str
    outcome: str
    sent: Log
    answered: Log
    seconds: float
    lesson: Lesson | None
    remark: Lesson | None = None

    @property
    def group(self) -> str:
        """The group's number, as in `GROUPS`."""
        return group_of(self.id)


class Taught(NamedTuple):
    """A lesson and its cases; `is_remark` where the suite did not ask for it. Its `where` is that of the first case."""

    lesson: Lesson
    cases: tuple[Case, ...]
    is_remark: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All cases of a run, in their order. `role` is the role of the endpoint that was graded, `target` where it is."""

    role: Role
    target: str
    agent: str
    suite: str
    seconds: float
    cases: tuple[Case, ...]

    @property
    def passed(self) -> bool:
        """Whether no case failed, and nothing that came back broke a rule."""
        return not self.of("failed") and not self.remarks

    @property
    def remarks(self) -> tuple[Case, ...]:
        """The cases in which what came back breaks a rule, whatever the suite says."""
        return tuple(case for case in self.cases if case.remark)

    def of(self, *grades: Grade) -> tuple[Case, ...]:
        """The cases with one of these grades."""
        return tuple(case for case in self.cases if case.grade in grades)

    def counts(self, group: str | None = None) -> Counter[Grade]:
        """How many cases got which grade, in a group or in all."""
        return Counter(case.grade for case in self.cases if group in (None, case.group))

    @property
    def taught(self) -> tuple[Taught, ...]:
        """What there is to fix, each lesson once with its cases, the gravest first."""
        found: dict[tuple[str, str], list[Case]] = {}
        for case in (*self.of("failed"), *self.of("non-strict")):
            if case.lesson is not None:
                found.setdefault((case.lesson.text, case.lesson.fix), []).append(case)
        noticed: dict[str, list[Case]] = {}
        for case in self.remarks:
            if case.remark is not None and case.remark != case.lesson:
                noticed.setdefault(case.remark.text, []).append(case)
        failed = (Taught(cases[0].lesson, tuple(cases)) for cases in found.values() if cases[0].lesson)
        seen = (Taught(cases[0].remark, tuple(cases), True) for cases in noticed.values() if cases[0].remark)
        return (*failed, *seen)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that have cases here."""
        return tuple(group for group in GROUPS if any(case.group == group for case in self.cases))

    def as_data(self) -> dict[str, Any]:
        """All of it, for JSON; bytes are hex."""
        return {
            "role": self.role.value,
            "target": self.target,
            "agent": self.agent,
            "suite": self.suite,
            "seconds": round(self.seconds, 3),
            "passed": self.passed,
            "counts": {grade: self.counts()[grade] for grade in GRADES},
            "remarks": [case.id for case in self.remarks],
            "cases": [_case_data(case) for case in self.cases],
        }


def _case_data(case: Case) -> dict[str, Any]:
    names = ("id", "group", "title", "grade", "behaviour", "close_behaviour", "expectation", "expected", "received")
    return {
        **{name: getattr(case, name) for name in names},
        "outcome": case.outcome,
        "seconds": case.seconds,
        "sent": {"hex": case.sent.data.hex(), "whole": case.sent.whole},
        "answered": {"hex": case.answered.data.hex(), "whole": case.answered.whole},
        "lesson": _lesson_data(case.lesson) if case.lesson else None,
        "remark": _lesson_data(case.remark) if case.remark else None,
    }


def _lesson_data(taught: Lesson) -> dict[str, Any]:
    names = ("text", "section", "why", "where", "fix")
    return {"rule": taught.rule.id if taught.rule else None, **{name: getattr(taught, name) for name in names}}
