"""HAR and Chrome's own DevTools: what `wslab.export` writes they import, and what they export `wslab.load` reads.

DevTools are web pages that Chromium itself serves on its debugging port; the tests open them there, and ask their own
importer and exporter.
"""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

import wslab
from tests.browser.conftest import FLAGS
from tests.browser.test_real_browser import TALK, LabInThread
from tests.tape.tapes import blank, conversation
from wslab import Tape, echo
from wslab.cli.doctor import find_chromium

pytestmark = pytest.mark.browser

IMPORT = """async (text) => {
  const { HARFormat, Importer } = await import("/devtools/models/har/har.js");
  const requests = Importer.Importer.requestsFromHARLog(new HARFormat.HARRoot(JSON.parse(text)).log);
  return requests.map((each) => ({
    url: each.url(), type: each.resourceType().name(), status: each.statusCode, began: each.startTime,
    headers: each.requestHeaders().length,
    frames: each.frames().map(({ type, opCode, text, time }) => [type, opCode, text, time]),
  }));
}"""
EXPORT = """async () => {
  const { NetworkLog } = await import("/devtools/models/logs/logs.js");
  const { Log } = await import("/devtools/models/har/har.js");
  const requests = NetworkLog.NetworkLog.instance().requests();
  return JSON.stringify({ log: await Log.Log.build(requests, { sanitize: false }) });
}"""
SEEN = """async (count) => {
  const { NetworkLog } = await import("/devtools/models/logs/logs.js");
  return NetworkLog.NetworkLog.instance().requests().some((each) => each.frames().length >= count);
}"""
INSPECTS = """async () => {
  const { TargetManager } = await import("/devtools/core/sdk/sdk.js");
  const target = TargetManager.TargetManager.instance().primaryPageTarget();
  if (!target) return false;
  await target.networkAgent().invoke_enable({});
  return true;
}"""


@pytest.fixture
def lab() -> Iterator[LabInThread]:
    running = LabInThread()
    yield running
    running.close()


class Chromium:
    """A Chromium with its debugging port."""

    def __init__(self, browser: Browser, port: int) -> None:
        self.browser = browser
        self.port = port

    def devtools(self, page: Page | None = None) -> Page:
        """DevTools in a page of their own, that of nothing or of the one page that is open."""
        target = ""
        if page is not None:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json") as answer:
                found = [each["id"] for each in json.load(answer) if each["url"] == page.url and each["type"] == "page"]
            target = f"?ws=127.0.0.1:{self.port}/devtools/page/{found[0]}"
        tools = self.browser.new_page()
        tools.goto(f"http://127.0.0.1:{self.port}/devtools/devtools_app.html{target}")
        return tools


@pytest.fixture
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    allowed = "--disable-features=LocalNetworkAccessChecks"
    arguments = [*FLAGS, f"--remote-debugging-port={port}", "--remote-allow-origins=*", allowed]
    launched = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
    yield Chromium(launched, port)
    launched.close()


def test_devtools_import_what_we_export(chromium: Chromium, tmp_path: Path) -> None:
    tape = conversation(conversation(blank(epoch=1_700_000_000.0)), connection=2)
    text = wslab.export(tape, tmp_path / "tape.har").read_text("utf-8")
    one, two = chromium.devtools().evaluate(IMPORT, text)
    assert (one["url"], one["type"], one["status"], one["headers"]) == ("ws://127.0.0.1:9001/", "websocket", 101, 5)
    assert one["began"] == 1_700_000_101
    assert one["frames"][:2] == [["send", 1, "Hellö", 1_700_000_109], ["receive", 1, "Hellö", 1_700_000_112]]
    assert [frame[1] for frame in one["frames"]] == [1, 1, 9, 10, 2, 8, 8]
    assert [frame[:3] for frame in two["frames"]] == [frame[:3] for frame in one["frames"]]


def test_we_load_what_devtools_export(chromium: Chromium, lab: LabInThread, tmp_path: Path) -> None:
    server = lab.serve(echo)
    page = chromium.browser.new_page()
    page.goto("about:blank#talk")
    tools = chromium.devtools(page)
    becomes_true(tools, INSPECTS)
    page.evaluate(TALK, [server.url, []])
    becomes_true(tools, SEEN, 6)
    path = tmp_path / "chrome.har"
    path.write_text(tools.evaluate(EXPORT), "utf-8")
    tape, ours = wslab.load(path), lab.lab.tape
    assert messages(tape) == messages(ours)
    assert tape.heads(1)["client"].startswith(b"GET / HTTP/1.1\r\n")
    assert b"User-Agent: Mozilla/5.0" in tape.heads(1)["client"]
    assert tape.warnings == []
    assert abs(tape.epoch - ours.epoch) < 5


def becomes_true(page: Page, asks: str, *given: int) -> None:
    """Ask until the page's promise comes true."""
    for _ in range(100):
        if page.evaluate(asks, *given):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"DevTools never came to: {asks}")


def messages(tape: Tape) -> list[tuple[str, bytes | None]]:
    """What each side said, in its own order."""
    return [(entry.sender, entry.plain) for side in ("client", "server") for entry in tape.frames((1, 2), side)]
