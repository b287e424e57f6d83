"""npm's `ws`, both roles, each a process of Node.js that serves all cases, one line of JSON a word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.npm import WS, npm_package

from . import talk

HERE = Path(__file__).parent
PLAY = (HERE / "play.js").read_text(encoding="utf-8")
WORDS = ("PING_ME", "GO_WRONG", "HANG_UP", "DROP_DEAD", "PONG_LIMIT", "MAX_MESSAGE")


class Node:
    """A script that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def say(self, what: Any) -> None:
        """A line for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def hear(self) -> Any:
        """Its next line; None where it has ended."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        return json.loads(line) if line else None


@asynccontextmanager
async def node(script: str, *arguments: str) -> AsyncIterator[Node]:
    """Run a script with `ws` as its first argument, and end that process and no other."""
    folder = npm_package(WS)
    assert folder is not None, f"{WS} could not be installed: this needs Node.js, npm and npm's registry"
    process = await asyncio.create_subprocess_exec(
        *("node", "-e", script, "--", str(folder / "node_modules" / "ws"), *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Node(process)
    finally:
        process.terminate()
        await process.communicate()


@asynccontextmanager
async def playing() -> AsyncIterator[talk.Play]:
    """A client."""
    async with node(PLAY + (HERE / "client.js").read_text(encoding="utf-8")) as client:

        async def play(url: str, steps: talk.Steps, limit: float) -> talk.Report:
            client.say({"url": url, "steps": steps, "limit": limit})
            return talk.Report(**await client.hear())

        yield play


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[str, talk.Book]]:
    """A server."""
    words = json.dumps({name: getattr(talk, name) for name in WORDS})
    async with node((HERE / "server.js").read_text(encoding="utf-8"), words) as server:
        book = talk.Book()
        port = await server.hear()
        writing = asyncio.create_task(_write(server, book))
        yield f"ws://127.0.0.1:{port}/", book
        writing.cancel()
        await asyncio.wait({writing})


async def _write(server: Node, book: talk.Book) -> None:
    while (line := await server.hear()) is not None:
        path, report = line
        book.reports[path] = talk.Report(**report)
