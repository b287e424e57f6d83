"""By hand: what waits at a gate, and frames that are put in."""

from __future__ import annotations

import asyncio

import pytest

from tests.lab.faults.plays import TICK, on_either
from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.lab.faults.manual import Gate, Insert
from wslab.lab.faults.timing import Delay
from wslab.protocol import Frame


async def test_at_a_gate_each_frame_waits_and_can_pass_vanish_or_change() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Gate(of="client"),)
        for text in ("one", "two", "three"):
            await client.send(text)
        await asyncio.sleep(TICK)
        first, second, third = link.held
        assert [each.frame and each.frame.payload for each in link.held] == [b"one", b"two", b"three"]
        third.edit(Frame.text("THREE", mask=b"abcd").serialize())
        second.drop()
        await asyncio.sleep(TICK)
        assert link.held == [first]
        first.release()
        assert [await client.recv(), await client.recv()] == ["one", "THREE"]
        told = str(lab.tape)
        assert "“two”. It is lost on the way." in told
        assert "changed by hand" in told
        with pytest.raises(ValueError, match="decided already"):
            first.drop()

    await on_either(story)


async def test_whoever_watches_a_link_is_told_of_what_comes_late_to_its_gate(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    client = await lab.connect(link)
    link.faults = (Delay(TICK * 4), Gate(of="client"))
    seen: list[int] = []
    stop = link.watch(lambda: seen.append(len(link.held)))
    await client.send("one")
    await asyncio.sleep(TICK * 8)
    stop()
    assert seen[-1] == 1


async def test_a_gate_that_is_taken_away_lets_everything_pass_and_fin_waits_behind() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Gate(of="client"),)
        await client.send("one")
        await client.send("two")
        await asyncio.sleep(TICK)
        link.faults = ()
        assert [await client.recv(), await client.recv()] == ["one", "two"]
        await client.close()

    await on_either(story)


async def test_a_frame_that_is_too_large_for_a_gate_passes_behind_those_that_wait() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Gate(of="client"),)
        await client.send("one")
        sending = asyncio.create_task(client.send(large := "x" * 2_000_000))
        await asyncio.sleep(TICK)
        (first,) = link.held
        first.release()
        assert [await client.recv(), await client.recv()] == ["one", large]
        await sending
        assert "is larger than 1,048,576 bytes, and passes the fault unseen" in str(lab.tape)
        await client.send("three")
        await asyncio.sleep(TICK)
        (third,) = link.held
        third.release()
        assert await client.recv() == "three"

    await on_either(story)


@pytest.mark.parametrize(("size", "waits"), [(1 << 20, True), (1 << 21, False)])
def test_a_frame_that_is_whole_with_what_fills_the_room_of_a_gate_waits(size: int, waits: bool) -> None:
    lab = Lab(clock="virtual")

    async def story() -> list[int]:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Gate(of="client"),)
        await client.send(bytes(size))
        await asyncio.sleep(1)
        return [len(held.data) for held in link.held]

    assert lab.run(story()) == [size + 14] * waits
    assert ("passes the fault unseen" in str(lab.tape)) is not waits


async def test_frames_can_be_put_in_from_the_middle_masked_where_they_must_be() -> None:
    async def story(lab: Lab) -> None:
        got: list[str | bytes] = []

        async def keep(connection: Endpoint) -> None:
            async for message in connection:
                got.append(message)  # noqa: PERF401  what came before an error counts

        link = await lab.link(await lab.serve(keep), Insert())
        client = await lab.connect(link)
        await client.send("mine")
        await asyncio.sleep(TICK)
        assert link.inject(Frame.text("not yours"), to="server") == 1
        assert link.inject(Frame.text("hello, client"), to="client") == 1
        assert await client.recv() == "hello, client"
        link.inject(Frame.close(1011, "enough"), to="client")
        with pytest.raises(ConnectionClosed, match="1011"):
            await client.recv()
        await asyncio.sleep(TICK)
        assert got == ["mine", "not yours"]
        assert "The link, in place of the client, sends text" in str(lab.tape)

    await on_either(story)


@pytest.mark.parametrize("to", [("client",), ("server",), ("client", "server")], ids="+".join)
async def test_a_close_put_in_from_the_middle_ends_both_sides_with_a_closing_handshake(to: tuple[str, ...]) -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo), Insert())
        client = await lab.connect(link)
        await client.send("one")
        await client.recv()
        for side in to:
            link.inject(Frame.close(1011, "enough"), to=side)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        await asyncio.sleep(TICK)
        last = lab.tape[-1]
        assert last.client is not None
        assert last.server is not None
        assert (last.client.code, last.server.code, closed.value.ending.clean) == (1011, 1011, True)

    await on_either(story)


async def test_inserting_needs_its_fault(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    assert link.inject(Frame.ping(), to="client") == 0
    await lab.connect(link)
    with pytest.raises(ValueError, match=r"give the link the fault Insert\(\) first"):
        link.inject(Frame.ping(), to="client")


async def test_a_running_connection_takes_frames_as_soon_as_it_has_the_fault() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        await client.send("one")
        await client.recv()
        link.faults = (Insert(),)
        link.inject(Frame.text("put in"), to="client")
        assert await client.recv() == "put in"
        link.inject(Frame.text("and back"), to="server")
        assert await client.recv() == "and back"

    await on_either(story)
