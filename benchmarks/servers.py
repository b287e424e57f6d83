"""Echo servers of each peer, one a process: `python -m benchmarks.servers NAME` prints its port and serves.

Rules of this module: each peer as its own documentation shows an echo, without compression, without a limit on
the message, on 127.0.0.1. `wslab` and `wslab, no tape` go through the lab's public handler API.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable

LIMIT = 64 << 20

NODE_ECHO = """
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => console.log(server.address().port));
server.on("connection", (ws) => {
  ws._socket.setNoDelay(true);
  ws.on("message", (data, binary) => ws.send(data, { binary }));
});
"""


def _announce(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


async def _wslab(tape: bool) -> None:
    from wslab.lab import Lab, echo

    lab = Lab(tape=tape)
    server = await lab.serve(echo, max_message=LIMIT)
    _announce(server.port)
    await asyncio.Event().wait()


async def _websockets() -> None:
    from websockets.asyncio.server import ServerConnection, serve

    async def handler(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # our clients leave without a Close
    async with serve(handler, "127.0.0.1", 0, compression=None, max_size=LIMIT, ping_interval=None) as server:
        _announce(next(iter(server.sockets)).getsockname()[1])
        await asyncio.Event().wait()


async def _aiohttp() -> None:
    from aiohttp import WSMsgType, web

    async def handler(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, max_msg_size=LIMIT)
        await ws.prepare(request)
        async for message in ws:
            if message.type is WSMsgType.BINARY:
                await ws.send_bytes(message.data)
            elif message.type is WSMsgType.TEXT:
                await ws.send_str(message.data)
        return ws

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = _listener()
    await web.SockSite(runner, listener).start()
    _announce(listener.getsockname()[1])
    await asyncio.Event().wait()


async def _picows() -> None:
    import picows

    class Echo(picows.WSListener):
        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            if frame.msg_type in (picows.WSMsgType.BINARY, picows.WSMsgType.TEXT):
                transport.send(frame.msg_type, frame.get_payload_as_bytes())
            elif frame.msg_type == picows.WSMsgType.CLOSE:
                transport.disconnect()

    server = await picows.ws_create_server(lambda _: Echo(), "127.0.0.1", 0, max_frame_size=LIMIT)
    _announce(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _RawEcho(asyncio.Protocol):
    """TCP that answers one HTTP head by a 101, and every byte behind it by itself: the ceiling."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.open = False

    def data_received(self, data: bytes) -> None:
        if self.open:
            self.transport.write(data)
        elif b"\r\n\r\n" in data:
            self.open = True
            self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")


async def _raw() -> None:
    server = await asyncio.get_running_loop().create_server(_RawEcho, "127.0.0.1", 0)
    _announce(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _listener() -> socket.socket:
    # IPPROTO_TCP said aloud: asyncio sets TCP_NODELAY only where it knows that the socket is TCP
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


SERVERS: dict[str, Callable[[], Awaitable[None]]] = {
    "wslab": lambda: _wslab(tape=True),
    "wslab, no tape": lambda: _wslab(tape=False),
    "websockets": _websockets,
    "aiohttp": _aiohttp,
    "picows": _picows,
    "raw TCP": _raw,
}


async def _serve(name: str) -> None:
    await SERVERS[name]()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
