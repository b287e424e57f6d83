"""Time, tasks and sockets come from one module, and sockets are made as they should be."""

from __future__ import annotations

import ast
import asyncio
import logging
import socket
from pathlib import Path

import pytest

import wslab.lab
from wslab.lab import Endpoint, Lab, echo
from wslab.lab.clock.base import RealWorld
from wslab.lab.network.address import Address

LAB = Path(wslab.lab.__file__).parent
MODULES = sorted(LAB.rglob("*.py"))
HOMES = {LAB / "clock", LAB / "network"}
OURS = {"time", "socket", "select", "selectors", "threading", "datetime"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LAB)))
def test_only_clock_and_network_touch_time_and_sockets(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text()))
    used = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert path.parent in HOMES or not used & OURS


async def test_nothing_waits_for_nagle(lab: Lab) -> None:
    server = await lab.serve(echo)
    ws = await lab.connect(server)
    for end in (ws, server.connections[0]):
        assert nodelay(end) == 1
    await ws.close()


def nodelay(end: Endpoint) -> int:
    assert end._tcp._transport is not None
    sock = end._tcp._transport.get_extra_info("socket")
    value: int = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    return 1 if value else 0


async def test_an_error_in_a_task_of_the_lab_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, "wslab"):
        task = RealWorld().start(fail())
        await asyncio.wait([task])
        await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == ["An error inside the lab"]


@pytest.mark.parametrize(
    ("address", "text"), [(Address("127.0.0.1", 80), "127.0.0.1:80"), (Address("::1", 80), "[::1]:80")]
)
def test_an_address_is_written_as_in_a_url(address: Address, text: str) -> None:
    assert str(address) == text


async def test_ipv6_loopback_works_where_the_machine_has_it(lab: Lab) -> None:
    try:
        server = await lab.serve(echo, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    async with await lab.connect(server) as ws:
        await ws.send("six")
        assert await ws.recv() == "six"
