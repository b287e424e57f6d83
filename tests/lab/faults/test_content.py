"""Faults of the bytes."""

from __future__ import annotations

import pytest

from tests.lab.faults.playbook import Recorder, exchange
from wslab.lab import Lab, echo
from wslab.lab.clock.virtual import VirtualClock
from wslab.lab.faults.content import AlterHeader, TruncateText
from wslab.lab.faults.pipeline import Pipeline
from wslab.protocol import Frame, Opcode, Role

HEAD = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


async def test_a_head_that_is_altered_twice_arrives_once(lab: Lab) -> None:
    server = await lab.serve(echo)
    link = await lab.link(server, AlterHeader("Origin", "https://a.example", of="client"), AlterHeader("X", "y"))
    client = await lab.connect(link)
    await client.send("after the heads")
    await client.recv()
    await client.close()
    assert [entry.fate for entry in lab.tape if entry.kind in ("http", "text")] == ["arrived"] * 4


@pytest.mark.parametrize(
    ("payload", "arrives"),
    [
        ("né".encode(), b"n\xc3"),
        ("€!".encode(), b"\xe2\x82"),
        ("🙂".encode(), b"\xf0\x9f\x99"),
        (b"\xff", b"\xff"),  # no character: it is not mended either
        (b"a\xc3", b"a\xc3"),  # half a character
        (b"\xa9b", b"\xa9b"),  # the other half
        ("é".encode() + b"\xc3", b"\xc3"),  # the last whole one
        (b"ascii", b"ascii"),
        (b"", b""),
    ],
)
def test_text_is_cut_inside_its_last_whole_character_or_not_at_all(payload: bytes, arrives: bytes) -> None:
    owner = Recorder(VirtualClock())
    pipeline = Pipeline(owner, Role.SERVER)
    exchange(pipeline, [TruncateText(1)])
    pipeline.feed(HEAD + Frame(Opcode.TEXT, payload).serialize())
    assert owner.out == HEAD + Frame(Opcode.TEXT, arrives).serialize()
