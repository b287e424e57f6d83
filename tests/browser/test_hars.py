"""HARs that real browsers write of a talk with a `websockets` server: DevTools of Chromium, Playwright, and Firefox.

Firefox is found by its name (`firefox` or `firefox-esr`); where it is not installed, its test is skipped and says so.
The HARs in `tests/formats/data` were written so.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Playwright
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

import wslab
from tests.browser.conftest import FLAGS
from tests.browser.firefox import Firefox, find_firefox
from tests.browser.test_devtools import EXPORT, INSPECTS, SEEN, Chromium, becomes_true
from wslab import Tape
from wslab.cli.doctor import find_chromium
from wslab.tape.records import ForeignSource, Reported

pytestmark = pytest.mark.browser

TALK = """const [url] = arguments;
return new Promise((resolve) => {
  let heard = 0;
  const ws = new WebSocket(url);
  ws.onopen = () => { ws.send("Grüße 🙂"); ws.send(new Uint8Array([0, 255, 127])); };
  ws.onmessage = () => { if (++heard === 2) ws.close(1000, "done"); };
  ws.onclose = ({ code }) => resolve(code);
});"""
SAID = [(side, data) for side in ("client", "server") for data in ("Grüße 🙂".encode(), b"\0\xff\x7f")]
REFUSED = "Unexpected response code: 403"


def answer(connection: ServerConnection, request: Request) -> Response | None:
    """A page at `/`, a refusal at `/no`, and an echo everywhere else."""
    if request.path == "/":
        page = b"<title>A talk</title>"
        return Response(200, "OK", Headers({"Content-Type": "text/html", "Content-Length": str(len(page))}), page)
    return connection.respond(HTTPStatus.FORBIDDEN, "not you") if request.path == "/no" else None


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@pytest.fixture
def address() -> Iterator[str]:
    """Host and port of the server."""
    server: Server = serve(echo, "127.0.0.1", 0, process_request=answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield "{}:{}".format(*server.socket.getsockname())
    server.shutdown()
    thread.join(10)


def test_chromiums_devtools_and_playwright(address: str, playwright: Playwright, tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    flags = [*FLAGS, f"--remote-debugging-port={port}", "--remote-allow-origins=*"]
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
    context = browser.new_context(record_har_path=tmp_path / "playwright.har", record_har_content="embed")
    page = context.new_page()
    page.goto(f"http://{address}/")
    tools = Chromium(browser, port).devtools(page)
    becomes_true(tools, INSPECTS)
    codes = [page.evaluate(f"(...arguments) => {{ {TALK} }}", f"ws://{address}/{path}") for path in ("chat", "no")]
    becomes_true(tools, SEEN, 4)
    (tmp_path / "devtools.har").write_text(tools.evaluate(EXPORT), "utf-8")
    context.close()
    browser.close()
    assert codes == [1000, 1006]
    for name in ("devtools", "playwright"):
        tape = wslab.load(tmp_path / f"{name}.har")
        said = [(each.sender, each.plain) for side in ("client", "server") for each in tape.frames((1, 2), side, 1)]
        assert said == SAID
        assert tape.heads(1)["server"].startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert [each.fact.text.partition(": ")[2] for each in tape if isinstance(each.fact, Reported)] == [REFUSED]
        assert sources(tape) == ["har", "har"]
        assert abs(tape.epoch - time.time()) < 60
        assert max(each.time for each in tape) < 60
        assert [each.error for each in tape] == [None] * len(tape)


def test_firefox(address: str, tmp_path: Path) -> None:
    program = find_firefox()
    if program is None:
        pytest.skip("Firefox is not installed (apt-get install firefox-esr): two HARs of it are read in tests/formats")
    with Firefox(program, tmp_path) as firefox:
        firefox.open(f"http://{address}/")
        codes = [firefox.evaluate(TALK, f"ws://{address}/{path}") for path in ("chat", "no")]
        har = answered(firefox, 2)
    (tmp_path / "firefox.har").write_text(json.dumps(har), "utf-8")
    tape = wslab.load(tmp_path / "firefox.har")
    assert codes == [1000, 1006]
    assert tape.frames() == []
    assert tape.heads(1)["server"].startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert tape.heads(2)["server"].startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert sources(tape) == ["har:no-messages", "har"]
    assert "That is not silence" in str(tape)
    assert abs(tape.epoch - time.time()) < 60
    assert [each.error for each in tape] == [None] * len(tape)


def sources(tape: Tape) -> list[str]:
    return [each.fact.format for each in tape if isinstance(each.fact, ForeignSource)]


def answered(firefox: Firefox, count: int) -> dict[str, Any]:
    """The HAR once it has so many WebSocket connections with a status: DevTools hear of them a little later."""
    until, har = time.monotonic() + 30, firefox.har()
    while time.monotonic() < until:
        sockets = [each for each in har.get("log", {}).get("entries", []) if each["request"]["url"].startswith("ws:")]
        if sum(1 for each in sockets if each["response"]["status"]) == count:
            return har
        time.sleep(0.1)
        har = firefox.har()
    raise AssertionError(f"Firefox's DevTools never came to {count} connections: {har}")
