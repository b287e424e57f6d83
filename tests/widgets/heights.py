"""How high each view is, and how many words it shows: `python -m tests.widgets.heights` prints the table.

Each view is opened as a page of its own in Chromium, 853 pixels wide (what JupyterLab gives at 1300) and 569, without
the margin and the note of a page. Its main part ends with the picture, the verdict and the controls: a drawer may lie
below.
Words are those in sight, the labels of the picture among them. Words given choose views by parts of their names;
`--pictures FOLDER` writes of each a picture in light, dark, grey, at half the size, and narrow.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.widgets.browser_peer.accounts import proxied, unused
from wslab.cli.doctor import find_chromium
from wslab.course import check_bytes
from wslab.lab import Lab, echo
from wslab.protocol import Frame, Role
from wslab.scenarios import play
from wslab.widgets.break_it.widget import BreakIt
from wslab.widgets.check.widget import CheckReport
from wslab.widgets.handshake.widget import HandshakeStepper
from wslab.widgets.inspector.widget import FrameInspector
from wslab.widgets.link_panel.widget import LinkPanel
from wslab.widgets.masking.widget import MaskingStepper
from wslab.widgets.opcodes.widget import OpcodeTable
from wslab.widgets.player.state import SEEN
from wslab.widgets.player.widget import ScenarioPlayer
from wslab.widgets.predict.widget import Predict
from wslab.widgets.state_map.widget import StateMap
from wslab.widgets.timeline.widget import Timeline

WIDTHS = (853, 569)
MOST, MOST_OF_THE_BENCH = 620, 700
"""Pixels that a view may be high at 853; the bench may be higher."""

ALONE = """.wsl-page main { padding: 0 !important; max-width: none !important }
.wsl-page h1, [data-region=note] { display: none }"""
HEIGHT = "document.querySelector('.wsl').getBoundingClientRect().height"
# from the top to the end of the picture, the verdict and the controls: below them may be a drawer
MAIN = """() => {
  const names = ["picture", "verdict", "controls", "ask"];
  const parts = names.map((name) => document.querySelector(`[data-region=${name}]`));
  const bottoms = parts.filter((el) => el?.checkVisibility()).map((el) => el.getBoundingClientRect().bottom);
  return Math.max(...bottoms) - document.querySelector(".wsl").getBoundingClientRect().top;
}"""
WORDS = "document.querySelector('.wsl').innerText.split(/\\s+/).filter((word) => /[\\p{L}\\p{N}]/u.test(word)).length"
LOOKS = {
    "light": ("light", 1.0, ""),
    "dark": ("dark", 1.0, ""),
    "grey": ("light", 1.0, "html { filter: grayscale(1) }"),
    "half": ("light", 0.5, ""),
}
"""The scheme, the scale and the style of each picture."""


def link_panel(what: str) -> str:
    """The page of a bench: `empty`, with a frame that is `held`, the same with `four` connections, or `silent`."""

    async def story(lab: Lab) -> str:
        link = await lab.link(await lab.serve(echo))
        if what != "empty":
            ws = await lab.connect(link)
            await ws.send("Hello")
            await ws.recv()
            for _ in range(3 if what == "four" else 0):
                ws = await lab.connect(link)
            link.faults = ("half-open",) if what == "silent" else ("gate:of=client",)
            await ws.send("Are you there?")
            await asyncio.sleep(0.1)
        if what == "silent":
            await asyncio.sleep(245)
            await ws.send("Still there?")
            await asyncio.sleep(0.1)
        return LinkPanel(link).html()

    lab = Lab(clock="virtual")
    try:
        return lab.run(story(lab))
    finally:
        lab.run(lab.close())


def broken(*, judged: bool) -> str:
    """An exchange with a changed bit, before the verdicts or with them."""
    view = BreakIt("compressed", seed=7)
    view.flip(2, 68)
    view.guess("refuses", "Close 1002", "deflate-data")
    if judged:
        view.judge()
    return view.html()


def answered() -> str:
    """A prediction with its answer."""
    asked = Predict("Which code?", {1000: "No Close came.", 1006: "TCP ended."}, chosen="1000")
    asked.resolve(1006)
    return asked.html()


def checked() -> str:
    """A check that found a wrong byte."""
    mine, wanted = bytes.fromhex("8106636166e921"), Frame.text("café!").serialize()
    return CheckReport(check_bytes(mine, wanted, role=Role.CLIENT)).html()


PAGES: dict[str, Callable[[], str]] = {
    "BrowserPeer, before": lambda: unused().html(),
    "BrowserPeer, proxied": lambda: proxied().html(),
    "FrameInspector": lambda: FrameInspector().html(),
    "OpcodeTable": lambda: OpcodeTable().html(),
    "BreakIt, asked": lambda: broken(judged=False),
    "BreakIt, judged": lambda: broken(judged=True),
    "HandshakeStepper": lambda: HandshakeStepper().html(),
    "MaskingStepper": lambda: MaskingStepper().html(),
    "Timeline, half-open": lambda: Timeline(play("half-open")).html(),
    "Timeline, zombie-user": lambda: Timeline(play("zombie-user")).html(),
    "Timeline, clean-close": lambda: Timeline(play("clean-close")).html(),
    "ScenarioPlayer, before": lambda: ScenarioPlayer("half-open").html(),
    "ScenarioPlayer, after": lambda: ScenarioPlayer("half-open", selected=SEEN).html(),
    "ScenarioPlayer, two runs": lambda: ScenarioPlayer("idle-proxy", selected=SEEN, fixed=True).html(),
    "ScenarioPlayer, gallery": lambda: ScenarioPlayer().html(),
    "StateMap": lambda: StateMap("client", play("half-open")).html(),
    "Predict, before": lambda: Predict("Which code?", [1000, 1006]).html(),
    "Predict, after": answered,
    "CheckReport": checked,
    "LinkPanel, empty": lambda: link_panel("empty"),
    "LinkPanel, held": lambda: link_panel("held"),
    "LinkPanel, four": lambda: link_panel("four"),
    "LinkPanel, silent": lambda: link_panel("silent"),
}
"""The page of each view."""


def most(name: str) -> int:
    """How high a view may be."""
    return MOST_OF_THE_BENCH if name.startswith("LinkPanel") else MOST


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium of our own."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser: Browser, file: Path, width: int, *, scheme: str = "light", scale: float = 1, css: str = "") -> Page:
    """The page of a view, which is alone on it."""
    page = browser.new_page(
        viewport={"width": width, "height": 820},
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=scale,
    )
    page.goto(file.as_uri())
    page.add_style_tag(content=ALONE + css)
    return page


def measured(browser: Browser, file: Path) -> tuple[list[float], int]:
    """The heights at both widths, behind each that of its main part; and the words at the first."""
    page = opened(browser, file, WIDTHS[0])
    words, heights = int(page.evaluate(WORDS)), []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 820})
        heights += [float(page.evaluate(HEIGHT)), float(page.evaluate(MAIN))]
    page.close()
    return heights, words


def draw(browser: Browser, file: Path, name: str, folder: Path) -> None:
    """Write the pictures of a view: all looks at 853 pixels, and light at 569."""
    for look, (scheme, scale, css) in {**LOOKS, "narrow": ("light", 1.0, "")}.items():
        page = opened(browser, file, WIDTHS[look == "narrow"], scheme=scheme, scale=scale, css=css)
        page.locator(".wsl").screenshot(path=folder / f"{name.replace(', ', '-')}-{look}.png")
        page.close()


def main(words: Sequence[str]) -> None:
    """Print the table, a line as soon as it is known."""
    chosen, pictures = [*words], None
    if "--pictures" in chosen:
        place = chosen.index("--pictures")
        pictures = Path(chosen[place + 1])
        del chosen[place : place + 2]
    print("| view | height at 853 | its main part | at 569 | its main part | words |\n|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name in (each for each in PAGES if not chosen or any(word in each for word in chosen)):
            file = Path(folder) / "page.html"
            file.write_text(PAGES[name]())
            heights, count = measured(browser, file)
            over = " (over)" if heights[1] > most(name) else ""
            cells = [f"{height:.0f}" for height in heights]
            print(f"| {name} | {cells[0]} | {cells[1]}{over} | {cells[2]} | {cells[3]} | {count} |", flush=True)
            if pictures is not None:
                draw(browser, file, name, pictures)


if __name__ == "__main__":
    main(sys.argv[1:])
