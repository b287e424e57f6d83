"""The `websockets` library on asyncio, both roles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, WebSocketException

from . import talk, tcp


class Talker:
    def __init__(self, ws: ClientConnection) -> None:
        self._ws = ws

    async def send(self, text: str) -> None:
        with suppress(ConnectionClosed):
            await self._ws.send(text)

    async def hear(self) -> str:
        try:
            return str(await self._ws.recv())
        except ConnectionClosed:
            raise talk.OverError from None

    async def close(self, code: int, reason: str) -> None:
        await self._ws.close(code, reason)

    def leave(self, *, reset: bool) -> None:
        tcp.leave(self._ws.transport, reset=reset)

    async def ended(self) -> tuple[int, str, str]:
        return await _ended(self._ws)


async def _ended(ws: Connection) -> tuple[int, str, str]:
    await ws.wait_closed()
    assert ws.close_code is not None
    return ws.close_code, ws.close_reason or "", await _how(ws) if ws.close_code == 1006 else ""


async def _how(ws: Connection) -> str:
    """What `websockets` gives as the cause of its `ConnectionClosed`."""
    try:
        await ws.recv()
    except ConnectionClosed as closed:
        if isinstance(closed.__cause__, OSError):
            return "RST"
        return "FIN" if isinstance(closed.__cause__, EOFError) else ""
    return ""


async def play(url: str, steps: talk.Steps, limit: float, *, compression: str | None = None) -> talk.Report:
    async def dial() -> Talker:
        dialling = connect(url, compression=compression, proxy=None, ping_interval=None, close_timeout=talk.CLOSE_LIMIT)
        return Talker(await dialling)

    return await talk.take(steps, limit, dial, WebSocketException)


@asynccontextmanager
async def serving(*, compression: str | None = None) -> AsyncIterator[tuple[str, talk.Book]]:
    book = talk.Book()

    async def handler(ws: ServerConnection) -> None:
        assert ws.request is not None
        report = book.open(ws.request.path)
        with suppress(ConnectionClosed):
            async for message in ws:
                report.heard.append(str(message))
                await _answer(ws, str(message))
        report.code, report.reason, report.end = await _ended(ws)

    async with serve(
        *(handler, "127.0.0.1", 0),
        compression=compression,
        ping_interval=None,
        max_size=talk.MAX_MESSAGE,
        close_timeout=talk.CLOSE_LIMIT,
    ) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/", book


async def _answer(ws: ServerConnection, text: str) -> None:
    if text == talk.PING_ME:
        await ws.send(await _pong(ws))
    elif text == talk.GO_WRONG:
        await ws.close(1011, "went wrong")
    elif text in (talk.HANG_UP, talk.DROP_DEAD):
        tcp.leave(ws.transport, reset=text == talk.DROP_DEAD)
    else:
        await ws.send(text)


async def _pong(ws: ServerConnection) -> str:
    try:
        await asyncio.wait_for(await ws.ping(), talk.PONG_LIMIT)
    except TimeoutError:
        return "no pong"
    return "pong"
