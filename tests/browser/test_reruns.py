"""A cell that is run again in JupyterLab: the old view goes, the new one and those of other cells work."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import RUNNING_MS, Notebook, OpenNotebook

pytestmark = pytest.mark.browser

RUNS = 15
FEW = 4
"""What a kernel opens once and late; what each run leaves is 15 or more."""
SETTLES = 5
CELLS = [
    "from wslab import Lab, LinkPanel, OpcodeTable, Timeline, echo\n"
    "lab = Lab(timeout=3)\nlink = await lab.link(await lab.serve(echo))\nws = await lab.connect(link)\n"
    "LinkPanel(link)",
    "first = link\nkept = LinkPanel(first)\nOpcodeTable()",
    "kept",
    "import gc, os\nfrom ipywidgets.widgets import widget\ngc.collect()\n"
    "print(len(os.listdir('/proc/self/fd')), len(widget._instances))",
]
COUNTS = ".jp-OutputArea-output pre"
EXECUTION = "n => jupyterapp.shell.currentWidget.content.widgets[n].model.executionCount"


def run_cell(notebook: Notebook, number: int) -> None:
    """Run a cell, and wait for its end."""
    notebook.settle()
    before = notebook.page.evaluate(EXECUTION, number)
    notebook.page.evaluate("n => { jupyterapp.shell.currentWidget.content.activeCellIndex = n }", number)
    notebook.command("notebook:run-cell")
    notebook.page.wait_for_function(f"([n, before]) => ({EXECUTION})(n) !== before", arg=[number, before])
    notebook.settle()


def silence(panel: Locator) -> None:
    """Press a button of a panel; that the panel shows it means that Python did it."""
    button = panel.get_by_role("button", name="silence")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def numbers(text: str) -> list[int]:
    return [int(each) for each in text.split()]


def test_a_panel_run_again_leaves_nothing_and_others_go_on(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    notebook.widget("LinkPanel", 1)
    run_cell(notebook, 0)
    run_cell(notebook, 3)
    counted = notebook.page.locator(COUNTS).last.inner_text()
    for _ in range(RUNS):
        run_cell(notebook, 0)
    for _ in range(SETTLES):  # what is being closed just then still counts
        run_cell(notebook, 3)
        after = notebook.page.locator(COUNTS).last.inner_text()
        left = [now - before for now, before in zip(numbers(after), numbers(counted), strict=True)]
        if max(left) <= FEW:
            break
    assert max(left) <= FEW, (counted, after)
    for index in (0, 1):
        silence(notebook.widget("LinkPanel", index))
    expect(notebook.page.locator("[data-wslab='LinkPanel']")).to_have_count(2)
    expect(notebook.page.locator("[data-wslab='OpcodeTable']")).to_have_count(1)


def test_a_page_that_is_loaded_again_has_its_views(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS, allow=("comm", "Comm"))
    notebook.widget("LinkPanel", 1)
    run_cell(notebook, 0)
    notebook.command("docmanager:save")
    notebook.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=RUNNING_MS)
    notebook.page.reload()
    silence(notebook.widget("LinkPanel"))
