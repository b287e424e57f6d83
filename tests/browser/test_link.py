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
HELD = [*CELLS, "link.faults = ('gate:of=client',)\nfor text in ('one', 'two', 'three'):\n    await ws.send(text)"]
RECEIVED = "print(await ws.recv(), await ws.recv())"


def run_more(notebook: Notebook, source: str) -> None:
    """Write a cell at the end, and run it."""
    notebook.settle()
    notebook.page.evaluate(
        "source => { const book = jupyterapp.shell.currentWidget.content;"
        " book.model.sharedModel.addCell({ cell_type: 'code', source });"
        " book.activeCellIndex = book.widgets.length - 1; }",
        source,
    )
    notebook.command("notebook:run-cell")


def test_the_mouse_lets_through_rewrites_and_drops(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(HELD)
    view = notebook.widget("LinkPanel")
    expect(view).to_contain_text("1 connection through it")
    expect(view).to_contain_text("3 waiting")
    items = view.get_by_role("list", name="What waits at the gate").get_by_role("listitem")
    items.nth(1).get_by_role("button", name="Drop").click()
    expect(items).to_have_count(2)
    items.nth(1).get_by_role("button", name="Edit").click()
    view.get_by_label("Payload").fill("drei")
    view.get_by_role("button", name="Let this through instead").click()
    expect(items).to_have_count(1)
    items.first.get_by_role("button", name="Let through", exact=True).click()
    expect(view).to_contain_text("Nothing waits at the gate")
    run_more(notebook, RECEIVED)
    expect(notebook.page.locator(".jp-OutputArea-output pre").last).to_have_text("one drei\n")


def test_the_keyboard_alone_decides_and_never_loses_its_place(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(HELD)
    view, keys = notebook.widget("LinkPanel"), notebook.page.keyboard
    expect(view).to_contain_text("3 waiting")
    view.get_by_role("button", name="Let through", exact=True).first.focus()
    keys.press("Enter")
    expect(view).to_contain_text("2 waiting")
    expect(view.get_by_role("button", name="Let through", exact=True).first).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(view).to_contain_text("1 waiting")
    keys.press("Tab")
    keys.press("Enter")
    expect(view.get_by_label("Payload")).to_be_visible()
    view.get_by_label("Payload").focus()
    for key in ("Tab", "Enter"):
        keys.press(key)
    expect(view).to_contain_text("Nothing waits at the gate")
    expect(view.get_by_role("button", name="Nothing wrong")).to_be_focused()


def test_the_keyboard_alone_chooses_a_fault_and_its_fields_and_takes_it_back(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("LinkPanel"), notebook.page.keyboard
    view.get_by_label("Make it wrong").focus()
    view.get_by_label("Make it wrong").select_option("flip")
    expect(view.get_by_label("Written")).to_have_value("flip:at_frame=2,bit=3")
    view.get_by_label("bit", exact=True).focus()
    keys.press("Control+A")
    keys.type("5")
    keys.press("Enter")
    expect(view.get_by_label("Written")).to_have_value("flip:at_frame=2,bit=5")
    expect(view.get_by_label("bit", exact=True)).to_be_focused()
    view.get_by_role("button", name="Put it on").focus()
    keys.press("Enter")
    expect(view).to_contain_text("Bit 5 is flipped at frame 2 of the client")
    view.get_by_role("button", name="Take away flip").focus()
    keys.press("Enter")
    expect(view).to_contain_text("It passes everything on")
    view.get_by_role("button", name="Undo the last change of faults").focus()
    keys.press("Enter")
    expect(view.get_by_role("button", name="Take away flip")).to_be_visible()


def test_a_slip_stays_in_the_field_and_is_told(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("LinkPanel"), notebook.page.keyboard
    view.get_by_label("Written").focus()
    keys.press("Control+A")
    keys.type("delai:1")
    keys.press("Enter")
    keys.press("Tab")
    expect(view.get_by_role("button", name="Put it on")).to_be_focused()
    keys.press("Enter")
    expect(view.get_by_role("alert")).to_contain_text("did you mean 'delay'")
    expect(view.get_by_label("Written")).to_have_value("delai:1")


def test_a_slider_drives_the_faults(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        [
            *CELLS,
            "import ipywidgets\nslider = ipywidgets.FloatSlider(0.5, max=2, step=0.5)\n"
            "ipywidgets.dlink((slider, 'value'), (panel, 'faults'), lambda s: f'delay:{s}' if s else ())\nslider",
        ]
    )
    view = notebook.widget("LinkPanel")
    expect(view).to_contain_text("500 ms")
    notebook.page.locator(".widget-slider [role=slider]").focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(view).to_contain_text("1 s")
    notebook.page.keyboard.press("ArrowLeft")
    notebook.page.keyboard.press("ArrowLeft")
    expect(view).to_contain_text("It passes everything on")


def test_silence_is_shown_at_both_ends_and_cannot_be_taken_back(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("LinkPanel")
    view.get_by_role("button", name="Go silent").click()
    run_more(notebook, "await ws.send('Is anybody there?')")
    expect(view.locator(".wsl-pill.is-false")).to_have_count(2)
    view.get_by_role("button", name="Nothing wrong").click()
    expect(view).to_contain_text("Connection #1 stays silent")


@pytest.mark.parametrize(
    "faults", ["()", "('mobile', 'gate', 'flip:at_frame=9,bit=1,of=server', 'half-open:after=60')"]
)
def test_it_fits_everyone(
    open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None], faults: str
) -> None:
    notebook = open_notebook([*CELLS, f"panel.faults = {faults}\nawait ws.send('Hello')"])
    expect(notebook.widget("LinkPanel")).to_contain_text("1 waiting" if "gate" in faults else "passes everything on")
    fits_everyone(notebook, "LinkPanel")
    notebook.width(420)
    assert notebook.widget("LinkPanel").evaluate("el => el.scrollWidth <= el.clientWidth + 1")
