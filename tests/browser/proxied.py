"""A real Chromium talks through the real jupyter-server-proxy, and both halves are on one tape.

A link of the lab stands before Jupyter, and the server behind it is the same lab's: so one tape has the page's half and
the server's half of each dial. A mark in the query of the URL finds both. Everything else that passed the link is left
out, and secrets in heads are asterisks.

    python -m tests.browser.proxied > wslab/course/recordings/jupyter-server-proxy.jsonl

records afresh what the course shows. Run it after a new version of the proxy.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.browser.loop import LoopInThread
from wslab import Lab, Tape
from wslab.lab import Endpoint, Link, Server
from wslab.protocol import Deflate

MARK = "page=both"
TALK = """([url, subprotocols, code]) => new Promise((resolve) => {
  const told = [], ws = new WebSocket(url, subprotocols);
  ws.onopen = () => {
    told.push(["open", ws.protocol, ws.extensions]);
    if (code) ws.close(code, "done");
  };
  ws.onmessage = ({ data }) => { if (data === "Hello") ws.send("wslab ".repeat(50)); };
  ws.onclose = ({ code, reason, wasClean }) => resolve([...told, ["close", code, reason, wasClean]]);
})"""
"""One dial of the page: it answers “Hello”, and says what its script was told."""

DIALS = {"closes": (["x", "chat"], 0), "closed": ([], 4001), "ends": ([], 0), "refused": ([], 0)}
"""By the path of the URL: the subprotocols that the page offers, and the code with which it closes."""


class Behind:
    """A lab with a link before a Jupyter server, and with what the proxy leads to: a server, and one that refuses."""

    def __init__(self, jupyter: str) -> None:
        self._loop = LoopInThread()
        self.lab = Lab()
        self.front, self.server, self.strict = self._loop.run(self._serve(jupyter))

    async def _serve(self, jupyter: str) -> tuple[Link, Server, Server]:
        front = await self.lab.link(jupyter.replace("http:", "ws:"))
        server = await self.lab.serve(self._talk, subprotocols=["chat"], deflate=Deflate())
        return front, server, await self.lab.serve(self._talk, origins=["https://friend.example"])

    async def _talk(self, ws: Endpoint) -> None:
        dial = urlsplit(ws.request.target).path.strip("/")
        if dial == "closed":
            return await ws.wait_closed()
        await ws.send_fragment("Hel", fin=False)
        await ws.send_fragment("lo", fin=True)
        await ws.ping(b"there?")
        await ws.send(await ws.recv())
        if dial == "closes":
            return await ws.close(4001, "go away")
        return ws.kill()

    @property
    def page(self) -> str:
        """The address of the Jupyter server for a page that goes through the link."""
        return f"http://127.0.0.1:{self.front.port}"

    def dial(self, page: Page, name: str) -> list[Any]:
        """What the page's script was told."""
        server = self.strict if name == "refused" else self.server
        url = f"ws://127.0.0.1:{self.front.port}/proxy/{server.port}/{name}?{MARK}"
        told: list[Any] = page.evaluate(TALK, [url, *DIALS[name]])
        return told

    def close(self) -> None:
        """Stop."""
        self._loop.run(self.lab.close())
        self._loop.close()


def recorded(browser: BrowserContext, jupyter: str, token: str) -> tuple[str, dict[str, list[Any]]]:
    """Both halves of every dial as the lines of a tape's file, and what the script was told of each."""
    behind = Behind(jupyter)
    page = browser.new_page()
    try:
        page.goto(f"{behind.page}/api/status?token={token}")  # for the cookie
        page.goto(f"{behind.page}/login?next=/nowhere")  # a page whose policy lets its script dial
        told = {name: behind.dial(page, name) for name in DIALS}
    finally:
        page.close()
        behind.close()
    return _kept(behind.lab.tape), told


def _kept(tape: Tape) -> str:
    """The lines of the marked connections, numbered from 1 and with times from 0 on."""
    marked = [each for each in tape.connection_numbers if MARK.encode() in _request_line(tape, each)]
    numbers = {number: place for place, number in enumerate(marked, 1)}
    with tempfile.TemporaryDirectory() as folder:
        first, *lines = tape.save(Path(folder) / "both.jsonl").read_text().splitlines()
    records = [each for each in map(json.loads, lines) if each["connection"] in numbers]
    began = records[0]["time"]
    for each in records:
        each.update(connection=numbers[each["connection"]], time=round(each["time"] - began, 6))
    return "\n".join([first, *(json.dumps(each, ensure_ascii=False) for each in records), ""])


def _request_line(tape: Tape, number: int) -> bytes:
    head = tape.heads(number).get("client", b"")
    return head.partition(b"\r\n")[0]


if __name__ == "__main__":
    from tests.browser.conftest import FLAGS, running
    from wslab.cli.doctor import find_chromium

    with tempfile.TemporaryDirectory() as home, running(Path(home)) as jupyter, sync_playwright() as driver:
        chromium = driver.chromium.launch_persistent_context(
            Path(home) / "profile", executable_path=find_chromium(), args=FLAGS
        )
        sys.stdout.write(recorded(chromium, jupyter.url, jupyter.token)[0])
        chromium.close()
