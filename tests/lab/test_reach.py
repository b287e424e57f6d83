"""What a view reaches through a link: its lab, one end of a connection, the newest connection, what is held of it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from wslab.lab import Endpoint, HandshakeRefused, Lab, Link, echo
from wslab.protocol import Role


@pytest.fixture
def lab() -> Lab:
    return Lab(clock="virtual", timeout=5)


@pytest.fixture
def link(lab: Lab) -> Link:
    async def made() -> Link:
        return await lab.link(await lab.serve(echo, ping_interval=20))

    return lab.run(made())


def test_a_link_knows_its_lab(lab: Lab, link: Link) -> None:
    assert link.lab is lab


def test_both_ends_of_a_connection_are_found_while_they_live(lab: Lab, link: Link) -> None:
    client = lab.run(lab.connect(link))
    found = lab.endpoint(1, "client")
    server = lab.endpoint(1, Role.SERVER)
    assert isinstance(found, Endpoint)
    assert isinstance(server, Endpoint)
    assert (found.number, found.role, server.role) == (1, Role.CLIENT, Role.SERVER)
    lab.run(found.send("by another hand"))
    assert lab.run(client.recv()) == "by another hand"
    lab.run(client.close())
    assert lab.endpoint(1, "client") is None
    assert lab.endpoint(2, "client") is None


def test_the_next_ping_of_a_keepalive_is_known(lab: Lab, link: Link) -> None:
    client = lab.run(lab.connect(link))
    server = lab.endpoint(1, "server")
    assert server is not None
    assert (client.ping_interval, client.next_ping, server.ping_interval) == (None, None, 20)
    opened = server.next_ping
    assert opened is not None
    lab.run(asyncio.sleep(25))
    assert server.next_ping == pytest.approx(opened + 20)
    lab.run(client.close())
    assert server.next_ping is None


def test_the_newest_connection_is_known_also_when_it_never_opened(lab: Lab, link: Link) -> None:
    assert link.newest == 0
    lab.run(lab.connect(link))
    lab.run(lab.connect(f"ws://{link.target}/"))
    assert link.newest == 1
    link.faults = ("cut",)
    with pytest.raises(HandshakeRefused):
        lab.run(lab.connect(link))
    assert link.newest == 3


def test_what_is_held_is_told_apart_by_connection_and_sender(lab: Lab, link: Link) -> None:
    first, second = lab.run(lab.connect(link)), lab.run(lab.connect(link))
    link.faults = ("gate",)

    async def sent() -> None:
        for client, text in ((first, "one"), (second, "two"), (second, "three")):
            await client.send(text)
        await asyncio.sleep(0.1)

    lab.run(sent())
    assert [link.count_frames(number, Role.CLIENT) for number in (1, 2, 3)] == [1, 2, 0]
    assert [link.count_held(number, Role.CLIENT) for number in (1, 2, 3)] == [1, 2, 0]
    (held,) = link.first_held(1, connection=2, of=Role.CLIENT)
    assert held.connection == 2
    assert link.first_held(5, connection=2, of=Role.SERVER) == []
    assert len(link.first_held(5, of=Role.CLIENT)) == 3


def test_what_is_started_runs_to_its_end_on_the_virtual_clock(lab: Lab) -> None:
    done: list[float] = []

    async def work() -> None:
        await asyncio.sleep(3)
        done.append(lab.now)

    lab.start(work())
    assert done == [pytest.approx(3)]


async def test_on_the_real_clock_it_goes_on_beside_all_else(caplog: pytest.LogCaptureFixture) -> None:
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    async def broken() -> None:
        raise OSError("no way")

    async with Lab() as lab:
        with caplog.at_level(logging.ERROR, "wslab"):
            lab.start(work())
            lab.start(broken())
            assert not done.is_set()
            await asyncio.wait_for(done.wait(), 5)
        assert "no way" in caplog.text
