"""Each peer as a program of its own: a client, a server, or both, that runs one connection to its end.

Rules of this module: a program has the defaults of its library but for compression, which is on, so that it can be
tried. It keeps the messages that its application got, calls `close()` when it is told "bye", and reports in the end
what its application knows. Nothing in it waits for ever: the other side of each connection is ours, and ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from aiohttp import web
from playwright.async_api import async_playwright
from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from tests.lab.peers.in_node import Node, node
from wslab.cli.doctor import find_chromium
from wslab.lab import ConnectionClosed as OursClosed
from wslab.lab import Endpoint, HandshakeRefused, Lab
from wslab.lab.network.address import Address
from wslab.protocol import Deflate

BYE = "bye"
"""The message on which a program calls `close()`."""

LOOPBACK = "127.0.0.1"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class Options(NamedTuple):
    """What a program is started with: `deflate` are the wishes of an offer, `heartbeat` seconds between two Pings."""

    subprotocols: tuple[str, ...] = ()
    deflate: Deflate | None = None
    hides_client_bits: bool = False
    heartbeat: float | None = None


@dataclass
class Report:
    """What an application knows in the end: its messages, and the close code that its library gives."""

    heard: list[str] = field(default_factory=list)
    code: int | None = None


Client = Callable[[str, Options], Coroutine[Any, Any, Report]]
"""A client that dials an address and runs until the connection has ended."""

Server = Callable[[Options], AbstractAsyncContextManager[tuple[Address, "asyncio.Future[Report]"]]]
"""A server, its address and the report on its only connection."""


class Program(NamedTuple):
    """A peer's two roles; a browser has only one."""

    client: Client
    server: Server | None


# --- websockets -----------------------------------------------------------------------------------


async def _websockets_client(url: str, options: Options) -> Report:
    report = Report()
    with contextlib.suppress(WebSocketException, OSError):
        async with connect(url, proxy=None, **_of_websockets(options)) as ws:
            await _follow_websockets(ws, report)
    return report


def _of_websockets(options: Options) -> dict[str, Any]:
    beat = {} if options.heartbeat is None else {"ping_interval": options.heartbeat, "ping_timeout": options.heartbeat}
    asks = {"subprotocols": list(options.subprotocols)} if options.subprotocols else {}
    if options.deflate is None and not options.hides_client_bits:
        return {**beat, **asks}
    wishes = options.deflate or Deflate()
    bits = None if options.hides_client_bits else True
    window = None if wishes.server_max_window_bits == 15 else wishes.server_max_window_bits
    factory = ClientPerMessageDeflateFactory(wishes.server_no_context_takeover, False, window, bits)
    return {**beat, **asks, "compression": None, "extensions": [factory]}


async def _follow_websockets(ws: Connection, report: Report) -> None:
    try:
        async for message in ws:
            report.heard.append(str(message))
            if message == BYE:
                await ws.close()
    except ConnectionClosed:
        pass
    report.code = ws.close_code


@asynccontextmanager
async def _websockets_server(options: Options) -> AsyncIterator[tuple[Address, asyncio.Future[Report]]]:
    told: asyncio.Future[Report] = asyncio.get_running_loop().create_future()

    async def handler(ws: Connection) -> None:
        report = Report()
        await _follow_websockets(ws, report)
        told.set_result(report)

    async with serve(handler, LOOPBACK, 0, **_of_websockets(options)) as server:
        yield Address(LOOPBACK, next(iter(server.sockets)).getsockname()[1]), told


# --- aiohttp --------------------------------------------------------------------------------------


async def _aiohttp_client(url: str, options: Options) -> Report:
    report = Report()
    compress = 0 if options.hides_client_bits else 15
    async with aiohttp.ClientSession() as session, AsyncExitStack() as stack:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            ws = await session.ws_connect(
                url, protocols=options.subprotocols, compress=compress, heartbeat=options.heartbeat
            )
            stack.callback(ws._response.close)  # after some ends it does not let go of its connection by itself
            await _follow_aiohttp(ws, report)
    return report


async def _follow_aiohttp(ws: aiohttp.ClientWebSocketResponse | web.WebSocketResponse, report: Report) -> None:
    async for message in ws:
        if message.type is aiohttp.WSMsgType.TEXT:
            report.heard.append(message.data)
            if message.data == BYE:
                await ws.close()
    report.code = ws.close_code


@asynccontextmanager
async def _aiohttp_server(options: Options) -> AsyncIterator[tuple[Address, asyncio.Future[Report]]]:
    told: asyncio.Future[Report] = asyncio.get_running_loop().create_future()

    async def handle(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(heartbeat=options.heartbeat)
        await ws.prepare(request)
        report = Report()
        await _follow_aiohttp(ws, report)
        told.set_result(report)
        return ws

    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    listener = socket.create_server((LOOPBACK, 0))
    await web.SockSite(runner, listener).start()
    try:
        yield Address(LOOPBACK, listener.getsockname()[1]), told
    finally:
        await runner.cleanup()


# --- wslab ----------------------------------------------------------------------------------------


async def _wslab_client(url: str, options: Options) -> Report:
    report = Report()
    async with Lab() as lab:
        with contextlib.suppress(HandshakeRefused, OursClosed):
            deflate = options.deflate or Deflate()
            ws = await lab.connect(url, deflate=deflate, subprotocols=options.subprotocols, **_beat(options))
            await _follow_wslab(ws, report)
    return report


def _beat(options: Options) -> dict[str, Any]:
    return {} if options.heartbeat is None else {"ping_interval": options.heartbeat, "ping_timeout": options.heartbeat}


async def _follow_wslab(ws: Endpoint, report: Report) -> None:
    with contextlib.suppress(OursClosed, TimeoutError):
        async for message in ws:
            report.heard.append(str(message))
            if message == BYE:
                await ws.close()
    report.code = ws.close_code


@asynccontextmanager
async def _wslab_server(options: Options) -> AsyncIterator[tuple[Address, asyncio.Future[Report]]]:
    told: asyncio.Future[Report] = asyncio.get_running_loop().create_future()

    async def handler(ws: Endpoint) -> None:
        report = Report()
        await _follow_wslab(ws, report)
        told.set_result(report)

    async with Lab() as lab:
        server = await lab.serve(handler, **_beat(options))
        yield Address(server.host, server.port), told


# --- npm ws ---------------------------------------------------------------------------------------


class _Calls:
    """Calls to a script of Node.js; each is answered by a line or two with its number."""

    def __init__(self, script: Node) -> None:
        self._script = script
        self._waiting: dict[int, asyncio.Queue[Any]] = {}

    def start(self, **what: Any) -> tuple[int, asyncio.Queue[Any]]:
        """Begin a call; its answers come into the queue."""
        number = len(self._waiting)
        self._waiting[number] = asyncio.Queue()
        self._script.say({"number": number, **what})
        return number, self._waiting[number]

    def stop(self, number: int) -> None:
        """End the server of a call."""
        self._script.say({"stop": number})

    async def listen(self) -> None:
        """Sort the answers, until the script ends."""
        while (line := await self._script.hear()) is not None:
            number, answer = line
            self._waiting[number].put_nowait(answer)


@asynccontextmanager
async def npm_ws() -> AsyncIterator[Program]:
    """The `ws` of npm, in one process of Node.js."""
    async with node((Path(__file__).parent / "node.js").read_text(encoding="utf-8")) as script:
        calls = _Calls(script)
        listening = asyncio.create_task(calls.listen())

        async def client(url: str, options: Options) -> Report:
            _, answers = calls.start(dial=url, protocols=options.subprotocols, deflate=_of_ws(options))
            return Report(**await answers.get())

        @asynccontextmanager
        async def server(options: Options) -> AsyncIterator[tuple[Address, asyncio.Future[Report]]]:
            number, answers = calls.start(serve=True)
            port = await answers.get()
            told = asyncio.ensure_future(_report(answers))
            yield Address(LOOPBACK, port), told
            calls.stop(number)
            told.cancel()

        yield Program(client, server)
        listening.cancel()
        await asyncio.wait({listening})


async def _report(answers: asyncio.Queue[Any]) -> Report:
    return Report(**await answers.get())


def _of_ws(options: Options) -> dict[str, Any] | bool:
    if options.hides_client_bits:
        return {"clientMaxWindowBits": False}
    if options.deflate is None:
        return True
    return {"serverNoContextTakeover": True, "serverMaxWindowBits": options.deflate.server_max_window_bits}


# --- Chromium -------------------------------------------------------------------------------------

_PAGE = """([url, protocols]) => new Promise((resolve) => {
  const heard = [], ws = new WebSocket(url, protocols);
  ws.onmessage = ({ data }) => { heard.push(String(data)); if (data === "bye") ws.close(); };
  ws.onclose = ({ code }) => resolve({ heard, code });
})"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Program]:
    """A page's own `new WebSocket(...)` in a real Chromium; a browser is never a server."""
    path = find_chromium()
    assert path, "No Chromium: install Chromium or Chrome, or set WSLAB_CHROMIUM to its path."
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)

        async def client(url: str, options: Options) -> Report:
            page = await browser.new_page()
            try:
                return Report(**await page.evaluate(_PAGE, [url, list(options.subprotocols)]))
            finally:
                await page.close()

        yield Program(client, None)
        await browser.close()


@asynccontextmanager
async def _here(program: Program) -> AsyncIterator[Program]:
    yield program


PROGRAMS: dict[str, Callable[[], AbstractAsyncContextManager[Program]]] = {
    "wslab": lambda: _here(Program(_wslab_client, _wslab_server)),
    "websockets": lambda: _here(Program(_websockets_client, _websockets_server)),
    "ws": npm_ws,
    "aiohttp": lambda: _here(Program(_aiohttp_client, _aiohttp_server)),
    "Chromium": chromium,
}
"""Every peer by its name."""
