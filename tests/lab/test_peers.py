"""Each fault between two programs that other people wrote, through a link as `wslab tap` makes it.

Chromium is tried in `tests/browser`, for it needs a browser.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import pytest
import pytest_asyncio

from wslab.lab.faults.names import NAMES
from wslab.lab.faults.presets import PRESETS

from .peers import in_aiohttp, in_node, in_websockets, in_wsproto
from .peers.stage import closed_by_hand, differences, otherwise, play
from .peers.table import CASES, FAULTS, Case
from .peers.table import PRESETS as PRESET_CASES
from .peers.talk import Pair

pytestmark = pytest.mark.asyncio(loop_scope="module")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine: npm ws not tried")

Pairs = dict[str, Pair]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pairs() -> AsyncIterator[Pairs]:
    """Two programs by the name of the client's; those of Python live on this loop."""
    async with AsyncExitStack() as stack:
        websockets = await stack.enter_async_context(in_websockets.serving())
        aiohttp = await stack.enter_async_context(in_aiohttp.serving())
        yield {
            "websockets": Pair("websockets", "websockets", in_websockets.play, *websockets),
            "wsproto": Pair("wsproto", "websockets", in_wsproto.play, *websockets),
            "aiohttp": Pair("aiohttp", "aiohttp", in_aiohttp.play, *aiohttp),
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def npm_ws() -> AsyncIterator[Pair]:
    """The same of two processes of Node.js."""
    async with in_node.serving() as server, in_node.playing() as client:
        yield Pair("npm ws", "npm ws", client, *server)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("client", ["websockets", "wsproto", "aiohttp"])
async def test_a_fault_between_two_programs_of_python_does_what_the_table_says(
    client: str, case: Case, pairs: Pairs
) -> None:
    assert await otherwise(pairs[client], case) == {}


@pytest.mark.parametrize("case", [case for case in CASES if case.client == 1000], ids=lambda case: case.name)
async def test_what_passes_does_so_compressed_too_and_the_tape_tells_the_messages(case: Case) -> None:
    async with in_websockets.serving(compression="deflate") as server:
        client = partial(in_websockets.play, compression="deflate")
        played = await play(Pair("websockets", "websockets", client, *server), case)
    assert differences(played, case) == {}
    texts = [entry for entry in played.entries if entry.kind == "text"]
    assert [entry.frame is not None and entry.frame.rsv1 for entry in texts] == [True] * 8
    for sender, messages in (("client", case.served), ("server", case.heard)):
        assert [each.plain for each in texts if each.sender == sender] == [message.encode() for message in messages]


@needs_node
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_fault_between_two_programs_of_npm_ws_does_what_the_table_says(case: Case, npm_ws: Pair) -> None:
    assert await otherwise(npm_ws, case) == {}


async def test_every_fault_and_every_preset_is_in_the_table() -> None:
    assert {case.fault.partition(":")[0] for case in FAULTS} == set(NAMES)
    assert [case.fault for case in PRESET_CASES] == list(PRESETS)
    assert len({case.name for case in CASES}) == len(CASES)


async def test_a_preset_made_smaller_differs_from_itself_in_time_alone() -> None:
    for case in PRESET_CASES:
        assert [type(fault) for fault in case.faults] == [type(fault) for fault in PRESETS[case.fault]]
        assert (case.small == 1.0) is (case.faults == PRESETS[case.fault])


@pytest.mark.parametrize("to", [("client",), ("server",), ("client", "server")], ids="+".join)
@pytest.mark.parametrize("client", ["websockets", "wsproto"])
async def test_a_close_put_in_by_hand_ends_both_programs_with_its_code(
    client: str, to: tuple[str, ...], pairs: Pairs
) -> None:
    assert await closed_by_hand(pairs[client], to) == (1011, 1011)
