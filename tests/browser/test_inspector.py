"""The frame inspector in JupyterLab, by mouse and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Notebook, OpenNotebook

pytestmark = pytest.mark.browser

CELLS = ["from wslab import FrameInspector\nview = FrameInspector()\nview"]
HELLO = "81 85 37 fa 21 3d 7f 9f 4d 51 58"


def shows(trait: str, words: str) -> str:
    """A cell with a label that shows what Python sees; what a callback prints goes to no cell."""
    return (
        "import ipywidgets\nlabel = ipywidgets.Label()\n"
        f"view.observe(lambda change: setattr(label, 'value', {words}), names=['{trait}'])\nlabel"
    )


def bit(view: Locator, number: int) -> Locator:
    return view.locator(f"[data-key='bit-{number}']")


def verdict(view: Locator, role: str) -> Locator:
    return view.get_by_role("group", name=f"Received by a {role}")


def test_the_mouse_flips_links_edits_undoes_and_copies(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("FrameInspector")
    expect(verdict(view, "server")).to_contain_text("accepts it: the text message “Hello”")
    bit(view, 1).click()
    expect(verdict(view, "server")).to_contain_text("1002")
    expect(view.locator(".wsl-places:visible")).to_contain_text("byte 0, bit 1")
    expect(view.locator(".wsl-places:visible")).to_contain_text("the rule")
    expect(bit(view, 1)).to_have_class(re.compile("is-set is-changed"))
    view.get_by_role("button", name="Undo").click()
    expect(verdict(view, "server")).to_contain_text("accepts")
    view.locator("[data-key='flip-8']").click()
    expect(verdict(view, "server")).to_contain_text("1002")
    view.get_by_role("button", name="Fix it").click()
    expect(verdict(view, "server")).to_contain_text("accepts")
    view.get_by_text("All fields (9)").click()
    view.locator("[data-key='field-masking-key']").hover()
    expect(bit(view, 18)).to_have_class(re.compile("is-lit"))
    expect(view.locator(".wsl-oblock.is-lit")).to_have_count(4)
    view.get_by_role("combobox", name="Opcode").select_option("9")
    expect(verdict(view, "server")).to_contain_text("a Ping")
    view.get_by_role("button", name="Reset").click()
    view.get_by_role("textbox", name="Payload").fill("Hi")
    expect(verdict(view, "server")).to_contain_text("“Hi”")
    view.get_by_role("button", name="Reset").click()
    expect(verdict(view, "server")).to_contain_text("“Hello”")
    view.get_by_role("button", name="Copy as hex").click()
    expect(view.locator("[aria-live]")).to_have_text("Copied.")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == HELLO


def test_the_keyboard_alone_moves_over_bits_flips_and_keeps_its_place(open_notebook: OpenNotebook) -> None:
    cells = [*CELLS, shows("frame", "change['new'].hex(' ')")]
    notebook = open_notebook(cells)
    view, keys = notebook.widget("FrameInspector"), notebook.page.keyboard
    notebook.settle()
    bit(view, 0).focus()
    keys.press("ArrowRight")
    expect(bit(view, 1)).to_be_focused()
    keys.press("ArrowDown")
    expect(view.locator("[data-key='flip-1']")).to_be_focused()
    keys.press("ArrowDown")
    expect(bit(view, 33)).to_be_focused()
    expect(view.locator(".wsl-fdrawer:visible")).to_contain_text("Masking-key")
    keys.press("ArrowUp")
    keys.press("ArrowUp")
    expect(bit(view, 1)).to_be_focused()
    keys.press("Enter")
    expect(notebook.page.locator(".widget-label").filter(has_text="c1 85 37")).to_be_visible()
    expect(bit(view, 1)).to_be_focused()
    keys.press("Space")
    expect(notebook.page.locator(".widget-label").filter(has_text="81 85 37")).to_be_visible()
    keys.press("End")
    expect(bit(view, 47)).to_be_focused()
    keys.press("Tab")
    assert notebook.page.evaluate("!document.activeElement.matches('.wsl-bit, .wsl-flip')")
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == len(cells)


def test_python_sets_the_frame_and_sees_the_chosen_field(open_notebook: OpenNotebook) -> None:
    cells = [*CELLS, "view.frame = '83 00'", shows("selected", "'field ' + change['new']")]
    notebook = open_notebook(cells)
    view = notebook.widget("FrameInspector")
    expect(view.locator(".wsl-places:visible")).to_contain_text("An opcode must be 0x0")
    notebook.settle()
    view.get_by_text("All fields (7)").click()
    view.locator("[data-key='field-mask']").click()
    expect(notebook.page.get_by_text("field mask")).to_be_visible()


def test_an_observer_that_raises_is_seen_and_put_away(open_notebook: OpenNotebook) -> None:
    cells = [*CELLS, "view.observe(lambda c: 1 / 0, names=['frame'])"]
    notebook = open_notebook(cells)
    view = notebook.widget("FrameInspector")
    notebook.settle()
    bit(view, 1).click()
    expect(view.get_by_role("alert")).to_contain_text("ZeroDivisionError: division by zero")
    view.get_by_role("button", name="Dismiss").click()
    expect(view.get_by_role("alert")).to_have_count(0)


def test_a_payload_is_data_and_a_long_one_opens_on_demand(open_notebook: OpenNotebook) -> None:
    source = (
        "from wslab import Frame, FrameInspector\nFrameInspector(Frame.text('<img src=x onerror=window.hit=1>' * 9))"
    )
    notebook = open_notebook([source])
    view = notebook.widget("FrameInspector")
    view.get_by_role("button", name="bytes more").click()
    view.get_by_role("button", name="Show all").click()
    expect(view.locator("pre.wsl-whole")).to_contain_text("<img src=x o")
    assert notebook.page.evaluate("window.hit") is None


@pytest.mark.parametrize("data", [HELLO, "c3 05"], ids=["legal", "illegal and cut off"])
def test_it_fits_everyone(
    open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None], data: str
) -> None:
    fits_everyone(open_notebook([f"from wslab import FrameInspector\nFrameInspector('{data}')"]), "FrameInspector")


def test_a_compressed_frame_is_told_by_its_text_once_the_agreement_is_known(open_notebook: OpenNotebook) -> None:
    cells = [
        "from wslab import FrameInspector\nfrom wslab.protocol import Deflate\n"
        "view = FrameInspector('c1 07 f2 48 cd c9 c9 07 00', deflate=Deflate())\nview",
        "import ipywidgets\nforget = ipywidgets.Button(description='Forget')\n"
        "forget.on_click(lambda _: setattr(view, 'deflate', None))\nforget",
    ]
    notebook = open_notebook(cells)
    view = notebook.widget("FrameInspector")
    view.get_by_text("All fields (8)").click()
    expect(view.locator(".wsl-table")).to_contain_text("compressed to 7 bytes, inflates to 5 bytes")
    expect(verdict(view, "client")).to_contain_text("accepts it: the text message “Hello”")
    notebook.page.get_by_role("button", name="Forget").click()
    expect(verdict(view, "client")).to_contain_text("1002")
    expect(bit(view, 1)).to_have_attribute("aria-label", "RSV1, byte 0 bit 1: 1, illegal")
