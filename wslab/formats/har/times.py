"""What the times of a HAR mean: each tool writes them in its own way.

    1700000000.5                 Unix seconds        Chrome, Edge, mitmproxy, HTTP Toolkit
    1700000000500.0              Unix milliseconds   Playwright; microseconds and nanoseconds are read too
    "2023-11-14T22:13:20.500Z"   ISO 8601            without a zone it is taken for UTC
    98765.4                      a clock of its own  chrome-har-capturer: seconds since the computer started
    -1, 0, or nothing             not recorded        Playwright in its minimal mode

The unit follows from the size, because a Unix time since 1973 fits one unit only. Numbers that fit none count from the
beginning of the connection where they fit into its length, and else from nobody knows when: then the first message
stands behind the handshake, and the others follow at their distances.

In what order messages are, where their times contradict their list, is for `connection` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from wslab.tape.files import LATEST
from wslab.tape.streams.source import NO_TIMES, OWN_CLOCK

EARLIEST = 1e8
"""The earliest Unix time that a number is taken for, in 1973: a smaller number is one of another clock."""

_UNITS = (1.0, 1e3, 1e6, 1e9)  # a second has so many of them


class Lifetime(NamedTuple):
    """When a connection began and was answered, in Unix seconds, and how many seconds it took; 0 where unknown."""

    began: float
    answered: float
    length: float


def unix_seconds(value: Any) -> float | None:
    """A time of any form as Unix seconds; None where it is none, or of another clock."""
    number = as_number(value)
    if number is None:
        return _iso_seconds(value)
    return next((number / unit for unit in _UNITS if EARLIEST <= number / unit < LATEST), None)


def as_number(value: Any) -> float | None:
    """A number, or one that is written as text; None for anything else, and for what no number may be."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def _iso_seconds(value: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        seconds = -1.0 if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < LATEST else None  # where TCP never connected, Chrome writes a second before 1970


def moments(values: Sequence[Any], lifetime: Lifetime) -> tuple[list[float | None], str]:
    """The Unix time of each message, None where it is not known, and what is to be said of all: "" for nothing."""
    known = [unix_seconds(value) for value in values]
    if any(time is not None for time in known):
        return known, NO_TIMES if None in known else ""
    numbers = [number for number in map(as_number, values) if number is not None]
    if not any(numbers) or len(numbers) != len(values):  # nothing but zeros is no clock
        return known, NO_TIMES if known else ""
    return list(_on_own_clock(numbers, lifetime)), OWN_CLOCK


def _on_own_clock(numbers: list[float], lifetime: Lifetime) -> list[float]:
    first, last = min(numbers), max(numbers)
    # seconds that would outlast the connection are milliseconds
    unit = 1e3 if 0 < lifetime.length < last - first else 1.0
    since_began = last / unit <= lifetime.length
    start = lifetime.began if since_began else lifetime.answered - first / unit
    return [start + number / unit for number in numbers]
