"""Measuring fairly on a noisy machine: all peers in one run, taking turns, medians of several rounds.

Rules of this module: a figure is a ratio between peers measured in the same rounds; an
absolute number is only told beside it. A peer that is not installed is left out and named,
never guessed. A target is told beside what was reached, also where it was missed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

ROUNDS = 7
OURS = "wslab"
NO_TAPE = "wslab, no tape"

Progress = Callable[[str], None]
Run = Callable[[], float]


class Target(NamedTuple):
    """How many times better than `peer` we want to be: `mine` is which of our own figures counts."""

    peer: str
    ratio: float
    mine: str = OURS


@dataclass(frozen=True)
class Measurement:
    """One line of the table: the median of each peer in `unit`, and what we want to reach."""

    name: str
    unit: str
    medians: dict[str, float]
    more_is_better: bool
    targets: list[Target] = field(default_factory=list)
    limit: float | None = None  # what our own figure may not pass, where there is no peer

    def ratio(self, target: Target) -> float | None:
        """How many times better we are (below 1: worse); None where the peer was not there."""
        if target.peer not in self.medians:
            return None
        ours, theirs = self.medians[target.mine], self.medians[target.peer]
        return ours / theirs if self.more_is_better else theirs / ours


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def repeat(work: Callable[[], object], count: int) -> None:
    """Call `work` that often."""
    for _ in range(count):
        work()


def take_turns(runs: Mapping[str, Run], progress: Progress, *, rounds: int = ROUNDS) -> dict[str, float]:
    """Each peer once a round, in turn, for `rounds` rounds; the median of what each returned."""
    results: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name, run in runs.items():
            progress(f"round {number + 1} of {rounds}, {name}")
            results[name].append(run())
    return {name: statistics.median(values) for name, values in results.items()}


def size_name(size: int) -> str:
    """A size as a person says it: `125 B`, `64 KiB`."""
    return f"{size} B" if size < 1024 else f"{size // 1024} KiB" if size < 1 << 20 else f"{size >> 20} MiB"
