"""A check of what becomes of `close(code, reason)` in a page's script (the WHATWG's WebSockets Standard).

The learner's function gets a code and a reason, and says what the script gets: "sent", or the name of the exception.
The standard takes 1000 and 3000 to 4999, and raises InvalidAccessError for any other code. Then it raises SyntaxError
for a reason of more than 123 bytes of UTF-8, which is what a Close has room for beside its code (RFC 6455 §5.5,
§5.5.1). A test asks Chromium the same cases.

Left out: `close()` without a code, and a socket that is not open.
"""

from __future__ import annotations

from typing import NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["CASES", "check_close"]

SENT, CODE, REASON = WHAT = ("sent", "InvalidAccessError", "SyntaxError")


class Case(NamedTuple):
    """What a script gives to `close`."""

    code: int
    reason: str

    @property
    def right(self) -> str:
        """What the script gets."""
        if self.code != 1000 and not 3000 <= self.code <= 4999:
            return CODE
        return REASON if len(self.reason.encode()) > 123 else SENT


CASES = (
    Case(1000, ""),
    Case(4000, "lunch"),
    Case(3000, ""),
    Case(4999, ""),
    Case(1001, "the page goes away"),
    Case(1008, "no"),
    Case(1006, ""),
    Case(2999, ""),
    Case(5000, ""),
    Case(1000, "x" * 123),
    Case(1000, "x" * 124),
    Case(4000, "ü" * 62),
    Case(4000, "ü" * 61),
    Case(1001, "x" * 124),
)

TASK = Task(
    (str,),
    f"one of {', '.join(map(repr, WHAT))}",
    "Look at the code first: which two kinds may a script send?",
    "1000 and 3000 to 4999 may be sent. A reason has 123 bytes at most: len(reason.encode()).",
    '''def closes(given):
    code, reason = given
    if code != 1000 and not 3000 <= code <= 4999:
        return "InvalidAccessError"
    return "SyntaxError" if len(reason.encode()) > 123 else "sent"''',
)


def check_close(mine: object) -> CheckResult:
    """Give codes and reasons to the learner's function, and name what a browser would do instead.

    `mine` is a function of a pair, code and reason, that returns "sent", "InvalidAccessError" or "SyntaxError".

    >>> check_close(lambda given: "sent").hint
    "The codes below 3000 are the protocol's and the browser's: of these a script may send 1000 only."
    """
    values = TASK.values(mine, [tuple(case) for case in CASES])
    if isinstance(values, CheckResult):
        return values
    wrong = next(((case, value) for case, value in zip(CASES, values, strict=True) if value != case.right), None)
    if wrong is None:
        return TASK.right(f"of {len(CASES)} calls you say what a browser does.")
    return TASK.wrong(_told(*wrong), _hint(*wrong))


def _told(case: Case, value: str) -> str:
    long = f"{case.reason[:1]!r} * {len(case.reason)}"
    reason = long if len(case.reason) > 20 else repr(case.reason)
    return f"of close({case.code}, {reason}) it says {value!r}, and a browser says {case.right!r}."


def _hint(case: Case, value: str) -> str:
    if value not in WHAT:
        return f"The three answers are {', '.join(map(repr, WHAT))}, written like that."
    if case.right == CODE:
        return _of_a_code(case, value)
    if value == CODE:
        return "A script may send this code: 1000 is one kind, and 3000 to 4999, with both ends, are the other."
    if len(case.reason) == len(case.reason.encode()):
        return "A Close has 125 bytes (§5.5), the code takes two of them, and 123 are left: 123 may be sent, 124 not."
    if case.right == REASON:
        return "Count bytes and not characters: “ü” has two in UTF-8."
    return "62 characters of two bytes are too many, and 61 are not: 122 bytes."


def _of_a_code(case: Case, value: str) -> str:
    if len(case.reason) > 123 and value == REASON:
        return "Both are wrong here, and the browser looks at the code first."
    if case.code < 3000:
        return "The codes below 3000 are the protocol's and the browser's: of these a script may send 1000 only."
    return "From 5000 on a code has no meaning (§7.4.2): 4999 is the last."
