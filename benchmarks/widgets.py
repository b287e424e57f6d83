"""What a widget costs: a Timeline over a long tape opened and drawn again, how large its page is, a step, an edit.

Opening counts from the recording on: its entries are worked out first, then drawn. Time is the processor's. A step is
measured in Chromium, from the press of a button to the page laid out anew. An edit needs Python: Voila shows a
notebook, and time runs from the press to the changed picture, through the server and the kernel. Without Chromium, or
Voila (it comes with the extra `test`), these lines are left out.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from benchmarks.harness import OURS, Measurement, Progress
from benchmarks.tapes import recorded
from wslab.cli.doctor import find_chromium
from wslab.lab import Tape
from wslab.scenarios import play
from wslab.widgets.handshake.widget import HandshakeStepper
from wslab.widgets.masking.widget import MaskingStepper
from wslab.widgets.player.state import SEEN
from wslab.widgets.player.widget import ScenarioPlayer
from wslab.widgets.state_map.widget import StateMap
from wslab.widgets.timeline.widget import Timeline
from wslab.widgets.view import View

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ENTRIES = 100_000
STEPS = 12
EDITS = 15
OPENED_S, DRAWN_S, ELEMENTS, STEP_MS, EDIT_MS = 1.0, 0.1, 2_000, 16.0, 100.0
EDITED = {
    "BreakIt": "[data-do=flip]",
    "FrameInspector": "[data-do=flip]",
    "HandshakeStepper": "[data-do=fresh]",
    "MaskingStepper": "[data-do=random]",
    "OpcodeTable": "[data-do=choose][aria-pressed=false]",
}
"""Each view with a button whose press changes its picture, whatever it shows."""

_STEPS = """(count) => [...Array(count)].map(() => {
  const began = performance.now();
  document.querySelector("[data-jump=back]").click();
  document.body.getBoundingClientRect();
  return performance.now() - began;
})"""

_EDITS = """async ([name, button, count]) => {
  const view = document.querySelector(`[data-wslab=${name}]`), took = [];
  for (let at = 0; at < count; at += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    await new Promise((resolve) => {
      const seen = new MutationObserver(() => { seen.disconnect(); resolve(); });
      for (const box of view.querySelectorAll("[data-region]")) seen.observe(box, { childList: true });
      view.querySelector(button).click();
    });
    document.body.getBoundingClientRect();
    took.push(performance.now() - began);
  }
  return took;
}"""


def measure(progress: Progress) -> Iterator[Measurement]:
    """Opening, drawing, the page's size, one step."""
    progress(f"a timeline of {ENTRIES:,} entries")
    opened = []
    for _ in range(3):
        tape = recorded(ENTRIES)
        opened.append(_processor(lambda tape=tape: Timeline(tape)))  # type: ignore[misc]
    view = Timeline(tape)
    yield _line(f"Timeline: a tape of {ENTRIES:,} entries opened", "s", statistics.median(opened), OPENED_S)
    drawn = [_processor(lambda: view.redraw(ENTRIES // 2)) for _ in range(7)]
    yield _line("Timeline: drawn again, in the middle", "s", statistics.median(drawn), DRAWN_S)
    yield _line("Timeline: elements in the page", "", _elements(view), ELEMENTS)
    with _chromium() as browser:
        if browser is not None:
            progress("steps and edits in Chromium")
            yield from _steps(browser, tape)
            yield from _edits(browser)


def _line(name: str, unit: str, found: float, limit: float) -> Measurement:
    return Measurement(name, unit, {OURS: found}, False, limit=limit)


def _processor(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _elements(view: Timeline) -> int:
    return sum(len(re.findall(r"<[a-z]", html)) for html in view.regions.values())


@contextlib.contextmanager
def _chromium() -> Iterator[Browser | None]:
    path = find_chromium()
    if path is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def _steps(browser: Browser, tape: Tape) -> Iterator[Measurement]:
    views = {
        f"Timeline of {ENTRIES:,} entries": lambda: Timeline(tape),
        "Timeline": lambda: Timeline(play("half-open")),
        "ScenarioPlayer of the largest page": lambda: ScenarioPlayer("hasty-reset", selected=SEEN, step=99),
        "StateMap": lambda: StateMap("client", play("half-open"), step=99),
        "HandshakeStepper": lambda: HandshakeStepper(step=99),
        "MaskingStepper": lambda: MaskingStepper("x" * 40, step=99),
    }
    for name, make in views.items():
        yield _line(f"{name}: one step in Chromium", "ms", _step_in(browser, make()), STEP_MS)


def _step_in(browser: Browser, view: View) -> float:
    with tempfile.TemporaryDirectory() as folder:
        page = browser.new_page()
        page.goto(view.save(Path(folder) / "page.html").as_uri())
        return statistics.median(page.evaluate(_STEPS, STEPS))


def _edits(browser: Browser) -> Iterator[Measurement]:
    if importlib.util.find_spec("voila") is None:
        return
    with tempfile.TemporaryDirectory() as folder, _voila(Path(folder)) as url:
        page = browser.new_page()
        page.goto(url, timeout=60_000)
        for name, button in EDITED.items():
            page.locator(f"[data-wslab={name}]").wait_for(timeout=60_000)
            took = page.evaluate(_EDITS, [name, button, EDITS])
            yield _line(f"{name}: an edit answered by Python, in Voila", "ms", statistics.median(took), EDIT_MS)


@contextlib.contextmanager
def _voila(folder: Path) -> Iterator[str]:
    """A Voila on loopback that shows one view of each class; gives its address."""
    cells = [f"from wslab import {', '.join(EDITED)}", *(f"{name}()" for name in EDITED)]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, folder / "views.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "voila", "--no-browser", f"--port={port}", "views.ipynb"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/static/", process)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Voila did not start.")


if __name__ == "__main__":
    for found in measure(print):
        print(found.name, f"{found.medians[OURS]:.4g} {found.unit}", f"(limit {found.limit:g})")
