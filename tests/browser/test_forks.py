"""Every scenario in a page without Python: a fork of it, and its fixed variant, each beside the run as it is.

Both are made by the actions of the player's own buttons, and drawn as `save` draws them. The scenarios are in a few
pages, which are laid out twice: 853 pixels wide, as in JupyterLab, and 700.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from htpy import Node
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.test_player import ALONE
from wslab.scenarios import delay, play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.scenarios.code_difference import code_changes
from wslab.scenarios.interventions import can_change
from wslab.widgets.page import page as whole_page
from wslab.widgets.page import rendered, standing
from wslab.widgets.player.widget import ScenarioPlayer
from wslab.widgets.timeline.forks import done

pytestmark = pytest.mark.browser

BLOCKS = 8
CHANGES = ("drop", "cut", "delay:3", "flip:8")

UNCHANGEABLE = {
    "tls-name-mismatch": "it needs real sockets, and a run in real time never repeats exactly",
    "browser-says-no": "the browser refuses before it sends a byte",
    "over-http2": "what is refused is a request of HTTP/2, which is told in words: no endpoint of ours sends it",
}
"""Scenarios of which no step can be changed."""

UNFIXED = {
    *("clean-close", "clean-close-by-server", "simultaneous-close", "close-code", "close-answer-lost", "keepalive"),
    *("split-character", "ping-between-fragments", "crossing-messages", "in-order"),
}
"""Scenarios in which nothing is wrong: they have no fixed variant, and their explanation says so."""

SHOWN = """(root) => {
  for (const el of document.querySelectorAll(".wsl")) el.style.display = el === root ? "" : "none";
  return document.documentElement.scrollWidth - innerWidth;
}"""
"""One view alone is laid out, which is fast."""

STEPPED = """(root) => {
  const press = (key) => root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const all = (selector) => [...root.querySelectorAll(selector)].filter((el) => el.checkVisibility());
  const text = (selector) => all(selector).map((el) => el.textContent);
  const box = root.querySelector(".wsl-tbox").getBoundingClientRect();
  const inSight = (at) => at.top >= box.top - 1 && at.bottom <= box.bottom + 1;
  const places = (selector) => all(selector).map((el) => el.getBoundingClientRect());
  const look = () => ({
    count: text(".wsl-count")[0],
    said: text(".wsl-told p [data-caption]").join(),
    verdicts: all(".wsl-tverdict").length,
    tags: places(".is-fork .wsl-ttag.is-now").map(inSight).join(),
  });
  const steps = (begin, key) => {
    press(begin);
    const seen = [look()];
    for (press(key); look().count !== seen.at(-1).count && seen.length < 500; press(key)) seen.push(look());
    return seen;
  };
  const forth = steps("Home", "ArrowRight"), back = steps("End", "ArrowLeft").reverse();
  const difference = root.querySelector("[data-key=difference]");
  difference.click();
  const [sign] = places(".is-fork .wsl-tdiff"), [tag] = places(".is-fork .wsl-ttag.is-now");
  return {
    forth, back, stops: all("[data-stop]").length,
    titles: text(".wsl-pairname"), banner: text(".wsl-tfork")[0], code: text(".wsl-code-lines > span"),
    difference: difference.textContent, there: look().count, marks: places(".wsl-tparting").length,
    marked: inSight(sign) || Math.abs(tag.bottom - sign.top) > box.height - 32,
    ways: all(".wsl-tfork [data-hotkey=Backspace]").length,
  };
}"""

PLACED = """(root) => {
  const hasText = (el) => [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const shown = (el) => el.checkVisibility() && !el.closest(".wsl-live, .wsl-hidden");
  const texts = [...root.querySelectorAll("*")].filter((el) => hasText(el) && shown(el));
  const wide = (el) => getComputedStyle(el).overflowX !== "visible" && el.scrollWidth > el.clientWidth + 1;
  const words = (found) => found.map((el) => el.textContent);
  const own = root.getBoundingClientRect();
  const said = (el) => {
    const range = document.createRange();
    range.selectNodeContents(el);
    return range.getBoundingClientRect();
  };
  const beyond = (at, box) => at.left < box.left - 1 || at.right > box.right + 1;
  const halves = [...root.querySelectorAll(".wsl-tverdict")].filter(shown).flatMap((line) => {
    const [client, server] = [...line.querySelectorAll(".wsl-thalf")].map(said);
    const box = line.getBoundingClientRect();
    return [beyond(client, box), beyond(server, box), client.right > server.left];
  });
  const [left, right] = [...root.querySelectorAll(".wsl-timeline")].map((el) => el.getBoundingClientRect());
  return {
    height: own.height,
    smallest: Math.min(...texts.map((el) => parseFloat(getComputedStyle(el).fontSize))),
    outside: words(texts.filter((el) => beyond(el.getBoundingClientRect(), own))),
    cut: words(texts.filter(wide)),
    verdictsFit: !halves.includes(true),
    beside: left.right <= right.left && left.top === right.top, below: left.bottom <= right.top,
    least: Math.min(left.height, right.height),
  };
}"""


@dataclass
class Pair:
    """A run that stands beside another: its still view, and what must be seen in it."""

    name: str
    still: Node
    said: str
    code: str
    difference: int
    shown: int
    lines: list[str] = field(default_factory=list)


def pair_of(view: ScenarioPlayer) -> Pair:
    """What the view shows now; a page has the part of a long run that is around its first difference."""
    story, scenario = view.story, view.player.played.scenario
    assert story is not None
    difference = story.difference(view.connection)
    assert difference is not None, scenario.name
    view.step = difference if view.is_long else view.step
    fixed = story.played.call.fixed
    lines = [f"− {each}" for change in code_changes(scenario) for each in change.plain] if fixed else []
    lines += [f"+ {each}" for change in code_changes(scenario) for each in change.fixed] if fixed else []
    said = "Fixed." if fixed else done(story)
    return Pair(
        scenario.name, rendered(view.still()), said, str(story.played.call), difference, view.nearest(difference), lines
    )


def forked(view: ScenarioPlayer, action: str) -> Iterator[Pair]:
    """The first frame, else the first head, changed, and the way back; nothing where no step can be changed."""
    found = [entry for entry in view.state.entries if can_change(entry)]
    assert bool(found) == (view.player.played.scenario.name not in UNCHANGEABLE)
    for entry in sorted(found, key=lambda entry: entry.opcode is None)[:1]:
        view.do_change(f"{entry.number}:{action}", "")
        yield pair_of(view)
        view.do_back("", "")
        assert (view.player.beside, view.player.played.changed) == (None, False)


def fixed(view: ScenarioPlayer) -> Iterator[Pair]:
    """The fixed variant; nothing where there is none."""
    scenario = view.player.played.scenario
    assert bool(scenario.fix) == (scenario.name not in UNFIXED)
    if scenario.fix:
        view.do_run("fixed", "")
        yield pair_of(view)


def pairs(block: int) -> Iterator[Pair]:
    """Both of each scenario of a block; the change differs from scenario to scenario."""
    for name, action in itertools.islice(zip(SCENARIOS, itertools.cycle(CHANGES), strict=False), block, None, BLOCKS):
        view = ScenarioPlayer(name, asks=False)
        yield from forked(view, action)
        yield from fixed(view)
        view.close()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_scenario_forks_and_shows_its_fixed_variant(block: int, browser: BrowserContext, tmp_path: Path) -> None:
    made = list(pairs(block))
    (tmp_path / "page.html").write_text(whole_page("pairs", standing([each.still for each in made])))
    page, said = browser.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    page.add_style_tag(content=ALONE)
    roots = page.locator(".wsl").all()
    for width in (853, 700):
        page.set_viewport_size({"width": width, "height": 900})
        for pair, root in zip(made, roots, strict=True):
            assert root.evaluate(SHOWN) <= 0, (pair.name, pair.code, width)
            if width == 853:
                check_steps(pair, root)
            check_places(pair, root, width)
    assert said == []
    page.close()


def test_a_page_leads_to_no_step_that_it_does_not_have(browser: BrowserContext, tmp_path: Path) -> None:
    """Before, the first difference of a long run was a button that led elsewhere."""
    view = ScenarioPlayer(play("in-order", do={1: delay(3)}))
    page = browser.new_page()
    page.goto(view.save(tmp_path / "page.html").as_uri())
    root = page.locator("[data-wslab-static]").first
    button = root.get_by_role("button", name="First difference: step 1")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", f"This page has only the steps {view.last - 8} to {view.last}.")
    root.locator(".wsl-tbox").first.focus()
    for key in ("Home", "Shift+F"):
        page.keyboard.press(key)
    expect(root.locator(".wsl-live")).to_have_text(f"There is no frame before step {view.last - 8}.")
    page.close()


def check_steps(pair: Pair, root: Locator) -> None:
    """Both runs stand there, step to the end and back under one scrubber, and say where they differ."""
    found: Any = root.evaluate(STEPPED)
    where = (pair.name, pair.code)
    assert found["forth"] == found["back"], where
    assert len({each["said"] for each in found["forth"]}) == len(found["forth"]) == found["stops"], where
    assert {(each["verdicts"], each["tags"]) for each in found["forth"]} == {(2, "true")}, where
    assert len(found["titles"]) == found["marks"] == 2, where
    assert pair.said in found["banner"], where
    assert pair.code in found["banner"], where
    assert sorted(map(str.strip, found["code"])) == sorted(each.strip() for each in pair.lines), where
    assert (found["difference"], found["there"]) == (
        f"≠ First difference: step {pair.difference}",
        f"step {pair.shown}",  # where a fold has it, that of the fold
    ), where
    assert (found["marked"], found["ways"]) == (True, 1), where


def check_places(pair: Pair, root: Locator, width: int) -> None:
    """Nothing runs out of its place; the runs stand beside each other, or in a narrow view below each other."""
    found: Any = root.evaluate(PLACED)
    where = (pair.name, pair.code, width)
    assert (found["outside"], found["cut"], found["verdictsFit"]) == ([], [], True), where
    assert (found["beside"], found["below"]) == (width == 853, width != 853), where
    assert found["height"] <= (620 if width == 853 else 810), where
    assert found["least"] >= 60, where
    assert found["smallest"] >= 12, where
