"""What an endpoint puts on the tape, and that it works without one."""

from __future__ import annotations

from wslab.lab import Lab, echo


async def test_what_is_sent_is_on_the_tape_at_once(lab: Lab) -> None:
    server = await lab.serve(echo)
    async with await lab.connect(server) as ws:
        await ws.send("now")
        assert lab.tape[-1].sentence == "The client sends text, 3 bytes, masked: “now”."


async def test_without_a_tape_nothing_is_recorded_and_all_works() -> None:
    async with Lab(tape=False) as lab:
        server = await lab.serve(echo)
        async with await lab.connect(server) as ws:
            await ws.send("x")
            assert await ws.recv() == "x"
        assert len(lab.tape) == 0
        assert lab.tape.size == 0
