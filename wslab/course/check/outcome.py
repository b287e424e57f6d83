"""One call of a function: what it gave, in a form in which the results of two functions can be compared.

How it works: `plain` makes of a result what counts in it. A bytearray and a subclass of bytes are the bytes that they
hold, a list is the tuple of its items. What has no place in any of these exercises stays by the name of its type
(`Other`), so a class of a learner's with an `__eq__` of its own is never asked. `call` runs a learner's function under
watch and gives an `Outcome`, whatever happens: `ValueError` and what is derived from it refuses the input, any other
error is one. What the function prints is kept, and shown by the check for one call only.

Left out: what is right (`task`), and what is said about it (`judge`).
"""

from __future__ import annotations

import gc
import inspect
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from wslab.course.answers import in_words, is_interrupt
from wslab.course.supervisor import MOST_STEPS, Finding, call_watched

__all__ = ["Other", "Outcome", "call", "call_plainly", "plain"]

MOST_PRINTED = 4000
"""Characters of what one call prints that are kept."""

MOST_ITEMS = 100_000
"""Items of a list that are compared."""

MOST_BITS = 10_000
"""Bits of a number that is compared; Python shows none of more than 4,300 digits."""

STEPS_A_BYTE = 100
"""Instructions for each byte of the input, where a call is limited by these."""


@dataclass(frozen=True, slots=True)
class Other:
    """A value that no exercise wants, by its type in words; `what` is `coroutine` or `generator` where it is one."""

    type: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: a `value` in its plain form, or an `error`, or `stopped`, why it was ended.

    `read` is what counts in the value, where not all of it does: an answer may have its headers in any order.

    `raised` is `ValueError` for that error and all derived from it, and the type's name for any other.
    """

    value: object = None
    error: BaseException | None = None
    stopped: Finding | None = None
    printed: str = ""
    read: object = None

    @property
    def raised(self) -> str:
        """The error by its type; empty where there is none."""
        if self.error is None:
            return ""
        return "ValueError" if isinstance(self.error, ValueError) else type(self.error).__name__

    @property
    def way(self) -> Literal["gives", "refuses", "raises", "hangs"]:
        """How the call ended."""
        if self.stopped is not None:
            return "hangs"
        return "gives" if self.error is None else "refuses" if self.raised == "ValueError" else "raises"

    @property
    def key(self) -> tuple[str, object]:
        """Two calls with the same key did the same."""
        return (self.raised or self.way, self.value if self.read is None else self.read)

    @property
    def given(self) -> object:
        """What a report shows as the result: the value, or else the error."""
        return self.value if self.error is None else self.error


def call(function: Callable[..., Any], arguments: Mapping[str, object], named: frozenset[str]) -> Outcome:
    """Call a learner's function; arguments that are `named` go by their names."""
    positional, by_name = _split(deepcopy(dict(arguments)), named)  # a learner may change what is given
    steps = MOST_STEPS + STEPS_A_BYTE * sum(_size(each) for each in arguments.values())
    printed = _Printed()
    try:
        with redirect_stdout(printed), _without_gc():
            value, stopped = call_watched(function, *positional, steps=steps, **by_name)
    except BaseException as error:  # the learner's own: it is what the check talks about
        if is_interrupt(error):
            raise
        return Outcome(error=error, printed=printed.kept)
    return Outcome(plain(value), stopped=stopped, printed=printed.kept)


def call_plainly(function: Callable[..., Any], arguments: Mapping[str, object], named: frozenset[str]) -> Outcome:
    """Call a function of ours: the reference, or one with a known mistake, which may raise."""
    positional, by_name = _split(deepcopy(dict(arguments)), named)
    try:
        return Outcome(plain(function(*positional, **by_name)))
    except Exception as error:  # the mistake's own
        return Outcome(error=error)


@contextmanager
def _without_gc() -> Iterator[None]:
    """No collection of garbage meanwhile: what others hang on it would fail in a call that recurses to the end."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _split(arguments: dict[str, Any], named: frozenset[str]) -> tuple[list[Any], dict[str, Any]]:
    by_name = {name: value for name, value in arguments.items() if name in named}
    return [value for name, value in arguments.items() if name not in named], by_name


def _size(value: object) -> int:
    if isinstance(value, (list, tuple)):
        return sum(_size(each) for each in value)
    return len(value) if isinstance(value, (bytes, str)) else 1


def plain(value: object) -> object:
    """What counts in a result: its bytes, text, number, truth or None, or a tuple of these."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(memoryview(value))  # a view first: a subclass may say something else about itself
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        number = int.__index__(value)
        return number if number.bit_length() <= MOST_BITS else Other("a number of thousands of digits")
    if isinstance(value, (list, tuple)):
        whole = value if type(value) in (list, tuple) else _items(value)
        if set(map(type, whole)) == {int}:
            return tuple(whole[:MOST_ITEMS])
        return tuple(plain(each) for each in whole[:MOST_ITEMS])
    return Other(in_words(value), _kind(value))


def _items(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    # a subclass may say something else about itself
    return list(list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value))


def _kind(value: object) -> str:
    if inspect.iscoroutine(value):
        value.close()  # it will never run, and Python would warn of that
        return "coroutine"
    return "generator" if inspect.isgenerator(value) or inspect.isasyncgen(value) else ""


class _Printed(io.TextIOBase):
    """Takes what is printed, and keeps the beginning."""

    def __init__(self) -> None:
        self.kept = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.kept += text[: MOST_PRINTED - len(self.kept)]
        return len(text)
