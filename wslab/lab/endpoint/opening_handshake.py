"""The opening handshake of one endpoint as pure steps: bytes in, an outcome out.

Rules of this module: whether a head is right is asked of `HandshakeRequest.checks` and
`HandshakeResponse.checks`; nothing is judged here. A refused request is answered with the HTTP status
of the rule that it breaks and the error's own sentence as the page. Bytes behind the head belong to the first frame.

What it leaves out: sending, and time limits (`endpoint`).
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from wslab.lab.errors import HandshakeRefused
from wslab.lab.limits import check_bytes
from wslab.protocol import (
    DEFAULT_MAX_HEAD,
    HandshakeRequest,
    HandshakeResponse,
    HeadReader,
    ProtocolError,
    Role,
    deflate,
)
from wslab.protocol.deflate import Deflate
from wslab.protocol.handshake.base import Headers

Tell = Callable[[bool], object]
"""Called once, when it is known whether the connection is open."""


class OpeningHandshake:
    """Before the connection is open; afterwards, the two heads."""

    __slots__ = ("_heads", "_opened", "_opening", "_tell")

    def __init__(
        self, opening: ClientHandshake | ServerHandshake, loop: asyncio.AbstractEventLoop, tell: Tell | None = None
    ) -> None:
        self._opening: ClientHandshake | ServerHandshake | None = opening
        self._tell = tell
        self._opened: asyncio.Future[None] = loop.create_future()
        self._heads: tuple[bytes, bytes] | None = None

    @property
    def goes_on(self) -> bool:
        """Whether there is no outcome yet."""
        return self._opening is not None

    def begin(self) -> bytes:
        """What to say first."""
        return b"" if self._opening is None else self._opening.begin()

    def feed(self, data: bytes) -> Outcome | None:
        """Bytes of the peer's head; the outcome, once there is one."""
        return self._decided(self._opening.feed(data)) if self._opening else None

    def end(self) -> Outcome | None:
        """No more bytes will come."""
        return self._decided(self._opening.end()) if self._opening else None

    def _decided(self, outcome: Outcome | None) -> Outcome | None:
        if outcome is not None:
            self._opening = None
        if isinstance(outcome, Opened):
            self._heads = (outcome.request.serialize(), outcome.response.serialize())
        return outcome

    @property
    def heads(self) -> tuple[bytes, bytes]:
        """Request and answer; `RuntimeError` before the handshake is done."""
        if self._heads is None:
            raise RuntimeError("The opening handshake of this connection is not done.")
        return self._heads

    def open(self) -> None:
        """Whoever waits goes on."""
        if not self._opened.done():
            self._opened.set_result(None)
            self._say(is_open=True)

    def fail(self, error: Exception) -> None:
        """Whoever waits gets `error`; the handshake is over."""
        self._opening = None
        if not self._opened.done():
            self._opened.set_exception(error)
            self._opened.exception()  # where nobody waits for it, it is not lost: the tape tells it
            self._say(is_open=False)

    def _say(self, *, is_open: bool) -> None:
        tell, self._tell = self._tell, None
        if tell is not None:
            tell(is_open)

    async def wait(self) -> None:
        """Until the handshake is done; `HandshakeRefused` or `TimeoutError` where it fails.

        One task waits for that: whoever made the endpoint. Others have it only when it is done.
        """
        await self._opened


OnRequest = Callable[[HandshakeRequest], "tuple[int, str] | None"]
"""Judges a request that is right: None lets it pass, a status and a sentence refuse it."""

_MAX_PAGE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """The handshake is done: what was said, and the bytes behind it. `answer` is what a server sends.

    `deflate` is the compression that was agreed on (RFC 7692).
    """

    request: HandshakeRequest
    response: HandshakeResponse
    behind: bytes
    answer: bytes = b""
    deflate: Deflate | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The handshake failed. `answer` is what a server sends."""

    why: HandshakeRefused
    answer: bytes = b""


Outcome = Opened | Refused


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What a server accepts in the opening handshake. None as `origins` allows every page, as `deflate` nothing."""

    subprotocols: Sequence[str] = ()
    origins: Sequence[str] | None = None
    headers: Headers = ()
    on_request: OnRequest | None = None
    max_head: int = DEFAULT_MAX_HEAD
    deflate: Deflate | None = None

    def check(self) -> None:
        """`LocalProtocolError` where an answer with these headers could not stand; better now than at a client.

        `TypeError` for what is of another kind: one string would let in every origin that is a part of it.
        """
        if self.origins is not None and (isinstance(self.origins, str) or not isinstance(self.origins, Collection)):
            raise TypeError(f"origins is a list of origins, or None for all; this is {self.origins!r}.")
        if self.on_request is not None and not callable(self.on_request):
            raise TypeError(f"on_request is a function of one request; this is {type(self.on_request).__name__}.")
        check_bytes("max_head", self.max_head)
        check_deflate(self.deflate)
        key = base64.b64encode(bytes(16)).decode()
        request = HandshakeRequest.build("localhost", key=key, subprotocols=self.subprotocols)
        for subprotocol in (None, *self.subprotocols):
            HandshakeResponse.accept(request, subprotocol=subprotocol, headers=self.headers)


def check_deflate(wanted: object) -> None:
    """`TypeError` for what is no compression to agree on."""
    if wanted is not None and not isinstance(wanted, Deflate):
        raise TypeError(f"deflate is wslab.protocol.Deflate(), or None for no compression; this is {wanted!r}.")


class ServerHandshake:
    """Waits for a request and answers it."""

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._reader = HeadReader(Role.CLIENT, max_head=options.max_head)

    def begin(self) -> bytes:
        """A server says nothing first."""
        return b""

    def feed(self, data: bytes) -> Outcome | None:
        """The outcome, once the head is whole or cannot become right."""
        try:
            read = self._reader.feed(data)
            if read is None:
                return None
            head, behind = read
            request = HandshakeRequest(head)
            request.check(origins=self._options.origins)
        except ProtocolError as error:
            return _refuse(error.rule.http_status or HTTPStatus.BAD_REQUEST, str(error), error)
        judged = self._options.on_request(request) if self._options.on_request else None
        return self._accept(request, behind) if judged is None else _refuse(*judged)

    def end(self) -> Outcome | None:
        """The client left before its request was whole."""
        return Refused(HandshakeRefused(0, "The client closed TCP before its request was whole (§4.1)."))

    def _accept(self, request: HandshakeRequest, behind: bytes) -> Opened:
        known = self._options.subprotocols
        chosen = next((each for each in request.subprotocols if each in known), None)
        wanted = self._options.deflate
        agreed, answers = None, []
        if wanted is not None and (choice := deflate.choose(request.extensions, wanted)) is not None:
            agreed, answers = choice[0], [choice[1]]
        response = HandshakeResponse.accept(
            request, subprotocol=chosen, extensions=answers, headers=self._options.headers
        )
        return Opened(request, response, behind, response.serialize(), agreed)


def _refuse(status: int, sentence: str, error: ProtocolError | None = None) -> Refused:
    response = HandshakeResponse.refuse(status, body=sentence)
    why = HandshakeRefused(status, sentence, response=response, rule=error.rule if error else None)
    return Refused(why, response.serialize() + sentence.encode())


class ClientHandshake:
    """Sends a request and judges the answer."""

    def __init__(self, request: HandshakeRequest) -> None:
        self._request = request
        self._reader = HeadReader(Role.SERVER)
        self._refusal: HandshakeResponse | None = None
        self._page = bytearray()

    def begin(self) -> bytes:
        """The request."""
        return self._request.serialize()

    def feed(self, data: bytes) -> Outcome | None:
        """The outcome, once the head is whole, and for a refusal also the page that says why."""
        if self._refusal is not None:
            return self._read_page(self._refusal, data)
        try:
            read = self._reader.feed(data)
        except ProtocolError as error:
            return _no_answer(error, 0)
        return None if read is None else self._judge(HandshakeResponse(read[0]), read[1])

    def _judge(self, response: HandshakeResponse, behind: bytes) -> Outcome | None:
        if response.status not in (0, HTTPStatus.SWITCHING_PROTOCOLS):
            self._refusal = response
            return self._read_page(response, behind)
        try:
            response.check(self._request)
        except ProtocolError as error:
            return _no_answer(error, response.status)
        return Opened(self._request, response, behind, deflate=deflate.agreed_on(self._request, response))

    def end(self) -> Outcome | None:
        """The server closed TCP: what came of its page is all."""
        if self._refusal is not None:
            return self._refused(self._refusal)
        return Refused(HandshakeRefused(0, "The server closed TCP before it answered the opening handshake (§4.1)."))

    def _read_page(self, response: HandshakeResponse, data: bytes) -> Outcome | None:
        self._page += data
        length = response.header("Content-Length") or ""
        wanted = min(int(length), _MAX_PAGE) if re.fullmatch("[0-9]{1,9}", length) else _MAX_PAGE
        return self._refused(response) if len(self._page) >= wanted else None

    def _refused(self, response: HandshakeResponse) -> Refused:
        page = " ".join(self._page.decode("utf-8", "replace").split())
        said = f": {page[:500]}" if page else "."
        sentence = f"The server refused the handshake with {response.head.first.partition(' ')[2]}{said}"
        return Refused(HandshakeRefused(response.status, sentence, response=response))


def _no_answer(error: ProtocolError, status: int) -> Refused:
    return Refused(HandshakeRefused(status, f"This is no answer to the opening handshake: {error}", rule=error.rule))


def new_key(keys: Callable[[int], bytes]) -> str:
    """A fresh Sec-WebSocket-Key: 16 bytes in Base64 (§4.1)."""
    return base64.b64encode(keys(16)).decode()
