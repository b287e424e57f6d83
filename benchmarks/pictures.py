"""What a widget costs: a Timeline over a long tape opened and drawn again, how large its page is, and one step of it.

Opening counts from the recording on: its entries are worked out first, then drawn. Time is the processor's. A step is
measured in Chromium, from the press of a button to the page laid out anew; without Chromium that line is left out.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.harness import OURS, Measurement, Progress
from benchmarks.tapes import recorded
from wslab.cli.doctor import find_chromium
from wslab.lab import Tape
from wslab.widgets.timeline.widget import Timeline

ENTRIES = 100_000
STEPS = 12
OPENED_S, DRAWN_S, ELEMENTS, STEP_MS = 1.0, 0.1, 2_000, 16.0

_STEPS = """(count) => [...Array(count)].map(() => {
  const began = performance.now();
  document.querySelector("[data-jump=back]").click();
  document.body.getBoundingClientRect();
  return performance.now() - began;
})"""


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
    if (path := find_chromium()) is not None:
        yield _line("Timeline: one step in Chromium", "ms", _step_in(path, tape), STEP_MS)


def _line(name: str, unit: str, found: float, limit: float) -> Measurement:
    return Measurement(name, unit, {OURS: found}, False, limit=limit)


def _processor(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _elements(view: Timeline) -> int:
    return sum(len(re.findall(r"<[a-z]", html)) for html in view.regions.values())


def _step_in(chromium: str, tape: Tape) -> float:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Timeline(tape).save(Path(folder) / "page.html")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(path.as_uri())
        return statistics.median(page.evaluate(_STEPS, STEPS))


if __name__ == "__main__":
    for found in measure(print):
        print(found.name, f"{found.medians[OURS]:.4g} {found.unit}", f"(limit {found.limit:g})")
