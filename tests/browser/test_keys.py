"""From inside a widget, Esc leads back to the cell and Shift+Enter runs on, as everywhere in a notebook."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Notebook, OpenNotebook

pytestmark = pytest.mark.browser

ACTIVE = "() => jupyterapp.shell.currentWidget.content.activeCellIndex"
CELLS = ["from wslab import MaskingStepper\nMaskingStepper()", "print('ran', len(In))", "'the third'"]
PLACES = ["[data-key='jump-back']", "[data-key='scrub']", "[data-key='key-']", "[data-key='help-button']"]


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
