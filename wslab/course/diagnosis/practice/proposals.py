"""Fixes that people propose for a symptom, of which one does not help.

Each proposal is values of the scenario's parameters, as `Diagnosis.confirm` tries them. Which one is useless is written
down here, so that a check costs nothing; a test plays all of them. A learner who names a fix that helps is told what
its run says, and for that it is played.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wslab.course.diagnosis.diagnosis import diagnose
from wslab.course.diagnosis.practice.sheet import Asked, judge
from wslab.course.report import CheckResult

__all__ = ["PROPOSALS", "Proposals", "check_useless"]


@dataclass(frozen=True, slots=True)
class Proposals:
    """Three proposals for a symptom by their letters, the letter of the one that does not help, and where to look."""

    values: Mapping[str, Mapping[str, object]]
    useless: str
    look: str


PROPOSALS: Mapping[str, Proposals] = {
    "sixty-seconds": Proposals(
        {"a": {"ping_interval": 50.0}, "b": {"ping_interval": 65.0}, "c": {"idle": 90.0}},
        "b",
        "A Ping has to come before the timer runs out.",
    ),
    "upload-timeout": Proposals(
        {"a": {"size": 300_000}, "b": {"fragment": 30_000}, "c": {"fragment": 500_000}},
        "c",
        "A Pong waits for the frame in front of it, whole. How long is that one on its way?",
    ),
    "restart-storm": Proposals(
        {"a": {"backoff": "exponential"}, "b": {"backoff": "full-jitter"}, "c": {"timeout": 8.0}},
        "a",
        "Fewer attempts fail is not the same as none. Who comes back in the same second, even so?",
    ),
}
"""Of each symptom three proposals."""


def check_useless(mine: object) -> CheckResult:
    """Compare the fixes that a learner calls useless with what their runs say.

    `mine` is a dict of the symptoms in `PROPOSALS`, each with the letter of the fix that does not help.
    """
    hint = "Try each: diagnose(symptom=...).confirm(...) with the values of the proposal, and read its last two lines."
    given = mine if isinstance(mine, dict) else {}
    return judge(mine, {name: _asked(name, given.get(name)) for name in PROPOSALS}, bigger=hint)


def _asked(symptom: str, said: object) -> Asked:
    """What is right of a symptom; of an answer that is wrong, what its run says."""
    known = PROPOSALS[symptom]
    wrong = [letter for letter in known.values if letter == said and letter != known.useless]
    helps = {letter: _told(symptom, known.values[letter]) for letter in wrong}
    return Asked(known.useless, tuple(known.values), known.look, helps)


def _told(symptom: str, values: Mapping[str, object]) -> str:
    """That a fix helps, by what its run counts."""
    run = diagnose(symptom=symptom).confirm(**values)
    return f"It helps: {run.sign.text}, {run.before:,} as it is and {run.after:,} with it."
