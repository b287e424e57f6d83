"""The exported page: no Python, nothing loaded, and still it steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from wslab.widgets.inspector.widget import FrameInspector
from wslab.widgets.masking.widget import MaskingStepper
from wslab.widgets.opcodes.widget import OpcodeTable
from wslab.widgets.view import View

pytestmark = pytest.mark.browser

VIEWS: list[Callable[[], View]] = [MaskingStepper, FrameInspector, OpcodeTable]


@pytest.fixture
def show(browser: BrowserContext, tmp_path: Path) -> Callable[[View], Page]:
    def show(view: View) -> Page:
        page = browser.new_page()
        page.goto(view.save(tmp_path / "page.html").as_uri())
        return page

    return show


def test_steps_work_by_mouse_and_by_keyboard(show: Callable[[View], Page]) -> None:
    page = show(MaskingStepper())
    count = page.locator(".wsl-count")
    page.get_by_role("button", name="First step").click()
    expect(count).to_have_text("byte 0 of 5")
    page.keyboard.press("ArrowRight")
    expect(count).to_have_text("byte 1 of 5")
    expect(page.locator(".wsl-line:visible")).to_contain_text("48 XOR 37 = 7f")
    expect(page.locator("[aria-live]")).to_contain_text("48 XOR 37 = 7f")


@pytest.mark.parametrize(("motion", "moving"), [("no-preference", 2), ("reduce", 0)])
def test_the_key_slides_unless_motion_is_unwanted(show: Callable[[View], Page], motion: str, moving: int) -> None:
    page = show(MaskingStepper(step=4))
    page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    slides = "document.getAnimations().filter((each) => each.effect.target.dataset.glide).length"
    # the key and the mark of the present byte; they take 150 ms, so they are counted in the same turn as the step
    assert page.evaluate(f"document.querySelector('[data-jump=forward]').click(), {slides}") == moving


def test_bits_bytes_and_fields_still_light_up_together(show: Callable[[View], Page]) -> None:
    page = show(FrameInspector())
    page.locator("[data-key='field-opcode']").hover()
    expect(page.locator("[data-key='bit-7']")).to_have_class("wsl-bit is-set is-lit")
    expect(page.locator("[data-key='byte-0']")).to_have_class("wsl-dbyte is-lit")


@pytest.mark.parametrize("make", VIEWS)
def test_what_needs_python_is_off_and_says_why(show: Callable[[View], Page], make: Callable[[], View]) -> None:
    page = show(make())
    button = page.locator("[data-do]").first
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "Needs Python: run the cell in Jupyter to change this.")
    expect(page.get_by_text("A still page")).to_be_visible()


@pytest.mark.parametrize("make", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_loads_nothing_says_nothing_wrong_and_fits(
    browser: BrowserContext, tmp_path: Path, make: Callable[[], View], scheme: str
) -> None:
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 420, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = make().save(tmp_path / "page.html").as_uri()
    page.goto(address)
    assert (asked, said) == ([address], [])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
