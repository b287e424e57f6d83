"""What the parts of a lab share."""

from __future__ import annotations

import secrets

import pytest

from wslab.lab import Endpoint, Lab
from wslab.lab.context import SystemKeys
from wslab.protocol import Opcode


def test_keys_come_from_the_system_and_none_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def source(size: int) -> bytes:
        asked.append(bytes((len(asked) * 7 + at) % 251 for at in range(size)))
        return asked[-1]

    monkeypatch.setattr(secrets, "token_bytes", source)
    keys = SystemKeys()
    assert b"".join(keys(4) for _ in range(512)) == asked[0] + asked[1]
    assert len(asked) == 2


@pytest.mark.parametrize("size", [0, 1, 4, 16, 1024, 5000])
def test_keys_are_as_long_as_was_asked_for(size: int) -> None:
    keys = SystemKeys()
    assert [len(keys(size)) for _ in range(3)] == [size] * 3
    assert size < 4 or keys(size) != keys(size)


@pytest.mark.parametrize("closed", ["lab", "server"])
def test_what_is_closed_at_once_closes_in_the_order_in_which_it_was_opened(closed: str) -> None:
    async def story(lab: Lab) -> None:
        server = await lab.serve(Endpoint.wait_closed)
        for _ in range(40):
            await lab.connect(server)
        await (lab if closed == "lab" else server).close()

    lab = Lab(clock="virtual")
    lab.run(story(lab))
    closing = [each for each in lab.tape if each.frame is not None and each.frame.opcode is Opcode.CLOSE]
    side = "server" if closed == "server" else closing[0].sender
    assert [each.connection for each in closing if each.sender == side] == [*range(1, 41)]
