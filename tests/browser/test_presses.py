"""A press that lasts, in JupyterLab: what Python draws between press and release does not take the click away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import RUNNING_MS, Notebook, OpenNotebook

pytestmark = pytest.mark.browser

PANEL = (
    "from wslab import Lab, LinkPanel, echo\n"
    "lab = Lab(timeout=3)\nlink = await lab.link(await lab.serve(echo))\nws = await lab.connect(link)\n"
    "LinkPanel(link)"
)
LATER = "link.faults = ('gate:of=client',)"
"""What another cell does meanwhile: the row of the button that is pressed is drawn anew."""


Press = Callable[[Page, Locator], None]


def mouse_down(page: Page, button: Locator) -> None:
    button.hover()
    page.mouse.down()


def space_down(page: Page, button: Locator) -> None:
    button.focus()
    page.keyboard.down("Space")


def draw_meanwhile(notebook: Notebook) -> None:
    """Run the other cell, without a focus that would go to it, and wait until the page has what it changed."""
    page = notebook.page
    page.evaluate(
        "source => jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code: source }).done",
        LATER,
    )
    page.wait_for_timeout(500)


@pytest.mark.parametrize(
    ("down", "up"),
    [(mouse_down, lambda page: page.mouse.up()), (space_down, lambda page: page.keyboard.up("Space"))],
    ids=["mouse", "space"],
)
def test_what_is_drawn_during_a_press_does_not_take_the_click_away(
    open_notebook: OpenNotebook, down: Press, up: Callable[[Page], None]
) -> None:
    notebook = open_notebook([PANEL])
    view = notebook.widget("LinkPanel")
    gate = view.get_by_role("button", name="Hold each frame")
    silence = view.get_by_role("button", name="silence")
    notebook.settle()
    down(notebook.page, silence)
    draw_meanwhile(notebook)
    expect(gate).to_have_attribute("aria-pressed", "false")  # it waits for the release
    up(notebook.page)
    expect(silence).to_have_attribute("aria-pressed", "true", timeout=RUNNING_MS)
    expect(gate).to_have_attribute("aria-pressed", "true")


def test_a_press_that_is_never_released_does_not_stop_the_view(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([PANEL])
    view = notebook.widget("LinkPanel")
    notebook.settle()
    mouse_down(notebook.page, view.get_by_role("button", name="silence"))
    draw_meanwhile(notebook)
    expect(view.get_by_role("button", name="Hold each frame")).to_have_attribute("aria-pressed", "true")
