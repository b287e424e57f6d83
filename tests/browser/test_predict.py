"""A prediction in JupyterLab, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Notebook, OpenNotebook

pytestmark = pytest.mark.browser

CELLS = [
    "from wslab import Predict\n"
    "view = Predict('Which code does the client see?', [1000, 1001, 1006], because='Nobody sent a Close frame.')\nview",
    "view.resolve(1006)",
]


def told(view: Locator) -> Locator:
    """What the view says of the present choice."""
    return view.locator("[data-show]:visible")


def test_run_all_is_not_blocked_and_a_choice_made_later_is_answered(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("Predict")
    expect(notebook.page.get_by_text("You have not chosen yet. The run says: 1006.")).to_be_visible()
    expect(told(view)).to_have_text("Choose one, then run on. Nothing waits for you, and no score is kept.")
    view.get_by_label("1000").check()
    expect(told(view)).to_contain_text("The run says: 1006")
    expect(told(view)).to_contain_text("Nobody sent a Close frame.")
    expect(told(view)).to_contain_text("You said: 1000")
    view.get_by_label("1006").check()
    expect(told(view)).to_contain_text("The run says: 1006, and so did you")


def test_the_keyboard_alone_chooses(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS[:1])
    view, keys = notebook.widget("Predict"), notebook.page.keyboard
    view.get_by_label("1000").focus()
    keys.press("Space")
    expect(told(view)).to_contain_text("You said 1000. Run the next cell to see.")
    expect(view.get_by_label("1000")).to_be_focused()
    keys.press("ArrowDown")
    expect(told(view)).to_contain_text("You said 1001.")
    expect(view.get_by_label("1001")).to_be_focused()
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 1


def test_a_choice_and_the_run_cost_two_keys_once_the_question_has_the_focus(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([CELLS[0], "if view.chosen: answer = view.resolve(1006)", "'the end'"])
    notebook.settle()
    view, keys = notebook.widget("Predict"), notebook.page.keyboard
    view.get_by_label("1000").focus()
    keys.press("Space")
    keys.press("Shift+Enter")
    notebook.page.wait_for_function("() => jupyterapp.shell.currentWidget.content.activeCellIndex === 2")
    expect(told(view)).to_contain_text("You said: 1000")


def test_it_fits_everyone(open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("Predict")
    view.get_by_label("1000").check()
    expect(told(view)).to_contain_text("The run says: 1006")
    fits_everyone(notebook, "Predict")
