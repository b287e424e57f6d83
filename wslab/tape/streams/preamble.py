"""What a client says before HTTP to those on the way: SOCKS to a proxy, the PROXY protocol to a server.

    SOCKS5 (RFC 1928)   05 01 00, then 05 01 00 03 and an address; the proxy answers each
    SOCKS4              04 01, port, address, a name up to its NUL; the answer has eight bytes
    PROXY protocol      `PROXY TCP4 ...` and a line end, or a binary header behind its signature

Each message is found by its first bytes and by what came before it. A message that is not whole yet is waited for;
bytes that are none of these belong to HTTP.

What this module leaves out: SOCKS over UDP, and GSSAPI.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from wslab.explain.words import printable
from wslab.protocol import Role
from wslab.tape.records import Fact


@dataclass(frozen=True, slots=True)
class Preamble(Fact):
    """A message before HTTP: `protocol` is `SOCKS5`, `SOCKS4` or `PROXY`, `step` which of its messages this is.

    `step` is a key of `STEPS`; `target` is the address that it names, if it names one.
    """

    protocol: str
    step: str
    target: str = ""

    @property
    def words(self) -> str:
        """The message as a sentence."""
        target = f": {printable(self.target)}" if self.target else ""
        who = "proxy" if self.side == "server" else self.side
        return f"The {who} {STEPS.get(self.step, self.step)} ({self.protocol}), before any HTTP{target}."


STEPS = {
    "methods": "offers its ways to log in to a proxy",
    "login": "logs in at the proxy",
    "ask": "asks a proxy to connect it",
    "method": "chooses a way to log in",
    "logged-in": "answers the login",
    "granted": "has connected the client",
    "denied": "has not connected the client",
    "header": "says whose connection this is",
}
"""What each message does, in words behind its sender."""

_HEAD = re.compile(rb"[A-Z]{3,20} |HTTP/1\.")
_Found = tuple[int, str, str]  # size, step, target
_PROXY_LINE = re.compile(rb"PROXY (?:TCP[46]|UNKNOWN)([^\r\n]{0,100})\r\n")
_PROXY_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_LONGEST = 600  # bytes; the longest is a login with a name and a password of 255 each
_GRANTED_4 = 0x5A


class _Step(NamedTuple):
    """What may come next: the protocol, how it begins, and how long it is (0: not whole yet, None: not this)."""

    protocol: str
    begins: re.Pattern[bytes]
    read: Callable[[bytes], _Found | None]


class PreambleReader:
    """The messages of one side before HTTP, from the first byte of its stream on."""

    def __init__(self, sender: Role) -> None:
        self._sender = sender
        self._next = _FIRST[sender]
        self.pending = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, Preamble]]:
        """The messages that `data` makes whole; what is left is `pending`."""
        self.pending += data
        while (found := self._one()) is not None:
            step, (size, name, target) = found
            message, self.pending = self.pending[:size], self.pending[size:]
            self._next = _BEHIND.get(name, ())
            yield message, Preamble(self._sender.value, step.protocol, name, target)

    @property
    def waits(self) -> bool:
        """Whether what is pending may still become a message."""
        if not self._next or len(self.pending) > _LONGEST:
            return False
        return not self.pending or any(_may_begin(step, self.pending) for step in self._next)

    def _one(self) -> tuple[_Step, _Found] | None:
        for step in self._next:
            if step.begins.match(self.pending) and (found := step.read(self.pending)) and found[0]:
                return step, found
        return None


def before_http(data: bytes) -> list[tuple[bytes, Preamble]]:
    """The messages at the beginning of a direction's bytes, where a head of HTTP follows them or nothing does."""
    for sender in Role:
        reader = PreambleReader(sender)
        found = list(reader.feed(data))
        is_all = not reader.pending and data[0] != 0  # a continuation frame may begin with 00
        if found and (is_all or _HEAD.match(reader.pending)):
            return found
    return []


def _may_begin(step: _Step, data: bytes) -> bool:
    """Whether `data` is the beginning of such a message."""
    if step.protocol == "PROXY":
        known = b"PROXY " if step.begins is _IS_LINE else _PROXY_SIGNATURE
        return data.startswith(known[: len(data)]) and len(data) < _LONGEST
    return step.begins.match(data) is not None and step.read(data) is not None


# --- SOCKS5 -----------------------------------------------------------------------------------------


def _methods(data: bytes) -> _Found | None:
    size = 2 + data[1] if len(data) > 1 else 0
    methods = data[2:size]
    if len(data) > 1 and not (data[1] and all(each < 10 or each >= 0x80 for each in methods)):
        return None
    return _whole(data, size), "methods", ""


def _login(data: bytes) -> _Found | None:
    name = data[1] if len(data) > 1 else 0
    size = 3 + name + data[2 + name] if len(data) > 2 + name else 0
    return _whole(data, size), "login", ""


def _ask(data: bytes) -> _Found | None:
    return _addressed(data, "ask")


def _reply(data: bytes) -> _Found | None:
    return _addressed(data, "denied" if data[1:2].strip(b"\0") else "granted")


def _addressed(data: bytes, step: str) -> _Found | None:
    """A message with an address (RFC 1928 §4 and §6): 4 bytes, then an address of type 1, 3 or 4, then a port."""
    if len(data) < 5:
        return (0, step, "")
    size = {1: 4, 3: data[4] + 1, 4: 16}.get(data[3], -1)
    if size < 0:
        return None
    end = 4 + size
    target = (
        "" if len(data) < end + 2 else f"{_host(data[3], data[4:end])}:{int.from_bytes(data[end : end + 2], 'big')}"
    )
    return _whole(data, end + 2), step, target


def _host(kind: int, raw: bytes) -> str:
    if kind == 3:
        return raw[1:].decode("latin-1")
    return ".".join(map(str, raw)) if kind == 1 else f"[{raw.hex(':', 2)}]"


def _two(step: str) -> Callable[[bytes], _Found | None]:
    return lambda data: (_whole(data, 2), step, "")


# --- SOCKS4 and PROXY -------------------------------------------------------------------------------


def _ask_4(data: bytes) -> _Found | None:
    end = data.find(b"\0", 8) + 1
    host = data[4:8]
    if end and host[:3] == b"\0\0\0" and host[3]:  # SOCKS4a: the name of the host follows
        begin, end = end, data.find(b"\0", end) + 1
        named = data[begin : end - 1].decode("latin-1")
    else:
        named = ".".join(map(str, host))
    return _whole(data, end), "ask", f"{named}:{int.from_bytes(data[2:4], 'big')}" if end else ""


def _reply_4(data: bytes) -> _Found | None:
    return _whole(data, 8), "granted" if data[1:2] == bytes([_GRANTED_4]) else "denied", ""


def _line(data: bytes) -> _Found | None:
    found = _PROXY_LINE.match(data)
    return None if found is None else (found.end(), "header", found[1].decode("latin-1").strip())


def _binary(data: bytes) -> _Found | None:
    size = 16 + int.from_bytes(data[14:16], "big") if len(data) >= 16 else 0
    return _whole(data, size), "header", ""


def _whole(data: bytes, size: int) -> int:
    """The size of a message, 0 while it is not whole."""
    return size if 0 < size <= len(data) else 0


_IS_LINE = re.compile(rb"PROXY ")
_ASK = _Step("SOCKS5", re.compile(rb"\x05(?:\Z|[\x01-\x03](?:\Z|\x00))"), _ask)
_REPLY = _Step("SOCKS5", re.compile(rb"\x05(?:\Z|[\x00-\x08](?:\Z|\x00))"), _reply)
_FIRST = {
    Role.CLIENT: (
        _Step("SOCKS5", re.compile(rb"\x05"), _methods),
        _Step("SOCKS4", re.compile(rb"\x04(?:\Z|[\x01\x02])"), _ask_4),
        _Step("PROXY", _IS_LINE, _line),
        _Step("PROXY", re.compile(re.escape(_PROXY_SIGNATURE)), _binary),
    ),
    Role.SERVER: (
        _Step("SOCKS5", re.compile(rb"\x05(?:\Z|[\x00-\x02\xff])"), _two("method")),
        _Step("SOCKS4", re.compile(rb"\x00(?:\Z|[\x5a-\x5d])"), _reply_4),
    ),
}
_BEHIND = {
    "methods": (_ASK, _Step("SOCKS5", re.compile(rb"\x01"), _login)),
    "login": (_ASK,),
    "method": (_REPLY, _Step("SOCKS5", re.compile(rb"\x01(?:\Z|\x00)"), _two("logged-in"))),
    "logged-in": (_REPLY,),
}
