"""A check of a learner's own Sec-WebSocket-Accept (§4.2.2): which step went wrong.

The first wrong character of a hash says nothing. So this module tries the usual mistakes, one after the other, and
names the one that gives the learner's value. Any other value is compared as text.

What this module leaves out: every other text (`checks`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from wslab.course.answers import value_of
from wslab.course.report import CheckResult
from wslab.course.values import check_value
from wslab.protocol.handshake.base import GUID, accept_key

__all__ = ["check_accept"]

NAME = "Sec-WebSocket-Accept"


def check_accept(mine: object, key: str) -> CheckResult:
    """Compare a learner's accept value for `key` with the right one, and name the step that went wrong.

    `mine` is the value, or the learner's function of the key. A function is also tried with a second key, whose accept
    value has the letters + and /, so that Base64 for URLs does not pass by chance.

    >>> check_accept("55fe5e3a6a2b6f11c4f4d6d5fca04ae95ae6fe3d", "dGhlIHNhbXBsZSBub25jZQ==").ok
    False
    """
    keys = [key, telling_key(key)] if callable(mine) else [key]
    results = [_check_one(mine, each) for each in keys]
    return next((each for each in results if not each), results[0])


def telling_key(key: str) -> str:
    """A key made of `key` whose accept value has both + and /."""
    made = (_base64(_sha1(f"{key}{number}".encode())[:16]) for number in count())
    return next(each for each in made if {"+", "/"} <= set(accept_key(each)))


def _check_one(mine: object, key: str) -> CheckResult:
    value, raised = value_of(mine, key)
    found = check_value(value, accept_key(key), NAME) if raised is None else raised
    if found.ok:
        return found
    step = _step(value, key)
    if step:
        return CheckResult(False, f"this is not the {NAME} of {key}. {step}", FIRST, STEPS, SOLUTION)
    return replace(found, bigger_hint=found.bigger_hint or STEPS, hint=found.hint or FIRST, solution=SOLUTION)


FIRST = "Begin with key + GUID, joined as text: the key first (§4.2.2)."
STEPS = (
    "Four steps: key + GUID as text, .encode() to bytes, hashlib.sha1(...).digest(), base64.b64encode(...).decode()."
)
SOLUTION = "base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()"


def _step(value: object, key: str) -> str:
    """The usual mistake that gives this value, in words; empty where it is not one of them."""
    if isinstance(value, (bytes, bytearray)) and len(value) == hashlib.sha1(usedforsecurity=False).digest_size:
        return "These are the 20 bytes of a SHA-1; the header is text: put them into Base64 (§4.2.2)."
    return next((words for made, words in _otherwise(key) if value == made), "")


def _otherwise(key: str) -> Iterator[tuple[str, str]]:
    """The usual mistakes: the value that each gives, and what to say about it."""
    sha1 = _sha1(f"{key}{GUID}".encode())
    yield key, "This is the key itself; append the GUID, then SHA-1, then Base64 (§4.2.2)."
    yield key + GUID, "Key and GUID are joined as they should be; now SHA-1 of them, then Base64 (§4.2.2)."
    yield (
        sha1.hex(),
        "This is the SHA-1 as hex digits; the header has its 20 bytes in Base64: digest(), not hexdigest().",
    )
    yield (
        _base64(sha1.hex().encode()),
        "This is Base64 of the hex digits; take the 20 bytes: digest(), not hexdigest().",
    )
    yield _base64(_sha1(key.encode())), "This is made of the key alone; append the GUID of §1.3 to it."
    yield _base64(_sha1(f"{GUID}{key}".encode())), "The GUID comes before the key here; it belongs after it (§4.2.2)."
    yield (
        _base64(_sha1(f"{key}{GUID.lower()}".encode())),
        "The GUID is written in capitals, and its letters count (§1.3).",
    )
    decoded = base64.b64decode(key) + GUID.encode()
    yield (
        _base64(_sha1(decoded)),
        "This is made of the decoded key: the key goes into SHA-1 as the text that is in the header (§4.2.2).",
    )
    other = hashlib.sha256(f"{key}{GUID}".encode()).digest()
    yield _base64(other), "This is SHA-256; the protocol asks for SHA-1 (§4.2.2)."
    yield base64.urlsafe_b64encode(sha1).decode(), "This is the Base64 for URLs; the header uses + and / (§4.2.2)."


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
