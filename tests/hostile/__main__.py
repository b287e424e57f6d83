"""`python -m tests.hostile`: every attack, and the table of README.md with the memory of this run."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence

from .attacks import ATTACKS
from .stage import KIB, suffer


def main(words: Sequence[str]) -> None:
    """Print the table, a line as soon as it is known; `words` choose attacks by parts of their names."""
    logging.disable(logging.CRITICAL)
    print("| attack | victim | peak memory, KiB | bound, KiB | limit and its default |\n|---|---|--:|--:|---|")
    for attack in (each for each in ATTACKS if not words or any(word in each.name for word in words)):
        for victim in attack.victims:
            cost = asyncio.run(suffer(attack, victim))
            line = (attack.name, victim.value, f"{cost.peak / KIB:,.0f}", f"{attack.bound // KIB:,}", attack.limit)
            print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
