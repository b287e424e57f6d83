"""Proxies, deploys, limits of age, and memory: what operations does to a connection."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Stories, stories_end
from wslab.protocol.deflate import Deflate
from wslab.scenarios import play
from wslab.scenarios.stories.operations import window_memory

AS_IT_IS: Stories = {
    "inspecting-proxy": ((CLOSED, None), (CLOSED, None)),
    "age-limit": ((CLOSED, 1006), (CLOSED, 1006)),
    "rolling-deploy": ((CLOSED, 1012), (CLOSED, 1012)),
    "deflate-memory": ((OPEN, None), (OPEN, None)),
}
FIXED: Stories = {
    "inspecting-proxy": (1, ((CLOSED, 1000), (CLOSED, 1000))),
    "age-limit": (2, ((OPEN, None), (OPEN, None))),
    "rolling-deploy": (12, ((OPEN, None), (OPEN, None))),
    "deflate-memory": (1, ((OPEN, None), (OPEN, None))),
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


@pytest.mark.parametrize(
    ("path", "first_line"),
    [
        ("ws://", b"HTTP/1.1 400"),
        ("wss://, passed through", b"HTTP/1.1 101"),
        ("wss://, inspected and trusted", b"HTTP/1.1 400"),
    ],
)
def test_who_sees_the_headers_can_take_upgrade_out(path: str, first_line: bytes) -> None:
    answer = next(
        entry.data for entry in play("inspecting-proxy", path=path) if entry.sender == "server" and entry.data
    )
    assert answer.startswith(first_line)


@pytest.mark.parametrize("path", ["ws://", "wss://, inspected and trusted"])
def test_a_proxy_that_knows_no_websocket_forwards_neither_upgrade_nor_connection(path: str) -> None:
    words = str(play("inspecting-proxy", path=path))
    assert "takes the header Upgrade out of the request" in words
    assert "makes the header Connection of the request 'close'" in words, "RFC 9110 §7.6.1"


def test_a_client_that_does_not_trust_the_proxy_sends_no_http() -> None:
    assert not any(entry.data for entry in play("inspecting-proxy", path="wss://, inspected"))


def test_an_age_limit_ends_a_connection_whose_pings_are_all_answered() -> None:
    tape = play("age-limit")
    assert len(tape.frames(9, "server")) == len(tape.frames(10, "client")) == 59
    renewed = play("age-limit", fixed=True)
    opened = next(entry.arrived for entry in renewed.entries(2) if entry.kind == "http" and entry.sender == "server")
    assert opened is not None
    assert opened <= renewed.frames(8, "client", 1)[0].time, "the next connection stands before the old one ends"


def test_a_deploy_that_drains_first_makes_each_client_reconnect_once() -> None:
    opened = [len(tape.connection_numbers) for tape in (play("rolling-deploy"), play("rolling-deploy", fixed=True))]
    assert opened == [16, 12], "of 6 clients"


def test_the_figure_for_a_window_is_what_zlib_takes() -> None:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
        kept[1].decompress(kept[0].compress(b"x") + kept[0].flush(zlib.Z_SYNC_FLUSH))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken == pytest.approx(window_memory(Deflate()), rel=0.15)


def test_without_context_takeover_nothing_is_held_between_messages() -> None:
    assert window_memory(Deflate(server_no_context_takeover=True, client_no_context_takeover=True)) == 0
    assert window_memory(None) == 0
    assert "holds 0 KiB" in play("deflate-memory", fixed=True)[-1].sentence
