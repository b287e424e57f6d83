"""wsproto, which has no sockets, driven over asyncio's: a client."""

from __future__ import annotations

import asyncio
from collections import deque
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Event, Ping, Request, TextMessage
from wsproto.utilities import RemoteProtocolError

from . import talk, tcp

CHUNK = 64 * 1024


class RefusedError(Exception):
    """The opening handshake failed."""


class Talker:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._reader = reader
        self._writer = writer
        self._events: deque[Event] = deque()
        self._text = ""
        self._end: tuple[int, str] | None = None
        self._over = False
        self._how = ""

    async def open(self, url: str) -> None:
        parts = urlsplit(url)
        self._put(Request(host=parts.netloc, target=parts.path))
        event = await self._next()
        if not isinstance(event, AcceptConnection):
            raise RefusedError(event)

    async def send(self, text: str) -> None:
        if not self._over:
            self._put(TextMessage(text))

    async def hear(self) -> str:
        while not self._over:
            event = await self._next()
            if isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    text, self._text = self._text, ""
                    return text
        raise talk.OverError

    async def close(self, code: int, reason: str) -> None:
        if self._ws.state is ConnectionState.OPEN:
            self._put(CloseConnection(code, reason))

    def leave(self, *, reset: bool) -> None:
        tcp.leave(self._writer.transport, reset=reset)
        self._over = True

    async def ended(self) -> tuple[int, str, str]:
        while not self._over:
            await self._next()
        self._writer.close()
        if self._end is not None:
            return *self._end, ""
        return 1006, "", self._how  # §7.1.5: what an application is told where no Close came

    def _put(self, event: Event) -> None:
        self._writer.write(self._ws.send(event))

    async def _next(self) -> Event | None:
        """The next event; None where the connection is over."""
        while not self._events and not self._over:
            await self._read()
        event = self._events.popleft() if self._events else None
        if isinstance(event, Ping):
            self._put(event.response())
        elif isinstance(event, CloseConnection):
            self._closed(event)
        return event

    async def _read(self) -> None:
        try:
            data = await self._reader.read(CHUNK)
            self._how = "" if data else "FIN"
        except OSError:
            data, self._how = b"", "RST"
        try:
            self._ws.receive_data(data or None)
            self._events += self._ws.events()
        except RemoteProtocolError:  # no answer to the handshake that wsproto takes
            self._over = True
        self._over = self._over or not data

    def _closed(self, event: CloseConnection) -> None:
        if self._ws.state is ConnectionState.OPEN:  # wsproto found a rule broken; nothing is read any more (§7.1.7)
            self._put(event)
            self._over = True
        elif self._end is None:
            self._end = int(event.code), event.reason or ""
            if self._ws.state is ConnectionState.REMOTE_CLOSING:
                self._put(event.response())


async def play(url: str, steps: talk.Steps, limit: float) -> talk.Report:
    async def dial() -> Talker:
        reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
        talker = Talker(reader, writer)
        try:
            await talker.open(url)
        except BaseException:
            writer.close()
            raise
        return talker

    return await talk.take(steps, limit, dial, RefusedError)
