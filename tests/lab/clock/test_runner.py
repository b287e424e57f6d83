"""`run`: in a script, inside a running loop, interrupted, at the end of a program."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from wslab.lab import run

SCRIPT = """
    import wslab
    lab = wslab.Lab()
    server = wslab.run(lab.serve(wslab.echo))
    ws = wslab.run(lab.connect(server))
    wslab.run(ws.send("Hello"))
    print(wslab.run(ws.recv()))
"""
NESTED = """
    import asyncio, sys
    import wslab

    def callback(lab, server):
        return wslab.run(talk(lab, server))

    async def talk(lab, server):
        async with await lab.connect(server) as ws:
            await ws.send("Hello")
            return await ws.recv()

    async def main():
        async with wslab.Lab() as lab:
            server = await lab.serve(wslab.echo)
            assert 'nest_asyncio2' not in sys.modules
            print(callback(lab, server), callback(lab, server))
            assert 'nest_asyncio2' in sys.modules

    asyncio.run(main())
"""
INTERRUPTED = """
    import signal, threading, asyncio, os
    import wslab
    lab = wslab.Lab()
    server = wslab.run(lab.serve(wslab.echo))

    async def wait_for_ever():
        ws = await lab.connect(server)
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            async for message in ws:
                pass
        finally:
            print("cleaned")

    try:
        wslab.run(wait_for_ever())
    except KeyboardInterrupt:
        print("interrupted")

    async def again():
        async with await lab.connect(server) as ws:
            await ws.send("on")
            return await ws.recv()

    print(wslab.run(again()))
"""
INTERRUPTED_INSIDE = """
    import signal, threading, asyncio, os
    import wslab

    async def wait_for_ever():
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            await asyncio.sleep(60)
        finally:
            print("cleaned")

    async def main():
        try:
            wslab.run(wait_for_ever())
        except KeyboardInterrupt:
            print("interrupted")
        print(len(asyncio.all_tasks()))

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
"""
ELSEWHERE = """
    import asyncio, signal, threading
    import wslab

    def press():
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # the main thread's wait goes on

    async def wait(word):
        threading.Timer(0.1, press).start()
        alarm = asyncio.get_running_loop().call_later(10, print, "woken by another")
        try:
            await asyncio.sleep(20)
        finally:
            alarm.cancel()
            print(word)

    def once(word):
        try:
            wslab.run(wait(word))
        except KeyboardInterrupt:
            print("interrupted")

    async def main():
        once("inside")
        print(signal.set_wakeup_fd(-1))

    once("alone")
    print(signal.set_wakeup_fd(-1))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
"""
CANCELLED = """
    import asyncio
    import wslab

    async def forever():
        try:
            await asyncio.sleep(600)
        finally:
            await asyncio.sleep(0.01)
            print("cleaned")

    async def inside():
        wslab.run(forever())

    async def in_time():
        try:
            async with asyncio.timeout(0.05):
                wslab.run(forever())
        except TimeoutError:
            await asyncio.sleep(0.01)
            print("late")

    async def main():
        wslab.run(asyncio.sleep(0))
        asyncio.get_running_loop().call_later(0.05, lambda: task.cancel())
        task = asyncio.create_task(inside())
        await asyncio.wait({task})
        print(task.cancelled())
        await asyncio.create_task(in_time())
        print(len(asyncio.all_tasks()))

    asyncio.run(main())
"""
THREAD = """
    import asyncio
    import wslab
    wslab.run(asyncio.to_thread(print, "threaded"))
"""
OWN_HANDLER = """
    import asyncio, os, signal
    import wslab

    async def press():
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.05)
        return "on"

    async def main():
        print(wslab.run(press()))

    signal.signal(signal.SIGINT, lambda *_: print("mine"))
    asyncio.run(main())
"""
AFTERWARDS = """
    import asyncio, gc
    import wslab

    async def say(word):
        print(word)

    async def main():
        wslab.run(say("inside"))

    asyncio.run(main())
    asyncio.run(say("afterwards"))
    try:
        asyncio.get_event_loop()
    except RuntimeError:
        print("none")
    gc.collect()
"""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (SCRIPT, "Hello"),
        (NESTED, "Hello Hello"),
        (INTERRUPTED, "cleaned interrupted on"),
        (INTERRUPTED_INSIDE, "cleaned interrupted 1"),
        (ELSEWHERE, "alone interrupted -1 inside interrupted -1"),
        (CANCELLED, "cleaned True cleaned late 1"),
        (OWN_HANDLER, "mine on"),
        (THREAD, "threaded"),
        (AFTERWARDS, "inside afterwards none"),
    ],
    ids=[
        "script",
        "nested",
        "interrupted",
        "interrupted inside a loop",
        "interrupted by way of another thread",
        "cancelled",
        "own handler",
        "a thread",
        "other loops afterwards",
    ],
)
def test_a_program_ends_well_and_without_noise(script: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-W", "error::RuntimeWarning", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == said.split()
    assert done.stderr == ""


def test_a_second_thread_is_told_so_while_one_is_inside() -> None:
    inside, go_on, told = threading.Event(), threading.Event(), list[str]()

    async def wait() -> None:
        inside.set()
        await asyncio.to_thread(go_on.wait, 5)

    async def nothing() -> None: ...

    def second() -> None:
        inside.wait(5)
        try:
            run(nothing())
        except RuntimeError as error:
            told.append(str(error))
        go_on.set()

    thread = threading.Thread(target=second)
    thread.start()
    run(wait())
    thread.join(5)
    assert ["Another thread is inside run()" in each for each in told] == [True]
    run(nothing())


def test_what_the_coroutine_raises_comes_out() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(fail())


@pytest.mark.parametrize("thing", [None, 1, asyncio.sleep])
def test_what_is_no_coroutine_is_refused_in_a_sentence(thing: object) -> None:
    with pytest.raises(TypeError, match="run\\(\\) wants a coroutine"):
        run(thing)  # type: ignore[arg-type]


def test_importing_patches_nothing() -> None:
    code = "import sys, wslab; wslab.Lab; print([name for name in sys.modules if name.startswith('nest')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


QUEUED = [
    "import asyncio, wslab",
    "wslab.run(asyncio.sleep(0.2, 'one'))",
    "wslab.run(asyncio.sleep(0.2, 'two'))",
    "len(wslab.play('tls-name-mismatch'))",
    "await asyncio.sleep(0.1, 'three')",
]


@pytest.fixture
def kernel() -> Iterator[Any]:
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_cells_that_wait_already_run_one_after_the_other(kernel: Any) -> None:
    """As with Run All: the next cell is there while `run` runs, and must not begin inside this one."""
    asked = [kernel.execute(source) for source in QUEUED]
    said, end = [], time.monotonic() + 30
    while time.monotonic() < end:
        message = kernel.get_iopub_msg(timeout=30)
        said.append((message["msg_type"], message["content"], message["parent_header"].get("msg_id")))
        if said[-1][0] == "status" and said[-1][1]["execution_state"] == "idle" and said[-1][2] == asked[-1]:
            break
    assert [content["data"]["text/plain"] for kind, content, _ in said if kind == "execute_result"] == [
        "'one'",
        "'two'",
        "1",
        "'three'",
    ]
    assert [content for kind, content, _ in said if kind in ("stream", "error")] == []
