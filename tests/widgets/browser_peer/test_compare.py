"""The rows that compare what a script was told with what the tape has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.widgets.browser_peer.accounts import HUB, LOCAL, event, record, talkative
from wslab import Lab
from wslab.lab import Endpoint
from wslab.protocol import Deflate
from wslab.widgets.browser_peer.compare import Row, rows
from wslab.widgets.browser_peer.state import PROXY, BrowserPeerState, Record
from wslab.widgets.timeline.state import TimelineState


def state_of(
    handler: Callable[[Endpoint], Awaitable[object]], told: Record, *, origin: str = LOCAL.origin
) -> BrowserPeerState:
    """What a record and the tape of one connection come to; the client closes with 4001 unless the server does."""
    lab = Lab(clock="virtual", timeout=1)

    async def talk() -> None:
        server = await lab.serve(handler, subprotocols=["chat"], deflate=Deflate())
        client = await lab.connect(server, subprotocols=["x", "chat"], origin=origin, deflate=Deflate())
        await client.wait_closed()

    lab.run(talk())
    place = HUB if told.dial.way == PROXY else LOCAL
    return BrowserPeerState("ws://127.0.0.1:1/", TimelineState(lab.tape.entries(connection=1)), place, told)


async def cut_off(ws: Endpoint) -> None:
    ws.drop()


OPENED = event("open", protocol="chat", extensions="permessage-deflate")


def test_directly_the_script_misses_much_and_nothing_contradicts() -> None:
    closed = event("close", code=4001, text="go away", clean=True)
    told = record(event("new", ready=0), OPENED).with_events([event("message"), closed], seen=0.0)
    assert rows(state_of(talkative, told)) == [
        Row("Origin", LOCAL.origin, LOCAL.origin),
        Row("Opening", "open", "101 Switching Protocols"),
        Row("Subprotocol", "chat", "chat"),
        Row("Extensions", "permessage-deflate", "permessage-deflate"),
        Row("Messages", "0 out, 1 in", "0 frames out, 2 in"),
        Row("Pings", "", "1 Ping; browser: 1 Pong"),
        Row("Frames", "", "2 masked, 1 more fragment"),
        Row("End", "4001 “go away”, clean", "server: Close 4001 “go away”"),
    ]


def test_through_the_proxy_the_contradictions_are_marked() -> None:
    opened = event("open", protocol="x")
    told = record(event("new", ready=0), opened, event("message"), event("close", code=1005, clean=True), way=PROXY)
    found = {each.subject: each for each in rows(state_of(talkative, told, origin=HUB.origin))}
    assert {subject for subject, each in found.items() if each.differs} == {"Subprotocol", "Extensions", "End"}
    assert found["Subprotocol"] == Row("Subprotocol", "x", "chat", differs=True)
    assert found["Extensions"] == Row("Extensions", "none", "permessage-deflate", differs=True)
    assert found["Pings"].tape == "1 Ping; proxy: 1 Pong"
    assert found["End"] == Row("End", "1005, clean", "server: Close 4001 “go away”", differs=True)


@pytest.mark.parametrize(("code", "differs"), [(1006, False), (1005, True)])
def test_an_end_without_a_close_is_1006_and_anything_else_is_not_so(code: int, differs: bool) -> None:
    told = record(event("new", ready=0), OPENED, event("close", ready=3, code=code), way=PROXY)
    end = next(each for each in rows(state_of(cut_off, told)) if each.subject == "End")
    assert (end.tape, end.differs) == ("server: FIN, no Close", differs)


def test_another_origin_on_the_tape_is_marked() -> None:
    told = record(event("new", ready=0), sandboxed=True)
    (origin, *_) = rows(state_of(cut_off, told))
    assert origin == Row("Origin", "null", LOCAL.origin, differs=True)


def test_before_a_dial_there_are_no_rows() -> None:
    assert rows(BrowserPeerState("ws://127.0.0.1:1/", TimelineState([]))) == []
