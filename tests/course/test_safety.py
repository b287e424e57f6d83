"""What learners plausibly write in the exercises on safety, and that the check names the mistake."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from wslab import CheckResult, check_flood, check_inflate, check_leak, check_markup, check_origin, check_windows
from wslab.course.safety import floods
from wslab.course.safety.leaks import DIGITS, TOKENS
from wslab.course.safety.origins import OURS, STRANGERS, Stranger
from wslab.course.safety.windows import ANSWERS, _kept

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
        (lambda origin: origin == OURS[0] or OURS[1], "`x in {a, b}` compares x with both"),
        (lambda origin: "shop.example" in origin, "for None your code raises TypeError"),
        (True, "this is a bool, and the check calls your function"),
    ],
)
def test_an_origin(mine: object, says: str) -> None:
    result = check_origin(mine)
    assert result.ok is False
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
        (lambda typed: html.escape(f"<p>{typed[0]}: {typed[1]}</p>"), "Your own elements are escaped, too"),
        (
            lambda typed: html.escape(str(typed)),
            "This is the pair as Python writes it",
        ),
        (lambda typed: f"<p>{typed[0]}:{typed[1]}</p>", "The name, a colon, a space and the text"),
        (lambda typed: "<p title={0}>{0}: {1}</p>".format(*map(html.escape, typed)), "has come out of its attribute"),
        (lambda typed: f"<p>{html.escape(typed[1])}</p>", "and it should show “Ada: hello”"),
        (lambda typed: f"<p>{typed[0]}: {html.escape(typed[1]).replace('&lt;img', '<img')}</p>", "onerror does"),
        (lambda typed: f"<textarea>{typed[0]}: {typed[1]}</textarea>", "in <textarea>, where other rules of HTML hold"),
        (list, "gives a list, and the check wants HTML as text"),
    ],
)
def test_a_line_of_a_chat(mine: object, says: str) -> None:
    result = check_markup(mine)
    assert result.ok is False
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
    assert result.ok is False
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
    assert result.ok is False
    assert says in said(result)


@pytest.mark.parametrize(
    ("answer", "kept"),
    list(zip(ANSWERS, [(0, 0), (15, 15), (12, 15), (11, 10), (0, 15), (9, 0), (0, 0), (0, 0)], strict=True)),
)
def test_what_a_server_keeps(answer: str, kept: tuple[int, int]) -> None:
    assert _kept(answer) == kept


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda _: (15, 15), "names no extension it gives 15 and 15, and right is 0 and 0. Without permessage-deflate"),
        (lambda answer: (15, 15) if answer else (0, 0), "this side's window has 12 bits"),
        (lambda answer: _kept(answer)[::-1], "Yours are the wrong way round"),
        (lambda answer: tuple(bits and 2**bits for bits in _kept(answer)), "asked for are their bits: 15, not 32,768"),
        (lambda answer: _kept(re.sub("; [a-z_]*takeover", "", answer)), "none is kept: 0 (RFC 7692 §7.1.1)"),
        (lambda answer: _kept(answer) if "=" in answer or not answer else (0, 0), "both windows have 15 bits"),
        (lambda answer: [str(bits) for bits in _kept(answer)], "Two whole numbers"),
        (lambda answer: (), "it gives nothing, and right is 0 and 0"),
        (lambda answer: 15, "gives an int, and the check wants a pair of numbers"),
        (lambda answer: answer.split("=")[1], "your code raises IndexError"),
    ],
)
def test_windows(mine: object, says: str) -> None:
    result = check_windows(mine)
    assert result.ok is False
    assert says in said(result)


Given = tuple[bytes, int]


def inflated(given: Given, most: int = 0) -> bytes:
    return zlib.decompressobj(wbits=-15).decompress(given[0] + b"\0\0\xff\xff", most)


def all_of_it(given: Given) -> bytes | None:
    message = inflated(given)
    return message if len(message) <= given[1] else None


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (all_of_it, "MiB in memory before that. You inflate all of it and then look how long it is."),
        (lambda given: zlib.decompress(given[0]), "incorrect header check"),
        (lambda given: zlib.decompress(given[0], -15), "incomplete or truncated"),
        (lambda given: inflated(given) if len(given[0]) <= given[1] else None, "and not about its payload"),
        (lambda given: inflated((b"\0\0\xff\xff" + given[0], 0)), "stands behind a payload, not before it"),
        (lambda given: given[0], "This is the payload as it came"),
        (lambda given: inflated(given, given[1]), "let one byte more come"),
        (lambda given: inflated(given, given[1] + 1), "It is larger than the limit: None."),
        (lambda given: inflated(given, 10), "Give the whole message"),
        (lambda given: m if len(m := inflated(given, given[1] + 1)) < given[1] else None, "`<=`, not `<`"),
        (lambda given: None if len(given[0]) < 50 else inflated(given), "is within its limit"),
        (lambda given: inflated(given).decode("latin-1"), "gives a str, and the check wants the message as bytes"),
    ],
)
def test_inflating(mine: object, says: str) -> None:
    result = check_inflate(mine)
    assert result.ok is False
    assert says in f"{said(result)} {result.bigger_hint}"


def stolen(size: Callable[[str], int], *, front: str = "token=", digits: int = 8, pick: Any = min) -> str:
    known = ""
    for _ in range(digits):
        known += pick(DIGITS, key=lambda digit: size(front + known + digit))
    return known


def shorter_than_without_it(size: Callable[[str], int]) -> str:
    known = ""
    for _ in range(8):
        known += next((each for each in DIGITS if size(f"token={known}{each}") < size(f"token={known}")), "")
    return known


def again_and_again(size: Callable[[str], int]) -> str:
    known = ""
    while len(known) < 8:
        known += shorter_than_without_it(size)
    return known


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda size: TOKENS[0], "You give the same token for each shop"),
        (lambda size: "shoes" * bool(size("shoes")), "A token has digits from 0 to 9 and a to f"),
        (lambda size: stolen(size, pick=max), "not the one with the longest"),
        (lambda size: stolen(size, front=""), "A single digit repeats nothing"),
        (
            lambda size: stolen(size, digits=5),
            "after 80 queries it gives '7f3a9': 5 of 8 digits are right. So far",
        ),
        (lambda size: stolen(size, digits=1) * 8, "1 of 8 digits is right. Each further query has to repeat all"),
        (lambda size: "token=" + stolen(size), "give the eight digits alone"),
        (lambda size: "fffffff" + str(size("x"))[:1], "which is the shortest?"),
        (lambda size: min((f"{n:08x}" for n in range(16**8)), key=size), "eight times sixteen queries do"),
        (
            lambda size: stolen(lambda query: size(query.upper().replace("TOKEN", "token"))),
            "You ask for capital",
        ),
        (shorter_than_without_it, "No digit was taken. Compare sixteen answers with one another"),
        (again_and_again, "These were 17 queries, again and again. Compare sixteen answers"),
        (lambda size: size("shoes"), "gives an int, and the check wants the token"),
    ],
)
def test_a_leak(mine: object, says: str) -> None:
    result = check_leak(mine)
    assert result.ok is False
    assert says in said(result)


def test_the_six_solutions_are_right() -> None:
    assert check_windows(_kept)
    assert check_inflate(lambda given: m if len(m := inflated(given, given[1] + 1)) <= given[1] else None)
    assert check_leak(stolen)
    assert check_origin(lambda origin: origin in OURS)
    assert check_markup(framed(html.escape))
    assert check_flood(floods._bucket)
