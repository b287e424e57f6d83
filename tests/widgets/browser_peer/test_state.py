"""What a page reports becomes events, and stays small whatever the page sends."""

from __future__ import annotations

import json

import pytest

from tests.widgets.browser_peer.accounts import event, record
from wslab.protocol import State
from wslab.widgets.browser_peer.state import FIRST_KEPT, MOST_AT_ONCE, MOST_KEPT, Place, read_events, read_place


def test_an_event_is_read_with_its_figures() -> None:
    told = {"dial": 3, "at": 1500.5, "what": "close", "ready": 3, "code": 4001, "text": "done", "clean": True}
    (found,) = read_events(json.dumps([told]))
    assert (found.dial, found.at, found.what, found.state) == (3, 1.5005, "close", State.CLOSED)
    assert (found.code, found.text, found.clean, found.count) == (4001, "done", True, 1)


def test_a_report_is_cut_whatever_a_page_sends() -> None:
    long = {"what": "message", "text": "x" * 10_000, "ready": 99, "buffered": -5, "unknown": [1]}
    found = read_events(json.dumps([long] * 500))
    assert len(found) == MOST_AT_ONCE
    assert (len(found[0].text), found[0].ready, found[0].buffered) == (200, 3, 0)


@pytest.mark.parametrize("written", ["{}", '"x"', "[1]", "not JSON"])
def test_what_is_no_report_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"A page reports|Expecting value"):
        read_events(written)


def test_the_first_events_of_a_dial_and_the_newest_are_kept() -> None:
    kept = record()
    for number in range(1000):
        kept = kept.with_events([event("message", number)], seen=number)
    assert len(kept.events) == MOST_KEPT
    assert kept.dropped == 1000 - MOST_KEPT
    assert (kept.sent, kept.received) == (0, 1000)
    times = [each.at for each in kept.events]
    assert times[:FIRST_KEPT] == list(range(FIRST_KEPT))
    assert times[FIRST_KEPT:] == list(range(1000 - MOST_KEPT + FIRST_KEPT, 1000))


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("hub.example", False)]
)
def test_a_page_on_loopback_is_on_the_kernels_machine(host: str, local: bool) -> None:
    assert Place(f"http://{host}:8888", host).is_local is local


def test_a_page_that_is_no_page_of_jupyter_has_no_base() -> None:
    assert read_place('{"origin": "null", "host": "", "base": null, "view": "v"}') == Place("null", "", None, view="v")
