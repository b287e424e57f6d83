"""A row for each connection of a link: what both sides believe, and how full their buffers were.

A buffer is read when the panel looks at its link, at most 20 times a second, and its history is bounded. Only an end of
the lab's own has buffers that can be read. The history of a connection goes when its row does.

Left out: how a row looks (`table`) and the picture of a buffer (`levels`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wslab.protocol import Role
from wslab.tape.entry import Belief

__all__ = ["MOST_ROWS", "MOST_SAMPLES", "End", "Levels", "Row", "Sample", "rows_of", "unknown"]

MOST_ROWS = 12
"""Connections in the table: the newest, and the one that is shown."""

MOST_SAMPLES = 60
"""Moments that the history of a buffer keeps: the last."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How full the buffers of an end are at one moment of the lab's clock.

    `unwritten` counts bytes that TCP has not taken yet, `unread` messages that arrived and nobody took.
    """

    at: float
    unwritten: int
    unread: int


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection: its belief, whether that is still true, and its buffers where they can be read.

    `ours`: what it believes is recorded, or was before its process died. `foreign`: it was looked for while the
    connection lived, and the lab never had such an end.
    """

    belief: Belief | None = None
    true: bool = True
    levels: tuple[Sample, ...] = ()
    ours: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A connection: its number, whether it goes through the link now, both ends, and how much the link holds of it."""

    number: int
    alive: bool
    client: End
    server: End
    held: int = 0

    def end(self, role: Role) -> End:
        """One of the two ends."""
        return self.client if role is Role.CLIENT else self.server


def unknown(*, ours: bool) -> str:
    """What is said of an end without a belief."""
    return "believes nothing any more" if ours else "not recorded"


class Levels:
    """The history of the buffers, by connection and role."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, Role], deque[Sample]] = {}
        self._foreign: set[tuple[int, Role]] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, number: int, role: Role, endpoint: Any, now: float) -> None:
        """Read the buffers of an end of a living connection; an end that is gone keeps its history."""
        if endpoint is None:
            self._foreign.add((number, role))
            return
        sample = Sample(now, endpoint.unwritten, endpoint.unread)
        kept = self._kept.setdefault((number, role), deque(maxlen=MOST_SAMPLES))
        if kept and kept[-1].at == now:
            kept.pop()
        kept.append(sample)

    def of(self, number: int, role: Role) -> tuple[Sample, ...]:
        """What is known of an end, the oldest first."""
        return tuple(self._kept.get((number, role), ()))

    def is_foreign(self, number: int, role: Role) -> bool:
        """Whether an end was looked for and is not the lab's own."""
        return (number, role) in self._foreign and (number, role) not in self._kept

    def forget_all_but(self, numbers: Iterable[int]) -> None:
        """Drop the history of connections that have no row."""
        keep = set(numbers)
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] in keep}
        self._foreign = {key for key in self._foreign if key[0] in keep}


def rows_of(known: Sequence[int], shown: int) -> list[int]:
    """The numbers that have a row, the newest first; the one that is shown always has one."""
    newest = list(reversed(known[-MOST_ROWS:]))
    if not shown or shown in newest:
        return newest
    return [*newest[: MOST_ROWS - 1], shown]
