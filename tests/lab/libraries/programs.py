"""Servers and clients that other people wrote, each in the few lines that a user of it would write.

Every server echoes, and every client takes the same talk. None of them knows that TCP is in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from ssl import SSLContext
from urllib.parse import urlsplit

import aiohttp
import uvicorn
from aiohttp import web
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, Request, TextMessage

from wslab.lab import Lab, echo

Serving = AbstractAsyncContextManager[str]
Tls = SSLContext | None
MINUTE = 60.0
PING, PATIENCE = 20.0, 10.0
"""Seconds between the Pings of a client that sends some, and for which it waits for a Pong."""


def _url(port: int, tls: Tls) -> str:
    return f"{'ws' if tls is None else 'wss'}://localhost:{port}/"


@asynccontextmanager
async def of_wslab(lab: Lab, tls: Tls = None) -> AsyncIterator[str]:
    async with await lab.serve(echo, tls=tls) as server:
        yield _url(server.port, tls)


@asynccontextmanager
async def of_websockets(lab: Lab, tls: Tls = None) -> AsyncIterator[str]:
    async with serve(_echo, "127.0.0.1", 0, ssl=tls) as server:
        yield _url(next(iter(server.sockets)).getsockname()[1], tls)


async def _echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


@asynccontextmanager
async def of_aiohttp(lab: Lab, tls: Tls = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/", _aiohttp_echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield _url(runner.addresses[0][1], tls)
    finally:
        await runner.cleanup()


async def _aiohttp_echo(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        await ws.send_str(message.data)
    return ws


@asynccontextmanager
async def of_uvicorn(protocol: str, lab: Lab, tls: Tls = None) -> AsyncIterator[str]:
    app = Starlette(routes=[WebSocketRoute("/", _starlette_echo)])
    config = uvicorn.Config(app, "127.0.0.1", 0, ws=protocol, log_config=None)
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110  it offers no event
        await asyncio.sleep(0.1)
    try:
        yield _url(server.servers[0].sockets[0].getsockname()[1], tls)
    finally:
        server.should_exit = True
        await task


async def _starlette_echo(ws: WebSocket) -> None:
    await ws.accept()
    try:
        while True:
            await ws.send_text(await ws.receive_text())
    except WebSocketDisconnect:
        pass


@asynccontextmanager
async def of_wsproto(lab: Lab, tls: Tls = None) -> AsyncIterator[str]:
    async with await asyncio.start_server(_wsproto_echo, "127.0.0.1", 0, ssl=tls) as server:
        yield _url(server.sockets[0].getsockname()[1], tls)


async def _wsproto_echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    ws, text = WSConnection(ConnectionType.SERVER), ""
    while data := await reader.read(65_536):
        ws.receive_data(data)
        for event in ws.events():
            if isinstance(event, Request):
                writer.write(ws.send(AcceptConnection()))
            elif isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    writer.write(ws.send(TextMessage(text)))
                    text = ""
            elif isinstance(event, Ping):
                writer.write(ws.send(event.response()))
            elif isinstance(event, CloseConnection):
                writer.write(ws.send(event.response()))
                writer.close()
        await writer.drain()
    writer.close()


SERVERS: dict[str, Callable[..., Serving]] = {
    "wslab": of_wslab,
    "websockets": of_websockets,
    "aiohttp": of_aiohttp,
    "uvicorn and Starlette, with websockets": partial(of_uvicorn, "websockets-sansio"),
    "uvicorn and Starlette, with wsproto": partial(of_uvicorn, "wsproto"),
    "wsproto on asyncio streams": of_wsproto,
}

Talk = Callable[..., Awaitable[list[str]]]


async def by_wslab(lab: Lab, url: str, messages: Sequence[str], tls: Tls = None) -> list[str]:
    ws = await lab.connect(url, tls=tls)
    heard = []
    for message in messages:
        await ws.send(message)
        heard.append(str(await ws.recv()))
    await ws.close()
    return heard


async def by_websockets(lab: Lab, url: str, messages: Sequence[str], tls: Tls = None) -> list[str]:
    heard = []
    async with connect(url, ssl=tls) as ws:
        for message in messages:
            await ws.send(message)
            heard.append(str(await ws.recv()))
    return heard


async def by_aiohttp(lab: Lab, url: str, messages: Sequence[str], tls: Tls = None) -> list[str]:
    heard = []
    async with aiohttp.ClientSession() as session, session.ws_connect(url, ssl=tls or True) as ws:
        for message in messages:
            await ws.send_str(message)
            heard.append(await ws.receive_str())
    return heard


async def by_wsproto(lab: Lab, url: str, messages: Sequence[str], tls: Tls = None) -> list[str]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=tls)
    ws, heard, to_send = WSConnection(ConnectionType.CLIENT), [""], list(messages)
    writer.write(ws.send(Request(host=parts.netloc, target="/")))
    while data := await reader.read(65_536):
        ws.receive_data(data)
        for event in ws.events():
            if isinstance(event, Message):
                heard[-1] += event.data
            if isinstance(event, AcceptConnection) or (isinstance(event, Message) and event.message_finished):
                heard.append("")
                writer.write(ws.send(TextMessage(to_send.pop(0)) if to_send else CloseConnection(1000)))
    writer.close()
    return heard[1:-1]


CLIENTS: dict[str, Talk] = {
    "wslab": by_wslab,
    "websockets": by_websockets,
    "aiohttp": by_aiohttp,
    "wsproto on asyncio streams": by_wsproto,
}


async def websockets_waits(lab: Lab, url: str) -> int:
    """The code that a client hears of a connection that it only watches, by its own keepalive."""
    async with connect(url, ping_interval=PING, ping_timeout=PATIENCE) as ws:
        with suppress(ConnectionClosed):
            await ws.recv()
    assert ws.close_code is not None
    return ws.close_code


async def aiohttp_waits(lab: Lab, url: str) -> int:
    """The same of aiohttp, by its heartbeat; it waits half of that time for a Pong."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url, heartbeat=PING) as ws:
        await ws.receive()
    assert ws.close_code is not None
    return ws.close_code


WAITING = {"websockets": websockets_waits, "aiohttp": aiohttp_waits}
