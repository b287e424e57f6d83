"""A check of an attack on compression: to find a secret by nothing but the lengths of compressed messages.

The learner's function gets an oracle, `size(query)`: how many bytes the frame has in which a shop answers a query. The
answer has the secret token and the query in one message, and is compressed by itself. The function gives the token,
eight hexadecimal digits. Each `_Shop` has a token of its own and counts the queries, of which there may be `MOST`: a
fence against trying all 4,294,967,296.

A query that repeats what stands in front of the token, and one more digit, is a byte shorter if the digit is right:
DEFLATE writes the longer repetition in one pair (RFC 1951 §3.2.5). RFC 7692 §8 warns of it. The tokens here are such
that each digit has one shortest answer with common zlibs; the chance is not in the exercise.

Left out: how an attacker gets queries into the victim's connection, and lengths on the way. The lesson shows both.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult
from wslab.explain.words import counted
from wslab.protocol.codes import Role
from wslab.protocol.deflate import Deflate, Deflater

__all__ = ["DIGITS", "check_leak"]

DIGITS = "0123456789abcdef"
FRONT = "token="
TOKENS = ("7f3a91c2", "b04de865", "52c9f10e")
MOST = 2000
HEADER = 2
"""Bytes of the frame's header: the answers are short."""

TASK = Task(
    (str,),
    "the token, eight digits as text",
    "Ask for `token=` and one digit behind it, for each of the sixteen: one answer is shorter.",
    "Take the digit with the shortest answer, put it behind what you know, and go on to the next.",
    """def steal(size):
    known = ""
    for _ in range(8):
        known += min("0123456789abcdef", key=lambda digit: size("token=" + known + digit))
    return known""",
)


class TooManyQueries(Exception):
    """The shop takes no more."""


class _Shop:
    """Answers queries, each in a message that is compressed by itself, and tells how long its frame is."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.asked = 0
        self.queries: set[str] = set()

    def size(self, query: object) -> int:
        self.asked += 1
        if self.asked > MOST:
            raise TooManyQueries
        self.queries.add(str(query))
        answer = f"token={self.token} found nothing for {query}"
        return HEADER + len(Deflater(Deflate(), Role.SERVER).deflate(answer.encode()))

    def __deepcopy__(self, _: object) -> _Shop:
        return self  # a check hands copies on, and the queries are counted here


def check_leak(mine: object) -> CheckResult:
    """Let the learner's function find three tokens, and say how far it got.

    `mine` is a function of `size`, itself a function that gives the bytes of the answer to a query, that returns the
    token.

    >>> check_leak(lambda size: "7f3a91c2").hint
    'You give the same token for each shop: ask it, with size(...).'
    """
    shops = [_Shop(token) for token in TOKENS]
    values = TASK.values(mine, [_Size(shop) for shop in shops])
    tired = next((shop for shop in shops if shop.asked > MOST), None)
    if tired is not None:
        return TASK.wrong(f"the shop has answered {MOST:,} queries and takes no more.", _of_many_queries(tired))
    if isinstance(values, CheckResult):
        return values
    for shop, value in zip(shops, values, strict=True):
        if value != shop.token:
            return TASK.wrong(_told(shop, value), _mistake(shops, values) or _hint(shop, value))
    return TASK.right(f"three tokens, with {sum(shop.asked for shop in shops):,} queries: not a byte was decrypted.")


class _Size:
    """The oracle, as a learner calls it."""

    def __init__(self, shop: _Shop) -> None:
        self._shop = shop

    def __call__(self, query: object) -> int:
        return self._shop.size(query)

    def __repr__(self) -> str:
        return "a shop"


def _of_many_queries(shop: _Shop) -> str:
    if len(shop.queries) < MOST // 4:
        return f"These were {counted(len(shop.queries), 'query', 'queries')}, again and again. {_COMPARED}"
    return f"Eight digits have {16**8:,} tokens. Find one digit at a time: eight times sixteen queries do."


def _right(token: str, value: str) -> int:
    """How many digits are right before the first wrong one."""
    return next((at for at, digit in enumerate(token) if value[at : at + 1] != digit), len(token))


def _told(shop: _Shop, value: str) -> str:
    shown = value if len(value) <= 24 else f"{value[:24]}…"
    right = _right(shop.token, value)
    are = "is" if right == 1 else "are"
    return f"after {counted(shop.asked, 'query', 'queries')} it gives {shown!r}: {right} of 8 digits {are} right."


def _mistake(shops: list[_Shop], values: list[str]) -> str:
    if len(set(values)) == 1 and not any(shop.asked for shop in shops):
        return "You give the same token for each shop: ask it, with size(...)."
    if all(shop.token in value for shop, value in zip(shops, values, strict=True)):
        return "The token is in it: give the eight digits alone, without what stands around them."
    return ""


_COMPARED = "Compare sixteen answers with one another: that to the right digit is shorter than the others."


def _hint(shop: _Shop, value: str) -> str:
    if not value:
        return f"No digit was taken. {_COMPARED}"
    if any(re.search("[A-F]", query.removeprefix(FRONT)) for query in shop.queries):
        return "You ask for capital letters: the digits are small ones, from 0 to 9 and a to f."
    if not re.fullmatch(rf"[{DIGITS}]*", value):
        return "A token has digits from 0 to 9 and a to f, and nothing else."
    right = _right(shop.token, value)
    if len(value) < len(shop.token) and right == len(value):
        return "So far it is right: go on until there are eight digits."
    if right == 0:
        return _hint_of_the_first(shop, value)
    return (
        "Each further query has to repeat all that you know: what stands in front of the token, and the digits that "
        "you have found."
    )


def _hint_of_the_first(shop: _Shop, value: str) -> str:
    if value == _followed(shop.token, FRONT, max):
        return "Take the digit with the shortest answer, not the one with the longest."
    if value in (_followed(shop.token, "", min), _followed(shop.token, "", min)[:1] * 8):
        return (
            "A single digit repeats nothing, for DEFLATE needs three bytes (RFC 1951 §3.2.5): repeat what stands in "
            "front of the token, too."
        )
    return "Print size(...) for what stands in front of the token and each of the digits: which is the shortest?"


def _followed(token: str, front: str, choose: Callable[..., str]) -> str:
    """What an attack gives that puts this in front of its guesses, and chooses so among the lengths."""
    size, known = _Shop(token).size, ""
    for _ in token:
        lengths = {digit: size(front + known + digit) for digit in DIGITS}
        known += choose(DIGITS, key=lengths.__getitem__)
    return known
