"""Keepalive: Pings at regular times, and what becomes of a peer that does not answer them."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.client import connect as their_connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as their_serve

from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.lab.faults.pongs import SwallowPongs
from wslab.protocol import Role, State


def pings(lab: Lab, sender: str) -> int:
    return sum(entry.kind == "ping" and entry.sender == sender for entry in lab.tape)


@pytest.mark.parametrize("sender", ["client", "server"])
async def test_pings_go_at_regular_times_and_their_pongs_keep_the_connection(lab: Lab, sender: str) -> None:
    every = {role: 0.03 if role == sender else None for role in ("client", "server")}
    server = await lab.serve(echo, ping_interval=every["server"], ping_timeout=1)
    async with await lab.connect(server, ping_interval=every["client"], ping_timeout=1) as ws:
        await asyncio.sleep(0.3)
        assert ws.state is State.OPEN
        await ws.send("still")
        assert await ws.recv() == "still"
    assert 5 <= pings(lab, sender) <= 10
    assert pings(lab, "client" if sender == "server" else "server") == 0
    assert all("4 bytes" in entry.sentence for entry in lab.tape if entry.kind == "ping")


async def test_without_an_interval_no_ping_goes_and_nothing_is_set(lab: Lab) -> None:
    server = await lab.serve(echo, ping_timeout=0.01)
    async with await lab.connect(server, ping_timeout=0.01) as ws:
        await asyncio.sleep(0.1)
        assert ws.state is State.OPEN
    assert pings(lab, "client") + pings(lab, "server") == 0


async def test_a_silent_link_is_found_out_by_both_sides() -> None:
    ended: asyncio.Future[ConnectionClosed] = asyncio.get_running_loop().create_future()

    async def handler(connection: Endpoint) -> None:
        try:
            await connection.recv(timeout=5)
        except ConnectionClosed as closed:
            ended.set_result(closed)

    async with Lab(timeout=0.3) as lab:
        server = await lab.serve(handler, ping_interval=0.05, ping_timeout=0.1)
        link = await lab.link(server)
        ws = await lab.connect(link, ping_interval=0.05, ping_timeout=0.1)
        await asyncio.sleep(0.12)
        link.silence()
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv(timeout=5)
        for error, role, peer in ((closed.value, "client", "server"), (await ended, "server", "client")):
            assert (error.code, error.by, error.clean) == (1006, role, False)
            words = str(error)
            assert f"No Pong answered the {role}'s Ping within 0.1 s" in words
            assert f"the {role} takes the {peer} for gone" in words
            assert f"The {role} sent a Close with 1011" in words
            assert "“keepalive ping timeout”" in words
            assert "what came behind it was not read (§7.1.7), and TCP was reset by this side" in words
    assert "failed the connection: no Pong came in time" in {entry.client.detail for entry in lab.tape if entry.client}
    closes = [entry.sentence for entry in lab.tape if entry.kind == "close"]
    assert len(closes) == 2
    assert all("1011" in sentence for sentence in closes)


def test_a_peer_that_talks_and_sends_no_pong_is_not_said_to_be_silent() -> None:
    async def talk(ws: Endpoint) -> None:
        while True:
            await ws.send("here")
            await asyncio.sleep(0.2)

    async def story(lab: Lab) -> None:
        server = await lab.serve(echo, ping_interval=1, ping_timeout=1.5)
        ws = await lab.connect(await lab.link(server, "swallow-pongs"))
        with pytest.raises(ConnectionClosed):
            await talk(ws)

    lab = Lab(clock="virtual", seed=7)
    lab.run(story(lab))
    (late,) = (entry for entry in lab.tape if entry.sentence.startswith("No Pong"))
    heard = [
        entry for entry in lab.tape if entry.kind == "text" and entry.sender == "client" and entry.time < late.time
    ]
    assert len(heard) > 10
    assert "even if other frames of it came" in late.sentence


async def test_while_a_late_connection_fails_nothing_more_can_be_sent() -> None:
    async with Lab(timeout=0.5) as lab:
        link = await lab.link(await lab.serve(echo))
        ws = await lab.connect(link, ping_interval=0.05, ping_timeout=0.05)
        link.silence()
        await asyncio.sleep(0.2)
        assert ws.state is State.CLOSING
        with pytest.raises(ConnectionClosed, match=r"^No Pong answered the client's Ping within 0\.05 s"):
            await ws.send("late")
        with pytest.raises(ConnectionClosed, match="No Pong"):
            await ws.ping()
        began = asyncio.get_running_loop().time()
        await ws.wait_closed()
        assert asyncio.get_running_loop().time() - began < 1
        assert ws.close_code == 1006


@pytest.mark.parametrize("role", Role)
def test_the_side_that_misses_a_pong_believes_1006_and_a_peer_that_lives_after_all_the_1011(role: Role) -> None:
    lab = Lab(clock="virtual")

    async def story() -> None:
        every = {each: 20.0 if each is role else None for each in Role}
        server = await lab.serve(echo, ping_interval=every[Role.SERVER], ping_timeout=5)
        link = await lab.link(server, SwallowPongs(of=role.peer))
        ws = await lab.connect(link, ping_interval=every[Role.CLIENT], ping_timeout=5)
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv(timeout=60)
        assert closed.value.code == (1006 if role is Role.CLIENT else 1011)
        await ws.close()  # the end is what was wanted: no error
        await asyncio.sleep(1)

    lab.run(story())
    last = lab.tape[-1]
    assert last.client is not None
    assert last.server is not None
    codes = {Role.CLIENT: last.client.code, Role.SERVER: last.server.code}
    assert codes == {role: 1006, role.peer: 1011}
    answers = [entry for entry in lab.tape if entry.kind == "close" and entry.sender == role.peer.value]
    assert [entry.fate for entry in answers] == ["arrived"], "it came, and was not read (§7.1.7)"


async def test_without_a_limit_the_pings_go_on_whatever_comes_back(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    ws = await lab.connect(link, ping_interval=0.03, ping_timeout=None)
    link.silence()
    await asyncio.sleep(0.3)
    assert ws.state is State.OPEN
    assert pings(lab, "client") >= 5
    assert ws.asyncio_protocol.pings.waiting == 0
    ws.abort()


async def test_a_pong_that_takes_longer_than_the_interval_is_in_time_within_the_limit(lab: Lab) -> None:
    reader = asyncio.Event()

    async def slow(connection: Endpoint) -> None:
        connection._tcp.stop_reading()
        await reader.wait()
        connection._tcp.go_on_reading()
        await connection.wait_closed()

    ws = await lab.connect(await lab.serve(slow), ping_interval=0.05, ping_timeout=1.0)
    await asyncio.sleep(0.3)
    assert ws.asyncio_protocol.pings.waiting >= 3
    reader.set()
    await asyncio.sleep(0.1)
    assert ws.asyncio_protocol.pings.waiting <= 1
    assert ws.state is State.OPEN
    await ws.close()


async def test_no_ping_goes_once_a_close_did(lab: Lab) -> None:
    server = await lab.serve(echo, ping_interval=0.02)
    ws = await lab.connect(server, ping_interval=0.02)
    await ws.close()
    await asyncio.sleep(0.01)
    before = len(lab.tape)
    await asyncio.sleep(0.1)
    assert len(lab.tape) == before


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
async def test_a_time_that_is_none_is_refused(lab: Lab, seconds: float) -> None:
    with pytest.raises(ValueError, match="ping_interval is a number of seconds above 0"):
        await lab.serve(echo, ping_interval=seconds)
    with pytest.raises(ValueError, match="ping_timeout is a number of seconds above 0"):
        await lab.connect("ws://127.0.0.1:1/", ping_timeout=seconds)


# --- with the websockets library ----------------------------------------------------------


async def test_their_client_answers_our_keepalive(lab: Lab) -> None:
    server = await lab.serve(echo, ping_interval=0.03, ping_timeout=0.5)
    async with their_connect(server.url, ping_interval=None) as theirs:
        await asyncio.sleep(0.2)
        await theirs.send("alive")
        assert await theirs.recv() == "alive"
    assert pings(lab, "server") >= 3


async def test_their_client_that_stops_reading_is_told_1011(lab: Lab) -> None:
    server = await lab.serve(echo, ping_interval=0.05, ping_timeout=0.1)
    async with their_connect(server.url, ping_interval=None) as theirs:
        theirs.transport.pause_reading()
        await asyncio.sleep(0.3)
        assert server.connections[0].state is State.CLOSING
        theirs.transport.resume_reading()
        await theirs.wait_closed()
        assert (theirs.close_code, theirs.close_reason) == (1011, "keepalive ping timeout")


async def test_their_server_answers_our_keepalive_and_keeps_its_own(lab: Lab) -> None:
    async def handler(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with their_serve(handler, "127.0.0.1", 0, ping_interval=0.03) as theirs:
        port = next(iter(theirs.sockets)).getsockname()[1]
        async with await lab.connect(f"ws://127.0.0.1:{port}/", ping_interval=0.03, ping_timeout=0.5) as ws:
            await asyncio.sleep(0.2)
            await ws.send("alive")
            assert await ws.recv() == "alive"
    assert pings(lab, "client") >= 3
    assert pings(lab, "server") >= 3


# --- on the virtual clock -----------------------------------------------------------------


def test_a_day_of_keepalive_takes_a_moment_and_the_same_bytes_each_time() -> None:
    def day() -> Lab:
        lab = Lab(clock="virtual", seed=7)

        async def story() -> None:
            async with await lab.connect(await lab.serve(echo, ping_interval=20)):
                await asyncio.sleep(24 * 3600)

        lab.run(story())
        return lab

    first, second = day(), day()
    assert pings(first, "server") in (24 * 180 - 1, 24 * 180)
    assert list(first.tape.log.raw()) == list(second.tape.log.raw())


def test_on_the_virtual_clock_a_dead_peer_is_found_out_to_the_second() -> None:
    lab = Lab(clock="virtual", seed=7)

    async def story() -> None:
        link = await lab.link(await lab.serve(echo))
        ws = await lab.connect(link, ping_interval=20, ping_timeout=20)
        link.silence()
        await ws.wait_closed()

    lab.run(story())
    times = [entry.time for entry in lab.tape if entry.kind in ("ping", "close") and entry.sender == "client"]
    assert times == pytest.approx([20, 40, 40], abs=0.1)
    assert lab.now == pytest.approx(50, abs=0.1), "TCP is cut after the lab's limit"
