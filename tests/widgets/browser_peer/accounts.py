"""A page that the tests play: where it is, what it reports, and a record of it."""

from __future__ import annotations

import json
from typing import Any

from tests.widgets.helpers import press
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
