"""The masking stepper in JupyterLab, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import WITHOUT_KERNEL, Notebook, OpenNotebook

pytestmark = pytest.mark.browser

CELLS = ["from wslab import MaskingStepper\nview = MaskingStepper()\nview"]


def caption(view: Locator) -> Locator:
    return view.locator(".wsl-line:visible")


def test_the_mouse_steps_plays_scrubs_and_changes_text_and_key(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("MaskingStepper")
    count = view.locator(".wsl-count")
    expect(count).to_have_text("byte 4 of 0–4")
    view.get_by_role("button", name="One step back").click()
    expect(count).to_have_text("byte 3 of 0–4")
    view.get_by_role("button", name="First step").click()
    expect(caption(view)).to_contain_text("48 XOR 37 = 7f")
    expect(view.locator("[aria-live]")).to_contain_text("48 XOR 37 = 7f")
    view.get_by_role("slider").fill("2")
    expect(caption(view)).to_contain_text("6c XOR 21 = 4d")
    expect(view.locator(".wsl-mcol.is-now")).to_contain_text("6c")
    view.locator(".wsl-mcol").nth(1).click()
    expect(count).to_have_text("byte 1 of 0–4")
    view.get_by_role("button", name="Play").click()
    expect(count).to_have_text("byte 4 of 0–4", timeout=8000)
    expect(view.get_by_role("button", name="Play")).to_be_visible()
    view.get_by_role("textbox", name="Text").fill("Hi!")
    expect(count).to_have_text("byte 2 of 0–2")
    view.get_by_role("button", name="Turn round: unmask").click()
    expect(view.get_by_text("Unmasking")).to_be_visible()


def test_the_keyboard_alone_does_the_same(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("MaskingStepper"), notebook.page.keyboard
    count = view.locator(".wsl-count")
    view.locator("[data-key='picture']").focus()
    keys.press("ArrowLeft")
    expect(count).to_have_text("byte 3 of 0–4")
    keys.press("Home")
    expect(count).to_have_text("byte 0 of 0–4")
    keys.press("Space")
    expect(count).to_have_text("byte 1 of 0–4", timeout=3000)
    keys.press("End")
    expect(count).to_have_text("byte 4 of 0–4")
    keys.press("Tab")
    keys.press("Enter")
    expect(count).to_have_text("byte 0 of 0–4")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 1  # no shortcut of the notebook was hit


def test_typing_keeps_the_focus_and_a_wrong_key_is_told_at_its_field(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("MaskingStepper")
    key = view.get_by_label("Key in hex")
    key.click()
    key.press("Control+a")
    key.press_sequentially("0001zz", delay=60)
    expect(view.locator(".wsl-problem")).to_contain_text("'z'")
    expect(key).to_be_focused()
    expect(key).to_have_value("0001zz")
    key.press("Backspace")
    key.press("Backspace")
    key.press_sequentially("0203", delay=60)
    key.press("Enter")
    expect(view.locator(".wsl-problem")).to_be_empty()
    expect(key).to_have_value("00 01 02 03")


def test_a_long_payload_steps_through_all_its_windows(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["from wslab import MaskingStepper\nMaskingStepper(bytes(1000), step=500)"])
    view, keys = notebook.widget("MaskingStepper"), notebook.page.keyboard
    view.locator("[data-key='picture']").focus()
    for _ in range(40):
        keys.press("ArrowRight")
    expect(caption(view)).to_contain_text("Byte 540, 00,")
    keys.press("End")
    expect(caption(view)).to_contain_text("Byte 999, 00,")
    expect(view.locator("[data-key='picture']")).to_be_focused()


def test_python_sees_the_step_and_sets_it(open_notebook: OpenNotebook) -> None:
    cells = [*CELLS, "view.observe(lambda c: print('step', c['new']), names=['step'])", "view.step = 2"]
    notebook = open_notebook(cells)
    view = notebook.widget("MaskingStepper")
    expect(view.locator(".wsl-count")).to_have_text("byte 2 of 0–4")
    expect(notebook.page.get_by_text("step 2")).to_be_visible()


def test_stepping_works_when_the_kernel_is_dead_and_an_action_says_so(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS, allow=WITHOUT_KERNEL)
    view = notebook.widget("MaskingStepper")
    notebook.stop_kernel()
    view.get_by_role("button", name="First step").click()
    expect(view.locator(".wsl-count")).to_have_text("byte 0 of 0–4")
    view.get_by_role("button", name="One step forward").click()
    expect(caption(view)).to_contain_text("65 XOR fa = 9f")
    view.get_by_role("button", name="Random key").click()
    expect(view.get_by_text("Python has not answered yet")).to_be_visible()


def test_a_payload_is_data(open_notebook: OpenNotebook) -> None:
    evil = '<img src=x onerror=\\"window.hit=1\\"><script>window.hit=1</script>'
    notebook = open_notebook([f'from wslab import MaskingStepper\nMaskingStepper("{evil}")'])
    notebook.widget("MaskingStepper").get_by_role("textbox", name="Text").fill("<img src=x onerror='window.hit=1'>")
    expect(notebook.widget("MaskingStepper").locator(".wsl-count")).to_contain_text("of 0–33")
    assert notebook.page.evaluate("window.hit") is None


def test_it_fits_everyone(open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]) -> None:
    fits_everyone(open_notebook(CELLS), "MaskingStepper")
