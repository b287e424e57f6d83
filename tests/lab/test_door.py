"""`run`: in a script, inside a running loop, interrupted, at the end of a program."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap

import pytest

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
    nest = "nest_asyncio2" if sys.version_info >= (3, 12) else "nest_asyncio"

    def callback(lab, server):
        return wslab.run(talk(lab, server))

    async def talk(lab, server):
        async with await lab.connect(server) as ws:
            await ws.send("Hello")
            return await ws.recv()

    async def main():
        async with wslab.Lab() as lab:
            server = await lab.serve(wslab.echo)
            assert nest not in sys.modules
            print(callback(lab, server), callback(lab, server))
            assert nest in sys.modules

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


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (SCRIPT, "Hello"),
        (NESTED, "Hello Hello"),
        (INTERRUPTED, "cleaned interrupted on"),
        (INTERRUPTED_INSIDE, "cleaned interrupted 1"),
    ],
    ids=["script", "nested", "interrupted", "interrupted inside a loop"],
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
