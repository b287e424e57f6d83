"""The table of opcodes in JupyterLab, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Notebook, OpenNotebook

pytestmark = pytest.mark.browser

CELLS = ["from wslab import OpcodeTable\nview = OpcodeTable()\nview"]


def test_the_mouse_chooses_and_shows_a_frame_of_each_opcode(open_notebook: OpenNotebook) -> None:
    view = open_notebook(CELLS).widget("OpcodeTable")
    view.get_by_role("button", name="0x9").click()
    expect(view.locator(".wsl-osays")).to_contain_text("asks the peer to answer with a Pong")
    expect(view.locator(".wsl-osays")).to_contain_text("a server accepts it")
    view.get_by_role("button", name="0xB").click()
    expect(view.locator(".wsl-osays")).to_contain_text("a server refuses it: 1002")


def test_the_keyboard_alone_does_the_same(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("OpcodeTable"), notebook.page.keyboard
    view.locator("[data-key='opcode-1']").focus()
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(view.locator(".wsl-osays")).to_contain_text("a message of any bytes")
    expect(view.locator("[data-key='opcode-2']")).to_be_focused()
    keys.press("ArrowDown")
    expect(view.locator("[data-key='opcode-10']")).to_be_focused()
    keys.press("End")
    keys.press("Space")
    expect(view.locator(".wsl-strip")).to_contain_text("reserved 0xF")
    expect(view.locator("[data-key='opcode-15']")).to_have_attribute("aria-pressed", "true")


def test_it_fits_everyone(open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]) -> None:
    fits_everyone(open_notebook(CELLS), "OpcodeTable")
