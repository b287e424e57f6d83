"""What a server sent behind its answer to the handshake: messages, Pongs and a Close, each with its place.

The bytes go to the parser and to a `Connection` of the protocol layer, frame by frame, so that each event keeps the
place of its first byte and the verdict is the protocol's own. A strictness of ours is no violation here: a Close with
the code 5000 counts as a Close.

Left out: whether the right things came (`judging`).
"""

from __future__ import annotations

from typing import NamedTuple

from wslab.protocol import (
    CloseReceived,
    Connection,
    Deflate,
    Event,
    Frame,
    FrameError,
    FrameParser,
    Message,
    Opcode,
    PongReceived,
    ProtocolError,
    Role,
)
from wslab.protocol.messages import CloseBody
from wslab.protocol.rules import Force

__all__ = ["Came", "Replies"]

MOST = 32 * 1024 * 1024
"""Bytes that are taken from a server; no case sends as many."""


class Came(NamedTuple):
    """An event, and where its first frame begins and its last one ends in the bytes behind the handshake."""

    event: Event
    begin: int
    end: int


class Replies:
    """The bytes of a server behind its 101, read as they come."""

    def __init__(self, agreed: Deflate | None = None) -> None:
        self.data = bytearray()
        self.error: ProtocolError | None = None
        self.close: Came | None = None
        self.behind_close: list[Frame] = []
        """Frames that came behind the server's Close."""
        self._came: list[Came] = []
        self._parser = FrameParser(Role.CLIENT, max_payload=MOST, rsv1=agreed is not None)
        self._connection = Connection(Role.CLIENT, max_message=MOST, keys=bytes, deflate=agreed)
        self._begin = self._end = 0  # of the message that is arriving, and of the frames so far

    @property
    def messages(self) -> list[Came]:
        """The messages that are whole, in order."""
        return [each for each in self._came if isinstance(each.event, Message)]

    @property
    def pongs(self) -> dict[bytes, Came]:
        """The Pongs by their payloads, in order."""
        return {each.event.payload: each for each in self._came if isinstance(each.event, PongReceived)}

    @property
    def is_full(self) -> bool:
        """Whether the server sends without end."""
        return len(self.data) > MOST

    @property
    def read(self) -> int:
        """Where the last whole frame ends."""
        return self._end

    def feed(self, data: bytes) -> None:
        """More bytes of the server."""
        self.data += data
        if self.error is not None:
            return
        try:
            frames = self._parser.feed(data)
        except FrameError as error:
            frames, self.error = error.frames, error
        for frame in frames:
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        begin, self._end = self._end, self._end + frame.header_size + len(frame.payload)
        if self.close is not None:
            self.behind_close.append(frame)
            return
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._begin = begin
        self._connection.receive_data(bytes(self.data[begin : self._end]))
        if frame.opcode == Opcode.CLOSE and self._is_close():
            self.close = Came(_close(frame.payload), begin, self._end)
            return
        # what came before an error counts before it
        self.error = self._connection.failure or self.error
        first = begin if frame.opcode & 8 else self._begin
        self._came += [Came(event, first, self._end) for event in self._connection.events()]

    def _is_close(self) -> bool:
        """Whether a Close stands, though its code may be one that we would refuse (§7.4.2)."""
        failure = self._connection.failure
        return failure is None or failure.rule.force is Force.STRICT


def _close(payload: bytes) -> CloseReceived:
    body = CloseBody.lenient(payload)
    return CloseReceived(int(body.code), body.reason)
