"""The report of a check in JupyterLab: a cell that ends in one shows it; helps one by one, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Notebook, OpenNotebook

pytestmark = pytest.mark.browser

CELLS = [
    "from wslab import Frame, Role, check_bytes\n"
    "check_bytes(bytes.fromhex('8106636166e921'), Frame.text('café!').serialize(), role=Role.CLIENT)"
]


def test_the_mouse_asks_for_one_help_after_the_other(open_notebook: OpenNotebook) -> None:
    view = open_notebook(CELLS).widget("CheckReport")
    expect(view.locator(".wsl-verdict")).to_contain_text("5 of 8 bytes are right")
    for number, name in enumerate(("Hint", "Bigger hint", "Solution"), 1):
        expect(view.locator(".wsl-chint:visible")).to_have_count(number - 1)
        view.get_by_role("button", name=name, exact=True).click()
        expect(view.locator(".wsl-count")).to_have_text(f"asked: {number} of 3 helps")
    expect(view.locator(".wsl-chints")).to_contain_text('bytes.fromhex("81 06 63 61 66 c3 a9 21")')


def test_the_keyboard_alone_does_the_same(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("CheckReport"), notebook.page.keyboard
    view.locator("[data-key='next-help']").focus()
    keys.press("Enter")
    expect(view.locator(".wsl-chint:visible")).to_have_count(1)
    keys.press("Enter")
    keys.press("ArrowRight")
    expect(view.locator(".wsl-chint:visible")).to_have_count(3)
    expect(view.locator("[data-key='next-help']")).to_be_focused()


def test_it_is_one_screen_and_the_bits_stand_under_their_byte(open_notebook: OpenNotebook) -> None:
    view = open_notebook(CELLS).widget("CheckReport")
    expect(view.locator(".wsl-zbits:visible")).to_have_count(0)
    before = view.locator(".wsl-chelps").bounding_box()
    view.get_by_role("button", name="Hint", exact=True).click()
    expect(view.locator(".wsl-zbits:visible")).to_have_count(2)
    assert view.locator(".wsl-chelps").bounding_box() == before, "there is room for the bits from the start"
    box, ring = view.bounding_box(), view.locator(".wsl-scell.is-first").bounding_box()
    bits = view.locator(".wsl-zbits").first.bounding_box()
    assert box is not None
    assert ring is not None
    assert bits is not None
    assert box["height"] <= 460
    assert abs((ring["x"] + ring["width"] / 2) - (bits["x"] + bits["width"] / 2)) <= 2


def test_it_fits_everyone(open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]) -> None:
    fits_everyone(open_notebook(CELLS), "CheckReport")
