"""What learners plausibly write in the exercises on browsers and alternatives, and that the check names the mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wslab import CheckResult, check_close, check_events, check_long_polling
from wslab.course.browsers.closing import Case

Ask = Callable[[int], Any]
Given = tuple[int, str]


def said(result: CheckResult) -> str:
    """The verdict, and the hint."""
    return f"{result.sentence} {result.hint}"


def right(given: Given) -> str:
    return Case(*given).right


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda _: "sent", "The codes below 3000 are the protocol's and the browser's"),
        (lambda given: "sent" if given[0] >= 3000 or given[0] == 1000 else "InvalidAccessError", "5000 on"),
        (lambda given: right(given) if given[0] >= 3000 else "InvalidAccessError", "A script may send this code"),
        (lambda given: "InvalidAccessError" if given[0] in (3000, 4999) else right(given), "with both ends"),
        (lambda given: right((given[0], given[1].replace("ü", "u"))), "Count bytes and not characters"),
        (lambda given: "SyntaxError" if len(given[1].encode()) > 123 else right(given), "looks at the code first"),
        (lambda given: "SyntaxError" if len(given[1]) > 122 else right(given), "123 may be sent, 124 not"),
        (lambda given: right(given).lower(), "written like that"),
        (lambda given: right(given) == "sent", "gives a bool, and the check wants one of"),
        (
            lambda given: right(given) if len(given[1]) < 9 else None,
            "for (1001, 'the page goes away') the",
        ),
        (lambda given: given[2], "for (1000, '') your code raises IndexError"),
    ],
)
def test_a_close(mine: object, says: str) -> None:
    result = check_close(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


def read(
    stream: str, *, comments: bool = False, joined: str = "\n", strips: bool = False, ends: bool = True
) -> list[str]:
    """A reader that makes one mistake, if it is told to."""
    given: list[str] = []
    data: list[str] = []
    lines = stream.replace("\r\n", "\n").split("\n")
    for line in lines[:-1] if ends else lines:
        field, _, value = line.partition(":")
        if field == "data" or (comments and line.startswith(":")):
            data.append(value.strip() if strips else value.removeprefix(" "))
        elif not line and data:
            given.append(joined.join(data))
            data = []
    return given


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda stream: stream.split(), "An empty line ends an event"),
        (lambda stream: read(stream, comments=True), "is a comment, and no event"),
        (lambda stream: read(stream, joined=" "), "joined by a line break"),
        (lambda stream: read(stream, strips=True), "One space behind the colon"),
        (lambda stream: read(stream, ends=False), "The empty line is missing at the end"),
        (lambda stream: read(stream.replace("\r", "x")), "CR LF"),
        (lambda stream: [each.split(":")[0] for each in read(stream)], "The first colon ends the name"),
        (lambda stream: read(stream.replace("id: 7", "data: 7")), "Only the lines of the field `data`"),
        (lambda stream: read(stream.replace("id: 8", "data:")), "Without data there is no event"),
        (lambda stream: ["\n".join(read(stream)[: at + 1]) for at in range(len(read(stream)))], "begin with no data"),
        (lambda stream: [f"{each}\n" for each in read(stream)], "not behind the last one"),
        (lambda stream: "".join(read(stream)), "gives a str, and the check wants a list of texts"),
    ],
)
def test_events(mine: object, says: str) -> None:
    result = check_events(mine)
    assert result.ok is False
    assert says in said(result)


def followed(
    ask: Ask, *, quiet: bool = True, lost: bool = True, counts: bool = False, doubles: bool = False
) -> list[str]:
    """A client that makes one mistake, if it is told to."""
    last, texts = 0, list[str]()
    while True:
        try:
            items = ask(len(texts) if counts else last)
        except ConnectionError:
            if lost:
                continue
            raise
        if items is None or not (items or quiet):
            return texts
        for number, text in items:
            if doubles or number > last:
                last = number
                texts.append(text)


def from_the_beginning(ask: Ask) -> list[str]:
    texts: list[str] = []
    while (items := ask(0)) is not None:
        texts += [text for _, text in items]
    return texts


def until_it_fails(ask: Ask) -> None:
    last = 0
    while True:
        last = max(number for number, _ in ask(last))


def in_pairs(ask: Ask) -> list[tuple[int, str]]:
    pairs: dict[int, str] = {}
    while (items := ask(max(pairs, default=0))) is not None:
        pairs.update(items)
    return [*pairs.items()]


def for_ever(ask: Ask) -> None:
    while True:
        ask(0)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda ask: [text for _, text in ask(0)], "on a good day news 3 is missing. Show what came, and ask again"),
        (from_the_beginning, "on a good day news 1, news 2 came twice"),
        (lambda ask: followed(ask, quiet=False), "on a quiet hour news 3 is missing. An empty list says"),
        (lambda ask: followed(ask, lost=False), "catch ConnectionError, and ask again with the same number"),
        (lambda ask: followed(ask, counts=True, doubles=True), "on numbers with gaps"),
        (lambda ask: followed(ask, doubles=True), "on an answer that comes twice news 1, news 2 came twice"),
        (lambda ask: followed(ask)[::-1], "on a good day the order is wrong"),
        (
            until_it_fails,
            "The server has answered None: it is over.",
        ),
        (in_pairs, "it gives pairs of number and text. Give the texts alone."),
        (for_ever, "it has asked 40 times, and goes on. None says that it is over."),
        (lambda ask: ", ".join(followed(ask)), "gives a str, and the check wants a list of texts"),
    ],
)
def test_long_polling(mine: object, says: str) -> None:
    result = check_long_polling(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


def test_the_three_solutions_are_right() -> None:
    assert check_close(right)
    assert check_events(read)
    assert check_long_polling(followed)
