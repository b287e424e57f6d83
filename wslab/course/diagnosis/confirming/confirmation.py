"""A cause and its fix in one view: both runs, what each side believed in them, and whether the sign is gone.

`confirm` plays the scenario of a cause twice from the same seed, as it is and fixed, and counts the sign of the cause
on both tapes (`signs`). With values of your own it tries these in place of the fix, so a fix that does not help is
found out. Some scenarios have no fix, since nothing is wrong there: then there is one run.

What this module leaves out: which cause is likely (`diagnosis`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from wslab.course.diagnosis.causes import KnownCause, cause_of
from wslab.course.diagnosis.confirming.signs import SIGNS, Sign
from wslab.course.diagnosis.symptoms import SYMPTOMS
from wslab.explain import counted
from wslab.scenarios.outcomes import outcomes
from wslab.scenarios.player import PlayedTape, play

__all__ = ["Confirmation", "confirm"]

MOST_OUTCOMES = 3
"""Ends of connections that are written out for each run, the most frequent first."""


@dataclass(frozen=True)
class Confirmation:
    """The run of a cause as it is (`plain`), and with a fix (`tried`); None where there is nothing to fix.

    `seen` is the name of the symptom in whose words the cause is told; it may be empty. `print` shows the cause, both
    runs with what each side believed, the fix, and whether the sign is gone.
    """

    cause: KnownCause
    seen: str
    sign: Sign
    plain: PlayedTape
    tried: PlayedTape | None
    before: int
    """What the sign counts on the plain run."""
    after: int | None
    """What it counts on the run with the fix; None where there is nothing to fix."""

    @property
    def gone(self) -> bool:
        """Whether the plain run shows the sign, and the run with the fix does not."""
        return self.after is not None and self.before > self.sign.most >= self.after

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """In a notebook the last line of a cell shows the sentences."""
        printer.text(str(self))

    def _lines(self) -> Iterator[str]:
        sections = ", ".join(each for each in _sections(self.cause.name, self.seen) if each not in self.cause.text)
        yield f"{self.cause.text}{f' See {sections}.' if sections else ''}"
        yield from self._run("As it is", self.plain, self.before)
        if self.tried is not None:
            is_fix = self.tried.call.fixed
            yield from [f"Fix: {self.cause.fix.text}"] if is_fix else []
            yield from self._run("With it" if is_fix else "With other values", self.tried, self.after or 0)
        yield self._verdict()

    def _run(self, name: str, tape: PlayedTape, count: int) -> Iterator[str]:
        yield f"{name}: {tape.call}"
        yield from (f"    {each}" for each in _ends(tape))
        yield f"    {self.sign.text}: {count:,}"

    def _verdict(self) -> str:
        if self.tried is None:
            return self.cause.fix.text
        return "It is gone." if self.gone else "It is still there."


def confirm(name: str, given: Mapping[str, object], tried: Mapping[str, object], *, seen: str = "") -> Confirmation:
    """Play the scenario `name` with the values `given`, as it is and fixed, or with `tried` in place of the fix.

    `seen` is the symptom in whose words the cause is told. Raises ValueError for a cause whose fix cannot be measured
    here, and what `play` raises for the values.
    """
    if name not in SIGNS:
        raise ValueError(f"No sign is known by which one sees that {name} is gone: play it as it is, and fixed.")
    plain = _play(name, given)
    after = _play(name, {**given, **tried}) if tried else _fixed(plain, given)
    sign = SIGNS[name]
    left = None if after is None else sign.count(after)
    return Confirmation(cause_of(name, seen=seen), seen, sign, plain, after, sign.count(plain), left)


def _fixed(plain: PlayedTape, given: Mapping[str, object]) -> PlayedTape | None:
    """The fixed variant, whose values count before the given ones; None where there is none."""
    left = {name: value for name, value in given.items() if name not in plain.scenario.fix}
    return _play(plain.scenario.name, {**left, "fixed": True}) if plain.scenario.fix else None


def _play(name: str, values: Mapping[str, object]) -> PlayedTape:
    return play(name, **values)  # type: ignore[arg-type]


def _sections(name: str, seen: str) -> tuple[str, ...]:
    """The sections of the symptom that was seen, or of the one that this cause is likeliest behind."""
    having = [each for each in SYMPTOMS if name in (cause.scenario for cause in each.causes)]
    having.sort(key=lambda each: (each.name != seen, each.causes[0].scenario != name))
    return having[0].sections if having else ()


def _ends(tape: PlayedTape) -> Iterator[str]:
    """What the sides of each connection believe in the end, those that end alike in one line."""
    found = outcomes(tape)
    for each in islice(found, MOST_OUTCOMES):
        many = f"{counted(len(each.connections), 'connection')}: " if len(tape.connection_numbers) > 1 else ""
        yield f"{many}{each}"
    if len(found) > MOST_OUTCOMES:
        yield f"... and {len(found) - MOST_OUTCOMES} ends more"
