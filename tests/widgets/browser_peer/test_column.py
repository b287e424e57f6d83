"""Events of a script in words, and their rows in the timeline."""

from __future__ import annotations

import pytest

from tests.widgets.browser_peer.accounts import event
from tests.widgets.helpers import EVIL, look
from wslab import Lab, echo
from wslab.protocol import State
from wslab.tape.entry import Belief
from wslab.widgets.browser_peer.column import alone, line, told
from wslab.widgets.browser_peer.scripted import ScriptedEntries, belief_of
from wslab.widgets.browser_peer.state import DIRECT, PROXY, ScriptEvent


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (event("new", text="ws://127.0.0.1:1/"), "new WebSocket(url)"),
        (event("open", protocol="chat"), "open, protocol chat"),
        (event("send", text="hi", size=2, buffered=2), "send(“hi”) buffered 2"),
        (event("send", text="00", size=1, binary=True), "send(1 byte)"),
        (event("flood", count=32, size=65536, buffered=2097152), "send × 32 buffered 2,097,152"),
        (event("buffered", buffered=1024), "bufferedAmount 1,024"),
        (event("message", text="a" * 60, size=60), f"message “{'a' * 39}…”"),
        (event("message", count=7, size=70), "message × 7, 70 bytes"),
        (event("error", ready=3), "error"),
        (event("closing", code=4001, text="done"), "close(4001, “done”)"),
        (event("closing"), "close()"),
        (event("close", ready=3, code=1006), "close 1006, not clean"),
        (event("close", ready=3, code=4001, text="done", clean=True), "close 4001 “done”, clean"),
        (event("throws", text="SyntaxError: no"), "throws SyntaxError: no"),
        (event("limit", size=15000), "close(): the widget's limit of 15 s"),
    ],
)
def test_an_event_in_words(given: ScriptEvent, words: str) -> None:
    assert line(given) == words


def test_a_line_tells_both_figures_and_what_was_agreed_on() -> None:
    opened = event("open", protocol="chat", extensions="permessage-deflate")
    assert "open, protocol chat, extensions permessage-deflate; " in told(opened, 0.0)
    assert told(event("send", 1.5, text="hi", buffered=2), 1.0).endswith("readyState 1 (OPEN), bufferedAmount 2")


def test_what_a_peer_sent_is_data() -> None:
    tags = look(alone([event("message", text=EVIL, size=9), event("message", text="\x1b[31m", size=5)], 0.0))
    assert "img" not in dict(tags.found)
    assert "\x1b" not in tags.text


def test_a_closed_socket_believes_its_code() -> None:
    assert belief_of(event("close", ready=3, code=1006)) == Belief(State.CLOSED, 1006, "wasClean is false")
    assert str(belief_of(event("open"))) == "OPEN"


@pytest.mark.parametrize(("way", "believes"), [(DIRECT, "OPEN"), (PROXY, "CLOSED 1000")])
def test_the_tape_gets_the_scripts_moments_and_stays_as_it_is(way: str, believes: str) -> None:
    lab = Lab(clock="virtual")

    async def dial() -> None:
        async with await lab.connect(await lab.serve(echo)):
            pass

    lab.run(dial())
    entries = [each for each in lab.tape.entries() if each.sender == "server"]
    before = [each.changes for each in entries]
    events = [event("new", -1.0, 0), event("open", 99.0)]
    shown = ScriptedEntries(entries, events, way)
    assert [each.what for each in shown.events_of(len(shown) - 1)][-1] == "open"
    assert shown[0].changes[0].time == -1.0
    assert shown[-1].changes[-1].time == 99.0
    assert str(shown[-1].changes[-1].belief) == believes
    assert str(shown[-1].client) == believes
    assert [each.changes for each in entries] == before
