"""The handshake stepper in JupyterLab, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import WITHOUT_KERNEL, Notebook, OpenNotebook

pytestmark = pytest.mark.browser

CELLS = ["from wslab import HandshakeStepper\nview = HandshakeStepper()\nview"]


def caption(view: Locator) -> Locator:
    return view.locator(".wsl-line:visible")


def test_the_mouse_breaks_steps_fixes_and_copies(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("HandshakeStepper")
    expect(caption(view)).to_contain_text("Both sides are OPEN")
    expect(view.locator(".wsl-hsign.is-equal:visible")).to_have_text("=")
    view.get_by_label("Break one thing").select_option("request-version-8")
    expect(caption(view)).to_contain_text("The server refuses with 426 Upgrade Required")
    expect(caption(view)).to_contain_text("To fix it, send Sec-WebSocket-Version: 13.")
    expect(view.locator(".wsl-hillegal:not(.is-next)")).to_have_text("Sec-WebSocket-Version: 8")
    view.locator(".wsl-hdot.is-decision").click()
    expect(caption(view)).to_contain_text("Found 8 at byte 151, expected 13")
    view.locator(".wsl-hline").first.click()
    expect(view.locator(".wsl-count")).to_have_text("step 1 of 6")
    expect(view.locator(".wsl-hillegal:not(.is-next)")).to_have_count(0)
    view.get_by_role("button", name="Fix it").click()
    expect(caption(view)).to_contain_text("Both sides are OPEN")
    view.locator(".wsl-hbox.is-base64").click()
    expect(view.locator(".wsl-count")).to_have_text("step 7 of 12")
    expect(view.locator(".wsl-hbox.is-base64")).to_contain_text("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    expect(view.locator(".wsl-hsign.is-equal:visible")).to_have_count(0)
    view.get_by_text("Change what is sent").click()
    view.get_by_role("button", name="Copy the request as Python bytes").click()
    expect(view.locator("[aria-live]")).to_have_text("Copied.")
    assert notebook.page.evaluate("navigator.clipboard.readText()").startswith(r"b'GET /chat HTTP/1.1\r\nHost")


def test_the_keyboard_alone_breaks_and_steps(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("HandshakeStepper"), notebook.page.keyboard
    view.locator("[data-key='break']").focus()
    keys.press("P")  # one letter: a select may be drawn again before the next, and would begin its search anew
    expect(caption(view)).to_contain_text("405 Method Not Allowed")
    expect(view.locator("[data-key='break']")).to_be_focused()
    view.locator("[data-key='picture']").focus()
    keys.press("Home")
    expect(caption(view)).to_contain_text("no byte has been sent")
    keys.press("ArrowRight")
    expect(caption(view)).to_contain_text("A client asks over HTTP")
    expect(caption(view)).to_contain_text("Broken on purpose: POST instead of GET")
    keys.press("End")
    expect(caption(view)).to_contain_text("The server refuses with 405")
    keys.press("ArrowLeft")
    keys.press("ArrowLeft")
    expect(caption(view)).to_contain_text("method: the method of the opening handshake must be GET")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 1


def test_lines_and_checks_light_each_other_up(open_notebook: OpenNotebook) -> None:
    view = open_notebook(CELLS).widget("HandshakeStepper")
    view.get_by_role("img", name="passed: version", exact=True).hover()
    expect(view.locator(".wsl-hline.is-lit")).to_have_text("Sec-WebSocket-Version: 13")


def test_a_key_of_ones_own_is_sent_and_a_wrong_path_told_at_its_field(open_notebook: OpenNotebook) -> None:
    view = open_notebook(CELLS).widget("HandshakeStepper")
    view.get_by_text("Change what is sent").click()
    view.get_by_role("textbox", name="Key").fill("abc")
    expect(caption(view)).to_contain_text("The server refuses with 400 Bad Request")
    view.get_by_role("button", name="Fresh key").click()
    expect(caption(view)).to_contain_text("Both sides are OPEN")
    view.get_by_role("textbox", name="Path").fill("/a b")
    expect(view.locator(".wsl-problem")).to_contain_text("visible characters on one line")
    expect(view.get_by_role("textbox", name="Path")).to_have_value("/a b")


def test_each_step_is_announced(open_notebook: OpenNotebook) -> None:
    view = open_notebook(CELLS).widget("HandshakeStepper")
    view.get_by_role("button", name="First step").click()
    expect(view.locator("[aria-live]")).to_contain_text("The client writes first")


def test_stepping_works_when_the_kernel_is_dead(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS, allow=WITHOUT_KERNEL)
    view = notebook.widget("HandshakeStepper")
    notebook.stop_kernel()
    view.locator(".wsl-hdot").last.click()
    expect(caption(view)).to_contain_text("The server makes 15 checks: all pass.")


def test_values_are_data(open_notebook: OpenNotebook) -> None:
    cells = ["from wslab import HandshakeStepper\nHandshakeStepper(origin='<img src=x onerror=window.hit=1>')"]
    notebook = open_notebook(cells)
    view = notebook.widget("HandshakeStepper")
    view.get_by_text("Change what is sent").click()
    view.get_by_role("textbox", name="Path").fill("/<img/src=x/onerror=window.hit=1>")
    expect(view.locator(".wsl-hline").first).to_contain_text("GET /<img/src=x")
    assert notebook.page.evaluate("window.hit") is None


def test_it_fits_everyone(open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("HandshakeStepper")
    view.get_by_label("Break one thing").select_option("request-key-missing")
    expect(caption(view)).to_contain_text("The server refuses with 400")
    fits_everyone(notebook, "HandshakeStepper")
