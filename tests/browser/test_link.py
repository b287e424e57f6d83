"""The panel of a link in JupyterLab: mouse and keyboard change a real connection."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Notebook, OpenNotebook

pytestmark = pytest.mark.browser

CELLS = [
    "from wslab import Lab, LinkPanel, echo\n"
    "lab = Lab(timeout=3)\nlink = await lab.link(await lab.serve(echo))\nws = await lab.connect(link)\n"
    "panel = LinkPanel(link)\npanel",
]


def test_the_mouse_adds_a_gate_and_lets_a_frame_through(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([*CELLS, "link.faults = ('gate:of=client',)\nawait ws.send('Hello')\npanel.redraw()"])
    view = notebook.widget("LinkPanel")
    expect(view).to_contain_text("1 connection through it")
    expect(view).to_contain_text("“Hello”")
    view.get_by_role("button", name="Let through", exact=True).click()
    expect(view).to_contain_text("Nothing waits at the gate.")


def test_the_keyboard_alone_writes_a_fault_and_takes_it_away(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("LinkPanel"), notebook.page.keyboard
    view.get_by_label("Or write a fault").focus()
    keys.type("delay:0.2")
    keys.press("Enter")
    keys.press("Tab")
    expect(view.get_by_role("button", name="Add")).to_be_focused()
    keys.press("Enter")
    expect(view).to_contain_text("delay:seconds=0.2")
    view.get_by_role("button", name="Take away").focus()
    keys.press("Enter")
    expect(view).to_contain_text("It passes everything on")


def test_it_fits_everyone(open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]) -> None:
    notebook = open_notebook([*CELLS, "panel.faults = ('mobile', 'gate')\nawait ws.send('Hello')"])
    view = notebook.widget("LinkPanel")
    expect(view).to_contain_text("“Hello”")
    fits_everyone(notebook, "LinkPanel")
