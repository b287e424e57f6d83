"""A check of a function that puts numbered messages in order: those that may be shown now.

The learner's function gets what came over several connections, pairs of a number and a text: out of order, doubled,
with numbers still missing. It gives the texts from number 1 on, each once, up to the first that is missing.

Left out: how long to wait for a missing one, and whom to ask for it.
"""

from __future__ import annotations

from itertools import count, takewhile

from wslab.course.messages.cases import Case, Mistake, judge
from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_in_order"]

Items = list[tuple[int, str]]

TASK = Task(
    (list, tuple),
    "a list of texts",
    "Keep what came by its number: dict(items). Then take number 1, number 2 and so on, as long as it is there.",
    "`while len(shown) + 1 in kept` goes on to the first number that is missing, and no further.",
    """def in_order(items):
    kept = dict(items)
    shown = []
    while len(shown) + 1 in kept:
        shown.append(kept[len(shown) + 1])
    return shown""",
)

CASES = (
    Case(
        [(1, "tea"), (2, "cake")],
        ["tea", "cake"],
        "These came in order, each once: give the texts alone, from number 1 on.",
    ),
    Case([(2, "cake"), (1, "tea"), (3, "milk")], ["tea", "cake", "milk"], "The numbers say the order."),
    Case([(1, "tea"), (2, "cake"), (1, "tea")], ["tea", "cake"], "Number 1 came twice, and counts once."),
    Case([(1, "tea"), (3, "milk"), (4, "jam")], ["tea"], "Number 2 is missing: what comes behind it has to wait."),
    Case([(2, "cake"), (3, "milk")], [], "Number 1 is missing: nothing may be shown yet."),
    Case([(1, "tea"), (2, "tea"), (3, "cake")], ["tea", "tea", "cake"], "Two messages may have the same text."),
    Case(
        [(number, f"item {number}") for number in range(12, 0, -1)],
        [f"item {number}" for number in range(1, 13)],
        "Numbers are ordered as numbers: 10 comes behind 9.",
    ),
    Case([], [], "Nothing came: give an empty list."),
)


def _all_sorted(items: Items) -> list[str]:
    return [text for _, text in sorted(set(items))]


def _doubled(items: Items) -> list[str]:
    numbers = {number for number, _ in items}
    last = sum(1 for _ in takewhile(numbers.__contains__, count(1)))
    return [text for number, text in sorted(items) if number <= last]


def _by_text(items: Items) -> list[str]:
    return list(dict.fromkeys(text for _, text in sorted(items)))


MISTAKES = (
    Mistake(lambda items: [text for _, text in items], "This gives them as they came: the numbers say the order."),
    Mistake(
        lambda items: [text for _, text in sorted(items)],
        "Sorted is not enough: what came twice counts once, and what is behind a missing number has to wait.",
    ),
    Mistake(_all_sorted, "This shows what is behind a missing number. It has to wait until that one is there."),
    Mistake(_doubled, "What came twice counts once: a dict by number keeps one of each."),
    Mistake(_by_text, "You drop what has the same text. Doubles have the same number; the text may be said twice."),
)


def check_in_order(mine: object) -> CheckResult:
    """Give numbered messages to the learner's function, and name what it shows wrongly.

    `mine` is a function of a list of pairs (number, text), as they came, that returns the texts to show now.

    >>> check_in_order(lambda items: [text for _, text in items]).hint
    'This gives them as they came: the numbers say the order.'
    """
    return judge(mine, TASK, CASES, MISTAKES, f"all {len(CASES)} lots of messages are shown as they should be.")
