"""One case, played over a connection of its own: what was sent, and what came.

The request goes first. Once the server has agreed, the frames follow, and then it is read until what the case wants is
there, until it cannot come any more, or until the time is over. Behind bytes that the server should fail the connection
for goes a legal Ping: a server that answers it has gone on, and is given a moment more for a Close, since some read the
frames first and the text in them later. In the end we send a Close and read up to the server's, so that a message too
many is seen; a server that does not answer the Close loses only a moment. Where something is missing, we do not: the
server's Close would look as if it had come instead.

Left out: dialling (`target`), and what the bytes are worth (`judging`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from wslab.conformance.path.case import Case, Echo, Failure, Survival
from wslab.conformance.path.replies import Replies
from wslab.conformance.raw import RawConnection
from wslab.lab.network.uri import WebSocketURI
from wslab.protocol import (
    CloseCode,
    Deflate,
    Frame,
    HandshakeRequest,
    HandshakeResponse,
    Opcode,
    ProtocolError,
)
from wslab.protocol.codes import Role
from wslab.protocol.deflate import Deflater, agreed_on
from wslab.protocol.rules import Force

__all__ = ["KEY", "PROBE", "Seen", "play", "wire"]

KEY = bytes.fromhex("37fa213d")
"""The masking key of the examples in §5.7."""

PROBE = b"still there?"
"""The payload of the Ping behind bytes that the server should fail the connection for."""

_AFTER_PONG = 0.5  # seconds in which a server that answered the Ping may still fail the connection
_LAST_CLOSE = 0.25  # seconds that a server has for its Close at the end of a case that is about something else
_PIECE = 0.005  # seconds between two pieces of what is sent in pieces


@dataclass
class Seen:
    """What passed on one connection.

    `request` is the head that we sent, `answer` the server's: its bytes, what is wrong with them, or None where none
    came; `begun` is what came of it, whole or not. `sent` are the bytes behind it. `ended` is how the server ended TCP
    (`FIN`, `RST`), None where it did not; `ended_first`: before we closed. `waited` is for how many seconds it was
    given time. `declined`: the case needs compression, and none was agreed on.
    """

    request: bytes
    waited: float
    answer: bytes | ProtocolError | None = None
    begun: bytes = b""
    sent: bytes = b""
    replies: Replies = field(default_factory=Replies)
    ended: str | None = None
    ended_first: bool = False
    declined: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the server has agreed to the opening handshake, as a client checks it."""
        return self.fault is None and isinstance(self.answer, bytes)

    @property
    def fault(self) -> ProtocolError | None:
        """What is wrong with the server's answer to a request that it should grant; None where none came."""
        if not isinstance(self.answer, bytes):
            return self.answer
        return self._failed(strict=False)

    @property
    def strictness(self) -> ProtocolError | None:
        """What only a strictness of ours has against the answer: no RFC demands it."""
        return self._failed(strict=True) if self.is_open else None

    def _failed(self, *, strict: bool) -> ProtocolError | None:
        """The first check of a client that the answer does not pass, of those that are a strictness or not."""
        assert isinstance(self.answer, bytes)
        try:
            request = HandshakeRequest.parse(self.request)[0]
        except ProtocolError as error:  # our own request is no HTTP, on purpose: nothing opens
            return error
        checks = HandshakeResponse.parse(self.answer)[0].checks(request)
        failed = (each for each in checks if not each.passed and (each.rule.force is Force.STRICT) is strict)
        return next((each.error() for each in failed), None)

    @property
    def just_ended(self) -> bool:
        """Whether the server ended TCP without a word: neither an error of HTTP, nor a Close, nor after ours."""
        return self.replies.close is None and self.ended_first

    @property
    def agreed(self) -> Deflate | None:
        """The compression that both agreed on."""
        if not self.is_open or not isinstance(self.answer, bytes):
            return None
        return agreed_on(HandshakeRequest.parse(self.request)[0], HandshakeResponse.parse(self.answer)[0])


async def play(case: Case, uri: WebSocketURI, connection: RawConnection, limit: float) -> Seen:
    """Play a case over a fresh connection, with at most `limit` seconds for each answer."""
    request = case.head.format(host=uri.host_header, target=uri.path).encode("latin-1")
    seen = Seen(request, limit)
    await _send_head(connection, request, 0 if case.sent else case.cut, limit)
    if b"\r\n\r\n" in request:
        seen.answer = await connection.head(limit)
        seen.begun = connection.begun
        seen.ended_first = seen.answer is None and connection.ended is not None
    if seen.is_open and (case.sent or isinstance(case.want, Echo)):
        await _talk(case, connection, seen, limit)
    seen.ended = connection.ended
    return seen


async def _send_head(connection: RawConnection, request: bytes, cut: int, limit: float) -> None:
    with contextlib.suppress(TimeoutError):  # a server that reads no more has no answer to come
        async with asyncio.timeout(limit + len(request) * _PIECE):
            await _write(connection, request, cut)


async def _talk(case: Case, connection: RawConnection, seen: Seen, limit: float) -> None:
    seen.replies = Replies(seen.agreed)
    seen.declined = case.compressed and seen.agreed is None
    if seen.declined:
        return
    seen.sent = b"".join(wire(case, seen.agreed))
    writing = asyncio.ensure_future(_write(connection, seen.sent, case.cut))
    try:
        enough = _until(case, seen.replies)
        if isinstance(case.want, Survival):  # nothing has to come, but all has to go
            await asyncio.wait({writing}, timeout=limit)
        await _read(connection, seen.replies, limit, enough)
        if isinstance(case.want, Failure) and seen.replies.pongs:
            await _read(connection, seen.replies, min(limit, _AFTER_PONG), lambda: seen.replies.close is not None)
        seen.ended_first = connection.ended is not None
        if isinstance(case.want, Echo) and enough():
            await _end(connection, seen.replies, limit)
    finally:
        writing.cancel()


def wire(case: Case, agreed: Deflate | None) -> Iterator[bytes]:
    """The bytes of a case's frames, compressed as `agreed` says, and the Ping behind what should fail."""
    deflater = Deflater(agreed, Role.CLIENT) if case.compressed and agreed else None
    for each in case.sent:
        if isinstance(each, bytes):
            yield each
        else:
            yield (_deflated(each, deflater) if deflater and each.opcode <= Opcode.BINARY else each).serialize()
    if isinstance(case.want, Failure):
        yield Frame.ping(PROBE, mask=KEY).serialize()


def _deflated(frame: Frame, deflater: Deflater) -> Frame:
    """A data frame as permessage-deflate sends it: RSV1 on the first of a message (RFC 7692 §7.2.1)."""
    payload = deflater.deflate(frame.payload, last=frame.fin)
    return frame.replace(payload=payload, rsv1=frame.opcode != Opcode.CONTINUATION)


async def _write(connection: RawConnection, data: bytes, cut: int) -> None:
    """Send bytes, at once or in pieces of `cut` bytes; the peer may end TCP meanwhile."""
    with contextlib.suppress(OSError):
        for at in range(0, len(data), cut or len(data) or 1):
            connection.write(data[at : at + (cut or len(data))])
            await connection.writer.drain()
            if cut:
                await asyncio.sleep(_PIECE)


async def _read(connection: RawConnection, replies: Replies, limit: float, enough: Callable[[], bool]) -> None:
    """Read until it is `enough`, the server ends TCP or breaks a rule, or the time is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit):
            while not (connection.ended or replies.error or replies.is_full or enough()):
                replies.feed(await connection.more())


def _until(case: Case, replies: Replies) -> Callable[[], bool]:
    """When all has come that a case wants, or cannot come any more."""
    match case.want:
        case Echo(messages, pongs):
            last = pongs[-1:]
            return lambda: (
                replies.close is not None
                or (len(replies.messages) >= len(messages) and (not last or last[0] in replies.pongs))
            )
        case Failure():
            return lambda: replies.close is not None or bool(replies.pongs)
        case Survival():
            return lambda: True
    return lambda: False  # of a Closing, up to the end of TCP


async def _end(connection: RawConnection, replies: Replies, limit: float) -> None:
    """Close as a client does, and see what comes before the server's Close."""
    if replies.close is not None:
        return
    await _write(connection, Frame.close(CloseCode.NORMAL_CLOSURE, mask=KEY).serialize(), 0)
    await _read(connection, replies, min(limit, _LAST_CLOSE), lambda: replies.close is not None)
