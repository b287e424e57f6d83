"""A page's own `new WebSocket(...)` and the lab's server: a peer that shares no line of code with us."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from wslab import Lab
from wslab.lab import Endpoint, Server

from .loop import LoopInThread

pytestmark = pytest.mark.browser

TALK = """([url, protocols]) => new Promise((resolve) => {
  const seen = [], ws = new WebSocket(url, protocols);
  ws.binaryType = "arraybuffer";
  ws.onopen = () => { ws.send("Grüße 🙂"); ws.send(new Uint8Array([0, 255, 127])); };
  ws.onmessage = ({ data }) => {
    seen.push(typeof data === "string" ? data : Array.from(new Uint8Array(data)));
    if (seen.length === 2) ws.send("ping me");
    if (seen.length === 3) ws.close(4001, "done");
  };
  ws.onclose = ({ code, reason, wasClean }) => resolve({ seen, code, reason, wasClean, protocol: ws.protocol });
})"""

LISTEN = """(url) => new Promise((resolve) => {
  const seen = [], ws = new WebSocket(url);
  ws.onmessage = ({ data }) => seen.push(data);
  ws.onclose = ({ code, reason, wasClean }) => resolve({ seen, code, reason, wasClean });
})"""


class LabInThread(LoopInThread):
    """A lab on a loop of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.lab = Lab()

    def serve(self, handler: Callable[[Endpoint], Coroutine[Any, Any, None]], **options: Any) -> Server:
        return self.run(self.lab.serve(handler, **options))

    def close(self) -> None:
        self.run(self.lab.close())
        super().close()


@pytest.fixture
def lab() -> Iterator[LabInThread]:
    running = LabInThread()
    yield running
    running.close()


@contextmanager
def blank_page(browser: BrowserContext) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def test_text_binary_ping_and_a_clean_close_with_a_page(browser: BrowserContext, lab: LabInThread) -> None:
    pongs: list[float] = []

    async def handler(ws: Endpoint) -> None:
        async for message in ws:
            if message == "ping me":
                pongs.append(await ws.ping(b"are you there"))
            await ws.send(message)

    server = lab.serve(handler, subprotocols=["superchat", "chat"])
    with blank_page(browser) as page:
        said = page.evaluate(TALK, [server.url, ["chat"]])
    assert said == {
        "seen": ["Grüße 🙂", [0, 255, 127], "ping me"],
        "code": 4001,
        "reason": "",
        "wasClean": True,
        "protocol": "chat",
    }
    assert len(pongs) == 1
    kinds = [(entry.sender, entry.kind) for entry in lab.lab.tape.entries() if entry.kind not in ("tcp", "http")]
    assert ("server", "ping") in kinds
    assert ("client", "pong") in kinds
    assert kinds[-2:] == [("client", "close"), ("server", "close")]
    assert all(
        entry.frame.mask for entry in lab.lab.tape.entries() if entry.sender == "client" and entry.frame is not None
    )


def test_a_page_puts_fragments_together_and_hears_code_and_reason(browser: BrowserContext, lab: LabInThread) -> None:
    async def handler(ws: Endpoint) -> None:
        await ws.send_fragment("cut ", fin=False)
        await ws.ping()
        await ws.send_fragment("in two", fin=True)
        await ws.close(1001, "going home")

    server = lab.serve(handler)
    with blank_page(browser) as page:
        said = page.evaluate(LISTEN, server.url)
    assert said == {"seen": ["cut in two"], "code": 1001, "reason": "going home", "wasClean": True}


def test_a_page_is_told_1006_when_the_cable_is_cut_and_the_tape_holds_no_close(
    browser: BrowserContext, lab: LabInThread
) -> None:
    async def handler(ws: Endpoint) -> None:
        await ws.send("soon")
        link.cut()
        await ws.wait_closed()

    server = lab.serve(handler)
    link = lab.run(lab.lab.link(server))
    with blank_page(browser) as page:
        said = page.evaluate(LISTEN, link.url)
    assert (said["code"], said["wasClean"]) == (1006, False)
    assert "close" not in [entry.kind for entry in lab.lab.tape.entries()]


def test_an_origin_that_is_not_allowed_is_refused_to_a_page(browser: BrowserContext, lab: LabInThread) -> None:
    async def handler(ws: Endpoint) -> None:
        await ws.send("secret")

    server = lab.serve(handler, origins=["https://friend.example"])
    with blank_page(browser) as page:
        said = page.evaluate(LISTEN, server.url)
    assert (said["seen"], said["code"]) == ([], 1006)
