"""The panel of a link in JupyterLab: mouse and keyboard change a real connection; and its picture, in real fonts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Notebook, OpenNotebook
from wslab.lab import Endpoint, Lab, Link, echo
from wslab.widgets.link_panel.widget import LinkPanel

pytestmark = pytest.mark.browser

CELLS = [
    "from wslab import Lab, LinkPanel, echo\n"
    "lab = Lab(timeout=3)\nlink = await lab.link(await lab.serve(echo))\nws = await lab.connect(link)\n"
    "panel = LinkPanel(link)\npanel",
]
HELD = [*CELLS, "link.faults = ('gate:of=client',)\nfor text in ('one', 'two', 'three'):\n    await ws.send(text)"]
RECEIVED = "print(await ws.recv(), await ws.recv())"


def run_more(notebook: Notebook, source: str) -> None:
    """Write a cell at the end, and run it."""
    notebook.settle()
    notebook.page.evaluate(
        "source => { const book = jupyterapp.shell.currentWidget.content;"
        " book.model.sharedModel.addCell({ cell_type: 'code', source });"
        " book.activeCellIndex = book.widgets.length - 1; }",
        source,
    )
    notebook.command("notebook:run-cell")


def test_the_mouse_lets_through_edits_and_drops(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(HELD)
    view = notebook.widget("LinkPanel")
    held = view.get_by_role("group", name="What the link holds of the client")
    expect(view).to_contain_text("2 behind")
    held.get_by_role("button", name="Let through", exact=True).click()
    expect(view).to_contain_text("1 behind")
    held.get_by_role("button", name="Drop").click()
    expect(view).not_to_contain_text("behind")
    held.get_by_text("Edit", exact=True).click()
    view.get_by_label("Payload", exact=True).fill("drei")
    view.get_by_role("button", name="Let this through instead").click()
    expect(held).to_have_count(0)
    run_more(notebook, RECEIVED)
    expect(notebook.page.locator(".jp-OutputArea-output pre").last).to_have_text("one drei\n")


def test_the_keyboard_alone_sends_decides_and_never_loses_its_place(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([*CELLS, "link.faults = ('gate:of=client',)"])
    view, keys = notebook.widget("LinkPanel"), notebook.page.keyboard
    expect(view.get_by_role("button", name="Hold each frame")).to_have_attribute("aria-pressed", "true")
    box = view.get_by_label("What it says")
    box.focus()
    for text in ("one", "two", "three"):
        keys.type(text)
        keys.press("Enter")
        expect(box).to_have_value("")
        expect(box).to_be_focused()
    expect(view).to_contain_text("2 behind")
    through = view.get_by_role("button", name="Let through", exact=True)
    through.focus()
    keys.press("Enter")
    expect(view).to_contain_text("1 behind")
    expect(through).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(view).not_to_contain_text("behind")
    keys.press("Tab")
    keys.press("Enter")
    payload = view.get_by_label("Payload", exact=True)
    expect(payload).to_be_visible()
    keys.press("Tab")
    expect(payload).to_be_focused()
    keys.press("Control+A")
    keys.type("drei")
    keys.press("Enter")
    expect(through).to_have_count(0)
    run_more(notebook, RECEIVED)
    expect(notebook.page.locator(".jp-OutputArea-output pre").last).to_have_text("one drei\n")
    view.get_by_role("button", name="Hold each frame").focus()
    keys.press("Enter")
    view.get_by_role("button", name="Ping", exact=True).focus()
    keys.press("Enter")
    expect(view).to_contain_text("Pong")
    view.get_by_label("Close code").focus()
    keys.press("Control+A")
    keys.type("4001")
    keys.press("Enter")
    expect(view).to_contain_text("client CLOSED 4001")
    expect(view.get_by_label("Close code")).to_be_focused()


def test_escape_closes_what_is_open_and_then_leads_to_the_cell_and_shift_enter_runs_on(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([*HELD, "print('the next cell')"])
    view, keys = notebook.widget("LinkPanel"), notebook.page.keyboard
    expect(view).to_contain_text("2 behind")
    view.get_by_text("Edit", exact=True).click()
    view.get_by_label("Payload", exact=True).focus()
    keys.press("Escape")
    expect(view.get_by_label("Payload", exact=True)).to_be_hidden()
    expect(view.get_by_text("Edit", exact=True)).to_be_focused()
    keys.press("Escape")
    at_cell = "document.activeElement.classList.contains('jp-Cell')"
    notebook.page.wait_for_function(at_cell)
    view.get_by_label("What it says").focus()
    keys.press("Shift+Enter")
    notebook.page.wait_for_function("jupyterapp.shell.currentWidget.content.activeCellIndex > 0")


def test_a_number_is_typed_and_the_fault_put_on_and_taken_back_by_keys(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("LinkPanel"), notebook.page.keyboard
    view.get_by_label("delay in ms").focus()
    before = view.evaluate("el => el.getBoundingClientRect().height")
    keys.press("Control+A")
    keys.type("350")
    keys.press("Enter")
    expect(view.get_by_label("delay in ms")).to_be_focused()
    keys.press("Shift+Tab")
    keys.press("Space")
    expect(view).to_contain_text("Each byte of both sides comes 350 ms later")
    expect(view).to_contain_text("The next connection opens after 700 ms.")
    expect(view.get_by_role("button", name="delay 350 ms")).to_be_focused()
    assert view.evaluate("el => el.getBoundingClientRect().height") == before
    view.get_by_role("button", name="All off").focus()
    keys.press("Enter")
    expect(view).to_contain_text("The link passes everything on")
    view.get_by_role("button", name="Undo the last change of faults").focus()
    keys.press("Enter")
    expect(view.get_by_role("button", name="delay 350 ms")).to_have_attribute("aria-pressed", "true")


def test_the_written_form_is_folded_and_a_slip_stays_in_its_field(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view, keys = notebook.widget("LinkPanel"), notebook.page.keyboard
    expect(view.get_by_label("Written")).to_be_hidden()
    view.get_by_text("written", exact=True).focus()
    keys.press("Enter")
    view.get_by_label("Written").focus()
    keys.press("Control+A")
    keys.type("delai:1")
    keys.press("Enter")
    expect(view.get_by_role("alert")).to_contain_text("did you mean 'delay'")
    expect(view.get_by_role("button", name="Dismiss")).to_have_css("flex-shrink", "0")  # however long the sentence is
    expect(view.get_by_label("Written")).to_have_value("delai:1")
    expect(view.get_by_label("Written")).to_be_focused()
    keys.press("Control+A")
    keys.type("rechunk:3")
    keys.press("Enter")
    expect(view.locator("summary", has_text="written · 1 more")).to_be_visible()


def test_a_slider_drives_the_faults(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        [
            *CELLS,
            "import ipywidgets\nslider = ipywidgets.FloatSlider(0.5, max=2, step=0.5)\n"
            "ipywidgets.dlink((slider, 'value'), (panel, 'faults'), lambda s: f'delay:{s}' if s else ())\nslider",
        ]
    )
    view = notebook.widget("LinkPanel")
    expect(view).to_contain_text("comes 500 ms later")
    notebook.page.locator(".widget-slider [role=slider]").focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(view).to_contain_text("comes 1 s later")
    notebook.page.keyboard.press("ArrowLeft")
    notebook.page.keyboard.press("ArrowLeft")
    expect(view).to_contain_text("The link passes everything on")


def test_it_follows_the_connection_that_is_dialled_again(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("LinkPanel")
    view.get_by_role("button", name="RST", exact=True).click()
    expect(view).to_contain_text("Connection 1 ends with RST to both sides.")
    expect(view).to_contain_text("client CLOSED 1006")
    dial = view.get_by_role("button", name="Dial again")
    dial.focus()
    notebook.page.keyboard.press("Enter")
    expect(view).to_contain_text("connection 2, the newest")
    expect(dial).to_be_focused()
    expect(view.locator(".wsl-live")).to_contain_text("Now client OPEN; server OPEN.")
    expect(view.locator(".wsl-lside.is-client")).to_contain_text("Client OPEN")
    run_more(notebook, "ws = await lab.connect(link)\nawait ws.send('third')")
    expect(view).to_contain_text("connection 3, the newest")
    expect(view).to_contain_text("“third”")


def test_silence_is_shown_at_both_ends_and_cannot_be_taken_back(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    view = notebook.widget("LinkPanel")
    view.get_by_role("button", name="silence").click()
    expect(view).to_contain_text("The next connection hangs: no answer comes, and its client gives up after 3 s.")
    run_more(notebook, "await ws.send('Is anybody there?')")
    expect(view.locator(".wsl-lnow .wsl-trib.is-false")).to_have_count(2)
    view.get_by_role("button", name="All off").click()
    expect(view).to_contain_text("Connection 1 stays silent")
    expect(view).to_contain_text("The next connection opens at once.")


@pytest.mark.parametrize(
    "faults", ["()", "('mobile', 'gate', 'flip:at_frame=9,bit=1,of=server', 'half-open:after=60')"]
)
def test_it_fits_everyone(
    open_notebook: OpenNotebook, fits_everyone: Callable[[Notebook, str], None], faults: str
) -> None:
    notebook = open_notebook([*CELLS, f"panel.faults = {faults}\nawait ws.send('Hello')"])
    expect(notebook.widget("LinkPanel")).to_contain_text("held since" if "gate" in faults else "passes everything on")
    fits_everyone(notebook, "LinkPanel")
    notebook.width(420)
    assert notebook.widget("LinkPanel").evaluate("el => el.scrollWidth <= el.clientWidth + 1")


# ---- its picture

LOOK = """() => {
  const box = (el) => { const at = el.getBoundingClientRect(); return [at.left, at.top, at.right, at.bottom]; };
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((el) => el.checkVisibility());
  const name = (el) => el.className.split(" ")[0] + " " + el.textContent.trim();
  const meet = ([l, t, r, b], [l2, t2, r2, b2]) => l < r2 - .5 && l2 < r - .5 && t < b2 - .5 && t2 < b - .5;
  const among = (els) => els.flatMap((one, n) => els.slice(n + 1).filter((two) => meet(box(one), box(two)))
    .map((two) => [name(one), name(two)]));
  const wire = box(document.querySelector(".wsl-lnow .wsl-twire"));
  const onWire = visible(".wsl-lnow .wsl-twire > :not(svg, .wsl-lsilent, .wsl-tdot)");
  const inside = (el, [l, , r]) => box(el)[0] >= l - .5 && box(el)[2] <= r + .5;
  const hasText = (el) => [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const texts = visible(".wsl *").filter(hasText);
  const own = ["wire", "hand", "table", "faults", "header"].map((name) => `[data-region=${name}] *`).join(", ");
  const may = ".wsl-ltold, .wsl-hidden, .wsl-leach, .wsl-lfalse";
  const clipped = texts.filter((el) => el.matches(own) && !el.closest(may))
    .filter((el) => el.clientWidth && el.scrollWidth > el.clientWidth + 1).map(name);
  const ribs = (root, side) => visible(`${root} .wsl-trib.is-${side}`).map((el) => box(el)[0])[0];
  const view = box(document.querySelector(".wsl"));
  return {
    meeting: [...among(onWire), ...among(visible(".wsl-lside > *, .wsl-lhand > *, .wsl-lpart > *").filter((el) =>
      !el.matches(".wsl-lpart"))), ...among(visible(".wsl-lgroups .wsl-button, .wsl-lpair .wsl-input, .wsl-lunit"))],
    outside: onWire.filter((el) => !inside(el, wire)).map(name),
    sides: visible(".wsl-lside").filter((el) => el.scrollWidth > el.clientWidth + 1).map(name),
    clipped,
    smallest: Math.min(...texts.map((el) => parseFloat(getComputedStyle(el).fontSize))),
    apart: ["client", "server"].map((side) => ribs(".wsl-lnow", side) - (ribs(".wsl-tbox", side) ?? 0)),
    high: box([...document.querySelectorAll("[data-region]:not([data-region=note])")].pop())[3] - view[1],
    wide: document.documentElement.scrollWidth - innerWidth,
  };
}"""

Make = Callable[[Lab], Any]


async def whole(lab: Lab) -> tuple[Link, Endpoint]:
    """A link with a connection on which both sides have a keepalive, and one message."""
    link = await lab.link(await lab.serve(echo, ping_interval=400))
    client = await lab.connect(link, ping_interval=300)
    await client.send("hello")
    await client.recv()
    return link, client


async def held(lab: Lab) -> tuple[Link, Endpoint]:
    """Frames held in both directions, and faults of every group."""
    link, client = await whole(lab)
    link.faults = ("delay:0.2", "rate:3000", "flip:at_frame=9,bit=3", "pongs_lost", "rechunk", "gate:of=server")
    await client.send("to be held on its way back, and rather long")
    await asyncio.sleep(1)
    link.faults = (*link.faults[:-1], "gate")
    await asyncio.sleep(245)
    await client.send("sell 40")
    await client.send("buy 2")
    await asyncio.sleep(1)
    return link, client


async def silent(lab: Lab) -> tuple[Link, Endpoint]:
    """A link that swallows both directions."""
    link, client = await whole(lab)
    link.silence()
    await client.send("anybody?")
    await asyncio.sleep(1)
    return link, client


async def many(lab: Lab) -> tuple[Link, Endpoint]:
    """Four connections, of which some are over or hold something, with what fills their buffers."""
    link, client = await whole(lab)
    panel = LinkPanel(link)
    others = [await lab.connect(link) for _ in range(3)]
    link.faults = ("gate:of=client", "rate:10")
    await others[0].send("held")
    await others[1].send("held, too")
    await asyncio.sleep(1)
    panel.look()
    panel.close()
    return link, client


async def over(lab: Lab) -> tuple[Link, Endpoint]:
    """A connection that was cut."""
    link, client = await whole(lab)
    link.cut()
    await asyncio.sleep(1)
    return link, client


@pytest.mark.parametrize("story", [whole, held, silent, many, over])
def test_what_is_drawn_meets_nothing_stays_in_its_box_and_on_one_screen(
    story: Make, browser: BrowserContext, tmp_path: Path
) -> None:
    lab = Lab(clock="virtual", timeout=1000)
    link, _client = lab.run(story(lab))
    path = tmp_path / "page.html"
    picture = LinkPanel(link)._repr_html_()
    path.write_text(f'<!doctype html><meta charset="utf-8"><body style="margin:0">{picture}', "utf-8")
    page = browser.new_page()
    try:
        page.goto(path.as_uri())
        for width in (569, 853, 1105):
            page.set_viewport_size({"width": width, "height": 900})
            found: Any = page.evaluate(LOOK)
            assert found["meeting"] == [], width
            assert found["outside"] == [], width
            assert found["sides"] == [], width
            assert found["clipped"] == [], width
            assert found["smallest"] >= 12, width
            assert found["apart"] == [0, 0], width
            assert found["wide"] <= 0, width
            assert found["high"] <= (700 if width >= 853 else 780), width
    finally:
        page.close()
