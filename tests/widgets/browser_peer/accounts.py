"""A page that the tests play: where it is, what it reports, and a record of it."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any

from tests.browser.loop import LoopInThread
from tests.widgets.helpers import press
from wslab import Lab
from wslab.lab import Endpoint
from wslab.protocol import Deflate
from wslab.widgets.browser_peer.state import DIRECT, Dial, Place, Record, ScriptEvent
from wslab.widgets.browser_peer.widget import BrowserPeer

LOCAL = Place("http://127.0.0.1:8888", "127.0.0.1", "/", view="here")
HUB = Place("https://hub.example", "hub.example", "/user/ada/", secure=True, view="there")


def record(*events: ScriptEvent, way: str = DIRECT, asked: float = 0.0, seen: float = 0.0, **dial: Any) -> Record:
    """A record of one dial."""
    return Record(Dial(1, way, "ws://127.0.0.1:1/", asked=asked, mark="m-1", **dial), events, seen=seen)


def event(what: str, at: float = 0.0, ready: int = 1, **more: Any) -> ScriptEvent:
    """One event of the first dial."""
    return ScriptEvent(1, at, what, ready, **more)


def arrive(peer: BrowserPeer, place: Place = LOCAL) -> list[Any]:
    """A page shows the widget; gives the list in which the messages for the page gather."""
    asked: list[Any] = []

    def send(content: dict[str, Any], buffers: object = None) -> None:
        asked.extend(filter(None, [content.get("page")]))

    peer.send = send
    told = {"origin": place.origin, "host": place.host, "base": place.base, "secure": place.secure, "view": place.view}
    press(peer, "page", "", json.dumps(told))
    return asked


def report(peer: BrowserPeer, *events: dict[str, Any]) -> None:
    """The page reports events, as JSON; those that do not say their dial are of the newest."""
    newest = max(peer.state.known, default=1)
    press(peer, "events", "", json.dumps([{"dial": newest, **each} for each in events]))


async def talkative(ws: Endpoint) -> None:
    """A handler that sends what a script does not see."""
    await ws.send_fragment("Hel", fin=False)
    await ws.send_fragment("lo", fin=True)
    await ws.ping()
    await ws.close(4001, "go away")


def proxied() -> BrowserPeer:
    """A view of a dial through the proxy, which has ended: the highest that there is."""
    return _made(_proxied())


async def _proxied() -> BrowserPeer:
    async with Lab() as lab:
        peer = BrowserPeer(await lab.serve(talkative, subprotocols=["chat"], deflate=Deflate()), way="proxy")
        asked = arrive(peer)
        press(peer, "dial")
        url = f"{peer.server.url}?{asked[-1]['url'].partition('?')[2]}"
        client = await lab.connect(url, subprotocols=["chat"], origin=LOCAL.origin, deflate=Deflate())
        report(peer, {"what": "new", "at": 1}, {"what": "open", "at": 3, "ready": 1, "protocol": "x"})
        await client.wait_closed()
        report(peer, {"what": "close", "at": 30, "ready": 3, "code": 1005, "clean": True})
        peer.look()
        return peer


def unused() -> BrowserPeer:
    """A view before the first dial."""
    return _made(_unused())


def _made(story: Coroutine[Any, Any, BrowserPeer]) -> BrowserPeer:
    loop = LoopInThread()
    try:
        return loop.run(story)
    finally:
        loop.close()


async def _unused() -> BrowserPeer:
    async with Lab() as lab:
        peer = BrowserPeer(await lab.serve(talkative))
        arrive(peer)
        return peer
