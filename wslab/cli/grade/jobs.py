"""What is run of a learner's notebook: of each exercise its definitions, and the check of the course.

A notebook is one of the course by the ids of its cells, which stay when a file is copied or renamed; where they are
gone, by its name. Of an exercise the definition that counts is the last one in its own cell or in a cell that the
learner added. What this uses is looked for by name: functions, classes, imports and literal values from anywhere in
the learner's notebook, then the definitions of the course. Nothing else of the notebook is run: no call, no loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wslab.cli.grade.cells import Cell, Definition, definitions, parsed, program, used_names
from wslab.cli.grade.exercises import Exercise, Lesson

__all__ = ["Job", "Verdict", "jobs_of", "lesson_of"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of an exercise: `result` is the `kind` of a `CheckResult`, `missing` or `not run`."""

    exercise: str
    result: str
    sentence: str = ""
    rule: str = ""
    mistake: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the check passed."""
        return self.result == "right"


@dataclass(frozen=True, slots=True)
class Job:
    """An exercise of a learner's: the verdict where nothing has to run, otherwise the code that does.

    `setup` is the course's, `mine` the learner's, `check` the course's.
    """

    exercise: str
    verdict: Verdict | None = None
    setup: str = ""
    mine: str = ""
    check: str = ""


def lesson_of(cells: Sequence[Cell], name: str, course: Sequence[Lesson]) -> Lesson | None:
    """Which notebook of the course it is; None where it is none."""
    shared = {lesson.name: sum(cell.id in lesson.by_id for cell in cells) for lesson in course}
    likely = [lesson for lesson in course if shared[lesson.name] or lesson.name in name]
    return max(likely, key=lambda lesson: (shared[lesson.name], lesson.name in name), default=None)


def jobs_of(cells: Sequence[Cell], lesson: Lesson) -> list[Job]:
    """The exercises of a learner's notebook, in the order of the course."""
    return [_job(cells, exercise, lesson) for exercise in lesson.exercises]


def _job(cells: Sequence[Cell], exercise: Exercise, lesson: Lesson) -> Job:
    own = [cell for cell in cells if _may_answer(cell, exercise, lesson)]
    answers = definitions(own)
    broken = _broken(own, exercise)
    if broken:
        return Job(exercise.title, Verdict(exercise.title, "raises", broken))
    if not all(name in answers for name in exercise.names):
        why = "the notebook defines it no longer"
        return Job(exercise.title, Verdict(exercise.title, "missing", why))
    if not _is_changed(own, exercise):
        return Job(exercise.title, Verdict(exercise.title, "not yet"))
    mine = program(exercise.names, _mine(cells, own, exercise, lesson))
    setup = program(exercise.needs | used_names(mine), lesson.known)
    return Job(exercise.title, None, setup, mine, exercise.check.source)


def _may_answer(cell: Cell, exercise: Exercise, lesson: Lesson) -> bool:
    """Whether it is the exercise's own cell, or one that the course does not have."""
    return cell.id == exercise.cell.id or cell.id not in lesson.by_id or not cell.id


def _broken(own: Sequence[Cell], exercise: Exercise) -> str:
    """Why the exercise's own cell cannot be read; empty where it can."""
    for cell in own:
        try:
            if cell.id == exercise.cell.id:
                parsed(cell.source)
        except ValueError as error:
            return f"the cell {error}"
    return ""


def _is_changed(own: Sequence[Cell], exercise: Exercise) -> bool:
    """Whether any cell that defines one of the names is other than the course's."""
    defining = [cell for cell in own if set(exercise.names) & set(definitions([cell]))]
    return any(cell.source.strip() != exercise.cell.source.strip() for cell in defining)


def _mine(cells: Sequence[Cell], own: Sequence[Cell], exercise: Exercise, lesson: Lesson) -> dict[str, Definition]:
    """The learner's definitions by name; those of the exercise come from its own cells alone."""
    theirs = [cell for cell in cells if cell.source != getattr(lesson.by_id.get(cell.id), "source", None)]
    known = definitions(theirs, values=[cell.id for cell in own if cell.id == exercise.cell.id or not cell.id])
    places = {id(cell): place for place, cell in enumerate(theirs)}
    for place, cell in enumerate(own):
        for name, found in definitions([cell]).items():
            if name in exercise.names:
                known[name] = Definition((places.get(id(cell), place), found.place[1]), found.code)
    return known
