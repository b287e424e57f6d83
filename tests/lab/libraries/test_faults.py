"""Each fault and preset of the table, between other people's programs, with TCP in memory and in virtual time."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from tests.lab.peers import in_aiohttp, in_websockets, in_wsproto
from tests.lab.peers.stage import differences, play
from tests.lab.peers.table import CASES, Case
from tests.lab.peers.talk import Book, Pair
from wslab.lab import Lab

Serving = AbstractAsyncContextManager[tuple[str, Book]]

PAIRS = {
    "websockets": (in_websockets.play, "websockets", in_websockets.serving),
    "wsproto": (in_wsproto.play, "websockets", in_websockets.serving),
    "aiohttp": (in_aiohttp.play, "aiohttp", in_aiohttp.serving),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("client", PAIRS)
def test_a_fault_between_two_programs_in_memory_does_what_it_does_on_sockets(client: str, case: Case) -> None:
    take, server, serving = PAIRS[client]
    lab = Lab(clock="virtual", timeout=1.0, seed=7)

    async def story() -> dict[str, tuple[object, object]]:
        meant = case.between(client, server)
        async with serving() as (target, book):
            return differences(await play(Pair(client, server, take, target, book), meant, lab), meant)

    assert lab.run(story()) == {}
