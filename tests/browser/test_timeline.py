"""The timeline in JupyterLab over a real lab, by mouse and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import WITHOUT_KERNEL, Notebook, OpenNotebook

pytestmark = pytest.mark.browser

HELLO = """from wslab import Lab, Timeline, echo
lab = Lab()
server = await lab.serve(echo)
ws = await lab.connect(server)
await ws.send("Hello")
await ws.recv()
view = Timeline(lab)
view"""
SILENT = """from wslab import Lab, Timeline, echo
lab = Lab(timeout=0.3)
server = await lab.serve(echo)
link = await lab.link(server)
ws = await lab.connect(link)
await ws.send("Hello")
await ws.recv()
link.silence()
await ws.send("Are you there?")
view = Timeline(lab)
view"""


def caption(view: Locator) -> Locator:
    return view.locator(".wsl-line:visible")


def count(view: Locator) -> Locator:
    return view.locator(".wsl-count")


def tag(view: Locator, number: int) -> Locator:
    return view.locator(f"[data-key='entry-{number}']")


def test_the_mouse_steps_chooses_and_takes_apart(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([HELLO])
    view = notebook.widget("Timeline")
    expect(count(view)).to_have_text("step 4")
    expect(caption(view)).to_contain_text("The server sends text, 5 bytes: “Hello”.")
    view.get_by_role("button", name="One step back").click()
    expect(caption(view)).to_contain_text("The client sends text, 5 bytes, masked: “Hello”.")
    expect(tag(view, 4)).to_have_class(re.compile("is-next"))
    tag(view, 2).click()
    expect(count(view)).to_have_text("step 2")
    expect(view.locator(".wsl-dstep:visible")).to_contain_text("HTTP/1.1 101 Switching Protocols")
    tag(view, 3).click()
    expect(view.locator(".wsl-dstep:visible .wsl-strip")).to_contain_text("Masking-key")
    view.get_by_role("button", name="Take it apart").locator("visible=true").click()
    apart = view.locator(".wsl-tinspector")
    expect(apart).to_contain_text("Step 3, taken apart")
    apart.locator("[data-key='bit-1']").click()
    expect(apart.get_by_role("group", name="Received by a server")).to_contain_text("1002")
    apart.get_by_role("button", name="Back to the timeline").click()
    expect(apart).to_have_count(0)


def test_the_keyboard_alone_steps_and_chooses(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([HELLO])
    view, keys = notebook.widget("Timeline"), notebook.page.keyboard
    view.locator(".wsl-tbox").focus()
    keys.press("ArrowLeft")
    expect(count(view)).to_have_text("step 3")
    keys.press("Home")
    expect(count(view)).to_have_text("step 0")
    keys.press("End")
    expect(count(view)).to_have_text("step 4")
    keys.press("Tab")
    expect(tag(view, 4)).to_be_focused()
    keys.press("ArrowUp")
    expect(count(view)).to_have_text("step 3")
    expect(view.locator(".wsl-dstep:visible")).to_contain_text("Masking-key")
    view.get_by_role("button", name="Take it apart").locator("visible=true").focus()
    keys.press("Enter")
    expect(view.get_by_role("button", name="Back to the timeline")).to_be_focused()
    keys.press("Enter")
    expect(view.locator(".wsl-tinspector")).to_have_count(0)
    expect(view.get_by_role("button", name="Take it apart").locator("visible=true")).to_be_focused()
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 1


@pytest.mark.parametrize("inside", [".wsl-tbox", "[data-key='entry-3']", "[data-key='scrub']", "[data-key='words-']"])
def test_shift_enter_runs_on_from_inside_and_escape_leads_back_to_the_cell(
    open_notebook: OpenNotebook, inside: str
) -> None:
    notebook = open_notebook(["runs = 0", HELLO, "runs += 1\nprint('runs:', runs)"])
    view, keys, cells = notebook.widget("Timeline"), notebook.page.keyboard, notebook.page.locator(".jp-CodeCell")
    expect(cells.nth(2)).to_contain_text("runs: 1")
    view.locator("[data-key='filter-button']").click()
    view.locator(inside).focus()
    keys.press("Shift+Enter")
    expect(cells.nth(2)).to_contain_text("runs: 2")
    view = notebook.widget("Timeline")
    view.locator(".wsl-tbox").focus()
    keys.press("Escape")  # the filter is open: Escape folds it away first
    view.locator(".wsl-tbox").focus()
    keys.press("Escape")
    assert view.evaluate("el => !el.contains(document.activeElement)")
    keys.press("ArrowDown")
    expect(cells.nth(2)).to_have_class(re.compile("jp-mod-active"))


def test_python_sees_what_is_chosen_and_sets_the_step(open_notebook: OpenNotebook) -> None:
    choose = "def stand(change):\n    if change['new'] == 2:\n        view.step = 3\n"
    notebook = open_notebook([HELLO, choose + "view.observe(stand, names=['step'])"])
    view = notebook.widget("Timeline")
    notebook.settle()
    tag(view, 2).click()
    expect(count(view)).to_have_text("step 3")


def test_a_silent_link_shows_the_loss_and_who_believes_what(open_notebook: OpenNotebook) -> None:
    view = open_notebook([SILENT]).widget("Timeline")
    expect(view.locator(".wsl-tend.is-lost")).to_have_count(1)
    expect(view.locator(".wsl-tsilent")).to_have_count(1)
    expect(view.locator(".wsl-tverdict:visible")).to_contain_text("client OPEN")
    expect(view.locator(".wsl-tverdict:visible")).to_contain_text("no longer true")
    expect(caption(view)).to_contain_text("The server still believes OPEN: nothing has told it otherwise.")


def test_live_follows_while_the_lab_runs_unless_one_stepped_back(open_notebook: OpenNotebook) -> None:
    cells = [
        "import asyncio\nfrom wslab import Lab, Timeline, echo\nlab = Lab()\nview = Timeline(lab, live=True)\nview",
        "server = await lab.serve(echo)\nws = await lab.connect(server)\nawait ws.send('Hello')\nawait ws.recv()",
        "def say(change):\n    if change['new'] == 0:\n        asyncio.ensure_future(ws.send('more'))\n"
        "view.observe(say, names=['step'])",
    ]
    notebook = open_notebook(cells)
    view = notebook.widget("Timeline")
    notebook.settle()
    expect(view.locator(".wsl-count")).to_have_text("step 4")
    view.get_by_role("button", name="First step").click()
    expect(view.locator(".wsl-count")).to_have_text("step 0")
    view.get_by_role("button", name="Last step").click()
    expect(caption(view)).to_contain_text("“more”")
    view.get_by_label("follow").uncheck()


def test_a_long_tape_is_stepped_through_by_windows(open_notebook: OpenNotebook) -> None:
    code = HELLO.replace(
        "view =", "for number in range(150):\n    await ws.send(str(number))\n    await ws.recv()\nview ="
    )
    view = open_notebook([code]).widget("Timeline")
    expect(view.locator(".wsl-count")).to_have_text("step 304")
    view.get_by_role("slider").fill("99")
    expect(caption(view)).to_contain_text("“47”")
    expect(tag(view, 99)).to_be_attached()
    view.get_by_role("button", name="First step").click()
    expect(caption(view)).to_contain_text("TCP")
    view.get_by_role("button", name="One step forward").click()
    expect(count(view)).to_have_text("step 1")


def test_stepping_and_choosing_work_when_the_kernel_is_dead(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([HELLO], allow=WITHOUT_KERNEL)
    view = notebook.widget("Timeline")
    notebook.stop_kernel()
    view.get_by_role("button", name="One step back").click()
    expect(caption(view)).to_contain_text("The client sends text")
    tag(view, 1).click()
    expect(view.locator(".wsl-dstep:visible")).to_contain_text("The client asks to upgrade")


def test_payloads_are_data(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([HELLO.replace("Hello", "<img src=x onerror=window.hit=1>")])
    view = notebook.widget("Timeline")
    tag(view, 3).click()
    expect(view.locator(".wsl-dstep:visible")).to_contain_text("<img src=x onerror=window.hit=1>")
    assert notebook.page.evaluate("window.hit") is None


def test_it_fits_everyone(open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None]) -> None:
    notebook = open_notebook([SILENT])
    view = notebook.widget("Timeline")
    tag(view, 3).click()
    expect(view.locator(".wsl-dstep:visible")).to_contain_text("Masking-key")
    fits_everyone(notebook, "Timeline")
    view.get_by_role("button", name="Take it apart").locator("visible=true").click()
    expect(view.locator(".wsl-tinspector")).to_be_visible()
    fits_everyone(notebook, "Timeline")


def test_a_tape_that_a_cell_returns_shows_its_last_step_at_once(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["import wslab\nwslab.play('partition').copy()"])
    now = notebook.widget("Timeline").locator(".wsl-ttag.is-now")
    expect(now).to_be_visible()
    box = now.evaluate(
        "el => { const at = el.getBoundingClientRect(), box = el.closest('.wsl-tbox').getBoundingClientRect();"
        " return [at.top >= box.top, at.bottom <= box.bottom]; }"
    )
    assert box == [True, True]
