"""What learners plausibly write in the exercises on safety, and that the check names the mistake."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

import pytest

from wslab import CheckResult, check_flood, check_markup, check_origin
from wslab.course.safety import floods
from wslab.course.safety.origins import OURS, STRANGERS, Stranger

Typed = tuple[str, str]


def said(result: CheckResult) -> str:
    """The verdict, and the hint."""
    return f"{result.sentence} {result.hint}"


def raising(_: object) -> bool:
    raise KeyError("origin")


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda _: True, "lets 'https://kittens.example' in"),
        (lambda _: False, "keeps 'https://shop.example' out, and that is one of your own pages"),
        (lambda origin: origin == "https://shop.example", "keeps 'https://www.shop.example' out"),
        (lambda origin: str(origin).startswith(OURS), "do not ask for the beginning of a text"),
        (lambda origin: str(origin).endswith("shop.example"), "do not ask for the end of a text"),
        (lambda origin: re.match(r"https?://(www\.)?shop\.example$", str(origin)) is not None, "came without TLS"),
        (lambda origin: str(origin).rpartition(":8443")[0] in OURS or origin in OURS, "The port is a part"),
        (lambda origin: re.fullmatch(r"https://(\w+\.)?shop\.example", str(origin)) is not None, "A subdomain is"),
        (lambda origin: re.fullmatch(r"https://(www.)?shop.example", str(origin)) is not None, "any character"),
        (lambda origin: origin in (*OURS, "null"), "Any site can have such a frame"),
        (lambda origin: origin is None or origin in OURS, "None is not on the list"),
        (lambda origin: origin, "gives a str, and the check wants True or False"),
        (lambda origin: int(origin in OURS), "gives an int, and the check wants True or False"),
        (lambda origin: origin.startswith(OURS), "your code raises AttributeError"),
        (raising, "your code raises KeyError"),
        (True, "this is a bool, and the check calls your function"),
    ],
)
def test_an_origin(mine: object, says: str) -> None:
    result = check_origin(mine)
    assert result.passed is False
    assert says in said(result)
    assert result.solution


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda each: str(each.origin))
def test_each_stranger_is_named_with_what_lets_it_in(stranger: Stranger) -> None:
    result = check_origin(lambda given: given in (*OURS, stranger.origin))
    assert result.sentence == f"it lets {stranger.origin!r} in: {stranger.whose}."
    assert result.hint == stranger.mistake


def framed(make: Callable[[str], str]) -> Callable[[Typed], str]:
    return lambda typed: f"<p><b>{make(typed[0])}</b>: {make(typed[1])}</p>"


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (framed(str), "a browser makes an element of your page: <b> with and and b. The browser takes"),
        (framed(lambda text: text.replace("<script>", "")), "makes an element of your page"),
        (framed(lambda text: re.sub("<[^>]*>", "", text)), "shows “Bob: ac”. Users may write < and >"),
        (framed(lambda text: text.replace("<", "").replace(">", "")), "Users may write < and >"),
        (framed(lambda text: text.replace("<", "&lt;")), "The & begins a name"),
        (framed(lambda text: html.escape(html.escape(text))), "It is escaped twice"),
        (lambda typed: f"<p>{typed[0]}: {html.escape(typed[1])}</p>", "A user chooses the name, too"),
        (lambda typed: html.escape(f"<p>{typed[0]}: {typed[1]}</p>"), "and it should show “Ada: hello”"),
        (lambda typed: f"<p>{html.escape(typed[1])}</p>", "and it should show “Ada: hello”"),
        (lambda typed: f"<p>{typed[0]}: {html.escape(typed[1]).replace('&lt;img', '<img')}</p>", "onerror does"),
        (list, "gives a list, and the check wants HTML as text"),
    ],
)
def test_a_line_of_a_chat(mine: object, says: str) -> None:
    result = check_markup(mine)
    assert result.passed is False
    assert says in said(result)


def without_script(text: str) -> str:
    """Takes one word out, and puts another together by it."""
    if not text.startswith("<scr<"):
        return html.escape(text)
    return text.replace("<script>", "").replace("</script>", "")


def test_what_is_taken_out_may_put_the_rest_together() -> None:
    result = check_markup(framed(without_script))
    assert "What you took out has put the rest together" in said(result)


@pytest.mark.parametrize("around", ["{}: {}", "<li>{}: {}</li>", '<p class="line"><b>{}</b>: <span>{}</span></p>'])
def test_any_elements_around_a_line_are_right(around: str) -> None:
    assert check_markup(lambda typed: around.format(*map(html.escape, typed)))
    assert check_markup(lambda typed: around.format(*(html.escape(each, quote=False) for each in typed)))


@pytest.mark.parametrize(
    ("words", "wrong"), floods._MISTAKES, ids=lambda each: each[:30] if isinstance(each, str) else ""
)
def test_the_usual_mistakes_with_a_bucket_are_told_by_their_names(
    words: str, wrong: Callable[[Sequence[float]], list[bool]]
) -> None:
    result = check_flood(wrong)
    assert result.passed is False
    assert result.hint == words


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda arrivals: [True], "One answer for each message"),
        (lambda arrivals: [1] * len(arrivals), "Each answer is True or False"),
        (lambda arrivals: dict.fromkeys(arrivals, True), "gives a dict, and the check wants a list"),
        (lambda arrivals: [True, *floods._bucket(arrivals)[1:-1], False], "message 4, at 4 s, is refused"),
        (lambda arrivals: [*floods._bucket(arrivals)[:-1], True], "less is not enough"),
    ],
)
def test_other_answers_are_told_with_the_first_message_that_is_judged_wrongly(mine: object, says: str) -> None:
    result = check_flood(mine)
    assert result.passed is False
    assert says in said(result)


def test_the_three_solutions_are_right() -> None:
    assert check_origin(lambda origin: origin in OURS)
    assert check_markup(framed(html.escape))
    assert check_flood(floods._bucket)
