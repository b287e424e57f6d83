"""The part of a stream that is HTTP: heads and bodies one behind the other, up to the first frame.

A connection may have several requests before the one that opens a WebSocket, or only such: a 401 and the same request
again with a login, a CONNECT to a proxy, a page and then an upgrade (RFC 9112 §9.3). Behind a refusal comes its body,
of the length that its head says, and then the next response.

The two directions depend on each other, and `asked` and `answered` tell one of them what the other said. A server's
stream is frames behind its 101. A client's stream is frames behind its opening request, unless a refusal had come by
then; behind an ordinary request comes its body and the next request.

Nothing is kept but the head that is not whole. What it leaves out: whether a head is right (`history`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

from wslab.protocol import HandshakeRequest, HandshakeResponse, HeadReader, Role
from wslab.protocol.handshake.body import BodyReader, body_of_request, body_of_response
from wslab.protocol.handshake.head import Head, is_interim, is_refusal
from wslab.protocol.handshake.onlooker import asks_to_upgrade
from wslab.tape.streams.piece import Dissected
from wslab.tape.streams.preamble import PreambleReader

SWITCHED = 101
MOST_UNANSWERED = 1000
"""Requests without a response of which the methods are remembered."""


class HttpStream:
    """What one side sends before its frames. `is_over` says that frames come from here on."""

    def __init__(self, sender: Role) -> None:
        self.is_over = False
        self.head = bytearray()  # what came of a head that is not whole
        self._sender = sender
        self._reader = HeadReader(sender)
        self._preamble: PreambleReader | None = PreambleReader(sender)
        self._body: BodyReader | None = None
        self._methods: deque[str] = deque(maxlen=MOST_UNANSWERED)  # of requests that are not answered
        self._asked = False  # a request was sent
        self._awaits = False  # an opening request was sent, and what follows depends on the answer
        self._status = 0  # of the last final response to this client

    @property
    def pending(self) -> bytes:
        """What came of a head, or of a message before the first one, that is not whole."""
        return bytes(self.head) + (b"" if self._preamble is None else self._preamble.pending)

    def restart(self) -> None:
        """The stream has ended. Should more come after all, it begins afresh."""
        self.head.clear()
        self._reader, self._preamble = HeadReader(self._sender), None

    def begin_afresh(self) -> None:
        """A head comes next, whatever came before."""
        self.restart()
        self._body, self.is_over, self._asked, self._awaits = None, False, False, False

    def asked(self, method: str) -> None:
        """The client made a request: it says whether the response has a body."""
        self._methods.append(method)

    def answered(self, status: int) -> None:
        """The server gave this final response."""
        self._status = status

    def feed(self, data: bytes) -> Generator[Dissected, None, bytes]:
        """What `data` makes whole; returns the bytes behind HTTP. `ProtocolError` for what is no HTTP: see `head`."""
        while data and not self.is_over:
            data = yield from self._feed(data)
        return data

    def _feed(self, data: bytes) -> Generator[Dissected, None, bytes]:
        if self._body is not None:
            end = self._body.take(data)
            yield Dissected("http", data[:end], more=True)
            self._body = None if self._body.is_over else self._body
            return data[end:]
        if self._preamble is not None:
            return (yield from self._feed_preamble(self._preamble, data))
        if self._may_begin_frames(data):
            return data
        return (yield from self._feed_head(data))

    def _may_begin_frames(self, data: bytes) -> bool:
        """Whether frames come now: behind a request, unless the next one comes. No frame begins with a letter."""
        if self._sender is Role.CLIENT and self._asked and not self.head:
            may_ask_again = not self._awaits or self._status not in (0, SWITCHED)
            self.is_over = self._status == SWITCHED or not (may_ask_again and data[:1].isupper())
        return self.is_over

    def _feed_preamble(self, reader: PreambleReader, data: bytes) -> Generator[Dissected, None, bytes]:
        for message, fact in reader.feed(data):
            yield Dissected("tcp", message, fact=fact)
        if reader.waits:
            return b""
        self._preamble = None
        return reader.pending

    def _feed_head(self, data: bytes) -> Generator[Dissected, None, bytes]:
        self.head += data
        read = self._reader.feed(data)
        if read is None:
            return b""
        head, behind = read
        self.head.clear()
        self._reader = HeadReader(self._sender)
        body = self._behind(head)
        end = 0 if body is None else body.take(behind)
        self._body = None if body is None or body.is_over else body
        yield Dissected("http", head.data + behind[:end])
        return behind[end:]

    def _behind(self, head: Head) -> BodyReader | None:
        """What comes behind a head: its body; None where that is a head or a frame."""
        if self._sender is Role.CLIENT:
            return self._behind_request(HandshakeRequest(head))
        # RFC 9110 §15.2: behind an interim answer, such as 103, comes another one
        if is_interim(head.data):
            return None
        response = HandshakeResponse(head)
        method = self._methods.popleft() if self._methods else ""
        # "Any status code other than 101 indicates that the WebSocket handshake has not completed" (§1.3): what follows
        # a refusal is the body that says why, and no frame
        self.is_over = not is_refusal(head.data)
        return None if self.is_over else body_of_response(response, method)

    def _behind_request(self, request: HandshakeRequest) -> BodyReader | None:
        self._asked, self._awaits, self._status = True, asks_to_upgrade(request), 0
        return None if self._awaits else body_of_request(request)
