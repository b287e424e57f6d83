"""Whether some bytes begin with the head of an opening handshake, and what is wrong with it.

A server looks for a request, a client for an answer. A head is recognised by its first bytes, and judged by the
handshake's own checks. An answer is read without its request here, so its accept value, its subprotocol and its
extensions are not judged.

What this module leaves out: the fields of a head (`anatomy`) and what follows from its checks (`verdict`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wslab.protocol.codes import Role
from wslab.protocol.handshake.checks import Check
from wslab.protocol.handshake.head import HeadReader
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse

__all__ = ["Opening", "find_opening", "likely_receiver"]

_BEGINS = {Role.CLIENT: re.compile(rb"[A-Z]{3,20} "), Role.SERVER: re.compile(rb"HTTP/")}
_NAMES = {Role.CLIENT: "request", Role.SERVER: "response"}
_NEED_REQUEST = ("response-accept", "response-subprotocol", "response-extensions")


@dataclass(frozen=True, slots=True)
class Opening:
    """The head at the beginning of some bytes: `whole` says whether its end is there; `failed` holds failed checks."""

    sender: Role
    head: bytes
    whole: bool
    failed: tuple[Check, ...]

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


def find_opening(data: bytes, role: Role) -> Opening | None:
    """The head that a receiver in `role` finds at the beginning of `data`; None where frames begin at once."""
    sender = role.peer
    if not _BEGINS[sender].match(data):
        return None
    parsed = HeadReader(sender, max_head=len(data)).feed(data)
    if parsed is None:
        return Opening(sender, data, False, ())
    head = parsed[0].data
    return Opening(sender, head, True, tuple(check for check in _checks(head, sender) if not check.passed))


def _checks(head: bytes, sender: Role) -> list[Check]:
    if sender is Role.CLIENT:
        return HandshakeRequest.parse(head)[0].checks()
    asked = HandshakeRequest.build("unknown", key="")
    checks = HandshakeResponse.parse(head)[0].checks(asked)
    return [check for check in checks if check.rule.id not in _NEED_REQUEST]
