"""The player of a scenario: in JupyterLab, as a page alone, by keyboard, and on one screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Notebook, OpenNotebook
from tests.browser.test_timeline_places import LOOK
from wslab.scenarios.catalogue import SCENARIOS
from wslab.widgets.player.widget import ScenarioPlayer

pytestmark = pytest.mark.browser

ALONE = """.wsl-page main { padding: 0 !important; max-width: none !important }
.wsl-page h1, [data-region=note] { display: none }"""  # as in JupyterLab, whose output has no margin of ours
HEIGHT = "document.querySelector('.wsl').getBoundingClientRect().height"
TRULY_WIDE = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def show(browser: BrowserContext, tmp_path: Path) -> Callable[[ScenarioPlayer], Page]:
    def show(view: ScenarioPlayer) -> Page:
        page = browser.new_page()
        page.set_viewport_size({"width": 853, "height": 820})
        page.goto(view.save(tmp_path / "page.html").as_uri())
        page.add_style_tag(content=ALONE)
        return page

    return show


def test_a_page_alone_asks_answers_explains_and_steps(show: Callable[[ScenarioPlayer], Page]) -> None:
    page = show(ScenarioPlayer("half-open"))
    ask, run, verdict = page.locator(".wsl-ask"), page.locator("[data-region=picture]"), page.locator(".wsl-tverdicts")
    expect(ask).to_be_visible()
    for hidden in (run, verdict, page.locator("[data-region=parts]"), page.get_by_text("the server keeps")):
        expect(hidden).to_be_hidden()
    page.get_by_role("button", name="Both find out at once").click()
    expect(ask).to_be_hidden()
    expect(page.locator(".wsl-judged:visible")).to_contain_text("Not “Both find out at once”. A silent path")
    expect(page.locator(".wsl-part:visible")).to_contain_text("The path falls silent")
    expect(run.locator(".wsl-ttag.is-now")).to_be_in_viewport()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".wsl-count")).to_have_text("step 7")
    page.get_by_role("button", name="Why", exact=True).click()
    expect(page.locator(".wsl-part:visible")).to_contain_text("(§5.5.2)")
    page.get_by_role("button", name="This step").click()
    expect(page.locator(".wsl-dstep:visible")).to_contain_text("The client sends Ping")


def test_the_keyboard_alone_skips_steps_and_reads(show: Callable[[ScenarioPlayer], Page]) -> None:
    page = show(ScenarioPlayer("clean-close"))
    keys = page.keyboard
    page.locator("[data-select=said-0]").focus()
    for _ in range(4):
        keys.press("Tab")
    expect(page.locator(".wsl-ask")).to_be_visible()
    expect(page.get_by_role("button", name="See what happens")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".wsl-ask")).to_be_hidden()
    keys.press("Home")
    expect(page.locator(".wsl-count")).to_have_text("step 0")
    page.locator("[data-select=part-what]").focus()
    keys.press("ArrowRight")
    expect(page.locator(".wsl-part:visible")).to_contain_text("§7.1")
    expect(page.locator("[data-select=part-why]")).to_have_attribute("aria-pressed", "true")


BLOCKS = 8


@pytest.mark.parametrize("block", range(BLOCKS))
def test_question_and_run_of_every_scenario_are_on_one_screen(block: int, show: Callable[..., Page]) -> None:
    for name in [*SCENARIOS][block::BLOCKS]:
        page = show(ScenarioPlayer(name))
        try:
            assert page.evaluate(HEIGHT) <= 620, name
            page.get_by_role("button", name="See what happens").click()
            for width, most in ((853, 620), (1105, 620), (569, 720)):
                page.set_viewport_size({"width": width, "height": 900})
                found: Any = page.evaluate(LOOK.replace('".wsl-ttag"', '"[data-region=picture] .wsl-ttag"'))
                assert page.evaluate(HEIGHT) <= most, (name, width)
                assert page.evaluate(TRULY_WIDE) <= 0, (name, width)
                assert found["smallest"] >= 12, (name, width)
                assert page.locator("[data-region=picture] .wsl-tbox").bounding_box()["height"] >= 40, (name, width)  # type: ignore[index]
        finally:
            page.close()


def test_in_a_notebook_a_step_is_dropped_and_taken_back(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        ["import wslab\nwslab.play('clean-close')", "runs = globals().get('runs', 0) + 1\nprint('next', runs)"]
    )
    view, keys = notebook.widget("ScenarioPlayer"), notebook.page.keyboard
    view.get_by_role("button", name="See what happens").click()
    expect(view.locator(".wsl-tverdict:visible")).to_contain_text("server CLOSED 1000")
    view.locator("[data-key='entry-6']").click()
    view.get_by_role("button", name="This step").click()
    view.get_by_role("button", name="Drop").locator("visible=true").click()
    expect(view.locator(".wsl-tfork")).to_contain_text("now: CLOSED 1006 ≠ CLOSED 1000")
    expect(view.locator("[data-key='entry-6']")).to_have_class(re.compile("is-lost is-now"))
    view.get_by_role("button", name="First difference: step 6").click()
    expect(view.locator(".wsl-count")).to_have_text("step 6")
    view.get_by_role("button", name="Undo").click()
    expect(view.locator(".wsl-tfork")).to_have_count(0)
    view.locator(".wsl-tbox").first.focus()
    keys.press("Shift+Enter")
    expect(notebook.page.locator(".jp-CodeCell").nth(1)).to_contain_text("next 2")
    view.locator(".wsl-tbox").first.focus()
    keys.press("Escape")
    assert view.evaluate("el => !el.contains(document.activeElement)")


def test_the_fixed_run_stands_in_place_and_fits_everyone(
    open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]
) -> None:
    notebook = open_notebook(["import wslab\nwslab.play('half-open')"])
    view = notebook.widget("ScenarioPlayer")
    fits_everyone(notebook, "ScenarioPlayer")
    view.get_by_role("button", name="Only the client finds out").click()
    expect(view.locator(".wsl-judged:visible")).to_contain_text("so it is")
    view.get_by_role("button", name="Fixed: ping_interval=20").click()
    expect(view.locator(".wsl-tfork")).to_contain_text("The server asks, too")
    expect(view.locator(".wsl-tverdict:visible")).to_contain_text("server CLOSED 1006")
    fits_everyone(notebook, "ScenarioPlayer")
    view.get_by_role("button", name="Back", exact=True).click()
    expect(view.locator(".wsl-tfork")).to_have_count(0)


def test_a_map_beside_it_has_the_same_cursor_and_fits_everyone(
    open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]
) -> None:
    code = "from wslab import StateMap, Timeline, play\nview = Timeline(play('half-open'))\nview"
    notebook = open_notebook([code, "StateMap('server', view)"])
    timeline, states = notebook.widget("Timeline"), notebook.widget("StateMap")
    expect(states.locator(".wsl-count")).to_have_text("step 8")
    timeline.get_by_role("button", name="First step").click()
    expect(states.locator(".wsl-count")).to_have_text("step 0")
    expect(states.locator(".wsl-smap-now:visible")).to_have_count(0)
    states.get_by_role("button", name="One step forward").click()
    expect(timeline.locator(".wsl-count")).to_have_text("step 1")
    fits_everyone(notebook, "StateMap")
