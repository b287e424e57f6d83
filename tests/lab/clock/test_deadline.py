"""One timer serves many waits, and each still ends at its own limit."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab import Lab, echo
from wslab.lab.clock.deadline import Deadline
from wslab.lab.clock.virtual import VirtualClock


class CountingClock(VirtualClock):
    """A clock that counts the timers that were set."""

    timers = 0

    def later(self, seconds: float, call: object, *given: object) -> asyncio.TimerHandle:
        self.timers += 1
        return super().later(seconds, call, *given)  # type: ignore[arg-type]


def play(*steps: tuple[float, float | None]) -> tuple[list[tuple[float, float]], int]:
    """Set the deadline at each moment, or unset it. When it expired, for which limit, and how many timers were set."""
    clock = CountingClock()
    expired: list[tuple[float, float]] = []

    async def story() -> None:
        deadline = Deadline(clock, lambda seconds: expired.append((clock.now(), seconds)))
        for at, seconds in steps:
            await asyncio.sleep(at - clock.now())
            if seconds is None:
                deadline.unset()
            else:
                deadline.set(seconds)
        await asyncio.sleep(100)

    clock.run(story())
    return expired, clock.timers


@pytest.mark.parametrize(
    ("steps", "expired"),
    [
        ([(0, 10)], [(10, 10)]),
        ([(0, 10), (4, 10), (8, 10)], [(18, 10)]),
        ([(0, 10), (1, 2)], [(3, 2)]),
        ([(0, 2), (1, 10)], [(11, 10)]),
        ([(0, 10), (5, None)], []),
        ([(0, 10), (5, None), (20, 1)], [(21, 1)]),
        ([(0, 1), (5, 1)], [(1, 1), (6, 1)]),
    ],
)
def test_it_expires_once_for_the_last_limit(
    steps: list[tuple[float, float | None]], expired: list[tuple[float, float]]
) -> None:
    assert play(*steps)[0] == expired


def test_a_thousand_waits_take_few_timers() -> None:
    expired, timers = play(*((each / 10, 10.0) for each in range(1000)))
    assert [at for at, _ in expired] == pytest.approx([109.9])
    assert timers < 15


async def test_after_many_quick_messages_a_wait_still_ends_at_its_own_limit(lab: Lab) -> None:
    async with await lab.connect(await lab.serve(echo)) as ws:
        for _ in range(50):
            await ws.send("x")
            await ws.recv(timeout=0.2)
        began = lab.now
        with pytest.raises(TimeoutError, match=r"waited 0\.1 s for a message"):
            await ws.recv(timeout=0.1)
        assert 0.09 < lab.now - began < 0.5
        await ws.send("on")
        assert await ws.recv() == "on"


async def test_a_wait_without_limit_outlives_the_limit_of_the_one_before(lab: Lab) -> None:
    ws = await lab.connect(await lab.serve(echo))
    with pytest.raises(TimeoutError):
        await ws.recv(timeout=0.02)
    await ws.send("one")
    assert await ws.recv(timeout=0.05) == "one"
    waiting = asyncio.ensure_future(anext(ws))
    await asyncio.sleep(0.15)
    assert not waiting.done()
    await ws.send("two")
    assert await waiting == "two"
    await ws.close()
