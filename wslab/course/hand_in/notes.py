"""What happened in this kernel: how each prediction came out, and what each check said last.

It is kept in memory and goes with the kernel. Nobody reads it unless the learner asks for a report (`handing_in`).
A prediction is noted when its run decides: a choice that is made afterwards is no prediction. It is known by its cell
and its question, and where its cells run again, the first choice counts. A check is known by its cell, its own name and
that of the learner's function; the last result is kept, and whether one was ever right.

The public checks note what they say (`noted`): `wslab` makes it so for each `check_...` when that is first used, and
`wslab.check` for its own. Inside the package a check that uses another one notes nothing.

Notes are facts, never sentences. They are bounded: `MOST_NOTES` of each kind, and texts of `MOST_TEXT` characters.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

from wslab.course.report import CheckResult
from wslab.kernel import kernel_shell, present_cell

__all__ = ["MOST_NOTES", "MOST_TEXT", "NOTES", "CheckNote", "Notes", "PredictionNote", "note_prediction", "noted"]

MOST_NOTES = 500
"""Predictions that are noted, and checks; of more only the number is kept."""

MOST_TEXT = 500
"""Characters of a question, a choice or a name that are kept."""

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class PredictionNote:
    """How a prediction came out: `chosen` and `right` are None where nothing was chosen before the run."""

    question: str
    chosen: str | None
    actual: str
    right: bool | None
    cell: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """By what it is known."""
        return self.cell, self.question


@dataclass(frozen=True, slots=True)
class CheckNote:
    """What a check said last: `result` is the `kind` of a `CheckResult`, `passed` whether it ever was right.

    `function` is the name of what the learner wrote, where it has one. `runs` counts how often it was checked in
    one kernel. `cell` is the id of the cell, empty where the front end says none.
    """

    check: str
    function: str
    result: str
    passed: bool
    runs: int = 1
    rule: str = ""
    mistake: str = ""
    cell: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """By what it is known."""
        return self.cell, self.check, self.function


class Notes:
    """Notes in the order in which they came, each of its kind once."""

    def __init__(self) -> None:
        self.predictions: dict[tuple[str, str], PredictionNote] = {}
        self.checks: dict[tuple[str, str, str], CheckNote] = {}
        self.left_out = 0
        """How many did not fit."""

    def add_prediction(self, note: PredictionNote) -> None:
        """Note a prediction; the first one with a choice stays."""
        earlier = self.predictions.get(note.key)
        if earlier is not None and (earlier.chosen is not None or note.chosen is None):
            return
        if self._has_room(self.predictions, note.key):
            self.predictions[note.key] = note

    def add_check(self, note: CheckNote) -> None:
        """Note a check: it takes the place of the one before, and has passed where that one had."""
        earlier = self.checks.get(note.key)
        if earlier is not None and earlier.passed:
            note = replace(note, passed=True)
        if self._has_room(self.checks, note.key):
            self.checks[note.key] = note

    def add_all(self, predictions: Iterable[PredictionNote], checks: Iterable[CheckNote]) -> None:
        """Add what was noted elsewhere."""
        for prediction in predictions:
            self.add_prediction(prediction)
        for check in checks:
            self.add_check(check)

    def _has_room(self, kept: Mapping[Any, object], key: object) -> bool:
        fits = key in kept or len(kept) < MOST_NOTES
        self.left_out += not fits
        return fits


NOTES = Notes()
"""The notes of this kernel."""


def note_prediction(question: str, chosen: str | None, actual: str) -> None:
    """Note how a prediction came out."""
    right = None if chosen is None else chosen == actual
    chosen = None if chosen is None else chosen[:MOST_TEXT]
    NOTES.add_prediction(PredictionNote(question[:MOST_TEXT], chosen, actual[:MOST_TEXT], right, _cell()))


def noted(check: Callable[P, CheckResult], name: str) -> Callable[P, CheckResult]:
    """A check that notes what it says, under this name."""

    @functools.wraps(check)
    def noting(*given: P.args, **options: P.kwargs) -> CheckResult:
        result = check(*given, **options)
        _note_check(name, given[0] if given else None, result)
        return result

    return noting


def _note_check(check: str, mine: object, result: CheckResult) -> None:
    function = mine.__name__[:MOST_TEXT] if inspect.isfunction(mine) else ""
    note = CheckNote(check, function, result.kind, result.ok is True, 1, result.rule, result.mistake, _cell())
    earlier = NOTES.checks.get(note.key)
    NOTES.add_check(note if earlier is None else replace(note, runs=earlier.runs + 1))


def _cell() -> str:
    shell = kernel_shell()
    return ((present_cell(shell) if shell is not None else None) or "")[:MOST_TEXT]
