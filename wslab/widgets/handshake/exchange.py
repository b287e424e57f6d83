"""One opening handshake as real bytes, whole or with one thing broken (§4).

Both heads are built, parsed and checked by `wslab.protocol`, exactly as an endpoint does it. What refuses, with which
status and in which words, comes from the checks and their rules, and is not repeated here. What is derived is computed
once and kept: the request, the server's checks, the response, the client's checks.

`lines` cuts a head into its lines and marks those that differ from the head as it should be.

Left out: what can be broken (`breaks`), how it is drawn (`picture`), and sockets.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from http import HTTPStatus

from wslab.explain.words import counted
from wslab.protocol.codes import Role
from wslab.protocol.errors import ProtocolError
from wslab.protocol.handshake.base import GUID
from wslab.protocol.handshake.checks import Check
from wslab.protocol.handshake.head import escaped
from wslab.protocol.handshake.request import HandshakeRequest
from wslab.protocol.handshake.response import HandshakeResponse
from wslab.widgets.handshake.breaks import BREAKS, Break

__all__ = ["SAMPLE_KEY", "Exchange", "Line", "accept_stages", "lines"]

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the RFC's example (§1.3)."""

HOST = "127.0.0.1:9001"

# ---- the accept value in stages


def accept_stages(key: str) -> list[tuple[str, str, str]]:
    """How a key becomes its accept value (§4.2.2): (name, value, what was done)."""
    digest = hashlib.sha1((key + GUID).encode("latin-1", "replace"), usedforsecurity=False).digest()
    return [
        ("key", key, f"{counted(len(key), 'character')}, as sent"),
        ("key + GUID", key + GUID, "the GUID of §1.3, with nothing between"),
        ("SHA-1", digest.hex(" "), "20 bytes, in hex"),
        ("Base64", base64.b64encode(digest).decode(), "28 characters: the accept value"),
    ]


# ---- the exchange


@dataclass(frozen=True)
class Exchange:
    """Who sends what and who refuses it. `broken` is the id of a break, or empty.

    `subprotocols` is the list as it is written, with commas. Raises `LocalProtocolError` when a value is not allowed in
    a head, as soon as the request is asked for.
    """

    key: str = SAMPLE_KEY
    path: str = "/chat"
    subprotocols: str = "chat, superchat"
    origin: str = "http://localhost:8888"
    broken: str = ""

    @property
    def fault(self) -> Break | None:
        """What is broken, if anything is."""
        return BREAKS[self.broken] if self.broken else None

    @cached_property
    def asked(self) -> bytes:
        """The request as it should be."""
        names = [name.strip() for name in self.subprotocols.split(",") if name.strip()]
        origin = self.origin or None
        return HandshakeRequest.build(HOST, self.path, key=self.key, subprotocols=names, origin=origin).serialize()

    @cached_property
    def request(self) -> bytes:
        """The request as it is sent."""
        return self._edited(self.asked, Role.CLIENT)

    @cached_property
    def server_checks(self) -> list[Check]:
        """Every check of the server's, passed and failed; only one where the bytes are not an HTTP head."""
        origins = [self.origin] if self.origin else None
        try:
            return HandshakeRequest.parse(self.request)[0].checks(origins=origins)
        except ProtocolError as error:
            return [_failed(error)]

    @cached_property
    def refusal(self) -> Check | None:
        """The first check that the server's answer depends on: the one that failed."""
        return _first_failed(self.server_checks)

    @property
    def key_read(self) -> str:
        """The key that the server reads in the request, wrong or not."""
        return self._request_to_check_by().key

    @cached_property
    def answered(self) -> bytes:
        """The response as it should be: 101, or the status of the broken rule with its sentence as the body."""
        if self.refusal is None:
            request = HandshakeRequest.parse(self.request)[0]
            return HandshakeResponse.accept(request, subprotocol=next(iter(request.subprotocols), None)).serialize()
        sentence = str(self.refusal.error())
        return HandshakeResponse.refuse(self.status, body=sentence).serialize() + sentence.encode()

    @property
    def status(self) -> int:
        """What the server answers with."""
        if self.refusal is None:
            return HTTPStatus.SWITCHING_PROTOCOLS
        return self.refusal.rule.http_status or HTTPStatus.BAD_REQUEST

    @cached_property
    def response(self) -> bytes:
        """The response as it is sent."""
        return self._edited(self.answered, Role.SERVER)

    @cached_property
    def client_checks(self) -> list[Check]:
        """Every check of the client's."""
        try:
            return HandshakeResponse.parse(self.response)[0].checks(self._request_to_check_by())
        except ProtocolError as error:
            return [_failed(error)]

    @cached_property
    def decision(self) -> Check | None:
        """The check that ended the handshake, the server's before the client's; None where it went through."""
        return self.refusal or _first_failed(self.client_checks)

    @cached_property
    def is_harmless(self) -> bool:
        """Whether what is broken breaks a rule with the usual values, and none with these: `soap` was asked for."""
        return bool(self.broken) and self.decision is None and Exchange(broken=self.broken).decision is not None

    @property
    def by(self) -> Role | None:
        """Who refuses."""
        if self.refusal is not None:
            return Role.SERVER
        return None if self.decision is None else Role.CLIENT

    def _edited(self, data: bytes, side: Role) -> bytes:
        return self.fault.edit(data) if self.fault and self.fault.side is side else data

    def _request_to_check_by(self) -> HandshakeRequest:
        try:
            return HandshakeRequest.parse(self.request)[0]
        except ProtocolError:
            return HandshakeRequest.parse(self.asked)[0]


def _first_failed(checks: Sequence[Check]) -> Check | None:
    return next((check for check in checks if not check.passed), None)


def _failed(error: ProtocolError) -> Check:
    return Check(error.rule, False, error.found, error.expected, error.offset)


# ---- the bytes as lines


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a head: where it begins (None: it was taken out), its text and how it ends.

    `change` is "", "changed", "added" or "gone", against the head as it should be.
    """

    offset: int | None
    data: bytes
    end: bytes
    change: str = ""

    @property
    def text(self) -> str:
        """The line as it can be shown: control characters, and bytes that are not UTF-8, in hex."""
        return escaped(self.data.decode("utf-8", "backslashreplace"))

    def holds(self, byte: int) -> bool:
        """Whether the byte at this offset lies in the line."""
        return self.offset is not None and self.offset <= byte < self.offset + max(1, len(self.data) + len(self.end))


def lines(sent: bytes, meant: bytes) -> list[Line]:
    """The lines of `sent`, with those of `meant` that are changed or missing marked.

    Where nothing of `meant` is left, its lines are not listed as missing.
    """
    new, old = _split(sent), _split(meant)
    starts = [0]
    for data, end in new:
        starts.append(starts[-1] + len(data) + len(end))
    same = SequenceMatcher(None, [text for text, _ in old], [text for text, _ in new], autojunk=False).get_opcodes()
    alike = any(action == "equal" for action, *_ in same)
    found = []
    for action, a, b, c, d in same:
        found += [Line(starts[n], *new[n], _CHANGES[action]) for n in range(c, d)]
        if action != "equal" and alike:
            found += [Line(None, *old[n], "gone") for n in range(a + d - c, b)]
    return found


_CHANGES = {"equal": "", "replace": "changed", "insert": "added", "delete": ""}


def _split(data: bytes) -> list[tuple[bytes, bytes]]:
    """Lines as (text, end of line)."""
    found = re.findall(rb"([^\n]*?)(\r?\n|\Z)", data, re.DOTALL)
    return [(text, end) for text, end in found if text or end]
