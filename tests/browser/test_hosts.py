"""Where people open notebooks: in each host every widget draws, and a click in it reaches Python.

JupyterLab, Notebook 7 and Voila are one server here, with a page each. marimo has its own server, puts each widget into
a shadow root, and its theme follows the system's.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize, expect

from tests.browser.conftest import (
    KERNEL_READY,
    ROOT,
    RUNNING_MS,
    JupyterServer,
    OpenNotebook,
    end,
    free_port,
    write_notebook,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CELLS = [
    "from wslab import (\n    FrameInspector, HandshakeStepper, Lab, LinkPanel, MaskingStepper, OpcodeTable, Predict,\n"
    "    BreakIt, BrowserPeer, ScenarioPlayer, StateMap, Timeline, check_bytes, echo, play,\n)\n"
    "from wslab.widgets.check.widget import CheckReport",
    "lab = Lab(timeout=3)\nlink = await lab.link(await lab.serve(echo))\nws = await lab.connect(link)",
    "LinkPanel(link)",
    "BrowserPeer(link)",
    "tape = play('half-open')\nTimeline(tape)",
    "StateMap('client', tape)",
    "BreakIt()",
    "FrameInspector()",
    "HandshakeStepper()",
    "OpcodeTable()",
    "MaskingStepper()",
    "Predict('Which code?', [1000, 1006])",
    "ScenarioPlayer('cut')",
    "CheckReport(check_bytes('81 05', bytes.fromhex('8104')))",
]
SAVED = ["Timeline", "StateMap", "BreakIt", "FrameInspector", "HandshakeStepper", "OpcodeTable", "MaskingStepper"]
SAVED += ["CheckReport"]
DARK = (
    "el => getComputedStyle(el).colorScheme === 'dark' && getComputedStyle(el).backgroundColor !== 'rgb(255, 255, 255)'"
)
MARIMO_UP_S = 60
TALL: ViewportSize = {"width": 1100, "height": 7000}
"""Everything is in sight: what is not, some hosts do not draw."""


def answers(page: Page, find: Callable[[str], Locator]) -> None:
    """Every widget is drawn, and Python answers a click in each."""
    for name in SAVED:
        view = find(name)
        assert view.evaluate("el => el.getBoundingClientRect().height") > 100, name
        with page.expect_download() as download:
            view.locator("[data-do='save']").click()
        assert download.value.suggested_filename == f"{name}.html"
    question = find("Predict")
    question.get_by_label("1006").check()
    expect(question.locator(".is-chosen")).to_have_text("1006you")  # as Python draws it
    player = find("ScenarioPlayer")
    player.get_by_role("button", name="See what happens").click()
    expect(player.locator(".wsl-ask")).to_have_count(0)  # Python has drawn it without the question
    peer = find("BrowserPeer")
    peer.get_by_role("button", name="Connect", exact=True).click()
    expect(peer.locator(".wsl-about")).to_have_text("readyState 1 OPEN, bufferedAmount 0")
    panel = find("LinkPanel")
    before = panel.inner_text()
    panel.locator("[data-do='cut']").first.click()
    expect(panel).not_to_have_text(before, use_inner_text=True)
    expect(peer.locator(".wsl-about")).to_have_text("readyState 3 CLOSED, bufferedAmount 0")  # the link is cut


def find_in(page: Page) -> Callable[[str], Locator]:
    """Gives the widget of a class, once it is shown; it also looks into shadow roots."""

    def find(name: str) -> Locator:
        found = page.locator(f"[data-wslab='{name}']:not([data-wslab-static])").first
        found.wait_for(state="visible", timeout=RUNNING_MS)
        found.scroll_into_view_if_needed()
        return found

    return find


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    page = browser.new_page()
    page.set_viewport_size(TALL)
    yield page
    page.close()


def test_jupyterlab(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    notebook.page.set_viewport_size(TALL)
    notebook.settle()
    answers(notebook.page, notebook.widget)
    notebook.theme("dark")
    assert notebook.widget("Timeline").evaluate(DARK)


def test_a_box_of_ipywidgets_leaves_its_views_their_width(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        ["from ipywidgets import HBox, VBox\nfrom wslab import MaskingStepper, OpcodeTable\n"
         "VBox([HBox([MaskingStepper(), OpcodeTable()])])"]
    )  # fmt: skip
    widths = [notebook.widget(name).evaluate("el => el.offsetWidth") for name in ("MaskingStepper", "OpcodeTable")]
    assert abs(widths[0] - widths[1]) <= 1
    assert min(widths) > 350
    assert notebook.widget("MaskingStepper").evaluate("el => el.offsetHeight") > 200


def test_notebook_7(jupyter: JupyterServer, page: Page) -> None:
    name = write_notebook(jupyter.folder, CELLS)
    page.goto(f"/notebooks/{name}?token={jupyter.token}")
    page.locator(".jp-Notebook").wait_for(timeout=RUNNING_MS)
    page.wait_for_function(KERNEL_READY, timeout=RUNNING_MS)
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells') }")
    answers(page, find_in(page))


def test_voila(jupyter: JupyterServer, page: Page) -> None:
    name = write_notebook(jupyter.folder, CELLS)
    page.goto(f"/voila/render/{name}?token={jupyter.token}", timeout=RUNNING_MS)
    answers(page, find_in(page))


@pytest.fixture(scope="module")
def marimo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a marimo that shows the same cells as an app, in the system's light or dark."""
    folder = tmp_path_factory.mktemp("marimo")
    (folder / "app.py").write_text(_app())
    (folder / "marimo").mkdir()
    (folder / "marimo" / "marimo.toml").write_text('[display]\ntheme = "system"\n')
    url = f"http://127.0.0.1:{free_port()}"
    options = ["--headless", "--no-token", "--no-check", "--host", "127.0.0.1", "--port", url.rpartition(":")[2]]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder), "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    with (folder / "log.txt").open("w") as log:
        command = [sys.executable, "-m", "marimo", "-y", "run", *options, "app.py"]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_up(url, process, folder / "log.txt")
            yield url
        finally:
            end(process)


def _app() -> str:
    """The cells as a file of marimo's, in which each cell says what it takes from the others."""
    views = "FrameInspector, HandshakeStepper, Lab, LinkPanel, MaskingStepper, OpcodeTable, Predict, StateMap, Timeline"
    names = f"BreakIt, BrowserPeer, {views}, ScenarioPlayer, CheckReport, check_bytes"
    first = CELLS[0].replace("\n", "\n    ")
    cells = [f"@app.cell\ndef _():\n    {first}\n    return ({names}, echo, play)"]
    for source in CELLS[1:]:
        coroutine = "async " if "await" in source else ""
        body = source.replace("\n", "\n    ")
        gives = [name for name in ("lab", "link", "tape") if f"{name} =" in source]
        takes = [each for each in (*names.split(", "), "echo", "play", "lab", "link", "tape") if each not in gives]
        takes = [each for each in takes if f"{each}(" in source or f"({each})" in source or f", {each})" in source]
        cells.append(f"@app.cell\n{coroutine}def _({', '.join(takes)}):\n    {body}\n    return ({', '.join(gives)})")
    return "\n\n".join(["import marimo\n\napp = marimo.App()", *cells])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + MARIMO_UP_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"marimo did not start:\n{log.read_text()[-3000:]}")


def test_marimo(marimo: str, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(marimo)
    find = find_in(page)
    answers(page, find)
    for name in (*SAVED, "Predict", "ScenarioPlayer", "LinkPanel", "BrowserPeer"):
        assert find(name).evaluate("el => el.getRootNode() instanceof ShadowRoot")
        assert find(name).evaluate(DARK), name
