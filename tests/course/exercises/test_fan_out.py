"""Rooms that learners plausibly write: each wrong one is told what it did, and in which situation."""

# ruff: noqa: RUF006  this is what learners write
from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from wslab import CheckResult, ConnectionClosed, check_fan_out
from wslab.course.exercises import fan_out
from wslab.course.exercises.fan_out import MOST_BEHIND, SOLUTION


def said(result: CheckResult) -> str:
    """The verdict, and both hints."""
    return " ".join([result.sentence, result.hint, result.bigger_hint])


async def looks_at_what_waits(users: Any, news: Any) -> None:
    """Right without queues: the endpoint's own buffer is the queue, and has a limit."""
    users, sends = list(users), set()
    async for item in news:
        for user in list(users):
            if not user.is_open:
                users.remove(user)
            elif user.unwritten > 5 * len(item):
                users.remove(user)
                sends.add(asyncio.create_task(user.close_quietly(1008)))
            else:
                sends.add(asyncio.create_task(user.send(item)))
    await asyncio.gather(*sends, return_exceptions=True)


def test_another_way_with_a_limit_is_right() -> None:
    result = check_fan_out(looks_at_what_waits)
    assert result.ok, said(result)


@pytest.mark.parametrize("every", [1.0, 2.0, 4.0])
def test_the_solution_is_right_however_often_news_comes(every: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "EVERY", every)
    known: dict[str, Any] = {"asyncio": asyncio, "ConnectionClosed": ConnectionClosed}
    exec(SOLUTION, known)
    result = check_fan_out(known["tell_all"])
    assert result.ok, said(result)


async def in_turn(users: Any, news: Any) -> None:
    async for item in news:
        for user in users:
            await user.send(item)


async def in_turn_without_errors(users: Any, news: Any) -> None:
    async for item in news:
        for user in users:
            with suppress(ConnectionClosed, TimeoutError):
                await user.send(item)


async def gathered(users: Any, news: Any) -> None:
    async for item in news:
        await asyncio.gather(*(user.send(item) for user in users), return_exceptions=True)


async def tasks_without_end(users: Any, news: Any) -> None:
    async for item in news:
        for user in users:
            asyncio.create_task(user.send(item))


async def with_queues(users: Any, news: Any, size: int = 0) -> None:
    queues: dict[Any, asyncio.Queue[Any]] = {user: asyncio.Queue(size) for user in users}

    async def feed(user: Any) -> None:
        try:
            while (item := await queues[user].get()) is not None:
                await user.send(item)
        except (ConnectionClosed, TimeoutError):
            await user.close_quietly(1013)

    async with asyncio.TaskGroup() as tasks:
        for user in users:
            tasks.create_task(feed(user))
        async for item in news:
            for queue in queues.values():
                queue.put_nowait(item)
        for queue in queues.values():
            queue.put_nowait(None)


async def drops_on_full(users: Any, news: Any) -> None:
    queues: dict[Any, asyncio.Queue[Any]] = {user: asyncio.Queue(4) for user in users}

    async def feed(user: Any) -> None:
        with suppress(ConnectionClosed, TimeoutError):
            while (item := await queues[user].get()) is not None:
                await user.send(item)

    async with asyncio.TaskGroup() as tasks:
        for user in users:
            tasks.create_task(feed(user))
        async for item in news:
            for queue in queues.values():
                with suppress(asyncio.QueueFull):
                    queue.put_nowait(item)
        for queue in queues.values():
            with suppress(asyncio.QueueFull):
                queue.put_nowait(None)


async def aborts(users: Any, news: Any) -> None:
    users = list(users)
    async for item in news:
        for user in list(users):
            if user.unwritten > 5 * len(item):
                users.remove(user)
                user.abort()
            elif user.is_open:
                asyncio.create_task(user.send(item))


async def ends_too_soon(users: Any, news: Any) -> None:
    users = list(users)
    async for item in news:
        for user in list(users):
            try:
                async with asyncio.timeout(0.2):
                    await user.send(item)
            except (TimeoutError, ConnectionClosed):
                users.remove(user)
                asyncio.create_task(user.close_quietly(1013))


async def twice(users: Any, news: Any) -> None:
    async for item in news:
        await asyncio.gather(*(user.send(item) for user in users for _ in range(2)))


async def only_one(users: Any, news: Any) -> None:
    async for item in news:
        await users[0].send(item)


async def never_returns(users: Any, news: Any) -> None:
    await looks_at_what_waits(users, news)
    await asyncio.sleep(3600)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (in_turn, "One user leaves. Your function ends with a ConnectionClosed at second 3"),
        (in_turn_without_errors, "One user reads nothing for four seconds, and then goes on. A user who reads all the"),
        (gathered, "One user's phone stalls, and reads nothing more. A user who reads got 9 of 24 items"),
        (tasks_without_end, "The server never closes the user who stalls, 21 items"),
        (with_queues, f"items of 64 KiB behind; {MOST_BEHIND} is the most"),
        (drops_on_full, "The server never closes the user who stalls, 21 items"),
        (aborts, "The user who stalls was sent no Close; 1013 (or 1008) says that it was too slow."),
        (ends_too_soon, "The user who paused got 6 of 24 items, and was sent Close 1013."),
        (twice, "got all 24 items, but twice or in another order"),
        (only_one, "A user who reads got 0 of 24 items."),
        (never_returns, "and your function still runs."),
        ("room", "this is a str, and the check wants the function"),
    ],
)
def test_a_room_with_a_mistake(mine: Any, says: str) -> None:
    result = check_fan_out(mine)
    assert result.ok is False
    assert says in said(result)


def test_a_stub_is_not_yet_and_shows_the_loop_that_waits_for_each_user() -> None:
    async def tell_all(users: Any, news: Any) -> None:
        """Later."""

    result = check_fan_out(tell_all)
    assert result.ok is None
    assert all((result.hint, result.bigger_hint, result.solution))
    assert result.tape is not None
    others = [len(result.tape.frames(2, "server", connection=number)) for number in (2, 3)]
    assert max(others) < 10
