"""Handlers that learners plausibly write: each wrong one is told what it did, and in which situation."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from wslab import CheckResult, ConnectionClosed, check_answers


def said(result: CheckResult) -> str:
    """The verdict, and both hints."""
    return " ".join([result.sentence, result.hint, result.bigger_hint])


async def each_waits_for_the_one_before(ws: Any, work: Any) -> None:
    async def one(question: Any, before: Any) -> None:
        answer = await work(question)
        if before is not None:
            await before
        await ws.send(answer)

    last = None
    async with asyncio.TaskGroup() as tasks:
        async for question in ws:
            last = tasks.create_task(one(question, last))


async def cancels(ws: Any, work: Any) -> None:
    queue: asyncio.Queue[Any] = asyncio.Queue()

    async def reply() -> None:
        while True:
            await ws.send(await (await queue.get()))

    replying = asyncio.create_task(reply())
    async for question in ws:
        queue.put_nowait(asyncio.create_task(work(question)))
    replying.cancel()


@pytest.mark.parametrize("mine", [each_waits_for_the_one_before, cancels])
def test_another_way_is_right(mine: Any) -> None:
    result = check_answers(mine)
    assert result.ok, said(result)


async def one_by_one(ws: Any, work: Any) -> None:
    async for question in ws:
        await ws.send(await work(question))


async def overtakes(ws: Any, work: Any) -> None:
    async def one(question: Any) -> None:
        await ws.send(await work(question))

    async with asyncio.TaskGroup() as tasks:
        async for question in ws:
            tasks.create_task(one(question))


async def collects(ws: Any, work: Any) -> None:
    questions = []
    with suppress(TimeoutError):
        while True:
            questions.append(await ws.recv(timeout=0.1))
    for answer in await asyncio.gather(*map(work, questions)):
        await ws.send(answer)


async def says_nothing(ws: Any, work: Any) -> None:
    async for _ in ws:
        pass


async def once(ws: Any, work: Any) -> None:
    await ws.send(await work(await ws.recv()))


async def twice(ws: Any, work: Any) -> None:
    async for question in ws:
        for _ in range(2):
            await ws.send(await work(question))


async def with_words_around_it(ws: Any, work: Any) -> None:
    async for question in ws:
        await ws.send(f"re: {await work(question)}")


async def as_bytes(ws: Any, work: Any) -> None:
    async for question in ws:
        await ws.send((await work(question)).encode())


async def forgets_await(ws: Any, work: Any) -> None:
    async for question in ws:
        await ws.send(work(question))


async def never_ends(ws: Any, work: Any) -> None:
    queue: asyncio.Queue[Any] = asyncio.Queue()

    async def reply() -> None:
        with suppress(ConnectionClosed):
            while True:
                await ws.send(await (await queue.get()))

    replying = asyncio.create_task(reply())
    async for question in ws:
        queue.put_nowait(asyncio.create_task(work(question)))
    await replying


async def answers_behind_the_loop(ws: Any, work: Any) -> None:
    tasks = [asyncio.create_task(work(question)) async for question in ws]
    for task in tasks:
        await ws.send(await task)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (one_by_one, "Answer 2 came after 5 s, and might have come after 3 s. The work on one question waits"),
        (overtakes, "The answers came as answer 3, answer 2, answer 1. Quick work overtakes slow work."),
        (collects, "Answer 1 came after 10 s, and might have come after 1 s. It waits for answers that come behind"),
        (
            answers_behind_the_loop,
            "Of 1 answer 0 came within 60 s. `async for question in ws` ends when the client has",
        ),
        (says_nothing, "Of 1 answer 0 came within 60 s."),
        (once, "Of 3 answers 1 came within 60 s."),
        (twice, "Question 1 was answered twice. Answer each question once"),
        (with_words_around_it, "An answer came as “re: answer 1”, and `work` gave no such text."),
        (as_bytes, "An answer came as “b'answer 1'”, and `work` gave no such text."),
        (forgets_await, "Your code calls work without `await`"),
        (never_ends, "The client has left, and your function still runs."),
        (None, "this is None"),
    ],
)
def test_a_handler_with_a_mistake(mine: Any, says: str) -> None:
    result = check_answers(mine)
    assert not result.ok
    assert says in said(result)


def test_a_stub_is_not_yet_and_shows_one_answer_after_the_other() -> None:
    async def answer_all(ws: Any, work: Any) -> None:
        """Later."""

    result = check_answers(answer_all)
    assert result.ok is None
    assert all((result.hint, result.bigger_hint, result.solution))
    assert result.tape is not None
    assert [round(each.time) for each in result.tape.frames(1, "server")] == [3, 5, 6]


def test_an_answer_more_to_the_last_question_is_one_too_many() -> None:
    assert "The client asks one question." in check_answers(twice).sentence
