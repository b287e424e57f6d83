"""Virtual time: what asyncio promises holds, only faster, and in the same order every time."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import get_ident

import pytest

from wslab.lab import Lab, echo
from wslab.lab.clock import event_loop as virtual
from wslab.lab.clock.event_loop import LONGEST_RUN, Deadlock, VirtualLoop


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


def test_a_deadlock_in_a_task_group_tells_those_who_wait_for_the_same_once(loop: VirtualLoop) -> None:
    async def story() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(30):
                group.create_task(asyncio.Event().wait())
            group.create_task(asyncio.Queue[int]().get())

    with pytest.raises(Deadlock, match=r"story \(line \d+\) waits; Event.wait waits, 30 times; Queue.get waits\.$"):
        loop.run_until_complete(story())


def test_a_deadlock_of_very_many_names_some_and_counts_the_rest(loop: VirtualLoop) -> None:
    def waiter(number: int) -> Coroutine[object, object, None]:
        async def wait() -> None:
            await asyncio.Event().wait()

        wait.__qualname__ = f"waiter {number}"
        return wait()

    async def story() -> None:
        await asyncio.gather(*map(waiter, range(20)))

    with pytest.raises(Deadlock, match=r"(waiter \d+ \(line \d+\) waits in Event\.wait; ){11}and 9 more\.$"):
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


def test_a_program_that_never_lets_time_go_by_ends_too(loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "MOST_TURNS", 1000)

    async def story() -> None:
        await asyncio.sleep(3)
        while True:  # noqa: ASYNC110  that is the point
            await asyncio.sleep(0)

    with pytest.raises(TimeoutError, match="1,000 turns went by at 3 s: a task never lets time pass"):
        loop.run_until_complete(story())


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


async def _on_signal() -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, print)


@pytest.mark.parametrize(
    "real",
    [
        _on_signal,
        lambda: asyncio.open_connection("127.0.0.1", 1),
        lambda: asyncio.start_server(print, "127.0.0.1", 0),
        lambda: asyncio.create_subprocess_exec("true"),
        lambda: asyncio.get_running_loop().getaddrinfo("localhost", 80),
    ],
    ids=["signal", "connection", "server", "process", "name"],
)
def test_what_is_real_is_refused_in_one_sentence(loop: VirtualLoop, real: Callable[[], Awaitable[object]]) -> None:
    async def story() -> None:
        await real()

    with pytest.raises(NotImplementedError, match=r"^loop\.\w+: a virtual clock has .*, or use Lab\(clock='real'\)\.$"):
        loop.run_until_complete(story())


def test_a_function_for_a_thread_runs_in_this_one_and_takes_no_virtual_time(loop: VirtualLoop) -> None:
    def work(given: int) -> tuple[int, int]:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return given, get_ident()

    async def story() -> list[tuple[int, int]]:
        with ThreadPoolExecutor() as pool:
            mine = asyncio.get_running_loop().run_in_executor(pool, work, 1)
            return [await mine, await asyncio.to_thread(work, 2)]

    assert loop.run_until_complete(story()) == [(1, get_ident()), (2, get_ident())]
    assert loop.time() == 0


def test_what_such_a_function_raises_reaches_who_awaits_it(loop: VirtualLoop) -> None:
    with pytest.raises(ZeroDivisionError):
        loop.run_until_complete(asyncio.to_thread(lambda: 1 // 0))


def test_such_a_function_cannot_wait_for_the_loop_and_is_told_so(loop: VirtualLoop) -> None:
    async def story() -> None:
        there = asyncio.get_running_loop()

        def waits() -> None:
            sleep = asyncio.sleep(0)
            try:
                asyncio.run_coroutine_threadsafe(sleep, there).result()
            finally:
                sleep.close()

        await asyncio.to_thread(waits)

    with pytest.raises(RuntimeError, match=r"^loop\.call_soon_threadsafe: on a virtual clock run_in_executor"):
        loop.run_until_complete(story())


def test_every_method_of_a_loop_is_there_or_refused_in_a_sentence(loop: VirtualLoop) -> None:
    names = {name for name, each in vars(asyncio.AbstractEventLoop).items() if callable(each)}
    refused = {name for name in names if name not in vars(VirtualLoop)}
    assert {"call_soon", "call_at", "create_task", "time"} <= names - refused
    for name in refused:
        with pytest.raises(NotImplementedError, match=rf"^loop\.{name}: a virtual clock .*Lab\(clock='real'\)\.$"):
            getattr(loop, name)()


def test_other_task_factories_are_refused_with_the_reason(loop: VirtualLoop) -> None:
    with pytest.raises(NotImplementedError, match="so that each run repeats: leave task factories"):
        loop.set_task_factory(None)


def test_an_error_leaves_the_run_and_so_does_ctrl_c(loop: VirtualLoop) -> None:
    async def story(error: BaseException) -> None:
        await asyncio.sleep(1)
        raise error

    for error in (ValueError("mine"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            loop.run_until_complete(story(error))
    loop.run_until_complete(asyncio.sleep(1))


def test_a_task_that_is_cancelled_ends_and_so_does_the_run(loop: VirtualLoop) -> None:
    ended: list[float] = []

    async def sleeper() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            ended.append(loop.time())

    async def story() -> None:
        task = asyncio.create_task(sleeper())
        await asyncio.sleep(1)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(story())
    assert ended == [1]


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_cancels_the_run_and_lets_it_clean_up(loop: VirtualLoop) -> None:
    ended: list[float] = []
    before = signal.getsignal(signal.SIGINT)

    async def story() -> None:
        loop.call_later(50, press_ctrl_c)
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(1)
            ended.append(loop.time())

    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(story())
    assert ended == [51]
    assert signal.getsignal(signal.SIGINT) is before
    loop.run_until_complete(asyncio.sleep(1))


def test_a_second_ctrl_c_breaks_into_what_does_not_wait(loop: VirtualLoop) -> None:
    async def story() -> None:
        press_ctrl_c()
        press_ctrl_c()
        raise AssertionError("it goes on")

    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(story())


def test_a_task_that_is_done_in_spite_of_ctrl_c_has_a_result(loop: VirtualLoop) -> None:
    async def story() -> str:
        press_ctrl_c()
        return "done"

    assert loop.run_until_complete(story()) == "done"


def test_where_ctrl_c_is_ignored_it_stays_so(loop: VirtualLoop) -> None:
    async def story() -> str:
        press_ctrl_c()
        await asyncio.sleep(1)
        return "done"

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert loop.run_until_complete(story()) == "done"
    finally:
        signal.signal(signal.SIGINT, before)


def test_it_runs_in_another_thread_to_which_ctrl_c_does_not_come() -> None:
    loop = VirtualLoop()
    with ThreadPoolExecutor() as pool:
        pool.submit(loop.run_until_complete, asyncio.sleep(100)).result(timeout=10)
    assert loop.time() == 100


def test_nothing_that_was_recorded_is_lost_by_ctrl_c() -> None:
    lab = Lab(clock="virtual")

    async def story() -> None:
        async with await lab.connect(await lab.serve(echo)) as ws:
            await ws.send("first")
            await ws.recv()
            press_ctrl_c()
            await asyncio.sleep(1000)

    with pytest.raises(KeyboardInterrupt):
        lab.run(story())
    assert [entry.kind for entry in lab.tape.frames()] == ["text", "text", "close", "close"]
    assert lab.now < 1


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


@pytest.mark.parametrize("seconds", [float("inf"), float("nan")])
def test_who_sleeps_for_ever_waits_for_nothing_and_time_stays_where_it_was(loop: VirtualLoop, seconds: float) -> None:
    async def story() -> None:
        loop.call_at(seconds, print).cancel()
        await asyncio.wait((loop.create_future(),), timeout=seconds)

    with pytest.raises(Deadlock, match="happen at 0 s"):
        loop.run_until_complete(story())
    assert loop.time() == 0.0
