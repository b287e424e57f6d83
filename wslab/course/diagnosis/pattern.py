"""A pattern: one message that a program prints, and the causes that may be behind it.

`regex` is looked for in one line, in any case of letters. Its named groups are figures of the line, and each name is a
field of `Figures`: `code` and `reason` of a Close, `status` of a handshake, `took` and `lasted` in seconds (or
`took_ms` and `lasted_ms`), `size` and `limit` in bytes. `says` is what the line means, in one sentence. `causes` are
names of scenarios, or of `causes.OUTSIDE`, the likeliest first.

Rules: within a table the first pattern that fits a line counts, so the special ones stand before the general ones. A
pattern has no nested repetition and no `.*` before its first word: a line costs time that grows with its length only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cache

__all__ = ["Figures", "Pattern", "table"]


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers that were found; None for what no line said.

    `seconds` is how long nothing was said; `age` how old the connection was, where that is known apart from the
    silence; `lasted` how long it lasted, where nobody says how much of that was silence; `took` how long something
    took, or was waited for.
    """

    code: int | None = None
    status: int | None = None
    seconds: float | None = None
    age: float | None = None
    lasted: float | None = None
    took: float | None = None
    size: int | None = None
    limit: int | None = None
    reason: str | None = None

    def over(self, later: Figures) -> Figures:
        """These, and of `later` what these do not say."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(later, **{name: value for name, value in known.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Pattern:
    """One message of one software; see the module."""

    software: str
    regex: str
    says: str
    causes: tuple[str, ...]
    code: int | None = None
    """The close code that the message stands for, where it does not print one."""
    source: str = ""
    """Where the message was looked up: a repository with its file, or a document; empty where it was not."""

    def figures(self, line: str) -> Figures | None:
        """What this line says in numbers; None where it is another message."""
        match = _compiled(self.regex).search(line)
        return None if match is None else replace(_read(match), code=_number(match, "code") or self.code)


def table(
    software: str, *rows: tuple[str, str, str] | tuple[str, str, str, int], source: str = ""
) -> Iterable[Pattern]:
    """Patterns of one software: its regex, what it says, its causes in one text, and perhaps the code it stands for."""
    for regex, says, causes, *code in rows:
        yield Pattern(software, regex, says, tuple(str(causes).split()), int(code[0]) if code else None, source)


@cache
def _compiled(regex: str) -> re.Pattern[str]:
    """Compiled when the first line is looked at: who only imports the table pays nothing."""
    return re.compile(regex, re.IGNORECASE)


def _read(match: re.Match[str]) -> Figures:
    return Figures(
        status=_number(match, "status"),
        lasted=_seconds(match, "lasted"),
        took=_seconds(match, "took"),
        size=_number(match, "size"),
        limit=_number(match, "limit"),
        reason=match.groupdict().get("reason"),
    )


def _number(match: re.Match[str], name: str) -> int | None:
    said = match.groupdict().get(name)
    return None if said is None else int(said)


def _seconds(match: re.Match[str], name: str) -> float | None:
    """The group of this name, or the one in milliseconds."""
    groups = match.groupdict()
    if groups.get(name) is not None:
        return float(groups[name])
    ms = groups.get(f"{name}_ms")
    return None if ms is None else float(ms) / 1000
