"""Two ends of ours: messages of every kind and size, and the same on both clocks."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import Lab, echo
from wslab.protocol import Opcode


@pytest.mark.parametrize("message", ["Hello", "", "ÄÖ😀", b"", b"\x00\xff" * 70, "x" * 200_000, b"y" * 3_000_000])
async def test_a_message_comes_back_as_it_was(lab: Lab, message: str | bytes) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send(message)
        assert await ws.recv() == message


async def test_bytes_like_messages_are_binary(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send(bytearray(b"one"))
        assert await ws.recv() == b"one"


@pytest.mark.parametrize("message", [1, None, ["a"], {"a": 1}])
async def test_other_types_are_refused_and_nothing_is_sent(lab: Lab, message: object) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        with pytest.raises(TypeError, match="text \\(str\\) or binary \\(bytes\\)"):
            await ws.send(message)  # type: ignore[arg-type]
        await ws.send("still well")
        assert await ws.recv() == "still well"


async def test_fragments_make_one_message_also_cut_inside_a_character(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send_fragment("ä".encode()[:1], fin=False, opcode=Opcode.TEXT)
        assert await ws.ping() >= 0
        await ws.send_fragment("ä".encode()[1:], fin=True)
        assert await ws.recv() == "ä"


async def test_two_hundred_connections_at_once_lose_and_mix_nothing(lab: Lab) -> None:
    server = await lab.serve(echo)

    async def talk(number: int) -> list[str | bytes]:
        async with await lab.connect(server) as ws:
            for turn in range(5):
                await ws.send(f"{number}.{turn}")
            return [await ws.recv() for _ in range(5)]

    heard = await asyncio.gather(*(talk(number) for number in range(200)))
    assert heard == [[f"{number}.{turn}" for turn in range(5)] for number in range(200)]
    assert len(lab.tape.connection_numbers) == 200
    assert {entry.fate for entry in lab.tape if entry.kind == "text"} == {"arrived"}


def test_on_the_virtual_clock_an_endpoint_does_all_that_it_does_on_the_real_one() -> None:
    lab = Lab(clock="virtual", seed=1)

    async def story() -> None:
        server = await lab.serve(echo)
        async with await lab.connect(server) as ws:
            assert [each.number for each in server.connections] == [ws.number]
            assert 0 < await ws.ping() < 0.1
            await ws.send("over memory")
            assert await ws.recv() == "over memory"
            began = lab.now
            with pytest.raises(TimeoutError, match="waited 3600 s"):
                await ws.recv(timeout=3600)
            assert lab.now - began == pytest.approx(3600)
        assert ws.close_code == 1000
        await asyncio.sleep(0.01)  # the server learns it a moment later
        assert server.connections == []

    lab.run(story())
