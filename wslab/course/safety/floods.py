"""A check of which messages of one client are taken: a bucket of tokens (RFC 6455 §10.4 asks for limits, and has none).

The learner's function gets the seconds at which one client's messages arrived, and says of each whether it is taken.
The rule: a client has `SIZE` tokens at first and never more; `RATE` of them come back each second, in parts as well; a
message takes one whole token, or it is refused and takes nothing. `CASES` are a quiet client, a short burst, a long
pause before a burst, a flood, and a client that speaks a bit too often.

A wrong answer is compared with those of the usual wrong buckets, such as one without a bottom or without a rim. The
same answers give the mistake its name.

Left out: what a server does with a client that goes on (`close(1008)`), and floods of connections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from wslab.course.networks.trial import Task
from wslab.course.report import CheckResult

__all__ = ["RATE", "SIZE", "check_flood"]

SIZE, RATE = 5, 2

CASES: tuple[tuple[str, list[float]], ...] = (
    ("a quiet client", [0.0, 1.0, 2.5, 4.0]),
    ("a burst of five", [0.0, 0.0, 0.0, 0.0, 0.0]),
    ("a burst of eight", [0.0] * 8),
    ("a burst, and then one every half second", [0.0] * 5 + [0.5, 1.0, 1.5, 2.0]),
    ("a burst after a minute of silence", [0.0] + [60.0] * 8),
    ("a burst across the turn of a second", [0.75] * 5 + [1.0] * 5),
    ("a flood, 128 a second", [number / 128 for number in range(256)]),
    ("a client that sends eight in three seconds", [number * 0.375 for number in range(24)]),
)

TASK = Task(
    (list, tuple),
    "a list with True or False for each message",
    "Keep two values from message to message: the tokens, at first 5, and the moment of the message before.",
    "For each message: tokens = min(5, tokens + 2 * seconds since the last one). Taken if tokens >= 1; then one less.",
    """def taken(arrivals):
    tokens, before, answers = 5, 0, []
    for now in arrivals:
        tokens = min(5, tokens + 2 * (now - before))
        before = now
        answers.append(tokens >= 1)
        if tokens >= 1:
            tokens -= 1
    return answers""",
)


def check_flood(mine: object) -> CheckResult:
    """Give the messages of eight clients to the learner's function, and name the first that is judged wrongly.

    `mine` is a function of a list of seconds, ascending, that returns a list of True (taken) or False (refused).

    >>> check_flood(lambda arrivals: [True] * len(arrivals)).hint
    'You take every message: a client without a limit can send as fast as its line allows.'
    """
    values = TASK.values(mine, [arrivals for _, arrivals in CASES])
    if isinstance(values, CheckResult):
        return values
    said = [_Said(name, arrivals, list(value)) for (name, arrivals), value in zip(CASES, values, strict=True)]
    wrong = next((each for each in said if each.value != _bucket(each.arrivals)), None)
    if wrong is None:
        return TASK.right(f"all {len(CASES)} clients are treated by the rule, message by message.")
    return TASK.wrong(wrong.told(), wrong.not_a_list() or _mistake(said) or wrong.hint())


class _Said(NamedTuple):
    """A client, when its messages arrived, and what the learner says of each."""

    name: str
    arrivals: list[float]
    value: list[object]

    @property
    def first(self) -> int:
        """The number of the first message that is judged wrongly."""
        right = _bucket(self.arrivals)
        return next(
            (at for at, (one, other) in enumerate(zip(self.value, right, strict=False)) if one != other), len(right)
        )

    def told(self) -> str:
        if self.not_a_list():
            return f"of {self.name} ({len(self.arrivals)} messages) it says {_short(self.value)}."
        at = self.first
        does = "is taken" if self.value[at] else "is refused"
        tokens = [level for level, _ in _levels(self.arrivals)][at]
        return (
            f"of {self.name}, message {at + 1}, at {self.arrivals[at]:g} s, {does}, and there the bucket holds "
            f"{tokens:.3g} of its {SIZE} tokens."
        )

    def not_a_list(self) -> str:
        """What to say where it is not one answer for each message; empty where it is."""
        if len(self.value) != len(self.arrivals):
            return "One answer for each message: the list that you return is as long as the one that you get."
        if not all(isinstance(each, bool) for each in self.value):
            return "Each answer is True or False."
        return ""

    def hint(self) -> str:
        if self.value[self.first]:
            return "A message is taken where there is one whole token, 1 or more; less is not enough."
        return "Where there is one whole token a message is taken. Tokens come back in parts: 0.25 s bring 0.5."


def _short(values: Sequence[object]) -> str:
    return repr(values) if len(values) <= 8 else f"{len(values)} values, which begin {values[:3]!r}"


# ---- the bucket, and its usual mistakes


def _levels(
    arrivals: Sequence[float],
    *,
    most: float = SIZE,
    first: float = SIZE,
    rate: float = RATE,
    refused_costs: bool = False,
    enough: float = 1.0,
    whole: bool = False,
    whole_seconds: bool = False,
    notes: str = "each",
) -> Iterator[tuple[float, bool]]:
    """What the bucket holds when each message arrives, and whether it is taken; the options make the usual mistakes."""
    tokens, before = first, 0.0
    for now in arrivals:
        back = rate * (int(now - before) if whole_seconds else now - before)
        tokens = min(most, tokens + (int(back) if whole else back))
        taken = tokens >= enough
        yield tokens, taken
        if notes == "each" or (notes == "taken" and taken):
            before = now
        tokens -= taken or refused_costs


def _bucket(arrivals: Sequence[float], **wrong: Any) -> list[bool]:
    return [taken for _, taken in _levels(arrivals, **wrong)]


def _by_window(arrivals: Sequence[float]) -> list[bool]:
    """Counts anew in each second of the clock."""
    seen: dict[int, int] = {}
    answers = []
    for now in arrivals:
        seen[int(now)] = seen.get(int(now), 0) + 1
        answers.append(seen[int(now)] <= SIZE)
    return answers


_MISTAKES: tuple[tuple[str, Callable[[Sequence[float]], list[bool]]], ...] = (
    (
        "You take every message: a client without a limit can send as fast as its line allows.",
        lambda arrivals: [True] * len(arrivals),
    ),
    (
        "You refuse every message: the bucket is full at first, with 5 tokens.",
        lambda arrivals: [False] * len(arrivals),
    ),
    (
        "Your bucket has no rim: after a minute of silence it holds 124 tokens. Never more than 5: min(5, ...).",
        lambda arrivals: _bucket(arrivals, most=float("inf")),
    ),
    ("Nothing comes back into your bucket: 2 tokens for each second.", lambda arrivals: _bucket(arrivals, rate=0)),
    (
        "A refused message takes a token of yours, so who is refused stays refused. Take one only where it is taken.",
        lambda arrivals: _bucket(arrivals, refused_costs=True),
    ),
    ("Your bucket is empty at first: it begins full, with 5 tokens.", lambda arrivals: _bucket(arrivals, first=0)),
    ("You take a message for less than a whole token.", lambda arrivals: _bucket(arrivals, enough=1e-9)),
    ("More than 1, you ask; exactly one token is enough: >= 1.", lambda arrivals: _bucket(arrivals, enough=1 + 1e-9)),
    (
        "Parts of a token are lost: you round what comes back. Keep it as a number with a fraction.",
        lambda arrivals: _bucket(arrivals, whole=True),
    ),
    (
        "Parts of a second are lost: you round the time. Half a second brings one token, 0.25 s half of one.",
        lambda arrivals: _bucket(arrivals, whole_seconds=True),
    ),
    (
        "The same seconds count again and again: note the moment of each message, for the next one begins there.",
        lambda arrivals: _bucket(arrivals, notes="none"),
    ),
    (
        "The time before a refused message counts twice: note the moment of each message, also of a refused one.",
        lambda arrivals: _bucket(arrivals, notes="taken"),
    ),
    (
        "You count anew in each second of the clock: twice as many get through at its turn; a bucket has no turn.",
        _by_window,
    ),
    ("You put back one token a second: it is two.", lambda arrivals: _bucket(arrivals, rate=1)),
    ("You put back one token in two seconds: it is two in one second.", lambda arrivals: _bucket(arrivals, rate=0.5)),
)


def _mistake(said: Sequence[_Said]) -> str:
    """The usual mistake that gives these answers; empty where none does."""
    found = (words for words, wrong in _MISTAKES if all(each.value == wrong(each.arrivals) for each in said))
    return next(found, "")
