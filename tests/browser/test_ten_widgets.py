"""Ten views in one notebook: all cells run twice, the kernel restarted, then shut down, and every view still steps."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RUNNING_MS, WITHOUT_KERNEL, Notebook, OpenNotebook
from tests.browser.test_hosts import TALL
from tests.browser.test_reruns import COUNTS, SETTLES, numbers, run_cell

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

VIEWS = {
    "FrameInspector": "FrameInspector()",
    "OpcodeTable": "OpcodeTable()",
    "BreakIt": "BreakIt(seed=1)",
    "HandshakeStepper": "HandshakeStepper()",
    "MaskingStepper": "MaskingStepper()",
    "Timeline": "Timeline(play('cut'))",
    "StateMap": "StateMap('client', play('cut'))",
    "ScenarioPlayer": "ScenarioPlayer('half-open')",
    "Predict": "Predict('Which code?', [1000, 1006])",
    "LinkPanel": "LinkPanel(link)",
}
STEPS = ("HandshakeStepper", "MaskingStepper", "Timeline", "StateMap")
START = (
    f"from wslab import Lab, echo, play, {', '.join(VIEWS)}\n"
    "lab = Lab(timeout=3)\nlink = await lab.link(await lab.serve(echo))\nws = await lab.connect(link)"
)
COUNT = (
    "import gc, os\nfrom ipywidgets.widgets import widget\ngc.collect()\n"
    "print(len(os.listdir('/proc/self/fd')), len(widget._instances))"
)
LAST = "() => jupyterapp.shell.currentWidget.content.widgets.at(-1).model.executionCount"
RESTART = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"


def run_all(notebook: Notebook) -> list[int]:
    """Run all cells to their end; the counts that the last one printed."""
    before = notebook.page.evaluate(LAST)
    notebook.run_all()
    notebook.page.wait_for_function(f"before => {{ const now = ({LAST})(); return now && now !== before }}", arg=before)
    notebook.settle()
    for name in VIEWS:
        notebook.widget(name)
        expect(notebook.page.locator(f"[data-wslab='{name}']")).to_have_count(1)
    return counts(notebook)


def counts(notebook: Notebook) -> list[int]:
    """Descriptors and models, as the last cell printed them."""
    return numbers(notebook.page.locator(COUNTS).last.inner_text())


def left_behind(notebook: Notebook, first: list[int], again: list[int]) -> list[int]:
    """How many more there are; what is being closed just then still counts, so it is counted again."""
    for _ in range(SETTLES):
        if max(now - before for now, before in zip(again, first, strict=True)) <= 0:
            break
        run_cell(notebook, len(VIEWS) + 1)
        again = counts(notebook)
    return [now - before for now, before in zip(again, first, strict=True)]


def steps(notebook: Notebook) -> None:
    """To the first step and one on, in each view that has steps."""
    for name in STEPS:
        view = notebook.widget(name)
        view.focus()
        view.press("Home")
        count = view.locator(".wsl-count").inner_text()
        view.press("ArrowRight")
        expect(view.locator(".wsl-count")).not_to_have_text(count)


def test_ten_views_survive_runs_a_restart_and_the_end_of_their_kernel(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([START, *VIEWS.values(), COUNT], run=False, allow=WITHOUT_KERNEL)
    notebook.page.set_viewport_size(TALL)
    notebook.page.set_default_timeout(RUNNING_MS)
    first = run_all(notebook)
    assert max(left_behind(notebook, first, run_all(notebook))) <= 0
    steps(notebook)
    assert notebook.said == []
    notebook.page.evaluate(RESTART)
    assert run_all(notebook)[1] == first[1]
    steps(notebook)
    notebook.stop_kernel()
    steps(notebook)
