"""The handouts on paper: each is one sheet of Letter, as Chromium prints it. A4 is longer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.notebooks.course import FOLDER
from wslab.cli.handout.outline import outlines
from wslab.cli.handout.page import as_page

pytestmark = pytest.mark.browser


def test_each_handout_is_one_sheet_of_paper(browser: BrowserContext, tmp_path: Path) -> None:
    page, sheets = browser.new_page(), {}
    for outline in outlines(FOLDER):
        path = tmp_path / f"{outline.name}.html"
        path.write_text(as_page(outline), "utf-8")
        page.goto(path.as_uri())
        sheets[outline.name] = len(re.findall(rb"/Type /Page\b", page.pdf(format="Letter")))
    page.close()
    assert sheets
    assert {name: number for name, number in sheets.items() if number != 1} == {}
