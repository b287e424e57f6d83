"""wslab as a receiver: the steps of its own opening handshake, then its `Connection`.

These are the parts that the lab's endpoints are made of; a test compares this with an endpoint on a socket.
"""

from __future__ import annotations

from collections.abc import Sequence

from wslab.course.peers.exchanges import Exchange
from wslab.course.peers.reading import Reading, Refusal, Session, feed_all, opened
from wslab.lab.endpoint.opening_handshake import ClientHandshake, Opened, Refused, ServerHandshake, ServerOptions
from wslab.protocol import (
    CloseReceived,
    Connection,
    Deflate,
    Event,
    Failed,
    Message,
    PingReceived,
    PongReceived,
    Role,
)
from wslab.protocol.peers import ENDS_TCP

__all__ = ["InWslab"]


class InWslab:
    """The peer."""

    name = "wslab"
    version = ""

    def read(self, exchange: Exchange, role: Role, pieces: Sequence[bytes]) -> Reading:
        """As in `Peer`."""
        return feed_all(_Session(exchange, role), role, pieces)


class _Session(Session):
    def __init__(self, exchange: Exchange, role: Role) -> None:
        super().__init__()
        self._role = role
        self._steps = _steps(exchange, role)
        self._connection: Connection | None = None

    def feed(self, data: bytes) -> None:
        if self._connection is not None:
            self._read(self._connection, data)
            return
        outcome = self._steps.feed(data)
        if isinstance(outcome, Refused):
            answer = outcome.why.status if self._role is Role.SERVER else ENDS_TCP
            self.refusal = Refusal(answer, str(outcome.why), outcome.why.error)
        elif outcome is not None:
            self._open(outcome)

    def _open(self, outcome: Opened) -> None:
        request = outcome.request
        self.answer = outcome.answer
        self.heard.append(opened(request.target, request.header("Host")) if self._role is Role.SERVER else ("open", ""))
        self._connection = Connection(self._role, keys=bytes, deflate=outcome.deflate)
        self._read(self._connection, outcome.behind)

    def _read(self, connection: Connection, data: bytes) -> None:
        connection.receive_data(data)
        for event in connection.events():
            self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case Message(data=str(text)):
                self.heard.append(("text", text))
            case Message(data=bytes(data)):
                self.heard.append(("binary", data))
            case PingReceived(payload=payload):
                self.heard.append(("ping", payload))
            case PongReceived(payload=payload):
                self.heard.append(("pong", payload))
            case CloseReceived(code=code, reason=reason):
                self.heard.append(("close", f"{int(code)} {reason}".strip()))
            case Failed(error=error):
                self.refusal = Refusal(int(error.close_code or 0), str(error), error)


def _steps(exchange: Exchange, role: Role) -> ClientHandshake | ServerHandshake:
    if role is Role.CLIENT:
        return ClientHandshake(exchange.request)
    return ServerHandshake(ServerOptions(deflate=Deflate()), raised=lambda error: None)
