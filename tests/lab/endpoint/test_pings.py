"""Pings that a user waits for, and Pongs that answer none."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import Lab, echo
from wslab.protocol import LocalProtocolError


async def test_a_ping_measures_the_time_to_its_own_pong(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        one, two = await asyncio.gather(ws.ping(b"one"), ws.ping(b"two"))
        assert 0 < one < 2
        assert 0 < two < 2
        with pytest.raises(LocalProtocolError):
            await ws.ping(b"x" * 126)
        assert await ws.ping() < 2


async def test_two_pings_with_one_payload_are_refused(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        first = asyncio.ensure_future(ws.ping(b"same"))
        await asyncio.sleep(0)
        with pytest.raises(ValueError, match="on its way already"):
            await ws.ping(b"same")
        await first


async def test_an_unasked_pong_does_no_harm(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.pong(b"alive")
        await ws.send("on")
        assert await ws.recv() == "on"
