"""What a check asks for, as data: the right function, the inputs to try, and the mistakes that people make.

How it works: a `Task` has a reference, which is the protocol layer, and is judged on `Case`s. The cases of the table
come first: the examples of the RFC and the boundaries, from the simplest on. hypothesis then makes others of `inputs`.
A `Mistake` is a wrong function: a learner's function that gives the same wherever it differs from the right one has
made that mistake, however it is written.

Left out: running a learner's function (`outcome`), comparing (`known`), and the report (`judge`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wslab.course.check.outcome import Other, Outcome, call_plainly
from wslab.course.report import CheckResult
from wslab.explain.hextext import spaced_hex
from wslab.protocol.numbers import shown_value

__all__ = ["Case", "Mistake", "Task", "shown", "shown_call"]

MOST_SHOWN = 32
"""Bytes or characters of a value that are shown whole."""

MOST_OF_A_HEAD = 256
"""The same of a head of HTTP: what is wrong in it may be in any line."""

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One input: the arguments by their names, in the order of the signature, and the id of the rule that it tries."""

    arguments: Mapping[str, object]
    rule: str

    @property
    def key(self) -> str:
        """Two cases with the same key are the same call."""
        return repr(self.arguments)

    @property
    def size(self) -> tuple[int, str]:
        """By this, of two inputs the smaller one is chosen."""
        return len(self.key), self.key


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """A mistake that people make, by its name: the function that it gives, the rule that this breaks, and the words.

    `title` says what the function does, `hint` where to look, `bigger` what to write. A mistake that shows in several
    ways has an entry for each, or says with `when` what a failing call looks like, given what it did and what is right.
    """

    name: str
    rule: str
    function: Function
    title: str
    hint: str
    bigger: str
    when: Callable[[Outcome, Outcome], bool] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One exercise. `signature` is what the learner's function looks like, `solution` one that is right, as source.

    `wants` is the result in words, and `fits` says whether a plain value is of that form. `inputs` makes the strategy
    of hypothesis for further cases, given its module of strategies. `difference` compares a wrong value with the right
    one: a result with hints, the first wrong bit, and the comparison to draw. `named` are the arguments that go by
    name. `reads` says what counts in a value, where not all of it does.
    """

    signature: str
    wants: str
    begin: str
    reference: Function
    fits: Callable[[object], bool]
    cases: Sequence[Case]
    inputs: Callable[[Any], Any]
    difference: Callable[[Case, Any, Any], CheckResult]
    mistakes: Sequence[Mistake]
    solution: str
    named: frozenset[str] = frozenset()
    reads: Callable[[Case, object], object] | None = None

    @property
    def name(self) -> str:
        """The function's name."""
        return self.signature.partition("(")[0]

    def right(self, case: Case) -> Outcome:
        """What the right function does."""
        return self.read(case, call_plainly(self.reference, case.arguments, self.named))

    def wrong(self, mistake: Mistake, case: Case) -> Outcome:
        """What a function with this mistake does."""
        return self.read(case, call_plainly(mistake.function, case.arguments, self.named))

    def read(self, case: Case, outcome: Outcome) -> Outcome:
        """An outcome with what counts in it."""
        if self.reads is None or outcome.way != "gives":
            return outcome
        return replace(outcome, read=self.reads(case, outcome.value))


def shown_call(task: Task, case: Case) -> str:
    """A call as one writes it."""
    pairs = ((name in task.named, name, shown(value)) for name, value in case.arguments.items())
    return f"{task.name}({', '.join(f'{name}={value}' if by_name else value for by_name, name, value in pairs)})"


def shown(value: object) -> str:
    """A value as one writes it; a long one in a short form."""
    if isinstance(value, (bytes, str)):
        return _shown_text(value)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(shown(each) for each in value[:MOST_SHOWN])
        inner += ", …" if len(value) > MOST_SHOWN else ""
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, (int, type(None))):
        return shown_value(value)
    return value.type if isinstance(value, Other) else f"<{type(value).__name__}>"


def _shown_text(value: bytes | str) -> str:
    is_head = isinstance(value, bytes) and value.endswith(b"\r\n\r\n")
    if len(value) > (MOST_OF_A_HEAD if is_head else MOST_SHOWN):
        if value[:1] * len(value) == value:
            return f"{_shown_text(value[:1])} * {len(value)}"
        what = "bytes" if isinstance(value, bytes) else "characters"
        return f"{_shown_text(value[:MOST_SHOWN])}… ({len(value):,} {what})"
    if isinstance(value, str) or all(0x20 <= byte < 0x7F or byte in b"\r\n" for byte in value):
        return repr(value)
    return f'bytes.fromhex("{spaced_hex(value)}")'
