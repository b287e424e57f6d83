"""A check of a function that puts together a list and its changes, which came over two connections.

The learner's function gets what came, as it came: `("list", 7, [...])`, the whole list with the number of the last
change in it, and `("change", 8, "tea")`, one entry more. It gives the list as it is now. Changes that the list has
already are left out, newer ones are applied once, in the order of their numbers.

Left out: changes that remove or replace something, and gaps, after which a page fetches the list again.
"""

from __future__ import annotations

from typing import Any

from wslab.course.messages.cases import Case, Mistake, judge
from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_snapshot"]

Received = list[tuple[str, int, Any]]

TASK = Task(
    (list, tuple),
    "a list of orders",
    "Find the list and its number first. A change belongs to it where its own number is larger.",
    "Keep the changes by their numbers: {number: value ...}. Then sorted(...) of those above the list's number.",
    """def current(received):
    newest, orders = next((number, value) for kind, number, value in received if kind == "list")
    changes = {number: value for kind, number, value in received if kind == "change"}
    return orders + [changes[number] for number in sorted(changes) if number > newest]""",
)

_LIST = ("list", 2, ["tea", "cake"])

CASES = (
    Case([_LIST], ["tea", "cake"], "Nothing changed: it is the list."),
    Case([_LIST, ("change", 3, "milk")], ["tea", "cake", "milk"], "Change 3 is newer than the list."),
    Case(
        [("change", 2, "cake"), _LIST, ("change", 3, "milk")],
        ["tea", "cake", "milk"],
        "Change 2 is in the list already: the list's number says so.",
    ),
    Case(
        [("change", 3, "milk"), _LIST],
        ["tea", "cake", "milk"],
        "Change 3 came before the list, and is newer: what counts is its number, not when it came.",
    ),
    Case(
        [_LIST, ("change", 2, "cake"), ("change", 3, "milk")],
        ["tea", "cake", "milk"],
        "Change 2 came late, behind the list that contains it.",
    ),
    Case(
        [_LIST, ("change", 3, "tea"), ("change", 4, "tea")],
        ["tea", "cake", "tea", "tea"],
        "Somebody may order the same thing again: two changes with two numbers are two orders.",
    ),
    Case(
        [_LIST, ("change", 4, "jam"), ("change", 3, "milk"), ("change", 4, "jam")],
        ["tea", "cake", "milk", "jam"],
        "Change 4 came first, and twice: the numbers say the order, and which is the same.",
    ),
    Case(
        [("change", 1, "tea"), ("change", 2, "cake"), _LIST, ("change", 3, "milk")],
        ["tea", "cake", "milk"],
        "Changes 1 and 2 are in the list already: the list's number is that of the last one in it.",
    ),
)


def _parts(received: Received) -> tuple[int, list[str], Received]:
    number, orders = next((number, value) for kind, number, value in received if kind == "list")
    return number, orders, [each for each in received if each[0] == "change"]


def _everything(received: Received) -> list[str]:
    _, orders, changes = _parts(received)
    return [*orders, *(value for _, _, value in changes)]


def _after_the_list(received: Received) -> list[str]:
    at = next(place for place, each in enumerate(received) if each[0] == "list")
    return [*received[at][2], *(value for kind, _, value in received[at + 1 :] if kind == "change")]


def _by_value(received: Received) -> list[str]:
    return list(dict.fromkeys(_everything(received)))


def _as_they_came(received: Received) -> list[str]:
    newest, orders, changes = _parts(received)
    return [*orders, *(value for _, number, value in changes if number > newest)]


def _equal_too(received: Received) -> list[str]:
    newest, orders, changes = _parts(received)
    return [
        *orders,
        *(value for _, value in sorted({(number, value) for _, number, value in changes if number >= newest})),
    ]


def _equal_too_as_they_came(received: Received) -> list[str]:
    newest, orders, changes = _parts(received)
    return [*orders, *(value for _, number, value in changes if number >= newest)]


_NOT_EQUAL = "A change with the list's own number is in the list already: newer is a larger number, not an equal one."

MISTAKES = (
    Mistake(lambda received: _parts(received)[1], "This gives the list alone: newer changes belong to it."),
    Mistake(_everything, "This applies every change. The list contains those up to its number."),
    Mistake(_after_the_list, "What counts is the number of a change, and not when it came."),
    Mistake(_by_value, "You drop what is in the list already by its text. Two orders of tea are two orders."),
    Mistake(_equal_too, _NOT_EQUAL),
    Mistake(_equal_too_as_they_came, _NOT_EQUAL),
    Mistake(_as_they_came, "Changes apply in the order of their numbers, each number once."),
)


def check_snapshot(mine: object) -> CheckResult:
    """Give lists and changes to the learner's function, and name what it loses or doubles.

    `mine` is a function of what came, a list of ("list", number, orders) and ("change", number, order), that returns
    the list of orders as it is now.

    >>> check_snapshot(lambda received: received[0][2]).ok
    False
    """
    return judge(mine, TASK, CASES, MISTAKES, f"in all {len(CASES)} cases nothing is missing and nothing is doubled.")
