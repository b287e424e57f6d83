"""What learners plausibly write for limits, numbers, lists and their changes, and that the check names the mistake."""

from __future__ import annotations

from typing import Any

import pytest

from wslab import CheckResult, check_in_order, check_snapshot, check_whose


def said(result: CheckResult) -> str:
    """The verdict, and the hint."""
    return f"{result.sentence} {result.hint}"


Closes = list[tuple[str, int]]
OTHER = {"client": "server", "server": "client"}


def first_1009(closes: Closes) -> str:
    return next((sender for sender, code in closes if code == 1009), "nobody")


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda closes: first_1009(closes[::-1]), "This takes the last 1009, which is an answer"),
        (lambda closes: closes[0][0] if closes else "nobody", "This takes the first Close, whatever its code is"),
        (lambda closes: OTHER.get(first_1009(closes), "nobody"), "This blames the side that is told 1009."),
        (lambda _: "server", "for [('client', 1009), ('server', 1009)] it gives 'server', and it should be 'client'."),
        (lambda closes: first_1009(closes) if len(closes) > 1 else "nobody", "the answer to it may be missing"),
        (lambda closes: closes[0][0], "for [] your code raises IndexError"),
        (lambda closes: 1009, "gives an int, and the check wants 'client', 'server' or 'nobody'"),
    ],
)
def test_whose_limit(mine: Any, says: str) -> None:
    result = check_whose(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


def test_the_first_1009_is_right() -> None:
    assert check_whose(first_1009)


Items = list[tuple[int, str]]


def up_to_the_gap(items: Items) -> list[str]:
    kept: dict[int, str] = {}
    for number, text in sorted(items):
        if number == len(kept) + 1:
            kept[number] = text
    return list(kept.values())


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda items: [text for _, text in items], "This gives them as they came"),
        (lambda items: [text for _, text in sorted(items)], "Sorted is not enough"),
        (lambda items: [text for _, text in sorted(set(items))], "This shows what is behind a missing number."),
        (
            lambda items: [text for _, text in sorted(dict(items).items())],
            "This shows what is behind a missing number.",
        ),
        (
            lambda items: sorted({text for _, text in items}),
            "['cake', 'tea'], and it should be ['tea', 'cake']",
        ),
        (lambda items: list(dict.fromkeys(text for _, text in sorted(items))), "You drop what has the same text."),
        (lambda items: [dict(items)[number] for number in range(1, len(items) + 1)], "your code raises KeyError"),
        (lambda items: items, "it should be ['tea', 'cake']. These came in order, each once: give the texts alone"),
        (lambda items: dict(items), "gives a dict, and the check wants a list of texts"),
    ],
)
def test_numbers_in_order(mine: Any, says: str) -> None:
    result = check_in_order(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


def test_each_number_once_up_to_the_gap_is_right() -> None:
    assert check_in_order(up_to_the_gap)


Received = list[tuple[str, int, Any]]


def the_list(received: Received) -> tuple[int, list[str]]:
    return next((number, value) for kind, number, value in received if kind == "list")


def changes(received: Received) -> list[tuple[int, str]]:
    return [(number, value) for kind, number, value in received if kind == "change"]


def newer(received: Received) -> list[tuple[int, str]]:
    return [each for each in changes(received) if each[0] > the_list(received)[0]]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda received: the_list(received)[1], "This gives the list alone"),
        (lambda received: the_list(received)[1] + [value for _, value in changes(received)], "applies every change"),
        (lambda received: the_list(received)[1] + [value for _, value in newer(received)], "each number once"),
        (
            lambda received: (
                the_list(received)[1]
                + [value for number, value in changes(received) if number >= the_list(received)[0]]
            ),
            "newer is a larger number, not an equal one",
        ),
        (
            lambda received: [*dict.fromkeys([*the_list(received)[1], *(value for _, value in changes(received))])],
            "Two orders of tea are two orders.",
        ),
        (lambda received: received[0][2], "gives a str, and the check wants a list of orders"),
        (
            lambda received: the_list(received)[1] + [value for _, value in sorted(newer(received))],
            "Change 4 came first",
        ),
    ],
)
def test_a_list_and_its_changes(mine: Any, says: str) -> None:
    result = check_snapshot(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


def test_newer_changes_once_and_in_order_is_right() -> None:
    assert check_snapshot(lambda received: the_list(received)[1] + [v for _, v in sorted(set(newer(received)))])
