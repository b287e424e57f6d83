"""Runs a learner's function on the cases of a task, and makes the report.

How it works: the cases of the table come first. If some fail, the known mistakes are compared, and hypothesis looks for
a smaller case that shows the same. If none fails, hypothesis looks for one that does. What is told is the smallest case
that failed. A call that hangs ends the check: there is no smaller one, and each would cost a second.

It is "Not yet" where every call gives nothing. It is right only where every case was right, and the sentence says how
many there were, and which were not tried.

Left out: what is right, and the words of each mistake (the modules of the tasks).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wslab.course.answers import capital, explain_error, not_a_function
from wslab.course.check.inputs import is_here, search
from wslab.course.check.known import Seen, explains, find_mistake
from wslab.course.check.outcome import Other, Outcome, call
from wslab.course.check.task import Case, Mistake, Task, shown, shown_call
from wslab.course.report import CheckResult
from wslab.explain.words import counted
from wslab.lab.clock.real import RealClock
from wslab.protocol.errors import ProtocolError
from wslab.protocol.rules import RULES

__all__ = ["check"]

MOST_OF_A_CALL = 60
"""Letters of a call that are told where nothing is written yet."""

MOST_TOTAL = 5.0
"""Seconds after which a check of a slow function goes no further."""


def check(task: Task, mine: object) -> CheckResult:
    """Try a learner's function on every case; the smallest that fails is told."""
    early = not_a_function(mine, f"{task.begin}.")
    if early is not None:
        return _with_helps(early, task)
    assert callable(mine)
    runs = _Runs(task, mine)
    for case in task.cases:
        if not runs.is_over:
            runs.run(case)
    if runs.gives_nothing:
        return _not_yet(task, runs)
    mistake = find_mistake(task, runs.seen) if runs.failing else None
    tried = len(runs.seen)
    # where nothing is right, the simplest case of the table says all there is to say
    if not runs.is_over and is_here() and len(runs.failing) < tried:
        search(task, lambda case: runs.fails_likewise(case, mistake), is_known=bool(runs.failing))
    if not runs.failing:
        return _right(task, runs, tried)
    return _wrong(task, runs, mistake or find_mistake(task, runs.seen))


class _Runs:
    """The calls of a learner's function so far, each case once."""

    def __init__(self, task: Task, function: Callable[..., Any]) -> None:
        self.task = task
        self.function = function
        self._seen: dict[str, Seen] = {}
        self._spent = 0.0

    @property
    def seen(self) -> list[Seen]:
        """All of them, in their order."""
        return list(self._seen.values())

    @property
    def failing(self) -> list[Seen]:
        """Those that went wrong."""
        return [each for each in self._seen.values() if not each.is_right]

    @property
    def is_over(self) -> bool:
        """Whether no further call is to be made."""
        return self._spent > MOST_TOTAL or any(each.outcome.stopped for each in self._seen.values())

    @property
    def gives_nothing(self) -> bool:
        """Whether this looks like a function that is not written yet."""
        return bool(self.failing) and all(_is_nothing(each.outcome) for each in self._seen.values())

    def run(self, case: Case) -> Seen:
        """Call the function, unless it was called with this already."""
        seen = self._seen.get(case.key)
        if seen is None:
            began = RealClock.now()
            outcome = self.task.read(case, call(self.function, case.arguments, self.task.named))
            self._spent += RealClock.now() - began
            seen = self._seen[case.key] = Seen(case, outcome, self.task.right(case))
        return seen

    def fails_likewise(self, case: Case, mistake: Mistake | None) -> bool:
        """Whether a case fails, and as the one before it: by the same mistake, and in the same way."""
        if self.is_over:
            return False
        before = self.failing
        seen = self.run(case)
        if seen.is_right or (before and before[0].outcome.way != seen.outcome.way):
            return False
        return mistake is None or explains(self.task, mistake, seen)

    def smallest(self, mistake: Mistake | None) -> Seen:
        """The failing case to tell: one that tells of the mistake, and goes wrong as the first one does."""
        failing = self.failing
        hanging = [each for each in failing if each.outcome.stopped]
        if mistake is not None:
            failing = [each for each in failing if explains(self.task, mistake, each)] or failing
        failing = hanging or [each for each in failing if each.outcome.way == failing[0].outcome.way]
        return min(failing, key=lambda each: each.case.size)


def _is_nothing(outcome: Outcome) -> bool:
    if outcome.error is not None:
        return isinstance(outcome.error, NotImplementedError)
    return outcome.stopped is None and outcome.value in (None, b"", "", (), Other("an ellipsis"))


# ---- the three results


def _with_helps(result: CheckResult, task: Task) -> CheckResult:
    """A result whose empty helps are those of the task."""
    return replace(
        result,
        hint=result.hint or f"Its first line stays as it is: def {task.signature}.",
        bigger_hint=result.bigger_hint or f"{capital(task.begin)}.",
        solution=task.solution,
    )


def _not_yet(task: Task, runs: _Runs) -> CheckResult:
    first = runs.failing[0]
    if first.outcome.error is not None:
        about = "the stub still raises NotImplementedError"
    elif first.outcome.value is None:
        called = shown_call(task, first.case)
        # what to do comes behind it, and has to be in sight
        called = called if len(called) <= MOST_OF_A_CALL else task.name
        about = f"{called} gives None, which a function without `return` gives"
    else:
        about = "your function gives nothing yet"
    return _with_helps(CheckResult(None, f"{about}; {task.begin}."), task)


def _right(task: Task, runs: _Runs, tried: int) -> CheckResult:
    if tried < len(task.cases):
        seen = counted(tried, "input")
        sentence = f"it takes too long: after {MOST_TOTAL:g} s only {seen} of {len(task.cases)} were tried, all right."
        return _with_helps(CheckResult(False, sentence, _SLOW, ended_by="hangs"), task)
    made = len(runs.seen) - tried
    if made:
        return CheckResult(True, f"right for all {tried + made} inputs: {tried} of a table, {made} by hypothesis.")
    why = "the time was over" if is_here() else "hypothesis, which makes others, is not installed"
    return CheckResult(True, f"right for the {tried} inputs of a table; {why}, and no others were tried.")


_SLOW = "Look for work that is done again and again in a loop: `+=` on bytes copies all of them each time."


def _wrong(task: Task, runs: _Runs, mistake: Mistake | None) -> CheckResult:
    seen = runs.smallest(mistake)
    sys.stdout.write(seen.outcome.printed)  # of this call alone: of all of them it would be a flood
    result = _told(task, runs, seen)
    if mistake is not None:
        # the mistake first: where there is little room, a view cuts off what follows
        sentence = f"{_within(mistake.title)} Wrong for {shown_call(task, seen.case)}."
        result = replace(result, sentence=sentence, hint=mistake.hint, bigger_hint=mistake.bigger)
    right = seen.right
    return replace(
        _with_helps(result, task),
        rule=mistake.rule if mistake else result.rule or seen.case.rule,
        mistake=mistake.name if mistake else "",
        input=dict(seen.case.arguments),
        got=seen.outcome.given,
        expected=ValueError if right.error is not None else right.value,
    )


def _within(title: str) -> str:
    """A sentence as it goes on behind a colon; a name keeps its capital letter."""
    word = title.partition(" ")[0]
    return title if word[1:] != word[1:].lower() or "-" in word else title[:1].lower() + title[1:]


def _told(task: Task, runs: _Runs, seen: Seen) -> CheckResult:
    """What to say of a case that failed, whatever the mistake is."""
    case, outcome, right = seen
    asked = shown_call(task, case)
    if outcome.stopped is not None:
        why, hint, _ = outcome.stopped
        return CheckResult(False, f"for {asked} {why}", hint, _rule_of(case), ended_by="hangs")
    if outcome.error is not None:
        return _raised(task, runs, seen)
    if right.error is not None:
        return _took_illegal(asked, seen)
    if not task.fits(outcome.value):
        return _other_type(task, asked, outcome.value)
    found = task.difference(case, outcome.value, right.value)
    return replace(found, sentence=f"wrong for {asked}. {capital(found.sentence)}")


def _raised(task: Task, runs: _Runs, seen: Seen) -> CheckResult:
    assert seen.outcome.error is not None
    told = explain_error(runs.function, seen.outcome.error)
    sentence = f"for {shown_call(task, seen.case)} {told.sentence}"
    if seen.right.error is not None:
        hint = f"This input is illegal, and the error for that is ValueError. {_rule_of(seen.case)}"
        return replace(told, sentence=sentence, hint=hint, bigger_hint=told.hint)
    if seen.outcome.way == "refuses":
        hint = f"This input is legal, and should give {shown(seen.right.value)}."
        return replace(told, sentence=sentence, hint=hint, bigger_hint=told.hint)
    return replace(told, sentence=sentence)


def _took_illegal(asked: str, seen: Seen) -> CheckResult:
    """It gives a value where it should have refused the input."""
    cause = seen.right.error.__cause__ if seen.right.error is not None else None
    sentence = f"wrong for {asked}. It gives {shown(seen.outcome.value)}, and should raise ValueError."
    if not isinstance(cause, ProtocolError):
        return CheckResult(False, sentence, _rule_of(seen.case), "raise ValueError(...) before anything is given.")
    bigger = f"{capital(cause.found)} at {cause.place}, expected {cause.expected}: look there, and raise ValueError."
    return CheckResult(False, sentence, _rule_of(seen.case), bigger, first_wrong_bit=cause.offset)


def _other_type(task: Task, asked: str, value: object) -> CheckResult:
    if isinstance(value, Other):
        yours, what = value.type, value.what
    else:
        yours, what = shown(value), ""
    sentence = f"wrong for {asked}. It gives {yours}, and the check wants {task.wants}."
    hint = _OTHERWISE.get(what, f"Every way through the function ends with `return` and {task.wants}.")
    return CheckResult(False, sentence, hint, f"{capital(task.begin)}.")


_OTHERWISE = {
    "coroutine": "Write `def` instead of `async def`: nothing here has to wait.",
    "generator": "A function with `yield` gives a generator. Collect the values, and `return` them.",
}


def _rule_of(case: Case) -> str:
    rule = RULES[case.rule]
    return f"{capital(rule.text)} ({rule.reference})."
