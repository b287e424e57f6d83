"""The opening handshake as one who only looks on judges it: by the very checks of the two endpoints.

A tape, a tap, a capture and a HAR see both heads and are neither side. What a server holds against a request, and what
a client holds against the response to it, is asked of the same tables (`request`, `response`), so that a recording gets
the verdict that an endpoint would give.

Two things are different for one who looks on:

- Not every request on a connection is an opening handshake. One without any sign of WebSocket is ordinary HTTP, and is
  judged as no more than that. So is a response with another status than 101 (§4.1).
- The other head may be missing, and a source may leave headers out, as a HAR does. Then what needs the missing part is
  not asked.

What this module leaves out: the origins that a server allows, unless they are given; and what follows from a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus

from wslab.protocol.errors import ProtocolError
from wslab.protocol.handshake.base import HTTP_TESTS, has_token, only
from wslab.protocol.handshake.checks import Check, every_check, raise_first_failed
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse

_NEED_REQUEST = ("response-accept", "response-subprotocol", "response-extensions")
_ACCEPT = "Sec-WebSocket-Accept"
_HASH = re.compile("[0-9A-Za-z+/]{27}=")  # the 20 bytes of SHA-1 in Base64 (§4.2.2)
_SIGNS = ("Sec-WebSocket-Key", "Sec-WebSocket-Version")


def asks_to_upgrade(request: HandshakeRequest) -> bool:
    """Whether a request has a sign of an opening handshake, be it a wrong one; without any it is ordinary HTTP."""
    return has_token(request, "Upgrade", "websocket") or any(request.head.named(name) for name in _SIGNS)


def request_error(request: HandshakeRequest, *, origins: Sequence[str] | None = None) -> ProtocolError | None:
    """What a server holds against a request first; None where it is right, or ordinary HTTP.

    `origins` are those that the server allows (§10.2), None where nobody knows.
    """
    try:
        if asks_to_upgrade(request):
            request.check(origins=origins)
        else:
            raise_first_failed(HTTP_TESTS, request, None)
    except ProtocolError as error:
        return error
    return None


def response_error(response: HandshakeResponse, request: HandshakeRequest | None) -> ProtocolError | None:
    """What a client holds against the final response to its `request` first; None where it is right, or a refusal."""
    if request is None or response.status != HTTPStatus.SWITCHING_PROTOCOLS or not only(request, _SIGNS[0]):
        return _first(response_checks(response, request))
    try:
        response.check(request)
    except ProtocolError as error:
        return error
    return None


def lenient_error(
    half: HandshakeRequest | HandshakeResponse, request: HandshakeRequest | None = None
) -> ProtocolError | None:
    """As `request_error` and `response_error`, of a source that may have left headers out: none is missed."""
    if isinstance(half, HandshakeResponse):
        checks = response_checks(half, request)
    else:
        checks = half.checks() if asks_to_upgrade(half) else []
    return _first(check for check in checks if check.offset != half.head.end)


def response_checks(response: HandshakeResponse, request: HandshakeRequest | None = None) -> list[Check]:
    """Every check of a final response that can be made, with its request or without."""
    if response.status >= HTTPStatus.OK:
        # §4.1: with a status that is not 101 "the client handles the response per HTTP [RFC2616] procedures"; what must
        # hold of the other headers is asked only otherwise
        return every_check(HTTP_TESTS, response, None)
    checks = response.checks(request or HandshakeRequest.build("unknown", key=""))
    if request is not None and only(request, _SIGNS[0]):
        return checks
    return [each for check in checks for each in _without_key(check, response, request)]


def _without_key(check: Check, response: HandshakeResponse, request: HandshakeRequest | None) -> Iterator[Check]:
    """A check of a response, as far as it can be made without the request's key, or without the request."""
    if check.rule.id == "response-accept":
        # §4.1: a client fails the connection where the answer "lacks a |Sec-WebSocket-Accept| header field", whatever
        # it asked; what has the form of no hash is the answer to no key
        if not _HASH.fullmatch(only(response, _ACCEPT) or ""):
            yield replace(check, passed=False, expected="one hash of 20 bytes in Base64")
    elif request is not None or check.rule.id not in _NEED_REQUEST:
        yield check


def _first(checks: Sequence[Check] | Iterator[Check]) -> ProtocolError | None:
    return next((check.error() for check in checks if not check.passed), None)
