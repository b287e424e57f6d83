"""The real clock belongs to one loop, and loses no error."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from wslab.lab.clock.real import HEARTBEAT, RealClock


async def test_an_error_in_a_task_of_the_lab_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, "wslab"):
        task = RealClock().start(fail())
        await asyncio.wait([task])
        await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == ["An error inside the lab"]


async def test_a_task_that_does_not_end_is_logged_and_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    clock, is_enough = RealClock(), asyncio.Event()

    async def stubborn() -> None:
        while not is_enough.is_set():
            try:
                await is_enough.wait()
            except asyncio.CancelledError:
                continue

    task = clock.start(stubborn())
    await asyncio.sleep(0)
    await clock.finish_all(0.05)
    assert "does not end although it was cancelled" in caplog.text
    is_enough.set()
    await task


def test_its_time_and_epoch_are_those_of_the_machine() -> None:
    clock = RealClock()
    assert clock.is_real
    assert clock.epoch + clock.now() == pytest.approx(time.time(), abs=1)


def test_it_follows_a_closed_loop_and_refuses_a_second_living_one() -> None:
    clock = RealClock()
    over = [clock.is_over]

    async def use() -> bool:
        assert clock.loop is asyncio.get_running_loop()
        return clock.is_here

    assert asyncio.run(use())
    over.append(clock.is_over)
    living = asyncio.new_event_loop()
    assert living.run_until_complete(use())
    over.append(clock.is_over)
    with pytest.raises(RuntimeError, match="lives on another event loop"):
        asyncio.run(use())
    living.close()
    assert over == [False, True, False]


async def test_a_call_from_another_thread_comes_to_the_loop() -> None:
    clock, called = RealClock(), asyncio.Event()
    assert clock.loop is asyncio.get_running_loop()
    with ThreadPoolExecutor() as pool:
        pool.submit(clock.enter, called.set).result()
    assert not called.is_set()
    await asyncio.wait_for(called.wait(), 2)


async def test_a_clock_that_rests_wakes_its_loop_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await RealClock().rest()
    assert slept == [HEARTBEAT] * 3
