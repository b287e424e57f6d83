"""Which known mistake a learner's function has made: the one whose function does the same.

How it works: a case tells of a mistake where the function with that mistake does something else than the right one. A
mistake is found where the learner's function does the same as it in all cases that tell of it, and there are at least
`FEWEST` of these; or one, such as the empty body of a Close, and both do the same in all cases. Of several, the one
that agrees in most cases is taken, and then the first of the table. A function with two mistakes can have the one, too, as
long as the other leaves some cases alone. Where no function explains it, a mistake does whose `when` holds in all calls
that failed: some show in too many ways for one function.

Left out: what is said about a mistake (`task`, `judge`).
"""

from __future__ import annotations

from collections.abc import Sequence
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
    found = [(_agreement(task, each, seen), -number, each) for number, each in enumerate(task.mistakes)]
    best = max(found, default=None)
    if best is not None and best[0]:
        return best[2]
    failing = [each for each in seen if not each.is_right]
    return next((each for each in task.mistakes if failing and _holds(each, failing)), None)


def _holds(mistake: Mistake, failing: Sequence[Seen]) -> bool:
    return mistake.when is not None and all(mistake.when(each.outcome, each.right) for each in failing)


def explains(task: Task, mistake: Mistake, seen: Seen) -> bool:
    """Whether a mistake explains what was seen of one case."""
    return task.wrong(mistake, seen.case).key == seen.outcome.key or _holds(mistake, [seen])


def _agreement(task: Task, mistake: Mistake, seen: Sequence[Seen]) -> int:
    """The cases in which the learner's function does what the mistake does; 0 where it is not this mistake."""
    same = telling = 0
    for case, outcome, right in seen:
        wrong = task.wrong(mistake, case).key
        agrees = outcome.key == wrong
        if wrong != right.key:
            telling += 1
            if not agrees:
                return 0
        same += agrees
    # where only one input tells, the function has to do the same everywhere
    return same if telling >= FEWEST or (telling and same == len(seen)) else 0
