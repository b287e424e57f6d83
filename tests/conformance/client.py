"""`python -m tests.conformance.client URL`: the lab's client under test, which sends every message back."""

from __future__ import annotations

import asyncio
import sys

from wslab import ConnectionClosed, Lab
from wslab.protocol.deflate import Deflate

AGENT = "wslab"


async def run(url: str) -> None:
    """Run every case of the fuzzing server at `url`, one after the other, and ask for the reports."""
    async with Lab(tape=False, timeout=60) as lab:
        count = await lab.connect(f"{url}/getCaseCount")
        cases = int(await count.recv())
        await count.close_quietly(1000)
        for number in range(1, cases + 1):
            ws = await lab.connect(f"{url}/runCase?case={number}&agent={AGENT}", deflate=Deflate())
            try:
                async for message in ws:
                    await ws.send(message)
            except ConnectionClosed:
                pass
        reports = await lab.connect(f"{url}/updateReports?agent={AGENT}")
        await reports.close_quietly(1000)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
