"""Fixes that people propose for a symptom, of which one does not help: the runs say which.

Each proposal is values of the scenario's parameters, as `Diagnosis.confirm` tries them. Which one is useless stands
nowhere: `check_useless` plays all of them once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from wslab.course.diagnosis.diagnosis import diagnose
from wslab.course.diagnosis.practice.sheet import Asked, judge
from wslab.course.report import CheckResult
from wslab.scenarios.player import play

__all__ = ["PROPOSALS", "check_useless"]

PROPOSALS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "sixty-seconds": {"a": {"ping_interval": 50.0}, "b": {"ping_interval": 65.0}, "c": {"idle": 90.0}},
    "upload-timeout": {"a": {"size": 300_000}, "b": {"fragment": 30_000}, "c": {"fragment": 500_000}},
    "restart-storm": {"a": {"backoff": "exponential"}, "b": {"backoff": "full-jitter"}, "c": {"timeout": 8.0}},
}
"""Of each symptom three proposals."""

_LOOK = {
    "sixty-seconds": "A Ping has to come before the timer runs out.",
    "upload-timeout": "A Pong waits for the frame in front of it, whole. How long is that one on its way?",
    "restart-storm": "Fewer attempts fail is not the same as none. Who comes back in the same second, even so?",
}


def check_useless(mine: object) -> CheckResult:
    """Compare the fixes that a learner calls useless with what their runs say.

    `mine` is a dict of the symptoms in `PROPOSALS`, each with the letter of the fix that does not help.
    """
    hint = "Try each: diagnose(symptom=...).confirm(...) with the values of the proposal, and read its last two lines."
    return judge(mine, _sheet(), bigger=hint)


@cache
def _sheet() -> dict[str, Asked]:
    return {symptom: _asked(symptom) for symptom in PROPOSALS}


def _asked(symptom: str) -> Asked:
    """What the runs of a symptom's proposals say; exactly one of them leaves the sign there."""
    found, proposals = diagnose(symptom=symptom).confirm(), PROPOSALS[symptom]
    sign, name = found.sign, found.cause.name
    left = {letter: sign.count(play(name, **values)) for letter, values in proposals.items()}  # type: ignore[arg-type]
    (useless,) = (letter for letter, count in left.items() if count > sign.most)
    seen = f"It helps: {sign.text}, {found.before:,} as it is and {{:,}} with it."
    helps = {letter: seen.format(count) for letter, count in left.items()}
    return Asked(useless, tuple(proposals), _LOOK[symptom], helps)
