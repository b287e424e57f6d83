"""The lab in a real ipykernel: cells run twice, interrupted, `run` in a cell, a kernel restarted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

LAB = """
import asyncio, gc, warnings
import wslab
warnings.simplefilter("error")
before = asyncio.all_tasks()
"""
CELL = """
lab = wslab.Lab(timeout=5)
server = await lab.serve(wslab.echo, port={port})
ws = await lab.connect(server)
await ws.send("Hello")
print(await ws.recv())
"""
SYNC_CELL = """
lab = wslab.Lab(timeout=5)
server = wslab.run(lab.serve(wslab.echo, port={port}))
ws = wslab.run(lab.connect(server))
wslab.run(ws.send("Hello"))
print(wslab.run(ws.recv()))
"""
VIRTUAL = """
lab = wslab.Lab(clock="virtual")

async def story(seconds):
    async with await lab.connect(await lab.serve(wslab.echo)) as ws:
        await ws.send("Hello")
        print(await ws.recv())
        while lab.now < seconds:
            await asyncio.sleep(0.01)
"""
LEFT = """
del lab, server, ws
gc.collect()
await asyncio.sleep(0.2)
gc.collect()
left = [task.get_coro().__qualname__ for task in asyncio.all_tasks() - before]
print([name for name in left if name.startswith(("LabContext", "Listener", "Endpoint", "Lab", "echo"))])
"""


class Kernel:
    """A kernel, its client, and all that it said on its standard error."""

    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient) -> None:
        self.manager = manager
        self.client = client
        self.noise = ""

    async def run(self, code: str, *, interrupt_after: float | None = None) -> tuple[str, str]:
        """What a cell printed, and the name of its error if it had one."""
        done = asyncio.ensure_future(
            self.client.execute_interactive(code, timeout=40, output_hook=self._hear, allow_stdin=False)
        )
        self._printed = ""
        if interrupt_after is not None:
            await asyncio.sleep(interrupt_after)
            await self.manager.interrupt_kernel()
        reply = await done
        return self._printed.strip(), reply["content"].get("ename", "")

    def _hear(self, message: dict[str, dict[str, str]]) -> None:
        content = message["content"]
        if content.get("name") == "stdout":
            self._printed += content["text"]
        elif content.get("name") == "stderr":
            self.noise += content["text"]


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    manager = AsyncKernelManager(kernel_name="python3")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    yield Kernel(manager, client)
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    await manager._async_cleanup_resources()


@pytest.fixture
def port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        number: int = sock.getsockname()[1]
        return number


async def test_a_cell_run_again_and_again_leaves_nothing(kernel: Kernel, port: int) -> None:
    await kernel.run(LAB)
    for _ in range(3):
        assert await kernel.run(CELL.format(port=port)) == ("Hello", "")
    assert await kernel.run(LEFT) == ("[]", "")
    assert kernel.noise == ""


async def test_run_works_in_a_cell_beside_await(kernel: Kernel, port: int) -> None:
    await kernel.run(LAB)
    for cell in (SYNC_CELL, CELL, SYNC_CELL):
        assert await kernel.run(cell.format(port=port)) == ("Hello", "")
    assert await kernel.run(LEFT) == ("[]", "")
    assert kernel.noise == ""


@pytest.mark.parametrize("waiting", ["await ws.recv(timeout=30)", "wslab.run(ws.recv(timeout=30))"])
async def test_an_interrupted_cell_leaves_the_lab_in_order(kernel: Kernel, port: int, waiting: str) -> None:
    await kernel.run(LAB)
    await kernel.run(CELL.format(port=port))
    async with asyncio.timeout(10):
        _, error = await kernel.run(waiting, interrupt_after=1.0)
    assert error in ("KeyboardInterrupt", "CancelledError")
    assert await kernel.run("await ws.send('on'); print(await ws.recv())") == ("on", "")
    assert await kernel.run(CELL.format(port=port)) == ("Hello", "")
    assert await kernel.run(LEFT) == ("[]", "")
    assert kernel.noise == ""


async def test_virtual_time_goes_by_inside_the_running_loop(kernel: Kernel) -> None:
    await kernel.run(LAB + VIRTUAL)
    for cell in ("lab.run(story(60))", "await asyncio.sleep(0); lab.run(story(120))"):
        assert await kernel.run(cell) == ("Hello", "")
    assert await kernel.run("await asyncio.sleep(0.01); print(round(lab.now))") == ("120", "")
    assert kernel.noise == ""


@pytest.mark.parametrize("cell", ["lab.run(story(1e9))", "await asyncio.sleep(0); lab.run(story(1e9))"])
async def test_an_interrupted_virtual_run_says_goodbye_and_keeps_its_tape(kernel: Kernel, cell: str) -> None:
    await kernel.run(LAB + VIRTUAL)
    async with asyncio.timeout(20):
        _, error = await kernel.run(cell, interrupt_after=1.0)
    assert error == "KeyboardInterrupt"
    assert await kernel.run("print([entry.kind for entry in lab.tape.frames()])") == (
        "['text', 'text', 'close', 'close']",
        "",
    )
    assert await kernel.run("lab.run(story(0))") == ("Hello", "")


async def test_a_restarted_kernel_takes_its_port_again(kernel: Kernel, port: int) -> None:
    for _ in range(2):
        await kernel.run(LAB)
        assert await kernel.run(CELL.format(port=port)) == ("Hello", "")
        await kernel.manager.restart_kernel()
        await kernel.client.wait_for_ready(timeout=60)
    await kernel.run(LAB)
    assert await kernel.run(CELL.format(port=port)) == ("Hello", "")
