"""Ways in which a connection ends: politely, at once, and without anybody noticing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import Lab, echo
from wslab.scenarios.catalogue import scenario

GROUP = "Endings"


@scenario(
    "clean-close",
    group=GROUP,
    question="Who closes TCP first: the client, which began the closing handshake, or the server?",
    explanation=(
        "Two Close frames, one each way, then TCP, the server first (§7.1.1). Both sides know when, why and by whom."
    ),
    fix={},
    fixed="There is nothing to fix: this is how it should go.",
)
async def clean_close(lab: Lab) -> None:
    """The client says Close with 1000, the server answers, and TCP ends."""
    client = await lab.connect(await lab.serve(echo))
    await client.send("that is all")
    await client.recv()
    await client.close(1000, "thank you")


@scenario(
    "cut",
    group=GROUP,
    question="Which close code does each side believe in, and which of them was on the wire?",
    explanation=(
        "RST ends TCP at once, and no Close frame came: each side tells its program 1006, which nobody sent (§7.1.5)."
    ),
    fix={"how": "close"},
    fixed="The server says Close itself, with 1001, before the cable goes (§7.4.1): both sides know why it ended.",
)
async def cut(
    lab: Lab,
    *,
    how: Annotated[Literal["rst", "fin", "close"], "RST or FIN to both sides, or a Close of the server's"] = "rst",
) -> None:
    """The connection between client and server ends at once, and no Close frame says why."""
    server = await lab.serve(echo)
    link = await lab.link(server)
    client = await lab.connect(link)
    await client.send("still there?")
    await client.recv()
    (far_end,) = server.connections
    if how == "close":
        await far_end.close(1001, "maintenance")
    else:
        link.cut(gently=how == "fin")
    await client.wait_closed()
    await far_end.wait_closed()


@scenario(
    "half-open",
    group=GROUP,
    question="The client sends into a silent cable. What do the two sides believe then, and for how long?",
    explanation=(
        "Both still believe OPEN: TCP takes the bytes and nobody says that they were lost. A Ping without its Pong "
        "is how a side finds out (§5.5.2), and only the side that asks."
    ),
    fix={"ping_interval": 20.0},
    fixed="The server asks, too: a Ping every 20 s, and the zombie is gone 20 s after the Pong that did not come.",
)
async def half_open(
    lab: Lab,
    *,
    ping_interval: Annotated[float | None, "seconds between the server's Pings (None: it never asks)"] = None,
    patience: Annotated[float, "seconds that the client waits for its Pong"] = 10.0,
) -> None:
    """The cable falls silent: the client asks with a Ping and gives up at last; the server keeps a zombie."""
    server = await lab.serve(echo, ping_interval=ping_interval)
    link = await lab.link(server)
    client = await lab.connect(link)
    await client.send("one")
    await client.recv()
    link.silence()
    await client.send("two")
    with suppress(TimeoutError):
        await client.ping(timeout=patience)
    client.abort()
    await client.wait_closed()
    await asyncio.sleep(60)
