"""Each fault of the lab, put on by the panel's own form, under the traffic of a real `websockets` client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.widgets.helpers import look, press
from wslab.lab import Lab, echo
from wslab.lab.faults.names import NAMES
from wslab.widgets.link_panel.widget import LinkPanel

LONG = "x" * 1000
"""Large enough that a rate shows."""


@dataclass
class Seen:
    """What the client saw: its echoes, its close code, the status of a refusal, seconds, and whether a Pong came."""

    heard: int = 0
    code: int | None = None
    status: int | None = None
    seconds: float = 0.0
    pong: bool = False


async def talk(ws: ClientConnection, seen: Seen) -> None:
    """Three messages and their echoes, a Ping, and a rest in which the link may end it."""
    for text in ("grüße", "two", LONG):
        await ws.send(text)
        if await asyncio.wait_for(ws.recv(), 1) == text:
            seen.heard += 1
    with suppress(TimeoutError):
        await asyncio.wait_for(await ws.ping(), 0.3)
        seen.pong = True
    with suppress(TimeoutError):
        await asyncio.wait_for(ws.wait_closed(), 0.5)


async def dial(url: str) -> Seen:
    """What a client sees that dials and talks."""
    loop, seen = asyncio.get_running_loop(), Seen()
    began = loop.time()
    try:
        async with connect(url, compression=None, open_timeout=1, close_timeout=0.2, ping_interval=None) as ws:
            with suppress(ConnectionClosed, TimeoutError):
                await talk(ws, seen)
            seen.seconds = loop.time() - began
        seen.code = ws.close_code
    except InvalidStatus as refused:
        seen.status = refused.response.status_code
    except TimeoutError:
        seen.seconds = loop.time() - began
    return seen


CASES: dict[str, tuple[str, Callable[[Seen], bool], str]] = {
    "delay": ("delay:0.05", lambda seen: seen.heard == 3 and seen.seconds > 0.4, "server CLOSED 1000"),
    "rate": ("rate:4000", lambda seen: seen.heard == 3 and seen.seconds > 0.2, "server CLOSED 1000"),
    "loss": ("loss:probability=0.4,retransmit_after=0.05", lambda seen: seen.heard == 3, "server CLOSED 1000"),
    "outage": ("outage:0.3", lambda seen: seen.heard == 3 and seen.seconds > 0.3, "server CLOSED 1000"),
    "half-open": ("half-open:after=0.15", lambda seen: seen.code == 1006, "server OPEN, no longer true"),
    "cut": ("cut:at_frame=2", lambda seen: (seen.heard, seen.code) == (1, 1006), "server CLOSED 1006"),
    "fin": ("fin:at_frame=2", lambda seen: (seen.heard, seen.code) == (1, 1006), "server CLOSED 1006"),
    "idle": ("idle:0.2", lambda seen: (seen.heard, seen.code) == (3, 1006), "server CLOSED 1006"),
    "max-age": ("max-age:0.2", lambda seen: seen.code == 1006 and seen.seconds < 1, "server CLOSED 1006"),
    "rechunk": ("rechunk", lambda seen: (seen.heard, seen.pong, seen.code) == (3, True, 1000), "server CLOSED 1000"),
    "split": ("split:at_byte=200", lambda seen: (seen.heard, seen.code) == (3, 1000), "server CLOSED 1000"),
    "coalesce": ("coalesce:0.05", lambda seen: seen.heard == 3 and seen.seconds > 0.2, "server CLOSED 1000"),
    "flip": ("flip:at_frame=2,bit=3", lambda seen: (seen.heard, seen.code) == (1, 1002), "server CLOSED 1006"),
    "truncate-text": (
        "truncate-text:of=client",
        lambda seen: (seen.heard, seen.code) == (0, 1007),
        "server CLOSED 1006",
    ),
    "header": ("header:name=Upgrade,of=client", lambda seen: seen.status in (400, 426), "server"),
    "swallow-pongs": ("swallow-pongs", lambda seen: (seen.heard, seen.pong) == (3, False), "server CLOSED 1000"),
    "delay-pongs": ("delay-pongs:2", lambda seen: (seen.heard, seen.pong) == (3, False), "server"),
    "gate": ("gate:of=client,after=0.0", lambda seen: seen.heard == 0, "server"),
}
"""For each fault: how it is written, what the client then sees, and what the table says."""


def test_each_fault_has_its_case() -> None:
    assert list(CASES) == list(NAMES)


@pytest.mark.parametrize("name", CASES)
async def test_a_real_client_sees_it_and_the_table_says_it(name: str) -> None:
    written, saw, row = CASES[name]
    lab = Lab(timeout=3)
    try:
        link = await lab.link(await lab.serve(echo))
        panel = LinkPanel(link)
        press(panel, "draft", "", written)
        press(panel, "add")
        assert [each.kind for each in link.faults] == [name]
        seen = await dial(link.url)
        assert saw(seen), seen
        await asyncio.wait_for(shows(panel, row), 3)
        assert "client not recorded, not" in panel.text()  # another program's end
        assert row.removeprefix("server ") in look(panel.regions["table"]).text.replace("Server", "server")
        panel.close()
    finally:
        await lab.close()


async def shows(panel: LinkPanel, row: str) -> None:
    """Wait until the table says it."""
    panel.look()
    while not any(row in line for line in panel.text().splitlines() if line.startswith("  connection ")):
        await asyncio.sleep(0.02)
        panel.look()
