"""A check of who closed a connection, read from an error of the `websockets` library.

The learner's function gets a `ConnectionClosed`: `rcvd` and `sent` are the Close frames that this side received and
sent, None where there was none, and `rcvd_then_sent` says which came first where there were both. It gives "peer",
"me" or "nobody", by the side that sent the first Close. `CASES` are the ways in which a connection ends.

A wrong function is compared with the usual ones, such as one that asks for `rcvd` alone. The same answers give the
mistake its name.

Left out: why somebody closed, which code and reason say; and a Close that was received while none was sent, since the
library answers one at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["check_who_closed"]

PEER, ME, NOBODY = ANSWERS = ("peer", "me", "nobody")


class _Case(NamedTuple):
    """An error, who sent the first Close, and what is to be known for that."""

    error: ConnectionClosed
    right: str
    hint: str


_DONE, _BUG = Close(1000, ""), Close(1011, "")
_MINE, _SILENT = Close(4000, "logged in elsewhere"), Close(1011, "no answer")
_BIG = Close(1009, "frame exceeds limit of 1048576 bytes")

CASES = (
    _Case(ConnectionClosedOK(_DONE, _DONE, True), PEER, "Both sent a Close. rcvd_then_sent is True: theirs was first."),
    _Case(ConnectionClosedOK(_DONE, _DONE, False), ME, "Both sent a Close. rcvd_then_sent is False: yours was first."),
    _Case(ConnectionClosedError(_BUG, _BUG, True), PEER, "A code of an error changes nothing: the order says who."),
    _Case(ConnectionClosedError(_MINE, _MINE, False), ME, "A code of an error changes nothing: the order says who."),
    _Case(
        ConnectionClosedError(None, None, None),
        NOBODY,
        "No Close at all: TCP ended, or was reset. rcvd_then_sent is None here, and None counts as false.",
    ),
    _Case(ConnectionClosedError(None, _SILENT, None), ME, "Only `sent` holds a Close: this side closed, unanswered."),
    _Case(ConnectionClosedError(None, _BIG, None), ME, "Only `sent` holds a Close: this side refused the message."),
)

TASK = Task(
    (str,),
    f"one of {', '.join(map(repr, ANSWERS))}",
    "First the cases with fewer than two Closes: is error.rcvd None, and is error.sent None, too?",
    "Both are None: nobody. rcvd alone is None: me, and no answer came. Neither is None: rcvd_then_sent decides.",
    '''def who(error):
    if error.rcvd is None:
        return "nobody" if error.sent is None else "me"
    return "peer" if error.rcvd_then_sent else "me"''',
)


def check_who_closed(mine: object) -> CheckResult:
    """Give errors of the `websockets` library to the learner's function, and name what it overlooks.

    `mine` is a function of a `ConnectionClosed` that returns "peer", "me" or "nobody".

    >>> check_who_closed(lambda error: "peer" if error.rcvd else "me").hint
    'You ask for `rcvd` alone: the peer also answers your Close with one. Where both are there, the order decides.'
    """
    values = TASK.values(mine, [case.error for case in CASES])
    if isinstance(values, CheckResult):
        return values
    wrong = next(((case, value) for case, value in zip(CASES, values, strict=True) if value != case.right), None)
    if wrong is None:
        return TASK.right(f"{len(CASES)} endings, and each has its side.")
    case, value = wrong
    sentence = f"of “{case.error}” it says {value!r}, and it was {case.right!r}."
    return TASK.wrong(sentence, _mistake(values) or case.hint)


# ---- which mistake it is

_MISTAKES: tuple[tuple[str, Callable[[ConnectionClosed], str]], ...] = (
    (
        "You ask for `rcvd` alone: the peer also answers your Close with one. Where both are there, the order decides.",
        lambda error: PEER if error.rcvd else ME,
    ),
    (
        "You ask for `rcvd` alone: the peer also answers your Close with one. Where both are there, the order decides.",
        lambda error: PEER if error.rcvd else ME if error.sent else NOBODY,
    ),
    (
        "You ask for `sent` alone: this side also answers the peer's Close. Where both are there, the order decides.",
        lambda error: ME if error.sent else PEER if error.rcvd else NOBODY,
    ),
    (
        "You ask for rcvd_then_sent alone. It is None where not both sent a Close, and then rcvd and sent say who.",
        lambda error: PEER if error.rcvd_then_sent else ME,
    ),
    (
        "rcvd_then_sent is None where not both sent a Close: one of them may still have, and rcvd and sent say who.",
        lambda error: {True: PEER, False: ME, None: NOBODY}[error.rcvd_then_sent],
    ),
    (
        "You have the sides the wrong way round: what this side received, the peer has sent.",
        lambda error: {PEER: ME, ME: PEER, NOBODY: NOBODY}[_right(error)],
    ),
)


def _right(error: ConnectionClosed) -> str:
    if error.rcvd is None:
        return NOBODY if error.sent is None else ME
    return PEER if error.rcvd_then_sent else ME


def _mistake(values: Sequence[object]) -> str:
    """The usual mistake that gives these answers, in words; empty where none does."""
    if not set(values) <= set(ANSWERS):
        return f"The three answers are {', '.join(map(repr, ANSWERS))}, written like that."
    if len(set(values)) == 1:
        return f"You say {values[0]!r} of every error: look at what rcvd and sent hold."
    said = (words for words, wrong in _MISTAKES if list(values) == [wrong(case.error) for case in CASES])
    return next(said, "")
