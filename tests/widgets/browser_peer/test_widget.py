"""The widget with a page that the tests play: the lab's own client dials what the page was asked to dial."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.widgets.browser_peer.accounts import HUB, LOCAL, arrive, report
from tests.widgets.helpers import EVIL, look, press, shown
from wslab import ConnectionClosed, HandshakeRefused, Lab, echo
from wslab.lab import Endpoint, Server
from wslab.widgets.browser_peer.compare import rows
from wslab.widgets.browser_peer.widget import BrowserPeer
from wslab.widgets.page import script

LIMIT = 5.0


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab() as made:
        yield made


async def until(peer: BrowserPeer, words: str) -> None:
    """Wait until the widget shows this."""
    async with asyncio.timeout(LIMIT):
        while words not in shown(peer):  # noqa: ASYNC110  a picture has no event
            await asyncio.sleep(0.01)


def now(lab: Lab, later: float = 0.0) -> float:
    """The time of the page's clock, in milliseconds."""
    return 1000 * (lab.tape.log.epoch + lab.now - lab.tape.log.began + later)


def told(peer: BrowserPeer, subject: str) -> tuple[str, str, bool]:
    """What the row of a subject says."""
    row = next(each for each in rows(peer.state) if each.subject == subject)
    return row.script, row.tape, row.differs


async def dialled(peer: BrowserPeer, lab: Lab, asked: list[Any], **options: Any) -> Endpoint:
    """Press Connect, and be the page's browser."""
    press(peer, "dial")
    begin = now(lab)
    client = await lab.connect(asked[-1]["url"], origin=LOCAL.origin, **options)
    report(peer, {"what": "new", "at": begin, "ready": 0}, {"what": "open", "at": now(lab), "ready": 1})
    return client


async def test_a_dial_is_found_on_the_tape_and_both_accounts_stand_beside_each_other(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo), path="/chat", subprotocols="x, chat")
    asked = arrive(peer)
    async with await dialled(peer, lab, asked) as client:
        assert asked[-1]["do"] == "dial"
        assert asked[-1]["subprotocols"] == ["x", "chat"]
        await client.send("Hello")
        await client.recv()
        report(peer, {"what": "message", "at": now(lab), "ready": 1, "text": "Hello", "size": 5})
        await until(peer, "message “Hello”")
    report(peer, {"what": "close", "at": now(lab), "ready": 3, "code": 1000, "clean": True})
    await until(peer, "client CLOSED 1000wasClean is true=server CLOSED 1000")
    assert peer.connection == 1
    assert told(peer, "Origin") == (LOCAL.origin, LOCAL.origin, False)
    assert told(peer, "Opening") == ("open", "101 Switching Protocols", False)
    assert told(peer, "End") == ("1000, clean", "client: Close 1000", False)
    text = peer.text()
    assert text.index("new WebSocket(") < text.index("message “Hello”") < text.index("what is on the tape:")
    assert "client CLOSED 1000 = server CLOSED 1000" in text
    assert "CLOSED 1000" in look(peer.image()).text


async def test_times_count_from_where_the_script_makes_its_socket(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    async with await dialled(peer, lab, arrive(peer)):
        await until(peer, "OPEN")
    times = [each for each in look(peer.regions["picture"]).words if each.endswith(("ms", "µs"))]
    assert "0 ms" in times
    assert not [each for each in times if each.startswith("-")]


async def test_a_refused_origin_is_403_on_the_tape_and_an_error_without_status_to_the_script(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo, origins=["https://friend.example"]))
    asked = arrive(peer)
    assert "origins=['http://127.0.0.1:8888']) lets this page in" in shown(peer)
    press(peer, "dial")
    begin = now(lab)
    with pytest.raises(HandshakeRefused):
        await lab.connect(asked[-1]["url"], origin=LOCAL.origin)
    end = {"at": now(lab), "ready": 3}
    report(peer, {"what": "new", "at": begin}, {"what": "error", **end}, {"what": "close", "code": 1006, **end})
    await until(peer, "403 Forbidden")
    assert told(peer, "Opening") == ("error, no status", "403 Forbidden", False)
    assert peer.connection == 1


async def test_the_cause_of_1006_is_on_the_tape_of_a_link(lab: Lab) -> None:
    link = await lab.link(await lab.serve(echo))
    peer = BrowserPeer(link)
    client = await dialled(peer, lab, arrive(peer))
    link.cut()
    with pytest.raises(ConnectionClosed):
        await client.recv()
    report(peer, {"what": "close", "at": now(lab), "ready": 3, "code": 1006})
    await until(peer, "1006, not clean")
    assert told(peer, "End") == ("1006, not clean", "The link is cut", False)


async def test_where_nothing_arrives_the_next_dial_goes_through_the_proxy(lab: Lab) -> None:
    server = await lab.serve(echo)
    peer = BrowserPeer(server)
    asked = arrive(peer)
    press(peer, "dial")
    report(peer, {"what": "new"}, {"what": "error", "ready": 3}, {"what": "close", "ready": 3, "code": 1006})
    assert [each["way"] for each in asked] == ["direct", "proxy"]
    assert asked[-1]["url"].startswith(f"ws://127.0.0.1:8888/proxy/{server.port}/?page=")
    assert "Nothing of the direct dial reached the server" in shown(peer)
    report(peer, {"what": "unproxied", "ready": 3})
    assert "no jupyter-server-proxy where the Jupyter server runs: pip install 'wslab[hub]' there" in shown(peer)


async def test_a_closed_server_is_no_reason_to_go_round(lab: Lab) -> None:
    server = await lab.serve(echo)
    peer = BrowserPeer(server)
    asked = arrive(peer)
    await server.close()
    press(peer, "dial")
    report(peer, {"what": "new"}, {"what": "error", "ready": 3}, {"what": "close", "ready": 3, "code": 1006})
    assert [each["way"] for each in asked] == ["direct"]
    assert "The server is closed: nothing can reach it." in shown(peer)


async def test_the_page_that_is_used_is_asked(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    arrive(peer)
    asked = arrive(peer, HUB)
    press(peer, "dial")
    peer._handle_custom_msg({"do": "dial", "arg": "", "value": "", "view": LOCAL.view}, [])
    press(peer, "left", LOCAL.view)
    press(peer, "dial")
    assert [each["view"] for each in asked] == [HUB.view, LOCAL.view, HUB.view]


async def test_the_look_at_what_is_buffered_lasts_as_long_as_is_said(lab: Lab) -> None:
    (limit,) = re.findall(r"LOOKING_MS = (\d+)", script())
    peer = BrowserPeer(await lab.serve(echo))
    assert f"until it is 0, for {int(limit) // 1000} s at most" in "".join(peer.regions.values())


@pytest.mark.parametrize(
    ("fields", "do", "asked"),
    [
        ({"message": "hi"}, "send", {"do": "send", "data": "hi", "binary": False}),
        ({"kind": "binary", "message": "00 ff"}, "send", {"do": "send", "data": "00 ff", "binary": True}),
        ({"code": "4001", "reason": "done"}, "close", {"do": "close", "code": 4001, "reason": "done"}),
        ({"code": ""}, "close", {"do": "close", "code": None, "reason": ""}),
        ({}, "flood", {"do": "flood", "count": 32, "size": 65536}),
    ],
)
async def test_the_page_is_asked_to_send_and_to_close(
    lab: Lab, fields: dict[str, str], do: str, asked: dict[str, Any]
) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    sent = arrive(peer)
    press(peer, "dial")
    for name, value in fields.items():
        press(peer, name, "", value)
    press(peer, do)
    found = sent[-1]
    assert {name: found[name] for name in asked} == asked


@pytest.mark.parametrize(
    ("fields", "do", "problem"),
    [
        ({"kind": "binary", "message": "0g"}, "send", "The message"),
        ({"message": "x" * 65537}, "send", "65,536 bytes at most"),
        ({"code": "many"}, "close", "A close code is a number"),
    ],
)
async def test_what_cannot_be_asked_for_is_said(lab: Lab, fields: dict[str, str], do: str, problem: str) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    arrive(peer)
    press(peer, "dial")
    for name, value in fields.items():
        press(peer, name, "", value)
    press(peer, do)
    assert problem in look(peer.regions["error"]).text
    report(peer, {"what": "new"})
    assert problem in look(peer.regions["error"]).text  # a report of the page leaves it in sight


async def test_no_page_no_dial(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    assert "No page has opened this view yet" in shown(peer)
    press(peer, "dial")
    assert "show it in a live notebook" in look(peer.regions["error"]).text


async def test_what_a_page_reports_is_data_and_reports_of_other_dials_are_left_out(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    arrive(peer)
    press(peer, "dial")
    report(peer, {"what": EVIL, "text": EVIL}, {"dial": 77, "what": "open"})
    assert len(peer.events) == 1
    assert "img" not in dict(look("".join(peer.regions.values())).found)
    press(peer, "events", "", "{")
    assert "error" in peer.regions


async def test_twenty_dials_are_kept(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    arrive(peer)
    for _ in range(25):
        press(peer, "dial")
    assert peer.state.known == tuple(range(6, 26))
    press(peer, "shown", "", "7")
    assert peer.state.record is not None
    assert peer.state.record.dial.number == 7


async def test_the_token_of_a_cookie_is_not_shown(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    async with await dialled(peer, lab, arrive(peer), headers=[("Cookie", "session=s3cret")]):
        await until(peer, "OPEN")
    assert "s3cret" not in json.dumps(peer.regions) + peer.text()


async def test_a_closed_widget_is_let_go(lab: Lab) -> None:
    peer = BrowserPeer(await lab.serve(echo))
    here = weakref.ref(peer)
    peer.close()
    del peer
    gc.collect()
    assert here() is None


def test_a_server_in_memory_cannot_be_reached_and_says_so() -> None:
    lab = Lab(clock="virtual")
    with pytest.raises(ValueError, match="the browser's Python has no sockets to listen on"):
        BrowserPeer(lab.run(_served(lab)))


async def _served(lab: Lab) -> Server:
    return await lab.serve(echo)


@pytest.mark.parametrize("given", [None, "ws://127.0.0.1:1/", Lab])
def test_what_is_no_server_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="takes a Server or a Link"):
        BrowserPeer(given)


async def test_a_forgotten_await_is_named(lab: Lab) -> None:
    with pytest.raises(TypeError, match="nobody awaited"):
        BrowserPeer(lab.serve(echo))  # type: ignore[arg-type]


def test_the_server_tells_its_policy_and_whether_it_listens() -> None:
    lab = Lab(clock="virtual")
    server = lab.run(_served(lab))
    assert (server.origins, server.listens, server.lab) == (None, True, lab)
    server.kill()
    assert not server.listens
