"""What a peer is asked to do, in steps that every library can take, and what it reports in the end.

Rules of this module: a client takes the steps of a case one by one: `send TEXT`, `hear` (one more message), `sleep
SECONDS`, `close CODE REASON`, `end` (wait for the other side's), `fin` and `rst` (leave TCP without a word). When the
connection ends before that, the rest is left out. A server gives every message back, but for a few words that ask it
for something else. Both report what the library tells its application, not what we would like it to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

Steps = Sequence[Sequence[Any]]

PING_ME = "ping me"
"""The server sends a Ping, waits `PONG_LIMIT` for its Pong, and says `pong` or `no pong`."""

GO_WRONG = "go wrong"
"""The server closes with 1011."""

HANG_UP = "hang up"
"""The server closes its direction of TCP (FIN), without a Close."""

DROP_DEAD = "drop dead"
"""The server resets TCP (RST)."""

PONG_LIMIT = 0.6
MAX_MESSAGE = 10_000
"""Bytes that a server takes; it closes with 1009 where a message has more."""

CLOSE_LIMIT = 0.9
"""Seconds that a library has for the closing handshake, where that can be said."""


@dataclass
class Report:
    """What one program knows. `code` is None where it still took the connection to be open, or had none at all.

    `end` is how TCP ended where no Close came, FIN or RST; empty where the program does not tell.
    """

    opened: bool = False
    heard: list[str] = field(default_factory=list)
    code: int | None = None
    reason: str = ""
    end: str = ""


class OverError(Exception):
    """The connection has ended."""


class Talker(Protocol):
    """An open connection of a client library, as the steps need it."""

    async def send(self, text: str) -> None:
        """Send a text message."""

    async def hear(self) -> str:
        """The next message, or `OverError`."""

    async def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake, and wait for its end."""

    def leave(self, *, reset: bool) -> None:
        """End TCP, with FIN or RST, and say nothing."""

    async def ended(self) -> tuple[int, str, str]:
        """Wait for the end; the code and the reason that the application is told, and how TCP ended."""


async def take(steps: Steps, limit: float, dial: Callable[[], Awaitable[Talker]], refused: type[Exception]) -> Report:
    """Connect, and take the steps; `limit` is for each of them, so that a slow one does not shorten the next."""
    report = Report()
    talker: Talker | None = None
    try:
        talker = await asyncio.wait_for(dial(), limit)
        report.opened = True
        with suppress(OverError):
            for verb, *given in steps:
                await asyncio.wait_for(_step(report, talker, verb, given), limit)
        report.code, report.reason, report.end = await asyncio.wait_for(talker.ended(), limit)
    except (TimeoutError, refused, OSError):
        pass  # it is told by what the report has not got
    finally:
        if talker is not None and report.code is None:
            talker.leave(reset=False)
    return report


async def _step(report: Report, talker: Talker, verb: str, given: Sequence[Any]) -> None:
    if verb == "send":
        await talker.send(*given)
    elif verb == "hear":
        report.heard.append(await talker.hear())
    elif verb == "sleep":
        await asyncio.sleep(*given)
    elif verb == "close":
        await talker.close(*given)
    elif verb in ("fin", "rst"):
        talker.leave(reset=verb == "rst")


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until this is so."""
    while not condition():  # noqa: ASYNC110  what is waited for happens in other programs
        await asyncio.sleep(0.005)


class Book:
    """What the connections of a server reported, by the path that was asked for."""

    def __init__(self) -> None:
        self.reports: dict[str, Report] = {}

    def open(self, path: str) -> Report:
        """A connection began."""
        return self.reports.setdefault(path, Report(opened=True))

    async def ended(self, path: str, seconds: float) -> Report:
        """What the server knows when the connection is over for it, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await eventually(lambda: self.at(path).code is not None)
        return self.at(path)

    def at(self, path: str) -> Report:
        """What it knows now; nothing where no connection came."""
        return self.reports.get(path, Report())


Play = Callable[[str, Steps, float], Awaitable[Report]]


@dataclass(frozen=True)
class Pair:
    """A client's program and a server's, by name: `play` takes steps against a URL, the server listens at `target`."""

    client: str
    server: str
    play: Play
    target: str
    book: Book
