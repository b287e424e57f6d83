"""The `wsproto` library as a receiver: its own `WSConnection`. It is imported only where it is installed.

wsproto gives a message in pieces as they come; they are joined here. It has no limits.
"""

from __future__ import annotations

from collections.abc import Sequence

import wsproto
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate
from wsproto.utilities import RemoteProtocolError

from wslab.course.peers.exchanges import HOST, KEY, TARGET, Exchange
from wslab.course.peers.reading import Reading, Refusal, Session, feed_all, opened
from wslab.protocol import Role
from wslab.protocol.peers import ENDS_TCP

__all__ = ["InWsproto"]


class InWsproto:
    """The peer."""

    name = "wsproto"
    version = wsproto.__version__

    def read(self, exchange: Exchange, role: Role, pieces: Sequence[bytes]) -> Reading:
        """As in `Peer`."""
        return feed_all(_Session(exchange, role), role, pieces)


class _Session(Session):
    def __init__(self, exchange: Exchange, role: Role) -> None:
        super().__init__()
        self._role = role
        self._connection = _server() if role is Role.SERVER else _client(exchange)
        self._text: list[str] = []
        self._binary: list[bytes] = []

    def feed(self, data: bytes) -> None:
        try:
            self._connection.receive_data(data)
        except RemoteProtocolError as error:
            self.refusal = self._refused(error)
            return
        for event in self._connection.events():
            if self.refusal is None:
                self._take(event)

    def _refused(self, error: RemoteProtocolError) -> Refusal:
        # the hint is what wsproto proposes to answer; only a server has anything to answer
        hint = error.event_hint
        status = hint.status_code if isinstance(hint, RejectConnection) else 400
        return Refusal(status if self._role is Role.SERVER else ENDS_TCP, str(error))

    def _take(self, event: Event) -> None:
        match event:
            case Request():
                self._accept(event)
            case AcceptConnection():
                self.heard.append(("open", ""))
            case RejectConnection(status_code=status):
                self.refusal = Refusal(ENDS_TCP, f"the server answered {status}")
            case Ping(payload=payload):
                self.heard.append(("ping", bytes(payload)))
            case Pong(payload=payload):
                self.heard.append(("pong", bytes(payload)))
            case CloseConnection():
                self._close(event)
            case TextMessage() | BytesMessage():
                self._join(event)

    def _accept(self, request: Request) -> None:
        extensions: list[PerMessageDeflate] = [PerMessageDeflate()] if request.extensions else []
        self.answer = self._connection.send(AcceptConnection(extensions=list(extensions)))
        self.heard.append(opened(request.target, request.host))

    def _close(self, event: CloseConnection) -> None:
        if self._connection.state is ConnectionState.OPEN:  # it found a rule broken
            self.refusal = Refusal(int(event.code), event.reason or "")
        else:
            self.heard.append(("close", f"{int(event.code)} {event.reason or ''}".strip()))

    def _join(self, event: TextMessage | BytesMessage) -> None:
        if isinstance(event, TextMessage):
            self._text.append(event.data)
            if event.message_finished:
                self.heard.append(("text", "".join(self._text)))
                self._text.clear()
            return
        self._binary.append(bytes(event.data))
        if event.message_finished:
            self.heard.append(("binary", b"".join(self._binary)))
            self._binary.clear()


def _server() -> wsproto.WSConnection:
    return wsproto.WSConnection(wsproto.ConnectionType.SERVER)


def _client(exchange: Exchange) -> wsproto.WSConnection:
    connection = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    extensions = [] if exchange.deflate is None else [PerMessageDeflate()]
    connection.send(Request(host=HOST, target=TARGET, extensions=list(extensions)))
    connection.handshake._nonce = KEY.encode()  # it has no way to be given a key, and the response answers this one
    return connection
