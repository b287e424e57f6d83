"""What learners plausibly write for text and binary messages, and that the check names the mistake."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from wslab import CheckResult, check_readings, check_repaired
from wslab.course.messages.cases import Case, Mistake, judge
from wslab.course.messages.layouts import message_of
from wslab.course.networks.trial import Task


def said(result: CheckResult) -> str:
    """The verdict, and the hint."""
    return f"{result.sentence} {result.hint}"


def back(name: str, errors: str = "strict") -> Callable[[str], str]:
    """A repair that knows one encoding."""

    def repaired(text: str) -> str:
        try:
            return text.encode(name, errors).decode("utf-8", errors)
        except UnicodeError:
            return text

    return repaired


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda text: text, "gives each of the texts of this check back as it came"),
        (back("cp1252"), "for 'Gr√º√üe' it gives 'Gr√º√üe', and it should be 'Grüße'. You know cp1252 alone"),
        (back("mac_roman"), "for 'GrÃ¼ÃŸe' it gives 'GrÃ¼ÃŸe', and it should be 'Grüße'. You know mac_roman alone"),
        (back("mac_roman", "ignore"), "'ignore' hides the error"),
        (back("cp1252", "replace"), "'replace' hides the error"),
        (lambda text: text.encode().decode("cp1252", "replace"), "This makes it once more"),
        (lambda text: text.encode("cp1252").decode(), "for 'Gr√º√üe' your code raises UnicodeEncodeError"),
        (lambda text: text.encode(), "gives a bytes, and the check wants a text"),
        ("Grüße", "this is a str, and the check calls your function"),
    ],
)
def test_a_repair(mine: Any, says: str) -> None:
    result = check_repaired(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


def read(layout: str, *, most: int = 1000, as_text: bool = False, rest: bool = False) -> Callable[[bytes], Any]:
    """A reader with a mistake."""

    def readings(message: bytes) -> list[tuple[int, int, str]]:
        found: list[tuple[int, int, str]] = []
        while message and len(found) < most:
            number, degrees, length = struct.unpack(layout, message[:7])
            message = message[7:]
            end = len(message) if rest else length
            name = message.decode(errors="replace")[:length] if as_text else message[:end].decode(errors="replace")
            found.append((number, degrees, name))
            message = message[end:]
        return found

    return readings


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (
            read("<IhB"),
            "should be [(7, 21, 'Oslo')]. Its bytes are read from the wrong end",
        ),
        (
            read("!IHB"),
            "it gives [(258, 65531, 'Lima')], and it should be [(258, -5, 'Lima')]. The tem",
        ),
        (read("!ihB"), "(-294967296, -40, '')"),
        (read("!IhB", most=1), "One message has several readings"),
        (read("!IhB", as_text=True), "The length counts bytes, and ü has two of them"),
        (read("!IhB", rest=True), "One message has several readings"),
        (lambda _: [(7, 21, "Oslo")], "it gives [(7, 21, 'Oslo')], and it should be [(258, -5, 'Lima')]"),
        (lambda message: struct.unpack("!IhB", message), "Oslo' your code raises struct.error: unpack requires"),
        (lambda message: {}, "gives a dict, and the check wants a list of tuples"),
    ],
)
def test_readings(mine: Any, says: str) -> None:
    result = check_readings(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


def test_lists_count_as_tuples() -> None:
    right = read("!IhB")
    assert check_readings(lambda message: tuple(list(each) for each in right(message)))


def test_a_message_has_each_reading_behind_the_other() -> None:
    assert message_of((1, -1, "ü"), (2, 0, "")) == bytes.fromhex("00000001 ffff 02 c3bc 00000002 0000 00")


DOUBLE = Task((int,), "a number", "Begin.", "More.", "def double(number):\n    return 2 * number")
CASES = (Case(0, 0, "zero"), Case(1, 2, "one"), Case(5, 10, "five"))
MISTAKES = (Mistake(lambda number: number, "the same"), Mistake(lambda number: number**2, "a square"))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda number: number * number, "for 1 it gives 1, and it should be 2. a square"),
        (lambda number: number + 5, "for 0 it gives 5, and it should be 0. zero"),
        (lambda number: 2 if number else 0, "for 5 it gives 2, and it should be 10. five"),
    ],
)
def test_a_hint_names_the_mistake_that_gives_all_values_or_else_the_case(mine: Any, says: str) -> None:
    assert said(judge(mine, DOUBLE, CASES, MISTAKES, "all right.")) == says


def test_what_is_right_in_all_cases_passes() -> None:
    result = judge(lambda number: 2 * number, DOUBLE, CASES, MISTAKES, "all right.")
    assert (result.ok, result.sentence) == (True, "all right.")


def test_a_long_value_is_shortened() -> None:
    assert "…" in judge(lambda number: 10**200, DOUBLE, CASES, MISTAKES, "").sentence
