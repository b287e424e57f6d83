"""The exchanges are legal to the last bit, for every peer."""

from __future__ import annotations

import pytest

from tests.npm import WS, npm_package
from wslab.course.peers.exchanges import EXCHANGES, HEADS, KEY, find_exchange
from wslab.course.peers.find import Peers, find_peers
from wslab.course.peers.judging import PROBE, pieces, probe
from wslab.protocol import HandshakeRequest, HandshakeResponse, Role


@pytest.fixture(scope="module")
def peers() -> Peers:
    return find_peers(npm_package(WS))


@pytest.mark.parametrize("name", EXCHANGES)
@pytest.mark.parametrize("role", Role)
def test_every_peer_reads_it_to_the_end_and_all_read_the_same(name: str, role: Role, peers: Peers) -> None:
    exchange = EXCHANGES[name]
    given = pieces(exchange, role, None)
    readings = [peer.read(exchange, role, given) for peer in peers.here]
    assert len(readings) == 4, peers.missing
    assert {reading.heard for reading in readings} == {readings[0].heard}
    assert [reading.refusal for reading in readings] == [None] * 4
    assert len(readings[0].heard) > 1
    for peer, reading in zip(peers.here, readings, strict=True):
        probed = peer.read(exchange, role, [*given, probe(role)])
        assert reading.closed or ("ping", PROBE) in probed.heard


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_heads_pass_every_check_and_frames_go_both_ways(name: str) -> None:
    exchange = EXCHANGES[name]
    request = HandshakeRequest.parse(exchange.sent[0].data)[0]
    assert all(check.passed for check in request.checks())
    assert all(check.passed for check in HandshakeResponse.parse(exchange.sent[1].data)[0].checks(request))
    assert request.key == KEY
    assert {sent.sender for sent in exchange.sent[HEADS:]} == set(Role)


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="text, fragments, ping, close, compressed"):
        find_exchange("txt")
