"""BreakIt in JupyterLab: a bit flipped, a guess, the verdicts, by mouse and by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenNotebook, violations

pytestmark = pytest.mark.browser

CELLS = ["from wslab import BreakIt\nview = BreakIt('text', seed=7)\nview"]


def test_the_mouse_breaks_and_the_keyboard_alone_does_the_same(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("BreakIt"), notebook.page.keyboard

    view.get_by_role("button", name="byte 1: 85").locator("visible=true").click()
    view.get_by_role("button", name="MASK, bit 0 of byte 1: 1").click()
    expect(view.get_by_text("Bit 0 of byte 1 of the text “Hello” is flipped.")).to_be_visible()
    expect(view.locator(".wsl-verdict")).to_have_count(0)
    view.get_by_role("button", name="refuses it").click()
    view.locator("[data-do=answer]").select_option("Close 1002")
    view.locator("[data-do=rule]").select_option("client-masks")
    view.get_by_role("button", name="Run it").click()
    expect(view.locator(".wsl-says")).to_contain_text("a client must mask every frame that it sends")
    expect(view.locator(".wsl-bscore")).to_have_text("score 3 of 3")
    assert violations(notebook, "[data-wslab=BreakIt]") == []

    view.get_by_role("button", name="Back to legal").focus()
    keys.press("Enter")
    expect(view.get_by_text("All of this is legal.")).to_be_visible()
    view.locator("[data-key=rung-2]").focus()
    keys.press("ArrowDown")
    expect(view.locator("[data-key=rung-3]")).to_be_focused()
    keys.press("Tab")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(view.get_by_text("byte 2", exact=True).locator("visible=true")).to_be_visible()
    keys.press("Tab")
    keys.press("End")
    keys.press("Enter")
    expect(view.get_by_text("Bit 7 of byte 2 of the text “Zoë?” is flipped.")).to_be_visible()
    expect(view.locator("[data-key=bit-3-7]")).to_be_focused()
    for _ in range(2):
        keys.press("Tab")
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(view.locator("[data-key=guess-OTHER]")).to_have_attribute("aria-pressed", "true")
    keys.press("Tab")
    keys.press("Enter")
    expect(view.locator(".wsl-says")).to_contain_text("reads the text “[oë?” instead of the text “Zoë?”")
    expect(view.locator(".wsl-bscore")).to_have_text("score 4 of 4")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 1  # no shortcut of the notebook was hit
