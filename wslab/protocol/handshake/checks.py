"""TODO."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from wslab.protocol.errors import ProtocolError
from wslab.protocol.offset import Offset
from wslab.protocol.rules import Rule


@dataclass(frozen=True, slots=True)
class Check:
    """One rule held against one head: `offset` is the place that decided it."""

    rule: Rule
    passed: bool
    found: str
    expected: str
    offset: Offset

    def error(self) -> ProtocolError:
        """The violation to raise where the check failed."""
        return ProtocolError(self.rule, self.offset, self.found, self.expected)


H = TypeVar("H", contravariant=True)
B = TypeVar("B", contravariant=True)

_Words = tuple[str, str, Offset]
"""What was found, what was expected, and where."""


class _Test(NamedTuple, Generic[H, B]):
    """A rule as it is held against a head: `passes` is all that an endpoint asks, `words` what a view shows beside it.

    Both are given the half of the handshake and what it is held against: the allowed origins, or the request.
    """

    rule: Rule
    passes: Callable[[H, B], bool]
    words: Callable[[H, B], _Words]


def _every_check(tests: Iterable[_Test[H, B]], half: H, against: B) -> list[Check]:
    return [Check(rule, passes(half, against), *words(half, against)) for rule, passes, words in tests]


def _raise_first_failed(tests: Iterable[_Test[H, B]], half: H, against: B) -> None:
    for rule, passes, words in tests:
        if not passes(half, against):
            raise Check(rule, False, *words(half, against)).error()
