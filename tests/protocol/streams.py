"""How these tests feed a receiver: whole, byte by byte, with more behind it.

A verdict must not depend on how TCP cut the bytes, nor on what comes later. So each
byte case runs in all the ways of `WAYS`, and `outcome` is what all of them must agree on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest

from wslab.protocol import (
    DEFAULT_MAX_MESSAGE,
    Connection,
    Deflate,
    Event,
    Extension,
    Failed,
    Frame,
    HandshakeRequest,
    HandshakeResponse,
    HeadReader,
    Offset,
    ProtocolError,
    Role,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the sample of §1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
ZERO = bytes(4)  # a masking key that leaves the payload readable
OFFER = Extension("permessage-deflate", (("server_no_context_takeover", None), ("server_max_window_bits", "10")))
BEHIND = b"\x81\x85" + ZERO + b"later" + b"\xff" * 20

Way = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    yield from (data[at : at + 1] for at in range(len(data)))


def with_more_behind(data: bytes) -> Iterator[bytes]:
    yield data + BEHIND


WAYS = [whole, byte_by_byte, with_more_behind]
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


def fixed_keys(size: int) -> bytes:
    return b"\x37\xfa\x21\x3d"[:size]


def connect(role: Role, *, max_message: int = DEFAULT_MAX_MESSAGE, deflate: Deflate | None = None) -> Connection:
    """A connection whose masking keys do not change from run to run."""
    return Connection(role, max_message=max_message, keys=fixed_keys, deflate=deflate)


@dataclass(frozen=True)
class Outcome:
    """What a receiver made of a stream: its events, with a failure as rule and place, and what it answered."""

    events: tuple[object, ...]
    answer: bytes


def outcome(role: Role, chunks: Iterable[bytes], *, max_message: int = DEFAULT_MAX_MESSAGE) -> Outcome:
    connection = connect(role, max_message=max_message)
    events: list[Event] = []
    for chunk in chunks:
        connection.receive_data(chunk)
        events += connection.events()
    return Outcome(tuple(map(_comparable, events)), connection.data_to_send())


def _comparable(event: Event) -> object:
    return (event.error.rule.id, event.error.offset) if isinstance(event, Failed) else event


def failure(
    role: Role, chunks: Iterable[bytes], *, max_message: int = DEFAULT_MAX_MESSAGE, deflate: Deflate | None = None
) -> ProtocolError | None:
    """How the receiver fails the connection, or None."""
    connection = connect(role, max_message=max_message, deflate=deflate)
    for chunk in chunks:
        connection.receive_data(chunk)
    return connection.failure


def verdict(
    role: Role, chunks: Iterable[bytes], *, max_message: int = DEFAULT_MAX_MESSAGE, deflate: Deflate | None = None
) -> tuple[str, Offset] | None:
    """The rule that a receiver finds broken and the first wrong bit, or None."""
    error = failure(role, chunks, max_message=max_message, deflate=deflate)
    return None if error is None else (error.rule.id, error.offset)


def head_verdict(sender: Role, chunks: Iterable[bytes]) -> tuple[str, Offset] | None:
    """The same for a head that `sender` sends; None also where it never ends."""
    reader = HeadReader(sender)
    try:
        for chunk in chunks:
            if (parsed := reader.feed(chunk)) is not None:
                check_head(sender, parsed[0].data)
                return None
    except ProtocolError as error:
        return error.rule.id, error.offset
    return None


def check_head(sender: Role, data: bytes) -> None:
    """Every check of a whole head by its receiver; the answer is one to the sample request."""
    if sender is Role.CLIENT:
        HandshakeRequest.parse(data)[0].check()
    else:
        HandshakeResponse.parse(data)[0].check(HandshakeRequest.build("127.0.0.1", key=KEY, extensions=[OFFER]))


def frame(first: int, payload: bytes = b"", *, masked: bool = True) -> bytes:
    """A frame by its first byte, legal or not, masked with a key of zeros."""
    return Frame(
        first & 0b1111,
        payload,
        fin=bool(first & 0x80),
        rsv1=bool(first & 0x40),
        rsv2=bool(first & 0x20),
        rsv3=bool(first & 0x10),
        mask=ZERO if masked else None,
    ).serialize()


REQUEST = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
RESPONSE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": ACCEPT}


def head(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def request(*more: tuple[str, str], first: str = "GET / HTTP/1.1", drop: str = "", **changed: str) -> bytes:
    """A legal request with headers dropped, changed (`Sec_WebSocket_Key=...`) or added."""
    return head(first, [*_changed(REQUEST, drop, changed), *more])


def response(
    *more: tuple[str, str], first: str = "HTTP/1.1 101 Switching Protocols", drop: str = "", **changed: str
) -> bytes:
    """The same for a legal answer to the sample key."""
    return head(first, [*_changed(RESPONSE, drop, changed), *more])


def _changed(headers: dict[str, str], drop: str, changed: dict[str, str]) -> list[tuple[str, str]]:
    headers = headers | {name.replace("_", "-"): value for name, value in changed.items()}
    return [(name, value) for name, value in headers.items() if name != drop]
