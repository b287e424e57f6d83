"""A check of a learner's own judge: a function from the figures of a claim to its verdict.

The function is called with the figures of a run, and with figures that other runs might have given. A judge that always
says the same is an opinion; the check names it, as it does one that looks at one figure of two.

Left out: measuring (`experiment`), and the other claims, whose judges stand in the modules of their subjects.
"""

from __future__ import annotations

from wslab.course.claims.claim import CHOICES
from wslab.course.claims.experiment import Experiment, Figures
from wslab.course.claims.table import EXPERIMENTS
from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_judge"]

ORDER, APART = "connections that lost their order", "places where they read another line"

OTHERS: dict[str, tuple[dict[str, float], ...]] = {
    "unordered": ({"out of order": 12}, {"out of order": 1}, {"out of order": 0, "messages on one connection": 5}),
    "opcodes": (
        {"beside the five": 0},
        {"beside the five": 3},
        {"of the five": 4, "beside the five": 0},
        {"of the five": 4, "beside the five": 2},
    ),
    "partitions": ({APART: 0}, {APART: 5}, {ORDER: 1, APART: 0}, {ORDER: 2, APART: 3}),
}
"""For each claim, figures that other runs might have given."""

SOLUTIONS = {
    "unordered": """def judge_order(figures):
    return "true" if figures["out of order"] else "false\"""",
    "opcodes": """def judge_opcodes(figures):
    parts = [figures["of the five"] == 5, figures["beside the five"] == 0]
    return "true" if all(parts) else "half true" if any(parts) else "false\"""",
    "partitions": """def judge_halves(figures):
    if figures["connections that lost their order"]:
        return "true"
    apart = figures["places where they read another line"]
    return "not a matter of the protocol" if apart else "false\"""",
}

HINTS = {
    "unordered": "One figure decides: “out of order”. A single message out of order would make the claim true.",
    "opcodes": "The claim has two parts: the server takes those five, and no other. Half true is where one part holds.",
    "partitions": "Ask in this order: did a connection lose its order? Then it is the protocol's. Do the two read "
    "different lines? Then it is not.",
}


_WORDS = f"The words that count are {', '.join(map(repr, CHOICES))}, written like that."


def check_judge(mine: object, name: str) -> CheckResult:
    """Call a learner's judge of one claim with the figures of several runs, and name the first that it judges wrongly.

    `mine` is a function of a dict of figures that returns one of the four verdicts as text. Raises `ValueError` for a
    claim that has no such exercise.

    >>> check_judge(lambda figures: "false", "unordered").hint
    'Yours says the same whatever the figures are: that is an opinion. Look at the figures.'
    """
    if name not in OTHERS:
        raise ValueError(f"There is no exercise on {name!r}: {', '.join(OTHERS)} have one.")
    experiment = EXPERIMENTS[name]
    task = Task(
        (str,),
        f"one of {', '.join(map(repr, CHOICES))}",
        "The figures are a dict: look at those whose names are in the claim, and return a verdict.",
        HINTS[name],
        SOLUTIONS[name],
    )
    cases = _cases(experiment, name)
    said = task.values(mine, cases)
    if isinstance(said, CheckResult):
        return said
    strange = next((each for each in said if each not in CHOICES), None)
    if strange is not None:
        return task.wrong(f"it says {strange!r}, which is none of the four verdicts.", _WORDS)
    right = [experiment.judge(case).value for case in cases]
    at = next((n for n, pair in enumerate(zip(said, right, strict=True)) if pair[0] != pair[1]), None)
    if at is None:
        return task.right(f"all {len(cases)} runs are judged as they should be, and they do not all give one verdict.")
    changed = {} if at == 0 else OTHERS[name][at - 1]
    return task.wrong(_told(changed, said[at], right[at]), _hint(said))


def _cases(experiment: Experiment, name: str) -> list[Figures]:
    """The figures of a run, without what is for the chart alone, and what others might have given."""
    shown = {key: value for key, value in experiment.measure().items() if not isinstance(value, tuple)}
    return [shown, *({**shown, **other} for other in OTHERS[name])]


def _told(changed: dict[str, float], said: str, right: str) -> str:
    which = " and ".join(f"“{name}” {value}" for name, value in changed.items())
    run = f"of a run with {which}" if changed else "of the run itself"
    return f"{run} it says {said!r}, and the figures say {right!r}."


def _hint(said: list[str]) -> str:
    if len(set(said)) == 1:
        return "Yours says the same whatever the figures are: that is an opinion. Look at the figures."
    return "Compare the figures of this run with what the claim says, part by part."
