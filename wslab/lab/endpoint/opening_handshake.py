"""The opening handshake of one endpoint: from the request to the answer (§4).

How it works: the client speaks first. `ClientHandshake` sends the request and judges the answer, `ServerHandshake`
waits for the request and answers it. Both are pure steps: bytes of the peer go in by `feed`, and nothing comes out
until the head is whole or cannot become right. Then there is one `Outcome`, and no second:

- `Opened`: "_The WebSocket Connection is Established_" (§4.1, §4.2.2), and the state is OPEN. What arrived behind the
  head belongs to the first frame.
- `Refused`: there is no WebSocket connection. A server says why with an HTTP status, a client with an exception.

`OpeningHandshake` runs these steps for an endpoint: it knows whether there is an outcome, and lets the task go on that
waits for it. It is dropped when the connection is open; only the two heads are kept, in `EndpointState`.

Rules: whether a head is right is decided by `HandshakeRequest.check` and `HandshakeResponse.check`, never here. A
refused request is answered with the HTTP status of the rule that it breaks, and with the error's own sentence as body.

What it leaves out: sending, and the time limit (`protocol`), TLS below it (`network.tls`).
"""

from __future__ import annotations

import asyncio
import base64
import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

from wslab.lab.endpoint.state import EndpointState
from wslab.lab.errors import HandshakeRefused
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
from wslab.protocol.handshake.base import Headers, check_pairs, quoted_text
from wslab.protocol.handshake.head import is_interim
from wslab.protocol.numbers import is_size, read_size, size_in_words

Decided = Callable[[bool], object]
"""Called once, when it is known whether the connection is open."""


class OpeningHandshake:
    """The opening handshake of one endpoint, until there is an outcome that its task has seen."""

    __slots__ = ("_decided", "_opened", "_state", "_steps")

    def __init__(
        self, state: EndpointState, steps: ClientHandshake | ServerHandshake, decided: Decided | None = None
    ) -> None:
        self._state = state
        self._steps: ClientHandshake | ServerHandshake | None = steps  # None once there is an outcome
        self._decided = decided
        self._opened: asyncio.Future[None] = state.context.clock.loop.create_future()

    @property
    def origins(self) -> Collection[str] | None:
        """The origins that a server allows; None where it allows all, and for a client."""
        return self._steps.origins if isinstance(self._steps, ServerHandshake) else None

    def begin(self) -> bytes:
        """What to send first."""
        # §4.1: once TCP (and TLS) stands, "the client MUST send an opening handshake to the server"
        return b"" if self._steps is None else self._steps.begin()

    def feed(self, data: bytes) -> Outcome | None:
        """Bytes of the peer's head; the outcome, once there is one."""
        return None if self._steps is None else self._decide(self._steps.feed(data))

    def end(self) -> Outcome | None:
        """No more bytes will come."""
        return None if self._steps is None else self._decide(self._steps.end())

    def _decide(self, outcome: Outcome | None) -> Outcome | None:
        if outcome is not None:
            self._stop()
        return outcome

    def _stop(self) -> None:
        # from now on `feed` and `end` do nothing: there is one outcome, and no second
        self._steps = None
        self._state.is_connecting = False

    def open(self) -> None:
        """The connection is open: the task that waits goes on."""
        if not self._opened.done():
            self._opened.set_result(None)
            self._report(is_open=True)

    def fail(self, error: Exception) -> None:
        """There is no connection: the task that waits gets `error`."""
        self._stop()
        if not self._opened.done():
            self._opened.set_exception(error)
            self._opened.exception()  # marked as seen: where no task waits, the tape has it
            self._report(is_open=False)

    def _report(self, *, is_open: bool) -> None:
        # taken out before it is called: it may close the endpoint, and come back here
        decided, self._decided = self._decided, None
        if decided is not None:
            decided(is_open)

    async def wait(self) -> None:
        """Until the handshake is done; `HandshakeRefused` or `TimeoutError` where it fails.

        One task may wait for that, the one that made the endpoint. Others have the endpoint only when it is done.
        """
        await self._opened


OnRequest = Callable[[HandshakeRequest], "tuple[int, str] | tuple[int, str, Headers] | None"]
"""Judges a request that is right: None lets it pass; a status and a text, with or without headers, answer it.

`(401, "Who are you?", [("WWW-Authenticate", 'Basic realm="lab"')])` asks for credentials (RFC 9110 §11.6.1),
`(302, "", [("Location", "/new")])` points elsewhere, and `(101, "", [("Set-Cookie", "id=1")])` lets the request pass
with a header more. The handshake's own headers cannot be among them.
"""

AnswerClose = Callable[[int, str], "tuple[int | None, str] | None"]
"""Chooses the Close that answers the peer's: gets its code (1005 where it has none, §7.1.5) and its reason.

Returns the code (None for an empty Close) and the reason of ours, or None for the usual answer, the peer's own code.
"""

_MAX_BODY = 64 * 1024
"""Bytes of a refusal's body that a client reads at most."""


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
    """What a server accepts in the opening handshake. None as `origins` allows every origin, as `deflate` nothing."""

    subprotocols: Sequence[str] = ()
    origins: Sequence[str] | None = None
    headers: Headers = ()
    on_request: OnRequest | None = None
    max_head: int = DEFAULT_MAX_HEAD
    deflate: Deflate | None = None
    answer_close: AnswerClose | None = None

    def check(self) -> None:
        """`LocalProtocolError` where an answer with these headers could not stand; better now than at a client.

        `TypeError` for what is of another kind: one string would let in every origin that is a part of it.
        """
        if self.origins is not None and (isinstance(self.origins, str) or not isinstance(self.origins, Collection)):
            raise TypeError(f"origins is a list of origins, or None for all; this is {self.origins!r}.")
        if self.on_request is not None and not callable(self.on_request):
            raise TypeError(f"on_request is a function of one request; this is {type(self.on_request).__name__}.")
        check_answer_close(self.answer_close)
        read_size("max_head", self.max_head, least=1)
        check_deflate(self.deflate)
        # any key will do: the answer is thrown away, and only an error in it matters
        key = base64.b64encode(bytes(16)).decode()
        request = HandshakeRequest.build("localhost", key=key, subprotocols=self.subprotocols)
        for subprotocol in (None, *self.subprotocols):
            HandshakeResponse.accept(request, subprotocol=subprotocol, headers=self.headers)


def check_deflate(wanted: object) -> None:
    """`TypeError` for what is no compression to agree on."""
    if wanted is not None and not isinstance(wanted, Deflate):
        raise TypeError(f"deflate is wslab.protocol.Deflate(), or None for no compression; this is {wanted!r}.")


def check_answer_close(given: object) -> None:
    """`TypeError` for what cannot choose an answer to a Close."""
    if given is not None and not callable(given):
        raise TypeError(f"answer_close is a function of code and reason, or None; this is {type(given).__name__}.")


class _Judgement(NamedTuple):
    """What `on_request` returned."""

    status: int
    body: str
    headers: Headers = ()

    def check(self) -> None:
        """`TypeError` or `ValueError` for what cannot be an answer."""
        if not is_size(self.status) or not (self.status == 101 or 200 <= self.status <= 599):
            raise ValueError(f"The status is 101, or 200 to 599 to refuse (RFC 9110 §15); this is {self.status!r}.")
        if not isinstance(self.body, str):
            raise TypeError(f"The text of a refusal is a str; this is {type(self.body).__name__}.")
        check_pairs(self.headers)
        names = [name.lower() for name, _ in self.headers]
        ours = next((name for name in names if name in _OURS or name.startswith("sec-websocket-")), None)
        if ours is not None:
            raise ValueError(f"The handshake writes the header {ours!r} itself: leave it out.")
        if self.status in _REDIRECTS and "location" not in names:
            raise ValueError(f"A {self.status} says where to go in a Location header (RFC 9110 §15.4): add one.")


_OURS = frozenset({"upgrade", "connection", "content-length", "transfer-encoding"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def _read_judgement(given: object) -> _Judgement | None:
    if given is None:
        return None
    if inspect.iscoroutine(given):
        given.close()
        raise TypeError("on_request is an ordinary function: it cannot be `async def`.")
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        raise TypeError("on_request returns None, (status, text) or (status, text, headers).")
    judgement = _Judgement(*given)
    judgement.check()
    return judgement


class ServerHandshake:
    """Waits for a request and answers it (§4.2). `raised` gets what `on_request` raised."""

    def __init__(self, options: ServerOptions, raised: Callable[[Exception], object]) -> None:
        self._options = options
        self._raised = raised
        self.origins = options.origins
        self.answer_close = options.answer_close
        self._reader = HeadReader(Role.CLIENT, max_head=options.max_head)

    def begin(self) -> bytes:
        """A server sends nothing first."""
        return b""

    def feed(self, data: bytes) -> Outcome | None:
        """The outcome, once the head is whole or cannot become right."""
        try:
            read = self._reader.feed(data)
            if read is None:
                return None
            head, behind = read
            request = HandshakeRequest(head)
            # §10.2: to an origin that it does not accept a server answers 403 Forbidden; that is one of the checks
            request.check(origins=self._options.origins)
        # §4.2.1: the server "MUST stop processing the client's handshake and return an HTTP response with an
        # appropriate error code (such as 400 Bad Request)"
        except ProtocolError as error:
            return _refuse(error.rule.http_status or HTTPStatus.BAD_REQUEST, str(error), error)
        # §4.2.2: a server may want more, such as authentication (401), or send the client elsewhere (3xx)
        hook = self._options.on_request
        return self._accept(request, behind, ()) if hook is None else self._ask(hook, request, behind)

    def _ask(self, hook: OnRequest, request: HandshakeRequest, behind: bytes) -> Outcome:
        """As the user's hook says; where it raises, or says what cannot be sent, the client gets 500."""
        try:
            judged = _read_judgement(hook(request))
            if judged is None or judged.status == HTTPStatus.SWITCHING_PROTOCOLS:
                return self._accept(request, behind, () if judged is None else judged.headers)
            return _refuse(judged.status, judged.body, headers=judged.headers)
        except Exception as error:
            self._raised(error)
            sentence = "The server's on_request raised an error; it has the details."
            return _refuse(HTTPStatus.INTERNAL_SERVER_ERROR, sentence)

    def end(self) -> Outcome | None:
        """The client left before its request was whole."""
        return Refused(HandshakeRefused(0, "TCP ended before the client's request was whole (§4.1)."))

    def _accept(self, request: HandshakeRequest, behind: bytes, headers: Headers) -> Opened:
        # §4.1: the client lists its subprotocols "ordered by preference": the first that we know is chosen
        known = self._options.subprotocols
        chosen = next((each for each in request.subprotocols if each in known), None)
        # RFC 7692 §5: the server chooses among the client's offers, in the client's order, or takes none
        wanted = self._options.deflate
        agreed, answers = None, []
        if wanted is not None and (choice := deflate.choose(request.extensions, wanted)) is not None:
            agreed, answers = choice[0], [choice[1]]
        response = HandshakeResponse.accept(
            request, subprotocol=chosen, extensions=answers, headers=[*self._options.headers, *headers]
        )
        return Opened(request, response, behind, response.serialize(), agreed)


def _refuse(status: int, sentence: str, error: ProtocolError | None = None, *, headers: Headers = ()) -> Refused:
    response = HandshakeResponse.refuse(status, headers=headers, body=sentence)
    why = HandshakeRefused(status, sentence, response=response, error=error)
    return Refused(why, response.serialize() + sentence.encode())


class ClientHandshake:
    """Sends a request and judges the answer (§4.1)."""

    def __init__(self, request: HandshakeRequest, answer_close: AnswerClose | None = None) -> None:
        self.answer_close = answer_close
        self._request = request
        self._reader = HeadReader(Role.SERVER)
        self._refusal: HandshakeResponse | None = None
        self._body = bytearray()

    def begin(self) -> bytes:
        """The request."""
        # §4.1: "the client MUST wait for a response from the server before sending any further data"
        return self._request.serialize()

    def feed(self, data: bytes) -> Outcome | None:
        """The outcome, once the head is whole, and for a refusal also the body that says why."""
        if self._refusal is not None:
            return self._read_body(self._refusal, data)
        try:
            read = self._reader.feed(data)
            # RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final
            # response, even if the client does not expect one. A user agent MAY ignore unexpected 1xx responses."
            while read is not None and is_interim(read[0].data):
                self._reader = HeadReader(Role.SERVER)
                read = self._reader.feed(read[1])
        except ProtocolError as error:
            return _no_answer(error, 0)
        # what came behind the head is a body or the first frames: `_judge` decides which
        return None if read is None else self._judge(HandshakeResponse(read[0]), read[1])

    def _judge(self, response: HandshakeResponse, behind: bytes) -> Outcome | None:
        # §4.1: "If the status code received from the server is not 101, the client handles the response per HTTP
        # [RFC2616] procedures": here it reads the body, which may say why
        if response.status not in (0, HTTPStatus.SWITCHING_PROTOCOLS):
            self._refusal = response
            return self._read_body(response, behind)
        # §4.1: where a header is missing or wrong, "the client MUST _Fail the WebSocket Connection_"
        try:
            response.check(self._request)
        except ProtocolError as error:
            return _no_answer(error, response.status)
        return Opened(self._request, response, behind, deflate=deflate.agreed_on(self._request, response))

    def end(self) -> Outcome | None:
        """TCP ended: what arrived of a refusal's body is all. Who ended it, the client cannot know."""
        if self._refusal is not None:
            return self._refused(self._refusal)
        came = self._reader.received
        half = f": {size_in_words(came)} of a head came, without the empty line that ends it" if came else ""
        sentence = f"TCP ended before the server answered the opening handshake{half} (§4.1)."
        return Refused(HandshakeRefused(0, sentence))

    def _read_body(self, response: HandshakeResponse, data: bytes) -> Outcome | None:
        # a refusal may be a whole web page; as much of it is read as can help to say why
        self._body += data
        wanted = min(_content_length(response), _MAX_BODY)
        return self._refused(response) if len(self._body) >= wanted else None

    def _refused(self, response: HandshakeResponse) -> Refused:
        # a page of HTML becomes one line: the sentence is meant for a terminal and for an exception
        body = " ".join(self._body.decode("utf-8", "replace").split())[:500]
        status, wish = response.head.first.partition(" ")[2], _wish(response)
        said = f"The server {_did(response.status)} the handshake with {status}" + (f": {body}" if body else ".")
        stop = "" if not wish or said.endswith((".", "!", "?")) else "."
        return Refused(HandshakeRefused(response.status, f"{said}{stop} {wish}".rstrip(), response=response))


def _did(status: int) -> str:
    # §4.1 names the two apart: a 3xx sends the client elsewhere
    return "redirected" if 300 <= status < 400 else "refused"


def _wish(response: HandshakeResponse) -> str:
    """What a refusal asks for, in a sentence; empty where it asks for nothing."""
    name, words = _WISHES.get(response.status, ("", ""))
    if response.status in _REDIRECTS:
        name, words = "Location", "It points to {}. The lab follows no redirect (§4.1): connect there yourself."
    value = response.header(name)
    return "" if value is None else words.format(quoted_text(value))


_WISHES = {
    401: ("WWW-Authenticate", "It wants {}: send credentials in the header Authorization (RFC 9110 §11.6.2)."),
    407: ("Proxy-Authenticate", "A proxy wants {}: send credentials in Proxy-Authorization (RFC 9110 §11.7.2)."),
    426: ("Sec-WebSocket-Version", "It speaks version {} of the protocol (§4.4)."),
    429: ("Retry-After", "It wants you to wait: Retry-After is {} (RFC 9110 §10.2.3)."),
    503: ("Retry-After", "It wants you to wait: Retry-After is {} (RFC 9110 §10.2.3)."),
}


def _content_length(response: HandshakeResponse) -> int:
    """The size of a body in bytes; without a usable Content-Length, more than is ever read."""
    if response.has_no_content:
        return 0
    # nine digits at most: a number of any length would take long to read, and is past the limit anyway
    length = response.header("Content-Length") or ""
    return int(length) if length.isascii() and length.isdigit() and len(length) <= 9 else _MAX_BODY


def _no_answer(error: ProtocolError, status: int) -> Refused:
    return Refused(HandshakeRefused(status, f"This is no answer to the opening handshake: {error}", error=error))


def new_key(keys: Callable[[int], bytes]) -> str:
    """A fresh Sec-WebSocket-Key: 16 bytes in Base64 (§4.1)."""
    # §4.1: "The nonce MUST be selected randomly for each connection"
    return base64.b64encode(keys(16)).decode()
