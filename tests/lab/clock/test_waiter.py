"""What comes from a socket reaches the task that waits within the same turn of the loop, where that is safe."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable

import pytest

from wslab.lab import ConnectionClosed, Endpoint, Lab, echo
from wslab.lab.clock.waiter import Waiter
from wslab.protocol import Frame
from wslab.protocol.deflate import Deflate


async def waiting(waiter: Waiter, log: list[str]) -> str:
    log.append("waits")
    await waiter
    log.append("goes on")
    return "done"


async def begun(waiter: Waiter, log: list[str]) -> asyncio.Task[str]:
    task = asyncio.ensure_future(waiting(waiter, log))
    await asyncio.sleep(0)
    assert log == ["waits"]
    return task


async def test_from_a_callback_the_task_goes_on_at_once() -> None:
    loop, log = asyncio.get_running_loop(), list[str]()
    waiter = Waiter(loop)
    task = await begun(waiter, log)

    def callback() -> None:
        waiter.hand_over()
        log.append("callback ends")

    loop.call_soon(callback)
    assert await task == "done"
    assert log == ["waits", "goes on", "callback ends"]


async def test_from_a_task_the_other_goes_on_at_the_next_turn() -> None:
    log = list[str]()
    waiter = Waiter(asyncio.get_running_loop())
    task = await begun(waiter, log)
    waiter.hand_over()
    log.append("this task goes on")
    assert await task == "done"
    assert log == ["waits", "this task goes on", "goes on"]


@pytest.mark.parametrize("end", [Waiter.hand_over, Waiter.wake, lambda each: each.fail(OSError())])
async def test_where_nobody_waits_nothing_ends(end: Callable[[Waiter], object]) -> None:
    log = list[str]()
    waiter = Waiter(asyncio.get_running_loop())
    end(waiter)
    task = await begun(waiter, log)
    await asyncio.sleep(0)
    assert not task.done()
    waiter.wake()
    assert await task == "done"


async def test_it_can_be_awaited_again_and_each_wait_ends_once() -> None:
    waiter, log = Waiter(asyncio.get_running_loop()), list[str]()

    async def wait_often() -> None:
        for number in range(3):
            await waiter
            log.append(str(number))

    def callback() -> None:
        waiter.hand_over()
        waiter.wake()
        waiter.wake()
        waiter.hand_over()
        log.append("callback ends")

    task = asyncio.ensure_future(wait_often())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(callback)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert log == ["0", "callback ends", "1"]
    waiter.wake()
    await task


async def test_an_error_ends_the_wait_and_not_the_next_one() -> None:
    waiter = Waiter(asyncio.get_running_loop())

    async def wait_twice() -> str:
        with pytest.raises(OSError, match="gone"):
            await waiter
        return await waiting(waiter, [])

    task = asyncio.ensure_future(wait_twice())
    await asyncio.sleep(0)
    assert waiter.fail(OSError("gone"))
    assert not waiter.fail(OSError("gone twice"))
    await asyncio.sleep(0)
    waiter.wake()
    assert await task == "done"


@pytest.mark.parametrize("is_woken", [False, True])
async def test_a_task_that_is_cancelled_is_cancelled(*, is_woken: bool) -> None:
    log = list[str]()
    waiter = Waiter(asyncio.get_running_loop())
    task = await begun(waiter, log)
    if is_woken:
        waiter.wake()
    task.cancel("enough")
    with pytest.raises(asyncio.CancelledError, match="enough"):
        await task
    assert log == ["waits"]


async def test_a_wait_with_a_limit_is_ended_by_it() -> None:
    waiter = Waiter(asyncio.get_running_loop())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await waiter
    assert not waiter.fail(OSError())


async def test_the_task_keeps_its_own_context_and_is_the_current_one() -> None:
    name = contextvars.ContextVar("name", default="nobody")
    seen: list[object] = []
    waiter = Waiter(asyncio.get_running_loop())

    async def wait() -> None:
        name.set("the task")
        await waiter
        seen.extend((name.get(), asyncio.current_task()))

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(waiter.hand_over)
    await task
    assert seen == ["the task", task]
    assert name.get() == "nobody"


# --- in a connection ----------------------------------------------------------------------


@pytest.mark.parametrize("deflate", [None, Deflate()])
async def test_a_reader_that_is_slower_than_its_queue_gets_all_in_order(lab: Lab, deflate: Deflate | None) -> None:
    got: list[bytes | str] = []

    async def handler(connection: Endpoint) -> None:
        async for message in connection:
            got.append(message)
            if len(got) % 3 == 0:
                await asyncio.sleep(0)

    server = await lab.serve(handler, max_queue=5000)
    ws = await lab.connect(server, deflate=deflate)
    sent = [str(number) * 500 for number in range(400)]
    for message in sent:
        await ws.send(message)
    await ws.close()
    assert got == sent


async def test_a_handler_that_closes_within_the_turn_ends_as_it_should(lab: Lab) -> None:
    async def handler(connection: Endpoint) -> None:
        assert await connection.recv() == "last"
        await connection.close(4000, "enough")

    ws = await lab.connect(await lab.serve(handler))
    await ws.send_raw(b"".join(Frame.text(text, mask=bytes(4)).serialize() for text in ("last", "unheard")))
    with pytest.raises(ConnectionClosed, match="4000"):
        await ws.recv()


async def test_a_handler_that_cuts_within_the_turn_ends_as_it_should(lab: Lab) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.recv()
        connection.abort()

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.send("now")
    with pytest.raises(ConnectionClosed) as closed:
        await ws.recv()
    assert closed.value.code == 1006
    assert server.errors == []


async def test_a_handler_that_raises_within_the_turn_is_told_as_ever(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(connection: Endpoint) -> None:
        await connection.recv()
        raise ZeroDivisionError

    server = await lab.serve(handler)
    ws = await lab.connect(server)
    await ws.send("now")
    await ws.wait_closed()
    assert ws.close_code == 1011
    assert [type(error) for error in server.errors] == [ZeroDivisionError]
    assert len(caplog.records) == 1


async def test_an_answer_comes_behind_the_pong_of_an_earlier_ping(lab: Lab) -> None:
    ws = await lab.connect(await lab.serve(echo))
    frames = (Frame.ping(b"1", mask=bytes(4)), Frame.text("2", mask=bytes(4)), Frame.ping(b"3", mask=bytes(4)))
    await ws.send_raw(b"".join(frame.serialize() for frame in frames))
    assert await ws.recv() == "2"
    await ws.close()
    answers = [entry.kind for entry in lab.tape if entry.sender == "server" and entry.kind in ("pong", "text")]
    assert answers == ["pong", "pong", "text"]
