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
from wslab.protocol.handshake.checks import Check
from wslab.protocol.handshake.head import HeadReader, is_interim, shown
from wslab.protocol.handshake.onlooker import response_checks
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse

__all__ = ["Opening", "find_opening", "likely_receiver"]

_BEGINS = {Role.CLIENT: re.compile(rb"[A-Z]{3,20} "), Role.SERVER: re.compile(rb"HTTP/")}
_HEAD_ENDS = re.compile(rb"\n\r?\n")
_NAMES = {Role.CLIENT: "request", Role.SERVER: "response"}


@dataclass(frozen=True, slots=True)
class Opening:
    """The head at the beginning of some bytes: `whole` says whether its end is there; `failed` holds failed checks.

    Interim responses in front of the final one (RFC 9110 §15.2) belong to it. `refusal` is the status of a response
    that is not 101, with its words; it is empty for all else.
    """

    sender: Role
    head: bytes
    whole: bool
    failed: tuple[Check, ...]
    refusal: str = ""

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
    begin = _behind_interim(data)
    parsed = HeadReader(sender, max_head=len(data)).feed(data[begin:])
    if parsed is None:
        return Opening(sender, data, False, ())
    head = parsed[0].data
    failed = tuple(_moved(check, begin) for check in _checks(head, sender, request) if not check.passed)
    return Opening(sender, data[:begin] + head, True, failed, _refusal(head) if sender is Role.SERVER else "")


def _refusal(head: bytes) -> str:
    # a 1xx that stands at the end is no final response (RFC 9110 §15.2), and a first line without a status none at all
    response = HandshakeResponse.parse(head)[0]
    return shown(response.head.first.partition(" ")[2]) if response.status >= HTTPStatus.OK else ""


def _behind_interim(data: bytes) -> int:
    """Where the final response begins: behind all interim ones (RFC 9110 §15.2)."""
    at = 0
    while is_interim(data[at : at + 13]):
        end = _HEAD_ENDS.search(data, at)
        if end is None or not b"HTTP/".startswith(data[end.end() : end.end() + 5]):
            break
        at = end.end()
    return at


def _moved(check: Check, by: int) -> Check:
    return replace(check, offset=check.offset.moved(by))


def _checks(head: bytes, sender: Role, request: HandshakeRequest | None) -> list[Check]:
    if sender is Role.CLIENT:
        return HandshakeRequest.parse(head)[0].checks()
    return response_checks(HandshakeResponse.parse(head)[0], request)
