"""Who receives some bytes, by how they begin."""

from __future__ import annotations

import pytest

from wslab.explain.openings import likely_receiver
from wslab.protocol import Role

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
