"""A text that people paste, line by line: which messages are in it, and what they say in numbers.

Everything is bounded: `MOST_TEXT` characters and `MOST_LINES` lines from the end, where the newest of a log stand,
`LONGEST_LINE` characters of each, `MOST_FOUND` messages. A stack trace is many lines of which few say something; those
that say nothing are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import islice

from wslab.course.diagnosis.known import BY_CODE, BY_STATUS, PATTERNS
from wslab.course.diagnosis.pattern import Figures

__all__ = ["LONGEST_LINE", "MOST_FOUND", "MOST_LINES", "MOST_TEXT", "Found", "all_figures", "found_in"]

MOST_TEXT = 1 << 20
"""Characters of a text that are looked at, those at its end."""

MOST_LINES = 10_000
"""Lines that are looked at, those at the end."""

LONGEST_LINE = 4096
"""Characters of a line that are looked at."""

MOST_FOUND = 20
"""Messages that are taken from one text."""


@dataclass(frozen=True, slots=True)
class Found:
    """One message that was recognised: whose it is, the line, what it means, its figures and its causes."""

    software: str
    line: str
    says: str
    figures: Figures
    causes: tuple[str, ...]


def found_in(text: str) -> list[Found]:
    """The messages in a text, in its order; each kind once."""
    lines = (line.strip()[:LONGEST_LINE] for line in text[-MOST_TEXT:].splitlines()[-MOST_LINES:])
    found: dict[tuple[str, str, Figures], Found] = {}
    for each in islice(_found(lines), MOST_FOUND * MOST_FOUND):
        found.setdefault((each.software, each.says, each.figures), each)
    return list(found.values())[:MOST_FOUND]


def all_figures(found: list[Found]) -> Figures:
    """The numbers of all messages; where two say different ones, the earlier counts."""
    return reduce(lambda known, each: known.over(each.figures), found, Figures())


def _found(lines: Iterator[str]) -> Iterator[Found]:
    for line in lines:
        for pattern in PATTERNS if line else ():
            figures = pattern.figures(line)
            if figures is not None:
                yield Found(pattern.software, line, pattern.says, figures, pattern.causes or _by_number(figures))
                break


def _by_number(figures: Figures) -> tuple[str, ...]:
    if figures.code is not None:
        return BY_CODE.get(figures.code, ("close-code",))
    return BY_STATUS.get(figures.status or 0, ("handshake-refused",))
