"""A check of a learner's own text: how many characters are right, and the first that differs.

Left out: bytes, and the fields in them (`checks`).
"""

from __future__ import annotations

from dataclasses import replace

from wslab.course.answers import NONE, in_words, is_empty, is_hex, value_of
from wslab.course.comparison import Comparison, Reading, compare, first_difference
from wslab.course.report import CheckResult
from wslab.explain.words import counted
from wslab.protocol.offset import Offset

__all__ = ["check_value"]

GIVE = "Give a str: text in quotes, or what a function returns."

SHOWN = 4
"""Characters of the right text that a bigger hint shows."""


def check_value(mine: object, expected: str, name: str = "the value") -> CheckResult:
    """Compare a learner's text with the right one and show the first character that differs.

    `mine` is the text, or a function without arguments that returns it. `name` says what it is, within a sentence.

    >>> check_value("s3pPLMBiTxaQ9kYGzzhZRbK+x0o=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "the accept value").hint
    "At character 25 yours has '0', and it should be 'O'."
    """
    value, raised = value_of(mine)
    if raised is not None:
        return replace(raised, solution=expected)
    if is_empty(value):
        about = NONE if value is None else f"{name} is still empty"
        sentence = f"{about}; the right one has {len(expected)} characters."
        return CheckResult(None, sentence, GIVE, f"The right one begins with {expected[:SHOWN]!r}.", expected)
    if not isinstance(value, str):
        return _other_type(value, expected, name)
    if value == expected:
        return CheckResult(True, f"{name} is {expected}.", comparison=_compared(value, expected, name))
    return _difference(value, expected, name)


def _other_type(value: object, expected: str, name: str) -> CheckResult:
    is_bytes = isinstance(value, (bytes, bytearray))
    hint = "Bytes become text with .decode()." if is_bytes else GIVE
    yours = "bytes" if is_bytes else in_words(value)
    bigger = f"The right one begins with {expected[:SHOWN]!r}{', without a b in front' if is_bytes else ''}."
    return CheckResult(False, f"{name} is text, and yours is {yours}.", hint, bigger, expected)


def _difference(mine: str, expected: str, name: str) -> CheckResult:
    at = first_difference(mine, expected)
    sentence = f"{at} of {len(expected)} characters {'is' if at == 1 else 'are'} right."
    comparison = _compared(mine, expected, name)
    hint, bigger = _hints(mine, expected, name, at)
    return CheckResult(False, sentence, hint, bigger, expected, first_wrong_bit(mine, expected), comparison)


def first_wrong_bit(mine: str, expected: str) -> Offset:
    """The first bit that differs, of both texts as UTF-8."""
    yours, right = (each.encode("utf-8", "surrogatepass") for each in (mine, expected))
    at = first_difference(yours, right)
    if at == len(yours) or at == len(right):
        return Offset(at)
    return Offset(at, f"{yours[at] ^ right[at]:08b}".index("1"))


def _compared(mine: str, expected: str, name: str) -> Comparison:
    return compare(mine, expected, Reading(_shown, lambda _: (name, "")))


def _shown(character: str) -> str:
    return _NAMES.get(character, character if character.isprintable() else "·")


_NAMES = {" ": "␣", "\n": "⏎", "\r": "⏎", "\t": "⇥"}


def _hints(mine: str, expected: str, name: str, at: int) -> tuple[str, str]:
    if mine.strip() == expected:
        return (
            f"{name} is right, but there is white space around it: a line break at its end, perhaps.",
            ".strip() ends it.",
        )
    if mine == str(expected.encode()):
        return f"This is how Python shows bytes; {name} is text.", "End with .decode() instead of str(...)."
    if at == len(mine):
        missing = len(expected) - at
        hint = f"{missing} of {len(expected)} characters {'is' if missing == 1 else 'are'} missing at its end."
        return hint, f"The right one ends with {expected[-SHOWN:]!r}."
    if at == len(expected):
        extra = len(mine) - at
        hint = f"{'1 character is' if extra == 1 else f'{extra} characters are'} too many at its end."
        return hint, f"The right one ends with {expected[-SHOWN:]!r}."
    return f"At character {at} yours has {mine[at]!r}, and it should be {expected[at]!r}.", _why(mine, expected, at)


def _why(mine: str, expected: str, at: int) -> str:
    """The mistake that gives such a text, or else how long the right one is, or how it goes on."""
    if mine.lower() == expected.lower():
        return "The letters are right; which of them are capitals is not."
    if mine.translate(_OF_URLS) == expected:
        return "Yours is Base64 for URLs, with - and _ in place of + and /: take the standard alphabet."
    if is_hex(mine.encode("utf-8", "replace")) and not is_hex(expected.encode()):
        return "Yours has hex digits alone, two for each byte, and the right one is written in another way."
    if len(mine) != len(expected):
        return f"Yours has {counted(len(mine), 'character')}, and it should be {len(expected)}."
    return f"From character {at} on the right one says {expected[at : at + SHOWN]!r}."


_OF_URLS = str.maketrans("-_", "+/")
