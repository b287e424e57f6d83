"""A sheet of answers: a dict of names and what the learner says of each, compared with what is right.

The first answer that is wrong is told, with the reason why it is not so. Where none is wrong and some are left, that is
"Not yet". A sheet of another form is told with the form that it should have.

Left out: where the right answers come from (`case_files`, `proposals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wslab.course.answers import in_words, is_empty
from wslab.course.report import CheckResult
from wslab.explain import counted

__all__ = ["Asked", "judge"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a sheet: what is right, what may be said, why an answer is not so, and where to look."""

    right: str
    choices: tuple[str, ...]
    look: str
    why_not: Mapping[str, str] = field(default_factory=dict)


def judge(mine: object, sheet: Mapping[str, Asked], *, bigger: str) -> CheckResult:
    """Compare a learner's sheet with the right one; `bigger` is the bigger hint for all of it.

    Raises nothing at a learner: whatever `mine` is, there is a sentence about it.
    """
    solution = f"{ {name: each.right for name, each in sheet.items()} }"
    first = next(iter(sheet))
    if is_empty(mine) or mine == b"":
        return CheckResult(None, "the sheet is still empty.", sheet[first].look, bigger, solution)
    if not isinstance(mine, dict):
        form = f"Write a dict, as in {{{first!r}: {sheet[first].choices[0]!r}}}."
        return CheckResult(False, f"a sheet is a dict, and this is {in_words(mine)}.", form, bigger, solution)
    wrong = next((name for name, each in sheet.items() if mine.get(name) and mine[name] != each.right), None)
    if wrong is not None:
        return CheckResult(False, *_told(wrong, mine[wrong], sheet[wrong]), bigger, solution)
    left = [name for name in sheet if not mine.get(name)]
    if left:
        return CheckResult(None, f"{', '.join(left)} still empty.", sheet[left[0]].look, bigger, solution)
    return CheckResult(True, f"all {counted(len(sheet), 'answer')} are what the runs say.")


def _told(name: str, said: object, asked: Asked) -> tuple[str, str]:
    """What was said of a name, and why that is not so."""
    if said not in asked.choices:
        return f"{name}: {said!r} is no answer here.", f"Say one of {', '.join(asked.choices)}."
    return f"{name} is not {said!r}.", asked.why_not.get(str(said), asked.look)
