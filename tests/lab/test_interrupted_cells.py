"""An interrupt is obeyed in every kind of cell: the cell ends and says so, and the kernel goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

LIMIT = 20.0
"""Seconds that a cell has to end."""

SETUP = """
import asyncio, contextlib, time
import ipywidgets, wslab
loop = asyncio.get_running_loop()

def say(word="waiting"):
    print(word, flush=True)

async def forever():
    say()
    await asyncio.sleep(600)

async def short():
    say()
    await asyncio.sleep(0.001)

async def outer():
    wslab.run(forever())

async def outermost():
    wslab.run(outer())

async def blocked(connection=None):
    say()
    time.sleep(600)

async def busy():
    say()
    while True:
        pass

async def tidy():
    try:
        await forever()
    finally:
        await asyncio.sleep(0.01)
        say("tidied")

async def catching():
    with contextlib.suppress(asyncio.CancelledError):
        await forever()

async def stubborn():
    while True:
        await catching()

async def group():
    async with asyncio.TaskGroup() as group:
        group.create_task(forever())
        group.create_task(asyncio.sleep(600))

async def generated():
    for _ in range(10**9):
        yield wslab.run(short())

async def silent(connection):
    say()
    await asyncio.sleep(600)

async def talk(handler, **options):
    async with wslab.Lab(timeout=600, **options) as lab:
        ws = await lab.connect(await lab.serve(handler))
        await ws.send("Hello")
        await ws.recv()

async def keep():
    while True:
        await short()

button = ipywidgets.Button()
button.on_click(lambda _: wslab.run(forever()))
lab = wslab.Lab(timeout=600)
virtual = wslab.Lab(clock="virtual")
"""
AWAIT = "await asyncio.sleep(0)\n"
CELLS = {
    "run alone": "wslab.run(forever())",
    "run behind await": AWAIT + "wslab.run(forever())",
    "run before await": "wslab.run(forever())\n" + AWAIT,
    "run in run": "wslab.run(outer())",
    "run in run behind await": AWAIT + "wslab.run(outer())",
    "three deep behind await": AWAIT + "wslab.run(outermost())",
    "await of a coroutine with run": "await outermost()",
    "await in a lab": "await talk(silent)",
    "run in a loop": "while True: wslab.run(short())",
    "run in a loop behind await": AWAIT + "while True: wslab.run(short())",
    "run in a comprehension": AWAIT + "[wslab.run(short()) for _ in range(10**9)]",
    "run in a generator": "async for _ in generated(): pass",
    "run between awaits": "while True:\n    await asyncio.sleep(0.001)\n    wslab.run(short())",
    "run under except Exception": AWAIT + "try:\n    wslab.run(forever())\nexcept Exception:\n    say('swallowed')",
    "run that tidies up": AWAIT + "wslab.run(tidy())",
    "run that catches the cancelling": AWAIT + "wslab.run(catching())",
    "run that does so for ever": AWAIT + "wslab.run(stubborn())",
    "run of a group": AWAIT + "wslab.run(group())",
    "run of code that blocks": "wslab.run(blocked())",
    "run of code that blocks, behind await": AWAIT + "wslab.run(blocked())",
    "run of code that computes": AWAIT + "wslab.run(busy())",
    "run in a callback": "loop.call_soon(lambda: wslab.run(forever()))\nawait asyncio.sleep(600)",
    "run in a task": "await asyncio.create_task(outer())",
    "run beside": "task = asyncio.create_task(outer())\nawait asyncio.sleep(600)",
    "run in a callback inside of run": AWAIT + "loop.call_soon(lambda: wslab.run(forever()))\nwslab.run(keep())",
    "run when a button is pressed": AWAIT + "button.click()",
    "run in a lab": "async with lab:\n    wslab.run(talk(silent))",
    "run with a handler that blocks": AWAIT + "wslab.run(talk(blocked))",
    "interrupt just before run": AWAIT + "say()\ntime.sleep(1)\nwslab.run(asyncio.sleep(600))",
    "virtual": "virtual.run(keep())",
    "virtual behind await": AWAIT + "virtual.run(keep())",
    "virtual code that blocks": AWAIT + "virtual.run(blocked())",
    "virtual in a callback": "loop.call_soon(lambda: virtual.run(keep()))\nawait asyncio.sleep(600)",
    "virtual in run": AWAIT + "async def both(): virtual.run(keep())\nwslab.run(both())",
}
TWICE = {"run that does so for ever"}
NOISY = {"run in a callback", "virtual in a callback"}
"""Here an error leaves a callback of the user, who is told so on standard error."""


class Kernel:
    """A kernel, and what it said of the cell that ran last."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3")

    def run(self, code: str, *, interrupts: int = 0) -> tuple[str, str, str]:
        """The reply's status or error, what was printed, what came on standard error; `Empty` where no end is told."""
        asked, end = self.client.execute(code), time.monotonic() + LIMIT
        said = {"stdout": "", "stderr": ""}
        for message in self._until_idle(asked, end):
            said[message.get("name", "other")] = said.get(message.get("name", "other"), "") + message.get("text", "")
            if interrupts and "waiting" in message.get("text", ""):
                interrupts -= 1
                self.manager.interrupt_kernel()
        return self._reply(asked, end), said["stdout"], said["stderr"]

    def _until_idle(self, asked: str, end: float) -> Iterator[dict[str, Any]]:
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.0, end - time.monotonic()))
            content: dict[str, Any] = message["content"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            if content.get("execution_state") == "idle":
                return
            yield content

    def _reply(self, asked: str, end: float) -> str:
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.0, end - time.monotonic()))
            if reply["parent_header"].get("msg_id") == asked:
                return str(reply["content"].get("ename", reply["content"]["status"]))

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    kernel = Kernel()
    try:
        assert kernel.run(SETUP)[0] == "ok"
        yield kernel
    finally:
        kernel.close()


@pytest.mark.parametrize("kind", CELLS)
def test_an_interrupted_cell_ends_and_the_kernel_goes_on(kernel: Kernel, kind: str) -> None:
    error, printed, noise = kernel.run(CELLS[kind], interrupts=2 if kind in TWICE else 1)
    assert error in ("KeyboardInterrupt", "CancelledError")
    assert "swallowed" not in printed
    assert "zmq" not in noise
    assert "ipykernel/" not in noise
    assert bool(noise) <= (kind in NOISY), noise
    assert kernel.run("print(wslab.run(asyncio.sleep(0.01, 'goes')), await asyncio.sleep(0.01, 'on'))") == (
        "ok",
        "goes on\n",
        "",
    )


def test_what_was_interrupted_first_in_a_fresh_kernel_ends_too() -> None:
    """The first run patches the loop, and its cell is a task of another kind than all later ones."""
    kernel = Kernel()
    try:
        kernel.run(SETUP)
        for kind in ("interrupt just before run", "run behind await"):
            assert kernel.run(CELLS[kind], interrupts=1)[0] == "KeyboardInterrupt"
        assert kernel.run("1 + 1")[0] == "ok"
    finally:
        kernel.close()
