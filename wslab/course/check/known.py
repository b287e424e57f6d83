"""Which known mistake a learner's function has made: the one whose function does the same.

How it works: a case tells of a mistake where the function with that mistake does something else than the right one. A
mistake is found where the learner's function does the same as it in all cases that tell of it, and there are at least
`FEWEST` of these; or one, such as the empty body of a Close, and both do the same in all cases. Of several, the one
that agrees in most cases is taken, and then the first of the table. A function with two mistakes can have the one, too,
as long as that one explains half of the calls that failed. Where no function explains it, a mistake does whose `when`
holds in all calls that failed: some show in too many ways for one function.

Left out: what is said about a mistake (`task`, `judge`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from wslab.course.check.outcome import Outcome
from wslab.course.check.task import Case, Mistake, Task

__all__ = ["FEWEST", "Seen", "explains", "find_mistake"]

FEWEST = 2
"""Cases that must tell of a mistake before it is named."""


class Seen(NamedTuple):
    """A case, what the learner's function did in it, and what is right."""

    case: Case
    outcome: Outcome
    right: Outcome

    @property
    def is_right(self) -> bool:
        """Whether both are the same."""
        return self.outcome.key == self.right.key


def find_mistake(task: Task, seen: Sequence[Seen]) -> Mistake | None:
    """The known mistake that explains what was seen; None where none does."""
    marked = [(each.case, _mark(each.outcome), _mark(each.right)) for each in seen]
    found = [(_agreement(task, each, marked), -number, each) for number, each in enumerate(task.mistakes)]
    best = max(found, default=None, key=lambda each: each[:2])
    if best is not None and best[0]:
        return best[2]
    failing = [each for each in seen if not each.is_right]
    return next((each for each in task.mistakes if failing and _holds(each, failing)), None)


def _holds(mistake: Mistake, failing: Sequence[Seen]) -> bool:
    return mistake.when is not None and all(mistake.when(each.outcome, each.right) for each in failing)


def explains(task: Task, mistake: Mistake, seen: Seen) -> bool:
    """Whether a mistake explains what was seen of one case."""
    return task.wrong(mistake, seen.case).key == seen.outcome.key or _holds(mistake, [seen])


def _mark(outcome: Outcome) -> int:
    """A number for what a call did: equal for equal outcomes. By its text, since b"a" and "a" have the same hash."""
    return hash(repr(outcome.key))


@lru_cache(maxsize=8192)
def _mark_of(task: Task, mistake: Mistake, case: Case) -> int:
    """What a mistake gives in a case: the same for every learner. The value itself may be large, and is not kept."""
    return _mark(task.wrong(mistake, case))


def _agreement(task: Task, mistake: Mistake, marked: Sequence[tuple[Case, int, int]]) -> int:
    """The cases in which the learner's function does what the mistake does; 0 where it is not this mistake."""
    same = telling = failed = explained = 0
    for case, mine, right in marked:
        wrong = _mark_of(task, mistake, case)
        if wrong != right:
            telling += 1
            if mine != wrong:
                return 0
        same += mine == wrong
        failed += mine != right
        explained += mine == wrong != right
    if explained * 2 < failed:
        return 0
    # where only one input tells, the function has to do the same everywhere
    return same if telling >= FEWEST or (telling and same == len(marked)) else 0
