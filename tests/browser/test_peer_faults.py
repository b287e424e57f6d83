"""A page's own WebSocket under each fault of a link: what its script saw, and what the tape has of it.

The real BrowserPeer and the real LinkPanel, on a loop of their own; the real front end in one page of Chromium. There
is no Jupyter: what a kernel and a page say to each other, this test carries from one to the other.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.loop import LoopInThread
from tests.widgets.helpers import press
from wslab.lab import ConnectionClosed, Endpoint, Lab
from wslab.lab.faults.names import NAMES
from wslab.protocol import Opcode
from wslab.widgets.browser_peer.compare import rows
from wslab.widgets.browser_peer.widget import BrowserPeer
from wslab.widgets.link_panel.widget import LinkPanel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LIMIT = 30.0
"""Seconds that one thing may take."""

MOUNT = """async ([source, state]) => {
  const { default: view } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const heard = {};
  const tell = (event, message) => (heard[event] || []).forEach((act) => act(message));
  window.said = [];
  window.take = ({ told, regions }) => {
    if (regions) {
      state.regions = regions;
      tell("change:regions");
    }
    told.forEach((message) => tell("msg:custom", message));
    return said.splice(0);
  };
  view.render({ el: document.body, model: {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes() {},
    send: (message) => said.push(message),
    on: (event, act) => (heard[event] ||= []).push(act),
    off() {},
  } });
}"""


PRESS = "what => document.querySelector(what).click()"
WRITE = """text => {
  const field = document.querySelector("input[data-do=message]");
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""

OPENS, ENDS = ["open", "message"], ["error", "close"]
"""What a script sees of a connection that opens, and of one that does not."""


@dataclass(frozen=True)
class Case:
    """A fault as it is written; what the script saw behind `new` without what it did itself; how that and the tape end.

    `end` is the code and `wasClean`, None where the script is told of no end. `tape` is what the tape has of it.
    `behind`: the fault is put on behind the first echo. `pong`: the least seconds until the Pong to the server's Ping
    comes; None where it never comes.
    """

    written: str
    saw: list[str]
    end: tuple[int, bool] | None
    tape: str
    behind: bool = False
    pong: float | None = 0.0


DONE = ([*OPENS, "close"], (1000, True), "client: Close 1000")
CUT = ([*OPENS, "close"], (1006, False))
FIN = "The link ends TCP, server: FIN, no Close"

CASES = {
    "delay": Case("delay:0.05", *DONE, pong=0.1),
    "rate": Case("rate:4000", *DONE),
    "loss": Case("loss:probability=0.4,retransmit_after=0.02", *DONE),
    "outage": Case("outage:0.3", *DONE),
    "half-open": Case("half-open", OPENS, None, "", behind=True),
    "cut": Case("cut:at_frame=2", *CUT, "The link is cut", pong=None),
    "fin": Case("fin:at_frame=2", *CUT, FIN, pong=None),
    "idle": Case("idle:0.1", *CUT, FIN, behind=True),
    "max-age": Case("max-age:0.1", *CUT, FIN, behind=True),
    "rechunk": Case("rechunk", *DONE),
    "split": Case("split:at_byte=200", *DONE),
    "coalesce": Case("coalesce:0.05", *DONE),
    "flip": Case(
        "flip:at_frame=1,bit=6,of=client",
        ["open", "close"],
        (1002, True),
        "fails with 1002, server: Close 1002 “reserved-opcode”",
    ),
    "truncate-text": Case(
        "truncate-text:of=client", ["open", "close"], (1007, True), "fails with 1007, server: Close 1007 “text-is-utf8”"
    ),
    "header": Case("header:name=Upgrade,of=client", ENDS, (1006, False), "server: FIN, no Close"),
    "swallow-pongs": Case("swallow-pongs", *DONE, pong=None),
    "delay-pongs": Case("delay-pongs:0.2", *DONE, pong=0.2),
    "gate": Case("gate:of=client", *DONE),
}


class Bench(LoopInThread):
    """A lab with a link, its panel, and the browser peer of the link; `page` shows the peer."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.told: deque[Any] = deque()
        self.pongs: list[float | None] = []
        self.shown: Any = None
        self.run(self._open())
        names = ("_title", "_name", "_id", "regions", "step", "selected", "big")
        page.evaluate(MOUNT, [self.peer._esm, {name: getattr(self.peer, name) for name in names}])
        self.until(lambda: self.peer.place is not None)

    async def _open(self) -> None:
        self.lab = Lab(timeout=3)
        self.link = await self.lab.link(await self.lab.serve(self.answer, deflate=None))
        self.panel, self.peer = LinkPanel(self.link), BrowserPeer(self.link, way="direct")
        self.peer.send = lambda content, buffers=None: self.told.append(content)

    async def answer(self, ws: Endpoint) -> None:
        """An echo that also sends a Ping behind the first message."""
        async for message in ws:
            await ws.send(message)
            self.pongs.append(await self._ping(ws))

    async def _ping(self, ws: Endpoint) -> float | None:
        with suppress(TimeoutError, ConnectionClosed):
            return await ws.ping(timeout=1)
        return None

    def carry(self) -> None:
        """What Python has for the page, and what the page has for Python."""
        told = [self.told.popleft() for _ in range(len(self.told))]
        regions = None if self.peer.regions is self.shown else self.peer.regions
        self.shown = self.peer.regions
        for message in self.page.evaluate("given => take(given)", {"told": told, "regions": regions}):
            self.do(partial(self.peer._handle_custom_msg, message, []))

    def until(self, is_so: Callable[[], object]) -> None:
        """Carry until it is so; what the link holds is let through."""
        end = time.monotonic() + LIMIT
        while not is_so():
            assert time.monotonic() < end, self.peer.text()
            self.do(self.let_through)
            self.carry()
            self.page.wait_for_timeout(10)

    def let_through(self) -> None:
        """Press Let through, as long as there is one."""
        for bead in self.panel.state.beads if self.link.held else ():
            press(self.panel, "release", str(bead.number))

    def do(self, act: Callable[[], object]) -> None:
        """Do something on the lab's loop."""

        async def done() -> None:
            act()

        self.run(done())

    def press(self, do: str) -> None:
        """Press a button of the peer in the page."""
        self.carry()
        self.page.evaluate(PRESS, f"button[data-do={do}]:not([aria-disabled=true])")
        self.carry()

    def put_on(self, written: str) -> None:
        """Put a fault on in the panel."""
        self.do(lambda: press(self.panel, "draft", "", written))
        self.do(lambda: press(self.panel, "add"))
        assert len(self.link.faults) == 1

    def play(self, case: Case) -> None:
        """Dial, say one thing, and close, unless that ended before."""
        self.do(lambda: press(self.panel, "heal"))
        self.pongs.clear()
        if not case.behind:
            self.put_on(case.written)
        before = max(self.peer.state.known, default=0)
        self.press("dial")
        self.until(lambda: max(self.peer.state.known) > before and self.saw("open", "close"))
        if self.saw("open"):
            self.talk(case)

    def talk(self, case: Case) -> None:
        """The message and its echo; then the fault, if it is put on only now; then the end."""
        self.page.evaluate(WRITE, "grüße")
        self.press("send")
        self.until(lambda: self.saw("message", "close"))
        if self.saw("message"):
            self.until(lambda: self.pongs)
        if case.behind:
            self.put_on(case.written)
        if case.end is not None and case.end[0] == 1000:
            self.press("close")
        if case.end is not None:
            self.until(lambda: self.saw("close"))

    def saw(self, *what: str) -> list[str]:
        """Which of these the script saw."""
        return [each.what for each in self.peer.events if each.what in what]

    def end(self) -> None:
        """Close all."""
        self.do(self.panel.close)
        self.do(self.peer.close)
        self.run(self.lab.close())
        super().close()


def check(bench: Bench, case: Case) -> str:
    """What is not as it should be, of the script and of the tape; empty where all is."""
    told = {row.subject: row.tape for row in rows(bench.peer.state)}
    end = next(((each.code, each.clean) for each in bench.peer.events if each.what == "close"), None)
    closes = {each.sender for each in bench.peer.timeline.entries if each.opcode == Opcode.CLOSE}
    seen = {
        "events": (bench.saw("open", "message", "error", "close"), case.saw),
        "end": (end, case.end),
        "on the tape": (told.get("End", ""), case.tape),
        "both sent a Close": (closes == {"client", "server"}, end is not None and end[1]),
        "Pongs": ([each is not None and each >= (case.pong or 0) for each in bench.pongs], pongs(case)),
    }
    return "; ".join(f"{what}: {found}, not {wanted}" for what, (found, wanted) in seen.items() if found != wanted)


def pongs(case: Case) -> list[bool]:
    """Whether the Pong comes; nothing where no message, and so no Ping, came through."""
    return [case.pong is not None] if "message" in case.saw else []


def test_each_fault_has_its_case() -> None:
    assert list(CASES) == list(NAMES)


def test_a_script_under_each_fault_is_told_less_than_the_tape_has(browser: BrowserContext) -> None:
    page = browser.new_page()
    bench = Bench(page)
    wrong: dict[str, str] = {}
    try:
        for name, case in CASES.items():
            bench.play(case)
            bench.do(bench.peer.look)
            if found := check(bench, case):
                wrong[name] = f"{found}\n{bench.peer.text()}"
    finally:
        bench.end()
        page.close()
    assert wrong == {}, "\n\n".join(f"{name}: {each}" for name, each in wrong.items())
