"""Each fault of the lab, put on by the panel's own form, under the traffic of a real `websockets` client.

What must come is awaited for as long as it takes, and what must not come for a moment. A fault that counts time is put
on once the messages before it are through. So no case depends on how fast this machine is.
"""

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

LONG_ENOUGH, MOMENT = 20.0, 0.2
"""Seconds to wait for what must come, and for what must not."""

LONG = "x" * 1000
"""Large enough that a rate shows."""


@dataclass
class Seen:
    """What the client saw: its echoes, its close code, the status of a refusal, seconds, and whether a Pong came.

    `ended`: the connection was over before the client closed it.
    """

    heard: int = 0
    code: int | None = None
    status: int | None = None
    seconds: float = 0.0
    pong: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Case:
    """A fault as it is written, what the client then sees, and what the table says of the server.

    `behind` is how many echoes come before the fault is put on. `dead`: nothing comes any more. `pongs`: Pongs come.
    `ends`: the link ends the connection by itself.
    """

    written: str
    saw: Callable[[Seen], bool]
    row: str
    behind: int = 0
    dead: bool = False
    pongs: bool = True
    ends: bool = False

    @property
    def patience(self) -> float:
        """Seconds to wait for an echo."""
        return MOMENT if self.dead else LONG_ENOUGH


async def talk(ws: ClientConnection, case: Case, seen: Seen, put_on: Callable[[], None]) -> None:
    """Three messages and their echoes, and a Ping; where the link ends the connection, that."""
    for text in ("grüße", "two", LONG):
        if case.behind == seen.heard > 0:
            put_on()
        await ws.send(text)
        if await asyncio.wait_for(ws.recv(), case.patience if seen.heard >= case.behind else LONG_ENOUGH) == text:
            seen.heard += 1
    if case.behind == seen.heard:
        put_on()
    if not case.ends:
        with suppress(TimeoutError):
            await asyncio.wait_for(await ws.ping(), LONG_ENOUGH if case.pongs else MOMENT)
            seen.pong = True
        return
    await asyncio.wait_for(ws.wait_closed(), LONG_ENOUGH)
    seen.ended = True


async def dial(url: str, case: Case, put_on: Callable[[], None]) -> Seen:
    """What a client sees that dials and talks."""
    loop, seen = asyncio.get_running_loop(), Seen()
    began = loop.time()
    opens = MOMENT if case.dead and not case.behind else LONG_ENOUGH
    try:
        async with connect(
            url, compression=None, open_timeout=opens, close_timeout=4 * MOMENT, ping_interval=None
        ) as ws:
            with suppress(ConnectionClosed, TimeoutError):
                await talk(ws, case, seen, put_on)
            seen.seconds = loop.time() - began
        seen.code = ws.close_code
    except InvalidStatus as refused:
        seen.status = refused.response.status_code
    except TimeoutError:
        seen.seconds = loop.time() - began
    return seen


CASES = {
    "delay": Case("delay:0.05", lambda seen: seen.heard == 3 and seen.seconds > 0.4, "CLOSED 1000"),
    "rate": Case("rate:4000", lambda seen: seen.heard == 3 and seen.seconds > 0.2, "CLOSED 1000"),
    "loss": Case("loss:probability=0.4,retransmit_after=0.02", lambda seen: seen.heard == 3, "CLOSED 1000"),
    "outage": Case("outage:0.3", lambda seen: seen.heard == 3 and seen.seconds > 0.3, "CLOSED 1000"),
    "half-open": Case(
        "half-open", lambda seen: (seen.heard, seen.code) == (1, 1006), "OPEN, no longer true", behind=1, dead=True
    ),
    "cut": Case("cut:at_frame=2", lambda seen: (seen.heard, seen.code) == (1, 1006), "CLOSED 1006"),
    "fin": Case("fin:at_frame=2", lambda seen: (seen.heard, seen.code) == (1, 1006), "CLOSED 1006"),
    "idle": Case("idle:0.1", lambda seen: seen.ended and seen.code == 1006, "CLOSED 1006", behind=3, ends=True),
    "max-age": Case("max-age:0.1", lambda seen: seen.ended and seen.code == 1006, "CLOSED 1006", behind=3, ends=True),
    "rechunk": Case("rechunk", lambda seen: (seen.heard, seen.pong, seen.code) == (3, True, 1000), "CLOSED 1000"),
    "split": Case("split:at_byte=200", lambda seen: (seen.heard, seen.code) == (3, 1000), "CLOSED 1000"),
    "coalesce": Case("coalesce:0.05", lambda seen: seen.heard == 3 and seen.seconds > 0.2, "CLOSED 1000"),
    "flip": Case("flip:at_frame=2,bit=3", lambda seen: (seen.heard, seen.code) == (1, 1002), "CLOSED 1006"),
    "truncate-text": Case("truncate-text:of=client", lambda seen: (seen.heard, seen.code) == (0, 1007), "CLOSED 1006"),
    "header": Case("header:name=Upgrade,of=client", lambda seen: seen.status in (400, 426), ""),
    "swallow-pongs": Case(
        "swallow-pongs", lambda seen: (seen.heard, seen.pong) == (3, False), "CLOSED 1000", pongs=False
    ),
    "delay-pongs": Case("delay-pongs:60", lambda seen: (seen.heard, seen.pong) == (3, False), "", pongs=False),
    "gate": Case("gate:of=client", lambda seen: seen.heard == 0, "", dead=True),
}


def test_each_fault_has_its_case() -> None:
    assert list(CASES) == list(NAMES)


@pytest.mark.parametrize("name", CASES)
async def test_a_real_client_sees_it_and_the_table_says_it(name: str) -> None:
    case = CASES[name]
    lab = Lab(timeout=3)
    try:
        link = await lab.link(await lab.serve(echo))
        panel = LinkPanel(link)

        def put_on() -> None:
            press(panel, "draft", "", case.written)
            press(panel, "add")
            assert [each.kind for each in link.faults] == [name]

        if not case.behind:
            put_on()
        seen = await dial(link.url, case, put_on)
        assert case.saw(seen), seen
        await asyncio.wait_for(shows(panel, f"server {case.row}"), LONG_ENOUGH)
        assert "client not recorded, not" in panel.text()  # another program's end
        assert f"server {case.row}" in look(panel.regions["table"]).text
        panel.close()
    finally:
        await lab.close()


async def shows(panel: LinkPanel, row: str) -> None:
    """Wait until the table says it."""
    panel.look()
    while not any(row in line for line in panel.text().splitlines() if line.startswith("  connection ")):
        await asyncio.sleep(0.02)
        panel.look()
