"""Which way leads to the server, and the sentence that says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.widgets.browser_peer.accounts import HUB, LOCAL
from wslab.course.proxied import DIFFERENCES
from wslab.widgets.browser_peer.picture import text
from wslab.widgets.browser_peer.state import DIRECT, PROXY, BrowserPeerState, Place
from wslab.widgets.browser_peer.ways import address, is_proxied, policy, way_of, way_words
from wslab.widgets.timeline.state import TimelineState

SERVER = "ws://127.0.0.1:41231/"
STATE = BrowserPeerState(SERVER, TimelineState([]))


@pytest.mark.parametrize(
    ("choice", "place", "unreached", "way"),
    [
        ("auto", LOCAL, False, DIRECT),
        ("auto", LOCAL, True, PROXY),
        ("auto", HUB, False, PROXY),
        ("direct", HUB, True, DIRECT),
        ("proxy", LOCAL, False, PROXY),
    ],
)
def test_the_way(choice: str, place: Place, unreached: bool, way: str) -> None:
    assert way_of(choice, place, unreached=unreached) == way


@pytest.mark.parametrize(
    ("way", "place", "path", "url"),
    [
        (DIRECT, LOCAL, "/", "ws://127.0.0.1:41231/?page=m-1"),
        (DIRECT, LOCAL, " chat?room=1", "ws://127.0.0.1:41231/chat?room=1&page=m-1"),
        (PROXY, LOCAL, "/", "ws://127.0.0.1:8888/proxy/41231/?page=m-1"),
        (PROXY, HUB, "/chat", "wss://hub.example/user/ada/proxy/41231/chat?page=m-1"),
    ],
)
def test_the_address(way: str, place: Place, path: str, url: str) -> None:
    assert address(way, SERVER, place, path, "m-1") == url


def test_the_proxy_stands_only_beside_a_page_of_jupyter_and_before_a_server_without_tls() -> None:
    with pytest.raises(ValueError, match="not one of Jupyter's"):
        address(PROXY, SERVER, Place("http://127.0.0.1:2718", "127.0.0.1"), "/", "m-1")
    with pytest.raises(ValueError, match="without TLS"):
        address(PROXY, "wss://127.0.0.1:41231/", HUB, "/", "m-1")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (STATE, "No page has opened this view yet"),
        (replace(STATE, place=LOCAL), "This page goes directly to 127.0.0.1:41231: one connection"),
        (
            replace(STATE, place=HUB),
            "This page is not on the kernel's machine (hub.example); it goes through jupyter-server-proxy at "
            "/user/ada/proxy/41231/, which opens a connection of its own to the server: two connections",
        ),
        (replace(STATE, place=LOCAL, unreached=True), "Nothing of the direct dial reached the server"),
        (replace(STATE, place=LOCAL, way=PROXY), "This page goes through jupyter-server-proxy at /proxy/41231/"),
        (replace(STATE, place=HUB, way=DIRECT), "directly, as you chose"),
    ],
)
def test_it_says_which_way(state: BrowserPeerState, words: str) -> None:
    assert words in way_words(state)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (replace(STATE, place=LOCAL), ""),
        (replace(STATE, place=LOCAL, origins=(LOCAL.origin,)), ""),
        (
            replace(STATE, place=LOCAL, origins=("https://friend.example",)),
            "The server's `origins` does not list http://127.0.0.1:8888, so it answers 403 (§10.2). "
            "serve(…, origins=['http://127.0.0.1:8888']) lets this page in.",
        ),
        (
            replace(STATE, place=LOCAL, origins=(LOCAL.origin,), sandboxed=True),
            "The server's `origins` does not list null, so it answers 403 (§10.2).",
        ),
        (
            replace(STATE, place=LOCAL, sandboxed=True, way=PROXY),
            "Jupyter itself refuses Origin: null with 403, before its proxy: nothing reaches the server (§10.2).",
        ),
    ],
)
def test_it_says_who_refuses_the_origin(state: BrowserPeerState, words: str) -> None:
    assert policy(state) == words


@pytest.mark.parametrize(
    ("state", "proxied"),
    [(STATE, False), (replace(STATE, place=LOCAL), False), (replace(STATE, place=HUB), True)],
)
def test_what_the_proxy_changes_is_told_where_the_page_goes_through_it(state: BrowserPeerState, proxied: bool) -> None:
    told = text(state)
    assert is_proxied(state) is proxied
    for each in DIFFERENCES:
        assert (f"{each.subject}: {each.page} | {each.server}. {each.means}" in told) is proxied
