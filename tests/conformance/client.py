"""`python -m tests.conformance.client URL [--no-takeover]`: the lab's client under test, which sends all messages back.

It offers compression; with `--no-takeover` it offers to forget the window after each message, which the suite's server
asks for in 13.2, 13.5 and 13.6 only of a client that offers it (RFC 7692 §7.1.1.2).
"""

from __future__ import annotations

import asyncio
import sys

from wslab import ConnectionClosed, Lab
from wslab.protocol.deflate import Deflate

AGENT = "wslab"


async def run(url: str, deflate: Deflate) -> None:
    """Run every case of the fuzzing server at `url`, one after the other, and ask for the reports."""
    async with Lab(tape=False, timeout=60) as lab:
        count = await lab.connect(f"{url}/getCaseCount")
        cases = int(await count.recv())
        await count.close_quietly(1000)
        for number in range(1, cases + 1):
            ws = await lab.connect(f"{url}/runCase?case={number}&agent={AGENT}", deflate=deflate)
            try:
                async for message in ws:
                    await ws.send(message)
            except ConnectionClosed:
                pass
        reports = await lab.connect(f"{url}/updateReports?agent={AGENT}")
        await reports.close_quietly(1000)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Deflate(client_no_context_takeover="--no-takeover" in sys.argv)))
