"""Beside plugins that run coroutines: each test runs once, on the clock that it asks for, and theirs stay theirs."""

from __future__ import annotations

import pytest

from .conftest import Play

OURS = """
import asyncio

import pytest

from wslab import echo


def is_virtual():
    return type(asyncio.get_running_loop()).__name__ == "VirtualLoop"


async def talk(server, lab):
    async with await lab.connect(server) as ws:
        await ws.send("hello")
        return await ws.recv()


async def test_a_coroutine(wslab_virtual):
    await asyncio.sleep(3600)
    assert wslab_virtual.now == 3600


def test_a_function(wslab_virtual, wslab_server):
    server = wslab_virtual.run(wslab_server(echo))
    assert wslab_virtual.run(talk(server, wslab_virtual)) == "hello"


class TestClass:
    async def test_a_method(self, wslab_virtual):
        assert is_virtual()
        assert type(self) is TestClass


@pytest.mark.parametrize("preset", ["nginx_60s", "mobile"])
async def test_without_a_lab_of_its_own(wslab_link, preset, wslab_server):
    link = await wslab_link((await wslab_server(echo)).url, preset)
    assert await talk(link, link.lab) == "hello"
    assert is_virtual()


async def test_on_the_real_clock(wslab_lab, wslab_server):
    assert await talk(await wslab_server(echo), wslab_lab) == "hello"
    assert not is_virtual()


def test_a_function_on_the_real_clock(wslab_lab):
    server = wslab_lab.run(wslab_lab.serve(echo))
    assert wslab_lab.run(talk(server, wslab_lab)) == "hello"


@pytest.mark.wslab(clock="real")
async def test_marked_as_real(wslab_server):
    assert (await wslab_server(echo)).url.startswith("ws://127.0.0.1:")
    assert not is_virtual()


@pytest.mark.wslab(clock="virtual")
async def test_both(wslab_virtual, wslab_lab):
    assert is_virtual()
"""

THEIRS = """
import asyncio

import pytest

pytestmark = pytest.mark.{plugin}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def value():
    return 7


async def test_theirs(value):
    assert type(asyncio.get_running_loop()).__name__ != "VirtualLoop"


async def test_ours_among_theirs(value, wslab_virtual):
    await asyncio.sleep(3600)
    assert (value, wslab_virtual.now) == (7, 3600)
"""
ASYNCIO = (THEIRS.format(plugin="asyncio") + "\n").replace("@pytest.fixture\ndef value", "@fixture\nasync def value")
ASYNCIO = ASYNCIO.replace("import pytest\n", "import pytest\nfrom pytest_asyncio import fixture\n", 1)
ANYIO = THEIRS.format(plugin="anyio").replace("def value", "async def value")
UNMARKED = THEIRS.replace("pytestmark = pytest.mark.{plugin}", "").replace("def value", "async def value")

COUNT = 9
ALONE = ("-p", "no:asyncio", "-p", "no:anyio", "-p", "no:aiohttp")
CASES: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "nobody": ({}, ALONE),
    "pytest-asyncio, strict": ({"test_theirs": ASYNCIO}, ()),
    "pytest-asyncio, auto": ({"test_theirs": ASYNCIO, "test_more": UNMARKED}, ("--asyncio-mode=auto",)),
    "anyio, strict": ({"test_theirs": ANYIO}, ()),
    "anyio, auto": ({"test_theirs": UNMARKED}, ("-p", "no:asyncio", "-p", "no:aiohttp", "--anyio-mode=auto")),
    "pytest-xdist": ({"test_theirs": ASYNCIO}, ("-n", "1")),
}


@pytest.mark.parametrize("case", CASES)
def test_each_test_runs_on_its_own_clock(play: Play, case: str) -> None:
    theirs, arguments = CASES[case]
    play({"test_ours": OURS, **theirs}, *arguments).assert_outcomes(passed=COUNT + 2 * len(theirs))


AIOHTTP = """
import aiohttp
import pytest
from aiohttp import web

pytestmark = pytest.mark.asyncio


async def shout(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        await ws.send_str(message.data.upper())
    return ws


@pytest.fixture
def app():
    made = web.Application()
    made.router.add_get("/", shout)
    return made


async def test_theirs(aiohttp_client, app):
    client = await aiohttp_client(app)
    assert (await client.get("/none")).status == 404


async def test_their_server_behind_our_link(aiohttp_server, app, wslab_lab, wslab_link):
    server = await aiohttp_server(app)
    link = await wslab_link(f"ws://127.0.0.1:{server.port}/", "mobile")
    async with aiohttp.ClientSession() as session, session.ws_connect(link.url) as ws:
        await ws.send_str("hello")
        assert (await ws.receive()).data == "HELLO"
    assert [frame.plain for frame in wslab_lab.tape.frames(opcode=1, side="server")] == [b"HELLO"]
"""


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_aiohttp_keeps_its_own(play: Play, mode: str) -> None:
    play({"test_ours": OURS, "test_theirs": AIOHTTP}, f"--asyncio-mode={mode}").assert_outcomes(passed=COUNT + 2)
