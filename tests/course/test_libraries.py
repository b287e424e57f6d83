"""What learners plausibly write in the exercises on libraries, and that the check names the mistake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed as TheirConnectionClosed

from wslab import CheckResult, check_cancelled, check_two_tasks, check_who_closed
from wslab.course.libraries import closed
from wslab.course.libraries.cancelled import SITUATIONS as DELIVERIES
from wslab.course.libraries.two_tasks import SITUATIONS as TALKS

Save = Callable[[], Any]
Rows = AsyncIterator[str]


def said(result: CheckResult) -> str:
    """The verdict, and both hints."""
    return f"{result.sentence} {result.hint} {result.bigger_hint}"


# ---- who closed


@pytest.mark.parametrize(("words", "wrong"), closed._MISTAKES)
def test_the_usual_readings_of_an_error_are_told_by_their_names(words: str, wrong: Callable[[Any], str]) -> None:
    result = check_who_closed(wrong)
    assert result.ok is False
    assert result.hint == words


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda _: "peer", "You say 'peer' of every error"),
        (lambda _: "server", "The three answers are 'peer', 'me', 'nobody', written like that"),
        (lambda error: "peer" if "received" in str(error) else "me", "of “sent 1000 (OK); then received 1000 (OK)”"),
        (lambda error: "peer" if error.rcvd.code else "me", "your code raises AttributeError"),
        (lambda error: error.rcvd_then_sent, "and the check wants one of 'peer', 'me', 'nobody'"),
    ],
)
def test_another_reading_is_told_with_the_error_that_it_misreads(mine: object, says: str) -> None:
    result = check_who_closed(mine)
    assert result.ok is False
    assert says in said(result)


@pytest.mark.parametrize("case", closed.CASES, ids=lambda case: str(case.error))
def test_each_error_has_a_side_and_its_class_is_the_one_that_the_library_gives(case: closed._Case) -> None:
    codes = [each.code for each in (case.error.rcvd, case.error.sent) if each is not None]
    clean = len(codes) == 2 and set(codes) <= {1000, 1001, 1005}
    assert type(case.error).__name__ == ("ConnectionClosedOK" if clean else "ConnectionClosedError")
    assert isinstance(case.error, TheirConnectionClosed)


# ---- two tasks


async def one_by_one(ws: Any, push: Any, reply: Any) -> None:
    await push(ws)
    await reply(ws)


async def forgets(ws: Any, push: Any, reply: Any) -> None:
    asyncio.create_task(push(ws))  # noqa: RUF006  the mistake
    await reply(ws)


async def gathers(ws: Any, push: Any, reply: Any) -> None:
    await asyncio.gather(push(ws), reply(ws))


async def hides(ws: Any, push: Any, reply: Any) -> None:
    with suppress(Exception):
        async with asyncio.TaskGroup() as tasks:
            pushing = tasks.create_task(push(ws))
            await reply(ws)
            pushing.cancel()


async def ends_with_the_first(ws: Any, push: Any, reply: Any) -> None:
    tasks = [asyncio.create_task(each(ws)) for each in (push, reply)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def reads_no_error(ws: Any, push: Any, reply: Any) -> None:
    pushing = asyncio.create_task(push(ws))
    try:
        await reply(ws)
    finally:
        pushing.cancel()


async def only_replies(ws: Any, push: Any, reply: Any) -> None:
    await reply(ws)


async def replies_twice(ws: Any, push: Any, reply: Any) -> None:
    await asyncio.gather(push(ws), reply(ws), reply(ws))


async def does_not_await(ws: Any, push: Any, reply: Any) -> None:
    push(ws)
    await reply(ws)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (one_by_one, "The question of 0.5 s was answered after 3 s. `reply` waits for `push`"),
        (forgets, "Your function is over, and `push` still runs, for a client that is not there"),
        (gathers, "1 s later your function still waits; `push` runs. `reply` ends when the client goes"),
        (hides, "`push` has failed, and the client is told 1000, as if all were well"),
        (ends_with_the_first, "The question of 6 s was never answered. Your function ended before the client had gone"),
        (reads_no_error, "`push` has failed, and your function goes on: the client waits on an open connection"),
        (only_replies, "Your function never calls push"),
        (replies_twice, "Your function calls reply 2 times on one connection"),
        (does_not_await, "Your code calls push without `await`"),
        (lambda ws, push, reply: print(end=""), "Your function is no coroutine function"),
    ],
)
def test_a_handler_with_two_tasks(mine: object, says: str) -> None:
    result = check_two_tasks(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


async def waits_for_both(ws: Any, push: Any, reply: Any) -> None:
    pushing, replying = (asyncio.create_task(each(ws)) for each in (push, reply))
    try:
        await asyncio.wait({pushing, replying}, return_when=asyncio.FIRST_COMPLETED)
        if pushing.done():
            pushing.result()
        await replying
    finally:
        pushing.cancel()
        replying.cancel()


def test_a_handler_that_watches_both_by_itself_is_right() -> None:
    result = check_two_tasks(waits_for_both)
    assert result.ok, said(result)
    assert result.sentence.startswith(f"in all {len(TALKS)} situations")


# ---- cancelled


async def no_limit(ws: Any, rows: Rows, save: Save) -> None:
    async for row in rows:
        await ws.send(row)
    await ws.close(1000)
    await save()


async def saves_first(ws: Any, rows: Rows, save: Save) -> None:
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
    finally:
        await save()
        await ws.close(1000)


async def sees_no_cancellation(ws: Any, rows: Rows, save: Save) -> None:
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
        await ws.close(1000)
    except TimeoutError:
        await ws.close(1013)
    finally:
        await save()


async def swallows_it(ws: Any, rows: Rows, save: Save) -> None:
    code = 1000
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
    except TimeoutError:
        code = 1013
    except asyncio.CancelledError:
        code = 1001
    await ws.close(code)
    await save()


async def goes_on_as_if_nothing_was(ws: Any, rows: Rows, save: Save) -> None:
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
    except TimeoutError:
        await ws.close(1013)
    except asyncio.CancelledError:
        pass
    await ws.close(1000)
    await save()


async def takes_the_limit_for_a_cancellation(ws: Any, rows: Rows, save: Save) -> None:
    try:
        async with asyncio.timeout(5):
            try:
                async for row in rows:
                    await ws.send(row)
            except asyncio.CancelledError:
                await ws.close(1001)
                raise
        await ws.close(1000)
    except TimeoutError:
        await ws.close(1013)
    finally:
        await save()


async def takes_an_error_for_a_cancellation(ws: Any, rows: Rows, save: Save) -> None:
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
        await ws.close(1000)
    except TimeoutError:
        await ws.close(1013)
    except BaseException:
        await ws.close(1001)
        raise
    finally:
        await save()


async def limits_each_row(ws: Any, rows: Rows, save: Save) -> None:
    try:
        while True:
            await ws.send(await asyncio.wait_for(anext(rows), 5))
    except StopAsyncIteration:
        await ws.close(1000)
    except TimeoutError:
        await ws.close(1013)
    finally:
        await save()


async def lets_the_limit_out(ws: Any, rows: Rows, save: Save) -> None:
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
        await ws.close(1000)
    finally:
        await save()


async def writes_no_log_then(ws: Any, rows: Rows, save: Save) -> None:
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
        await ws.close(1000)
    except TimeoutError:
        await ws.close(1013)
    except asyncio.CancelledError:
        await ws.close(1001)
        raise
    await save()


async def says_all_is_done(ws: Any, rows: Rows, save: Save) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
    await ws.close(1000)
    await save()


async def sends_nothing(ws: Any, rows: Rows, save: Save) -> None:
    await ws.close(1000)
    await save()


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (no_limit, "20 s later the connection is still open, and the client has 1 row. The rows may take 5 s"),
        (saves_first, "The Close came after 3.6 s, and was due after 0.6 s. The log is written first"),
        (sees_no_cancellation, "The client is told 1006 after 5.0 s, and it should be 1001. No Close went out"),
        (swallows_it, "Your function was cancelled, and returned as if it had not been"),
        (goes_on_as_if_nothing_was, "Your function was cancelled, and went on as after the last row"),
        (takes_the_limit_for_a_cancellation, "The limit ends the rows by a cancellation, too"),
        (takes_an_error_for_a_cancellation, "1001 is for the cancellation alone, and this is an error"),
        (limits_each_row, "20 s later the connection is still open, and the client has 2"),
        (lets_the_limit_out, "The limit is over, and its TimeoutError leaves your function: the client is told 1011"),
        (writes_no_log_then, "The log was not written"),
        (says_all_is_done, "1000 says that all is done, and it is not"),
        (sends_nothing, "Of 3 rows 0 came to the client"),
    ],
)
def test_a_handler_that_is_cancelled(mine: object, says: str) -> None:
    result = check_cancelled(mine)
    assert result.ok is False
    assert says in said(result)
    assert result.solution


async def by_hand(ws: Any, rows: Rows, save: Save) -> None:
    deadline = asyncio.get_running_loop().time() + 5
    code = 1000
    try:
        async with asyncio.timeout_at(deadline):
            while True:
                await ws.send(await anext(rows))
    except StopAsyncIteration:
        pass
    except TimeoutError:
        code = 1013
    except asyncio.CancelledError:
        code = 1001
        raise
    except Exception:
        code = 1011
        raise
    finally:
        await ws.close(code)
        await save()


def test_a_handler_that_chooses_its_code_and_closes_in_one_place_is_right() -> None:
    result = check_cancelled(by_hand)
    assert result.ok, said(result)
    assert result.sentence.startswith(f"in all {len(DELIVERIES)} situations")
