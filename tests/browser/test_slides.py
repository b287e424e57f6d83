"""Slides in Chromium, from a file: the keys lead through them, and nothing is asked of another machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.notebooks.course import FOLDER
from wslab.cli.slides.deck import as_deck

pytestmark = pytest.mark.browser


def test_the_keys_lead_through_the_slides_bit_by_bit(browser: BrowserContext, tmp_path: Path) -> None:
    path = tmp_path / "03.slides.html"
    path.write_text(as_deck(FOLDER / "03_masking.ipynb"), "utf-8")
    page, said = browser.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if request.url != path.as_uri() else None)
    page.goto(path.as_uri())
    seen, place = page.locator("[data-slide]:visible"), page.locator(".place")
    expect(seen).to_have_count(1)
    expect(page.get_by_role("heading", name="3 · Masking")).to_be_visible()
    first = place.inner_text()
    assert first.startswith("1 / ")

    page.keyboard.press("End")
    expect(place).not_to_have_text(first)
    page.keyboard.press("Home")
    expect(place).to_have_text(first)
    shown = []
    while not place.inner_text().startswith("4 / "):
        page.keyboard.press("ArrowRight")
        shown.append((place.inner_text(), seen.count()))
    assert [number for where, number in shown if where.startswith("3 / ")][:2] == [1, 2], "bit by bit"
    page.keyboard.press("ArrowLeft")
    expect(place).to_have_text(shown[-2][0])
    assert seen.count() == shown[-2][1], "back to all of the slide before"

    expect(page.locator("[data-slide=notes]:visible")).to_have_count(0)
    while "Try it yourself" not in seen.first.inner_text():
        page.keyboard.press("Space")
    page.keyboard.press("n")
    expect(page.locator("[data-slide=notes]:visible")).to_have_count(1)
    page.reload()
    assert not place.inner_text().startswith("1 / "), "the address keeps the place"
    assert said == []
    page.close()
