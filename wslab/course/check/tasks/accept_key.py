"""The task `accept_key(key) -> str`: Sec-WebSocket-Accept (§4.2.2).

Left out: a value that is compared without its function (`wslab.course.accept`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from wslab.course.check.task import Case, Mistake, Task
from wslab.course.report import CheckResult
from wslab.course.values import check_value
from wslab.protocol.handshake.base import GUID, accept_key

__all__ = ["MISTAKES", "STEPS", "TASK", "sha1", "to_base64"]

RULE = "response-accept"

NAME = "Sec-WebSocket-Accept"


def sha1(data: bytes) -> bytes:
    """The 20 bytes of the hash."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def to_base64(data: bytes) -> str:
    """Bytes as the text that a header has."""
    return base64.b64encode(data).decode()


def _of(make: Callable[[str], bytes]) -> Callable[[str], str]:
    """The accept value of other bytes than key and GUID."""
    return lambda key: to_base64(sha1(make(key)))


def _swapped(guid: str) -> str:
    """The GUID with its first three groups in the byte order that Microsoft's form of it has in memory."""
    one, two, three, rest = guid.split("-", 3)
    turned = (bytes.fromhex(part)[::-1].hex().upper() for part in (one, two, three))
    return "-".join([*turned, rest])


def _mistake(name: str, function: Callable[[str], Any], title: str, hint: str) -> Mistake:
    return Mistake(name, RULE, function, title, hint, STEPS)


STEPS = "In this order: key and GUID joined as text, bytes of that, the 20 bytes of its SHA-1, their Base64 as text."

MISTAKES = (
    _mistake(
        "key-itself", lambda key: key, "It gives the key itself.", "Append the GUID, then SHA-1, then Base64 (§4.2.2)."
    ),
    _mistake(
        "not-hashed",
        lambda key: key + GUID,
        "It joins key and GUID and goes no further.",
        "Take SHA-1 of them, and Base64 of that: hashlib.sha1(...).digest().",
    ),
    _mistake(
        "hex",
        lambda key: sha1((key + GUID).encode()).hex(),
        "It gives the SHA-1 as hex digits.",
        "The header has the 20 bytes in Base64: digest(), not hexdigest().",
    ),
    _mistake(
        "hex-in-base64",
        lambda key: to_base64(sha1((key + GUID).encode()).hex().encode()),
        "It gives Base64 of the hex digits.",
        "Take the 20 bytes: digest(), not hexdigest().",
    ),
    _mistake(
        "no-guid",
        _of(lambda key: key.encode()),
        "It is made of the key alone.",
        "Append the GUID of §1.3 to the key: it shows that the server knows WebSocket.",
    ),
    _mistake(
        "guid-first",
        _of(lambda key: (GUID + key).encode()),
        "The GUID comes before the key.",
        "The key comes first, the GUID behind it (§4.2.2).",
    ),
    _mistake(
        "guid-lower-case",
        _of(lambda key: (key + GUID.lower()).encode()),
        "The GUID is in lower case.",
        "It is text, and its letters count: 258EAFA5-E914-47DA-95CA-C5AB0DC85B11 (§1.3).",
    ),
    _mistake(
        "guid-without-hyphens",
        _of(lambda key: (key + GUID.replace("-", "")).encode()),
        "The GUID is without its hyphens.",
        "It is text of 36 characters, and the hyphens belong to it (§1.3).",
    ),
    _mistake(
        "guid-as-bytes",
        _of(lambda key: key.encode() + bytes.fromhex(GUID.replace("-", ""))),
        "The GUID is taken as 16 bytes.",
        "It goes into SHA-1 as its 36 characters: GUID.encode() (§4.2.2).",
    ),
    _mistake(
        "guid-in-memory-order",
        _of(lambda key: (key + _swapped(GUID)).encode()),
        "The GUID has its first three groups turned round.",
        "It is text, not a number: write it as it stands in §1.3.",
    ),
    _mistake(
        "key-decoded",
        _of(lambda key: _decoded(key) + GUID.encode()),
        "The key is decoded before it is hashed.",
        "The key goes into SHA-1 as the text that is in the header: key.encode() (§4.2.2).",
    ),
    _mistake(
        "key-in-lower-case",
        _of(lambda key: (key.lower() + GUID).encode()),
        "The key is in lower case.",
        "Base64 tells large letters from small ones: take the key as it is.",
    ),
    _mistake(
        "key-without-padding",
        _of(lambda key: (key.rstrip("=") + GUID).encode()),
        "The key is without its ==.",
        "The == at its end belongs to the text that is hashed.",
    ),
    _mistake(
        "space-between",
        _of(lambda key: f"{key} {GUID}".encode()),
        "There is a space between key and GUID.",
        "They are joined with nothing in between: key + GUID.",
    ),
    _mistake(
        "space-before",
        _of(lambda key: f" {key}{GUID}".encode()),
        "The key has the space that stands behind the colon.",
        "White space around a header's value is no part of it: .strip() (RFC 9110 §5.5).",
    ),
    _mistake(
        "line-end",
        _of(lambda key: f"{key}\r\n{GUID}".encode()),
        "The key has its line end with it.",
        "CR LF ends the line of the header and is no part of its value.",
    ),
    _mistake(
        "utf-16",
        _of(lambda key: (key + GUID).encode("utf-16-le")),
        "Key and GUID become bytes as UTF-16.",
        "Each character is one byte here: .encode() with ASCII or UTF-8.",
    ),
    _mistake(
        "utf-16-with-mark",
        _of(lambda key: (key + GUID).encode("utf-16")),
        "Key and GUID become bytes as UTF-16, with a byte order mark.",
        "Each character is one byte here: .encode() with ASCII or UTF-8.",
    ),
    _mistake(
        "sha-256",
        lambda key: to_base64(hashlib.sha256((key + GUID).encode()).digest()),
        "It takes SHA-256.",
        "The protocol asks for SHA-1 (§4.2.2): nothing secret depends on it.",
    ),
    _mistake(
        "md5",
        lambda key: to_base64(hashlib.md5((key + GUID).encode(), usedforsecurity=False).digest()),
        "It takes MD5.",
        "The protocol asks for SHA-1 (§4.2.2): nothing secret depends on it.",
    ),
    _mistake(
        "hashed-twice",
        lambda key: to_base64(sha1(sha1((key + GUID).encode()))),
        "SHA-1 is taken twice.",
        "Take it once, of key and GUID.",
    ),
    _mistake(
        "url-base64",
        lambda key: base64.urlsafe_b64encode(sha1((key + GUID).encode())).decode(),
        "It takes the Base64 for URLs.",
        "The header uses + and /, not - and _: base64.b64encode.",
    ),
    _mistake(
        "no-padding",
        lambda key: accept_key(key).rstrip("="),
        "The = at the end is missing.",
        "20 bytes give 27 characters and a =, which belongs to the value.",
    ),
    _mistake(
        "line-break",
        lambda key: base64.encodebytes(sha1((key + GUID).encode())).decode(),
        "There is a line break at the end.",
        "base64.b64encode adds none, base64.encodebytes does.",
    ),
    _mistake(
        "bytes",
        lambda key: accept_key(key).encode(),
        "It gives bytes.",
        "A header is text: .decode() at the end.",
    ),
    _mistake(
        "written-bytes",
        lambda key: str(accept_key(key).encode()),
        "It gives text that begins with b'.",
        ".decode() makes text of bytes; str(...) writes how Python shows them.",
    ),
    _mistake(
        "digest",
        lambda key: sha1((key + GUID).encode()),
        "It gives the 20 bytes of the SHA-1.",
        "The header is text: put them into Base64 (§4.2.2).",
    ),
    _mistake(
        "whole-line",
        lambda key: f"{NAME}: {accept_key(key)}",
        "It gives the whole header line.",
        "Give the value alone; the name and the colon are written with the answer.",
    ),
    _mistake(
        "example",
        lambda key: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "It gives the RFC's example, whatever the key is.",
        "Each key has its own value: the argument has to come into it.",
    ),
)


def _decoded(key: str) -> bytes:
    return base64.b64decode(key)


def _difference(case: Case, got: Any, expected: Any) -> CheckResult:
    del case
    return check_value(got, expected, NAME)


def _inputs(strategies: Any) -> Any:
    keys = strategies.binary(min_size=16, max_size=16).map(to_base64)
    return keys.map(lambda key: Case({"key": key}, RULE))


KEYS = (
    "dGhlIHNhbXBsZSBub25jZQ==",  # of the RFC (§1.3)
    "AAAAAAAAAAAAAAAAAAAAAA==",
    "x3JJHMbDL1EzLkh9GBhXDw==",
    "AQIDBAUGBwgJCgsMDQ4PEA==",  # of §4.1
    "dGVsbGluZyBrZXkgMTIzNA==",
    "+/+/+/+/+/+/+/+/+/+/+w==",
    "c2Vjb25kIGtleSBmb3IgLw==",
    "//79/Pv6+fj39vX08/Lx8A==",
)
"""Several of their accept values have + or /, so that Base64 for URLs does not pass by chance."""

SOLUTION = """\
import base64, hashlib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

def accept_key(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return base64.b64encode(digest).decode()"""

TASK = Task(
    signature="accept_key(key: str) -> str",
    wants="text of 28 characters",
    begin="join the key and the GUID of §1.3 as text, the key first",
    reference=accept_key,
    fits=lambda value: isinstance(value, str),
    cases=[Case({"key": key}, RULE) for key in KEYS],
    inputs=_inputs,
    difference=_difference,
    mistakes=MISTAKES,
    solution=SOLUTION,
)
