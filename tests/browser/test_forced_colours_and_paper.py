"""Each view in forced colours and on paper: every text can be read, and nothing is left of what can only be pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.widgets.heights import PAGES
from wslab.widgets.player.widget import ScenarioPlayer

pytestmark = pytest.mark.browser

MADE: dict[str, Callable[[], str]] = {
    **PAGES,
    "ScenarioPlayer, another part": lambda: ScenarioPlayer("half-open", asks=False, selected="part-why").html(),
}

PALE = """() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (el) => {
    for (; el; el = el.parentElement) {
      const [r, g, b, solid = 1] = numbers(getComputedStyle(el).backgroundColor);
      if (solid > 0.5) return [r, g, b];
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
  };
  const contrast = (el) => {
    const both = [light(numbers(getComputedStyle(el).color)), light(ground(el))].sort((one, two) => two - one);
    return (both[0] + 0.05) / (both[1] + 0.05);
  };
  const hasText = (el) => [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll(".wsl *")]
    .filter((el) => hasText(el) && el.checkVisibility() && !el.closest("svg") && contrast(el) < 4.5)
    .map((el) => el.textContent.trim());
}"""
"""The texts whose contrast with what is behind them is below 4.5:1."""


FIELDS = "[...document.querySelectorAll('.wsl :is(input, select)')].filter((el) => el.checkVisibility()).length"

LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light", "forced_colors": "active"},
    {"color_scheme": "dark", "forced_colors": "active"},
    {"color_scheme": "dark", "forced_colors": "none", "contrast": "more"},
    {"color_scheme": "light", "forced_colors": "none", "contrast": "more"},
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("views")
    for number, make in enumerate(MADE.values()):
        (folder / f"{number}.html").write_text(make())
    return {name: folder / f"{number}.html" for number, name in enumerate(MADE)}


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    page = browser.new_page()
    page.set_viewport_size({"width": 853, "height": 900})
    yield page
    page.close()


def test_in_each_look_every_text_can_be_read_and_on_paper_no_field_is_left(page: Page, pages: dict[str, Path]) -> None:
    """Before, what was chosen in BreakIt and the open part of the player were white on white in forced colours."""
    for name, path in pages.items():
        page.goto(path.as_uri())
        for look in LOOKS:
            page.emulate_media(**look)
            assert page.evaluate(PALE) == [], (name, look)
        page.emulate_media(media="print", color_scheme="light", forced_colors="none", contrast="no-preference")
        assert page.evaluate(FIELDS) == 0, name
        page.emulate_media(media="screen")


def test_in_forced_colours_the_connection_that_is_shown_has_an_edge(page: Page, pages: dict[str, Path]) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(pages["LinkPanel, four"].as_uri())
    edges = "els => els.map((el) => getComputedStyle(el).outlineStyle)"
    assert page.locator(".wsl-lconns tbody tr").evaluate_all(edges) == ["solid", "none", "none", "none"]


def test_on_paper_the_bench_keeps_its_connections_and_no_button_of_a_fault(page: Page, pages: dict[str, Path]) -> None:
    """Before, the numbers of the connections were gone, and of the faults there were boxes with a unit alone."""
    page.emulate_media(media="print")
    page.goto(pages["LinkPanel, four"].as_uri())
    rows = page.locator(".wsl-lconns tbody tr").all()
    assert [row.locator("th").inner_text().split()[0] for row in rows] == ["4", "3", "2", "1"]
    expect(page.locator(".wsl-lgroups")).to_be_hidden()
