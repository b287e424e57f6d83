"""`wslab tap` as a process between two programs: what both report and what it prints, held against the table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.cli.process import Tool, stopped, tapping
from tests.lab.peers.stage import tells
from tests.lab.peers.table import BY_NAME, Case
from tests.lab.peers.talk import Pair

FAULTS = [
    BY_NAME[name] for name in ("silent later", "cut with RST", "FIN", "bit of the opcode", "byte_by_byte", "pongs_lost")
]
"""Of each kind one, as a person types it behind `--fault`."""

ENDINGS = [BY_NAME[name] for name in ("clean close", "1009", "1011", "the server hangs up", "the server drops dead")]
"""Connections that end by themselves, one after the other through one tap."""


async def otherwise(pair: Pair, cases: Sequence[Case], *arguments: str) -> dict[str, object]:
    """Play these cases through one tap; what came out otherwise than the table says, by name."""
    cases = [case.between(pair.client, pair.server) for case in cases]
    wrong: dict[str, object] = {}
    async with tapping(pair.target, *arguments) as (tool, url):
        for number, case in enumerate(cases, 1):
            wrong |= await _reports(pair, case, f"{url}tap/{number}")
            await _until_told(tool, case, number)
        said = await stopped(tool)
    for number, case in enumerate(cases, 1):
        wrong |= {f"{case.name}, untold": words for words in tells(case) if words not in _lines(said, number)}
    assert "Traceback" not in said
    return wrong


async def _reports(pair: Pair, case: Case, url: str) -> dict[str, object]:
    path = "/" + url.split("/", 3)[3]
    pair.book.reports.pop(path, None)  # of another tap
    client = await pair.play(url, case.steps, case.limit)
    server = await pair.book.ended(path, 0.05 if case.server is None else case.limit)
    found = {
        "client": (client.code, client.heard, case.client, list(case.heard)),
        "server": (server.code, server.heard, case.server, list(case.served)),
    }
    return {f"{case.name}, {who}": found[who] for who in found if found[who][:2] != found[who][2:]}


async def _until_told(tool: Tool, case: Case, number: int) -> None:
    if case.is_over:
        for words in tells(case):
            while words not in _lines(tool.said, number):
                await tool.more()


def _lines(said: str, number: int) -> str:
    """What it printed in the end of one connection."""
    return "\n".join(re.findall(rf"^ {{13}}#{number} +(.*)$", said, re.MULTILINE))
