"""A case played between two programs, through a link as `wslab tap` makes it, and held against the table."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from wslab.cli.tap.summary import ConnectionSummary
from wslab.lab import Entry, Lab, Link
from wslab.lab.faults.manual import Gate, Insert
from wslab.protocol import Frame

from .table import Case
from .talk import Pair, Report, eventually

QUIET = 0.05
"""Seconds after which a side that has not ended is taken to go on."""

_paths = itertools.count(1)


@dataclass
class Played:
    """What the two programs report, and what the link saw."""

    client: Report
    server: Report
    entries: Sequence[Entry]
    summary: ConnectionSummary
    is_over: bool  # whether the link had nothing more to pass on

    @property
    def told(self) -> str:
        """What the tap says of its end."""
        return "\n".join(self.summary.sentences(still_open=not self.is_over))


async def otherwise(pair: Pair, case: Case) -> dict[str, tuple[object, object]]:
    """Play it, and say what came out otherwise than the table says: what it is, and what it should be."""
    meant = case.between(pair.client, pair.server)
    return differences(await play(pair, meant), meant)


async def play(pair: Pair, case: Case, lab: Lab | None = None) -> Played:
    """Play it, in a lab of real time unless one is given, and leave nothing of it behind."""
    path = f"/{next(_paths)}"
    async with lab or Lab(timeout=1.0, seed=7) as lab:
        link = await lab.link(pair.target, Insert(), *case.faults)
        hand = asyncio.create_task(let_pass(link))
        client = await pair.play(link.url.removesuffix("/") + path, case.steps, case.limit)
        server = await pair.book.ended(path, QUIET if case.server is None else case.limit)
        seen = replace(server, heard=list(server.heard))
        is_over = await _over(link)
        hand.cancel()
        await link.close()
        if server.opened:
            await pair.book.ended(path, case.limit)
        entries = [entry for entry in lab.tape if entry.connection == 1]  # aiohttp dials again when it is cut early
        return Played(client, seen, entries, _summary(entries), is_over)


async def closed_by_hand(pair: Pair, to: Sequence[str]) -> tuple[int | None, int | None]:
    """Somebody at the tap puts a Close 1011 in, to one side or both; the codes that the two programs tell."""
    path = f"/{next(_paths)}"
    async with Lab(timeout=1.0, seed=7) as lab:
        link = await lab.link(pair.target, Insert())
        rest = (("send", "one"), ("hear",), ("end",))
        client = asyncio.ensure_future(pair.play(link.url.removesuffix("/") + path, rest, 5.0))
        await eventually(lambda: bool(lab.tape.frames(1, "server")))
        await asyncio.sleep(QUIET)
        for side in to:
            link.inject(Frame.close(1011, "enough"), to=side)
        return (await client).code, (await pair.book.ended(path, 5.0)).code


async def _over(link: Link) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(QUIET):
            await eventually(lambda: not link.connection_numbers)
    return not link.connection_numbers


def _summary(entries: Iterable[Entry]) -> ConnectionSummary:
    summary = ConnectionSummary()
    for entry in entries:
        summary.add(entry)
    return summary


async def let_pass(link: Link) -> None:
    """What a person at a gate does who holds nothing for long."""
    while True:
        await asyncio.sleep(0.005)
        for held in link.held if any(isinstance(each, Gate) for each in link.faults) else ():
            held.release()


def differences(played: Played, case: Case) -> dict[str, tuple[object, object]]:
    """What came out otherwise than it should: what it is, and what it should be."""
    client, server, summary = played.client, played.server, played.summary
    first = next(((who, close.code) for who, close in summary.closes.items()), None)
    lost = [(each.sender, each.kind) for each in played.entries if each.fate == "lost" and each.kind != "tcp"]
    found = {
        "the client opened": (client.opened, case.opened),
        "the client tells": (client.code, case.client),
        "the server tells": (server.code, case.server),
        "the client heard": (client.heard, list(case.heard)),
        "the server heard": (server.heard, list(case.served)),
        "the client sees": _seen(client, case.sees[0]),
        "the server sees": _seen(server, case.sees[1]),
        "Close came first from": (first, case.says),
        "TCP ended first": (_tcp(summary, case), case.tcp),
        "lost": (lost, list(case.lost)),
        "the link is done": (played.is_over, case.is_over),
        "untold": ([words for words in tells(case) if words not in played.told], []),
    }
    return {what: (is_so, should) for what, (is_so, should) in found.items() if is_so != should}


def _seen(report: Report, should: str | None) -> tuple[str | None, str | None]:
    """How TCP ended, where it is looked at and the program tells."""
    return (report.end, should) if should and report.end else (None, None)


def tells(case: Case) -> Sequence[str]:
    """All that the tap must say in the end."""
    if case.says is None:
        return case.tells
    return [*case.tells, "The {} sent the first Close, with {}".format(*case.says)]


def _tcp(summary: ConnectionSummary, case: Case) -> tuple[str | None, str] | None:
    """Who ended TCP and how; only how, where either side may."""
    either = case.tcp is not None and case.tcp[0] is None
    return (None, summary.tcp[1]) if either and summary.tcp is not None else summary.tcp
