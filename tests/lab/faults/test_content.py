"""Faults of the bytes."""

from __future__ import annotations

from wslab.lab import Lab, echo
from wslab.lab.faults.content import AlterHeader


async def test_a_head_that_is_altered_twice_arrives_once(lab: Lab) -> None:
    server = await lab.serve(echo)
    link = await lab.link(server, AlterHeader("Origin", "https://a.example", of="client"), AlterHeader("X", "y"))
    client = await lab.connect(link)
    await client.send("after the heads")
    await client.recv()
    await client.close()
    assert [entry.fate for entry in lab.tape if entry.kind in ("http", "text")] == ["arrived"] * 4
