"""Which way leads from the page to the server, and how one says so.

A page whose own address is on loopback is taken to be on the kernel's machine, and dials the server directly. Whether
that is true shows itself: where the dial fails and the tape has nothing of it, 127.0.0.1 is another machine there (a
tunnel, a container), and the next dial goes through the proxy. Any other page goes through the proxy at once; browsers
guard 127.0.0.1 from such pages.

The proxy is jupyter-server-proxy, at `<base_url>/proxy/<port>/` of the Jupyter server. It opens a WebSocket connection
of its own: the tape has the second half, which is the proxy's, and of the first half there is what the page's script
saw. What the proxy changes was measured, and stands in `wslab.course.proxied`.

Left out: dialling itself (`widget`).
"""

from __future__ import annotations

import re

from wslab.widgets.browser_peer.state import DIRECT, PROXY, BrowserPeerState, Place

__all__ = ["address", "is_proxied", "policy", "way_of", "way_words"]

_HALVES = "two connections; of the first there is what the script saw, and the tape has the second"


def way_of(choice: str, place: Place, *, unreached: bool) -> str:
    """The way that is taken: the one that was chosen, else the one that fits the page's address."""
    if choice in (DIRECT, PROXY):
        return choice
    return DIRECT if place.is_local and not unreached else PROXY


def address(way: str, server: str, place: Place, path: str, mark: str) -> str:
    """What the page dials: `server` is the server's URL, `mark` goes into the query.

    Raises ValueError where the proxy cannot lead there.
    """
    written = "/" + path.strip().lstrip("/")
    marked = f"{written}{'&' if '?' in written else '?'}page={mark}"
    base, port = re.fullmatch(r"(wss?://[^/]*?:(\d+))(?:/.*)?", server).groups()  # type: ignore[union-attr]
    if way == DIRECT:
        return f"{base}{marked}"
    if place.base is None:
        raise ValueError("This page is not one of Jupyter's: no proxy stands beside it, so it can dial directly only.")
    if server.startswith("wss:"):
        raise ValueError("jupyter-server-proxy speaks to a server without TLS: serve without `tls`, or dial directly.")
    scheme, host = ("wss" if place.secure else "ws"), place.origin.partition("//")[2]
    return f"{scheme}://{host}{place.base.rstrip('/')}/proxy/{port}{marked}"


def is_proxied(state: BrowserPeerState) -> bool:
    """Whether the dial that is shown goes through the proxy, or the next one where none is shown."""
    if state.record is not None:
        return state.record.dial.way == PROXY
    return state.place is not None and way_of(state.way, state.place, unreached=state.unreached) == PROXY


def way_words(state: BrowserPeerState) -> str:
    """Which way the page's WebSocket goes, in a sentence or two."""
    place = state.place
    if place is None:
        return "No page has opened this view yet: it dials from where it is shown in a live notebook."
    if not is_proxied(state):
        return _direct_words(state, place)
    return _proxy_words(state, place, again=state.unreached and state.way == "auto")


def _direct_words(state: BrowserPeerState, place: Place) -> str:
    there = state.url.split("/")[2]
    if not place.is_local:
        return (
            f"This page comes from {place.host}, and dials {there} directly, as you chose: that is an address of the "
            "machine with the browser, and browsers guard it from such pages."
        )
    return f"This page goes directly to {there}: one connection, and the tape has what the browser itself sends."


def _proxy_words(state: BrowserPeerState, place: Place, *, again: bool) -> str:
    path = f"{(place.base or '/').rstrip('/')}/proxy/{state.port}/"
    two = f"goes through jupyter-server-proxy at {path}, which opens a connection of its own to the server"
    if again:
        return f"Nothing of the direct dial reached the server, so this page {two}: {_HALVES}."
    why = "" if state.way == PROXY else f"is not on the kernel's machine ({place.host}); it "
    return f"This page {why}{two}: {_HALVES}."


def policy(state: BrowserPeerState) -> str:
    """Who refuses this page for its origin, and what lets it in; nothing where nobody does."""
    place = state.place
    if place is None:
        return ""
    way = way_of(state.way, place, unreached=state.unreached)
    if state.sandboxed and way == PROXY:
        return "Jupyter itself refuses Origin: null with 403, before its proxy: nothing reaches the server (§10.2)."
    origin = "null" if state.sandboxed else place.origin
    if state.origins is None or origin in state.origins:
        return ""
    cure = "" if state.sandboxed else f" serve(…, origins=[{place.origin!r}]) lets this page in."
    return f"The server's `origins` does not list {origin}, so it answers 403 (§10.2).{cure}"
