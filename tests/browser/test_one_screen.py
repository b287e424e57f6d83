"""Every view of bytes fits one screen of JupyterLab, 853 pixels wide and 620 high, and can be read at any width."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from wslab.course import Prediction
from wslab.protocol import Frame
from wslab.widgets.break_it.widget import BreakIt
from wslab.widgets.handshake.breaks import BREAKS
from wslab.widgets.handshake.widget import HandshakeStepper
from wslab.widgets.inspector.widget import FrameInspector
from wslab.widgets.masking.widget import MaskingStepper
from wslab.widgets.opcodes.widget import OpcodeTable
from wslab.widgets.predict.widget import Predict
from wslab.widgets.view import View

pytestmark = pytest.mark.browser

KEY = bytes.fromhex("37fa213d")
LONG_FORM = bytes.fromhex("81ff0000000000000080") + KEY + bytes(128)
FRAMES = {
    "hello": bytes.fromhex("818537fa213d7f9f4d5158"),
    "unmasked": Frame.text("Hello, this is a longer text").serialize(),
    "16 bits": Frame.text("x" * 200, mask=KEY).serialize(),
    "64 bits": LONG_FORM,
    "close": Frame.close(1000, "done", mask=KEY).serialize(),
    "reserved": bytes.fromhex("f3 80") + KEY,
    "cut off": bytes.fromhex("8185 37fa213d 7f9f"),
    "three frames": bytes.fromhex("818537fa213d7f9f4d5158") * 3,
}
ALONE = """.wsl-page main { padding: 0 !important; max-width: none !important }
.wsl-page h1, [data-region=note] { display: none }"""  # as in JupyterLab, whose output has no margin of ours
CUT_BYTES = """() => [...document.querySelectorAll('.wsl-mask .wsl-shex')]
  .filter((el) => el.scrollWidth > el.clientWidth + 1).length"""
FITS = "document.documentElement.scrollWidth <= innerWidth"
SMALL = """() => [...document.querySelectorAll('.wsl *')]
  .filter((el) => el.checkVisibility() && [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((el) => parseFloat(getComputedStyle(el).fontSize) < 12)
  .map((el) => el.className || el.tagName)"""
# text that does not fit its box, or that leaves the view
CLIPPED = """() => {
  const view = document.querySelector('.wsl').getBoundingClientRect();
  const texts = [...document.querySelectorAll('.wsl :is(.wsl-fname, .wsl-hline > code, .wsl-hbox > code, .wsl-kname)')];
  return texts.filter((el) => el.checkVisibility()).filter((el) => {
    const box = el.getBoundingClientRect();
    return el.scrollWidth > el.clientWidth + 1 && el.clientWidth > 0 || box.right > view.right || box.left < view.left;
  }).map((el) => el.textContent);
}"""
NAMES_MEET = """() => {
  const boxes = [...document.querySelectorAll('.wsl-fname')].filter((el) => el.checkVisibility()).map((el) => {
    const range = document.createRange();
    range.selectNodeContents(el);
    return [el.textContent, range.getBoundingClientRect()];
  });
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const others = (a, n) => boxes.slice(n + 1).filter(([, b]) => meet(a, b)).map(([name]) => name);
  return boxes.flatMap(([name, a], n) => others(a, n).map((other) => [name, other]));
}"""


@pytest.fixture
def show(browser: BrowserContext, tmp_path: Path) -> Callable[[View, int], Page]:
    def show(view: View, width: int = 853) -> Page:
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": 820})
        page.goto(view.save(tmp_path / "page.html").as_uri())
        page.add_style_tag(content=ALONE)
        return page

    return show


def height(page: Page) -> float:
    return float(page.locator(".wsl").evaluate("el => el.getBoundingClientRect().height"))


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("role", ["client", "server"])
def test_the_inspector(show: Callable[..., Page], name: str, role: str) -> None:
    page = show(FrameInspector(FRAMES[name], role=role))
    assert height(page) <= 620
    assert page.evaluate(NAMES_MEET) == []
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("broken", ["", *BREAKS])
def test_the_handshake(show: Callable[..., Page], broken: str) -> None:
    view = HandshakeStepper(broken=broken)
    page = show(view)
    assert height(page) <= 460
    before = height(page)
    page.get_by_role("button", name="First step").click()
    assert height(page) == before
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("opcode", [0, 1, 8, 9, 11])
def test_the_opcodes(show: Callable[..., Page], opcode: int) -> None:
    page = show(OpcodeTable(opcode))
    assert height(page) <= 560
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("size", [0, 5, 16, 20, 21, 40, 200])
def test_masking(show: Callable[..., Page], size: int) -> None:
    page = show(MaskingStepper("m" * size))
    assert height(page) <= 620
    assert page.evaluate(CUT_BYTES) == 0


def test_a_prediction(show: Callable[..., Page]) -> None:
    asked = Predict("Which code?", {1000: "No Close came.", 1006: "TCP ended."}, chosen="1000")
    asked.resolve(1006)
    assert height(show(asked)) <= 260
    assert isinstance(asked.prediction, Prediction)


@pytest.mark.parametrize("change", ["none", "asked", "frame", "request", "response"])
def test_an_exchange_to_break(show: Callable[..., Page], change: str) -> None:
    view = BreakIt("compressed", seed=7)
    bits = {"asked": (2, 8), "frame": (2, 8 * 8 + 4), "request": (0, 8 * 150), "response": (1, 8 * 60)}
    if change in bits:
        view.flip(*bits[change])
        view.guess("refuses")
    if change not in ("none", "asked"):
        view.judge()
    assert height(show(view)) <= 620


VIEWS: list[Callable[[], View]] = [BreakIt, FrameInspector, HandshakeStepper, OpcodeTable, MaskingStepper]


@pytest.mark.parametrize("make", VIEWS)
@pytest.mark.parametrize("width", [569, 700, 853, 1105])
def test_at_every_width_nothing_is_small_and_nothing_scrolls_sideways(
    show: Callable[..., Page], make: Callable[[], View], width: int
) -> None:
    page = show(make(), width)
    assert page.evaluate(SMALL) == []
    assert page.evaluate(FITS)
    assert page.evaluate(NAMES_MEET) == []


@pytest.mark.parametrize(("width", "bits"), [(569, 16), (700, 32), (853, 32), (1105, 32)])
def test_the_bits_stand_as_the_rfc_draws_them(show: Callable[..., Page], width: int, bits: int) -> None:
    page = show(FrameInspector(), width)
    rows = """() => {
      const tops = [...document.querySelectorAll('.wsl-bit')].map((el) => el.getBoundingClientRect().top);
      return tops.filter((top) => top === tops[0]).length;
    }"""
    assert page.evaluate(rows) == bits
    ruler = "() => [...document.querySelectorAll('.wsl-ruler > *')].filter((el) => el.checkVisibility()).length"
    assert page.evaluate(ruler) == bits
