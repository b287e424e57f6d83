"""The `websockets` library as a receiver: its own sans-IO `ServerProtocol` and `ClientProtocol`.

What the library leaves to the layer above is done here as its own asyncio layer does it: the request is answered by
`accept`, fragments are joined, and text is decoded when the last fragment is there. Compression is on, with no
parameters, as in the exchanges.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from wslab.course.peers.exchanges import HOST, KEY, TARGET, Exchange
from wslab.course.peers.reading import Reading, Refusal, Session, feed_all, opened
from wslab.protocol import Role
from wslab.protocol.peers import ENDS_TCP

__all__ = ["InWebsockets"]


class InWebsockets:
    """The peer."""

    name = "websockets"

    def __init__(self) -> None:
        self.version = version("websockets")

    def read(self, exchange: Exchange, role: Role, pieces: Sequence[bytes]) -> Reading:
        """As in `Peer`."""
        return feed_all(_Session(exchange, role), role, pieces)


class _Session(Session):
    def __init__(self, exchange: Exchange, role: Role) -> None:
        super().__init__()
        self._protocol = _server() if role is Role.SERVER else _client(exchange)
        self._parts: list[Frame] = []

    def feed(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        failed = self._failed()  # the protocol sends its Close before the application sees what came before
        for event in self._protocol.events_received():
            if self.refusal is None:
                self._take(event)
        self.refusal = failed or self.refusal or self._failed()

    def _failed(self) -> Refusal | None:
        failed, error = self._protocol.handshake_exc, self._protocol.parser_exc
        if error is not None:
            sent = self._protocol.close_sent
            return Refusal(ENDS_TCP if sent is None else int(sent.code), _reason(error))
        return None if failed is None else Refusal(ENDS_TCP, _reason(failed))

    def _take(self, event: object) -> None:
        if isinstance(event, Request):
            self._accept(event)
        elif isinstance(event, Response) and event.status_code == 101 and self._protocol.handshake_exc is None:
            self.heard.append(("open", ""))
        elif isinstance(event, Frame):
            self._take_frame(event)

    def _accept(self, request: Request) -> None:
        assert isinstance(self._protocol, ServerProtocol)
        response = self._protocol.accept(request)
        self._protocol.send_response(response)
        if response.status_code != 101:
            self.refusal = Refusal(response.status_code, _reason(self._protocol.handshake_exc))
            return
        self.answer = response.serialize()
        self.heard.append(opened(request.path, request.headers.get("Host")))

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.PING, Opcode.PONG):
            self.heard.append((frame.opcode.name.lower(), bytes(frame.data)))
        elif frame.opcode is Opcode.CLOSE:
            self._close()
        else:
            self._parts.append(frame)
            if frame.fin:
                self._join()

    def _close(self) -> None:
        close = self._protocol.close_rcvd
        if close is not None and self._protocol.parser_exc is None:
            self.heard.append(("close", f"{int(close.code)} {close.reason}".strip()))

    def _join(self) -> None:
        parts, self._parts = self._parts, []
        data = b"".join(bytes(part.data) for part in parts)
        if parts[0].opcode is Opcode.BINARY:
            self.heard.append(("binary", data))
            return
        try:
            self.heard.append(("text", data.decode()))
        except UnicodeDecodeError as error:
            self.refusal = Refusal(1007, f"{error.reason} at position {error.start}")


def _server() -> ServerProtocol:
    return ServerProtocol(extensions=[ServerPerMessageDeflateFactory()])


def _client(exchange: Exchange) -> ClientProtocol:
    factories = [] if exchange.deflate is None else [ClientPerMessageDeflateFactory(client_max_window_bits=True)]
    protocol = ClientProtocol(parse_uri(f"ws://{HOST}{TARGET}"), extensions=factories or None)
    protocol.key = KEY
    protocol.send_request(protocol.connect())
    return protocol


def _reason(error: BaseException | None) -> str:
    """An error in the library's own words, with what is behind it."""
    words = []
    while error is not None:
        words.append(str(error) or type(error).__name__)
        error = error.__cause__
    return "; ".join(words)
