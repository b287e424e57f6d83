"""What a check of the opening handshake is, and how a table of checks is run.

A check holds one rule of `wslab.protocol.rules` against one head. It has the rule's name, a verdict, what was found,
what was expected, and the place that decided it. Each half of the handshake is a table of such tests (in `request` and
`response`): a test is the rule, `passes`, which says yes or no, and `words`, which says what was found.

The table is read in two ways. An endpoint asks only whether the head may stand: `raise_first_failed` goes down the
table, makes no words for what passes, and raises the first failure as a `ProtocolError`. A view asks for everything:
`every_check` gives one `Check` a test, passed and failed, so that a learner sees all that is held against a head.

The order of the table matters. It goes from the outside in: line ends and HTTP first, because without them nothing
else can be read with confidence; then the first line; then the headers in the order of the RFC's own list. So the
first failure is the one to fix first. Every test must still be able to answer for any head at all: a view runs the
later ones even where an earlier one failed.

Both sides use the same tables, and so does all that only looks on: a tape, the tap, a capture, a HAR. That way the
verdict on a recording is the one that a live endpoint would give, and a rule is written once.

What this module leaves out: the tables themselves, and what a failure leads to (a server refuses, a client fails).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from wslab.protocol.errors import ProtocolError
from wslab.protocol.offset import Offset
from wslab.protocol.rules import Rule


@dataclass(frozen=True, slots=True)
class Check:
    """One rule held against one head: `offset` is the place in the head that decided it."""

    rule: Rule
    passed: bool
    found: str
    expected: str
    offset: Offset

    def error(self) -> ProtocolError:
        """The violation to raise where the check failed."""
        return ProtocolError(self.rule, self.offset, self.found, self.expected)


# contravariant: a test that asks for any half of a handshake (`HTTP_TESTS`) may stand in the table of requests
Half = TypeVar("Half", contravariant=True)
Against = TypeVar("Against", contravariant=True)

Words = tuple[str, str, Offset]
"""What was found, what was expected, and where."""


class CheckTest(NamedTuple, Generic[Half, Against]):
    """One line of a table: a rule, and how it is held against a head.

    Both functions are given the half of the handshake and what it is held against: the allowed origins for a request,
    the request for a response. `passes` is all that an endpoint asks; `words` is what a view shows beside it.
    """

    rule: Rule
    passes: Callable[[Half, Against], bool]  # answers for any head, also where earlier tests failed
    words: Callable[[Half, Against], Words]  # an endpoint asks for them only where a test failed


def every_check(tests: Iterable[CheckTest[Half, Against]], half: Half, against: Against) -> list[Check]:
    """Every test of a table with its verdict, in order."""
    # `words` is asked also where a test passed: a learner wants to see what the rule was satisfied by
    return [Check(rule, passes(half, against), *words(half, against)) for rule, passes, words in tests]


def raise_first_failed(tests: Iterable[CheckTest[Half, Against]], half: Half, against: Against) -> None:
    """Go down a table; the first test that fails is raised as a `ProtocolError`."""
    # §4.2.1: at the first thing that is wrong "the server MUST stop processing the client's handshake"; §4.1: a client
    # that finds a response wrong "MUST _Fail the WebSocket Connection_". One failure is enough for both.
    for rule, passes, words in tests:
        if not passes(half, against):
            # the words are made here at last: a handshake that is right, which most are, does not pay for them
            raise Check(rule, False, *words(half, against)).error()
