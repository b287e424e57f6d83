"""`check_reconnect`: a learner's client that comes back, in the situations that break naive ones.

The function is `async def follow(connect, show)`. `await connect()` gives a connection, or raises `OSError` (which
`TimeoutError` and `ConnectionRefusedError` are, too) or `HandshakeRefused`. The client first says what it has, `after
0`, and gets the numbers of all items above that. `show(number)` shows one. What is asked of it:

- each item is shown once, in order, whatever happens to the connection;
- it comes back after every end but 1000, and after every refusal but 403;
- it waits before each further attempt: for a random time from 0 to 5 s at first, longer after each failure, a minute at
  most;
- it notices a silent path within a minute, and lets go of the connection that it gives up;
- it does not dial while the connection lives, though nothing may come for ten minutes;
- it returns when the server closes with 1000.

How it works: `outages` plays one situation after the other, and `reconnect_findings` asks what went wrong in it.

Left out: messages from the client, which need numbers and receipts of their own (the scenario `sent-twice`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from wslab.course.exercises.outages import SITUATIONS, play
from wslab.course.exercises.reconnect_findings import FOLLOW, findings
from wslab.course.exercises.trial import first_wrong, not_begun
from wslab.course.report import CheckResult

__all__ = ["check_reconnect"]

FIRST = "Begin with one connection: `connect`, `await ws.send(f'after {last}')`, and `show(int(text))` for what comes."
THEN = (
    "Then a loop around it, which catches `ConnectionClosed`, `HandshakeRefused` and `OSError`, ends at 1000 and 403, "
    "and waits for a random time. A `recv` with a limit tells you when to ask with `ws.ping(timeout=20)`."
)


def check_reconnect(mine: object) -> CheckResult:
    """Run a learner's `async def follow(connect, show)` through all situations; the first that goes wrong is told.

    Nothing takes real time, though the virtual hours are many, nothing raises at the learner, and code that never ends
    is stopped. The `tape` of the result is that of the situation that went wrong; where all go well, of the one that
    cuts the connection.

    >>> async def follow(connect, show):
    ...     ws = await connect()
    ...     await ws.send("after 0")
    ...     async for item in ws:
    ...         show(item)
    >>> check_reconnect(follow).ok
    False
    """
    early = not_begun(mine, "write what connects, shows each item, and comes back.", FIRST, THEN, FOLLOW)
    if early is not None:
        return replace(early, tape=play(_once, SITUATIONS[1]).trial.tape)
    assert callable(mine)
    wrong = first_wrong(partial(play, mine), SITUATIONS, findings, lambda each: f"{each.name}: {each.setting}")
    if wrong is not None:
        return wrong
    what = f"your client shows each item once, in all {len(SITUATIONS)} situations."
    return CheckResult(True, what, tape=play(mine, SITUATIONS[1]).trial.tape)


async def _once(connect: Callable[[], Awaitable[object]], _show: object) -> None:
    """What a stub is shown: a client that connects, once."""
    ws = await connect()
    await ws.send("after 0")  # type: ignore[attr-defined]  # it is an Endpoint
    await asyncio.sleep(3600)
