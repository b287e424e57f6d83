"""Chromium says of each `close(code, reason)` what the course's check holds for right."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from wslab.course.browsers.closing import CASES

pytestmark = pytest.mark.browser

CLOSE = """([code, reason]) => {
  const socket = new WebSocket("ws://127.0.0.1:9/");
  try { socket.close(code, reason); return "sent"; } catch (error) { return error.name; }
}"""


def test_a_script_gets_what_the_check_of_closes_says(browser: BrowserContext) -> None:
    page = browser.new_page()
    said = [page.evaluate(CLOSE, [case.code, case.reason]) for case in CASES]
    page.close()
    assert said == [case.right for case in CASES]
