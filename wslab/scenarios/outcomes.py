"""How a scenario ends: what both sides of each connection believe in the end.

It is read from the tape. Connections that end alike are one outcome, so that the end of a thousand clients is a few
lines. Two ends are alike if both sides believe the same; why they do does not count.

What this module leaves out: how a view shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wslab.lab import Belief, Tape


@dataclass(frozen=True, slots=True)
class Outcome:
    """What both sides of some connections believe in the end; None for a side that is not ours."""

    connections: tuple[int, ...]
    client: Belief | None
    server: Belief | None

    @property
    def beliefs(self) -> Iterator[tuple[str, Belief]]:
        """The sides that believe something, with it."""
        for side, belief in (("client", self.client), ("server", self.server)):
            if belief is not None:
                yield side, belief

    def __str__(self) -> str:
        return ", ".join(f"{side} {belief}" for side, belief in self.beliefs)


def outcomes(tape: Tape, *, alike: bool = True) -> list[Outcome]:
    """The outcome of every connection, the most frequent first; with `alike`, those that end alike are one."""
    last = {entry.connection: entry for entry in tape if entry.client is not None or entry.server is not None}
    found: dict[object, list[int]] = {}
    for number, entry in sorted(last.items()):
        found.setdefault((str(entry.client), str(entry.server)) if alike else number, []).append(number)
    ends = (Outcome(tuple(each), last[each[0]].client, last[each[0]].server) for each in found.values())
    return sorted(ends, key=lambda end: -len(end.connections))
