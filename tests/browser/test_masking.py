"""The masking stepper in JupyterLab, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Notebook, OpenNotebook

pytestmark = pytest.mark.browser

CELLS = ["import wslab\nw = wslab.widgets.MaskingStepper() if False else __import__('wslab.widgets', fromlist=['x']).MaskingStepper()\nw"]


def test_the_mouse_steps_back_forward_and_by_the_slider(open_notebook: OpenNotebook) -> None:
    view = open_notebook(CELLS).widget("MaskingStepper")
    count = view.locator(".wsl-count")
    expect(count).to_have_text("byte 5 of 5")
    view.get_by_role("button", name="One step back").click()
    expect(count).to_have_text("byte 4 of 5")
    view.get_by_role("button", name="First step").click()
    expect(count).to_have_text("byte 0 of 5")
    view.get_by_role("slider").fill("3")
    expect(count).to_have_text("byte 3 of 5")
    expect(view.locator(".wsl-line:visible")).to_contain_text("6c XOR 21 = 4d")
