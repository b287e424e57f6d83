"""What a recording of both halves has, as facts: `DIFFERENCES` says the same in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wslab import Opcode, Tape
from wslab.course.proxied import DIFFERENCES, Difference

FACTS: dict[str, tuple[Any, Any]] = {
    "Opening": (b"101", b"403"),
    "Origin": ("the page's", "the page's"),
    "Subprotocol": (b"x", b"chat"),
    "Extensions": (b"", b"permessage-deflate"),
    "Messages": ([Opcode.TEXT, Opcode.TEXT], [Opcode.TEXT, Opcode.CONTINUATION, Opcode.TEXT]),
    "Pings": (["server: ping", "client: pong"], ["server: ping", "client: pong"]),
    "Close by the server": ([b"", b""], [b"\x0f\xa1go away", b"\x0f\xa1"]),
    "Close by the page": ([b"\x0f\xa1done", b"\x0f\xa1"], [b"", b""]),
    "End without a Close": ([b"", b""], []),
}
"""By the subject of the difference: what the page's half has, and what the server's half has."""


def facts_of(tape: Tape) -> dict[str, tuple[Any, Any]]:
    """The same, as a recording has it."""
    return {each.subject: _both(tape, each) for each in DIFFERENCES}


def _both(tape: Tape, difference: Difference) -> tuple[Any, Any]:
    look, (page, server) = _LOOKS[difference.subject], difference.halves
    return look(tape, page), look(tape, server)


def header(tape: Tape, half: int, side: str, name: bytes) -> bytes:
    """The value of a header; empty where there is none."""
    lines = tape.heads(half)[side].split(b"\r\n")[1:]
    return next(
        (value.strip() for key, _, value in (line.partition(b":") for line in lines) if key.lower() == name), b""
    )


def _status(tape: Tape, half: int) -> bytes:
    return tape.heads(half)["server"].split()[1]


def _origin(tape: Tape, half: int) -> str:
    """The page came from the address that it dialled."""
    host = header(tape, half, "client", b"host")
    return "the page's" if header(tape, half, "client", b"origin") == b"http://" + host else "another"


def _messages(tape: Tape, half: int) -> list[int]:
    return [
        int(each.opcode or 0) for each in tape.frames((Opcode.TEXT, Opcode.CONTINUATION), "server", connection=half)
    ]


def _pings(tape: Tape, half: int) -> list[str]:
    return [f"{each.sender}: {each.kind}" for each in tape.frames((Opcode.PING, Opcode.PONG), connection=half)]


def _closes(tape: Tape, half: int) -> list[bytes]:
    return [each.plain or b"" for each in tape.frames(Opcode.CLOSE, connection=half)]


_LOOKS: dict[str, Callable[[Tape, int], Any]] = {
    "Opening": _status,
    "Origin": _origin,
    "Subprotocol": lambda tape, half: header(tape, half, "server", b"sec-websocket-protocol"),
    "Extensions": lambda tape, half: header(tape, half, "server", b"sec-websocket-extensions"),
    "Messages": _messages,
    "Pings": _pings,
    "Close by the server": _closes,
    "Close by the page": _closes,
    "End without a Close": _closes,
}
