"""Calling a learner's function once for each case, and what there is to say where that gives no values to judge.

A stub that gives None or `...` every time is "Not yet". An error, a coroutine or a value of another type is told with
the case that brought it about.

Left out: whether a value is right (`intervals`, `beats`, `forwarding`, `causes`).
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from wslab.course.answers import in_words, is_empty, value_of
from wslab.course.report import CheckResult

__all__ = ["Task", "shown"]

MOST_SHOWN = 120
"""Characters of a value that are shown."""


def shown(value: object) -> str:
    """A value as Python writes it, shortened."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


_NO_RETURN = "gives None, as one without `return` does"


@dataclass(frozen=True, slots=True)
class Task:
    """What a learner's function is to give: its type in words, where to begin, more than that, and one solution."""

    types: tuple[type, ...]
    gives: str
    begin: str
    bigger: str
    solution: str

    def wrong(self, sentence: str, hint: str) -> CheckResult:
        """A result that names a mistake."""
        return CheckResult(False, sentence, hint, self.bigger, self.solution)

    def right(self, sentence: str) -> CheckResult:
        """A result that has nothing to say but that it is right."""
        return CheckResult(True, sentence)

    def values(self, mine: object, cases: Sequence[object]) -> list[Any] | CheckResult:
        """What the function gives for each case; a result where it gives something that cannot be judged."""
        if not callable(mine):
            return self._not_yet() if is_empty(mine) else self._no_function(mine)
        values = []
        for case in cases:
            value, raised = value_of(mine, deepcopy(case))  # a learner may change what is given
            if raised is not None:
                return self._raised(case, raised)
            if inspect.iscoroutine(value):
                return self._coroutine(value)
            values.append(value)
        if all(is_empty(value) and not isinstance(value, str) for value in values):
            return self._not_yet(_NO_RETURN if None in values else "gives nothing yet")
        other = self._first_other(values, cases)
        return values if other is None else other

    def _raised(self, case: object, raised: CheckResult) -> CheckResult:
        sentence = f"for {shown(case)} {raised.sentence}"
        return replace(raised, sentence=sentence, bigger_hint=raised.bigger_hint or self.bigger, solution=self.solution)

    def _not_yet(self, about: str = "gives nothing yet") -> CheckResult:
        sentence = f"the function {about}; the check wants {self.gives}."
        return CheckResult(None, sentence, self.begin, self.bigger, self.solution)

    def _no_function(self, mine: object) -> CheckResult:
        sentence = f"this is {in_words(mine)}, and the check calls your function with cases of its own."
        return self.wrong(sentence, "Give the function itself: its name, without brackets behind it.")

    def _coroutine(self, value: Coroutine[Any, Any, Any]) -> CheckResult:
        value.close()  # it will never run, and Python would warn of that
        return self.wrong("the function gives a coroutine, which has not run.", "Write `def` instead of `async def`.")

    def _first_other(self, values: Sequence[object], cases: Sequence[object]) -> CheckResult | None:
        pairs = zip(values, cases, strict=True)
        wrong = next(((value, case) for value, case in pairs if not self._fits(value)), None)
        return None if wrong is None else self._other(shown(wrong[1]), wrong[0])

    def _fits(self, value: object) -> bool:
        return isinstance(value, self.types) and (bool in self.types or not isinstance(value, bool))

    def _other(self, case: str, value: object) -> CheckResult:
        sentence = f"for {case} the function gives {in_words(value)}, and the check wants {self.gives}."
        if bool in self.types and isinstance(value, str):
            return self.wrong(sentence, "Where x is not a, `x == a or b` gives b. `x in {a, b}` compares x with both.")
        return self.wrong(sentence, f"Every way through the function ends with `return` and {self.gives}.")
