"""A browser's own `new WebSocket`, in a page that is told by a connection of its own what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve

from . import talk
from .in_node import PLAY

OBEY = f"""(url) => new Promise((opened) => {{
  {PLAY}
  const orders = new WebSocket(url);
  orders.onopen = opened;
  orders.onmessage = async ({{ data }}) => {{
    orders.send(JSON.stringify(await play((where) => new WebSocket(where), JSON.parse(data))));
  }};
}})"""
"""What the page is to run, with the address that gives its orders."""


@asynccontextmanager
async def playing() -> AsyncIterator[tuple[str, talk.Play]]:
    """The address that the page has to know, and a client that plays once the page is there."""
    page: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()

    async def handler(ws: ServerConnection) -> None:
        page.set_result(ws)
        await ws.wait_closed()

    async def play(url: str, steps: talk.Steps, limit: float) -> talk.Report:
        ws = await page
        await ws.send(json.dumps({"url": url, "steps": steps, "limit": limit}))
        return talk.Report(**json.loads(await ws.recv()))

    async with serve(handler, "127.0.0.1", 0, ping_interval=None, close_timeout=talk.CLOSE_LIMIT) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/", play
