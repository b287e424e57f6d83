"""What is left in a kernel after a cell was run again and again: `python -m tests.widgets.reruns` prints the table.

Each cell runs in a real ipykernel, with the id that JupyterLab sends. It is counted after a few runs, which load and
cache what they need, and after many more: the second count must be the first.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jupyter_client.manager import start_new_kernel

LIMIT = 60.0
"""Seconds that a cell has to end."""

WARM = 5
"""Runs before the first count."""

RUNS = 200

COUNT = """
import asyncio, gc, json, os, sys, threading
import comm, ipywidgets, wslab
from IPython.display import display

def count():
    kept = sys.modules["ipywidgets.widgets.widget"]._instances
    for _ in range(3):
        gc.collect()
    paths = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    links = [os.readlink(path) for path in paths if os.path.islink(path)]
    pages = int(open("/proc/self/statm").read().split()[1])
    return {
        "descriptors": len(links),
        "sockets": sum(link.startswith("socket") for link in links),
        "tasks": len(asyncio.all_tasks()),
        "models": len(kept),
        "comms": len(comm.get_comm_manager().comms),
        "threads": threading.active_count(),
        "objects": len(gc.get_objects()),
        "MiB": pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
    }
"""
SETTLE = "for _ in range(5):\n    gc.collect()\n    await asyncio.sleep(0.01)\nprint(json.dumps(count()))"

LAB = """lab = wslab.Lab()
server = await lab.serve(wslab.echo)
"""
LINK = LAB + "link = await lab.link(server)\nws = await lab.connect(link)\n"
TALK = """lab = wslab.Lab({clock})
async def talk():
    async with await lab.connect(await lab.serve(wslab.echo)) as ws:
        await ws.send("Hello")
        await ws.recv()
"""
ONCE = """if "tape" not in globals():
    tape = wslab.play("clean-close")
"""
CELLS = {
    "`FrameInspector`": "wslab.FrameInspector('81 05 48 65 6c 6c 6f')",
    "`OpcodeTable`": "wslab.OpcodeTable()",
    "`BreakIt`, judged": "broken = wslab.BreakIt()\nbroken.flip(2, 8)\nbroken.judge()\nbroken",
    "`HandshakeStepper`": "wslab.HandshakeStepper()",
    "`MaskingStepper`": "wslab.MaskingStepper()",
    "`Predict`, in a variable": "question = wslab.Predict('Which code?', [1000, 1006])\nquestion",
    "`Predict`, answered": "question = wslab.Predict('Which code?', [1000, 1006])\nquestion.resolve(1006)",
    "`Timeline`": ONCE + "wslab.Timeline(tape)",
    "`Timeline`, `display` and assignment": ONCE + "view = wslab.Timeline(tape)\ndisplay(view)",
    "`Timeline`, live": LINK + "wslab.Timeline(lab, live=True)",
    "`Timeline`, live, of one lab": "if 'lab' not in globals():\n    lab = wslab.Lab()\nwslab.Timeline(lab, live=True)",
    "the same tape": ONCE + "tape",
    "`play`": "wslab.play('half-open')",
    "`play` and `display`, twice": "for name in ('clean-close', 'cut'):\n    display(wslab.play(name))",
    "`ScenarioPlayer`": "wslab.ScenarioPlayer('half-open')",
    "`CheckReport`": "from wslab.widgets.check.widget import CheckReport\n"
    "CheckReport(wslab.check_bytes('81 05', bytes.fromhex('8104')))",
    "`BrowserPeer`": LAB + "wslab.BrowserPeer(server)",
    "`LinkPanel`": LINK + "wslab.LinkPanel(link)",
    "`LinkPanel`, in a variable": LINK + "panel = wslab.LinkPanel(link)\npanel",
    "`LinkPanel`, not shown": LINK + "panel = wslab.LinkPanel(link)",
    "`LinkPanel`, alone with its lab": LAB + "display(wslab.LinkPanel(await lab.link(server)))",
    "`LinkPanel`, refused": LINK + "try:\n    wslab.LinkPanel(link, faults='no such fault')\nexcept ValueError: pass",
    "`LinkPanel`, in an `HBox`": LINK + "ipywidgets.HBox([wslab.LinkPanel(link)])",
    "`LinkPanel`, in boxes, by `display`": LINK
    + "panel = wslab.LinkPanel(link)\ndisplay(ipywidgets.VBox([ipywidgets.HBox([panel])]))",
    "`LinkPanel`, in a box with a slider": LINK
    + "panel, slider = wslab.LinkPanel(link), ipywidgets.FloatSlider(0.1)\n"
    + "ipywidgets.dlink((slider, 'value'), (panel, 'faults'), lambda s: f'delay:{s}')\n"
    + "ipywidgets.VBox([slider, panel])",
    "`check_bytes`": "wslab.check_bytes('81 05', bytes.fromhex('8104'))",
    "lab, left open": LINK,
    "lab, left open, returned": LINK + "lab, server",
    "server, returned": "await wslab.Lab().serve(wslab.echo)",
    "lab, closed": LINK + "await lab.close()",
    "lab, by `run`": TALK.format(clock="") + "wslab.run(talk())\nlab.tape",
    "lab, virtual": TALK.format(clock="clock='virtual'") + "lab.run(talk())\nlab.tape",
}


class Kernel:
    """A kernel that is told which cell it runs, as by JupyterLab."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3")

    def run(self, code: str, cell: str | None = None) -> tuple[str, str]:
        """The reply's status or error, and what was printed."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        asked, end = message["header"]["msg_id"], time.monotonic() + LIMIT
        printed = "".join(each.get("text", "") for each in self._until_idle(asked, end))
        return self._reply(asked, end), printed

    def count(self) -> dict[str, float]:
        """What there is in the kernel now."""
        counted: dict[str, float] = json.loads(self.run(SETTLE, "count")[1])
        return counted

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
                content = reply["content"]
                return str(content.get("ename") or content["status"]) + str(content.get("evalue", ""))


@contextmanager
def kernel() -> Iterator[Kernel]:
    """A kernel that has what counts."""
    started = Kernel()
    try:
        assert started.run(COUNT) == ("ok", "")
        yield started
    finally:
        started.client.stop_channels()
        started.manager.shutdown_kernel(now=True)


def rerun(kernel: Kernel, name: str, runs: int) -> tuple[dict[str, float], dict[str, float]]:
    """What there is after a few runs of this cell, and after so many more."""
    counts = []
    for times in (WARM, runs):
        for _ in range(times):
            status, _ = kernel.run(CELLS[name], name)
            assert status == "ok", status
        counts.append(kernel.count())
    return counts[0], counts[1]


def main(words: Sequence[str]) -> None:
    """Print the table, a line as soon as it is known; `words` choose cells by parts of their names."""
    titles = ("descriptors", "sockets", "tasks", "models", "comms", "threads", "objects", "MiB")
    print(f"| cell, run {RUNS} times | {' | '.join(titles)} |\n|---|{'--:|' * len(titles)}")
    for name in (each for each in CELLS if not words or any(word in each for word in words)):
        with kernel() as started:
            before, after = rerun(started, name, RUNS)
        pairs = (f"{before[title]:,.0f} → {after[title]:,.0f}" for title in titles)
        print(f"| {name} | {' | '.join(pairs)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
