"""Many streams, counted: how many agree, which reasons the others have, which have none."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .differences import Case, reasons
from .readers import Reader, Websockets, Wsproto
from .streams import make

MOST_UNEXPLAINED = 20

logging.getLogger("websockets").setLevel(logging.CRITICAL)  # it logs each connection that ends


@dataclass
class Tally:
    """What many streams came to. A stream is counted once for each of the two peers."""

    streams: int = 0
    agreed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    def add(self, seed: int, numbers: Iterable[int]) -> Tally:
        """Read the streams of these numbers; stops at too many unexplained ones."""
        for number in numbers:
            stream = make(seed, number)
            self.streams += 1
            for peer in (Websockets, Wsproto):
                self.count(Case(stream, peer), f"seed {seed}, stream {number}")
            if len(self.unexplained) >= MOST_UNEXPLAINED:
                break
        return self

    def count(self, case: Case, name: str) -> None:
        """Count one stream read twice."""
        why = reasons(case)
        peer = case.theirs.name
        if why is None:
            self.unexplained.append(f"{name}: {told(case)}")
        elif not why:
            self.agreed[peer] += 1
        else:
            self.reasons.update((peer, each) for each in set(why))


def told(case: Case) -> str:
    """A disagreement in words; how to see the stream is known from its number."""
    ours, theirs = case.ours, case.theirs
    return (
        f"the {case.stream.role}, {'compressed, ' if case.stream.deflate else ''}{len(case.stream.data)} bytes: "
        f"ours {_short(ours)} {ours.rule}, {theirs.name} {_short(theirs)}"
    )


def _short(reader: Reader) -> str:
    return f"{[kind for kind, _ in reader.happened]} {reader.end}"
