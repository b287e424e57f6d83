"""aiohttp, both roles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from aiohttp import ClientConnectionError, ClientError, ClientSession, WSMsgType, web
from aiohttp.client_ws import ClientWebSocketResponse, ClientWSTimeout

from . import talk, tcp


class Talker:
    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self._ws = ws
        assert ws._conn is not None
        self._transport = ws._conn.transport
        self._reason = ""

    async def send(self, text: str) -> None:
        with suppress(ClientConnectionError):
            await self._ws.send_str(text)

    async def hear(self) -> str:
        message = await self._ws.receive()
        if message.type is not WSMsgType.TEXT:
            self._reason = (message.extra if message.type is WSMsgType.CLOSE else "") or ""
            raise talk.OverError
        return str(message.data)

    async def close(self, code: int, reason: str) -> None:
        await self._ws.close(code=code, message=reason.encode())

    def leave(self, *, reset: bool) -> None:
        if self._transport is not None:
            tcp.leave(self._transport, reset=reset)

    async def ended(self) -> tuple[int, str, str]:
        with suppress(talk.OverError):
            while not self._ws.closed:
                await self.hear()
        assert self._ws.close_code is not None
        return self._ws.close_code, self._reason, ""


async def play(url: str, steps: talk.Steps, limit: float) -> talk.Report:
    async with ClientSession() as session, AsyncExitStack() as stack:

        async def dial() -> Talker:
            wait = ClientWSTimeout(ws_close=talk.CLOSE_LIMIT)
            ws = await session.ws_connect(url, timeout=wait)
            stack.callback(ws._response.close)  # after some ends it does not let go of its connection by itself
            return Talker(ws)

        return await talk.take(steps, limit, dial, ClientError)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[str, talk.Book]]:
    book = talk.Book()
    app = web.Application()

    async def handle(request: web.Request) -> web.WebSocketResponse:
        return await _handle(request, book)

    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/", book
    finally:
        await runner.cleanup()


async def _handle(request: web.Request, book: talk.Book) -> web.WebSocketResponse:
    ws = web.WebSocketResponse(timeout=talk.CLOSE_LIMIT, compress=False, max_msg_size=talk.MAX_MESSAGE, autoping=False)
    await ws.prepare(request)
    report = book.open(request.path)
    with suppress(ClientConnectionError):
        await _serve(request, ws, report)
    while not ws.closed:
        await ws.receive()
    report.code = ws.close_code
    return ws


async def _serve(request: web.Request, ws: web.WebSocketResponse, report: talk.Report) -> None:
    async for message in ws:
        if message.type is WSMsgType.PING:
            await ws.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            report.heard.append(message.data)
            await _answer(request, ws, message.data)
        elif message.type is WSMsgType.CLOSE:
            report.reason = message.extra or ""


async def _answer(request: web.Request, ws: web.WebSocketResponse, text: str) -> None:
    if text == talk.PING_ME:
        await ws.ping()
        await ws.send_str(await _pong(ws))
    elif text == talk.GO_WRONG:
        await ws.close(code=1011, message=b"went wrong")
    elif text in (talk.HANG_UP, talk.DROP_DEAD):
        assert request.transport is not None
        tcp.leave(request.transport, reset=text == talk.DROP_DEAD)
    else:
        await ws.send_str(text)


async def _pong(ws: web.WebSocketResponse) -> str:
    try:
        message = await ws.receive(timeout=talk.PONG_LIMIT)
    except TimeoutError:
        return "no pong"
    return "pong" if message.type is WSMsgType.PONG else str(message.type)
