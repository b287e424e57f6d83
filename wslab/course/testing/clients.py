"""Clients of the `websockets` library that are to hear the news for ever: right ones, and mutants with one mistake.

Each is `async def client(url, heard)` and appends what it hears to `heard`. What is right: after a path has been
silent for a minute, a client hears the news of a new connection within another minute.

Left out: clients that hear news and do something wrong with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

__all__ = ["RIGHT", "WRONG", "Client"]

Heard = list[Any]


@dataclass(frozen=True, slots=True)
class Client:
    """A client: what it does, and of a mutant how a test notices it."""

    what: str
    run: Callable[[str, Heard], Coroutine[Any, Any, None]]
    hint: str = ""


async def _read(ws: ClientConnection, heard: Heard) -> None:
    with suppress(ConnectionClosed):
        async for message in ws:
            heard.append(message)


async def _asks(url: str, heard: Heard) -> None:
    async for ws in connect(url, ping_interval=20, ping_timeout=10):
        await _read(ws, heard)


async def _patient(url: str, heard: Heard) -> None:
    async for ws in connect(url, ping_interval=25, ping_timeout=20, compression=None):
        await _read(ws, heard)


async def _never_asks(url: str, heard: Heard) -> None:
    async for ws in connect(url, ping_interval=None):
        await _read(ws, heard)


async def _gives_up(url: str, heard: Heard) -> None:
    async with connect(url, ping_interval=20, ping_timeout=10) as ws:
        await _read(ws, heard)


async def _waits_long(url: str, heard: Heard) -> None:
    async for ws in connect(url, ping_interval=45, ping_timeout=1200):
        await _read(ws, heard)


async def _reads_once(url: str, heard: Heard) -> None:
    async for ws in connect(url, ping_interval=20, ping_timeout=10):
        if heard:
            await ws.wait_closed()
        await _read(ws, heard)


async def _shows_again(url: str, heard: Heard) -> None:
    async with connect(url, ping_interval=None) as ws:
        reading = asyncio.create_task(_read(ws, heard))
        while not heard:  # noqa: ASYNC110  it looks
            await asyncio.sleep(1)
        await asyncio.sleep(60)
        heard.append(heard[-1])
        await reading


RIGHT = (
    Client("asks with a Ping every 20 s, and dials again where no Pong comes", _asks),
    Client("asks with a Ping every 25 s, and waits 20 s for the Pong", _patient),
)

WRONG = (
    Client("never asks, and waits for ever", _never_asks, "Let the path fall silent, and assert what was heard later."),
    Client(
        "asks, finds the path silent, and does not dial again",
        _gives_up,
        "Assert that the news of a second connection was heard.",
    ),
    Client(
        "asks, and waits twenty minutes for the Pong",
        _waits_long,
        "Look earlier: a minute of silence and one more minute are all the time that a client has.",
    ),
    Client(
        "dials again, and reads nothing there",
        _reads_once,
        "A second connection is not the aim. Assert what was heard on it.",
    ),
    Client(
        "never dials again, and shows its last news once more after a minute",
        _shows_again,
        "Let the server send other news on each connection, such as `news 1` and `news 2`, and assert which was heard.",
    ),
)
