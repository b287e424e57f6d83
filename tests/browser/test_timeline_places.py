"""What a browser makes of the timeline's places: real fonts and real boxes, at the widths that people have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import htpy as h
import pytest
from htpy import Node
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import OpenNotebook
from tests.widgets.tapes import long
from wslab import play
from wslab.scenarios.catalogue import SCENARIOS
from wslab.widgets.page import standing
from wslab.widgets.timeline.widget import Timeline

pytestmark = pytest.mark.browser

BLOCKS = 4
"""Pages with all scenarios: of one page each, loading takes most of the time."""

LOOK = """(root) => {
  const box = (el) => { const at = el.getBoundingClientRect(); return [at.left, at.top, at.right, at.bottom]; };
  const under = (one, two) => one <= two + .5;
  const apart = ([l, t, r, b], [l2, t2, r2, b2]) => under(r, l2) || under(r2, l) || under(b, t2) || under(b2, t);
  const tags = [...root.querySelectorAll(".wsl-ttag")], at = tags.map(box);
  const wire = box(root.querySelector(".wsl-twire"));
  const svg = root.querySelector(".wsl-tlines"), size = svg.viewBox.baseVal, place = box(svg);
  const lines = [...root.querySelectorAll(".wsl-tline")].map((el) => {
    const length = el.getTotalLength(), n = 150;
    const points = [...Array(n + 1).keys()].map((k) => el.getPointAtLength(length * k / n));
    const x = (p) => place[0] + p.x / size.width * (place[2] - place[0]);
    return { step: el.dataset.at, points: points.map((p) => [x(p), place[1] + p.y]) };
  });
  const touching = [], outside = [];
  at.forEach((one, n) => {
    at.slice(n + 1).forEach((two, k) => {
      if (!apart(one, two)) touching.push([tags[n].dataset.at, tags[n + 1 + k].dataset.at]);
    });
    if (one[0] < wire[0] - .5 || one[2] > wire[2] + .5) outside.push(tags[n].dataset.at);
    for (const { step, points } of lines) {
      if (step === tags[n].dataset.at) continue;
      const inside = ([x, y]) => one[0] < x && x < one[2] && one[1] < y && y < one[3];
      if (points.some(inside)) touching.push([tags[n].dataset.at, "line", step]);
    }
  });
  const hasText = (el) => [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const visible = (selector) => [...root.querySelectorAll(selector)].filter((el) => el.checkVisibility());
  const small = visible("*").filter(hasText).map((el) => parseFloat(getComputedStyle(el).fontSize));
  const clipped = visible(".wsl-tbelief, .wsl-ttime:not(.is-tight), .wsl-tgap").filter((el) => {
    const own = box(el), pic = box(el.closest(".wsl-tpic"));
    const beyond = own[0] < pic[0] - .5 || own[2] > pic[2] + .5;
    return beyond || (!el.matches(".wsl-tgap") && el.scrollWidth > el.clientWidth + 1);
  }).map((el) => el.textContent);
  const high = box(root.querySelector('[data-region="controls"]'))[3] - box(root)[1];
  return { touching, outside, clipped, smallest: Math.min(...small), high };
}"""

SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"

CHANGES = """async () => {
  let count = 0;
  const watch = new MutationObserver((found) => { count += found.length; });
  watch.observe(document.querySelector(".wsl"), { subtree: true, childList: true, attributes: true });
  document.querySelector("[data-jump=back]").click();
  await new Promise((resolve) => requestAnimationFrame(resolve));
  return count;
}"""

OF_OTHERS = """from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from wslab import Lab, Timeline, echo
lab = Lab()
async with serve(echo, "127.0.0.1", 0) as server:
    link = await lab.link(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with connect(link.url) as theirs:
        await theirs.send("Hello")
        await theirs.recv()
Timeline(lab)"""
"""What a link saw of two programs that are not ours: nobody knows when it arrived."""

HEADS = """(view) => [...view.querySelectorAll(".wsl-tend.is-unknown")].map((el) => {
  const { borderLeftColor: left, borderRightColor: right } = getComputedStyle(el);
  return [el.classList.contains("to-left"), left, right];
})"""
CLEAR = "rgba(0, 0, 0, 0)"


def still(page: Page, folder: Path, views: Node) -> None:
    """Open still views as a part of a page, without a margin."""
    path = folder / "page.html"
    path.write_text(f'<!doctype html><meta charset="utf-8"><body style="margin:0">{h.fragment[views]}', "utf-8")
    page.goto(path.as_uri())


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_is_drawn_of_every_scenario_touches_nothing_and_is_large_enough(
    block: int, browser: BrowserContext, tmp_path: Path
) -> None:
    names = [*SCENARIOS][block::BLOCKS]
    page = browser.new_page()
    try:
        still(page, tmp_path, standing([Timeline(play(name)).still() for name in names]))
        for width in (480, 540, 360, 569, 853, 1105):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(SIDEWAYS) <= 0, width
            if width in (480, 540):  # tags are placed for the other widths
                continue
            for name, root in zip(names, page.locator(".wsl").all(), strict=True):
                found: Any = root.evaluate(LOOK)
                assert (found["touching"], found["clipped"]) == ([], []), (name, width)
                if width > 360:  # the narrowest: nothing meets there
                    assert found["outside"] == [], (name, width)
                    assert found["smallest"] >= 12, (name, width)
                    assert found["high"] <= 620, (name, width)
    finally:
        page.close()


def test_a_step_of_a_long_tape_changes_few_of_few_elements(browser: BrowserContext, tmp_path: Path) -> None:
    page = browser.new_page()
    try:
        still(page, tmp_path, Timeline(long(5_000)).fragment())
        assert page.locator(".wsl *").count() <= 2000
        assert 10 <= page.evaluate(CHANGES) <= 100
    finally:
        page.close()


def test_what_nobody_saw_arrive_has_no_head_whichever_way_it_went(open_notebook: OpenNotebook) -> None:
    heads = open_notebook([OF_OTHERS]).widget("Timeline").evaluate(HEADS)
    assert {to_left for to_left, _, _ in heads} == {True, False}
    assert {color for _, *colors in heads for color in colors} == {CLEAR}
