"""From a packet to its segment: what stands around it is named, and no packet from elsewhere breaks the walk."""

from __future__ import annotations

import random

import pytest

from tests.formats.pcap.conditions import Talk
from tests.formats.pcap.wrapped import WRAPPINGS, ether, ipv4, vxlan
from wslab.formats.dumps.reader import read_dump
from wslab.formats.pcap.unwrap import MOST_HEADERS, unwrap

HELLO = bytes.fromhex("818537fa213d7f9f4d5158")


def one() -> bytes:
    talk = Talk(20_000)
    talk.add(HELLO, up=True)
    return talk.packets[0]


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("raw IP", "IPv4"),
        ("QinQ", "Ethernet, VLAN, VLAN, IPv4"),
        ("SLL2, VLAN", "SLL2, VLAN, IPv4"),
        ("PKTAP, Ethernet", "PKTAP, Ethernet, IPv4"),
        ("PPPoE, IPv6, VLAN", "Ethernet, VLAN, PPPoE, IPv6"),
        ("MPLS, Ethernet", "Ethernet, MPLS, Ethernet, IPv4"),
        ("ERSPAN", "Ethernet, IPv4, GRE, Ethernet, IPv4"),
        ("IPv6 in IPv4", "Ethernet, IPv4, IPv6"),
        ("VXLAN", "Ethernet, IPv4, UDP, VXLAN, Ethernet, IPv4"),
        ("Geneve, options, IP", "Ethernet, IPv4, UDP, Geneve, IPv4"),
    ],
)
def test_every_header_has_its_name(name: str, headers: str) -> None:
    link, wrap = WRAPPINGS[name]
    found = unwrap(link, wrap(one()))
    assert found is not None
    assert found.segment is not None
    assert (", ".join(found.headers), found.segment.payload) == (headers, HELLO)


@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_packet_cut_anywhere_or_changed_anywhere_breaks_nothing(name: str) -> None:
    chance, (link, wrap) = random.Random(name), WRAPPINGS[name]
    data = wrap(one())
    for cut in range(len(data)):
        found = unwrap(link, data[:cut], len(data))
        if found is not None:
            assert found.segment is not None
            assert (HELLO[: len(found.segment.payload)], len(HELLO)) == (found.segment.payload, found.segment.size)
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            changed[chance.randrange(len(data))] = chance.randrange(256)
        unwrap(link, bytes(changed))  # raises nothing


def test_tunnels_in_tunnels_have_an_end() -> None:
    data = one()
    for _ in range(MOST_HEADERS - 2):
        data = ipv4(data, 4)
    assert unwrap(101, data) is None
    assert unwrap(101, data[20 * MOST_HEADERS // 2 :]) is not None


def test_headers_of_a_tunnel_are_stripped_from_a_dump_too() -> None:
    reading = read_dump(ether(vxlan(ether(one()))).hex(" "))
    assert [piece.data for piece in reading.pieces] == [HELLO]
    assert "behind the headers of Ethernet, IPv4, UDP, VXLAN, Ethernet, IPv4, TCP" in reading.sentence
