"""Who receives some bytes, by how they begin."""

from __future__ import annotations

import pytest

from wslab.explain.openings import find_opening, likely_receiver
from wslab.protocol import HandshakeRequest, HandshakeResponse, Role

HELLO = "818537fa213d7f9f4d5158"
HEAD = b"GET /chat HTTP/1.1\r\nHost: example.com\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "role"),
    [
        (bytes.fromhex(HELLO), Role.SERVER),
        (b"\x81\x00", Role.CLIENT),
        (b"\x81", Role.SERVER),
        (HEAD, Role.SERVER),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", Role.CLIENT),
    ],
)
def test_the_bytes_show_who_receives_them(data: bytes, role: Role) -> None:
    assert likely_receiver(data) is role


PLAIN = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nname"
CONNECT = b"CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n"
UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nNo"
CONNECTED = b"HTTP/1.1 200 Connected\r\n\r\n"


@pytest.mark.parametrize("before", [b"", PLAIN, POST, CONNECT, CONNECT + PLAIN])
def test_the_request_that_decides_stands_behind_ordinary_ones(before: bytes) -> None:
    request = HandshakeRequest.build("a", key="dGhlIHNhbXBsZSBub25jZQ==").serialize()
    found = find_opening(before + request + b"\x81\x80", Role.SERVER)
    assert found is not None
    assert (found.head, found.whole, found.failed) == (before + request, True, ())


@pytest.mark.parametrize("before", [b"", UNAUTHORIZED, CONNECTED, CONNECTED + UNAUTHORIZED])
def test_the_response_that_decides_stands_behind_refusals(before: bytes) -> None:
    request = HandshakeRequest.build("a", key="dGhlIHNhbXBsZSBub25jZQ==")
    response = HandshakeResponse.accept(request).serialize()
    found = find_opening(before + response + b"\x81\x00", Role.CLIENT, request)
    assert found is not None
    assert (found.head, found.refusal, found.failed) == (before + response, "", ())


def test_a_refusal_alone_is_what_decides() -> None:
    found = find_opening(UNAUTHORIZED, Role.CLIENT)
    assert found is not None
    assert (found.head + b"No", found.refusal) == (UNAUTHORIZED, "401 Unauthorized")
