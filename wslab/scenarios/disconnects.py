"""Three ways in which a connection ends: politely, at once, and without anybody noticing."""

from __future__ import annotations

from contextlib import suppress

from wslab.lab import Lab, echo

PATIENCE = 0.3
"""Seconds that the client of `half_open` waits for its Pong."""


async def clean_close(lab: Lab) -> None:
    """The client says Close with 1000, the server answers, and TCP ends."""
    client = await lab.connect(await lab.serve(echo))
    await client.send("that is all")
    await client.recv()
    await client.close(1000, "thank you")


async def cut(lab: Lab) -> None:
    """The cable between client and server is cut: RST to both, and no Close frame."""
    server = await lab.serve(echo)
    link = await lab.link(server)
    client = await lab.connect(link)
    await client.send("still there?")
    await client.recv()
    (far_end,) = server.connections
    link.cut()
    await client.wait_closed()
    await far_end.wait_closed()


async def half_open(lab: Lab) -> None:
    """The cable falls silent: the client sends, asks with a Ping, gives up at last; the server never learns."""
    link = await lab.link(await lab.serve(echo))
    client = await lab.connect(link)
    await client.send("one")
    await client.recv()
    link.silence()
    await client.send("two")
    with suppress(TimeoutError):
        await client.ping(timeout=PATIENCE)
    client.abort()
    await client.wait_closed()
