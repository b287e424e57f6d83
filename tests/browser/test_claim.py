"""A claim in JupyterLab: it asks, the learner chooses, and the cell below answers in both places."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenNotebook, violations

pytestmark = pytest.mark.browser

CELLS = ["from wslab import myths\norder = myths('unordered')\norder", "order.run()"]
FOUND = "section[aria-label='What the run says of unordered']"


def test_a_choice_in_the_page_stands_beside_the_verdict_and_both_fit_everyone(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    asked, found = notebook.widget("Predict"), notebook.page.locator(FOUND)
    expect(found).to_contain_text("You have not judged yet. The run says: false.")
    asked.locator(".wsl-choice", has_text="half true").click()
    expect(asked).to_contain_text("✓ The run says: false")
    notebook.page.locator(".jp-CodeCell").nth(1).click(position={"x": 300, "y": 12})
    notebook.command("notebook:run-cell")
    expect(found).to_contain_text("≠ You said half true; the run says: false.")
    for theme in ("light", "dark"):
        notebook.theme(theme)
        assert violations(notebook, FOUND) == [], theme
    notebook.width(700)
    assert found.evaluate("el => el.scrollWidth <= el.clientWidth + 1"), "scrolls sideways at 700 pixels"
