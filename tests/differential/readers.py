"""Three readers of one stream, each behind the same few words.

Rules of this module: a reader takes chunks and keeps what happened in order: `("text", "Hello")`, `("binary", b"")`,
`("ping", b"")`, `("pong", b"")`, and as its end `("close", code, reason)` for the peer's Close or `("failed", code)`
where it refuses. Behind its end nothing more is read. What a library leaves to its users (joining fragments; with
`websockets` also the text) is done here as that library's own asyncio layer does it.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import wsproto.connection
import wsproto.events
import wsproto.frame_protocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import Protocol as TheirProtocol
from websockets.protocol import Side
from wsproto.extensions import PerMessageDeflate as WsprotoDeflate

from wslab.protocol import CloseReceived, Connection, Deflate, Failed, Message, PingReceived, PongReceived, Role
from wslab.protocol.events import Event

from .streams import LIMIT

Happened: TypeAlias = tuple[str, str | bytes]
End: TypeAlias = tuple[str, int, str] | tuple[str, int] | None


class Reader(Protocol):
    """A receiver of one stream."""

    name: str
    happened: list[Happened]
    end: End

    def feed(self, data: bytes) -> None:
        """The next bytes; nothing happens behind the end."""


class Ours:
    """`wslab.protocol.Connection`."""

    name = "wslab"

    def __init__(self, role: Role, deflate: Deflate | None, limit: int = LIMIT) -> None:
        self.happened: list[Happened] = []
        self.end: End = None
        self.connection = Connection(role, max_message=limit, keys=bytes, deflate=deflate)

    def feed(self, data: bytes) -> None:
        """As in `Reader`."""
        if self.end is None:
            self.connection.receive_data(data)
            self.connection.data_to_send()
            for event in self.connection.events():
                self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case Message(data=data):
                self.happened.append(("text" if isinstance(data, str) else "binary", data))
            case PingReceived(payload=payload):
                self.happened.append(("ping", payload))
            case PongReceived(payload=payload):
                self.happened.append(("pong", payload))
            case CloseReceived(code=code, reason=reason):
                self.end = ("close", int(code), reason)
            case Failed(error=error):
                self.end = ("failed", int(error.close_code or 0))

    @property
    def refused_at(self) -> int:
        """The byte of its first wrong bit."""
        assert self.connection.failure is not None
        return self.connection.failure.offset.byte

    @property
    def rule(self) -> str:
        """The rule that it found broken, or nothing."""
        return self.connection.failure.rule.id if self.connection.failure else ""


class Websockets:
    """`websockets.protocol.Protocol`, and the joining of fragments as in `websockets.asyncio.messages`."""

    name = "websockets"

    def __init__(self, role: Role, deflate: Deflate | None, limit: int = LIMIT) -> None:
        self.happened: list[Happened] = []
        self.end: End = None
        self.protocol = TheirProtocol(Side.SERVER if role is Role.SERVER else Side.CLIENT, max_size=limit)
        if deflate is not None:
            self.protocol.extensions = [_websockets_deflate(role, deflate)]
        self._parts: list[TheirFrame] = []

    def feed(self, data: bytes) -> None:
        """As in `Reader`."""
        if self.end is not None:
            return
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            assert isinstance(event, TheirFrame)
            if self.end is None:
                self._take(event)
        if self.protocol.parser_exc is not None and self.end is None:
            sent = self.protocol.close_sent
            self.end = ("failed", int(sent.code) if sent else 1006)

    @property
    def inside_message(self) -> bool:
        """Whether fragments wait for their last."""
        return bool(self._parts)

    def _take(self, frame: TheirFrame) -> None:
        opcode, payload = int(frame.opcode), bytes(frame.data)
        if opcode in (TheirOpcode.PING, TheirOpcode.PONG):
            self.happened.append(("ping" if opcode == TheirOpcode.PING else "pong", payload))
        elif opcode == TheirOpcode.CLOSE:
            close = self.protocol.close_rcvd
            assert close is not None
            self.end = ("close", int(close.code), close.reason)
        else:
            self._parts.append(frame)
            if frame.fin:
                self._join()

    def _join(self) -> None:
        parts, self._parts = self._parts, []
        data = b"".join(bytes(part.data) for part in parts)
        if parts[0].opcode is TheirOpcode.BINARY:
            self.happened.append(("binary", data))
            return
        try:
            self.happened.append(("text", data.decode()))
        except UnicodeDecodeError:
            self.end = ("failed", 1007)


def _websockets_deflate(role: Role, agreed: Deflate) -> PerMessageDeflate:
    server = (agreed.server_no_context_takeover, agreed.server_max_window_bits)
    client = (agreed.client_no_context_takeover, agreed.client_max_window_bits)
    remote, local = (client, server) if role is Role.SERVER else (server, client)
    return PerMessageDeflate(remote[0], local[0], remote[1], local[1])


class Wsproto:
    """`wsproto.connection.Connection`, and its pieces of messages joined. It has no limits."""

    name = "wsproto"

    def __init__(self, role: Role, deflate: Deflate | None, limit: int = LIMIT) -> None:
        self.happened: list[Happened] = []
        self.end: End = None
        kind = _KINDS[role]
        extensions: list[wsproto.extensions.Extension] = [] if deflate is None else [_wsproto_deflate(deflate)]
        self.connection = wsproto.connection.Connection(kind, extensions)
        self._text: list[str] = []
        self._binary: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """As in `Reader`."""
        if self.end is None:
            self.connection.receive_data(data)
            for event in self.connection.events():
                self._take(event)

    def _take(self, event: wsproto.events.Event) -> None:
        match event:
            case wsproto.events.Ping(payload=payload):
                self.happened.append(("ping", bytes(payload)))
            case wsproto.events.Pong(payload=payload):
                self.happened.append(("pong", bytes(payload)))
            case wsproto.events.CloseConnection(code=code, reason=reason):
                refused = self.connection.state is wsproto.connection.ConnectionState.OPEN
                self.end = ("failed", int(code)) if refused else ("close", int(code), reason or "")
            case wsproto.events.TextMessage(data=text):
                self._text.append(text)
                if event.message_finished:
                    self.happened.append(("text", "".join(self._text)))
                    self._text.clear()
            case wsproto.events.BytesMessage(data=data):
                self._binary.append(bytes(data))
                if event.message_finished:
                    self.happened.append(("binary", b"".join(self._binary)))
                    self._binary.clear()


_KINDS = {Role.CLIENT: wsproto.connection.CLIENT, Role.SERVER: wsproto.connection.SERVER}


def _wsproto_deflate(agreed: Deflate) -> WsprotoDeflate:
    extension = WsprotoDeflate(
        agreed.client_no_context_takeover,
        agreed.client_max_window_bits,
        agreed.server_no_context_takeover,
        agreed.server_max_window_bits,
    )
    extension.finalize("")  # the handshake is over: from now on it works
    return extension
