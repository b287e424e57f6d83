"""Programs: mistakes in the code around a connection, which no byte on the wire can show."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from wslab.lab import ConnectionClosed, Endpoint, Lab
from wslab.lab.faults.timing import Delay
from wslab.protocol import CloseCode, Opcode
from wslab.scenarios.answers import programs as answers
from wslab.scenarios.asked import Topic
from wslab.scenarios.catalogue import scenario
from wslab.scenarios.explanation import Explanation, PlayedRun
from wslab.scenarios.steps import read_all

GROUP = "Your own code"


def _of_forgotten_task(run: PlayedRun) -> Explanation:
    if run["tasks"] == "in a TaskGroup":
        return Explanation(
            what="The task fails at the third price. Its TaskGroup stops the handler, and the server closes with 1011.",
            why=(
                "A TaskGroup waits for its tasks. The error of one cancels the others and leaves the group as an "
                "ExceptionGroup, so the handler ends with an error and the server says so (1011, §7.4.1)."
            ),
            knows=(
                "The client believes {client} and can reconnect. The server believes {server}, and its log has the "
                "error."
            ),
            code=(
                "`async with asyncio.TaskGroup() as tasks: tasks.create_task(push())` around all that belongs together."
            ),
        )
    return Explanation(
        what="Two prices come, and then nothing. The connection stays open, and every Ping would get its Pong.",
        why=(
            "The task that sends the prices failed at the third one. Nothing awaits it, so neither the handler nor "
            "the client is told. asyncio logs “Task exception was never retrieved” when the task is collected: at once "
            "where nothing refers to it, perhaps never where something does. A task without a reference may even be "
            "collected while it runs: the event loop keeps only a weak one. None of that is an error of the protocol, "
            "so no Close is due (§7.1.7)."
        ),
        knows="The client believes {client}, the server {server}. Only the task has the error, and perhaps the log.",
        code=(
            "Await every task: `asyncio.TaskGroup`, or keep it in a set and read its exception in "
            "`task.add_done_callback(...)`. Let the client notice that what it expects does not come: "
            "`recv(timeout=...)`."
        ),
    )


@scenario(
    "forgotten-task",
    group=GROUP,
    topic=Topic.CODE,
    question="A handler starts a task for the prices, and the task fails. What does the client see?",
    answers=answers.FORGOTTEN_TASK,
    explanation=_of_forgotten_task,
    fix={"tasks": "in a TaskGroup"},
    fixed="A TaskGroup holds the task: its error ends the handler, and the client gets 1011 instead of nothing.",
)
async def forgotten_task(
    lab: Lab,
    *,
    tasks: Annotated[
        Literal["create_task and forget", "in a TaskGroup"], "how the handler starts its task"
    ] = "create_task and forget",
) -> None:
    """A handler's background task fails, nobody reads the error, and nothing more arrives on a healthy connection."""
    forgotten: list[asyncio.Task[None]] = []

    async def handle(connection: Endpoint) -> None:
        if tasks == "in a TaskGroup":
            async with asyncio.TaskGroup() as group:
                group.create_task(_push(connection))
                await read_all(connection)
        else:
            forgotten.append(asyncio.create_task(_push(connection)))
            await read_all(connection)

    client = await lab.connect(await lab.serve(handle))
    with suppress(ConnectionClosed, TimeoutError):
        while True:
            await client.recv(timeout=60)
    for task in forgotten:
        lab.tape.note(0, None, _told_of(task))
        task.cancel()  # does nothing where it has ended


def _told_of(task: asyncio.Task[None]) -> str:
    """What became of the task. It still runs where the connection ended before the third price."""
    if not task.done():
        return "The task for the prices still runs, and nobody waits for it."
    failed = f"{type(task.exception()).__name__}: {task.exception()}"
    return f"The task for the prices ended long ago, and nothing awaited it. Its error: {failed}"


async def _push(connection: Endpoint) -> None:
    """Send a price a second; the third cannot be had, which this code did not expect."""
    for price in ("41.50", "41.75", "", "42.10"):
        await asyncio.sleep(1)
        if not price:
            raise LookupError("the exchange has no price")
        await connection.send(f"price {price}")


def _of_wrong_thread(run: PlayedRun) -> Explanation:
    if run["how"] == "run_coroutine_threadsafe":
        return Explanation(
            what="The report goes out the moment it is ready, after {work} s.",
            why=(
                "`run_coroutine_threadsafe` hands the coroutine to the loop and wakes it. The loop does the sending, "
                "one frame after the other (§5.2)."
            ),
            knows="The client believes {client}, the server {server}.",
            code="In a thread: `asyncio.run_coroutine_threadsafe(ws.send(report), loop).result(timeout=10)`.",
            limits=_NO_THREADS,
        )
    if not _has_the_report(run):
        return Explanation(
            what="The client asks at {asks} s, and the report is ready after {work} s. Nothing wakes the loop for it "
            "before the client's Close does. So the client leaves without it.",
            why=_NOT_THREAD_SAFE,
            knows="The client believes {client}, the server {server}: a clean end. Neither knows of the report.",
            code=_FROM_A_THREAD,
            limits=_NO_THREADS,
        )
    return Explanation(
        what=(
            "The report is ready after {work} s. It goes out with the answer to what the client happens to ask at "
            "{asks} s."
        ),
        why=_NOT_THREAD_SAFE,
        knows=(
            "Neither side notices anything: the client believes {client}, the server {server}. Only the time is wrong."
        ),
        code=_FROM_A_THREAD,
        limits=_NO_THREADS,
    )


def _has_the_report(run: PlayedRun) -> bool:
    return any(entry.plain == b"the report" for entry in run.tape.frames(Opcode.TEXT, "server"))


_NOT_THREAD_SAFE = (
    "asyncio is not thread-safe. `loop.create_task` from another thread puts the task into the loop's list, but the "
    "loop sleeps until a socket or a timer wakes it, and looks at its list only then. A thread that writes to the "
    "connection itself can even mix two frames, which no peer can read (§5.2)."
)
_FROM_A_THREAD = (
    "From a thread use `asyncio.run_coroutine_threadsafe(ws.send(report), loop)` or `loop.call_soon_threadsafe`. Run "
    "tests with `PYTHONASYNCIODEBUG=1`: then asyncio raises where a thread calls what it must not."
)
_NO_THREADS = (
    "The virtual clock knows no threads. What a thread does is played by a task, and the sleep of the loop by a list "
    "that is read at the next message."
)


@scenario(
    "wrong-thread",
    group=GROUP,
    topic=Topic.CODE,
    question="A thread has finished a report and calls the loop's `create_task(ws.send(report))`. When does it go out?",
    answers=answers.WRONG_THREAD,
    explanation=_of_wrong_thread,
    fix={"how": "run_coroutine_threadsafe"},
    fixed="`run_coroutine_threadsafe` wakes the loop: the report leaves at once.",
)
async def wrong_thread(
    lab: Lab,
    *,
    how: Annotated[Literal["create_task", "run_coroutine_threadsafe"], "what the thread calls"] = "create_task",
    work: Annotated[float, "seconds that the thread needs"] = 2.0,
    asks: Annotated[float, "second in which the client asks something else"] = 10.0,
) -> None:
    """A worker thread sends on the server's connection, and the frame leaves when the loop happens to wake."""
    unseen: list[str] = []  # what the loop has in its list, and has not woken up for

    async def in_the_thread(connection: Endpoint) -> None:
        await asyncio.sleep(work)
        connection.note(f"The thread has finished the report and calls {how}.")
        if how == "create_task":
            unseen.append("the report")
        else:
            await connection.send("the report")

    async def handle(connection: Endpoint) -> None:
        async with asyncio.TaskGroup() as threads:
            threads.create_task(in_the_thread(connection))
            async for question in connection:
                await connection.send(f"answer to “{question!s}”")
                while unseen:
                    await connection.send(unseen.pop())

    client = await lab.connect(await lab.serve(handle))
    await asyncio.sleep(asks)
    await client.send("still there?")
    with suppress(TimeoutError):
        while True:
            await client.recv(timeout=max(1.0, work - asks + 1))
    await client.close()


def _of_cancelled_close(run: PlayedRun) -> Explanation:
    if run["clean_up"] == "with its own limit":
        return Explanation(
            what="The database is too slow, the time is over, and the server closes with 1013, so the client knows "
            "why.",
            why=(
                "The limit is around the work alone. When it is over, the clean-up runs outside of it and has a limit "
                "of its own, so nothing cancels it, and the Close goes out (§7.1.2)."
            ),
            knows="The client believes {client} and may come back later. The server believes {server}.",
            code=(
                "`async with asyncio.timeout(5): await work()` in a `try`. It raises TimeoutError when the time is "
                "over: `except TimeoutError: await ws.close(1013, timeout=2)`."
            ),
        )
    return Explanation(
        what="The client gets half a message, no Close, and the end of TCP.",
        why=(
            "A supervisor cancels the handler after 5 s. The handler's `finally` first writes a log and would then "
            "close. That takes too long, so it is cancelled again after a second. A cancellation ends the `await` that "
            "it meets, in a clean-up, too. The Close was never sent; TCP ended, and that is 1006 (§7.1.5)."
        ),
        knows=(
            "The client believes {client}, and has a fragment whose message never ended (§5.4). The server believes "
            "{server}; its log has no error at all, since a cancelled task is not one that failed."
        ),
        code=(
            "Put `asyncio.timeout(...)` around the work only. Give the clean-up its own limit (`ws.close(timeout=2)`), "
            "and close before you write logs. Where others cancel you: `asyncio.shield` around the closing."
        ),
    )


@scenario(
    "cancelled-close",
    group=GROUP,
    topic=Topic.CODE,
    question="A slow handler is cancelled, and again while its `finally` cleans up. Which code does the client get?",
    answers=answers.CANCELLED_CLOSE,
    explanation=_of_cancelled_close,
    fix={"clean_up": "with its own limit"},
    fixed="The limit is around the work; the closing has its own. The client gets 1013, “try again later”.",
)
async def cancelled_close(
    lab: Lab,
    *,
    clean_up: Annotated[
        Literal["in finally", "with its own limit"], "where the handler closes its connection"
    ] = "in finally",
) -> None:
    """A handler is cancelled in the middle of a message, and cancelled again while it cleans up."""

    async def handle(connection: Endpoint) -> None:
        if clean_up == "with its own limit":
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await _answer_slowly(connection)
            await connection.close_quietly(CloseCode.TRY_AGAIN_LATER, "the database is slow", timeout=2)
        else:
            await _supervise(connection)

    client = await lab.connect(await lab.link(await lab.serve(handle), Delay(0.05)))
    with suppress(ConnectionClosed):
        await client.recv(timeout=60)
    await client.wait_closed()
    await asyncio.sleep(0.1)  # until the last FIN has arrived


async def _answer_slowly(connection: Endpoint) -> None:
    await connection.send_fragment("row 1 of 2; ", fin=False, opcode=Opcode.TEXT)
    await asyncio.sleep(60)  # a slow database
    await connection.send_fragment("row 2 of 2", fin=True)


async def _supervise(connection: Endpoint) -> None:
    """A supervisor that does not wait long: it cancels after 5 s, and again a second later."""
    work = asyncio.create_task(_answer_and_clean_up(connection))
    work.add_done_callback(_read_error)
    for seconds in (5, 1):
        await asyncio.sleep(seconds)
        connection.note("The supervisor cancels the handler.")
        work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    connection.abort()


def _read_error(work: asyncio.Task[None]) -> None:
    """Read the error of a task that nobody may await any more; else asyncio logs it."""
    if not work.cancelled():
        work.exception()


async def _answer_and_clean_up(connection: Endpoint) -> None:
    try:
        await _answer_slowly(connection)
    finally:
        await asyncio.sleep(3)  # a log is written first
        await connection.close(CloseCode.TRY_AGAIN_LATER, "the database is slow")


def _of_loop_running(run: PlayedRun) -> Explanation:
    if run["how"] == "await":
        return Explanation(
            what="The handler awaits the look-up, and its answer arrives.",
            why=(
                "`await` hands control to the loop that runs already, and gets the result from it. Meanwhile the same "
                "loop answers Pings (§5.5.2)."
            ),
            knows="The client believes {client}, the server {server}.",
            code=(
                "`answer = await look_up(name)`. In a notebook the same works in a cell, without a function around it."
            ),
        )
    return Explanation(
        what="At `asyncio.run` the handler gets a RuntimeError, and the server closes with 1011.",
        why=(
            "`asyncio.run` starts an event loop, and a thread can run one at a time. A handler is called by a loop, "
            "and so is a cell in Jupyter, where `asyncio.run` fails as well; `loop.run_until_complete` calls it “This "
            "event loop is already running”. The server ends the connection because of an error of its own (1011, "
            "§7.4.1)."
        ),
        knows="The client believes {client}, and did nothing wrong. The server believes {server}, and its log has "
        "the error.",
        code=(
            "`await look_up(name)` instead of `asyncio.run(look_up(name))`. In a cell, `await` at the top level. Only "
            "code that cannot be async needs `nest_asyncio2`, or `wslab.run`."
        ),
    )


@scenario(
    "loop-running",
    group=GROUP,
    topic=Topic.CODE,
    question="A handler calls `asyncio.run(look_up(name))`. What does the client get?",
    answers=answers.LOOP_RUNNING,
    explanation=_of_loop_running,
    fix={"how": "await"},
    fixed="The handler awaits the look-up on the loop that runs already.",
)
async def loop_running(
    lab: Lab, *, how: Annotated[Literal["asyncio.run", "await"], "how the handler calls a coroutine"] = "asyncio.run"
) -> None:
    """A handler starts an event loop inside the event loop, gets an error, and the connection ends with 1011."""

    async def handle(connection: Endpoint) -> None:
        async for name in connection:
            look_up = _look_up(str(name))
            await connection.send(await look_up if how == "await" else _run(look_up))

    client = await lab.connect(await lab.serve(handle))
    await client.send("Ada")
    with suppress(ConnectionClosed):
        await client.recv()
        await client.close()
    await client.wait_closed()


async def _look_up(name: str) -> str:
    await asyncio.sleep(0.2)
    return f"{name} lives in Vienna"


def _run(coroutine: object) -> str:
    """What the handler does: `asyncio.run` refuses, and the coroutine is closed without having run."""
    try:
        return asyncio.run(coroutine)  # type: ignore[arg-type]
    finally:
        coroutine.close()  # type: ignore[attr-defined]
