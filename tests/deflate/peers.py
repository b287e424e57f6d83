"""Each library's permessage-deflate in one role, without sockets.

A peer is made with the four parameters as its own options say them. As a client it writes an offer and takes an answer,
as a server it answers an offer; then both compress and inflate messages. Whatever it refuses is a `PeerError`.
"""

from __future__ import annotations

import json
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import wsproto
from websockets.exceptions import NegotiationError
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode as TheirOpcode
from websockets.headers import build_extension, parse_extension
from wsproto.extensions import PerMessageDeflate as WsprotoDeflate

from tests.npm import WS, npm_package
from wslab.protocol import Frame, FrameParser, Opcode, Role


class Parameters(NamedTuple):
    """The four parameters, as an offer or as a server's wishes. A window of None is left out; True has no number."""

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int | None = None
    client_max_window_bits: int | bool | None = None


class PeerError(Exception):
    """The peer cannot be made so, refuses what it was told, or cannot read a message."""


class Peer(Protocol):
    """One end of a connection, as far as compression goes."""

    def __init__(self, role: Role, parameters: Parameters) -> None: ...

    def offer(self) -> str:
        """The client's header."""

    def finish(self, answer: str) -> None:
        """The client takes the server's header."""

    def answer(self, offer: str) -> str:
        """The server's header; empty where it declines."""

    def compress(self, message: bytes) -> bytes:
        """A message as the payload of a frame with RSV1."""

    def inflate(self, payload: bytes) -> bytes:
        """The message of a payload."""


class Websockets:
    """`websockets`."""

    def __init__(self, role: Role, parameters: Parameters) -> None:
        try:
            if role is Role.CLIENT:
                self._client = ClientPerMessageDeflateFactory(*parameters)
            else:
                self._server = ServerPerMessageDeflateFactory(*parameters)
        except (ValueError, AssertionError) as error:
            raise PeerError(f"cannot be made: {error}") from None
        self._extension: PerMessageDeflate | None = None

    def offer(self) -> str:
        return build_extension([("permessage-deflate", list(self._client.get_request_params()))])  # type: ignore[list-item]

    def finish(self, answer: str) -> None:
        try:
            extension = self._client.process_response_params(parse_extension(answer)[0][1], [])
        except (NegotiationError, AssertionError) as error:
            raise PeerError(f"refuses: {error}") from None
        assert isinstance(extension, PerMessageDeflate)
        self._extension = extension

    def answer(self, offer: str) -> str:
        try:
            parameters, extension = self._server.process_request_params(parse_extension(offer)[0][1], [])
        except NegotiationError:
            return ""
        except AssertionError:
            raise PeerError("fails: AssertionError") from None
        assert isinstance(extension, PerMessageDeflate)
        self._extension = extension
        return build_extension([("permessage-deflate", parameters)])  # type: ignore[list-item]

    def compress(self, message: bytes) -> bytes:
        assert self._extension is not None
        return bytes(self._extension.encode(TheirFrame(TheirOpcode.BINARY, message)).data)

    def inflate(self, payload: bytes) -> bytes:
        assert self._extension is not None
        return bytes(self._extension.decode(TheirFrame(TheirOpcode.BINARY, payload, rsv1=True)).data)


class Wsproto:
    """`wsproto`. It has one default for "left out" and for 15, and offers both windows with numbers."""

    def __init__(self, role: Role, parameters: Parameters) -> None:
        server_forgets, client_forgets, server_bits, client_bits = parameters
        number = None if isinstance(client_bits, bool) else client_bits
        try:
            self._extension = WsprotoDeflate(client_forgets, number, server_forgets, server_bits)
        except ValueError as error:
            raise PeerError(f"cannot be made: {error}") from None
        self._role = role

    def offer(self) -> str:
        return f"permessage-deflate; {self._extension.offer()}"

    def finish(self, answer: str) -> None:
        try:
            self._extension.finalize(answer)
        except ValueError as error:
            raise PeerError(f"refuses: {error}") from None

    def answer(self, offer: str) -> str:
        accepted = self._extension.accept(offer)
        if accepted is None:
            return ""
        return f"permessage-deflate; {accepted}" if accepted else "permessage-deflate"

    @cached_property
    def _connection(self) -> wsproto.connection.Connection:
        # made once the handshake is done: it asks its extensions then whether they are in use
        kinds = {Role.CLIENT: wsproto.ConnectionType.CLIENT, Role.SERVER: wsproto.ConnectionType.SERVER}
        return wsproto.connection.Connection(kinds[self._role], extensions=[self._extension])

    def compress(self, message: bytes) -> bytes:
        wire = self._connection.send(wsproto.events.BytesMessage(message))
        (frame,) = FrameParser(self._role.peer, rsv1=True).feed(wire)
        return frame.payload

    def inflate(self, payload: bytes) -> bytes:
        mask = bytes(4) if self._role is Role.SERVER else None
        self._connection.receive_data(Frame(Opcode.BINARY, payload, rsv1=True, mask=mask).serialize())
        heard = list(self._connection.events())
        if not all(isinstance(event, wsproto.events.BytesMessage) for event in heard):
            raise PeerError("cannot inflate")
        return b"".join(bytes(event.data) for event in heard if isinstance(event, wsproto.events.BytesMessage))


class Ws:
    """npm's `ws`, in one process of Node.js for all."""

    _process: subprocess.Popen[str] | None = None

    def __init__(self, role: Role, parameters: Parameters) -> None:
        words = ("serverNoContextTakeover", "clientNoContextTakeover", "serverMaxWindowBits", "clientMaxWindowBits")
        # of a takeover, false means "never", and what is left out "as the other side likes"; likewise for a window
        options = {word: value for word, value in zip(words, parameters, strict=True) if value not in (None, False)}
        if role is Role.CLIENT and parameters.client_max_window_bits is None:
            options["clientMaxWindowBits"] = False  # else it is offered without a number
        self._call("make", options | {"isServer": role is Role.SERVER})

    def offer(self) -> str:
        return str(self._call("offer"))

    def finish(self, answer: str) -> None:
        self._call("accept", answer)

    def answer(self, offer: str) -> str:
        try:
            return str(self._call("accept", offer))
        except PeerError as error:
            if "None of the extension offers" in str(error):
                return ""
            raise

    def compress(self, message: bytes) -> bytes:
        return bytes.fromhex(str(self._call("compress", message.hex())))

    def inflate(self, payload: bytes) -> bytes:
        return bytes.fromhex(str(self._call("decompress", payload.hex())))

    def _call(self, name: str, value: object = None) -> Any:
        process = Ws._process or _start_node()
        Ws._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{json.dumps([name, value])}\n")
        process.stdin.flush()
        answered = json.loads(process.stdout.readline())
        if "error" in answered:
            raise PeerError(f"refuses: {answered['error']}")
        return answered["value"]

    @classmethod
    def stop(cls) -> None:
        """End the process, if there is one."""
        process, cls._process = cls._process, None
        if process is not None:
            process.communicate()  # the end of its input is its end


def _start_node() -> subprocess.Popen[str]:
    folder = npm_package(WS)
    assert folder is not None, f"npm cannot install {WS}"
    script = (Path(__file__).parent / "node.js").read_text()
    return subprocess.Popen(
        ["node", "-e", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


PEERS: dict[str, type[Peer]] = {"websockets": Websockets, "wsproto": Wsproto, "ws": Ws}
