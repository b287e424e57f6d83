"""What came before a Close or a violation is answered before the connection ends."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import Endpoint, Lab, echo
from wslab.protocol import Frame, FrameParser, HandshakeRequest, HandshakeResponse, Opcode, Role

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"abcd"


async def talk(port: int, data: bytes) -> tuple[list[Frame], float]:
    """All that a server sends to a client that writes `data` behind its request in one piece, and how long it took."""
    request = HandshakeRequest.build(f"127.0.0.1:{port}", key=KEY).serialize()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = asyncio.get_running_loop().time()
    writer.write(request + data)
    heard = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    _, behind = HandshakeResponse.parse(heard)
    return FrameParser(Role.CLIENT).feed(behind), asyncio.get_running_loop().time() - began


ASK = [Frame.text(f"ask {number}", mask=MASK) for number in range(3)]
ENDINGS = {"violation": Frame(3, mask=MASK), "Close": Frame.close(4001, mask=MASK)}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_an_echo_answers_all_that_came_before_the_end_in_one_piece(lab: Lab, ending: str) -> None:
    server = await lab.serve(echo)
    data = b"".join(frame.serialize() for frame in [*ASK, ENDINGS[ending]])
    frames, seconds = await talk(server.port, data)
    assert frames[:-1] == [frame.replace(mask=None) for frame in ASK]
    assert frames[-1].opcode == Opcode.CLOSE
    assert int.from_bytes(frames[-1].payload[:2], "big") == (1002 if ending == "violation" else 4001)
    assert seconds < 0.9, "the Close follows the last answer, not the limit"


async def test_a_handler_that_never_comes_back_holds_the_close_for_a_second_at_most(lab: Lab) -> None:
    async def slow(ws: Endpoint) -> None:
        await ws.recv()
        await asyncio.sleep(30)

    server = await lab.serve(slow)
    frames, seconds = await talk(server.port, ASK[0].serialize() + ENDINGS["violation"].serialize())
    assert [frame.opcode for frame in frames] == [Opcode.CLOSE]
    assert 0.5 < seconds < 4


async def test_a_handler_that_closes_itself_after_a_violation_still_tells_the_violation(lab: Lab) -> None:
    async def one(ws: Endpoint) -> None:
        await ws.send(await ws.recv())

    server = await lab.serve(one)
    frames, _ = await talk(server.port, ASK[0].serialize() + ENDINGS["violation"].serialize())
    assert [frame.opcode for frame in frames] == [Opcode.TEXT, Opcode.CLOSE]
    assert int.from_bytes(frames[1].payload[:2], "big") == 1002
