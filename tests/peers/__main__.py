"""`python -m tests.peers [--slow] [--data]`: measures every peer and prints the tables of README.md.

With `--slow` also what takes a minute; with `--data` the rows of `wslab/protocol/peers.py` instead.
"""

from __future__ import annotations

import asyncio
import logging
import sys

from .measure import Cells, measure
from .programs import PROGRAMS
from .table import data, here, markdown
from .ways import SLOW, WAYS


async def _all(*, slow: bool) -> Cells:
    """What every program does; one after the other but for what is slow, where all wait at the same time."""
    cells: Cells = {}
    for name in PROGRAMS:
        cells |= await measure(name)
    if slow:
        for waited in await asyncio.gather(*(measure(name, (), SLOW) for name in PROGRAMS)):
            cells |= waited
    return {key: cells[key] for key in sorted(cells, key=lambda key: _place(key[0], cells))}


def _place(what: str, cells: Cells) -> int:
    order = list(dict.fromkeys(key[0] for key in cells if key[0] not in WAYS and key[0] not in SLOW))
    return [*order, *WAYS, *SLOW].index(what)


def main(arguments: list[str]) -> None:
    """Measure and print."""
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # it logs each head that it refuses
    cells = asyncio.run(_all(slow="--slow" in arguments))
    if "--data" in arguments:
        print("\n".join(data(cells)))
        return
    print(", ".join(f"{name} {version}" for name, version in here().items()), end="\n\n")
    print("\n".join(markdown(cells, rules=True)), end="\n\n")
    print("\n".join(markdown(cells, rules=False)))


if __name__ == "__main__":
    main(sys.argv[1:])
