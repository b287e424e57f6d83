"""Other people's libraries in virtual time: each server with each client, over TCP that is in memory."""

from __future__ import annotations

import asyncio
import gc
import re
import ssl
import warnings
from threading import Event
from threading import enumerate as threads

import aiohttp
import anyio.to_thread
import picows
import pytest
import trustme
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from wslab.lab import Deadlock, HandshakeRefused, Lab, Link
from wslab.lab.faults.ending import Silence

from .programs import CLIENTS, PATIENCE, PING, SERVERS, WAITING, _echo

MESSAGES = ("hello", "ä" * 100_000, "")
HOUR = 3600.0


def bytes_of(lab: Lab) -> list[tuple[str, bytes]]:
    """What both sides sent, without the Date of a response, which is the real one."""
    sent = [(entry.sender, entry.data) for entry in lab.tape if entry.kind != "tcp"]
    return [(side, re.sub(rb"(?im)^(date: ).*?\r", rb"\1", data)) for side, data in sent]


async def talk(lab: Lab, server: str, client: str) -> list[str]:
    async with SERVERS[server](lab) as url:
        link = await lab.link(url.replace("localhost", "127.0.0.1"))
        return await CLIENTS[client](lab, link.url, MESSAGES)


def played(server: str, client: str, seed: int) -> Lab:
    lab = Lab(clock="virtual", seed=seed)
    assert lab.run(talk(lab, server, client)) == list(MESSAGES)
    return lab


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
def test_they_talk_through_a_link_and_all_is_on_the_tape(server: str, client: str) -> None:
    lab = Lab(clock="virtual", seed=7)
    assert lab.run(talk(lab, server, client)) == list(MESSAGES)
    kinds = [(each.sender, each.kind) for each in lab.tape if each.connection == 1 and each.kind in ("text", "close")]
    texts = [each for each in kinds if each[1] == "text"]
    assert len(texts) >= 2 * len(MESSAGES)
    assert {sender for sender, kind in kinds if kind == "close"} == {"client", "server"}


@pytest.mark.parametrize("client", [name for name in CLIENTS if name != "aiohttp"])
@pytest.mark.parametrize("server", SERVERS)
def test_the_same_seed_gives_the_same_bytes_of_their_masks_and_keys_too(server: str, client: str) -> None:
    first, again, other = (bytes_of(played(server, client, seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_aiohttp_s_client_draws_its_masks_from_a_generator_that_nobody_can_seed() -> None:
    first, again = (bytes_of(played("aiohttp", "aiohttp", 7)) for _ in range(2))
    assert [data for sender, data in first if sender == "server"] == [
        data for sender, data in again if sender == "server"
    ]
    assert [len(data) for _, data in first] == [len(data) for _, data in again]


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server shows, and what a client trusts."""
    authority = trustme.CA()
    shows, trusts = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(shows)
    authority.configure_trust(trusts)
    return shows, trusts


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
def test_they_talk_over_tls(server: str, client: str, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    lab, (shows, trusts) = Lab(clock="virtual", seed=7), contexts

    async def story() -> list[str]:
        async with SERVERS[server](lab, shows) as url:
            return await CLIENTS[client](lab, url, MESSAGES, trusts)

    assert lab.run(story()) == list(MESSAGES)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_certificate_that_nobody_signed_is_refused(
    client: str, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    lab = Lab(clock="virtual", seed=7)

    async def story() -> None:
        async with SERVERS["websockets"](lab, contexts[0]) as url:
            with pytest.raises((OSError, aiohttp.ClientError, HandshakeRefused), match="certificate"):
                await CLIENTS[client](lab, url, MESSAGES, ssl.create_default_context())

    lab.run(story())


@pytest.mark.parametrize("client", WAITING)
def test_their_own_keepalive_finds_a_link_that_went_silent_after_an_hour(client: str) -> None:
    lab = Lab(clock="virtual", seed=7)

    async def story() -> int:
        async with SERVERS["wslab"](lab) as url:  # sends no Pings of its own: aiohttp takes them for a sign of life
            link = await lab.link(url.replace("localhost", "127.0.0.1"), Silence(after=HOUR))
            return await WAITING[client](lab, link.url)

    assert lab.run(story()) in (1006, 1011)  # what each library tells is its own
    pings = [entry.time for entry in lab.tape if entry.kind == "ping" and entry.sender == "client"]
    assert HOUR / (PING + 2) < len(pings) <= HOUR / PING + 1  # aiohttp rounds its moments up to whole seconds
    assert HOUR < lab.now < HOUR + 2 * PING + 2 * PATIENCE


def test_websockets_reconnects_until_the_server_is_back() -> None:
    lab = Lab(clock="virtual", seed=7)

    async def story() -> tuple[str, float]:
        asyncio.get_running_loop().call_later(HOUR, lambda: serving.append(asyncio.ensure_future(back())))
        async for ws in connect("ws://127.0.0.1:8765/"):
            await ws.send("there?")
            return str(await ws.recv()), lab.now
        raise AssertionError

    serving: list[asyncio.Future[None]] = []

    async def back() -> None:
        async with serve(_echo, "127.0.0.1", 8765):
            await asyncio.sleep(HOUR)

    heard, when = lab.run(story())
    assert heard == "there?"
    assert HOUR < when < HOUR + 100  # `websockets` waits at most 90 s before it dials again


def test_a_deadlock_names_their_code() -> None:
    lab = Lab(clock="virtual", seed=7)

    async def story() -> None:
        async with SERVERS["wslab"](lab) as url, connect(url, ping_interval=None) as ws:
            await ws.recv()

    with pytest.raises(Deadlock, match=r"story \(line \d+\) waits in Connection.recv"):
        lab.run(story())


def test_what_takes_sockets_of_the_system_is_refused_with_its_own_call() -> None:
    """picows, whose transports are its own, in C."""
    lab = Lab(clock="virtual")

    async def story() -> None:
        await picows.ws_create_server(lambda _: picows.WSListener(), "127.0.0.1", 0)

    with pytest.raises(NotImplementedError, match=r"^loop\.add_reader: a virtual clock has TCP in memory.*"):
        lab.run(story())
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # picows leaves the socket open that it made


def test_a_thread_beside_the_loop_is_not_waited_for() -> None:
    """anyio's, which Starlette has for functions that are not coroutines."""
    lab, may_end, before = Lab(clock="virtual"), Event(), set(threads())

    async def story() -> None:
        await anyio.to_thread.run_sync(may_end.wait, 10, abandon_on_cancel=True)

    try:
        with pytest.raises(Deadlock, match=r"story .* waits in run_sync"):
            lab.run(story())
    finally:
        may_end.set()
    for thread in set(threads()) - before:
        thread.join(10)  # its task has ended, and it was told: a script would wait for it at its end
        assert not thread.is_alive()


@pytest.mark.parametrize("url", ["ws://example.com/", "ws://192.0.2.1/"])
def test_what_is_not_this_machine_is_not_there(url: str) -> None:
    lab = Lab(clock="virtual")

    async def story() -> None:
        await connect(url, proxy=None)

    with pytest.raises(OSError, match="the network in memory is one machine"):
        lab.run(story())


def test_a_scenario_s_link_can_be_silenced_by_hand_between_them() -> None:
    lab = Lab(clock="virtual", seed=7)

    async def story(link: Link) -> float:
        async with connect(link.url, ping_interval=PING, ping_timeout=PATIENCE) as ws:
            await ws.send("one")
            assert await ws.recv() == "one"
            link.silence()
            began = lab.now
            await ws.wait_closed()
            return lab.now - began

    async def run() -> float:
        async with SERVERS["websockets"](lab) as url:
            return await story(await lab.link(url.replace("localhost", "127.0.0.1")))

    assert PATIENCE < lab.run(run()) < PING + 2 * PATIENCE + 1
