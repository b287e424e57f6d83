"""Which headers, parameters of a URL and subprotocols are secrets: patterns, by name and by look.

A secret is what would let a reader act as somebody else. The name says it nearly always: a header or a parameter with
`token`, `secret`, `password` or `session` in its name, or one that ends with `key`. Where no name does, the look does:
a JSON Web Token, or a subprotocol that is long and looks like nothing that a person named.

Rules: Sec-WebSocket-Key and Sec-WebSocket-Accept are no secrets (§1.3), nor is a challenge (WWW-Authenticate). Each
repetition that another may follow is bounded, or begins where only one can, so that no head takes more time than its
size. What this module leaves out: names that nobody would guess, and opaque parts of a path.
"""

from __future__ import annotations

import re

__all__ = [
    "ANNOUNCES",
    "BEARER",
    "CHALLENGE",
    "COOKIE",
    "CREDENTIALS",
    "IN_ENCODED_URL",
    "IN_URL",
    "JWT",
    "JWT_ITEM",
    "OPAQUE",
    "OTHER_SECRET",
    "PARTIAL_PASSWORD",
    "PASSWORD",
    "PREFIXED",
    "SECRET_HEADER",
    "SECRET_LINE",
    "SET_COOKIE",
    "SUBPROTOCOL",
    "USER",
]

_WORDS = (
    rb"token|secret|passw(?:or)?d|passphrase|passcode|pwd|ticket|jwt|signature|credential|session|assertion|bearer"
    rb"|(?:api|app|access|auth|listen|private|client|consumer|subscription|stream|account|user|signing|shared|master"
    rb"|device|license)[-_]?key"
)
_PARAMETER = (
    rb"(?:[\w.\[\]-]{0,40}(?:" + _WORDS + rb")[\w.\[\]-]{0,40}"
    rb"|(?:[\w.]{0,40}[-_.])?(?:key|sig|hmac|otp|pin|sid|csrf|xsrf)"
    rb"|auth(?:[-_.]?(?:code|data|info|hash|string))?|authorization|pass|pw|phpsessid|jsessionid"
    rb"|code(?==[^&#\s]{12}))"  # a short one is more often a number than OAuth's
)

IN_URL = re.compile(rb"([?&;#]" + _PARAMETER + rb"=)([^&#\s\"<>]+)", re.IGNORECASE)
"""A parameter of a URL, with what stands in front of its value."""

IN_ENCODED_URL = re.compile(
    rb"((?:%3F|%26|%23)" + _PARAMETER + rb"%3D)((?:(?!%26|%23)[^&#\s\"<>])+)",
    re.IGNORECASE,
)
"""The same in a URL that is itself a parameter, and so percent-encoded."""

PASSWORD = re.compile(rb"(//[^/\s:@?#]*:|\ACONNECT [^/\s:@?#]*:)([^/\s?#]+)(?=@)")
"""The password in front of a host."""

PARTIAL_PASSWORD = re.compile(rb"(//[^/\s:@?#\[]*:|\ACONNECT [^/\s:@?#]*:)([0-9]*[^/\s0-9?#][^/\s?#]*)\Z")
"""What may be a password whose `@` is still to come; a port has digits alone."""

USER = re.compile(rb"(//)([^/\s:@?#]+)(?=@)")
"""A name without a password in front of a host: a token as often as not."""

BEARER = re.compile(rb"\b((?:bearer|basic) +)([A-Za-z0-9._~+/-]{8,}=*)(?![\w\"=])", re.IGNORECASE)
"""Credentials with their scheme, wherever they stand."""

JWT = re.compile(rb"(?<![\w-])(eyJ[\w-]{8})([\w-]*\.[\w.-]+)")
"""A JSON Web Token, in any value: the beginning of its header says nothing."""

CREDENTIALS = re.compile(rb"[\w-]{0,60}authorization", re.IGNORECASE)
COOKIE = re.compile(rb"cookie2?", re.IGNORECASE)
SET_COOKIE = re.compile(rb"set-cookie2?", re.IGNORECASE)
CHALLENGE = re.compile(rb"(?:www|proxy)-authenticate", re.IGNORECASE)
SUBPROTOCOL = re.compile(rb"sec-websocket-protocol", re.IGNORECASE)
OTHER_SECRET = re.compile(
    rb"(?!sec-websocket-|access-control-)"
    rb"(?:[\w-]{0,60}(?:" + _WORDS + rb")[\w-]{0,60}|(?:[\w-]{0,60}-)?(?:key|auth|csrf|xsrf|wsse|otp))",
    re.IGNORECASE,
)
"""The name of a header whose whole value is a secret."""

_SECRET_LINE = (
    rb"((?:set-cookie2?|cookie2?|(?:proxy-)?authorization|sec-websocket-protocol|[\w-]{0,40}(?:token|api-?key))[ \t]*:)"
)
SECRET_LINE = re.compile(_SECRET_LINE, re.IGNORECASE)
"""A header that holds a secret: enough to know a head by whose first line is missing."""

SECRET_HEADER = re.compile(rb"\n" + _SECRET_LINE, re.IGNORECASE)
"""The same behind a line end."""

ANNOUNCES = re.compile(
    rb"(?:x-)?(?:bearer|authorization|auth|access[-_]?token|token|ticket|jwt|api[-_]?key|basic)", re.IGNORECASE
)
"""A subprotocol that says: the next one is my token."""

PREFIXED = re.compile(
    rb"((?:[\w-]+\.)*?[\w-]*(?:bearer|authorization|auth|token|ticket|jwt|secret|api[-_]?key)[.=])(.{4,})",
    re.IGNORECASE,
)
"""A subprotocol that is such a word and a token."""

JWT_ITEM = re.compile(rb"(.{0,40}?)(eyJ[\w-]{8}[\w.-]*)")
OPAQUE = re.compile(rb"(?=.{24})(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])(?:[\w.-]*\W)?[A-Za-z0-9_+/~=-]{20,}.*")
"""A subprotocol that nobody gave a name."""
