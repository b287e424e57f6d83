"""The player's page from a file: no server, no network, and it asks, steps, explains and shows each fork."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.widgets.helpers import press
from wslab.widgets.player.home.pages import MOST
from wslab.widgets.player.widget import ScenarioPlayer

pytestmark = pytest.mark.browser

ALONE = ".wsl-page main { padding: 0 !important; max-width: none !important } .wsl-page h1 { display: none }"


def forked(name: str, change: str) -> ScenarioPlayer:
    """A player in which a fork was made; then the learner went back, and the question was asked anew."""
    made = ScenarioPlayer(name, asks=False, step=0)
    press(made, "change", change)
    press(made, "back")
    return made


@pytest.fixture
def opened(browser: BrowserContext, tmp_path: Path) -> Iterator[Callable[[ScenarioPlayer], Page]]:
    """A view's page, opened from its file; every other request is refused and fails the test."""

    def opened(view: ScenarioPlayer) -> Page:
        page, address = browser.new_page(), view.save(tmp_path / "page.html").as_uri()
        assert (tmp_path / "page.html").stat().st_size < MOST

        def only_the_file(route: Route) -> None:
            asked.append(route.request.url)
            route.continue_() if route.request.url == address else route.abort()

        asked: list[str] = []
        said: list[str] = []
        page.route("**/*", only_the_file)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.set_viewport_size({"width": 853, "height": 900})
        page.goto(address)
        page.add_style_tag(content=ALONE)
        checks.append((asked, said, address))
        return page

    checks: list[tuple[list[str], list[str], str]] = []
    yield opened
    for asked, said, address in checks:
        assert (set(asked), said) == ({address}, [])


def step_through(view: Locator, page: Page) -> int:
    """Step from the first step to the last by arrow key, and back; how many steps there were."""
    stops = view.locator("[data-stop]").count()
    view.locator(".wsl-tbox").first.focus()
    page.keyboard.press("Home")
    shown = []
    for _ in range(stops):
        shown.append(view.locator(".wsl-count").inner_text())
        page.keyboard.press("ArrowRight")
    assert len(set(shown)) == stops
    for _ in range(stops):
        page.keyboard.press("ArrowLeft")
    assert view.locator(".wsl-count").inner_text() == shown[0]
    return stops


@pytest.mark.parametrize(
    ("name", "change", "fork", "steps"),
    [
        ("clean-close", "6:drop", "A fork: step 6 dropped", (9, 10)),
        ("half-open", "3:flip:8", "A fork: step 3 bit 8 flipped", (9, 0)),
        ("cut", "3:delay:1", "A fork: step 3 delayed 1 s", (0, 0)),
    ],
)
def test_it_steps_from_a_file_with_a_fork_in_it(
    name: str, change: str, fork: str, steps: tuple[int, int], opened: Callable[[ScenarioPlayer], Page]
) -> None:
    page = opened(forked(name, change))
    main = page.locator("[data-wslab-static]").first
    assert step_through(main, page) == (steps[0] or main.locator("[data-stop]").count())
    page.get_by_text(fork, exact=True).click()
    beside = page.locator(".wsl-run[open] [data-wslab-static]")
    expect(beside.locator(".wsl-timeline")).to_have_count(2)
    expect(beside.locator(".wsl-tparting")).to_have_count(2)
    left, right = (beside.locator(".wsl-timeline").nth(n).bounding_box() for n in (0, 1))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]
    assert left["y"] == right["y"]
    assert step_through(beside, page) == (steps[1] or beside.locator("[data-stop]").count())
    beside.get_by_role("button", name="First difference").click()
    expect(beside.locator(".is-fork .wsl-ttag.is-now")).to_be_in_viewport()
    beside.get_by_text("Take it home").click()
    expect(beside.get_by_role("button", name="Copy the script")).to_be_enabled()
    expect(beside.get_by_role("button", name="Save the recording")).to_be_disabled()


def test_a_pair_stands_below_each_other_where_the_width_is_small(opened: Callable[[ScenarioPlayer], Page]) -> None:
    view = ScenarioPlayer("half-open", asks=False)
    press(view, "run", "fixed")
    page = opened(view)
    root = page.locator("[data-wslab-static]").first
    for width, below, most in ((569, True, 784), (700, True, 784), (853, False, 620), (1105, False, 620)):
        page.set_viewport_size({"width": width, "height": 900})
        first, second = (root.locator(".wsl-timeline").nth(n).bounding_box() for n in (0, 1))
        assert first is not None
        assert second is not None
        assert (first["y"] + first["height"] <= second["y"]) == below, width
        assert min(first["height"], second["height"]) >= 60, width
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        height = root.evaluate("el => el.querySelector('.wsl-body').scrollHeight")
        assert height <= most, width
        root.locator(".wsl-tbox").first.focus()
        for key in ("Home", "End"):  # a step brings what is new into sight
            page.keyboard.press(key)
        expect(root.locator(".is-fork .wsl-ttag.is-now")).to_be_in_viewport()
    page.keyboard.press("Backspace")  # in a still page the way back is off
    expect(root.locator(".wsl-timeline")).to_have_count(2)
