"""A notebook exported by the README's own command: every picture is there, with no kernel and nothing loaded."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_notebooks import SHOWN

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent


def readme_command() -> list[str]:
    """The README's command, with this Python."""
    pattern = re.compile(r"^\.venv/bin/python (-m nbconvert .*?)\n```", re.MULTILINE | re.DOTALL)
    found = pattern.search((ROOT / "README.md").read_text())
    assert found
    return [sys.executable, *shlex.split(found[1].replace("\\\n", ""))]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    command = [str(folder) if word == "." else word for word in readme_command()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "00_start.html"


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def page(exported: Path, browser: BrowserContext, asked: list[str]) -> Page:
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(exported.as_uri())
    return page


def test_it_shows_every_picture_and_loads_nothing(page: Page, exported: Path, asked: list[str]) -> None:
    names = page.locator("[data-wslab]").evaluate_all(
        "all => all.filter(el => el.getBoundingClientRect().height > 100).map(el => el.dataset.wslab)"
    )
    assert {name: names.count(name) for name in names} == SHOWN["00_start"]
    assert [url for url in asked if not url.startswith("data:")] == [exported.as_uri()]


def test_a_picture_steps(page: Page) -> None:
    timeline = page.locator("[data-wslab='Timeline']").first
    timeline.get_by_role("button", name="First step").click()
    expect(timeline.locator(".wsl-count")).to_have_text("step 0")


def test_the_page_around_a_picture_does_not_reach_into_it(page: Page) -> None:
    cell = page.locator("[data-wslab='FrameInspector'] td").last
    assert cell.evaluate("el => getComputedStyle(el).textAlign") == "left"
    boxes = page.locator("[data-wslab='Timeline'] :is(.wsl-tcolumns, .wsl-tpic)")
    lefts = boxes.evaluate_all("all => all.map(el => el.getBoundingClientRect().left)")
    assert len(lefts) >= 2
    assert len(set(lefts)) == 1


def test_a_prediction_answers_without_a_kernel(page: Page) -> None:
    """It was shown before the run, and the page knows what the run said."""
    for question in page.locator("[data-wslab='Predict']").all():
        told, choices = question.locator("[data-show]:visible"), question.get_by_role("radio")
        expect(told).to_contain_text("Choose one")
        said = []
        for choice in choices.all():
            choice.check()
            expect(told.locator(".wsl-reason.is-right")).to_contain_text("The run says")
            said.append(told.inner_text())
        assert sum("You said" in each for each in said) == choices.count() - 1
        assert sum("and so did you" in each for each in said) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_picture_has_no_violation_of_axe(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found: Any = Axe().run(page, context="[data-wslab]").response["violations"]
    assert [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]] == []
