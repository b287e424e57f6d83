"""From inside a widget, Esc leads back to the cell and Shift+Enter runs on, as everywhere in a notebook."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Notebook, OpenNotebook
from tests.browser.test_notebooks import ERRORS as FAILED
from tests.notebooks.course import FOLDER

pytestmark = pytest.mark.browser

ACTIVE = "() => jupyterapp.shell.currentWidget.content.activeCellIndex"
CELLS = ["from wslab import MaskingStepper\nMaskingStepper()", "print('ran', len(In))", "'the third'"]
PLACES = ["[data-key='jump-back']", "[data-key='scrub']", "[data-key='key-']", "[data-key='help-button']"]


EVERY = {
    "BreakIt": "BreakIt()",
    "FrameInspector": "FrameInspector()",
    "HandshakeStepper": "HandshakeStepper()",
    "MaskingStepper": "MaskingStepper()",
    "OpcodeTable": "OpcodeTable()",
    "Predict": "Predict('Which?', [1000, 1006])",
    "StateMap": "StateMap('client', play('half-open'))",
    "Timeline": "Timeline(play('half-open'))",
    "ScenarioPlayer": "ScenarioPlayer('cut')",
    "CheckReport": "CheckReport(check_bytes('81 05', bytes.fromhex('8104')))",
    "LinkPanel": "LinkPanel(link)",
    "BrowserPeer": "BrowserPeer(link)",
}
"""Each class of widget, and a cell that shows it."""
CELLS_OF_EVERY = [each for view in EVERY.values() for each in (view, "len(In)")]
STOPS = ":is(button, input, select, textarea, summary, a, [tabindex='0']):not([inert] *)"
RAN = """index => {
  const panel = jupyterapp.shell.currentWidget, cell = panel.content.widgets[index];
  if (panel.content.activeCellIndex === index) return false;
  if (cell.model.type !== "code") return true;
  const idle = panel.sessionContext.session.kernel.status === "idle";
  return idle && cell.model.executionCount !== null && cell.model.executionState !== "running";
}"""


class Keyboard:
    """Presses keys in a notebook and counts them; text that is typed is counted apart."""

    def __init__(self, notebook: Notebook) -> None:
        self.page = notebook.page
        self.count = self.typed = 0

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)
        self.count += times

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.typed += len(text)

    def run_on(self) -> None:
        """Shift+Enter, from a cell or from inside a view, and wait for the cell that it runs."""
        cell = self.page.evaluate(ACTIVE)
        inside = self.page.evaluate("() => Boolean(document.activeElement.closest('[data-wslab]'))")
        self.press("Shift+Enter")
        self.page.wait_for_function(RAN, arg=cell + 1 if inside else cell, timeout=60_000)

    def run_to(self, cell: int) -> None:
        """Run on until this cell is the active one."""
        while self.page.evaluate(ACTIVE) < cell:
            self.run_on()

    def back_to(self, place: str) -> None:
        """Shift+Tab until the focus is there."""
        for _ in range(40):
            if self.page.evaluate("place => document.activeElement.matches(place)", place):
                return
            self.press("Shift+Tab")
        raise AssertionError(f"40 times Shift+Tab do not lead to {place}")


def in_cell(notebook: Notebook, index: int) -> bool:
    """Whether the focus is on the cell of this number, not in its editor or its output."""
    code = "index => document.activeElement === document.querySelectorAll('.jp-Notebook .jp-Cell')[index]"
    return bool(notebook.page.evaluate(code, index))


@pytest.mark.parametrize("place", PLACES)
def test_escape_leads_back_to_the_cell(open_notebook: OpenNotebook, place: str) -> None:
    notebook = open_notebook(CELLS)
    notebook.settle()
    notebook.widget("MaskingStepper").locator(place).focus()
    notebook.page.keyboard.press("Escape")
    assert in_cell(notebook, 0)
    assert notebook.page.evaluate(ACTIVE) == 0


@pytest.mark.parametrize("place", PLACES)
def test_shift_enter_runs_the_next_cell_from_inside(open_notebook: OpenNotebook, place: str) -> None:
    notebook = open_notebook(CELLS)
    notebook.settle()
    notebook.widget("MaskingStepper").locator(place).focus()
    notebook.page.keyboard.press("Shift+Enter")
    notebook.page.wait_for_function(f"({ACTIVE})() === 2")
    expect(notebook.page.locator(".jp-OutputArea-output").nth(1)).to_contain_text("ran 5")
    counts = notebook.page.locator(".jp-CodeCell .jp-InputPrompt")
    expect(counts).to_have_text(["[1]:", "[4]:", "[3]:"])  # the view's own cell has not run again
    notebook.page.keyboard.press("Shift+Enter")
    expect(counts.nth(2)).to_have_text("[5]:")


def test_in_the_last_cell_it_leads_back_to_the_cell(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS[:1])
    notebook.settle()
    notebook.widget("MaskingStepper").locator(PLACES[0]).focus()
    notebook.page.keyboard.press("Shift+Enter")
    assert in_cell(notebook, 0)
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 1


def test_a_click_anywhere_in_a_view_gives_it_the_arrow_keys(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    notebook.settle()
    view = notebook.widget("MaskingStepper")
    before = view.locator(".wsl-count").inner_text()
    view.locator(".wsl-title").click()
    notebook.page.keyboard.press("ArrowLeft")
    expect(view.locator(".wsl-count")).not_to_have_text(before)
    expect(view.locator("[aria-live]")).to_contain_text("Esc goes back to the cell")
    assert notebook.page.evaluate(ACTIVE) == 0


@pytest.mark.timeout(180)
def test_from_inside_every_widget_escape_and_shift_enter_lead_on(open_notebook: OpenNotebook) -> None:
    names = ", ".join(name for name in EVERY if name != "CheckReport")
    first = f"from wslab import {names}, Lab, check_bytes, echo, play\nlab = Lab()"
    first += "\nfrom wslab.widgets.check.widget import CheckReport"
    notebook = open_notebook(
        [
            f"{first}\nlink = await lab.link(await lab.serve(echo))",
            *(each for view in EVERY.values() for each in (view, "len(In)")),
        ]
    )
    notebook.page.set_viewport_size({"width": 1100, "height": 7000})
    notebook.settle()
    counts = notebook.page.locator(".jp-CodeCell .jp-InputPrompt")
    for number, name in enumerate(EVERY):
        cell = 1 + 2 * number
        view = notebook.widget(name)
        stops = view.locator(STOPS).locator("visible=true")
        for stop in (stops.first, stops.last):
            stop.focus()
            notebook.page.keyboard.press("Escape")
            assert in_cell(notebook, cell), (name, stop)
            assert notebook.page.evaluate(ACTIVE) == cell
            before = counts.nth(cell + 1).inner_text()
            stop.focus()
            notebook.page.keyboard.press("Shift+Enter")
            expect(counts.nth(cell + 1)).not_to_have_text(before)
            notebook.settle()
            assert notebook.page.evaluate(ACTIVE) in (cell + 2, cell + 1)  # the last cell has none behind it


SOLVED = {
    25: 'server_hi = bytes.fromhex("81 02 48 69")',
    29: 'my_frame = bytes.fromhex("81 82 01 02 03 04 49 6b")',
    33: 'repaired = bytes.fromhex("81 85 01 02 03 04 49 67 6f 68 6e")',
}
"""The cells of the first notebook's exercises, and what a learner types there."""


@pytest.mark.timeout(240)
def test_all_of_the_first_notebook_by_keyboard_alone(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(FOLDER / "00_start.ipynb", run=False)
    keys, page = Keyboard(notebook), notebook.page
    keys.run_to(7)
    keys.back_to("[data-wslab=Predict] input")
    keys.press("ArrowUp")  # the Tab key came to the last choice; this chooses the one before
    keys.run_on()
    keys.run_to(9)
    expect(notebook.widget("Predict").locator("[data-show]:visible")).to_contain_text("and so did you")

    keys.run_to(13)
    keys.back_to("[data-wslab=Timeline] [tabindex='0'], [data-wslab=Timeline] [data-scrub]")
    before = notebook.widget("Timeline").locator(".wsl-count").inner_text()
    keys.press("Home")
    expect(notebook.widget("Timeline").locator(".wsl-count")).not_to_have_text(before)
    keys.press("ArrowRight", 3)
    expect(notebook.widget("Timeline").locator(".wsl-count")).to_have_text("step 3")
    keys.run_on()

    keys.run_to(17)
    keys.back_to("[data-wslab=Predict] input")
    keys.press("ArrowUp")  # the Tab key came to the last choice; this chooses the one before
    keys.run_on()
    expect(notebook.widget("Predict", 1).locator("[data-show]:visible")).to_contain_text("and so did you")

    for cell, solved in SOLVED.items():
        keys.run_to(cell)
        keys.press("Enter")
        keys.press("Control+A")
        keys.type(solved)
        keys.run_on()
        keys.run_to(cell + 2)
        report = page.locator(".jp-Cell").nth(cell + 1).locator(".jp-OutputArea-output").first
        expect(report).to_contain_text("as they should be")
    keys.run_to(37)
    assert page.evaluate(FAILED) == []
    print(f"00_start by keyboard alone: {keys.count} keys, and {keys.typed} letters of the exercises")
    assert keys.count <= 60
