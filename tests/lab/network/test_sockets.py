"""Sockets are made as they should be, and a listener lets go of its port."""

from __future__ import annotations

import asyncio
import socket

import pytest

from wslab.lab import Endpoint, Lab, echo
from wslab.lab.clock.real import RealClock
from wslab.lab.network.address import Address
from wslab.lab.network.sockets import SocketNetwork


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


async def test_ipv6_loopback_works_where_the_machine_has_it(lab: Lab) -> None:
    try:
        server = await lab.serve(echo, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    async with await lab.connect(server) as ws:
        await ws.send("six")
        assert await ws.recv() == "six"


async def test_a_closed_listener_frees_its_port_at_once() -> None:
    network = SocketNetwork(RealClock())
    first = await network.listen(asyncio.Protocol, "127.0.0.1", 0)
    with pytest.raises(OSError, match="in use"):
        await network.listen(asyncio.Protocol, *first.address)
    first.close()
    (await network.listen(asyncio.Protocol, *first.address)).close()


async def test_a_client_knows_its_own_address_before_the_server_sees_it() -> None:
    network, seen = SocketNetwork(RealClock()), list[Address]()

    class Accepting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            seen.append(network.addresses(transport)[1])
            transport.close()

    listener = await network.listen(Accepting, "127.0.0.1", 0)
    told: list[Address] = []
    transport = await network.dial(asyncio.Protocol, listener.address, timeout=2, bound=told.append)
    while not seen:  # noqa: ASYNC110  there is nothing to wait for
        await asyncio.sleep(0.01)
    assert told == seen == [network.addresses(transport)[0]]
    transport.close()
    listener.close()
