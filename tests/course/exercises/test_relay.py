"""Relays that learners plausibly write: each wrong one is told what it did, and in which situation."""

# ruff: noqa: RUF006  this is what learners write
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from wslab import CheckResult, ConnectionClosed, check_relay
from wslab.course.exercises.relay import MOST_HELD


def said(result: CheckResult) -> str:
    """The verdict, and both hints."""
    return " ".join([result.sentence, result.hint, result.bigger_hint])


async def both(one: Any, other: Any, pump: Any) -> None:
    await asyncio.gather(pump(one, other), pump(other, one))


async def reads_then_writes(one: Any, other: Any) -> None:
    async def pump(source: Any, target: Any) -> None:
        async for message in source:
            await target.send(message)
        await target.close()

    await both(one, other, pump)


async def two_tasks(one: Any, other: Any) -> None:
    async def pump(source: Any, target: Any) -> None:
        try:
            while True:
                await target.send(await source.recv(timeout=1000))
        except ConnectionClosed:
            await target.close_quietly(1000)

    tasks = [asyncio.create_task(pump(one, other)), asyncio.create_task(pump(other, one))]
    await asyncio.wait(tasks)


async def small_queue(one: Any, other: Any) -> None:
    async def pump(source: Any, target: Any) -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue(2)

        async def write() -> None:
            while (message := await queue.get()) is not None:
                await target.send(message)
            await target.close()

        writing = asyncio.create_task(write())
        async for message in source:
            await queue.put(message)
        await queue.put(None)
        await writing

    await both(one, other, pump)


@pytest.mark.parametrize("mine", [reads_then_writes, two_tasks, small_queue])
def test_a_relay_that_passes_backpressure_on_is_right(mine: Any) -> None:
    result = check_relay(mine)
    assert result.ok, said(result)


async def one_way(one: Any, other: Any) -> None:
    async for message in one:
        await other.send(message)
    await other.close()


async def question_and_answer(one: Any, other: Any) -> None:
    async for message in one:
        await other.send(message)
        await one.send(await other.recv())


async def tasks_without_end(one: Any, other: Any) -> None:
    async def pump(source: Any, target: Any) -> None:
        async for message in source:
            asyncio.create_task(target.send(message))
        await target.close()

    await both(one, other, pump)


async def large_queue(one: Any, other: Any) -> None:
    async def pump(source: Any, target: Any) -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue()

        async def write() -> None:
            while (message := await queue.get()) is not None:
                await target.send(message)
            await target.close()

        writing = asyncio.create_task(write())
        async for message in source:
            queue.put_nowait(message)
        queue.put_nowait(None)
        await writing

    await both(one, other, pump)


async def never_closes(one: Any, other: Any) -> None:
    async def pump(source: Any, target: Any) -> None:
        async for message in source:
            await target.send(message)

    await both(one, other, pump)


async def as_text(one: Any, other: Any) -> None:
    async def pump(source: Any, target: Any) -> None:
        async for message in source:
            await target.send(str(message))
        await target.close()

    await both(one, other, pump)


async def twice(one: Any, other: Any) -> None:
    async def pump(source: Any, target: Any) -> None:
        async for message in source:
            await target.send(message)
            await target.send(message)
        await target.close()

    await both(one, other, pump)


async def forgets_await(one: Any, other: Any) -> None:
    async for message in one:
        other.send(message)


async def stays(one: Any, other: Any) -> None:
    await reads_then_writes(one, other)
    await asyncio.sleep(3600)


async def raises(one: Any, other: Any) -> None:
    async for message in one:
        await other.send(message["text"])


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (one_way, "Of the server's 3 messages 0 arrived at the client. Both directions go on at the same time"),
        (question_and_answer, "Your code raises TimeoutError"),
        (tasks_without_end, f"{MOST_HELD} is the most. Your code starts the next send before the last one is done"),
        (large_queue, f"{MOST_HELD} is the most. Your code takes messages that it cannot pass on yet"),
        (never_closes, "The connection to the server is still open, 10 s after the other one has ended."),
        (as_text, "Message 2 of the client arrived as \"b'question 2"),
        (twice, "Message 2 of the client arrived as 'question 1"),
        (forgets_await, "Your code calls send without `await`"),
        (stays, "Both connections have ended, and your function still runs."),
        (raises, "Your code raises TypeError"),
        (3, "this is an int, and the check wants the function"),
    ],
)
def test_a_relay_with_a_mistake(mine: Any, says: str) -> None:
    result = check_relay(mine)
    assert result.ok is False
    assert says in said(result)


def test_a_stub_is_not_yet_and_shows_a_tape() -> None:
    async def relay(one: Any, other: Any) -> None:
        """Later."""

    result = check_relay(relay)
    assert result.ok is None
    assert all((result.hint, result.bigger_hint, result.solution))
    assert result.tape is not None
    assert len(result.tape.connection_numbers) == 2


def test_a_hint_names_the_learners_line_and_none_of_the_lab() -> None:
    assert "await one.send(await other.recv())" in check_relay(question_and_answer).hint


def test_the_errors_of_forgotten_tasks_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    check_relay(tasks_without_end)
    assert caplog.records == []
