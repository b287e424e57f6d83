"""The exported page: no Python, nothing loaded, and still it steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.widgets.browser_peer.accounts import proxied
from wslab.course import check_bytes
from wslab.lab import Lab, echo
from wslab.protocol import Frame
from wslab.scenarios import drop, play
from wslab.widgets.break_it.widget import BreakIt
from wslab.widgets.check.widget import CheckReport
from wslab.widgets.handshake.widget import HandshakeStepper
from wslab.widgets.inspector.widget import FrameInspector
from wslab.widgets.link_panel.widget import LinkPanel
from wslab.widgets.masking.widget import MaskingStepper
from wslab.widgets.opcodes.widget import OpcodeTable
from wslab.widgets.player.state import SEEN, STEP
from wslab.widgets.player.widget import ScenarioPlayer
from wslab.widgets.predict.widget import Predict
from wslab.widgets.state_map.widget import StateMap
from wslab.widgets.timeline.widget import Timeline
from wslab.widgets.view import View

pytestmark = pytest.mark.browser

VIEWS: list[Callable[[], View]] = [MaskingStepper, FrameInspector, OpcodeTable]
ALL: list[Callable[[], View]] = [
    *VIEWS,
    HandshakeStepper,
    BreakIt,
    lambda: broken(),
    lambda: Timeline(play("half-open")),
    lambda: Timeline([]),
    lambda: StateMap("client", play("half-open")),
    lambda: StateMap("server"),
    lambda: answered("1000"),
    lambda: answered(""),
    lambda: ScenarioPlayer("half-open"),
    lambda: ScenarioPlayer("half-open", selected=SEEN),
    lambda: ScenarioPlayer(play("clean-close", do={6: drop})),
    lambda: editing(),
    lambda: report(),
    lambda: bench(),
    proxied,
]


def broken() -> BreakIt:
    """A changed bit, guessed and judged."""
    view = BreakIt("close", seed=7)
    view.flip(3, 27)
    view.guess("refuses", "Close 1002", "close-code-known")
    view.judge()
    return view


def answered(chosen: str) -> Predict:
    """A prediction after the run."""
    asked = Predict("Which code?", {1000: "No Close came.", 1006: "TCP ended."}, chosen=chosen)
    asked.resolve(1006)
    return asked


def editing() -> ScenarioPlayer:
    """A player whose step is being edited."""
    view = ScenarioPlayer("clean-close", asks=False, step=5, selected=STEP)
    view.act("edit", "5")
    return view


def report() -> CheckReport:
    """A check that found a wrong byte, with all its helps."""
    return CheckReport(check_bytes("81 05", bytes.fromhex("8104")), step=3)


def bench() -> LinkPanel:
    """A link that holds a frame."""
    lab = Lab(clock="virtual")

    async def story() -> LinkPanel:
        link = await lab.link(await lab.serve(echo))
        ws = await lab.connect(link)
        link.faults = ("gate:of=client",)
        await ws.send("Are you there?")
        return LinkPanel(link)

    return lab.run(story())


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
    expect(count).to_have_text("byte 0 of 0–4")
    page.keyboard.press("ArrowRight")
    expect(count).to_have_text("byte 1 of 0–4")
    expect(page.locator(".wsl-line:visible")).to_contain_text("65 XOR fa = 9f")
    expect(page.locator("[aria-live]")).to_contain_text("65 XOR fa = 9f")


@pytest.mark.parametrize(("motion", "moving"), [("no-preference", 2), ("reduce", 0)])
def test_the_key_slides_unless_motion_is_unwanted(show: Callable[[View], Page], motion: str, moving: int) -> None:
    page = show(MaskingStepper(step=3))
    page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    slides = "document.getAnimations().filter((each) => each.effect.target.dataset.glide).length"
    # the key and the mark of the present byte; they take 150 ms, so they are counted in the same turn as the step
    assert page.evaluate(f"document.querySelector('[data-jump=forward]').click(), {slides}") == moving


def test_bits_and_fields_still_light_up_together(show: Callable[[View], Page]) -> None:
    page = show(FrameInspector())
    page.get_by_text("All fields (9)").click()
    page.locator("[data-key='field-opcode']").hover()
    expect(page.locator("[data-key='bit-7']")).to_have_class(re.compile("is-lit"))
    expect(page.locator(".wsl-oblock.is-lit")).to_have_count(1)


def test_a_prediction_still_answers(show: Callable[[View], Page]) -> None:
    asked = Predict("Which code?", {1000: "No Close came.", 1006: "TCP ended."})
    asked.resolve(1006)
    page = show(asked)
    expect(page.locator("[data-show]:visible")).to_contain_text("Choose one")
    page.get_by_label("1000").check()
    expect(page.locator("[data-show]:visible")).to_contain_text("The run says: 1006")
    expect(page.locator("[data-show]:visible")).to_contain_text("No Close came.")
    page.get_by_label("1006").check()
    expect(page.locator("[data-show]:visible")).to_contain_text("and so did you")


def test_what_a_long_payload_leaves_out_can_be_opened(show: Callable[[View], Page]) -> None:
    page = show(FrameInspector(Frame.text("x" * 100)))
    page.get_by_role("button", name="bytes more").click()
    expect(page.locator(".wsl-dump")).to_be_visible()
    expect(page.locator("summary:focus")).to_contain_text("Hide the bytes")


@pytest.mark.parametrize("make", VIEWS)
def test_what_needs_python_is_off_and_says_why(show: Callable[[View], Page], make: Callable[[], View]) -> None:
    page = show(make())
    button = page.locator("[data-do]").first
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "Needs Python: run the cell in Jupyter to change this.")
    expect(page.get_by_text("A still page")).to_be_visible()


@pytest.mark.parametrize("make", ALL)
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
