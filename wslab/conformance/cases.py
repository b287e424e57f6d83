"""The cases of Autobahn's test suite: their numbers, what each group is about, and those that have no verdict.

Tables and look-ups only. The numbers are those of the case files that `kosoku` carries; a test asks it for its count.
A pattern chooses cases by their numbers, `*` stands for anything.

Left out: what a case does and expects, which its result says once it has run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["CASES", "GROUPS", "UNDECIDED", "Undecided", "batches", "choose", "group_of", "order"]

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "1": "Messages of every size",
        "2": "Ping and Pong",
        "3": "Reserved bits",
        "4": "Reserved opcodes",
        "5": "Fragments",
        "6": "UTF-8",
        "7": "Closing",
        "9": "Large messages, and many",
        "10": "Fragmenting on sending",
        "12": "Compression, by payload",
        "13": "Compression, by parameters",
    }
)

# how many cases each series has: they are numbered from 1
_SERIES: Mapping[str, int] = MappingProxyType(
    {
        "1.1": 8,
        "1.2": 8,
        "2": 11,
        "3": 7,
        "4.1": 5,
        "4.2": 5,
        "5": 20,
        "6.1": 3,
        "6.2": 4,
        "6.3": 2,
        "6.4": 4,
        "6.5": 5,
        "6.6": 11,
        "6.7": 4,
        "6.8": 2,
        "6.9": 4,
        "6.10": 3,
        "6.11": 5,
        "6.12": 8,
        "6.13": 5,
        "6.14": 10,
        "6.15": 1,
        "6.16": 3,
        "6.17": 5,
        "6.18": 5,
        "6.19": 5,
        "6.20": 7,
        "6.21": 8,
        "6.22": 34,
        "6.23": 7,
        "7.1": 6,
        "7.3": 6,
        "7.5": 1,
        "7.7": 13,
        "7.9": 9,
        "7.13": 2,
        "9.1": 6,
        "9.2": 6,
        "9.3": 9,
        "9.4": 9,
        "9.5": 6,
        "9.6": 6,
        "9.7": 6,
        "9.8": 6,
        "10.1": 1,
        **{f"12.{number}": 18 for number in range(1, 6)},
        **{f"13.{number}": 18 for number in range(1, 8)},
    }
)
_SLOW = ("9", "12", "13")

CASES: tuple[str, ...] = tuple(f"{series}.{n}" for series, count in _SERIES.items() for n in range(1, count + 1))


class Undecided(NamedTuple):
    """Why a case has no verdict: what is left open, and the sections that leave it open."""

    text: str
    section: str
    why: str


_CODE = "what a receiver does with a Close code of 5000 or more is left open"
_CODE_WHY = (
    "§7.4.2 gives a meaning, or keeps the numbers back, up to 4999 and says nothing of the numbers beyond; §5.5.1 asks"
    " for a Close in answer, which may repeat the code, or say 1002; who fails the connection should send one, and need"
    " not (§7.1.7)"
)

UNDECIDED: Mapping[str, Undecided] = MappingProxyType(
    {
        "7.1.6": Undecided(
            "whether a long message is sent back before the Close behind it is answered is left open",
            "5.5.1",
            "a Close is answered as soon as practical, and the answer may wait until the current message is sent, but"
            " need not (§5.5.1); the Ping behind the Close no longer needs an answer (§5.5.2)",
        ),
        "7.13.1": Undecided(_CODE, "7.4.2", _CODE_WHY),
        "7.13.2": Undecided(_CODE, "7.4.2", _CODE_WHY),
    }
)


def group_of(case: str) -> str:
    """The group of a case: `6.4.2` is of group `6`."""
    return case.partition(".")[0]


def order(case: str) -> tuple[int, ...]:
    """A key that sorts cases by their numbers, 1.2 before 1.10."""
    return tuple(int(part) for part in case.split("."))


def choose(wanted: Iterable[str] = (), unwanted: Iterable[str] = ()) -> tuple[str, ...]:
    """The cases that match one of `wanted` (none: all) and none of `unwanted`; `*` stands for anything.

    Raises ValueError for a pattern that matches no case, and where no case is left.

    >>> choose(["3.*"], ["3.1", "3.2"])
    ('3.3', '3.4', '3.5', '3.6', '3.7')
    """
    patterns, without = list(wanted), list(unwanted)
    for pattern in (*patterns, *without):
        if not _matching(pattern):
            raise ValueError(f"No case matches {pattern!r}: write one as 1.1.1, several as 9.* (groups {_groups()}).")
    chosen = {case for pattern in patterns or ["*"] for case in _matching(pattern)}
    chosen -= {case for pattern in without for case in _matching(pattern)}
    if not chosen:
        raise ValueError("No case is left: what was chosen was excluded too.")
    return tuple(sorted(chosen, key=order))


def _matching(pattern: str) -> list[str]:
    return [case for case in CASES if fnmatchcase(case, pattern)]


def _groups() -> str:
    return ", ".join(GROUPS)


def batches(cases: Sequence[str]) -> list[tuple[str, ...]]:
    """Cases that are run together by one start of a client: a group, or of the slow groups a series."""
    found: dict[str, list[str]] = {}
    for case in cases:
        group = group_of(case)
        found.setdefault(case.rpartition(".")[0] if group in _SLOW else group, []).append(case)
    return [tuple(batch) for batch in found.values()]
