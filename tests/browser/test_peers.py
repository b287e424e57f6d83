"""Each fault between Chromium and npm's `ws`, through a link as `wslab tap` makes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from playwright.sync_api import BrowserContext

from tests.cli.tap import between
from tests.lab.peers import in_node, in_page
from tests.lab.peers.stage import closed_by_hand, otherwise
from tests.lab.peers.table import CASES, Case
from tests.lab.peers.talk import Pair

from .loop import LoopInThread

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine: npm ws not tried"),
]

OF_A_PAGE = [case.in_a_page() for case in CASES if not case.leaves]


@pytest.fixture(scope="module")
def loop() -> Iterator[LoopInThread]:
    running = LoopInThread()
    yield running
    running.close()


@pytest.fixture(scope="module")
def pair(browser: BrowserContext, loop: LoopInThread) -> Iterator[Pair]:
    """One page and one process of Node.js for all cases."""
    stack = AsyncExitStack()
    server = loop.run(stack.enter_async_context(in_node.serving()))
    orders, client = loop.run(stack.enter_async_context(in_page.playing()))
    page = browser.new_page()
    page.evaluate(in_page.OBEY, orders)
    yield Pair("Chromium", "npm ws", client, *server)
    page.close()
    loop.run(stack.aclose())


@pytest.mark.parametrize("case", OF_A_PAGE, ids=lambda case: case.name)
def test_a_fault_between_chromium_and_npm_ws_does_what_the_table_says(
    case: Case, pair: Pair, loop: LoopInThread
) -> None:
    assert loop.run(otherwise(pair, case)) == {}


def test_a_tap_tells_each_end_as_chromium_and_npm_ws_report_it(pair: Pair, loop: LoopInThread) -> None:
    assert loop.run(between.otherwise(pair, between.ENDINGS)) == {}


@pytest.mark.parametrize("case", between.FAULTS, ids=lambda case: case.name)
def test_a_tap_tells_a_fault_as_chromium_and_npm_ws_report_it(case: Case, pair: Pair, loop: LoopInThread) -> None:
    assert loop.run(between.otherwise(pair, [case.in_a_page()], "--fault", case.fault)) == {}


@pytest.mark.parametrize("to", [("client",), ("server",), ("client", "server")], ids="+".join)
def test_a_close_put_in_by_hand_ends_chromium_and_npm_ws_with_its_code(
    to: tuple[str, ...], pair: Pair, loop: LoopInThread
) -> None:
    assert loop.run(closed_by_hand(pair, to)) == (1011, 1011)
