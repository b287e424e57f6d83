"""The player of a scenario: in JupyterLab, as a page alone, by keyboard, and on one screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Notebook, OpenNotebook
from wslab.scenarios.catalogue import SCENARIOS
from wslab.widgets.page import page as whole_page
from wslab.widgets.page import standing
from wslab.widgets.player.widget import ScenarioPlayer

pytestmark = pytest.mark.browser

ALONE = """.wsl-page main { padding: 0 !important; max-width: none !important }
.wsl-page h1, [data-region=note] { display: none }"""  # as in JupyterLab, whose output has no margin of ours
TRULY_WIDE = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def show(browser: BrowserContext, tmp_path: Path) -> Callable[[ScenarioPlayer], Page]:
    def show(view: ScenarioPlayer) -> Page:
        page = browser.new_page()
        page.set_viewport_size({"width": 853, "height": 820})
        (tmp_path / "page.html").write_text(whole_page("player", view.fragment()))
        page.goto((tmp_path / "page.html").as_uri())
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
    expect(page.locator(".wsl-told p:visible")).to_contain_text("Step 7. The client sends Ping")
    expect(page.locator(".wsl-dstep:visible")).to_contain_text("client → server, departs at 4 ms, never arrives")


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

ASKED = """(root) => ({
  height: root.getBoundingClientRect().height,
  bottom: root.getBoundingClientRect().bottom,
  last: root.querySelector(".wsl-ask > .wsl-tverdict").getBoundingClientRect().bottom,
  asks: root.querySelector(".wsl-ask").checkVisibility(),
  answers: root.querySelectorAll(".wsl-ask [data-select^=said]").length,
  told: [...root.querySelectorAll(".wsl-judged, .wsl-told, .wsl-part")].some((el) => el.checkVisibility()),
})"""

STEPPED = """(root) => {
  const press = (key) => root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const said = () => root.querySelector(".wsl-told p:not([hidden]) [data-caption]").textContent;
  const steps = (key) => {
    const told = [said()];
    for (press(key); said() !== told.at(-1) && told.length < 500; press(key)) told.push(said());
    return told;
  };
  root.querySelector(".wsl-ask [data-select=said-0]").click();
  return {
    judged: root.querySelector(".wsl-judged:not([hidden])").textContent,
    back: steps("ArrowLeft"), forth: steps("ArrowRight"), count: root.querySelector(".wsl-count").textContent,
  };
}"""

FITS = """(root) => {
  const hasText = (el) => [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const texts = [...root.querySelectorAll("*")].filter((el) => hasText(el) && el.checkVisibility());
  return {
    height: root.getBoundingClientRect().height,
    picture: root.querySelector("[data-region=picture] .wsl-tbox").getBoundingClientRect().height,
    smallest: Math.min(...texts.map((el) => parseFloat(getComputedStyle(el).fontSize))),
  };
}"""


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_scenario_asks_steps_to_its_end_and_back_and_fits_on_one_screen(
    block: int, browser: BrowserContext, tmp_path: Path
) -> None:
    names = [*SCENARIOS][block::BLOCKS]
    views = [ScenarioPlayer(name) for name in names]
    (tmp_path / "page.html").write_text(whole_page("players", standing([view.still() for view in views])))
    page = browser.new_page()
    page.set_viewport_size({"width": 853, "height": 820})
    page.goto((tmp_path / "page.html").as_uri())
    page.add_style_tag(content=ALONE)
    for name, view, root in zip(names, views, page.locator(".wsl").all(), strict=True):
        asked = root.evaluate(ASKED)
        assert asked["height"] <= 620, name
        assert asked["last"] <= asked["bottom"], f"{name}: the question's last line is cut off"
        assert (asked["asks"], asked["told"]) == (True, False), name
        assert asked["answers"] == len(view.player.question.choices), name
        stepped = root.evaluate(STEPPED)
        assert stepped["judged"][0] in "✓≠", name
        assert stepped["back"] == stepped["forth"][::-1], name
        assert len({*stepped["back"]}) == len(stepped["back"]) > 0, name
        assert all(re.match(r"Step \d+\. \S", told) for told in stepped["back"]), name
        assert stepped["count"] == f"step {view.step}", name
    for width, most in ((853, 620), (1105, 620), (569, 720)):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TRULY_WIDE) <= 0, (names, width)
        for name, root in zip(names, page.locator(".wsl").all(), strict=True):
            found: Any = root.evaluate(FITS)
            assert found["height"] <= most, (name, width)
            assert found["picture"] >= 40, (name, width)
            assert found["smallest"] >= 12, (name, width)
    page.close()


def test_letters_go_to_the_next_of_a_kind_and_change_the_speed(show: Callable[[ScenarioPlayer], Page]) -> None:
    page = show(ScenarioPlayer("clean-close", asks=False, step=0))
    keys, count = page.keyboard, page.locator(".wsl-count")
    page.locator(".wsl").focus()
    keys.press("f")
    expect(page.locator(".wsl-live")).to_contain_text("Step 3. The client sends text")
    expect(page.locator(".wsl-live")).to_contain_text("F, C and D go to the next frame, Close and difference")
    for key, step in (("c", 5), ("c", 6), ("Shift+C", 5), ("f", 6), ("d", 7), ("Shift+F", 6), ("Home", 0), ("f", 3)):
        keys.press(key)
        expect(count).to_have_text(f"step {step}")
    keys.press("Shift+D")
    expect(page.locator(".wsl-live")).to_have_text("There is no difference before step 3.")
    keys.press("+")
    expect(page.locator("[data-speed]")).to_have_text("2×")
    keys.press("ArrowRight")
    expect(page.locator(".wsl-live")).to_have_text("Step 4. The server sends text, 11 bytes: “that is all”.")
    page.get_by_role("button", name="Next Close").click()
    expect(count).to_have_text("step 5")
    page.locator("[data-scrub]").focus()
    keys.press("c")
    expect(count).to_have_text("step 6")
    expect(page.get_by_role("button", name="Next Close")).to_be_disabled()
    page.locator("[data-speed]").click()
    expect(page.locator("[data-speed]")).to_have_text("4×")


def test_the_gallery_is_searched_and_played_by_keyboard_and_a_value_moves_the_run(
    open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]
) -> None:
    notebook = open_notebook(["import wslab\nwslab.ScenarioPlayer()"])
    view, keys = notebook.widget("ScenarioPlayer"), notebook.page.keyboard
    fits_everyone(notebook, "ScenarioPlayer")
    view.locator("input[data-do=search]").focus()
    keys.type("online who left")
    expect(view.locator(".wsl-member")).to_have_count(2)
    expect(view).to_contain_text("Users are online who left long ago.")
    view.locator("[data-arg=half-open]").focus()
    keys.press("Enter")
    expect(view.locator(".wsl-asked")).to_contain_text("The client sends into a silent path.")
    view.locator("[data-select=said-0]").focus()
    keys.press("Enter")
    expect(view.locator(".wsl-score")).to_contain_text("of 1 right")
    view.locator("[data-select=part-values]").focus()
    slider = view.locator("[data-do=set][data-arg=ping_interval]")
    slider.focus()
    keys.press("End")
    expect(view.locator(".wsl-about")).to_contain_text("ping_interval=40")
    expect(view.locator(".wsl-tverdict:visible")).to_contain_text("server CLOSED 1006")
    expect(slider).to_be_focused()
    fits_everyone(notebook, "ScenarioPlayer")
    view.locator(".wsl-tbox").focus()
    for key in ("Home", "d", "d", "Shift+D"):  # in a notebook, d twice would delete the cell
        keys.press(key)
    expect(view.locator(".wsl-count")).to_have_text("step 8")
    view.get_by_role("button", name="All scenarios").click()
    expect(view.locator("[data-arg=half-open] .wsl-gsign")).to_have_count(1)
    expect(view.locator("input[data-do=search]")).to_have_value("online who left")


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
    expect(view.locator(".wsl-tfork")).to_contain_text("Step 6 is dropped.")
    expect(view.locator(".is-fork [data-stop='6']")).to_have_class(re.compile("is-lost is-now"))
    view.get_by_role("button", name="First difference: step 6").click()
    expect(view.locator(".wsl-count")).to_have_text("step 6")
    view.get_by_role("button", name="Back", exact=True).click()
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
    expect(view.locator(".wsl-tverdict:visible").last).to_contain_text("server CLOSED 1006")
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
    expect(states.locator(".wsl-smap-now:visible")).to_have_text("OPEN")
    timeline.get_by_role("button", name="First step").click()
    expect(states.locator(".wsl-count")).to_have_text("step 0")
    expect(states.locator(".wsl-smap-now:visible")).to_have_count(0)
    states.get_by_role("button", name="One step forward").click()
    expect(timeline.locator(".wsl-count")).to_have_text("step 1")
    expect(states.locator(".wsl-smap-now:visible")).to_have_text("CONNECTING")
    fits_everyone(notebook, "StateMap")
