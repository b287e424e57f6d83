"""Whether some bytes begin with the head of an opening handshake, and what is wrong with it.

A server looks for a request, a client for an answer. A head is recognised by its first bytes, and judged by the
handshake's own checks (`onlooker`). Where an answer is read without its request, nobody can say whether its accept
value, its subprotocol and its extensions are the right ones. That there is one accept value, and that it has the form
of one, can be said and is. A response with another status than 101 breaks no rule: it is an answer of HTTP (§4.1), and
is judged as no more than that.

What this module leaves out: the fields of a head (`anatomy`) and what follows from its checks (`verdict`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from http import HTTPStatus

from wslab.protocol.codes import Role
from wslab.protocol.handshake.body import BodyReader, body_of_request, body_of_response
from wslab.protocol.handshake.checks import Check
from wslab.protocol.handshake.head import Head, HeadReader, is_interim, shown
from wslab.protocol.handshake.onlooker import asks_to_upgrade, response_checks
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse

__all__ = ["Opening", "find_opening", "likely_receiver"]

_BEGINS = {Role.CLIENT: re.compile(rb"[A-Z]{3,20} "), Role.SERVER: re.compile(rb"HTTP/")}
_HEAD_ENDS = re.compile(rb"\n\r?\n")
_NAMES = {Role.CLIENT: "request", Role.SERVER: "response"}


@dataclass(frozen=True, slots=True)
class Opening:
    """The head at the beginning of some bytes: `whole` says whether its end is there; `failed` holds failed checks.

    What comes before it on the connection belongs to it: interim responses (RFC 9110 §15.2), ordinary requests and
    their responses. `refusal` is the status of a response that is not 101, with its words; it is empty for all else.
    The body of such a response ends at byte `body_end`.
    """

    sender: Role
    head: bytes
    whole: bool
    failed: tuple[Check, ...]
    refusal: str = ""
    body_end: int = 0

    @property
    def name(self) -> str:
        """`request` or `response`."""
        return _NAMES[self.sender]


def likely_receiver(data: bytes) -> Role:
    """Who most likely receives these bytes: the server a request or a masked frame, the client all else (§5.1).

    Fewer than two bytes go to the server.
    """
    for sender, begins in _BEGINS.items():
        if begins.match(data):
            return sender.peer
    return Role.CLIENT if len(data) > 1 and data[1] < 0x80 else Role.SERVER


def find_opening(data: bytes, role: Role, request: HandshakeRequest | None = None) -> Opening | None:
    """The head that a receiver in `role` finds at the beginning of `data`; None where frames begin at once.

    A response is judged together with its `request`, where that is known.
    """
    sender = role.peer
    if not _BEGINS[sender].match(data):
        return None
    begin = _behind_others(data, sender)
    parsed = HeadReader(sender, max_head=len(data)).feed(data[begin:])
    if parsed is None:
        return Opening(sender, data, False, ())
    head = parsed[0].data
    failed = tuple(_moved(check, begin) for check in _checks(head, sender, request) if not check.passed)
    refusal, body_end = _refusal(head) if sender is Role.SERVER else "", 0
    if refusal:
        method = "" if request is None else request.method
        body_end = body_of_response(HandshakeResponse.parse(head)[0], method).take(data, begin + len(head))
    return Opening(sender, data[:begin] + head, True, failed, refusal, body_end)


def _refusal(head: bytes) -> str:
    # a 1xx that stands at the end is no final response (RFC 9110 §15.2), and a first line without a status none at all
    response = HandshakeResponse.parse(head)[0]
    return shown(response.head.first.partition(" ")[2]) if response.status >= HTTPStatus.OK else ""


def _behind_others(data: bytes, sender: Role) -> int:
    """Where the head begins that decides: behind all that come before it on the connection.

    These are interim responses (RFC 9110 §15.2), and requests and responses of ordinary HTTP (RFC 9112 §9.3).
    """
    at = 0
    while (end := _end_of_other(data, at, sender)) and _goes_on(data, at, end, sender):
        at = end
    return at


def _goes_on(data: bytes, at: int, end: int, sender: Role) -> bool:
    """Whether another head begins at `end`; behind an interim response one comes, even where it is not here yet."""
    is_awaited = is_interim(data[at : at + 13]) and b"HTTP/".startswith(data[end : end + 5])
    return is_awaited or _BEGINS[sender].match(data, end) is not None


def _end_of_other(data: bytes, at: int, sender: Role) -> int:
    """Where a head that decides nothing ends, with its body; 0 where it decides, or has no end."""
    found = _HEAD_ENDS.search(data, at)
    if found is None:
        return 0
    head, end = Head(data[at : found.end()]), found.end()
    if sender is Role.CLIENT:
        request = HandshakeRequest(head)
        return 0 if asks_to_upgrade(request) else _end_of(body_of_request(request), data, end)
    response = HandshakeResponse(head)
    if response.status == HTTPStatus.SWITCHING_PROTOCOLS:
        return 0
    # what answers CONNECT has no body, and says no length (RFC 9112 §6.3)
    return end if data.startswith(b"HTTP/", end) else _end_of(body_of_response(response, ""), data, end)


def _end_of(body: BodyReader, data: bytes, at: int) -> int:
    end = body.take(data, at)
    return end if body.is_over else 0


def _moved(check: Check, by: int) -> Check:
    return replace(check, offset=check.offset.moved(by))


def _checks(head: bytes, sender: Role, request: HandshakeRequest | None) -> list[Check]:
    if sender is Role.CLIENT:
        return HandshakeRequest.parse(head)[0].checks()
    return response_checks(HandshakeResponse.parse(head)[0], request)
