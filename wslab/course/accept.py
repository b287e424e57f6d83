"""A check of a learner's own Sec-WebSocket-Accept (§4.2.2): which step went wrong.

The first wrong character of a hash says nothing. So this module tries the usual mistakes, one after the other, and
names the one that gives the learner's value. Any other value is compared as text.

What this module leaves out: every other text (`checks`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from wslab.course.checks import CheckResult, check_value
from wslab.protocol.handshake.base import GUID, accept_key

__all__ = ["check_accept"]

NAME = "Sec-WebSocket-Accept"


def check_accept(mine: object, key: str) -> CheckResult:
    """Compare a learner's accept value for `key` with the right one, and name the step that went wrong.

    >>> check_accept("55fe5e3a6a2b6f11c4f4d6d5fca04ae95ae6fe3d", "dGhlIHNhbXBsZSBub25jZQ==").passed
    False
    """
    if isinstance(mine, (bytes, bytearray)) and len(mine) == hashlib.sha1(usedforsecurity=False).digest_size:
        return CheckResult(
            False, "these are the 20 bytes of a SHA-1; the header is text: put them into Base64 (§4.2.2)."
        )
    if isinstance(mine, str) and mine != accept_key(key):
        words = next((words for value, words in _otherwise(key) if mine == value), None)
        if words is not None:
            return CheckResult(False, words)
    return check_value(mine, accept_key(key), NAME)


def _otherwise(key: str) -> Iterator[tuple[str, str]]:
    """The usual mistakes: the value that each gives, and what to say about it."""
    sha1 = _sha1(f"{key}{GUID}".encode())
    yield key, "this is the key itself; append the GUID, then SHA-1, then Base64 (§4.2.2)."
    yield key + GUID, "key and GUID are joined as they should be; now SHA-1 of them, then Base64 (§4.2.2)."
    yield (
        sha1.hex(),
        "this is the SHA-1 as hex digits; the header has its 20 bytes in Base64: digest(), not hexdigest().",
    )
    yield (
        _base64(sha1.hex().encode()),
        "this is Base64 of the hex digits; take the 20 bytes: digest(), not hexdigest().",
    )
    yield _base64(_sha1(key.encode())), "this is made of the key alone; append the GUID of §1.3 to it."
    yield _base64(_sha1(f"{GUID}{key}".encode())), "the GUID comes before the key here; it belongs after it (§4.2.2)."
    yield (
        _base64(_sha1(f"{key}{GUID.lower()}".encode())),
        "the GUID is written in capitals, and its letters count (§1.3).",
    )
    decoded = base64.b64decode(key) + GUID.encode()
    yield (
        _base64(_sha1(decoded)),
        "the key is not decoded: it goes into SHA-1 as the text that is in the header (§4.2.2).",
    )
    other = hashlib.sha256(f"{key}{GUID}".encode()).digest()
    yield _base64(other), "this is SHA-256; the protocol asks for SHA-1 (§4.2.2)."
    yield base64.urlsafe_b64encode(sha1).decode(), "this is the Base64 for URLs; the header uses + and / (§4.2.2)."


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
