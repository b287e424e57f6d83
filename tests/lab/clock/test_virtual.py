"""The virtual clock stands still outside of a run, can be looked at then, and ends when it is abandoned."""

from __future__ import annotations

import asyncio

import pytest

from wslab.lab.clock.virtual import VirtualClock


def test_outside_of_a_run_the_loop_is_refused_and_the_time_can_be_seen() -> None:
    clock = VirtualClock()
    assert not clock.is_here
    with pytest.raises(RuntimeError, match="stands still here"):
        _ = clock.loop
    with pytest.raises(RuntimeError, match="stands still here"):
        clock.start(asyncio.sleep(1))
    assert (clock.now(), clock.epoch, clock.is_real) == (0.0, 0.0, False)


def test_a_timer_that_is_set_between_two_runs_expires_in_the_next() -> None:
    clock, expired = VirtualClock(), list[float]()
    clock.later(3, lambda: expired.append(clock.now()))
    clock.run(asyncio.sleep(2))
    assert expired == []
    clock.run(asyncio.sleep(2))
    assert expired == [3]


def test_a_watcher_is_called_once_time_stands_still() -> None:
    clock, seen = VirtualClock(), list[tuple[float, bool]]()
    clock.later_for_watchers(1, lambda: seen.append((clock.now(), clock.is_here)))
    clock.run(asyncio.sleep(5))
    assert seen == [(5, False)]


def test_an_abandoned_clock_lets_everything_end_and_closes() -> None:
    clock, ended = VirtualClock(), list[float]()

    async def task() -> None:
        try:
            await clock.rest()
        finally:
            await asyncio.sleep(1)
            ended.append(clock.now())

    async def story() -> None:
        clock.start(task())
        await asyncio.sleep(1)

    clock.run(story())
    assert not clock.is_over
    clock.abandon(clock.cancel_all)
    assert ended == [2]
    assert clock.is_over
