"""A learner's function of one value, tried on cases whose right values are known.

How it works: a check has `Case`s, and `Mistake`s, which are the algorithms that people write instead of the right one.
The first case that goes wrong is told: what was given, what came, what should have come. Where the learner's values are
those of a mistake in every case, the hint names the mistake; else it says what is special about the case.

Lists and tuples count as the same: a learner may give either.

Left out: a value of another type, an error, a stub (`Task`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from wslab.course.networks.trial import Task, shown
from wslab.course.report import CheckResult

__all__ = ["Case", "Mistake", "judge"]


class Case(NamedTuple):
    """What is given to the function, what it should give, and what is special about it, as a hint."""

    given: Any
    wanted: Any
    about: str


class Mistake(NamedTuple):
    """A wrong algorithm, which gives a value for each case, and what to say to one who wrote it."""

    algorithm: Callable[[Any], Any]
    words: str


def judge(mine: object, task: Task, cases: Sequence[Case], mistakes: Sequence[Mistake], right: str) -> CheckResult:
    """The first case that goes wrong; `right` is what is said where none does."""
    values = task.values(mine, [case.given for case in cases])
    if isinstance(values, CheckResult):
        return values
    wrong = next(((case, value) for case, value in zip(cases, values, strict=True) if not _same(case, value)), None)
    if wrong is None:
        return task.right(right)
    case, value = wrong
    sentence = f"for {shown(case.given)} it gives {shown(value)}, and it should be {shown(case.wanted)}."
    hint = next((each.words for each in mistakes if _is_made(each, cases, values)), case.about)
    return task.wrong(sentence, hint)


def _same(case: Case, value: object) -> bool:
    return bool(_listed(value) == _listed(case.wanted))


def _listed(value: Any) -> Any:
    """The value with a list for each tuple in it."""
    return list(map(_listed, value)) if isinstance(value, (list, tuple)) else value


def _is_made(mistake: Mistake, cases: Sequence[Case], values: Sequence[object]) -> bool:
    """Whether the wrong algorithm gives these values."""
    return all(
        _listed(value) == _listed(mistake.algorithm(case.given)) for value, case in zip(values, cases, strict=True)
    )
