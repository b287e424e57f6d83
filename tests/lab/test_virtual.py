"""Virtual time: what asyncio promises holds, only faster, and in the same order every time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from wslab.lab.virtual import LONGEST_RUN, Deadlock, VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def test_sleeping_a_day_takes_a_moment(loop: VirtualLoop) -> None:
    began = time.monotonic()
    loop.run_until_complete(asyncio.sleep(86_400))
    assert loop.time() == 86_400
    assert time.monotonic() - began < 60


def test_timers_of_the_same_moment_go_off_in_the_order_in_which_they_were_set(loop: VirtualLoop) -> None:
    order: list[int] = []
    for number in range(100):
        loop.call_at(5.0, order.append, number)
    loop.run_until_complete(asyncio.sleep(6))
    assert order == list(range(100))


def test_timeouts_task_groups_and_queues_work(loop: VirtualLoop) -> None:
    async def put(queue: asyncio.Queue[float], seconds: float) -> None:
        await asyncio.sleep(seconds)
        queue.put_nowait(asyncio.get_running_loop().time())

    async def story() -> list[float]:
        queue: asyncio.Queue[float] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            for seconds in (3, 1, 2):
                group.create_task(put(queue, seconds))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await asyncio.Event().wait()
        return [queue.get_nowait() for _ in range(3)] + [asyncio.get_running_loop().time()]

    assert loop.run_until_complete(story()) == [1, 2, 3, 13]


def test_a_deadlock_names_who_waits_and_for_what(loop: VirtualLoop) -> None:
    async def lonely() -> None:
        await asyncio.Event().wait()

    async def story() -> None:
        await asyncio.sleep(2)
        await asyncio.gather(lonely(), lonely())

    with pytest.raises(
        Deadlock, match=r"left to happen at 2 s.*story \(line \d+\) waits.*lonely \(line \d+\) waits in Event"
    ):
        loop.run_until_complete(story())


def test_after_a_deadlock_the_loop_is_clean_and_can_run_again(loop: VirtualLoop) -> None:
    ended: list[str] = []

    async def story() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    with pytest.raises(Deadlock):
        loop.run_until_complete(story())
    assert ended == ["cleaned up"]
    loop.run_until_complete(asyncio.sleep(1))


def test_a_program_that_waits_for_ever_ends_after_a_year(loop: VirtualLoop) -> None:
    async def story() -> None:
        while True:  # noqa: ASYNC110  that is the point
            await asyncio.sleep(3600)

    with pytest.raises(TimeoutError, match="A year of virtual time"):
        loop.run_until_complete(story())
    assert loop.time() > LONGEST_RUN


async def test_it_runs_inside_a_running_loop_which_stands_still(loop: VirtualLoop) -> None:
    outer, task = asyncio.get_running_loop(), asyncio.current_task()

    async def story() -> asyncio.AbstractEventLoop:
        await asyncio.sleep(100)
        return asyncio.get_running_loop()

    assert loop.run_until_complete(story()) is loop
    assert asyncio.get_running_loop() is outer
    assert asyncio.current_task() is task
    await asyncio.sleep(0)


def test_the_loop_cannot_be_entered_twice(loop: VirtualLoop) -> None:
    async def story() -> None:
        inner = asyncio.sleep(1)
        try:
            loop.run_until_complete(inner)
        finally:
            inner.close()

    with pytest.raises(RuntimeError, match="runs already: `await` the coroutine"):
        loop.run_until_complete(story())


def test_what_is_real_is_refused_in_one_sentence(loop: VirtualLoop) -> None:
    async def story() -> None:
        await asyncio.to_thread(time.sleep, 0)

    with pytest.raises(NotImplementedError, match="no sockets, threads, processes or signals"):
        loop.run_until_complete(story())


def test_an_error_leaves_the_run_and_so_does_ctrl_c(loop: VirtualLoop) -> None:
    async def story(error: BaseException) -> None:
        await asyncio.sleep(1)
        raise error

    for error in (ValueError("mine"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            loop.run_until_complete(story(error))
    loop.run_until_complete(asyncio.sleep(1))


def test_cancelled_timers_do_not_pile_up(loop: VirtualLoop) -> None:
    async def story() -> None:
        for _ in range(10_000):
            loop.call_later(1000, print).cancel()
            await asyncio.sleep(0)

    loop.run_until_complete(story())
    assert len(loop._timers) < 200


def test_a_cancelled_timer_moves_no_time(loop: VirtualLoop) -> None:
    async def story() -> None:
        loop.call_later(10, print).cancel()
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="happen at 0 s"):
        loop.run_until_complete(story())
    assert loop.time() == 0


def test_asynchronous_generators_are_closed(loop: VirtualLoop) -> None:
    closed: list[bool] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    async def story() -> None:
        async for _ in numbers():
            break
        await asyncio.sleep(0.1)

    loop.run_until_complete(story())
    assert closed == [True]


def test_watchers_are_called_when_the_run_is_over(loop: VirtualLoop) -> None:
    seen: list[float] = []
    loop.call_at_rest(lambda: seen.append(loop.time()))
    loop.run_until_complete(asyncio.sleep(7))
    assert seen == [7]
