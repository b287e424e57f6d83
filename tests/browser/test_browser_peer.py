"""The page's own WebSocket in JupyterLab, directly and through the real jupyter-server-proxy; differences as told."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import RUNNING_MS, JupyterServer, Notebook, OpenNotebook
from tests.browser.loop import LoopInThread
from tests.browser.proxied import recorded
from tests.browser.test_one_screen import ALONE, FITS, SMALL
from tests.course.halves import FACTS, facts_of
from tests.widgets.browser_peer.accounts import proxied
from wslab import Lab, Tape
from wslab.lab import Endpoint, Server
from wslab.tape.entry import Entry

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CELL = """from wslab import BrowserPeer, Lab
lab = Lab()
async def handler(ws):
    await ws.send_fragment("Hel", fin=False)
    await ws.send_fragment("lo", fin=True)
    await ws.ping()
    async for message in ws:
        if message == "bye":
            await ws.close(4001, "go away")
        elif message == "end":
            ws.drop()
        elif message == "burst":
            for number in range(500):
                await ws.send(str(number))
        elif isinstance(message, str):
            await ws.send(message)
peer = BrowserPeer(await lab.serve(handler, subprotocols=["chat"], origins=[{origin!r}]), subprotocols="x, chat")
peer"""
REFUSED = ("WebSocket connection to", "server-proxy/servers-info")
"""What Chromium writes into the console where a handshake fails, and where there is no proxy."""

TYPE_AND_PRESS = """el => {
  const field = el.querySelector("[data-do=reason]");
  field.value = "done";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  el.querySelector("[data-do=close]").click();
}"""
"""What is typed goes before what is pressed, also where the field itself reports no change."""


def open_peer(open_notebook: OpenNotebook, jupyter: JupyterServer, **options: object) -> tuple[Notebook, Locator]:
    notebook = open_notebook([CELL.format(origin=jupyter.url)], allow=REFUSED, **options)
    view = notebook.widget("BrowserPeer")
    view.page.set_default_timeout(15_000)
    return notebook, view


def press(view: Locator, name: str) -> None:
    view.get_by_role("button", name=name, exact=True).click()


def write(view: Locator, label: str, text: str) -> None:
    view.get_by_role("textbox", name=label, exact=True).fill(text)


def choose(view: Locator, label: str, value: str) -> None:
    view.get_by_role("combobox", name=label, exact=True).select_option(value)


def connect(view: Locator, number: int) -> None:
    """Press Connect, and wait until what is shown is of this connection."""
    press(view, "Connect")
    expect(view.locator(".wsl-tcolumns")).to_contain_text(f"connection {number}", timeout=RUNNING_MS)
    expect_row(view, "Opening", "open", "101 Switching Protocols")


def say(view: Locator, text: str) -> None:
    write(view, "Message", text)
    press(view, "Send")


def expect_row(view: Locator, subject: str, script: str, tape: str | re.Pattern[str], *, differs: bool = False) -> None:
    """A row says this, and whether it is marked."""
    row = view.locator(".wsl-bcompare tr").filter(has=view.page.get_by_role("rowheader", name=subject, exact=True))
    cells = row.locator("td")
    if script == tape:
        expect(cells).to_have_text(f"{tape} = on the tape", timeout=RUNNING_MS)
        return
    expect(cells.nth(2)).to_have_text(tape, timeout=RUNNING_MS)
    expect(cells.nth(0)).to_have_text(script, timeout=RUNNING_MS)
    expect(cells.nth(1)).to_have_text("≠" if differs else "·", timeout=RUNNING_MS)


def test_directly_the_tape_shows_what_the_script_is_not_told(
    open_notebook: OpenNotebook, jupyter: JupyterServer
) -> None:
    notebook, view = open_peer(open_notebook, jupyter)
    expect(view).to_contain_text("This page goes directly to 127.0.0.1:")
    connect(view, 1)
    expect_row(view, "Pings", "nothing", "1 Ping; browser: 1 Pong")
    expect_row(view, "Origin", jupyter.url, jupyter.url)
    expect_row(view, "Subprotocol", "chat", "chat")
    expect_row(view, "Extensions", "permessage-deflate", "permessage-deflate")
    expect_row(view, "Messages", "0 out, 1 in", "0 frames out, 2 in")
    expect(view.locator(".wsl-bevent", has_text="message “Hello”")).to_have_count(1)
    press(view, "Flood")
    expect(view.locator(".wsl-about")).to_have_text("readyState 1 OPEN, bufferedAmount 0")
    expect_row(view, "Messages", "32 out, 1 in", "32 frames out, 2 in")
    say(view, "burst")  # the page joins many messages into one event, and all are counted
    expect_row(view, "Messages", "33 out, 501 in", "33 frames out, 502 in")
    press(view, "First step")
    expect(view.locator(".wsl-bevent", has_text="open, protocol chat")).to_be_visible()
    press(view, "Last step")
    # what a script may not say, the browser itself refuses
    write(view, "code", "1001")
    press(view, "Close")
    expect(view.locator(".wsl-bevent", has_text="throws InvalidAccessError")).to_have_count(1)
    write(view, "code", "4001")
    view.evaluate(TYPE_AND_PRESS)
    expect_row(view, "End", "4001, clean", "client: Close 4001 “done”")
    expect(view).to_contain_text("client CLOSED 4001")

    connect(view, 2)
    expect_row(view, "Pings", "nothing", "1 Ping; browser: 1 Pong")
    say(view, "end")
    expect_row(view, "End", "1006, not clean", "server: FIN, no Close")

    choose(view, "Origin", "null")
    expect(view).to_contain_text("The server's `origins` does not list null, so it answers 403 (§10.2).")
    press(view, "Connect")
    expect_row(view, "Opening", "error, no status", "403 Forbidden")
    expect_row(view, "Origin", "null", "null")
    expect_row(view, "End", "1006, not clean", re.compile("no Close"))
    assert len(notebook.said) == 1


def test_through_the_real_proxy_it_is_another_connection(open_notebook: OpenNotebook, jupyter: JupyterServer) -> None:
    _, view = open_peer(open_notebook, jupyter)
    choose(view, "Way", "proxy")
    expect(view).to_contain_text(
        re.compile(r"goes through jupyter-server-proxy at /proxy/\d+/, which opens a connection")
    )
    connect(view, 1)
    expect_row(view, "Pings", "nothing", "1 Ping; proxy: 1 Pong")
    expect_row(view, "Origin", jupyter.url, jupyter.url)
    expect_row(view, "Subprotocol", "x", "chat", differs=True)
    expect_row(view, "Extensions", "none", "permessage-deflate", differs=True)
    expect_row(view, "Messages", "0 out, 1 in", "0 frames out, 2 in")
    say(view, "bye")
    expect_row(view, "End", "1005, clean", "server: Close 4001 “go away”", differs=True)
    expect(view).to_contain_text("page CLOSED 1005≠server CLOSED 4001")

    connect(view, 2)
    expect_row(view, "Pings", "nothing", "1 Ping; proxy: 1 Pong")
    write(view, "code", "4001")
    press(view, "Close")
    expect_row(view, "End", "4001, clean", "client: Close", differs=True)

    connect(view, 3)
    expect_row(view, "Pings", "nothing", "1 Ping; proxy: 1 Pong")
    say(view, "end")
    expect_row(view, "End", "1005, clean", "server: FIN, no Close", differs=True)

    # what is pressed next reaches the new socket, though the page looks for the proxy first
    view.evaluate("el => ['dial', 'close'].forEach((name) => el.querySelector(`[data-do=${name}]`).click())")
    expect(view.get_by_role("combobox", name="Show", exact=True)).to_contain_text("socket 4, the newest")
    expect(view.locator(".wsl-bevent", has_text=re.compile(r"close \d{4}, "))).to_have_count(1, timeout=15_000)

    choose(view, "Origin", "null")
    expect(view).to_contain_text("Jupyter itself refuses Origin: null with 403, before its proxy")
    press(view, "Connect")
    expect_row(view, "Opening", "error, no status", "nothing arrived")
    expect(view).to_contain_text("Nothing of this socket is on the tape so far.")

    view.page.route("**/server-proxy/servers-info", lambda route: route.fulfill(status=404))
    press(view, "Connect")
    expect(view).to_contain_text("There is no jupyter-server-proxy where the Jupyter server runs")


def test_it_fits_one_screen_and_every_width(browser: BrowserContext, tmp_path: Path) -> None:
    """A proxied dial is the highest: its way takes two lines, and all rows are there."""
    page = browser.new_page()
    page.goto(proxied().save(tmp_path / "page.html").as_uri())
    page.add_style_tag(content=ALONE)
    for width in (569, 700, 853, 1105):
        page.set_viewport_size({"width": width, "height": 820})
        assert page.evaluate(FITS), width
        assert page.evaluate(SMALL) == [], width
    page.set_viewport_size({"width": 853, "height": 820})
    assert page.locator(".wsl").evaluate("el => el.getBoundingClientRect().height") <= 620
    page.close()


class LabInThread(LoopInThread):
    """A lab on a loop of its own, with one server."""

    def __init__(self) -> None:
        super().__init__()
        self.lab = Lab()
        self.answered: list[float] = []

    def serve(self, **options: object) -> Server:
        async def handler(ws: Endpoint) -> None:
            self.answered.append(await ws.ping(b"there?"))
            await ws.wait_closed()

        return self.run(self.lab.serve(handler, **options))  # type: ignore[arg-type]

    def close(self) -> None:
        self.run(self.lab.close())
        super().close()


def test_the_proxy_answers_a_ping_that_its_client_never_answers(jupyter: JupyterServer) -> None:
    lab = LabInThread()
    try:
        server, at = lab.serve(), urlsplit(jupyter.url)
        with socket.create_connection((at.hostname, at.port), timeout=10) as client:
            client.sendall(_request(jupyter, f"/proxy/{server.port}/"))
            got = b""
            while b"there?" not in got:
                got += client.recv(4096)
            assert got.startswith(b"HTTP/1.1 101")
            (pong,) = lab.run(entries_of(lab.lab, "pong", 1))
        assert (pong.sender, pong.plain) == ("client", b"there?")
    finally:
        lab.close()


def test_both_halves_of_a_real_page_are_as_the_course_says(
    browser: BrowserContext, jupyter: JupyterServer, tmp_path: Path
) -> None:
    lines, told = recorded(browser, jupyter.url, jupyter.token)
    (tmp_path / "both.jsonl").write_text(lines)
    assert facts_of(Tape.load(tmp_path / "both.jsonl")) == FACTS
    assert told == {
        "closes": [["open", "x", ""], ["close", 1005, "", True]],
        "closed": [["open", "", ""], ["close", 4001, "", True]],
        "ends": [["open", "", ""], ["close", 1005, "", True]],
        "refused": [["open", "", ""], ["close", 1006, "", False]],
    }


async def entries_of(lab: Lab, kind: str, count: int) -> list[Entry]:
    """The entries of a kind, once there are so many."""
    while len(found := [each for each in lab.tape.entries() if each.kind == kind]) < count:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return found


def _request(jupyter: JupyterServer, path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    host = jupyter.url.removeprefix("http://")
    upgrade = f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: token {jupyter.token}\r\n{upgrade}\r\n".encode()
