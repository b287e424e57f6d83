"""`python -m tests.differential --count 1000000`: as many streams as one likes, with progress, and where to go on."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from .bulk import Tally

STEP = 5_000


def main(arguments: Sequence[str]) -> int:
    """Read the streams; 1 where a difference has no reason."""
    asked = _parser().parse_args(arguments)
    tally, begin, at = Tally(), time.monotonic(), asked.start
    last = asked.start + asked.count
    try:
        while at < last and not tally.unexplained and time.monotonic() - begin < asked.seconds:
            step = min(STEP, last - at)
            tally.add(asked.seed, range(at, at + step))
            at += step
            _progress(tally, time.monotonic() - begin, asked.count)
    except KeyboardInterrupt:
        print()
    _report(tally)
    if at < last:
        print(f"To go on: python -m tests.differential --seed {asked.seed} --start {at} --count {last - at}")
    return 1 if tally.unexplained else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="how many streams (default 20,000)")
    parser.add_argument("--seed", type=int, default=1, help="whose streams (default 1)")
    parser.add_argument("--start", type=int, default=0, help="the number of the first (default 0)")
    parser.add_argument("--seconds", type=float, default=7200, help="stop after this many (default 7200)")
    return parser


def _progress(tally: Tally, seconds: float, count: int) -> None:
    speed = tally.streams / seconds
    left = (count - tally.streams) / speed
    print(f"{tally.streams:>9,} of {count:,} streams, {seconds:,.0f} s, {speed:,.0f}/s, {left:,.0f} s left", flush=True)


def _report(tally: Tally) -> None:
    print(f"\n{tally.streams:,} streams, each against two peers")
    for peer, agreed in sorted(tally.agreed.items()):
        print(f"  {peer}: agrees on {agreed:,}, a reason for {tally.streams - agreed - len(tally.unexplained):,}")
    for (peer, reason), number in sorted(tally.reasons.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"    {number:>9,}  {peer:<10}  {reason}")
    print(f"  no reason: {len(tally.unexplained)}")
    for each in tally.unexplained:
        print(f"    {each}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
