"""Faults of time: what waits comes in order, and a narrow path loses nothing."""

from __future__ import annotations

from types import SimpleNamespace

from tests.lab.faults.plays import on_either
from wslab.lab import Lab, echo
from wslab.lab.faults.chunk import StreamChunk
from wslab.lab.faults.content import Rechunk
from wslab.lab.faults.timing import Delay, Loss, LossStage, Rate
from wslab.protocol import Role


async def test_faults_can_change_while_it_runs_and_what_was_held_comes_in_order() -> None:
    async def story(lab: Lab) -> None:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        link.faults = (Delay(60),)
        for number in range(5):
            await client.send(str(number))
        link.faults = ("byte_by_byte",)
        await client.send("5")
        assert [await client.recv() for _ in range(6)] == list("012345")
        assert link.faults == (Rechunk(1),)

    await on_either(story)


async def test_a_slow_path_holds_back_the_writer_and_loses_nothing() -> None:
    async def story(lab: Lab) -> None:
        message = bytes(400_000)
        link = await lab.link(await lab.serve(echo), Rate(2_000_000, of="server"))
        client = await lab.connect(link)
        await client.send(message)
        assert await client.recv(timeout=10) == message

    await on_either(story)


def test_each_further_loss_costs_twice_the_wait_before_it() -> None:
    """RFC 6298 §5, rule 5.5: one loss comes 0.2 s later, two 0.6 s, three 1.4 s."""

    class Chance:
        def __init__(self, losses: int) -> None:
            self.left = losses

        def random(self) -> float:
            self.left -= 1
            return 0.0 if self.left >= 0 else 1.0

    def later(losses: int) -> float:
        owner = SimpleNamespace(random=Chance(losses), clock=SimpleNamespace(now=float))
        flow = SimpleNamespace(role=Role.CLIENT, owner=owner)
        stage = LossStage(Loss(0.5), flow)
        return stage.due(StreamChunk(b"x", 0, 1), 0.0)

    assert [round(later(losses), 3) for losses in range(4)] == [0.0, 0.2, 0.6, 1.4]
